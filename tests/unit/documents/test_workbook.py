"""The workbook that goes out is locked where it must be, typed, harmless, and comes back whole."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from io import BytesIO
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet
from wage_samples import HEAD, LINES, PEOPLE, fixed_columns_unchanged, head_with_people, read

from documents.sheet_reading import as_text
from documents.wage_file import WageFileLine, fixed_digest
from documents.workbook import write_workbook


def sheet_of(lines: list[WageFileLine]) -> Worksheet:
    return load_workbook(BytesIO(write_workbook(HEAD, lines))).active


def test_only_the_wage_is_open() -> None:
    sheet = sheet_of(LINES)
    assert sheet.protection.sheet
    assert sheet.freeze_panes == "A3"
    for row in sheet.iter_rows():
        for cell in row:
            assert cell.protection.locked == (cell.column_letter != "F" or cell.row < 3)


def test_types_and_formats() -> None:
    sheet = sheet_of(LINES)
    assert sheet["A1"].value.endswith(fixed_digest(LINES))
    assert [cell.value for cell in sheet[2]] == ["序号", "个人编号", "姓名", "证件号码", "原工资", "现工资"]
    assert [cell.value for cell in sheet[3]] == [1, "0010001", "张三", "150***********7237", 64038.3, 8000.5]
    assert [cell.number_format for cell in sheet[3]] == ["0", "@", "@", "@", "0.00", "0.00"]
    assert sheet["F4"].value is None
    assert sheet.max_row == 5


def test_numbers_of_people_are_text() -> None:
    sheet = sheet_of(LINES)
    for row in (3, 4, 5):
        types = [cell.data_type for cell in sheet[row]]
        assert types[:4] == ["n", "s", "s", "s"]
    assert sheet["B3"].value == "0010001", "its zeros are kept"


def test_numbers_kept_as_text_are_not_marked_as_mistakes() -> None:
    with zipfile.ZipFile(BytesIO(write_workbook(HEAD, LINES))) as archive:
        part = ElementTree.fromstring(archive.read("xl/worksheets/sheet1.xml"))
    names = [element.tag.rpartition("}")[2] for element in part]
    # The order is that of the standard; a spreadsheet program calls a file in any other order damaged.
    assert names.index("pageMargins") < names.index("ignoredErrors") == len(names) - 1
    (told,) = part[-1]
    assert told.attrib == {"sqref": "B3:D5", "numberStoredAsText": "1"}


def test_a_template_has_everything_but_wages() -> None:
    sheet = sheet_of([replace(line, wage_fen=None) for line in LINES])
    assert [sheet[f"F{row}"].value for row in (3, 4, 5)] == [None] * 3
    assert [sheet[f"F{row}"].protection.locked for row in (3, 4, 5)] == [False] * 3
    assert [sheet[f"F{row}"].number_format for row in (3, 4, 5)] == ["0.00"] * 3
    assert str(sheet.data_validations.dataValidation[0].sqref) == "F3:F5"
    assert sheet["E3"].value == 64038.3


def test_an_empty_list_is_a_sound_workbook() -> None:
    sheet = sheet_of([])
    assert sheet.max_row == 2
    assert str(sheet.data_validations.dataValidation[0].sqref) == "F3"


def test_wage_cells_are_validated_in_chinese() -> None:
    rule = sheet_of(LINES).data_validations.dataValidation[0]
    assert str(rule.sqref) == "F3:F5"
    assert (rule.type, rule.formula1, rule.formula2) == ("decimal", "0", "9999999.99")
    assert "金额" in rule.error
    assert "元/年" in rule.prompt


@pytest.mark.parametrize(
    "name", ["=1+1", "+8", "-8", "@SUM(A1)", "＝1+1", "<b>&", "_x0041_", "=cmd|' /C calc'!A0"]
)
def test_no_text_is_taken_for_a_formula(name: str) -> None:
    lines = [replace(LINES[0], name=name)]
    data = write_workbook(head_with_people(1), lines)
    cell = load_workbook(BytesIO(data)).active["C3"]
    assert cell.data_type != "f"
    assert cell.value[0] not in "=+-@＝"
    table = read(data, "a.xlsx")
    assert table.rows[0][1][2] == name
    assert fixed_columns_unchanged(table)


def test_read_back() -> None:
    table = read(write_workbook(HEAD, LINES), "工资.xlsx")
    assert table.kind == "xlsx"
    assert table.head == replace(HEAD, fixed_digest=fixed_digest(LINES))
    assert table.rows[0] == (3, ["1", "0010001", "张三", "150***********7237", "64038.3", "8000.5"])
    assert table.rows[2] == (5, ["3", "0010003", "乌云·其木格", "810***********0021", "", "0.01"])
    assert fixed_columns_unchanged(table)
    assert table.fixes == {}


@settings(deadline=None, max_examples=60)
@given(PEOPLE)
def test_any_people_come_back(lines: list[WageFileLine]) -> None:
    table = read(write_workbook(head_with_people(len(lines)), lines), "a.xlsx")
    assert [cells[:4] for _line, cells in table.rows] == [
        [str(one.seq), one.person_no, one.name, one.id_masked] for one in lines
    ]
    assert fixed_columns_unchanged(table)


def test_saved_again_by_another_program_with_a_total_row() -> None:
    book = load_workbook(BytesIO(write_workbook(HEAD, LINES)))
    book.active["F4"] = "６,０００"
    book.active["B3"] = 10001
    book.active["A8"] = "合计"
    book.active["F8"] = 1
    out = BytesIO()
    book.save(out)
    table = read(out.getvalue(), "a.xlsx")
    assert [line for line, _cells in table.rows] == [3, 4, 5]
    assert table.rows[1][1][5] == "６,０００"
    assert table.rows[0][1][1] == "10001"
    assert table.fixes["total_lines"] == 1
    assert fixed_columns_unchanged(table)


@pytest.mark.parametrize(
    "value,text",
    [
        (8000.0, "8000"),
        (8000.5, "8000.5"),
        (8000.125, "8000.125"),
        (0.1 + 0.2, "0.3"),
        (1e-7, "0.0000001"),
        (1.50102199003071e17, "1.50102199003071e+17"),
        (-5.0, "-5"),
        (True, "TRUE"),
        (12, "12"),
    ],
)
def test_numbers_read_as_they_were_typed(value: float, text: str) -> None:
    assert as_text(value) == text
