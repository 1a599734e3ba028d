"""What calamine makes of a workbook becomes rows of plain text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from typing import cast

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    SheetTypeEnum,
    SheetVisibleEnum,
    WorksheetNotFound,
)

from documents.cells import Grid, Value, as_text, needs_care
from documents.limits import Limits
from rules.refusals import Refusal

# Titles and headings: lines in which numbers and words stand above one another.
_TOP = 50


def open_workbook(path: str) -> CalamineWorkbook:
    """A workbook from a file, whose name's ending says its kind; ``file.workbook_damaged``.

    It may be deleted at once. Of a workbook in memory calamine makes two copies before it reads.
    """
    with _reader_errors():
        return CalamineWorkbook.from_path(path)


def read_sheets(copy: BytesIO | CalamineWorkbook, limits: Limits) -> Iterator[tuple[str, list[list[str]]]]:
    """Name and rows of each visible sheet of a workbook that was looked through before.

    Row 1 of a sheet is the first of its rows. Raises ``file.workbook_damaged``.
    """
    with _reader_errors():
        book = copy if isinstance(copy, CalamineWorkbook) else _in_memory(copy)
        names = [
            sheet.name
            for sheet in book.sheets_metadata
            if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible
        ]
    for name in names[: limits.sheets]:
        with _reader_errors():
            rows = _rows(book.get_sheet_by_name(name))
        yield name, rows


def _in_memory(data: BytesIO) -> CalamineWorkbook:
    data.seek(0)
    return CalamineWorkbook.from_filelike(data)


def as_grid(
    kind: str, name: str, rows: list[list[str]], blanks: Mapping[tuple[int, int], str], formulas: int = 0
) -> Grid:
    """The grid of a sheet, with the texts of the cells that calamine leaves blank set into its ``rows``.

    ``formulas`` is how many of them are formulas without a result.
    """
    for (row, column), text in blanks.items():
        rows.extend([] for _ in range(row + 1 - len(rows)))
        cells = rows[row]
        cells.extend([""] * (column + 1 - len(cells)))
        cells[column] = text
    return Grid(kind, name, rows, {"formulas": formulas} if formulas else {}, is_tidy=_is_tidy(rows))


def _is_tidy(rows: list[list[str]]) -> bool:
    text = "\n".join(map("\t".join, rows))
    # A line break inside a cell makes more of them than rows.
    return text.count("\n") < max(len(rows), 1) and not needs_care(text, "\n")


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


def _rows(sheet: CalamineSheet) -> list[list[str]]:
    """The cells as text, column by column: nearly every column is of one kind all the way down.

    A call for each of a million cells would take as long as all the rest.
    """
    rows = sheet.to_python(skip_empty_area=False)
    for row in rows[:_TOP]:
        row[:] = [as_text(value) for value in row]
    below = rows[_TOP:]
    for place, values in enumerate(zip(*below, strict=True)):
        kinds = set(map(type, values))
        if kinds != {str}:
            for row, text in zip(below, _texts(values, kinds), strict=True):
                row[place] = text
    return cast("list[list[str]]", rows)


def _texts(values: tuple[Value, ...], kinds: set[type]) -> Iterable[str]:
    if kinds <= {float, int}:
        numbers = cast("tuple[float, ...]", values)
        if min(numbers) >= 0.0001 and max(numbers) < 10**15:
            # What as_text would say.
            return map("%.15g".__mod__, numbers)
    return [value if type(value) is str else as_text(value) for value in values]
