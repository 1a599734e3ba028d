"""The spreadsheet of a levy holds numbers as numbers, names as text, and nothing that a program would run."""

from __future__ import annotations

from io import BytesIO

from openpyxl import load_workbook

from documents.levy_workbook import Column, write_table

COLUMNS = (Column("姓名", 12), Column("人数", 6, "count"), Column("金额", 14, "money"))


def read(data: bytes) -> list[tuple[object, ...]]:
    return list(load_workbook(BytesIO(data)).active.iter_rows(values_only=True))


def test_what_goes_in_is_what_is_read():
    rows = read(write_table("缴费明细", COLUMNS, [("䶮𬭎", 3, 123_456), ("<&>", 0, -7), ("", 1, 5)]))
    assert rows == [("姓名", "人数", "金额"), ("䶮𬭎", 3, 1234.56), ("<&>", 0, -0.07), ("", 1, 0.05)]


def test_nothing_becomes_a_formula():
    names = ("=1+1", "+86", "-1", "@SUM(A1)", "\t=1")
    book = load_workbook(BytesIO(write_table("t", COLUMNS, [(name, 1, 1) for name in names])))
    cells = [row[0] for row in book.active.iter_rows(min_row=2)]
    assert [cell.data_type for cell in cells] == ["s"] * len(names)
    assert all(str(cell.value).startswith("'") for cell in cells)


def test_a_large_unit_fits_and_the_headings_stay():
    data = write_table("t", COLUMNS, (("王", 1, number) for number in range(20_000)))
    sheet = load_workbook(BytesIO(data)).active
    assert (sheet.max_row, sheet.freeze_panes, sheet["C20001"].value) == (20_001, "A2", 199.99)


def test_a_list_of_nobody_has_its_headings():
    assert read(write_table("t", COLUMNS, [])) == [("姓名", "人数", "金额")]
