"""The records of an xls are looked through, and only what calamine needs is copied for it (MS-XLS).

Left out are the sheet's own word on its size, which calamine believes, and the formulas, whose results are
written down as plain cells.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from struct import Struct, pack, unpack_from

from documents.cells import column_letters
from documents.limits import Limits
from documents.shared_texts import refuse_copied_texts
from documents.xls_texts import characters, text_lengths
from rules.refusals import Refusal

_BOF, _EOF, _CONTINUE = 0x0809, 0x000A, 0x003C
_FILEPASS, _CODEPAGE, _DATE1904, _BOUNDSHEET, _SST, _XF, _FORMAT = 0x2F, 0x42, 0x22, 0x85, 0xFC, 0xE0, 0x41E
_NUMBER, _LABEL, _BOOLERR, _STRING, _RK = 0x0203, 0x0204, 0x0205, 0x0207, 0x027E
_LABELSST, _MULRK, _RSTRING = 0x00FD, 0x00BD, 0x00D6
_PLAIN = {_LABELSST, _RK, _NUMBER, _MULRK}
_RESULTS = {0x0006, 0x0206, 0x0406, _BOOLERR}
_CELLS = _PLAIN | _RESULTS | {_STRING, _LABEL, _RSTRING}
_BIFF8, _COLUMNS, _NO_DATE, _DATE = 0x0600, 256, 0, 22
_ERRORS = {
    0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A",
}  # fmt: skip
_BUILT_IN_DATES = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
_NOT_FORMAT = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.')
_RECORD = Struct("<HHHHHI").unpack_from
_LONGEST_RECORD = 14
_WORKBOOK, _SHEET = pack("<HHHH12x", _BOF, 16, _BIFF8, 5), pack("<HHHH12x", _BOF, 16, _BIFF8, 16)
_END = pack("<HH", _EOF, 0)


@dataclass(slots=True)
class XlsSheet:
    """One visible sheet: its cells as plain records, the errors among them as texts, and its pointers to texts."""

    name: str
    cells: bytes = b""
    errors: dict[tuple[int, int], str] = field(default_factory=dict)
    pointers: list[int] = field(default_factory=list)
    rows: int = 0
    columns: int = 0
    widest: int = 0


def scan_xls(stream: bytes, limits: Limits) -> tuple[bytes, list[XlsSheet]]:
    """A workbook stream of plain cells, sheet n called "n", and what is known of these sheets.

    Raises ``file.encrypted_workbook``, ``file.too_many_lines``, ``file.far_cell``, ``file.workbook_damaged``;
    struct.error or LookupError where the stream is cut or refers to nothing.
    """
    book = _Book(stream)
    sheets, left = [], limits.cells_of_workbook(len(stream))
    for name, start in book.sheets[: limits.sheets]:
        sheet = book.sheet(name, start)
        left -= sheet.rows * sheet.columns
        if sheet.rows > limits.rows:
            raise Refusal("file.too_many_lines", lines=sheet.rows, limit=limits.lines)
        if sheet.columns > _COLUMNS or left < 0:
            raise Refusal("file.far_cell", line=sheet.widest + 1, column=column_letters(sheet.columns - 1))
        sheets.append(sheet)
    pointers = [number for sheet in sheets for number in sheet.pointers]
    refuse_copied_texts(book.lengths, pointers, 2 * len(stream))
    return book.copied(sheets), sheets


class _Book:
    """What all sheets share: texts, formats of dates, the encoding, and where each sheet begins."""

    def __init__(self, stream: bytes) -> None:
        # A record is unpacked in one stroke, whatever its kind, and the last one is short.
        self.stream, self.size = stream + bytes(_LONGEST_RECORD), len(stream)
        self.is_biff8, self.encoding, self.from_1904 = True, "gbk", False
        self.sheets: list[tuple[str, int]] = []
        self.formats: list[int] = []
        self.dates = set(_BUILT_IN_DATES)
        self.texts: list[bytearray] = []
        is_open = False
        for kind, start, end in self._records():
            if kind == _SST or (kind == _CONTINUE and is_open):
                self.texts.append(bytearray(stream[start:end]))
                is_open = True
            else:
                is_open = False
                self._take(kind, start, end)
        self.lengths = text_lengths(self.texts) if self.texts else []

    def _records(self) -> Iterator[tuple[int, int, int]]:
        """Kind, start and end of the records that belong to the whole book."""
        place = 0
        while place <= self.size - 4:
            kind, length = unpack_from("<HH", self.stream, place)
            if kind == _EOF:
                return
            start, place = place + 4, place + 4 + length
            self._refuse_cut(place)
            yield kind, start, place

    def _take(self, kind: int, start: int, end: int) -> None:
        stream = self.stream
        if kind == _FILEPASS:
            raise Refusal("file.encrypted_workbook")
        if kind == _BOF:
            self.is_biff8 = unpack_from("<H", stream, start)[0] == _BIFF8
        elif kind == _CODEPAGE:
            page = unpack_from("<H", stream, start)[0]
            self.encoding = "utf-16-le" if page == 1200 else f"cp{page}"
        elif kind == _DATE1904:
            self.from_1904 = unpack_from("<H", stream, start)[0] != 0
        elif kind == _BOUNDSHEET:
            place, state, sort = unpack_from("<IBB", stream, start)
            if state == 0 and sort == 0:
                self.sheets.append((self._text(start + 6, end, "<B"), place))
        elif kind == _XF:
            self.formats.append(unpack_from("<H", stream, start + 2)[0])
        elif kind == _FORMAT and self.is_biff8:
            code = _NOT_FORMAT.sub("", self._text(start + 2, end, "<H")).lower()
            if any(sign in code for sign in "ymdhs"):
                self.dates.add(unpack_from("<H", stream, start)[0])

    def _text(self, start: int, end: int, count: str) -> str:
        """A text with its length before it, ``count`` being the length's own form."""
        length = unpack_from(count, self.stream, start)[0]
        start += 1 if count == "<B" else 2
        if not self.is_biff8:
            return self.stream[start : min(start + length, end)].decode(self.encoding, "replace")
        return characters(self.stream[start + 1 : end], length, self.stream[start])

    def sheet(self, name: str, place: int) -> XlsSheet:
        """The cells of the sheet that begins at ``place``; those of charts inside it are left out."""
        sheet, pieces, waits = XlsSheet(name), list[bytes](), (0, 0, 0)
        stream, pointers, last = self.stream, sheet.pointers, self.size - 4
        depth, bottom, right = 0, -1, -1
        while place <= last:
            kind, length, row, column, style, number = _RECORD(stream, place)
            start, place = place, place + 4 + length
            if kind not in _CELLS or depth > 1:
                depth += (kind == _BOF) - (kind == _EOF)
                if depth <= 0:
                    break
                continue
            if kind in _PLAIN:
                pieces.append(stream[start:place])
                if kind == _LABELSST:
                    pointers.append(number)
                elif kind == _MULRK:
                    column += max(length // 6 - 2, 0)
            elif kind in _RESULTS:
                waits = (row, column, style)
                pieces.append(self._result(kind, start + 4, sheet, waits))
            elif kind == _STRING:
                row, column, style = waits
                pieces.append(_label(row, column, style, self._text(start + 4, place, "<H")))
            else:
                pieces.append(_label(row, column, style, self._text(start + 10, place, "<H")))
            if row > bottom:
                bottom = row
            if column > right:
                right, sheet.widest = column, row
        self._refuse_cut(place)
        sheet.cells, sheet.rows, sheet.columns = b"".join(pieces), bottom + 1, right + 1
        return sheet

    def _refuse_cut(self, place: int) -> None:
        if place > self.size:
            raise Refusal("file.workbook_damaged")

    def _result(self, kind: int, at: int, sheet: XlsSheet, place: tuple[int, int, int]) -> bytes:
        """What a formula gave, or the truth of a cell, as a plain record; nothing for an error or a blank."""
        head, result = self.stream[at : at + 6], self.stream[at + 6 : at + 14]
        if kind == _BOOLERR:
            what, value = 2 if result[1] else 1, result[0]
        elif result[6:] != b"\xff\xff":
            return pack("<HH", _NUMBER, 14) + head + result
        else:
            what, value = result[0], result[2]
        if what == 2:
            sheet.errors[place[:2]] = _ERRORS.get(value, "#?")
        return pack("<HH6sBB", _BOOLERR, 8, head, value, 0) if what == 1 else b""

    def copied(self, sheets: list[XlsSheet]) -> bytes:
        """The workbook stream: what calamine knows of dates, the texts, and the cells of these sheets."""
        styles = (_DATE if form in self.dates else _NO_DATE for form in self.formats)
        head = _WORKBOOK + pack("<HHH", _DATE1904, 2, self.from_1904)
        head += b"".join(pack("<HHHH", _XF, 4, 0, form) for form in styles) + self._table()
        names = [str(number).encode() for number in range(len(sheets))]
        place = len(head) + sum(12 + len(name) for name in names) + len(_END)
        for name, sheet in zip(names, sheets, strict=True):
            head += pack("<HHIBBBB", _BOUNDSHEET, 8 + len(name), place, 0, 0, len(name), 0) + name
            place += len(_SHEET) + len(sheet.cells) + len(_END)
        return head + _END + b"".join(_SHEET + sheet.cells + _END for sheet in sheets)

    def _table(self) -> bytes:
        """The records of the shared texts; as many are announced as are there."""
        if not self.lengths:
            return b""
        first, *more = self.texts
        first[:8] = pack("<II", len(self.lengths), len(self.lengths))
        return (
            pack("<HH", _SST, len(first))
            + first
            + b"".join(pack("<HH", _CONTINUE, len(one)) + one for one in more)
        )


def _label(row: int, column: int, style: int, text: str) -> bytes:
    units = text.encode("utf-16-le", "replace")[:65_000]
    return pack("<HHHHHHB", _LABEL, 9 + len(units), row, column, style, len(units) // 2, 1) + units
