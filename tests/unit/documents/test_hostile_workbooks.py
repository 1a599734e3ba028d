"""Workbooks made to cost memory or time are refused first; what only looks like them is read."""

from __future__ import annotations

import struct
from io import BytesIO
from zipfile import ZipFile

import pytest
from grid_samples import at, grids, ods_row, refused, rows
from sheet_samples import biff, ods_cell, ole, packed, raw_ods, raw_xlsx, record, xls


def one_cell(reference: str) -> str:
    return f'<row><c r="A1"><v>1</v></c><c r="{reference}"><v>1</v></c></row>'


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
