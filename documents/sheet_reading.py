"""A workbook becomes rows of plain strings, and never more memory than its own size warrants."""

from __future__ import annotations

import datetime
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from io import BytesIO

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, WorksheetNotFound

from documents.limits import Limits
from documents.unpacking import CONTENT_TYPES, open_zip, read_entry
from rules.refusals import Refusal

_Value = int | float | str | bool | datetime.time | datetime.date | datetime.datetime | datetime.timedelta

_WORKBOOK = "xl/workbook.xml"
# Another format's main part: the reader would try that format when the xlsx fails, with its own dangers.
_OTHER_FORMATS = ("content.xml", "xl/workbook.bin", "mimetype")
_SHEET_LIMIT = 8
# The reader lays a sheet out as one rectangle, so a single far cell would cost gigabytes.
_FAR = re.compile(rb"""r\s*=\s*["'](?:[A-Za-z]{2}|[A-Za-z]?[0-9]{6})""")
_FAR_COLUMN = re.compile(rb"""\br\s*=\s*["']([A-Za-z]{2,})""")
_FAR_ROW = re.compile(rb"""\br\s*=\s*["'][A-Za-z]?([0-9]{6,})""")
_EXACT_DIGITS = 15


def read_sheets(data: bytes, limits: Limits) -> Iterator[list[list[str]]]:
    """The sheets of an xlsx in turn, as rows of strings; the first row of a sheet is its row 1.

    Raises ``file.workbook_damaged``, ``file.too_many_lines``, ``file.columns_extra`` for a cell beyond
    column Z, and ``file.zip_bomb`` or ``file.encrypted`` from the container.
    """
    checked = BytesIO(_inspected(data, limits))
    with _reader_errors():
        book = CalamineWorkbook.from_filelike(checked)
        names = book.sheet_names[:_SHEET_LIMIT]
    for name in names:
        with _reader_errors():
            rows = _rows(book.get_sheet_by_name(name))
        yield rows


@contextmanager
def _reader_errors() -> Iterator[None]:
    try:
        yield
    except (CalamineError, WorksheetNotFound, OSError, ValueError) as error:
        raise Refusal("file.workbook_damaged") from error
    except BaseException as error:
        # A panic of the reader's Rust code arrives as a BaseException of a class that cannot be imported.
        if type(error).__name__ != "PanicException":
            raise
        raise Refusal("file.workbook_damaged") from error


def _inspected(data: bytes, limits: Limits) -> bytes:
    """A new container holding only the parts that were looked at: what was checked is what is read."""
    out = BytesIO()
    left = limits.workbook_bytes
    names = set()
    with open_zip(data) as archive, zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as copy:
        for entry in archive.infolist():
            name = entry.filename
            if name in names or name in _OTHER_FORMATS:
                raise Refusal("file.workbook_damaged")
            names.add(name)
            if name != CONTENT_TYPES and not name.endswith((".xml", ".rels")):
                continue
            part = read_entry(archive, entry, left, limits.ratio)
            left -= len(part)
            if name.startswith("xl/") and "sheet" in name:
                _refuse_far_cells(part, limits)
            copy.writestr(name, part)
    if _WORKBOOK not in names:
        raise Refusal("file.workbook_damaged")
    return out.getvalue()


def _refuse_far_cells(part: bytes, limits: Limits) -> None:
    if b"\x00" in part[:200]:
        # UTF-16 would hide the references from the look below; no spreadsheet program writes it.
        raise Refusal("file.workbook_damaged")
    if not _FAR.search(part):
        return
    column = _FAR_COLUMN.search(part)
    if column:
        raise Refusal("file.columns_extra", line=1, extra=column[1][:3].decode("ascii"))
    for match in _FAR_ROW.finditer(part):
        number = int(match[1][:9])
        if number > limits.lines + 2:
            raise Refusal("file.too_many_lines", lines=number, limit=limits.lines)


def _rows(sheet: CalamineSheet) -> list[list[str]]:
    return [
        [value if type(value) is str else as_text(value) for value in row]
        for row in sheet.to_python(skip_empty_area=False)
    ]


def as_text(value: _Value) -> str:
    """A cell's value as a person would have typed it: 8000.0 is "8000", 8000.125 stays as it is.

    A spreadsheet shows 15 digits of a number; what lies beyond is noise of the binary form.
    """
    if type(value) is float and abs(value) < 10**_EXACT_DIGITS:
        text = f"{value:.{_EXACT_DIGITS}g}"
        return text if "e" not in text else format(Decimal(text), "f")
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return str(value)
