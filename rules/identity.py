"""Unit codes and ID numbers are checked by their own check characters, and shown only in part."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from typing import Literal

Sex = Literal["male", "female"]

USERNAME = "[A-Za-z0-9_.-]{3,60}"
"""What an account may be called by, as a pattern; whoever makes it."""

# GB 32100-2015: no I, O, S, V, Z, so that nobody mistakes them for digits.
_USCC_CHARS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_VALUES = {char: value for value, char in enumerate(_USCC_CHARS)}
_USCC_WEIGHTS = tuple(pow(3, i, 31) for i in range(17))
_USCC_SHAPE = re.compile(rf"[{_USCC_CHARS}]{{2}}[0-9]{{6}}[{_USCC_CHARS}]{{10}}").fullmatch

_ORG_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_ORG_SHAPE = re.compile(r"[0-9A-Z]{8}[0-9X]").fullmatch
_ORG_FIRST = re.compile(r"[0-9A-Z]{8}").fullmatch

_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS = "10X98765432"
_ID_SHAPE = re.compile(r"[0-9]{17}[0-9X]").fullmatch
_ID_FIRST = re.compile(r"[0-9]{17}").fullmatch


def normalise_code(text: str) -> str:
    """A code as the checks below expect it: NFKC, upper case, without spaces and hyphens.

    Old certificates carry ``12345678-8``; a spreadsheet pastes full-width letters and a small x.
    """
    plain = unicodedata.normalize("NFKC", text).upper()
    # A long dash comes from word processors that "correct" the hyphen.
    return "".join(
        char for char in plain if not char.isspace() and char not in "-\u2010\u2013\u2014\u2212\ufeff\u200b"
    )


def uscc_check_char(first17: str) -> str:
    """Character 18 of a 统一社会信用代码. Raises ``ValueError`` for other than 17 allowed characters.

    Source: GB 32100-2015.
    """
    if len(first17) != 17 or any(char not in _USCC_VALUES for char in first17):
        raise ValueError("17 characters of a unified social credit code")
    total = sum(_USCC_VALUES[char] * weight for char, weight in zip(first17, _USCC_WEIGHTS, strict=True))
    return _USCC_CHARS[(31 - total % 31) % 31]


def is_valid_uscc(code: str) -> bool:
    """Whether a normalised 统一社会信用代码 has the right shape and check character (GB 32100-2015)."""
    return bool(_USCC_SHAPE(code)) and uscc_check_char(code[:17]) == code[17]


def org_check_char(first8: str) -> str:
    """Character 9 of a 组织机构代码. Raises ``ValueError`` for other than 8 of 0-9A-Z.

    Source: GB 11714-1997.
    """
    if not _ORG_FIRST(first8):
        raise ValueError("8 characters of an organisation code")
    total = sum(int(char, 36) * weight for char, weight in zip(first8, _ORG_WEIGHTS, strict=True))
    return "0123456789X0"[11 - total % 11]


def is_valid_org_code(code: str) -> bool:
    """Whether a normalised nine-character 组织机构代码 has the right check character (GB 11714-1997)."""
    return bool(_ORG_SHAPE(code)) and org_check_char(code[:8]) == code[8]


def id_check_digit(first17: str) -> str:
    """Character 18 of an ID number. Raises ``ValueError`` for other than 17 digits.

    Source: GB 11643-1999 (ISO 7064 MOD 11-2).
    """
    if not _ID_FIRST(first17):
        raise ValueError("17 digits of an ID number")
    total = sum(int(digit) * weight for digit, weight in zip(first17, _ID_WEIGHTS, strict=True))
    return _ID_CHECKS[total % 11]


def is_valid_id_number(number: str) -> bool:
    """Whether a normalised 18-character ID number has a right check digit and a real date of birth.

    The legacy form of 15 digits is not valid here. Source: GB 11643-1999; residents of 港澳台 share it.
    """
    if not _ID_SHAPE(number) or id_check_digit(number[:17]) != number[17]:
        return False
    try:
        birth_date(number)
    except ValueError:
        return False
    return True


def birth_date(id_number: str) -> date:
    """The date of birth in an 18-character ID number. Raises ``ValueError`` when it holds none."""
    if not _ID_SHAPE(id_number):
        raise ValueError("not an ID number of 18 characters")
    return date(int(id_number[6:10]), int(id_number[10:12]), int(id_number[12:14]))


def sex(id_number: str) -> Sex:
    """The sex in an 18-character ID number: digit 17 is odd for men. Raises ``ValueError``."""
    if not _ID_SHAPE(id_number):
        raise ValueError("not an ID number of 18 characters")
    return "male" if int(id_number[16]) % 2 else "female"


def mask_id(number: str) -> str:
    """The number with its middle hidden, same length: first 3 and last 4 stay (GB/T 35273).

    Shorter than 8 characters, only the last stays, because 3 + 4 would show it whole; a single one
    shows nothing.
    """
    length = len(number)
    if length >= 8:
        return number[:3] + "*" * (length - 7) + number[-4:]
    if length >= 2:
        return "*" * (length - 1) + number[-1]
    return "*" * length


def mask_name(text: str) -> str:
    """A unit's name for the public page, same length: first 3 and last 2 characters stay.

    Up to 6 characters only the first and the last stay, up to 2 only the first, and of one nothing.
    """
    length = len(text)
    if length >= 7:
        return text[:3] + "*" * (length - 5) + text[-2:]
    if length >= 3:
        return text[0] + "*" * (length - 2) + text[-1]
    if length == 2:
        return text[0] + "*"
    return "*" * length
