"""The ``#GZSB`` line of a download, wherever an editor or a spreadsheet has put it."""

from __future__ import annotations

from collections.abc import Sequence

from documents.wage_file import (
    BASES,
    BLANKS,
    INSURANCE_CODES,
    INSURANCE_JOINT,
    MARK,
    VERSION,
    WageFileHead,
)
from rules.refusals import Refusal


def is_head(cells: Sequence[str]) -> bool:
    """Whether a line is meant as the head: its first filled cell begins with the mark."""
    return _first(cells).startswith(MARK)


def read_head(cells: Sequence[str], line: int) -> WageFileHead:
    """The head from the cells of its line (from 1); ``file.version`` or ``file.head_damaged``."""
    text = _first(cells)
    if text == MARK:
        # Somebody parted the line at its bars.
        text = "|".join(cell.strip(BLANKS) for cell in cells if cell.strip(BLANKS))
    values = text.split("|")
    if len(values) > 1 and values[0] == MARK and values[1] != VERSION:
        raise Refusal("file.version", line=line, value=values[1][:20], expected=VERSION)
    if len(values) != 9 or values[0] != MARK:
        raise Refusal("file.head_damaged", line=line, value=text[:120])
    unit_no, year, joined, basis, people, batch_id, digest = values[2:]
    insurances = tuple(joined.split(INSURANCE_JOINT))
    sound = (
        unit_no != ""
        and _is_number(year, 4)
        and _is_number(people, 9)
        and all(code in INSURANCE_CODES for code in insurances)
        and basis in BASES
        and batch_id != ""
        and len(digest) == 16
    )
    if not sound:
        raise Refusal("file.head_damaged", line=line, value=text[:120])
    return WageFileHead(unit_no, int(year), insurances, basis, int(people), batch_id, digest)


def _first(cells: Sequence[str]) -> str:
    # A spreadsheet that saves text may put the line in quotes.
    return next((text for cell in cells if (text := cell.strip(BLANKS).strip('"'))), "")


def _is_number(text: str, longest: int) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= longest
