"""Which column of a sheet is what: found by the headings, or asked for where they do not settle it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from documents.cells import Grid
from documents.grids import open_grids
from documents.head_reading import is_head
from documents.heading_line import LOOKED_AT, Top, filled_lines, look_at, tidy
from documents.headings import LAST_WAGE, PERSON, ROLES, STRONG, Basis, plain
from documents.limits import Limits
from rules.identity import mask_id

__all__ = ["ROLES", "Columns", "Remembered", "Sample", "Unsure", "find_columns", "sample_sheets"]

_TIMES = (1, 12, 1000, 10_000)
_SAMPLE_LINES, _SAMPLE_SPAN, _SAMPLE_COLUMNS, _SAMPLE_CELL, _SAMPLE_SHEETS = 12, 40, 30, 40, 8
_ID_NUMBER = re.compile(r"\d{15}|\d{17}[\dXx]")
_MASKED_ID = re.compile(r"[\d*]{14}|[\d*]{17}[\dXx*]")
_AMOUNT = re.compile(r"[\d,]{3,}(?:\.\d+)?")
_PERSON_NO = re.compile(r"\d{5,14}")
_PERSON_NAME = re.compile(r"[\u3400-\u9fff·]{2,12}")


@dataclass(frozen=True, slots=True)
class Columns:
    """Where the six cells of a line stand.

    ``heading_line`` counts from 1 and is the last line above the people, 0 where the file has no headings.
    ``places`` are the 0-based columns of ``ROLES``, None where there is none; ``sheet`` is "" for a text.
    A wage of the file × ``times`` is a wage in yuan on the declaration's basis: 1, 12, 1000 or 10000.
    """

    heading_line: int
    places: tuple[int | None, ...]
    sheet: str = ""
    times: int = 1

    def to_json(self) -> dict[str, Any]:
        """As it is kept in the database."""
        return {
            "heading_line": self.heading_line,
            "places": list(self.places),
            "sheet": self.sheet,
            "times": self.times,
        }

    @classmethod
    def from_json(cls, value: Any) -> Columns:
        """From what ``to_json`` gave; other keys are left alone. ValueError if it is none."""
        try:
            line, places = value["heading_line"], tuple(value["places"])
            sheet, times = value["sheet"], value["times"]
        except (KeyError, TypeError) as error:
            raise ValueError("these are no columns") from error
        sound = (
            _is_count(line)
            and len(places) == len(ROLES)
            and all(place is None or _is_count(place) for place in places)
            and isinstance(sheet, str)
            and times in _TIMES
        )
        if not sound:
            raise ValueError("these are no columns")
        return cls(line, places, sheet, times)


@dataclass(frozen=True, slots=True)
class Sample:
    """The first lines of a sheet, for a person to look at; line n of the file is ``rows[n - first_line]``.

    Cells are cut to 40 characters, rows to 30 columns; whole ID numbers are masked. ``width`` is in columns.
    """

    name: str
    first_line: int
    rows: tuple[tuple[str, ...], ...]
    width: int


@dataclass(frozen=True, slots=True)
class Unsure:
    """The clerk has to say which column is what.

    ``reason`` is a code ``columns.…``; ``guess`` the best guess; ``signature`` names the headings, "" without any.
    """

    reason: str
    guess: Columns
    signature: str
    sheets: tuple[Sample, ...]


Remembered = Callable[[str], Columns | None]
"""A unit's earlier choice for the headings with this signature."""


def find_columns(
    grids: Sequence[Grid], wage_basis: str, remembered: Remembered, chosen: Columns | None
) -> tuple[Top, Columns] | Unsure:
    """The sheet with the people and its columns: as chosen for this file, as remembered, or as guessed.

    Raises ``Refusal`` ``file.head_damaged`` or ``file.version`` where the ``#GZSB`` line is no good.
    """
    every = [look_at(grid) for grid in grids]
    if chosen is not None:
        for found in every:
            if found.grid.name == chosen.sheet:
                return found, chosen
    likely = [found for found in every if found.head] or [found for found in every if _is_list(found)]
    best = likely[0] if likely else max(every, key=_promise)
    if best.is_download and len(likely) == 1:
        return best, _guess(best)
    if known := _recalled(every, best, remembered):
        if known[1] or len(likely) < 2:
            return known[0]
        return _unsure("columns.many_sheets", known[0][1], best, every)
    guess = _guess(best)
    reason, times = _doubt(best, guess, wage_basis)
    if len(likely) > 1:
        reason = "columns.many_sheets"
    if reason:
        return _unsure(reason, replace(guess, times=times), best, every)
    return best, guess


def sample_sheets(data: bytes, filename: str, limits: Limits) -> tuple[Sample, ...]:
    """The first lines of each sheet of a file, at most eight sheets; raises what ``open_grids`` raises."""
    return _samples([look_at(grid) for grid in open_grids(data, filename, limits)])


# Deciding ----------------------------------------------------------------------------------------


def _is_list(found: Top) -> bool:
    """Whether a sheet looks like a list of people with wages."""
    has_wage = any(one and one.role in ("wage", LAST_WAGE, "old_wage") for one in found.meanings)
    return (
        has_wage and any(found.where(role) for role in PERSON) and len(found.grid.rows) > found.heading_line
    )


def _promise(found: Top) -> tuple[bool, int]:
    return found.heading_line > 0, sum(any(row) for row in found.grid.rows[:200])


def _guess(found: Top) -> Columns:
    places: dict[str, int] = {}
    for role in ROLES:
        if where := found.where(role):
            places[role] = where[0]
    if last := found.where(LAST_WAGE):
        if "wage" not in places or found.weight(places["wage"]) < found.weight(last[0]):
            places["wage"] = last[0]
        elif "old_wage" not in places:
            places["old_wage"] = last[0]
    own_no = places.get("person_no")
    if own_no is not None and found.weight(own_no) < STRONG and {"name", "id_number"} & places.keys():
        # A number that a firm gave its people itself is not the bureau's, and somebody else's there.
        del places["person_no"]
    if "seq" not in places and (numbers := [place for place in found.where("person_no")[1:]]):
        places["seq"] = numbers[-1]
    if not found.heading_line:
        places = _by_content(found.grid.rows)
        if found.head and max(map(len, found.grid.rows)) == len(ROLES):
            # A download without its headings still has its columns.
            places = {role: place for place, role in enumerate(ROLES)}
    return Columns(found.heading_line, tuple(map(places.get, ROLES)), found.grid.name)


def _by_content(rows: Sequence[Sequence[str]]) -> dict[str, int]:
    """What the columns of a list without headings look like."""
    people = [
        [tidy(cell) for cell in cells] for _line, cells in filled_lines(rows, LOOKED_AT) if not is_head(cells)
    ]
    width = max(map(len, people), default=0)
    places: dict[str, int] = {}
    forms = (
        ("id_number", (_ID_NUMBER, _MASKED_ID)),
        ("person_no", (_PERSON_NO,)),
        ("name", (_PERSON_NAME,)),
        ("wage", (_AMOUNT,)),
    )
    for role, patterns in forms:
        columns = range(width - 1, -1, -1) if role == "wage" else range(width)
        for place in columns:
            cells = [row[place] for row in people if place < len(row) and row[place]]
            fitting = sum(any(one.fullmatch(cell) for one in patterns) for cell in cells)
            if place not in places.values() and fitting * 2 > len(people):
                places[role] = place
                break
    return places


def _doubt(found: Top, guess: Columns, wage_basis: str) -> tuple[str, int]:
    """Why the guess may be wrong, "" if nothing speaks against it; and what a wage is multiplied by."""
    if not found.heading_line:
        return "columns.no_headings", 1
    times = _fitting_times(found.basis, wage_basis)
    strong = [place for place in found.where("wage") if found.weight(place) >= STRONG]
    weak = [*found.where("wage"), *found.where(LAST_WAGE)]
    rivals = strong or weak
    twins = len({plain(found.headings[place]) for place in rivals}) < len(rivals) or any(
        len([place for place in found.where(role) if found.weight(place) >= STRONG]) > 1 for role in PERSON
    )
    reasons = (
        ("columns.no_person", not any(guess.places[ROLES.index(role)] is not None for role in PERSON)),
        ("columns.no_wage", not rivals),
        ("columns.same_heading", twins),
        ("columns.many_wages", len(rivals) > 1),
        ("columns.other_basis", times != 1 or found.basis.span not in ("", wage_basis)),
        ("columns.weak_wage", not strong),
    )
    return next((reason for reason, holds in reasons if holds), ""), times


def _fitting_times(said: Basis, wage_basis: str) -> int:
    if said.unit > 1:
        return said.unit
    return 12 if (said.span, wage_basis) == ("monthly", "annual") else 1


def _recalled(
    every: Sequence[Top], best: Top, remembered: Remembered
) -> tuple[tuple[Top, Columns], bool] | None:
    """The earlier choice for these headings, and whether it names a sheet of this file."""
    earlier = remembered(best.signature) if best.signature else None
    if earlier is None:
        return None
    named = next((found for found in every if found.grid.name == earlier.sheet and found.heading_line), None)
    if named is not None and named.signature != best.signature:
        named = None
    found = named or best
    known = replace(earlier, heading_line=found.heading_line, sheet=found.grid.name)
    if any(place is not None and place >= len(found.headings) for place in known.places):
        return None
    return (found, known), named is not None


# Samples -----------------------------------------------------------------------------------------


def _unsure(reason: str, guess: Columns, best: Top, every: Sequence[Top]) -> Unsure:
    return Unsure(reason, guess, best.signature, _samples(every, best))


def _samples(every: Sequence[Top], best: Top | None = None) -> tuple[Sample, ...]:
    """The sheets in their order; where there are more than eight, the guessed one and the likeliest."""
    filled = [found for found in every if not found.grid.is_blank]
    if len(filled) > _SAMPLE_SHEETS:
        kept = sorted(filled, key=lambda found: (found is not best, not _is_list(found)))[:_SAMPLE_SHEETS]
        filled = [found for found in filled if found in kept]
    return tuple(map(_sample, filled))


def _sample(found: Top) -> Sample:
    rows = found.grid.rows
    lines = [line for line, _cells in filled_lines(rows, LOOKED_AT)]
    # A long foreword must not hide the headings.
    first = max(lines[0], found.heading_line - _SAMPLE_LINES // 2)
    shown = [line for line in lines if line >= first][:_SAMPLE_LINES]
    last = min(shown[-1], first + _SAMPLE_SPAN)
    cut = [tuple(map(_shown, cells[:_SAMPLE_COLUMNS])) for cells in rows[first - 1 : last]]
    return Sample(found.grid.name, first, tuple(cut), max(map(len, rows[first - 1 : last])))


def _shown(cell: str) -> str:
    text = tidy(cell)
    return mask_id(text) if _ID_NUMBER.fullmatch(text) else text[:_SAMPLE_CELL]


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
