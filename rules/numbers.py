"""Numbers as addresses and forms bring them: plain decimal digits that every database can hold, or no number."""

from __future__ import annotations

LARGEST = 2**31 - 1
"""The largest number in an integer column of PostgreSQL, which numbers of rows, lines and versions stand in."""

_MOST_DIGITS = 18


def whole_number(text: str) -> int | None:
    """The number from 0 to ``LARGEST`` that a text says in ASCII digits, without sign, blank or separator.

    None for anything else, also for superscript and full-width digits, which ``int`` or ``isdigit`` would take,
    and for more than 18 digits, which nobody typed.
    """
    if not (text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS):
        return None
    number = int(text)
    return number if number <= LARGEST else None
