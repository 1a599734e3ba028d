"""Workbooks in three formats, made down to the byte, so that they can be made wrongly too."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Sequence
from io import BytesIO
from xml.sax.saxutils import escape

from openpyxl import Workbook

Cell = str | float | None

_CONTENT_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def packed(parts: dict[str, str | bytes]) -> bytes:
    """A zip of parts."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


# xlsx -------------------------------------------------------------------------------------------


def xlsx(sheets: dict[str, Sequence[Sequence[Cell]]]) -> bytes:
    """A workbook as openpyxl writes it."""
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def raw_xlsx(rows: str, texts: str = "", sheets: int = 1, before: str = "") -> bytes:
    """A workbook whose sheets all hold this XML inside their sheetData."""
    numbers = range(1, sheets + 1)
    names = "".join(f'<sheet name="表{one}" sheetId="{one}" r:id="r{one}"/>' for one in numbers)
    links = "".join(
        f'<Relationship Id="r{one}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{one}.xml"/>'
        for one in numbers
    )
    return packed(
        {
            "[Content_Types].xml": _CONTENT_TYPES,
            "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}"><Relationship Id="r0" Type="{_OFFICE}/officeDocument" '
            'Target="xl/workbook.xml"/></Relationships>',
            "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{names}</sheets></workbook>',
            "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}">{links}</Relationships>',
            "xl/sharedStrings.xml": f'<sst xmlns="{_MAIN}">{texts}</sst>',
            **{
                f"xl/worksheets/sheet{one}.xml": f'{before}<worksheet xmlns="{_MAIN}"><sheetData>{rows}</sheetData></worksheet>'
                for one in numbers
            },
        }
    )


# ods --------------------------------------------------------------------------------------------

_ODF = "urn:oasis:names:tc:opendocument:xmlns:"
ODS_MIMETYPE = "application/vnd.oasis.opendocument.spreadsheet"


def ods_cell(value: Cell, more: str = "") -> str:
    """One cell as LibreOffice writes it."""
    if value is None:
        return f"<table:table-cell {more}/>"
    if isinstance(value, str):
        return f'<table:table-cell office:value-type="string" {more}><text:p>{escape(value)}</text:p></table:table-cell>'
    return f'<table:table-cell office:value-type="float" office:value="{value}" {more}><text:p>{value:.2f}</text:p></table:table-cell>'


def ods_rows(rows: Sequence[Sequence[Cell]]) -> str:
    """Rows with the thousands of empty cells and rows that LibreOffice puts behind them."""
    lines = [
        "<table:table-row>"
        + "".join(map(ods_cell, row))
        + f'<table:table-cell table:number-columns-repeated="{16384 - len(row)}"/></table:table-row>'
        for row in rows
    ]
    return (
        "".join(lines)
        + f'<table:table-row table:number-rows-repeated="{1048576 - len(rows)}">'
        + '<table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
    )


def raw_ods(tables: str, before: str = "", manifest: str = "") -> bytes:
    """A workbook with these tables."""
    spaces = " ".join(
        f'xmlns:{name}="{_ODF}{name}:1.0"' for name in ("office", "table", "text", "style", "draw", "dc")
    )
    more = 'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'
    return packed(
        {
            "mimetype": ODS_MIMETYPE,
            "content.xml": f'<?xml version="1.0" encoding="UTF-8"?>{before}<office:document-content {spaces} {more}>'
            f"<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>",
            "META-INF/manifest.xml": f"<manifest>{manifest}</manifest>",
        }
    )


def ods(sheets: dict[str, Sequence[Sequence[Cell]]]) -> bytes:
    """A workbook as LibreOffice writes it."""
    return raw_ods(
        "".join(
            f'<table:table table:name="{name}">{ods_rows(rows)}</table:table>'
            for name, rows in sheets.items()
        )
    )


# xls --------------------------------------------------------------------------------------------


def record(kind: int, content: bytes = b"") -> bytes:
    """One BIFF record."""
    return struct.pack("<HH", kind, len(content)) + content


def biff_text(text: str, count: str = "<H") -> bytes:
    """A text with its length and its flags before it."""
    return struct.pack(count, len(text)) + b"\x01" + text.encode("utf-16-le")


def biff_cells(rows: Sequence[Sequence[Cell]]) -> bytes:
    """Number and label records of rows."""
    cells = []
    for row, values in enumerate(rows):
        for column, value in enumerate(values):
            place = struct.pack("<HHH", row, column, 0)
            if isinstance(value, str):
                cells.append(record(0x0204, place + biff_text(value)))
            elif value is not None:
                cells.append(record(0x0203, place + struct.pack("<d", value)))
    return b"".join(cells)


def biff(sheets: dict[str, bytes], extra: bytes = b"") -> bytes:
    """A workbook stream: ``extra`` records stand among those of the whole book."""
    start = record(0x0809, struct.pack("<HH", 0x0600, 0x0005) + bytes(12)) + extra
    end = record(0x000A)
    size = len(start) + sum(len(record(0x85, bytes(6) + biff_text(name, "<B"))) for name in sheets) + len(end)
    bounds, bodies = b"", b""
    for name, cells in sheets.items():
        bounds += record(0x85, struct.pack("<IBB", size + len(bodies), 0, 0) + biff_text(name, "<B"))
        bodies += record(0x0809, struct.pack("<HH", 0x0600, 0x0010) + bytes(12)) + cells + end
    return start + bounds + end + bodies


def ole(stream: bytes, name: str = "Workbook") -> bytes:
    """An OLE2 container with one stream in sectors of 512 bytes."""
    stream = stream.ljust(4096, b"\0")
    sectors = -(-len(stream) // 512)
    tables = 1
    while tables * 128 < sectors + tables + 1:
        tables += 1
    assert tables <= 109
    first = tables + 1
    chain = [*range(first + 1, first + sectors), 0xFFFFFFFE]
    numbers = [0xFFFFFFFD] * tables + [0xFFFFFFFE] + chain
    numbers += [0xFFFFFFFF] * (tables * 128 - len(numbers))
    header = (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
        + struct.pack("<IIIIIIIIII", 0, tables, tables, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0, 0)[:36]
    )  # fmt: skip
    header += struct.pack("<109I", *range(tables), *[0xFFFFFFFF] * (109 - tables))
    directory = _entry("Root Entry", 5, 0xFFFFFFFE, 0) + _entry(name, 2, first, len(stream)) + bytes(256)
    body = struct.pack(f"<{len(numbers)}I", *numbers) + directory + stream.ljust(sectors * 512, b"\0")
    return header.ljust(512, b"\0") + body


def _entry(name: str, kind: int, start: int, size: int) -> bytes:
    text = (name + "\0").encode("utf-16-le")
    return (
        text.ljust(64, b"\0") + struct.pack("<HBB", len(text), kind, 1) + struct.pack("<III", *[0xFFFFFFFF] * 3)
        + bytes(36) + struct.pack("<II", start, size) + bytes(4)
    )  # fmt: skip


def xls(sheets: dict[str, Sequence[Sequence[Cell]]]) -> bytes:
    """A workbook of Excel 97 to 2003."""
    return ole(biff({name: biff_cells(rows) for name, rows in sheets.items()}))
