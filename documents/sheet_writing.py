"""A large sheet leaves here: a frame that openpyxl dressed, filled with rows written as strings.

openpyxl takes 15 s to append 100,000 rows cell by cell; a formatted string for each takes 1 s in all.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from io import BytesIO
from itertools import islice
from xml.sax.saxutils import escape

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from documents.wage_file import harmless

_SHEET_PART = "xl/worksheets/sheet1.xml"
_ROWS = re.compile(rb"<sheetData ?/>|<sheetData>.*</sheetData>", re.DOTALL)
_ROWS_AT_ONCE = 1000
_ESCAPE_LIKE = re.compile("_x[0-9A-Fa-f]{4}_")


def style_numbers(sheet: WriteOnlyWorksheet, names: Iterable[str]) -> list[int]:
    """What the ``s`` of a cell is for each of these named styles of the sheet's workbook."""
    numbers = []
    for name in names:
        cell = WriteOnlyCell(sheet)
        cell.style = name
        numbers.append(cell.style_id)
    return numbers


def cell_text(value: str) -> str:
    """A text as the inside of an XML ``<t>``, never a formula; the text has no control characters."""
    # A spreadsheet reads _x0041_ in a text as an escaped character, so its underscore is escaped itself.
    return escape(harmless(_ESCAPE_LIKE.sub(r"_x005F\g<0>", value) if "_x" in value else value))


def fill_sheet(
    book: Workbook, rows: Iterable[str], text_cells: str, parts: Mapping[str, bytes] | None = None
) -> bytes:
    """The workbook saved, with these ``<row>`` elements as the only rows of its first sheet.

    In ``text_cells`` ("B3:D9") a number kept as text is no mistake to be marked; ``parts`` are put in
    place of the workbook's own, by name.
    """
    frame, out = BytesIO(), BytesIO()
    book.save(frame)
    with zipfile.ZipFile(frame) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():
            part = source.read(entry)
            if entry.filename != _SHEET_PART:
                target.writestr(entry, (parts or {}).get(entry.filename, part))
                continue
            before, after = _ROWS.split(part, maxsplit=1)
            with target.open(entry, "w", force_zip64=True) as stream:
                stream.write(before + b"<sheetData>")
                for some in _batches(iter(rows)):
                    stream.write(some)
                stream.write(b"</sheetData>" + _with_text_cells(after, text_cells))
    return out.getvalue()


def _batches(rows: Iterator[str]) -> Iterator[bytes]:
    while some := "".join(islice(rows, _ROWS_AT_ONCE)):
        yield some.encode()


def _with_text_cells(after: bytes, text_cells: str) -> bytes:
    # The order of a sheet's elements is fixed (ECMA-376 part 1, 18.3.1.99): these before the comments' shapes.
    place = after.find(b"<legacyDrawing")
    if place < 0:
        place = after.rindex(b"</worksheet>")
    told = f'<ignoredErrors><ignoredError sqref="{text_cells}" numberStoredAsText="1"/></ignoredErrors>'
    return after[:place] + told.encode() + after[place:]
