"""What a clerk takes away: the file as it was sent, the bad cells coloured and explained, nothing dangerous."""

from __future__ import annotations

import zipfile
from io import BytesIO
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from openpyxl.cell.cell import Cell
from openpyxl.worksheet.worksheet import Worksheet

from documents import result_workbook
from documents.result_workbook import Mark, write_result
from documents.wage_file import HEADINGS

RED, AMBER = "00FFC7CE", "00FFEB9C"
ROWS = [
    ["#GZSB|1|230001|2026|310|annual|4|1-1|0123456789abcdef"],
    list(HEADINGS),
    ["1", "0010001", "张三", "150102199003071237", "64038.30", "5千"],
    ["2", "0010002", "䶮𬭎", "15010219900307723X", "72000.00"],
    [],
    ["3", "0010003", " 乌云·其木格\u00a0", "810***********0021", "", "60000.00", "", "备注"],
    ["合计"],
]
MARKS = [
    Mark(3, 5, "refused", "拒绝", "“5千”不是数字。建议改为 5000.00"),
    Mark(4, 5, "warned", "警告", "现工资是空的。"),
    Mark(6, None, "accepted", "接受"),
]


def sheet_of(rows: list[list[str]] = ROWS, marks: list[Mark] = MARKS, heading_line: int = 2) -> Worksheet:
    return load_workbook(BytesIO(write_result(rows, marks, heading_line))).active


def colour(cell: Cell) -> str:
    return cell.fill.fgColor.rgb if cell.fill.patternType else ""


def test_every_line_stands_where_it_stood_as_it_was_sent() -> None:
    sheet = sheet_of()
    assert sheet.max_row == len(ROWS)
    for number, row in enumerate(ROWS, start=1):
        found = [sheet.cell(number, place).value or "" for place in range(1, 9)]
        assert found == row + [""] * (8 - len(row))


def test_the_two_columns_at_the_end_say_what_became_of_each_line() -> None:
    sheet = sheet_of()
    told = [(sheet.cell(row, 9).value, sheet.cell(row, 10).value) for row in range(1, 8)]
    assert told == [
        (None, None),
        ("处理结果", "原因和办法"),
        ("拒绝", "“5千”不是数字。建议改为 5000.00"),
        ("警告", "现工资是空的。"),
        (None, None),
        ("接受", None),
        (None, None),
    ]


def test_bad_cells_are_coloured_and_commented_and_no_others() -> None:
    sheet = sheet_of()
    cells = [cell for row in sheet.iter_rows(min_row=3) for cell in row]
    assert {cell.coordinate: colour(cell) for cell in cells if colour(cell)} == {
        "F3": RED, "I3": RED, "F4": AMBER, "I4": AMBER,
    }  # fmt: skip
    assert {cell.coordinate: cell.comment.text for cell in cells if cell.comment} == {
        "F3": "拒绝：“5千”不是数字。建议改为 5000.00",
        "F4": "警告：现工资是空的。",
    }


def test_a_whole_line_is_coloured_and_commented_at_its_beginning() -> None:
    sheet = sheet_of(marks=[Mark(3, None, "refused", "拒绝", "名单中没有这个人。")])
    assert [colour(cell) for cell in sheet[3]] == [RED] * 9 + [""]
    assert sheet["A3"].comment.text == "拒绝：名单中没有这个人。"


def test_the_worst_of_several_reasons_gives_the_word_and_all_are_told() -> None:
    marks = [
        Mark(3, 5, "warned", "警告", "变动大。"),
        Mark(3, 2, "refused", "拒绝", "姓名不对。"),
        Mark(3, 2, "warned", "警告", "有空格。"),
    ]
    sheet = sheet_of(marks=marks)
    assert (sheet["I3"].value, sheet["J3"].value) == ("拒绝", "变动大。\n姓名不对。\n有空格。")
    assert (colour(sheet["C3"]), colour(sheet["F3"])) == (RED, AMBER)
    assert sheet["C3"].comment.text == "拒绝：姓名不对。\n警告：有空格。"


def test_a_reason_beyond_the_longest_line_stays_on_the_sheet() -> None:
    sheet = sheet_of([["姓名"], ["张三"]], [Mark(2, 5, "refused", "拒绝", "没有这一列。")], 1)
    assert sheet["A2"].comment.text == "拒绝：没有这一列。"
    assert sheet["B2"].value == "拒绝"


def test_headings_stay_in_view_and_lines_can_be_filtered() -> None:
    sheet = sheet_of()
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A3", "A2:J7")
    sheet = sheet_of(heading_line=0)
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == (None, None)
    far = sheet_of([[]] * 20 + ROWS, [], heading_line=22)
    assert (far.freeze_panes, far.auto_filter.ref) == (None, "A22:J27")


def test_every_cell_is_text() -> None:
    sheet = sheet_of()
    filled = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in filled} == {"s"}
    assert {cell.number_format for cell in filled} == {"@"}


@pytest.mark.parametrize("text", ["=1+1", "+8", "-5", "@SUM(A1)", "＝1+1", "\t=1", "=cmd|' /C calc'!A0"])
def test_no_cell_and_no_reason_is_taken_for_a_formula(text: str) -> None:
    sheet = sheet_of([["姓名"], [text, text]], [Mark(2, 0, "refused", "拒绝", text)], 1)
    for place in ("A2", "B2", "D2"):
        assert sheet[place].data_type == "s"
        assert sheet[place].value == "'" + text


@pytest.mark.parametrize(
    "text,kept",
    [
        ("<b>&\"'", "<b>&\"'"),
        ("两\r\n行\r字", "两\n行\n字"),
        ("a\x00\x07b\x1f", "a  b "),
        ("\ufffe\ud800x", "  x"),
        ("长" * 40_000, "长" * 32_000),
    ],
)
def test_what_a_cell_cannot_hold_is_left_out(text: str, kept: str) -> None:
    sheet = sheet_of([["姓名"], [text]], [Mark(2, 0, "refused", text, text)], 1)
    assert [sheet[place].value for place in ("A2", "B2", "C2")] == [kept] * 3
    assert kept[:100] in sheet["A2"].comment.text


CELLS = st.text(
    st.characters(codec="utf-16-le") | st.sampled_from("=+-@\t\r\n'\"<&_x0041_\ud800"), max_size=12
)


@settings(deadline=None, max_examples=150)
@given(
    st.lists(st.lists(CELLS, max_size=6), max_size=6),
    st.lists(st.builds(Mark, st.integers(1, 8), st.none() | st.integers(0, 8),
                       st.sampled_from(["refused", "warned", "accepted", "unchanged"]), CELLS, CELLS), max_size=6),
    st.integers(0, 6),
)  # fmt: skip
def test_whatever_was_sent_every_part_is_sound(
    rows: list[list[str]], marks: list[Mark], heading: int
) -> None:
    data = write_result(rows, marks, heading)
    with zipfile.ZipFile(BytesIO(data)) as archive:
        for name in archive.namelist():
            ElementTree.fromstring(archive.read(name))
    sheet = load_workbook(BytesIO(data)).active
    assert not [cell for row in sheet.iter_rows() for cell in row if cell.data_type not in "sn"]


def test_more_comments_than_a_program_bears_are_left_out_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(result_workbook, "COMMENT_LIMIT", 2)
    marks = [Mark(line, 5, "warned" if line == 3 else "refused", "…", f"第 {line} 行") for line in (3, 4, 6)]
    sheet = sheet_of(marks=marks)
    commented = [cell.coordinate for row in sheet.iter_rows() for cell in row if cell.comment]
    assert commented == ["F4", "F6"], "the refused before the warned"
    assert [sheet.cell(line, 10).value for line in (3, 4, 6)] == ["第 3 行", "第 4 行", "第 6 行"]
    assert "另有 1 处" in sheet["A9"].value
    assert sheet_of().max_row == 7, "no note where none is needed"


def test_thousands_of_comments_each_have_a_box_of_their_own() -> None:
    rows = [list(HEADINGS)] + [["1"] * 6 for _ in range(2500)]
    data = write_result(rows, [Mark(line, 5, "refused", "拒绝", "错") for line in range(2, 2502)], 1)
    with zipfile.ZipFile(BytesIO(data)) as archive:
        shapes = ElementTree.fromstring(archive.read("xl/drawings/commentsDrawing1.vml"))
    office, vml = "{urn:schemas-microsoft-com:office:office}", "{urn:schemas-microsoft-com:vml}"
    boxes = [int(shape.get("id", "").removeprefix("_x0000_s")) for shape in shapes.iter(f"{vml}shape")]
    assert len(set(boxes)) == 2500
    blocks = shapes.find(f"{office}shapelayout/{office}idmap").get("data", "").split(",")
    assert {number // 1024 for number in boxes} == set(map(int, blocks))
    assert (
        sum(1 for row in load_workbook(BytesIO(data)).active.iter_rows() for cell in row if cell.comment)
        == 2500
    )


def test_a_sheet_without_lines() -> None:
    assert sheet_of([], [], 0).max_row == 1
