"""Whether a certificate and the bureau's record speak of the same unit, and how to show it when they do not."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cert.codes import Codes

# NFKC already makes full-width brackets narrow; these are what it leaves.
_BRACKETS = str.maketrans("〔【［〈《{[﹝〕】］〉》}]﹞", "((((((((" + "))))))))")


def normalise_code(text: str) -> str:
    """A code as it is compared: NFKC, upper case, without spaces and hyphens (old keys hold ``12345678-8``)."""
    upper = unicodedata.normalize("NFKC", text).upper()
    return "".join(character for character in upper if not character.isspace() and character not in "-‐‑–—−")


def organisation_code(uscc: str) -> str:
    """The 组织机构代码 inside an 18-character 统一社会信用代码 (GB 32100: characters 9 to 17), else nothing."""
    return uscc[8:17] if len(uscc) == 18 else ""


def codes_match(codes: Codes, unit_uscc: str) -> bool:
    """Whether the certificate belongs to the unit of this 统一社会信用代码.

    The same USCC, or the same organisation code, as a code of its own or inside the certificate's USCC.
    """
    wanted = normalise_code(unit_uscc)
    organisation = organisation_code(wanted)
    if not wanted:
        return False
    if codes.uscc == wanted:
        return True
    return bool(organisation) and organisation in (codes.org_code, organisation_code(codes.uscc))


def normalise_name(text: str) -> str:
    """A unit's name as it is compared: NFKC, one kind of brackets, without spaces at its ends."""
    return unicodedata.normalize("NFKC", text).strip().translate(_BRACKETS)


def names_equal(left: str, right: str) -> bool:
    """Whether two names are the same once ``normalise_name`` has had them; nothing fuzzy, nothing empty."""
    return bool(normalise_name(left)) and normalise_name(left) == normalise_name(right)


Run = tuple[str, bool]
"""A stretch of a text and whether it differs from its counterpart."""


def compare(shown: str, kept: str) -> tuple[list[Run], list[Run]]:
    """Both texts in runs that agree or differ, position by position, for 组织机构代码异常.

    ``shown`` is the certificate's and stays whole. Of ``kept``, the bureau's, what differs is masked but for
    its first and its last two characters, and what agrees is known already: nobody learns another unit's code.
    """
    flags = [
        at >= len(shown) or at >= len(kept) or shown[at] != kept[at]
        for at in range(max(len(shown), len(kept)))
    ]
    # One differing stretch from the first to the last difference: gaps in it would give the mask away.
    if True in flags:
        first, last = flags.index(True), len(flags) - 1 - flags[::-1].index(True)
        flags[first : last + 1] = [True] * (last + 1 - first)
    return _runs(shown, flags), [
        (mask(text) if differs else text, differs) for text, differs in _runs(kept, flags)
    ]


def _runs(text: str, flags: list[bool]) -> list[Run]:
    runs: list[Run] = []
    for character, differs in zip(text, flags, strict=False):
        if runs and runs[-1][1] == differs:
            runs[-1] = (runs[-1][0] + character, differs)
        else:
            runs.append((character, differs))
    return runs


def mask(text: str, head: int = 1, tail: int = 2) -> str:
    """Stars for all but the first ``head`` and last ``tail`` characters; for everything where little else is left."""
    hidden = len(text) - head - tail
    return text[:head] + "*" * hidden + text[-tail:] if hidden > 1 else "*" * len(text)
