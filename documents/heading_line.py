"""The headings of a sheet: the line they stand in, the lines they share, and what each of them means."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from documents.cells import Grid
from documents.head_reading import is_head, read_head
from documents.headings import LAST_WAGE, PERSON, STRONG, Basis, Meaning, basis, meaning, plain
from documents.wage_file import BLANKS, HEADINGS, WageFileHead

LOOKED_AT = 30
"""Headings are looked for in so many lines with anything in them."""

_NOT_SAID = Basis("", 1)


@dataclass(slots=True)
class Top:
    """What stands at the top of a sheet. ``heading_line`` is 0 where no line looks like headings."""

    grid: Grid
    head: WageFileHead | None = None
    head_line: int = 0
    heading_line: int = 0
    headings: list[str] = field(default_factory=list)
    meanings: list[Meaning | None] = field(default_factory=list)
    basis: Basis = _NOT_SAID

    @property
    def signature(self) -> str:
        """16 hex digits over the headings, and over what is said of span and unit beside them; "" without any."""
        if not self.heading_line:
            return ""
        text = "\t".join(map(plain, self.headings)).rstrip("\t")
        return hashlib.sha256(f"{text}\n{self.basis.span}\n{self.basis.unit}".encode()).hexdigest()[:16]

    @property
    def is_download(self) -> bool:
        """Whether head and headings are those that this hall hands out."""
        return self.head is not None and tuple(self.headings) == HEADINGS

    def where(self, role: str) -> list[int]:
        """The columns of a role, the weightiest first."""
        places = [place for place, one in enumerate(self.meanings) if one and one.role == role]
        return sorted(places, key=lambda place: -self.weight(place))

    def weight(self, place: int) -> int:
        """How much the heading of a column says."""
        one = self.meanings[place]
        return one.weight if one else 0


def look_at(grid: Grid) -> Top:
    """Find the headings of a sheet; ``Refusal`` ``file.head_damaged`` or ``file.version`` for its ``#GZSB`` line."""
    found = Top(grid)
    most = 0
    for line, cells in filled_lines(grid.rows, LOOKED_AT):
        if is_head(cells):
            if found.head is None:
                found.head, found.head_line = read_head(cells, line), line
            continue
        meanings = [one for cell in cells if (one := meaning(tidy(cell)))]
        roles = {one.role for one in meanings}
        names_people = any(one.role in PERSON and one.weight >= STRONG for one in meanings)
        if len(roles) > most and (len(roles) > 1 or (names_people and sum(map(bool, cells)) > 1)):
            most, found.heading_line = len(roles), line
    if found.heading_line:
        titles = [
            cell
            for line, cells in filled_lines(grid.rows[: found.heading_line - 1], LOOKED_AT)
            if line != found.head_line
            for cell in filter(None, cells)
        ]
        _read_headings(found)
        if not found.head:
            wages = [found.headings[place] for place in (*found.where("wage"), *found.where(LAST_WAGE))]
            found.basis = basis(wages, titles)
    return found


def _read_headings(found: Top) -> None:
    """The headings of the line; those of a second line below it, or of groups above it, are taken in."""
    rows, line = found.grid.rows, found.heading_line
    own = [tidy(cell) for cell in rows[line - 1]]
    while own and not own[-1]:
        own.pop()
    below = [tidy(cell) for cell in rows[line]] if line < len(rows) else []
    if _goes_on(own, below):
        found.heading_line += 1
        width = max(len(own), *(place + 1 for place, cell in enumerate(below) if cell))
        own += [""] * (width - len(own))
        below += [""] * (width - len(below))
        pairs = [
            (group, cell) if cell else ("", mine)
            for mine, cell, group in zip(own, below, _spread(own), strict=False)
        ]
    else:
        above = _spread([tidy(cell) for cell in rows[line - 2]]) if line > 1 else []
        above += [""] * (len(own) - len(above))
        # What stands above is mostly a title. It matters where the same words stand twice, as under
        # last year and this year.
        pairs = [
            (group if cell and own.count(cell) > 1 else "", cell)
            for group, cell in zip(above, own, strict=False)
        ]
    found.headings = [group + cell for group, cell in pairs]
    found.meanings = [_meaning(group, cell) for group, cell in pairs]


def _meaning(group: str, cell: str) -> Meaning | None:
    """What a heading means under the heading of its group."""
    own = meaning(cell)
    if not group or (own and own.role in (*PERSON, "seq")):
        return own
    return meaning(group + cell) or own or meaning(group)


def _spread(cells: Sequence[str]) -> list[str]:
    """Each blank cell with the text of the merged one to its left."""
    spread, last = [], ""
    for cell in cells:
        last = cell or last
        spread.append(last)
    return spread


def _goes_on(own: Sequence[str], below: Sequence[str]) -> bool:
    """Whether the next line goes on with the headings: words only, and none of them under a person's."""
    filled = [place for place, cell in enumerate(below) if cell]
    for place in filled:
        above = meaning(own[place]) if place < len(own) else None
        if above and above.role in (*PERSON, "seq"):
            return False
        if any(sign.isdecimal() for sign in below[place]) and meaning(below[place]) is None:
            return False
    # One word alone under the headings is rather the name of a department.
    return len(filled) > 1 or any(meaning(below[place]) for place in filled)


def filled_lines(rows: Sequence[Sequence[str]], most: int) -> Iterator[tuple[int, Sequence[str]]]:
    """The first lines with anything in them, numbered from 1."""
    for line, cells in enumerate(rows, start=1):
        if any(cells) and any(cell.strip(BLANKS) for cell in cells):
            yield line, cells
            most -= 1
            if not most:
                return


def tidy(cell: str) -> str:
    """A cell as one line, without blanks around it and without the quotes or the apostrophe of a spreadsheet."""
    text = cell.strip(BLANKS).replace("\n", "")
    return text[1:-1].strip(BLANKS) if len(text) > 1 and text[0] == text[-1] == '"' else text.lstrip("'")
