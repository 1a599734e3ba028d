"""The tables of an ods are looked through row by row, and written down again for calamine to unfold.

Repetitions are counted before they are believed; blank ends and hidden tables are left out (OASIS ODF 1.2,
part 1, chapters 9 and 19).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html import unescape

from documents.cells import column_letters
from documents.limits import Limits
from rules.refusals import Refusal

_ATTRIBUTES = rb"""(?=[\s/>])([^>"']*(?:(?:"[^"]*"|'[^']*')[^>"']*)*)>"""
_TAGS = re.compile(
    rb"<(table:table|/table:table|table:table-row|style:style|style:table-properties)" + _ATTRIBUTES
)
_ATTRIBUTE = re.compile(rb"""([^\s="']+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_CELL = re.compile(rb"(<table:(?:covered-)?table-cell)(?=[\s/>])")
_HEAD = re.compile(_ATTRIBUTES)
_ROW, _ROW_END = b'<table:table-row table:number-rows-repeated="%d">', b"</table:table-row>"
# A row with none of these holds one plain cell after another.
_SIGNS = (
    b"-repeated", b":covered", b'"error"', b"'error'", b"<text:s", b"<text:tab", b"<text:line-break", b"> <", b">\n", b">\r", b">\t",
)  # fmt: skip
_DECLARATION = 60
_MANY = 2_000
_GAP = re.compile(rb">\s+(?=<(?:/?table:|text:p))")
_BLANK = re.compile(rb"<text:(s|tab|line-break)(?=[\s/>])([^>]*?)(?:/>|></text:\1\s*>)")
_BLANKS = re.compile(rb"text:c\s*=")
_MARKUP = re.compile(rb"<" + _ATTRIBUTES.replace(rb"(?=[\s/>])", b""))
_MOST_TIMES, _MOST_BLANKS, _LONG = 10_000_000, 100, 300
# Calamine takes up to 150 bytes a cell; a cell in which something stands takes at least 60 of XML.
_FREE_CELLS, _BYTES_A_CELL, _FREE_BYTES = 1_000_000, 100, 16 * 2**20


@dataclass(slots=True)
class OdsSheet:
    """How far a visible sheet reaches, and what calamine leaves blank: errors, formulas without a result."""

    name: str
    rows: int = 0
    columns: int = 0
    blank_rows: int = 0
    blanks: dict[tuple[int, int], str] = field(default_factory=dict)
    formulas: int = 0


class OdsScan:
    """Looks through ``content``, which is well-formed XML in UTF-8 without comments, and copies its tables.

    ``write`` is given the copy piece by piece; the nth sheet is called "n" in it.
    """

    def __init__(self, content: bytes, limits: Limits, write: Callable[[bytes], object]) -> None:
        self.content, self.limits, self.write = content, limits, write
        self.left = min(_FREE_CELLS + len(content) // _BYTES_A_CELL, limits.cells)
        self.bytes_left = _FREE_BYTES + len(content)
        self.signs = [sign for sign in _SIGNS if content.find(sign, _DECLARATION) >= 0]
        self.sheets: list[OdsSheet] = []
        self.copy: list[bytes] = []

    def run(self) -> list[OdsSheet]:
        """The visible sheets; ``file.too_many_lines``, ``file.far_cell``, ``file.workbook_damaged``."""
        content, place = self.content, 0
        style, hidden, sheet = b"", set[bytes](), None
        self.copy.append(b"<x>")
        while found := _TAGS.search(content, place):
            tag, attributes, place = found[1], found[2], found.end()
            if tag == b"table:table-row":
                end = place
                if not attributes.endswith(b"/"):
                    end = content.index(_ROW_END, place)
                if sheet:
                    self._row(sheet, _times(attributes, b"table:number-rows-repeated"), place, end)
                place = end
            elif tag == b"style:style":
                style = _named(attributes).get(b"style:name", b"")
            elif tag == b"style:table-properties" and _named(attributes).get(b"table:display") == b"false":
                hidden.add(style)
            elif tag == b"table:table" and not attributes.endswith(b"/"):
                sheet = self._begin_table(_named(attributes), hidden)
            elif tag == b"/table:table" and sheet:
                self.left -= sheet.rows * sheet.columns
                self.copy.append(b"</table:table>")
                sheet = None
        self.copy.append(b"</x>")
        self._flush()
        return self.sheets

    def _flush(self) -> None:
        self.write(b"".join(self.copy))
        self.copy.clear()

    def _begin_table(self, attributes: dict[bytes, bytes], hidden: set[bytes]) -> OdsSheet | None:
        if attributes.get(b"table:style-name") in hidden or len(self.sheets) >= self.limits.sheets:
            return None
        self.copy.append(b'<table:table table:name="%d">' % len(self.sheets))
        self.sheets.append(OdsSheet(unescape(attributes.get(b"table:name", b"").decode())))
        return self.sheets[-1]

    def _row(self, sheet: OdsSheet, times: int, place: int, end: int) -> None:
        """Copy the row whose cells stand at ``place``, if something stands in them, and the blank ones before it."""
        content, cells = self.content, b""
        width = content.count(b"<table:", place, end)
        weight, blanks = max(end - place - _LONG * width, 0), dict[int, str]()
        if (
            width
            and width == content.count(b" office:value-type=", place, end)
            and not self._has_sign(place, end)
        ):
            cells = content[place:end]
        elif cells := _without_blank_end(content[place:end]):
            row = _Row(sheet, self.limits)
            cells, width, weight, blanks = row.copied(cells), row.width, row.weight, row.blanks
        if not cells and not blanks:
            sheet.blank_rows += times
            return
        top = sheet.rows + sheet.blank_rows
        sheet.rows, sheet.columns = top + times, max(sheet.columns, width)
        self.bytes_left -= weight * times
        if sheet.rows > self.limits.rows:
            raise Refusal("file.too_many_lines", lines=sheet.rows, limit=self.limits.lines)
        if sheet.columns > self.limits.columns or sheet.rows * sheet.columns > self.left:
            raise Refusal("file.far_cell", line=sheet.rows, column=column_letters(width - 1))
        if self.bytes_left < 0:
            raise Refusal("file.workbook_damaged")
        if len(self.copy) > _MANY:
            self._flush()
        if sheet.blank_rows:
            self.copy.append(_ROW % sheet.blank_rows + b"<table:table-cell/>" + _ROW_END)
            sheet.blank_rows = 0
        self.copy.append((_ROW % times if times > 1 else b"<table:table-row>") + cells + _ROW_END)
        for column, text in blanks.items():
            sheet.blanks.update(dict.fromkeys(((one, column) for one in range(top, sheet.rows)), text))

    def _has_sign(self, place: int, end: int) -> bool:
        return any(self.content.find(sign, place, end) >= 0 for sign in self.signs)


class _Row:
    """A row looked at cell by cell: ``weight`` is what its long texts take, ``blanks`` what calamine will not say."""

    def __init__(self, sheet: OdsSheet, limits: Limits) -> None:
        self.sheet, self.limits = sheet, limits
        self.width = self.weight = self.column = self.written = 0
        self.blanks: dict[int, str] = {}

    def copied(self, cells: bytes) -> bytes:
        """The cells up to the last in which something stands."""
        _before, *parts = _CELL.split(cells)
        return b"".join(map(self._cell, parts[::2], parts[1::2]))

    def _cell(self, tag: bytes, piece: bytes) -> bytes:
        head = _HEAD.match(piece)
        if head is None or b"<table:table" in piece:
            raise Refusal("file.workbook_damaged")
        attributes, words = _named(head[1]), b"<text:p" in piece
        start, times = self.column, _times(head[1], b"table:number-columns-repeated")
        self.column += times
        is_error = attributes.get(b"calcext:value-type") == b"error"
        is_typed, formula = b"office:value-type" in attributes, attributes.get(b"table:formula", b"")
        if not (is_typed or words or formula):
            return b""
        self.width = self.column
        if self.width > self.limits.columns:
            line = self.sheet.rows + self.sheet.blank_rows + 1
            raise Refusal("file.far_cell", line=line, column=column_letters(self.width - 1))
        piece = _BLANK.sub(_spaces, _GAP.sub(b">", piece.rstrip()))
        if _BLANKS.search(piece):
            raise Refusal("file.workbook_damaged")
        self.weight += times * max(len(piece) - _LONG, 0)
        if is_error or not (is_typed or words):
            self.sheet.formulas += not is_error
            text = _shown(piece) if is_error else _formula(formula)
            self.blanks.update(dict.fromkeys(range(start, self.width), text))
            return b""
        gap, self.written = start - self.written, self.width
        before = b'<table:table-cell table:number-columns-repeated="%d"/>' % gap if gap else b""
        return before + tag + (b"" if is_typed else b' office:value-type="string"') + piece


def _without_blank_end(cells: bytes) -> bytes:
    end = len(cells)
    while cells.endswith(b"/>", 0, end):
        last = cells.rfind(b"<", 0, end)
        if not _CELL.match(cells, last) or b"office:" in cells[last:end] or b":formula" in cells[last:end]:
            break
        end = last
    return cells[:end]


def _named(attributes: bytes) -> dict[bytes, bytes]:
    return {name: double or single for name, double, single in _ATTRIBUTE.findall(attributes)}


def _times(attributes: bytes, name: bytes) -> int:
    found = _named(attributes).get(name) if name in attributes else None
    return 1 if found is None else min(max(int(found), 1), _MOST_TIMES)


def _spaces(found: re.Match[bytes]) -> bytes:
    return b" " * min(_times(found[2], b"text:c"), _MOST_BLANKS)


def _shown(piece: bytes) -> str:
    return unescape(_MARKUP.sub(b"", b"<" + piece).decode()) or "#?"


def _formula(text: bytes) -> str:
    """A formula as a spreadsheet shows it: of:=[.F66]*1.05 is =F66*1.05."""
    return "=" + unescape(text.decode()).partition("=")[2].replace("[.", "").replace("]", "")
