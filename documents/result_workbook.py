"""A file that was checked goes back to its clerk: as it was sent, the bad cells coloured and explained."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from unicodedata import east_asian_width

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.styles.named_styles import NamedStyle
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from documents.sheet_comments import COMMENTS_PART, SHAPES_PART, CellComment, comments_xml, shapes_xml
from documents.sheet_writing import cell_text, fill_sheet, style_numbers
from translations import gettext as _

COMMENT_LIMIT = 5_000
"""With more comments a spreadsheet program gets slow; the last column holds every reason anyway."""

_ORDER = ("refused", "warned", "accepted", "unchanged")
_COLOURED = _ORDER[:2]
_FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
# In a whole line, cells parted by line ends: what XML or a cell cannot hold, what may be taken for a formula.
_NEEDS_CARE = re.compile("[&<>\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]|_x|^[=+\\-@\t＝＋－＠]", re.M)
_LONGEST_CELL = 32_000
_MOST_COLUMNS = 16_384 - 2
# A heading line that stands lower would freeze the whole window.
_LOWEST_FROZEN = 12
_LINES_FOR_WIDTH = 100
_NARROWEST, _WIDEST = 6, 28
_OUTCOME_WIDTH, _REASON_WIDTH = 10, 70


@dataclass(frozen=True, slots=True)
class Mark:
    """What became of one line, or of one of its cells.

    ``line`` counts from 1; ``column`` is the 0-based place of the bad cell, None for the whole line;
    ``outcome`` is "accepted", "unchanged", "warned" or "refused", ``word`` the same for the clerk, and
    ``text`` the reason with what to do, "" where there is nothing to say.
    """

    line: int
    column: int | None
    outcome: str
    word: str
    text: str = ""


def write_result(rows: Sequence[Sequence[str]], marks: Iterable[Mark], heading_line: int) -> bytes:
    """The lines of a sheet as an xlsx: row n is line n as it was sent, with two columns more at its end.

    Every cell is text: nothing becomes a formula, and no identity number loses its tail. ``heading_line``
    is 0 where the file has no headings. Bad cells of refused lines are red, of warned ones amber, with the
    reason as a comment; at most ``COMMENT_LIMIT`` comments, the refused first, and a note below the last
    line if there are more.
    """
    by_line: dict[int, list[Mark]] = {}
    for mark in marks:
        by_line.setdefault(mark.line, []).append(mark)
    widths = [*_widths(rows, heading_line), _OUTCOME_WIDTH, _REASON_WIDTH]
    width = len(widths) - 2
    shown, left_out = _comments(by_line, width)
    book = Workbook(write_only=True)
    styles = _dress(book, len(rows), widths, heading_line, has_comments=bool(shown))
    sheet = _Sheet(width, heading_line, by_line, styles)
    return fill_sheet(
        book,
        sheet.rows(rows, left_out),
        text_cells=f"A1:{get_column_letter(len(widths))}{len(rows) + 2}",
        parts={COMMENTS_PART: comments_xml(shown), SHAPES_PART: shapes_xml(shown, widths)} if shown else None,
    )


def _widths(rows: Sequence[Sequence[str]], heading_line: int) -> list[int]:
    """As many columns as the longest line fills, wide enough for the headings and the first people."""
    filled = 1
    for row in rows:
        # A line is only looked at closely if it could be the longest so far.
        if len(row) > filled and any(row[filled:]):
            filled = max(place for place, cell in enumerate(row, start=1) if cell)
    widths = [_NARROWEST] * min(filled, _MOST_COLUMNS)
    first = max(heading_line - 1, 0)
    for row in rows[first : first + _LINES_FOR_WIDTH]:
        for place, cell in enumerate(row[: len(widths)]):
            letters = 2 + sum(2 if east_asian_width(one) in "WF" else 1 for one in cell[:_WIDEST])
            widths[place] = max(widths[place], min(letters, _WIDEST))
    return widths


def _comments(by_line: Mapping[int, Sequence[Mark]], width: int) -> tuple[list[CellComment], int]:
    """What is to be said beside cells, one comment each, and for how many cells there is no room."""
    said: dict[tuple[int, int], list[Mark]] = {}
    for line, marks in by_line.items():
        for mark in marks:
            if mark.text and mark.outcome in _COLOURED:
                said.setdefault((line, min(mark.column or 0, width - 1)), []).append(mark)

    def order(place: tuple[int, int]) -> tuple[bool, tuple[int, int]]:
        return all(mark.outcome == "warned" for mark in said[place]), place

    shown = sorted(sorted(said, key=order)[:COMMENT_LIMIT])
    texts = ("\n".join(f"{mark.word}：{mark.text}" for mark in said[place]) for place in shown)
    comments = [CellComment(*place, _writable(text)) for place, text in zip(shown, texts, strict=True)]
    return comments, len(said) - len(shown)


def _dress(
    book: Workbook, lines: int, widths: Sequence[int], heading_line: int, *, has_comments: bool
) -> dict[str, int]:
    """Everything but the lines themselves; the numbers of the styles by name."""
    styles = _styles()
    for style in styles:
        book.add_named_style(style)
    sheet: WriteOnlyWorksheet = book.create_sheet(_("检查结果"))
    for place, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(place)].width = width
    if heading_line:
        sheet.auto_filter.ref = f"A{heading_line}:{get_column_letter(len(widths))}{max(lines, heading_line)}"
    if 0 < heading_line <= _LOWEST_FROZEN:
        sheet.freeze_panes = f"A{heading_line + 1}"
        sheet.print_title_rows = f"{heading_line}:{heading_line}"
    if has_comments:
        # One comment makes openpyxl list the two parts that hold them all; its own cell is never seen.
        cell = WriteOnlyCell(sheet)
        cell.comment = Comment("-", "-")
        sheet.append([cell])
    names = [style.name for style in styles]
    return dict(zip(names, style_numbers(sheet, names), strict=True))


def _styles() -> list[NamedStyle]:
    top = Alignment(vertical="top")
    sent = NamedStyle("sent", alignment=top)
    heading = NamedStyle("heading", font=Font(bold=True), fill=PatternFill("solid", fgColor="E7EEF7"))
    refused = NamedStyle("refused", font=Font(color="9C0006"), alignment=top)
    refused.fill = PatternFill("solid", fgColor="FFC7CE")
    warned = NamedStyle("warned", font=Font(color="7F5200"), alignment=top)
    warned.fill = PatternFill("solid", fgColor="FFEB9C")
    reason = NamedStyle("reason", alignment=Alignment(wrap_text=True, vertical="top"))
    styles = [sent, heading, refused, warned, reason]
    for style in styles:
        style.number_format = "@"
    return styles


class _Sheet:
    """Lines as ``<row>`` elements."""

    def __init__(
        self, width: int, heading_line: int, marks: Mapping[int, Sequence[Mark]], styles: Mapping[str, int]
    ) -> None:
        self.width, self.heading_line, self.marks, self.styles = width, heading_line, marks, styles
        self.letters = [get_column_letter(place) for place in range(1, width + 3)]
        self.plain = [styles["sent"]] * (width + 2)

    def rows(self, rows: Sequence[Sequence[str]], left_out: int) -> Iterator[str]:
        """Every line, and a note two lines below the last if comments were left out."""
        for line, sent in enumerate(rows, start=1):
            cells = list(sent[: self.width])
            whole = "\n".join(cells)
            if _NEEDS_CARE.search(whole) or len(whole) > _LONGEST_CELL:
                cells = [_safe(cell) for cell in cells]
            if line == self.heading_line:
                cells += [""] * (self.width - len(cells)) + [_("处理结果"), _("原因和办法")]
                yield self._row(line, cells, [self.styles["heading"]] * len(cells))
            elif line in self.marks:
                yield self._marked_row(line, cells, self.marks[line])
            else:
                yield self._row(line, cells, self.plain)
        if left_out:
            note = _("另有 {count} 处没有写批注，原因都在最后一列。").format(count=left_out)
            yield self._row(len(rows) + 2, [note], self.plain)

    def _marked_row(self, line: int, cells: list[str], marks: Sequence[Mark]) -> str:
        cells += [""] * (self.width - len(cells))
        worst = marks[0] if len(marks) == 1 else min(marks, key=lambda one: _ORDER.index(one.outcome))
        cells.append(_safe(worst.word))
        if texts := [mark.text for mark in marks if mark.text]:
            cells.append(_safe("\n".join(texts)))
        elif worst.outcome not in _COLOURED:
            return self._row(line, cells, self.plain)
        styles = list(self.plain)
        for mark in sorted(marks, key=lambda one: one.outcome == "refused"):
            if mark.outcome in _COLOURED:
                bad = range(self.width) if mark.column is None else [min(mark.column, self.width - 1)]
                for place in (*bad, self.width):
                    styles[place] = self.styles[mark.outcome]
        styles[-1] = self.styles["reason"]
        return self._row(line, cells, styles)

    def _row(self, line: int, cells: Sequence[str], styles: Sequence[int]) -> str:
        sent = self.styles["sent"]
        # An empty cell is there for its colour only.
        body = [
            f'<c r="{letter}{line}" s="{style}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'
            if text
            else f'<c r="{letter}{line}" s="{style}"/>'
            for letter, text, style in zip(self.letters, cells, styles, strict=False)
            if text or style != sent
        ]
        return f'<row r="{line}">{"".join(body)}</row>'


def _safe(text: str) -> str:
    return cell_text(_writable(text)) if _NEEDS_CARE.search(text) or len(text) > _LONGEST_CELL else text


def _writable(text: str) -> str:
    """The text with line ends as XML has them, without what XML cannot carry, no longer than a cell may be."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _FORBIDDEN.sub(" ", text)[:_LONGEST_CELL]
