"""What a password must be: long enough, no name of one's own, and hard to guess; the reason is said."""

from __future__ import annotations

import unicodedata

from zxcvbn import zxcvbn  # type: ignore[import-untyped]

from rules.refusals import Refusal

SHORTEST, LONGEST = 10, 200
STRONG_ENOUGH = 3
# Its time grows with the square of the length: 32 characters of the worst kind take half a second, 200 most of a
# minute. A password whose beginning is strong is strong.
LOOKED_AT = 32
# A name of two letters turns up in any word.
SHORTEST_NAME = 3

_WEAK_BY_PATTERN = {
    "dictionary": "password.weak_word",
    "spatial": "password.weak_keys",
    "repeat": "password.weak_repeat",
    "sequence": "password.weak_sequence",
    "regex": "password.weak_date",
    "date": "password.weak_date",
}


def check_strength(password: str, *names: str | None) -> None:
    """Refuse a new password that is short, holds one of its owner's ``names``, or is guessed easily.

    Raises ``Refusal`` for the field ``new``: ``password.too_short``, ``password.too_long``,
    ``password.has_name``, ``password.weak_…`` with the kind of weakness, ``password.weak``. The measure is
    zxcvbn's, which counts the guesses a cracking program needs: 10^8 and more are score 3.
    """
    if len(password) < SHORTEST:
        raise Refusal("password.too_short", "new", shortest=SHORTEST)
    if len(password) > LONGEST:
        raise Refusal("password.too_long", "new", longest=LONGEST)
    plain = _plain(password)
    for name in names:
        if name and len(name) >= SHORTEST_NAME and _plain(name) in plain:
            raise Refusal("password.has_name", "new", name=name)
    found = zxcvbn(password[:LOOKED_AT])
    if found["score"] < STRONG_ENOUGH:
        longest = max(found["sequence"], key=lambda match: len(match["token"]))
        raise Refusal(_WEAK_BY_PATTERN.get(longest["pattern"], "password.weak"), "new")


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
