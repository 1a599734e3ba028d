"""Files of every kind become the same plain cells, and hostile ones cost no memory."""

from __future__ import annotations

import codecs
import datetime
import struct
from io import BytesIO
from zipfile import ZipFile

import pytest
from openpyxl import Workbook
from sheet_samples import (
    biff,
    biff_cells,
    biff_text,
    ods,
    ods_cell,
    ole,
    packed,
    raw_ods,
    raw_xlsx,
    record,
    xls,
    xlsx,
)

from documents.cells import Grid, column_letters
from documents.grids import open_grids
from documents.limits import Limits
from rules.refusals import Refusal

TABLE = [
    ["序号", "姓名", "工资"],
    [1.0, "张三", 8000.5],
    [2.0, "李四", None],
    [None, None, None],
    [3.0, None, 0.1],
]
PLAIN = [["序号", "姓名", "工资"], ["1", "张三", "8000.5"], ["2", "李四"], [], ["3", "", "0.1"]]


def grids(data: bytes, name: str = "", limits: Limits | None = None) -> list[Grid]:
    return open_grids(data, name, limits or Limits())


def rows(data: bytes) -> list[list[str]]:
    """The rows of the only sheet, blank ends cut off."""
    (grid,) = grids(data)
    cut = [list(row) for row in grid.rows]
    for row in cut:
        while row and not row[-1]:
            row.pop()
    while not cut[-1]:
        cut.pop()
    return cut


def refused(data: bytes, limits: Limits | None = None) -> Refusal:
    with pytest.raises(Refusal) as caught:
        grids(data, limits=limits)
    return caught.value


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


# The records of an xls ---------------------------------------------------------------------------


def at(row: int, column: int) -> bytes:
    return struct.pack("<HHH", row, column, 0)


def test_every_way_an_xls_writes_a_number() -> None:
    float_as_rk = struct.unpack("<II", struct.pack("<d", 2.5))[1]
    cells = (
        record(0x027E, at(0, 0) + struct.pack("<I", 8000 << 2 | 2))
        + record(0x027E, at(0, 1) + struct.pack("<I", 800050 << 2 | 3))
        + record(0x027E, at(0, 2) + struct.pack("<i", -5 << 2 | 2))
        + record(0x027E, at(0, 3) + struct.pack("<I", float_as_rk & 0xFFFFFFFC))
        + record(
            0x00BD,
            struct.pack("<HH", 1, 0)
            + b"".join(struct.pack("<HI", 0, n << 2 | 2) for n in (1, 2, 3))
            + struct.pack("<H", 2),
        )
        + record(0x0006, at(2, 0) + struct.pack("<d", 1.25) + bytes(8))
        + record(0x0006, at(2, 1) + b"\x00\0\0\0\0\0\xff\xff" + bytes(8))
        + record(0x0207, biff_text("文字"))
        + record(0x0006, at(2, 2) + b"\x02\0\x17\0\0\0\xff\xff" + bytes(8))
        + record(0x0006, at(2, 3) + b"\x03\0\0\0\0\0\xff\xff" + bytes(8))
        + record(0x0006, at(2, 4) + b"\x01\0\x01\0\0\0\xff\xff" + bytes(8))
        + record(0x0205, at(3, 0) + b"\x07\x01")
        + record(0x0205, at(3, 1) + b"\x01\x00")
    )
    assert rows(ole(biff({"a": cells}))) == [
        ["8000", "8000.5", "-5", "2.5"],
        ["1", "2", "3"],
        ["1.25", "文字", "#REF!", "", "TRUE"],
        ["#DIV/0!", "TRUE"],
    ]


def test_shared_texts_that_go_on_in_the_next_record() -> None:
    # The first text is cut in its middle and goes on narrow; the second has formatting runs behind it.
    first = struct.pack("<IIH", 3, 3, 4) + b"\x01" + "张三".encode("utf-16-le")
    second = b"\x00ab" + struct.pack("<HBH", 2, 0x09, 1) + "李四".encode("utf-16-le") + bytes(2)
    third = bytes(2) + biff_text("丙")
    texts = record(0xFC, first) + record(0x3C, second) + record(0x3C, third)
    cells = b"".join(record(0xFD, at(row, 0) + struct.pack("<I", row)) for row in range(3))
    assert rows(ole(biff({"a": cells}, texts))) == [["张三ab"], ["李四"], ["丙"]]


def test_a_rare_character_cut_in_two_by_the_end_of_a_record() -> None:
    units = "𬭎".encode("utf-16-le")
    first = struct.pack("<IIHB", 1, 1, 3, 1) + "张".encode("utf-16-le") + units[:2]
    texts = record(0xFC, first) + record(0x3C, b"\x01" + units[2:])
    cells = record(0xFD, at(0, 0) + struct.pack("<I", 0))
    assert rows(ole(biff({"a": cells}, texts))) == [["张𬭎"]]


def test_a_date_that_a_formula_gave_and_a_format_of_a_high_number() -> None:
    formats = record(0x41E, struct.pack("<H", 400) + biff_text("yyyy/m/d"))
    styles = record(0xE0, struct.pack("<HH", 0, 400))
    cells = record(0x0006, at(0, 0) + struct.pack("<d", 46024) + bytes(8))
    assert rows(ole(biff({"a": cells}, formats + styles))) == [["2026-01-02"]]


def test_the_figures_of_a_chart_are_no_cells() -> None:
    chart = record(0x809, struct.pack("<HH", 0x600, 0x20) + bytes(12)) + record(
        0x203, at(0, 0) + struct.pack("<d", 9)
    )
    cells = (
        record(0x203, at(0, 0) + struct.pack("<d", 5))
        + chart
        + record(0x0A)
        + record(0x203, at(1, 0) + struct.pack("<d", 6))
    )
    assert rows(ole(biff({"a": cells}))) == [["5"], ["6"]]


def test_dates_of_an_xls() -> None:
    formats = record(0x41E, struct.pack("<H", 164) + biff_text('yyyy"年"m"月"')) + record(
        0x41E, struct.pack("<H", 165) + biff_text('0.00"yd"')
    )
    styles = b"".join(record(0xE0, struct.pack("<HH", 0, form)) for form in (0, 14, 164, 165))
    cells = b"".join(record(0x203, struct.pack("<HHHd", 0, style, style, 46024)) for style in range(4))
    assert rows(ole(biff({"a": cells}, formats + styles))) == [["46024", "2026-01-02", "2026-01-02", "46024"]]


def test_an_xls_of_excel_95_in_gbk() -> None:
    def text(value: str, count: str = "<H") -> bytes:
        data = value.encode("gbk")
        return struct.pack(count, len(data)) + data

    end = record(0x000A)
    start = record(0x0809, struct.pack("<HH", 0x0500, 0x0005) + bytes(4)) + record(
        0x42, struct.pack("<H", 936)
    )
    place = len(start) + len(record(0x85, bytes(6) + text("名单", "<B"))) + len(end)
    sheet = (
        record(0x0809, struct.pack("<HH", 0x0500, 0x0010) + bytes(4))
        + record(0x204, at(0, 0) + text("张三"))
        + end
    )
    stream = start + record(0x85, struct.pack("<IBB", place, 0, 0) + text("名单", "<B")) + end + sheet
    (grid,) = grids(ole(stream, "Book"))
    assert (grid.name, grid.rows) == ("名单", [["张三"]])


def test_workbooks_with_a_password() -> None:
    assert refused(ole(b"x" * 5000, "EncryptedPackage")).code == "file.encrypted_workbook"
    assert refused(ole(biff({"a": b""}, record(0x2F, bytes(6))))).code == "file.encrypted_workbook"
    locked = raw_ods("", manifest="<manifest:file-entry><manifest:encryption-data/></manifest:file-entry>")
    assert refused(locked).code == "file.encrypted_workbook"


def test_other_papers_in_an_old_container() -> None:
    assert refused(ole(b"x" * 5000, "WordDocument")).code == "file.is_word"
    assert refused(ole(b"x" * 5000, "Anything")).code == "file.workbook_damaged"


# What hostile hands send -------------------------------------------------------------------------


def one_cell(reference: str) -> str:
    return f'<row><c r="A1"><v>1</v></c><c r="{reference}"><v>1</v></c></row>'


def ods_row(cells: str, more: str = "") -> str:
    return f'<table:table table:name="a"><table:table-row {more}>{cells}</table:table-row></table:table>'


LONG_TEXT = "<si>" + "<r><t>aaaaaaaaaaaaaaa</t></r>" * 10_000 + "</si>"
POINTERS = "".join(f'<row r="{row}"><c r="A{row}" t="s"><v>0</v></c></row>' for row in range(1, 9_000))
STEPS = "<row>" + "<c><v>1</v></c>" * 20_000 + "</row>" + "<row><c><v>1</v></c></row>" * 20_000
XML = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"

HOSTILE = {
    "far row": (raw_xlsx(one_cell("A1048576")), "file.too_many_lines"),
    "far column": (raw_xlsx(one_cell("XFD1")), "file.far_cell"),
    "large rectangle": (raw_xlsx(one_cell("ZZ199999")), "file.far_cell"),
    "sixteen rectangles": (raw_xlsx(one_cell("Z60000"), sheets=16), "file.far_cell"),
    "wide first row, long first column": (raw_xlsx(STEPS), "file.far_cell"),
    "cells of another prefix": (
        raw_xlsx(f'<x:row xmlns:x="{XML}"><x:c r="ZZ150000"><x:v>1</x:v></x:c></x:row>'),
        "file.far_cell",
    ),
    "a text shared too often": (raw_xlsx(POINTERS, LONG_TEXT), "file.workbook_damaged"),
    "entities": (raw_xlsx("", before='<!DOCTYPE x [<!ENTITY a "aaaa">]>'), "file.workbook_damaged"),
    "ods rows": (
        raw_ods(ods_row(ods_cell("x"), 'table:number-rows-repeated="1048576"')),
        "file.too_many_lines",
    ),
    "ods columns": (
        raw_ods(ods_row(ods_cell("x", 'table:number-columns-repeated="16384"'))),
        "file.far_cell",
    ),
    "ods rectangle": (
        raw_ods(
            ods_row(ods_cell("x", 'table:number-columns-repeated="700"'), 'table:number-rows-repeated="9000"')
        ),
        "file.far_cell",
    ),
    "ods far row": (
        raw_ods(
            '<table:table table:name="a"><table:table-row table:number-rows-repeated="99999999999999999999"/>'
            f"<table:table-row>{ods_cell('x')}</table:table-row></table:table>"
        ),
        "file.too_many_lines",
    ),
    "ods external entity": (
        raw_ods(
            ods_row("<table:table-cell>&x;</table:table-cell>"),
            before='<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        ),
        "file.workbook_damaged",
    ),
    "ods number": (
        raw_ods(ods_row('<table:table-cell office:value-type="float" office:value="x"/>')),
        "file.workbook_damaged",
    ),
    "xls far column": (
        ole(biff({"a": record(0x203, struct.pack("<HHHd", 5, 65535, 0, 1))})),
        "file.far_cell",
    ),
    "xls wide rows": (
        ole(
            biff({"a": b"".join(record(0x203, struct.pack("<HHHd", row, 255, 0, 1)) for row in range(9000))})
        ),
        "file.far_cell",
    ),
    "xls with an untrue size": (
        ole(
            biff(
                {
                    "a": record(0x200, struct.pack("<IIHHH", 0, 2**32 - 1, 0, 65535, 0))
                    + record(0x203, at(0, 300) + bytes(8))
                }
            )
        ),
        "file.far_cell",
    ),
    "xls text shared too often": (
        ole(
            biff(
                {"a": b"".join(record(0xFD, at(row, 0) + bytes(4)) for row in range(9_000))},
                record(0xFC, struct.pack("<IIHB", 1, 1, 8_000, 0) + b"a" * 8_000),
            )
        ),
        "file.workbook_damaged",
    ),
    "ods blanks": (
        raw_ods(
            ods_row(
                '<table:table-cell office:value-type="string"><text:p><text:s text:c="4000000000">x</text:s></text:p></table:table-cell>'
            )
        ),
        "file.workbook_damaged",
    ),
    "ods long text in many rows": (
        raw_ods(ods_row(ods_cell("x" * 2_000), 'table:number-rows-repeated="100000"')),
        "file.workbook_damaged",
    ),
    "ods cells in a comment": (raw_ods(ods_row(f"<!--{ods_cell('x')}-->")), "file.workbook_damaged"),
    "ods table in a cell": (
        raw_ods(ods_row(f"<table:table-cell>{ods_row(ods_cell('x'))}</table:table-cell>")),
        "file.workbook_damaged",
    ),
    "xls texts that are not there": (
        ole(
            biff(
                {"a": record(0xFD, at(0, 0) + struct.pack("<I", 5))},
                record(0xFC, struct.pack("<II", 2**31, 2**31)),
            )
        ),
        "file.workbook_damaged",
    ),
    "xls cut": (xls({"a": [["x"]]})[:700], "file.workbook_damaged"),
    "xls header": (xls({"a": [["x"]]})[:40], "file.workbook_damaged"),
    "xls code page": (
        ole(
            biff(
                {"a": b""},
                record(0x42, b"\xff\xff") + record(0x809, b"\0\5\5\0") + record(0x85, bytes(6) + b"\1a"),
            )
        ),
        "file.workbook_damaged",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_workbook_is_refused_before_it_costs_anything(name: str) -> None:
    data, code = HOSTILE[name]
    assert refused(data).code == code


def test_one_part_linked_as_many_sheets() -> None:
    with ZipFile(BytesIO(raw_xlsx(one_cell("B2"), sheets=3))) as archive:
        parts = {
            name: archive.read(name).replace(b"sheet2.xml", b"sheet1.xml") for name in archive.namelist()
        }
    assert refused(packed(parts)).code == "file.workbook_damaged"


def test_a_chain_of_sectors_that_bites_its_tail() -> None:
    data = bytearray(xls({"a": [["x"]]}))
    # The table stands in sector 0: the stream's second sector points back to its first.
    struct.pack_into("<I", data, 512 + 3 * 4, 2)
    assert refused(bytes(data)).code == "file.workbook_damaged"


def test_formatting_far_out_is_no_far_cell() -> None:
    assert rows(raw_xlsx(one_cell("B2") + '<row r="1048576"><c r="XFD1048576" s="0"/></row>')) == [
        ["1"],
        ["", "1"],
    ]


def test_a_large_plain_sheet_is_read_like_a_small_one() -> None:
    # 5 MB of XML takes the short look; one cell in another style of writing takes the long one.
    long = "人" * 200
    lines = "".join(
        f'<row r="{row}"><c r="A{row}" s="0" t="inlineStr"><is><t>{row}{long}</t></is></c>'
        f'<c r="B{row}"><v>{row}.5</v></c></row>'
        for row in range(1, 8_001)
    )
    assert len(lines.encode()) > 5_000_000
    for data in (raw_xlsx(lines), raw_xlsx(lines + "<row r='8001'><c t='e'><v>#N/A</v></c></row>")):
        found = grids(data)[0].rows
        assert [found[0], found[7_999]] == [[f"1{long}", "1.5"], [f"8000{long}", "8000.5"]]
    assert found[8_000][0] == "#N/A"
    assert refused(raw_xlsx(lines + one_cell("A1048576"))).code == "file.too_many_lines"


def test_names_of_columns() -> None:
    assert [column_letters(place) for place in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]
