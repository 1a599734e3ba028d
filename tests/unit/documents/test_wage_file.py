"""What is written comes back, down to the rare characters."""

from __future__ import annotations

import csv
import zipfile
from dataclasses import replace
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wage_samples import HEAD, LINES, PEOPLE, cells_of, fixed_columns_unchanged, head_with_people, read

from documents.wage_file import (
    WageFileLine,
    file_stem,
    fixed_digest,
    write_csv,
    write_text,
    write_zip,
)


def test_layout_is_the_documented_one() -> None:
    lines = write_text(HEAD, LINES).decode("gb18030").split("\r\n")
    digest = fixed_digest(LINES)
    assert len(digest) == 16
    assert lines[0] == f"#GZSB|1|230001|2026|310+410+510|annual|3|b-20260301-7|{digest}"
    assert lines[1] == "序号\t个人编号\t姓名\t证件号码\t原工资\t现工资"
    assert lines[2] == "1\t0010001\t张三\t150***********7237\t64038.30\t8000.50"
    assert lines[5:] == [""]


def test_stem_names_unit_year_and_insurances() -> None:
    assert file_stem(HEAD) == "工资申报_230001_2026_医疗工伤生育"
    assert file_stem(replace(HEAD, insurances=("410", "510"))) == "工资申报_230001_2026_工伤生育"


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8-sig"])
def test_round_trip_with_rare_and_mongolian_names(encoding: str) -> None:
    table = read(write_zip(HEAD, LINES, encoding), "a.zip")
    assert table.kind == "txt"
    assert table.head == replace(HEAD, fixed_digest=fixed_digest(LINES))
    assert [cells for _line, cells in table.rows] == cells_of(LINES)
    assert [line for line, _cells in table.rows] == [3, 4, 5]
    assert fixed_columns_unchanged(table)


def test_zip_holds_one_text_named_like_the_file() -> None:
    with zipfile.ZipFile(BytesIO(write_zip(HEAD, LINES))) as archive:
        assert archive.namelist() == ["工资申报_230001_2026_医疗工伤生育.txt"]


@settings(deadline=None)
@given(PEOPLE, st.sampled_from(["gb18030", "utf-8-sig"]))
def test_any_people_come_back(lines: list[WageFileLine], encoding: str) -> None:
    table = read(write_text(head_with_people(len(lines)), lines, encoding))
    assert [cells for _line, cells in table.rows] == cells_of(lines)
    assert fixed_columns_unchanged(table)


@settings(deadline=None)
@given(st.text(max_size=30))
def test_no_name_can_break_the_layout(name: str) -> None:
    lines = [replace(LINES[0], name=name), LINES[1]]
    table = read(write_text(head_with_people(2), lines, "utf-8-sig"))
    assert len(table.rows) == 2
    assert fixed_columns_unchanged(table)


def test_digest_feels_the_former_wage_and_not_the_new_one() -> None:
    assert fixed_digest([replace(LINES[0], wage_fen=5), *LINES[1:]]) == fixed_digest(LINES)
    assert fixed_digest([replace(LINES[0], old_wage_fen=5), *LINES[1:]]) != fixed_digest(LINES)
    assert fixed_digest([replace(LINES[0], name="李四"), *LINES[1:]]) != fixed_digest(LINES)
    assert fixed_digest(LINES[1:]) != fixed_digest(LINES)
    assert fixed_digest([*LINES, LINES[0]]) != fixed_digest(LINES)
    assert fixed_digest(LINES[::-1]) == fixed_digest(LINES)


def test_a_head_that_would_break_the_layout_is_a_programming_error() -> None:
    with pytest.raises(ValueError):
        write_text(replace(HEAD, unit_no="2|3"), LINES)
    with pytest.raises(ValueError):
        write_text(HEAD, LINES, "gbk")


def test_csv_opens_with_a_double_click() -> None:
    data = write_csv(HEAD, LINES)
    assert data.startswith(b"\xef\xbb\xbf#GZSB|1|230001|2026|310+410+510|annual|3|b-20260301-7|")
    assert data.count(b"\n") == data.count(b"\r\n") == 5
    lines = data.decode("utf-8-sig").split("\r\n")
    assert lines[0].endswith(fixed_digest(LINES))
    assert lines[1] == "序号,个人编号,姓名,证件号码,原工资,现工资"
    assert lines[2:] == [
        "1,0010001,张三,150***********7237,64038.30,8000.50",
        "2,0010002,䶮𬭎,150***********723X,72000.00,",
        "3,0010003,乌云·其木格,810***********0021,,0.01",
        "",
    ]


@pytest.mark.parametrize("name", ["=1+1", "+8", "-8", "@SUM(A1)", "＝1", "＋1", "－1", "＠1"])
def test_no_cell_of_a_csv_is_taken_for_a_formula(name: str) -> None:
    data = write_csv(head_with_people(1), [replace(LINES[0], name=name)])
    (row,) = list(csv.reader(data.decode("utf-8-sig").splitlines()))[2:]
    assert row[2] == "'" + name
    table = read(data, "a.csv")
    assert table.rows[0][1][2] == name
    assert fixed_columns_unchanged(table)


def test_commas_and_quotation_marks_in_a_csv() -> None:
    lines = [replace(LINES[0], name='张,三"'), *LINES[1:]]
    data = write_csv(HEAD, lines)
    assert ',"张,三""",' in data.decode("utf-8-sig")
    table = read(data, "a.csv")
    assert table.kind == "csv"
    assert [cells for _line, cells in table.rows] == cells_of(lines)
    assert fixed_columns_unchanged(table)


@settings(deadline=None)
@given(PEOPLE)
def test_any_people_come_back_from_a_csv(lines: list[WageFileLine]) -> None:
    table = read(write_csv(head_with_people(len(lines)), lines), "a.csv")
    assert [cells for _line, cells in table.rows] == cells_of(lines)
    assert fixed_columns_unchanged(table)


def test_a_csv_that_a_spreadsheet_saved_again_is_still_the_download() -> None:
    # Numbers lose their zeros at both ends; the list knows whom they mean.
    data = write_csv(HEAD, LINES).replace(b",0010001,", b",10001,").replace(b"64038.30", b"64038.3")
    table = read(data.replace(b"72000.00", b"72000"), "a.csv")
    assert table.rows[0][1][1] == "10001"
    assert fixed_columns_unchanged(table)
