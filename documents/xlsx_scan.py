"""A sheet's XML is looked through before calamine lays it out: how far it reaches, and what would be left blank."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from documents.xml_events import follow, local

PLAIN_CELLS = 26 * 200_000
# Nothing is tried twice (++, ?+): a large sheet has a million cells.
_NOT_PLAIN = re.compile(
    rb'<c(?! r="[A-Z]1?[0-9]{1,5}"(?: s="[0-9]++")?+(?: t="(?:s|n|b|str|inlineStr)")?+'
    rb"(?:/>|>(?:<v>|<is>|</c>)))(?=[\s/>])"
)


@dataclass(slots=True)
class Scan:
    """How far a sheet reaches, counted in rows and columns from its corner, and what calamine leaves blank."""

    rows: int = 0
    columns: int = 0
    last: tuple[int, int] = (0, 0)
    troubles: dict[tuple[int, int], str] = field(default_factory=dict)
    formulas: int = 0
    pointers: list[int] = field(default_factory=list)


class _SheetParser:
    """Follows the cells of a sheet as calamine does: one without a reference stands beside the one before."""

    def __init__(self) -> None:
        self.scan = Scan()
        self.row, self.column, self.place = 0, 0, (0, 0)
        self.kind, self.has_value = "", False
        self.formula: str | None = None
        self.shared, self.masters = "", {}  # type: str, dict[str, str]
        self.texts: dict[str, list[str]] = {"v": [], "f": []}
        self.inside: list[str] | None = None

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = local(tag)
        if name == "row" and "r" in attributes:
            self.row = int(attributes["r"]) - 1
        elif name == "c":
            self._begin_cell(attributes)
        elif name == "is":
            self.has_value = True
        elif name in self.texts:
            self.inside = self.texts[name]
            if name == "f":
                self.formula, self.shared = "", attributes.get("si", "")

    def end(self, tag: str) -> None:
        name = local(tag)
        if name == "c":
            self._end_cell()
        elif name == "row":
            self.row, self.column = self.row + 1, 0
        elif name in self.texts:
            self.inside = None

    def text(self, data: str) -> None:
        if self.inside is not None:
            self.inside.append(data)

    def _begin_cell(self, attributes: dict[str, str]) -> None:
        if "r" in attributes:
            row, self.column = _reference(attributes["r"])
        else:
            row = self.row
        self.place, self.kind = (row, self.column), attributes.get("t", "")
        self.formula, self.has_value = None, False
        self.texts["v"].clear()
        self.texts["f"].clear()

    def _end_cell(self) -> None:
        self.column += 1
        scan, value = self.scan, "".join(self.texts["v"])
        if self.formula is not None:
            self.formula = "".join(self.texts["f"])
            if self.shared and self.formula:
                self.masters[self.shared] = self.formula
        if self.kind == "e" and value:
            scan.troubles[self.place] = value
        elif self.formula is not None and not value and self.kind != "str":
            # A formula that gave an empty text is of kind "str"; this one was never calculated.
            scan.troubles[self.place] = "=" + (self.formula or self.masters.get(self.shared, ""))
            scan.formulas += 1
        elif not value and not self.has_value:
            return
        elif self.kind == "s" and value.strip().isdecimal():
            scan.pointers.append(int(value))
        scan.rows = max(scan.rows, self.place[0] + 1)
        scan.columns = max(scan.columns, self.place[1] + 1)
        if sum(self.place) >= sum(scan.last):
            scan.last = self.place


def scan_sheet(part: bytes) -> Scan:
    """Follow every cell of a sheet's XML; ``file.workbook_damaged``."""
    sheet = _SheetParser()
    follow(part, sheet.start, sheet.end, sheet.text)
    return sheet.scan


def is_plain(part: bytes) -> bool:
    """Whether every cell is written the one way in which programs write a plain cell near the corner.

    That is with a value, without a formula and without an error; such a sheet spans ``PLAIN_CELLS`` at most.
    This look takes a fifth of ``scan_sheet``.
    """
    return not _has_prefixed_cell(part) and _NOT_PLAIN.search(part) is None


def _has_prefixed_cell(part: bytes) -> bool:
    """Whether ``:c`` stands anywhere; colons are rare, and one sign is found ten times faster than two."""
    colon = part.find(b":")
    while colon >= 0:
        if part[colon + 1 : colon + 2] == b"c":
            return True
        colon = part.find(b":", colon + 1)
    return False


def _reference(text: str) -> tuple[int, int]:
    """Row and column from 0 of a reference like AB12; ValueError for anything else."""
    letters = text.rstrip("0123456789").upper()
    column = 0
    for letter in letters:
        if not "A" <= letter <= "Z":
            raise ValueError(text)
        column = column * 26 + ord(letter) - ord("A") + 1
    row = int(text[len(letters) :])
    if not letters or row < 1:
        raise ValueError(text)
    return row - 1, column - 1
