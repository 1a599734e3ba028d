"""Whom a line of a file means: 个人编号 first, else the ID number, else the name where it is nobody else's."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlmodel import Session

from documents.columns import ROLES
from models.declaration import WageRow
from rules.identity import is_valid_id_number, mask_id, normalise_code

CANDIDATES_SHOWN = 10
_NO, _NAME, _ID = (ROLES.index(role) for role in ("person_no", "name", "id_number"))
_DOTS = dict.fromkeys(map(ord, "•‧∙・.．"), "·")


class Listed(NamedTuple):
    """A person of the list as a check needs them; wages in fen."""

    id: int
    version: int
    person_no: str
    name: str
    old_wage_fen: int | None
    wage_fen: int | None
    id_number: str
    insurances: str


_LISTED = select(*(getattr(WageRow, name) for name in Listed._fields))


@dataclass(frozen=True, slots=True)
class Match:
    """The person found, or why none was; ``code`` may also be a notice about how the person was found.

    ``column`` is the place of the telling cell, in the order of ``ROLES``.
    """

    row: Listed | None
    code: str = ""
    column: int = _NO
    candidates: Sequence[Listed] = ()
    found_by: str = ""


class Roster:
    """Everybody on a declaration's list, found by what a file says of them.

    ``by_no`` holds plain tuples in the order of ``Listed``: a hundred thousand of them are made for one file.
    """

    def __init__(self, rows: Iterable[tuple[Any, ...]]) -> None:
        self.by_no: dict[str, tuple[Any, ...]] = {row[2]: row for row in rows}

    def __len__(self) -> int:
        return len(self.by_no)

    @cached_property
    def _by_row(self) -> dict[int, Listed]:
        return {row[0]: Listed(*row) for row in self.by_no.values()}

    @cached_property
    def _by_bare_no(self) -> dict[str, list[Listed]]:
        return _grouped((row[2].lstrip("0"), row) for row in self.by_no.values())

    @cached_property
    def _by_id(self) -> dict[str, list[Listed]]:
        numbers = ((form, row) for row in self.by_no.values() for form in _forms(row[6]))
        return _grouped(numbers)

    @cached_property
    def _by_name(self) -> dict[str, list[Listed]]:
        return _grouped((plain_name(row[3]), row) for row in self.by_no.values())

    def get(self, row_id: int) -> Listed | None:
        """The person with this row, if still on the list."""
        return self._by_row.get(row_id)

    def match(self, person_no: str, name: str, id_number: str) -> Match:
        """Who is meant; what is ambiguous is left to the clerk, with the people it may be."""
        if person_no:
            row = self.by_no.get(person_no)
            if row is not None:
                return Match(Listed(*row))
            bare = self._by_bare_no.get(person_no.lstrip("0"), [])
            if len(bare) == 1:
                # Spreadsheets eat leading zeros.
                return Match(bare[0], found_by="zeros_padded")
        number = normalise_code(id_number)
        is_whole = len(number) in (15, 18) and "*" not in number
        if is_whole and len(found := self._by_id.get(number, [])) == 1:
            return Match(found[0], "line.found_by_id" if person_no else "", found_by="found_by_id")
        return self._by_its_name(person_no, name, number, is_whole)

    def _by_its_name(self, person_no: str, name: str, number: str, is_whole: bool) -> Match:
        named = self.named(name)
        if "*" in number:
            named = [row for row in named if mask_id(row.id_number) == number]
        says_other = is_whole and (is_valid_id_number(number) or len(number) == 15)
        if len(named) == 1 and not says_other:
            return Match(named[0], "line.found_by_name" if person_no else "", found_by="found_by_name")
        column = _NO if person_no else _ID if number else _NAME
        code = "line.ambiguous_person" if named else "line.unknown_person"
        return Match(None, code, column, named[:CANDIDATES_SHOWN])

    def named(self, name: str) -> list[Listed]:
        """Everybody of this name."""
        return self._by_name.get(plain_name(name), []) if name else []


def load_roster(session: Session, declaration_id: int) -> Roster:
    """Everybody on the list now."""
    query = _LISTED.where(WageRow.declaration_id == declaration_id, WageRow.is_active)
    # Off the driver's cursor: numbers and texts need nothing done to them on their way.
    rows = session.connection().execute(query).cursor
    assert rows is not None
    # A driver makes a text anew for each row, and there are few combinations of 险种.
    kept: dict[str, str] = {}
    return Roster((*row[:-1], kept.setdefault(row[-1], row[-1])) for row in rows)


def plain_name(name: str) -> str:
    """A name for comparing: without blanks, one kind of dot, full-width letters as plain ones."""
    if name.isalpha() and unicodedata.is_normalized("NFKC", name):
        return name
    return "".join(unicodedata.normalize("NFKC", name).split()).translate(_DOTS)


def is_same_id(text: str, id_number: str) -> bool:
    """Whether a file's 证件号码, whole, masked or in its old form of 15 digits, is that of the record."""
    number = normalise_code(text)
    return number in _forms(id_number) or ("*" in number and number == mask_id(id_number))


def is_telling_id(text: str) -> bool:
    """Whether a 证件号码 can contradict a record: a whole number with a right check digit."""
    return is_valid_id_number(normalise_code(text))


def as_candidates(rows: Iterable[Listed]) -> list[dict[str, Any]]:
    """People to choose from, as a line keeps them."""
    return [
        {"row": row.id, "person_no": row.person_no, "name": row.name, "id": mask_id(row.id_number)}
        for row in rows
    ]


def _forms(id_number: str) -> tuple[str, ...]:
    number = id_number.upper()
    # The number of 15 digits has no century and no check digit.
    return (number, number[:6] + number[8:17]) if len(number) == 18 else (number,)


def _grouped(pairs: Iterable[tuple[str, tuple[Any, ...]]]) -> dict[str, list[Listed]]:
    groups: dict[str, list[Listed]] = {}
    for key, row in pairs:
        groups.setdefault(key, []).append(Listed(*row))
    return groups
