"""The lines below the headings: each one becomes six cells, or is left out and counted, and none is lost."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice

from documents.cells import Grid
from documents.columns import ROLES, Columns
from documents.head_reading import is_head
from documents.headings import is_total, plain
from documents.wage_file import BLANKS, without_apostrophe
from rules.identity import is_valid_id_number

SEQ, PERSON_NO, NAME, ID_NUMBER, OLD_WAGE, WAGE = range(len(ROLES))
_IN_ORDER = tuple(range(len(ROLES)))
_COLONS = (":", "：")
_DIGITS = re.compile(r"\d")
_RUINED = re.compile(r"\d(?:\.\d+)?[Ee]\+?\d{2,3}")
_ZEROED = "000"
_MARKED = re.compile(r"[\d*]{14,17}[\dXx*]")
_CHINESE = re.compile(r"[\u3400-\u9fff]")


@dataclass(slots=True)
class Lines:
    """``rows`` as (line number, six cells), what was put right, and the raw cells of lines that do not fit."""

    rows: list[tuple[int, list[str]]] = field(default_factory=list)
    fixes: dict[str, int] = field(default_factory=dict)
    odd: dict[int, list[str]] = field(default_factory=dict)

    def fixed(self, name: str, count: int = 1) -> None:
        """Count a silent repair."""
        if count:
            self.fixes[name] = self.fixes.get(name, 0) + count


def take_lines(grid: Grid, columns: Columns, headings: Sequence[str]) -> Lines:
    """Every line below the headings as six cells in the order of ``ROLES``, trimmed, "" where there is none."""
    lines = Lines(fixes=dict(grid.fixes))
    taker = _Taker(grid, columns, headings, lines)
    is_quick = grid.is_tidy and columns.places == _IN_ORDER and len(headings) in (0, len(ROLES))
    rows, line = lines.rows, columns.heading_line
    width = len(ROLES) if is_quick else -1
    for cells in islice(grid.rows, line, None):
        line += 1
        # The quick way, for a download that came back as it went.
        if len(cells) == width and cells[PERSON_NO] and cells[SEQ].isdecimal():
            rows.append((line, cells))
        elif taken := taker.take(cells, line):
            rows.append((line, taken))
    for _line, cells in rows:
        number = cells[ID_NUMBER]
        if (number[-3:] == _ZEROED or "+" in number) and _is_ruined(number):
            cells[ID_NUMBER] = ""
            lines.fixed("id_ruined")
    return lines


class _Taker:
    """Looks at a line closely."""

    def __init__(self, grid: Grid, columns: Columns, headings: Sequence[str], lines: Lines) -> None:
        self.places, self.lines = columns.places, lines
        # Only in a text can a cell too many or too few move all those behind it.
        self.width = len(headings) if grid.kind in ("txt", "csv") else 0
        self.headings = {
            place: plain(headings[place])
            for place in columns.places
            if place is not None and place < len(headings) and headings[place]
        }

    def take(self, raw: list[str], line: int) -> list[str] | None:
        """Six clean cells, or None for a line that is left out and counted."""
        cells = [_clean(cell) for cell in raw]
        six = [cells[place] if place is not None and place < len(cells) else "" for place in self.places]
        if left_out := self._left_out(cells, six):
            self.lines.fixed(left_out)
            return None
        if self.width and not self._fits(cells, six):
            self.lines.odd[line] = raw
        if "x" in six[ID_NUMBER]:
            six[ID_NUMBER] = six[ID_NUMBER].upper()
            self.lines.fixed("lower_case_x")
        if (
            any(
                place is not None and place < len(raw) and raw[place] != cells[place] for place in self.places
            )
            or len(raw) < self.width
        ):
            self.lines.fixed("trimmed_lines")
        return six

    def _left_out(self, cells: Sequence[str], six: Sequence[str]) -> str:
        """The name under which a line that is no person's is counted, "" for a person's."""
        filled = [cell for cell in cells if cell]
        if not filled:
            return "blank_lines"
        if is_head(filled) or self._is_heading(cells):
            return "heading_lines"
        has_number = bool(_MARKED.fullmatch(six[ID_NUMBER])) or len(_DIGITS.findall(six[PERSON_NO])) >= 4
        if not has_number and any(is_total(cell) for cell in filled[:3]):
            return "total_lines"
        has_wage = six[WAGE] != "" and not _has_colon(six[WAGE])
        if not has_number and not has_wage and self._is_note(filled, six):
            return "note_lines"
        return ""

    def _is_heading(self, cells: Sequence[str]) -> bool:
        same = sum(
            place < len(cells) and plain(cells[place]) == heading for place, heading in self.headings.items()
        )
        return same > 1 and same == len(self.headings)

    def _is_note(self, filled: Sequence[str], six: Sequence[str]) -> bool:
        """Whether a line without a wage is a footer, like who made the list, and not a person's."""
        if any(map(_has_colon, filled)):
            return True
        if len(filled) > 1:
            return False
        return not six[PERSON_NO] and not six[ID_NUMBER] and (not six[NAME] or len(six[NAME]) > 15)

    def _fits(self, cells: Sequence[str], six: Sequence[str]) -> bool:
        """Whether the cells of a line stand under their headings."""
        got = len(cells)
        while got and not cells[got - 1]:
            got -= 1
        if got > self.width:
            return False
        if len(cells) >= self.width:
            return True
        # An editor cuts blanks off the end of a line. What is left must look like what its heading says.
        number, name = six[ID_NUMBER], six[NAME]
        has_place = self.places[ID_NUMBER] is not None
        if has_place and not _MARKED.fullmatch(number):
            return False
        return not _DIGITS.search(name) and not _CHINESE.search(six[PERSON_NO])


def _clean(cell: str) -> str:
    cell = cell.strip(BLANKS)
    if cell[:1] == '"' and cell[-1:] == '"' and len(cell) > 1 and cell.count('"') % 2 == 0:
        # A spreadsheet quotes a cell because of what stands inside.
        cell = cell[1:-1].replace('""', '"').strip(BLANKS)
    if "\n" in cell or "\r" in cell:
        cell = cell.replace("\r", "").replace("\n", "")
    return without_apostrophe(cell)


def _has_colon(cell: str) -> bool:
    return any(colon in cell for colon in _COLONS)


def _is_ruined(number: str) -> bool:
    """An identity number that a spreadsheet held as a number: 1.50102E+17, or its last digits gone."""
    if _RUINED.fullmatch(number):
        return True
    return len(number) == 18 and number.isdecimal() and not is_valid_id_number(number)
