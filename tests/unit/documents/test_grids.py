"""Files of every kind become the same plain cells."""

from __future__ import annotations

import codecs
import datetime
from io import BytesIO

import pytest
from grid_samples import grids, ods_row, refused, rows
from openpyxl import Workbook
from sheet_samples import biff, biff_cells, ods, ods_cell, ole, raw_ods, raw_xlsx, record, xls, xlsx

from documents.cells import column_letters
from documents.limits import Limits

TABLE = [
    ["序号", "姓名", "工资"],
    [1.0, "张三", 8000.5],
    [2.0, "李四", None],
    [None, None, None],
    [3.0, None, 0.1],
]
PLAIN = [["序号", "姓名", "工资"], ["1", "张三", "8000.5"], ["2", "李四"], [], ["3", "", "0.1"]]


# Text -------------------------------------------------------------------------------------------

TEXT = "序号\t姓名\r\n1\t张三\r\n"


@pytest.mark.parametrize(
    "mark,encoding,fixes",
    [
        (b"", "utf-8", {}),
        (codecs.BOM_UTF8, "utf-8", {"bom": 1}),
        (b"", "gb18030", {}),
        (b"\x84\x31\x95\x33", "gb18030", {"bom": 1}),
        (b"", "utf-16-le", {"utf16": 1}),
        (b"", "utf-16-be", {"utf16": 1}),
        (codecs.BOM_UTF16_LE, "utf-16-le", {"utf16": 1}),
        (codecs.BOM_UTF16_BE, "utf-16-be", {"utf16": 1}),
    ],
)
def test_encodings(mark: bytes, encoding: str, fixes: dict[str, int]) -> None:
    (grid,) = grids(mark + TEXT.encode(encoding))
    assert grid.rows == [["序号", "姓名"], ["1", "张三"]]
    assert (grid.kind, grid.name, grid.fixes) == ("txt", "", fixes)


def test_the_sign_that_ends_a_text_of_the_dos_years() -> None:
    assert grids((TEXT + "\x1a").encode())[0].rows[-1] == ["1", "张三"]


def test_cells_stay_as_they_stand() -> None:
    (grid,) = grids(" 甲 \t'乙\n\n丙\t\t".encode())
    assert grid.rows == [[" 甲 ", "'乙"], [""], ["丙", "", ""]]
    assert not grid.is_tidy
    assert grids("甲\t乙\n丙\t丁".encode())[0].is_tidy


def test_row_n_is_line_n_even_where_a_cell_has_several() -> None:
    (grid,) = grids('甲,"乙\n乙\n乙"\n丙,"丁""丁"\n'.encode())
    assert grid.rows == [["甲", "乙\n乙\n乙"], [], [], ["丙", '丁"丁']]
    (grid,) = grids('甲\t"乙\n乙"\t丙\n"丁\t戊\n'.encode())
    assert grid.rows == [["甲", '"乙\n乙"', "丙"], [], ['"丁', "戊"]]


def test_tabs_go_before_the_commas_of_amounts() -> None:
    (grid,) = grids("姓名\t工资\n张三\t8,000\n李四\t9,000\n".encode())
    assert grid.rows[1] == ["张三", "8,000"]


def test_a_text_too_long_or_too_wide() -> None:
    refusal = refused(b"1\n" * 1101, Limits(lines=100))
    assert (refusal.code, refusal.params) == ("file.too_many_lines", {"lines": 1102, "limit": 100})
    assert refused(b"\t" * 60_000, Limits(lines=100)).code == "file.too_many_cells"


# Workbooks ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [xlsx, xls, ods])
def test_the_same_cells_from_every_workbook(make) -> None:
    data = make({"一月": TABLE, "二月": [["x"]]})
    first, second = grids(data)
    assert (first.name, second.name) == ("一月", "二月")
    assert rows(make({"一月": TABLE})) == PLAIN
    assert second.rows[0][0] == "x"


@pytest.mark.parametrize("make", [xlsx, xls, ods])
def test_a_workbook_with_nothing_in_it(make) -> None:
    assert refused(make({"一月": [], "二月": [[" "]]})).code == "file.empty"


def test_formulas_without_a_result_and_errors_of_an_xlsx() -> None:
    cells = (
        '<row r="2"><c r="A2"><f>F66*1.05</f></c><c r="B2"><f>A1+1</f><v>7</v></c>'
        '<c r="C2" t="e"><f>1/0</f><v>#DIV/0!</v></c><c r="D2" t="e"><v>#REF!</v></c>'
        '<c r="E2" t="str"><f>""</f><v></v></c><c r="F2"><f t="shared" ref="F2:F3" si="0">A1*2</f><v/></c>'
        '<c r="G2" t="b"><v>1</v></c></row>'
        '<row r="5"><c r="F5"><f t="shared" si="0"/></c></row>'
    )
    (grid,) = grids(raw_xlsx(cells))
    assert grid.rows[1] == ["=F66*1.05", "7", "#DIV/0!", "#REF!", "", "=A1*2", "TRUE"]
    assert grid.rows[4][5] == "=A1*2"
    assert grid.fixes == {"formulas": 3}


def test_cells_without_references_follow_one_another() -> None:
    cells = "<row><c><v>1</v></c><c><f>2</f></c></row><row><c t='e'><v>#N/A</v></c><c r='D2'><v>4</v></c><c><v>5</v></c></row>"
    assert rows(raw_xlsx(cells)) == [["1", "=2"], ["#N/A", "", "", "4", "5"]]


def test_formulas_and_errors_of_an_ods() -> None:
    cells = (
        '<table:table-cell table:formula="of:=[.F66]*1.05"/>'
        '<table:table-cell table:formula="of:=&quot;&quot;"><text:p/></table:table-cell>'
        '<table:table-cell table:formula="of:=1/0" office:value-type="string" office:string-value="" '
        'calcext:value-type="error"><text:p>#DIV/0!</text:p></table:table-cell>'
        '<table:table-cell table:formula="of:=1+1" office:value-type="float" office:value="2"/>'
    )
    (grid,) = grids(
        raw_ods(f'<table:table table:name="a"><table:table-row>{cells}</table:table-row></table:table>')
    )
    assert grid.rows == [["=F66*1.05", "", "#DIV/0!", "2"]]
    assert grid.fixes == {"formulas": 1}


def test_an_ods_is_unfolded_only_where_something_stands() -> None:
    rows_xml = (
        '<table:table-row table:number-rows-repeated="3"><table:table-cell/></table:table-row>'
        '<table:table-row table:number-rows-repeated="2"><table:table-cell table:number-columns-repeated="2"/>'
        + ods_cell("甲", 'table:number-columns-repeated="2"')
        + '<table:covered-table-cell table:number-columns-repeated="16000"/></table:table-row>'
        '<table:table-row table:number-rows-repeated="1048570"><table:table-cell/></table:table-row>'
    )
    found = rows(raw_ods(f'<table:table table:name="a">{rows_xml}</table:table>'))
    assert found == [[], [], [], ["", "", "甲", "甲"], ["", "", "甲", "甲"]]


def test_words_of_an_ods_cell() -> None:
    cell = (
        '<table:table-cell office:value-type="string"><office:annotation><text:p>批注</text:p></office:annotation>'
        '<text:p>张<text:s text:c="2"/><text:span>三</text:span></text:p><text:p>丰</text:p></table:table-cell>'
        '<table:table-cell office:value-type="date" office:date-value="2026-01-02"><text:p>1月2日</text:p></table:table-cell>'
        '<table:table-cell office:value-type="percentage" office:value="0.5"><text:p>50%</text:p></table:table-cell>'
    )
    table = f'<table:table table:name="a"><table:table-row>{cell}</table:table-row></table:table>'
    assert rows(raw_ods(table)) == [["张  三\n丰", "2026-01-02", "0.5"]]


def test_what_calamine_would_misread_in_an_ods() -> None:
    cells = (
        '<table:table-cell office:value-type="string"><draw:frame><draw:text-box><text:p>图</text:p>'
        "</draw:text-box></draw:frame><text:p>张<text:tab/>三<text:ruby><text:ruby-base>丰</text:ruby-base>"
        "<text:ruby-text>feng</text:ruby-text></text:ruby></text:p></table:table-cell>\n"
        "<table:table-cell><text:p>无类型 &lt;1&gt;</text:p></table:table-cell>"
        '<table:covered-table-cell/><table:table-cell office:value-type="boolean" office:boolean-value="true"/>'
    )
    (grid,) = grids(
        raw_ods(
            f'<table:table table:name="a&amp;b">\n<table:table-row>\n{cells}</table:table-row></table:table>'
        )
    )
    assert (grid.name, grid.rows) == ("a&b", [["张 三丰", "无类型 <1>", "", "TRUE"]])


def test_an_error_in_a_repeated_row_stands_in_each_of_them() -> None:
    error = '<table:table-cell office:value-type="string" office:string-value="" calcext:value-type="error"><text:p>#N/A</text:p></table:table-cell>'
    more = 'table:number-rows-repeated="2"'
    assert rows(raw_ods(ods_row(f"<table:table-cell/>{error}", more))) == [["", "#N/A"], ["", "#N/A"]]


def test_hidden_sheets_are_left_alone() -> None:
    book = Workbook()
    book.active.title, book.active["A1"] = "见", "甲"
    hidden = book.create_sheet("藏")
    hidden["A1"], hidden.sheet_state = "乙", "hidden"
    out = BytesIO()
    book.save(out)
    assert [grid.name for grid in grids(out.getvalue())] == ["见"]
    style = '<style:style style:name="t"><style:table-properties table:display="false"/></style:style>'
    row = f"<table:table-row>{ods_cell('甲')}</table:table-row>"
    tables = f'{style}<table:table table:name="藏" table:style-name="t">{row}</table:table><table:table table:name="见">{row}</table:table>'
    assert [grid.name for grid in grids(raw_ods(tables))] == ["见"]
    stream = biff({"藏": biff_cells([["乙"]]), "见": biff_cells([["甲"]])})
    place = stream.index(record(0x85, b"")[:2]) + 4 + 4
    assert stream[place] == 0
    assert [grid.name for grid in grids(ole(stream[:place] + b"\x01" + stream[place + 1 :]))] == ["见"]


def test_dates_and_long_numbers_of_an_xlsx() -> None:
    data = xlsx(
        {"a": [[datetime.date(2026, 1, 2), datetime.datetime(2026, 1, 2, 3, 4, 5), 150102199003071237, 1e-7]]}
    )
    assert rows(data) == [["2026-01-02", "2026-01-02 03:04:05", "1.501021990030712e+17", "0.0000001"]]


def test_names_of_columns() -> None:
    assert [column_letters(place) for place in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]
