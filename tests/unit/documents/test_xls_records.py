"""The records of an old xls, as Excel 95 to 2003 and their imitators write them."""

from __future__ import annotations

import struct

from grid_samples import at, grids, refused, rows
from sheet_samples import biff, biff_text, ole, raw_ods, record


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
