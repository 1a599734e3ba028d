"""An xls becomes grids: the records of a workbook as Excel 95 to 2003 and WPS write them (MS-XLS).

Read here and not by calamine, which allocates what the file's own counts say, lays out a sheet as one
rectangle, gives every cell its own copy of a shared text, and leaves errors blank.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from struct import Struct, pack, unpack, unpack_from
from struct import error as StructError

from documents.cells import Grid, as_text, column_letters
from documents.limits import Limits
from documents.ole import Container
from rules.refusals import Refusal

_BOF, _EOF, _CONTINUE = 0x0809, 0x000A, 0x003C
_FILEPASS, _CODEPAGE, _DATE1904, _BOUNDSHEET, _SST, _XF, _FORMAT = 0x2F, 0x42, 0x22, 0x85, 0xFC, 0xE0, 0x41E
_NUMBER, _LABEL, _BOOLERR, _STRING, _RK = 0x0203, 0x0204, 0x0205, 0x0207, 0x027E
_LABELSST, _MULRK, _RSTRING = 0x00FD, 0x00BD, 0x00D6
_FORMULAS = (0x0006, 0x0206, 0x0406)
_BIFF8 = 0x0600
_COLUMNS = 256
_ERRORS = {
    0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A",
}  # fmt: skip
_BUILT_IN_DATES = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
_NOT_FORMAT = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.')
_DAYS_COUNTED = 2_958_465
_KIND_AND_LENGTH = Struct("<HH").unpack_from
_WITH_INTEGER, _WITH_FLOAT = Struct("<HHHI").unpack_from, Struct("<HHHd").unpack_from
_WIDE, _RICH, _PHONETIC = 0x01, 0x08, 0x04

Record = tuple[int, int, int]
"""Kind, start and end of a record's content in the stream."""


def read_xls(data: bytes, limits: Limits) -> list[Grid]:
    """The visible sheets of an xls; errors as ``#REF!``, formulas as what they gave.

    Raises ``file.workbook_damaged``, ``file.encrypted_workbook``, ``file.is_word``, ``file.too_many_lines``,
    ``file.far_cell``.
    """
    container = Container(data)
    if "EncryptedPackage" in container.streams:
        # An xlsx with a password is an OLE2 file too.
        raise Refusal("file.encrypted_workbook")
    name = next((name for name in ("Workbook", "Book") if name in container.streams), None)
    if name is None:
        is_word = "WordDocument" in container.streams or "PowerPoint Document" in container.streams
        raise Refusal("file.is_word" if is_word else "file.workbook_damaged")
    stream = container.read(name)
    try:
        book = _Book(stream)
        left = limits.cells_of_workbook(len(stream))
        grids = []
        for sheet_name, start in book.sheets[: limits.sheets]:
            rows = _Sheet(book, limits, left).rows_from(start)
            left -= sum(map(len, rows))
            grids.append(Grid("xls", sheet_name, rows))
    except (StructError, IndexError, LookupError, UnicodeDecodeError) as error:
        raise Refusal("file.workbook_damaged") from error
    return grids


def _records(stream: bytes, start: int) -> Iterator[Record]:
    """The records from a place to the end that belongs to its beginning; charts inside have their own."""
    depth, last = 0, len(stream) - 4
    while start <= last:
        kind, length = _KIND_AND_LENGTH(stream, start)
        if kind == _BOF:
            depth += 1
        elif kind == _EOF:
            depth -= 1
            if depth <= 0:
                return
        start += 4
        yield kind, start, start + length
        start += length


class _Book:
    """What all sheets share: texts, formats of dates, the encoding, and where each sheet begins."""

    def __init__(self, stream: bytes) -> None:
        self.stream = stream
        self.is_biff8, self.encoding, self.epoch = True, "gbk", datetime(1899, 12, 30)
        self.sheets: list[tuple[str, int]] = []
        self.texts: list[str] = []
        self.formats: list[int] = []
        self.dates = set(_BUILT_IN_DATES)
        pieces: list[tuple[int, int]] = []
        for kind, start, end in _records(stream, 0):
            if kind == _CONTINUE and pieces:
                pieces.append((start, end))
                continue
            if pieces:
                self.texts, pieces = _shared_texts(stream, pieces), []
            if kind == _SST:
                pieces = [(start, end)]
            else:
                self._take(kind, start, end)
        self.date_styles = {style for style, form in enumerate(self.formats) if form in self.dates}

    def _take(self, kind: int, start: int, end: int) -> None:
        stream = self.stream
        if kind == _FILEPASS:
            raise Refusal("file.encrypted_workbook")
        if kind == _BOF:
            self.is_biff8 = unpack_from("<H", stream, start)[0] == _BIFF8
        elif kind == _CODEPAGE:
            page = unpack_from("<H", stream, start)[0]
            self.encoding = "utf-16-le" if page == 1200 else f"cp{page}"
        elif kind == _DATE1904 and unpack_from("<H", stream, start)[0]:
            self.epoch = datetime(1904, 1, 1)
        elif kind == _BOUNDSHEET:
            place, state, sort = unpack_from("<IBB", stream, start)
            if state == 0 and sort == 0:
                self.sheets.append((self.text(start + 6, end, "<B"), place))
        elif kind == _XF:
            self.formats.append(unpack_from("<H", stream, start + 2)[0])
        elif kind == _FORMAT and self.is_biff8:
            code = _NOT_FORMAT.sub("", self.text(start + 2, end, "<H")).lower()
            if any(sign in code for sign in "ymdhs"):
                self.dates.add(unpack_from("<H", stream, start)[0])

    def text(self, start: int, end: int, count: str) -> str:
        """A text with its length before it, ``count`` being the length's own form."""
        length = unpack_from(count, self.stream, start)[0]
        start += 1 if count == "<B" else 2
        if not self.is_biff8:
            return self.stream[start : min(start + length, end)].decode(self.encoding, "replace")
        flags = self.stream[start]
        return _characters(self.stream[start + 1 : end], length, flags)

    def number(self, value: float, style: int) -> str:
        """A number as it is shown: a date where its format says so."""
        if style in self.date_styles and 1 <= value <= _DAYS_COUNTED:
            return as_text((self.epoch + timedelta(days=value)).replace(microsecond=0))
        return as_text(value)


def _characters(data: bytes, length: int, flags: int) -> str:
    if flags & _WIDE:
        return data[: 2 * length].decode("utf-16-le", "replace")
    return data[:length].decode("latin-1")


def _shared_texts(stream: bytes, pieces: list[tuple[int, int]]) -> list[str]:
    """The table of texts; one that goes on in the next record begins there with its flags again."""
    texts: list[str] = []
    remaining = iter(pieces)
    place, end = next(remaining)
    count = unpack_from("<I", stream, place + 4)[0]
    place += 8
    while len(texts) < count:
        if place >= end:
            place, end = next(remaining, (0, 0))
            if end == 0:
                break
        length, flags = unpack_from("<HB", stream, place)
        place += 3
        tail = 0
        if flags & _RICH:
            tail += 4 * unpack_from("<H", stream, place)[0]
            place += 2
        if flags & _PHONETIC:
            tail += unpack_from("<I", stream, place)[0]
            place += 4
        units = b""
        while True:
            width = 2 if flags & _WIDE else 1
            piece = stream[place : min(place + width * (length - len(units) // 2), end)]
            # The length counts units of UTF-16: a rare character of a name takes two of them.
            units += piece if width == 2 else piece.decode("latin-1").encode("utf-16-le")
            place += len(piece)
            if len(units) >= 2 * length:
                break
            place, end = next(remaining, (0, 0))
            if end == 0:
                return texts
            flags, place = stream[place], place + 1
        texts.append(units.decode("utf-16-le", "replace"))
        while place + tail > end:
            tail -= end - place
            place, end = next(remaining, (0, 0))
            if end == 0:
                return texts
        place += tail
    return texts


@dataclass(slots=True)
class _Sheet:
    """The cells of one sheet; at most ``left`` of them, blank ones before a cell included."""

    book: _Book
    limits: Limits
    left: int
    rows: list[list[str]] = field(default_factory=list)

    def rows_from(self, start: int) -> list[list[str]]:
        stream, book, put, texts = self.book.stream, self.book, self._put, self.book.texts
        waits: tuple[int, int] | None = None
        for kind, at, end in _records(stream, start):
            if kind == _LABELSST:
                row, column, _style, number = _WITH_INTEGER(stream, at)
                put(row, column, texts[number])
            elif kind == _NUMBER:
                row, column, style, value = _WITH_FLOAT(stream, at)
                put(row, column, book.number(value, style))
            elif kind == _RK:
                row, column, style, packed = _WITH_INTEGER(stream, at)
                put(row, column, book.number(_unpacked(packed), style))
            elif kind == _MULRK:
                row, column = unpack_from("<HH", stream, at)
                for place in range(at + 4, end - 7, 6):
                    style, packed = unpack_from("<HI", stream, place)
                    put(row, column, book.number(_unpacked(packed), style))
                    column += 1
            elif kind in _FORMULAS:
                waits = self._formula(at)
            elif kind == _STRING and waits:
                put(*waits, book.text(at, end, "<H"))
                waits = None
            elif kind in (_LABEL, _RSTRING):
                row, column = unpack_from("<HH", stream, at)
                put(row, column, book.text(at + 6, end, "<H"))
            elif kind == _BOOLERR:
                row, column, _style, value, is_error = unpack_from("<HHHBB", stream, at)
                put(row, column, _ERRORS.get(value, "#?") if is_error else as_text(bool(value)))
        return self.rows

    def _formula(self, at: int) -> tuple[int, int] | None:
        """Put what a formula gave; where it gave a text, which follows, only say where it belongs."""
        row, column, style, result = unpack_from("<HHH8s", self.book.stream, at)
        if result[6:] != b"\xff\xff":
            self._put(row, column, self.book.number(unpack("<d", result)[0], style))
        elif result[0] == 0:
            return row, column
        elif result[0] in (1, 2):
            self._put(
                row, column, as_text(bool(result[2])) if result[0] == 1 else _ERRORS.get(result[2], "#?")
            )
        return None

    def _put(self, row: int, column: int, text: str) -> None:
        rows = self.rows
        if row >= len(rows):
            if row >= self.limits.rows:
                raise Refusal("file.too_many_lines", lines=row + 1, limit=self.limits.lines)
            rows.extend([] for _ in range(row + 1 - len(rows)))
        cells = rows[row]
        new = column + 1 - len(cells)
        if new <= 0:
            cells[column] = text
            return
        self.left -= new
        if column >= _COLUMNS or self.left < 0:
            raise Refusal("file.far_cell", line=row + 1, column=column_letters(column))
        if new > 1:
            cells += [""] * (new - 1)
        cells.append(text)


def _unpacked(packed: int) -> float:
    """A number in 30 bits: an integer or the upper part of a float, perhaps a hundredfold."""
    if packed & 2:
        value = float((packed - (1 << 32) if packed & 1 << 31 else packed) >> 2)
    else:
        value = unpack("<d", pack("<II", 0, packed & 0xFFFFFFFC))[0]
    return value / 100 if packed & 1 else value
