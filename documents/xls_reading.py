"""An xls becomes grids: its records are looked through, and a plain copy of them is read by calamine."""

from __future__ import annotations

from io import BytesIO
from struct import error as StructError

from documents.cells import Grid
from documents.limits import Limits
from documents.ole import Container, contained
from documents.sheet_reading import as_grid, read_sheets
from documents.xls_scan import XlsSheet, scan_xls
from rules.refusals import Refusal

_STREAMS = ("Workbook", "Book")


def read_xls(data: bytes, limits: Limits) -> list[Grid]:
    """The visible sheets of an xls; errors as ``#REF!``, formulas as what they gave.

    Raises ``file.workbook_damaged``, ``file.encrypted_workbook``, ``file.is_word``, ``file.too_many_lines``,
    ``file.far_cell``.
    """
    copy, sheets = _scanned(_stream(data), limits)
    found = read_sheets(BytesIO(copy), limits)
    return [
        as_grid("xls", sheet.name, rows, sheet.errors)
        for sheet, (_name, rows) in zip(sheets, found, strict=True)
    ]


def _stream(data: bytes) -> bytes:
    """The stream of a workbook of Excel 95 (Book) or later."""
    container = Container(data)
    if "EncryptedPackage" in container.streams:
        # An xlsx with a password is an OLE2 file too.
        raise Refusal("file.encrypted_workbook")
    for name in _STREAMS:
        if name in container.streams:
            return container.read(name)
    is_word = "WordDocument" in container.streams or "PowerPoint Document" in container.streams
    raise Refusal("file.is_word" if is_word else "file.workbook_damaged")


def _scanned(stream: bytes, limits: Limits) -> tuple[bytes, list[XlsSheet]]:
    try:
        copy, sheets = scan_xls(stream, limits)
    except (StructError, LookupError) as error:
        raise Refusal("file.workbook_damaged") from error
    return contained(_STREAMS[0], copy), sheets
