"""A file of whatever kind becomes sheets of plain text cells."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from decimal import Decimal

from documents.wage_file import BLANKS

Value = int | float | str | bool | datetime.time | datetime.date | datetime.datetime | datetime.timedelta

_EXACT_DIGITS = 15
_EXACT_BELOW = 10**_EXACT_DIGITS
# Signs that some cell may have to be put right: quotes, an identity number's small x, odd blanks.
_CARE_SIGNS = ('"', "'", *BLANKS.replace(" ", "").replace("\t", ""))


@dataclass(slots=True)
class Grid:
    """One sheet, or one text.

    ``kind`` is "txt", "csv", "xlsx", "xls" or "ods"; ``name`` the sheet's, "" for a text. Line n of the text or
    row n of the sheet is ``rows[n - 1]``: its cells as they stand, not trimmed, rows may be ragged. ``fixes``
    counts what was put right while opening. ``is_tidy`` says that no cell needs trimming or unquoting.
    """

    kind: str
    name: str
    rows: list[list[str]]
    fixes: dict[str, int] = field(default_factory=dict)
    is_tidy: bool = False

    @property
    def is_blank(self) -> bool:
        """Whether nothing stands in any cell."""
        return not any(cell.strip(BLANKS) for row in self.rows for cell in row)


def as_text(value: Value) -> str:
    """A cell's value as a person would have typed it: 8000.0 is "8000", 8000.125 stays as it is.

    A spreadsheet shows 15 digits of a number; what lies beyond is noise of the binary form.
    """
    if type(value) is float and abs(value) < _EXACT_BELOW:
        text = f"{value:.{_EXACT_DIGITS}g}"
        return text if "e" not in text else format(Decimal(text), "f")
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        return value.date().isoformat()
    return str(value)


def column_letters(place: int) -> str:
    """The name of the 0-based column as spreadsheets have it: A, B, … Z, AA."""
    letters = ""
    while place >= 0:
        place, rest = divmod(place, 26)
        letters = chr(ord("A") + rest) + letters
        place -= 1
    return letters


def needs_care(text: str, end: str) -> bool:
    """Whether a cell of a text of tabs and line ends may need more than being cut out.

    A few searches of the whole, not one for each cell.
    """
    if any(sign in text for sign in _CARE_SIGNS):
        return True
    # One sign alone is found much faster than two together, and most files have neither of these.
    if "x" in text and "x\t" in text:
        return True
    # A space inside a name is nobody's concern, only one at the edge of a cell.
    return " " in text and any(sign in text for sign in (" \t", "\t ", " " + end, end + " "))
