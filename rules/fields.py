"""Fields of a form as data: what may stand in each, and one refusal for each that is not right."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from rules.column_names import SAID_FOR
from rules.identity import is_valid_uscc, normalise_code
from rules.money import UnreadableAmount, parse_yuan, yuan_text
from rules.refusals import Refusal

Kind = Literal[
    "text",
    "count",
    "money",
    "choice",
    "choices",
    "confirm",
    "date",
    "month",
    "longtext",
    "phone",
    "mobile",
    "uscc",
    "code",
]

MAX_COUNT = 1_000_000
MAX_MONEY_FEN = 99_999_999_999_999
"""999,999,999,999.99 yuan."""

TEXT_LENGTH = 100
LONGTEXT_LENGTH = 1000

_MONEY_DIGITS = 12
_VALUE_SHOWN = 40
_COUNT = re.compile(r"[0-9]{1,7}").fullmatch
_DATE = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?").fullmatch
_PLAIN_DATE = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})").fullmatch
_MONTH = re.compile(r"([0-9]{4})[-/.年]?([0-9]{1,2})月?").fullmatch
_MOBILE = re.compile(r"(?:\+?86-?)?(1[3-9][0-9]{9})").fullmatch
# Area codes: three digits for 010 and 02x, four for all others.
_LANDLINE = re.compile(
    r"\(?(010|02[0-9]|0[3-9][0-9]{2})(?:\)-?|-)?([2-9][0-9]{6,7})(?:(?:-|转)([0-9]{1,6}))?"
).fullmatch
_YES = frozenset({"1", "on", "true", "yes", "y"})
_BRACKETS = re.compile(r"\([^)]*\)")
_SHORTEST_PART = 2


def N_(message: str) -> str:
    """Marks a message for extraction; it is translated where it is shown."""
    return message


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form; ``label_msgid``, ``hint_msgid`` and the labels in ``choices`` (value, label) are msgids.

    ``choices`` of the kind ``choices`` may be several, kept as a list of values. ``other_names`` are headings by
    which a file may call the field besides its label.
    """

    name: str
    label_msgid: str
    kind: Kind
    required: bool = False
    choices: tuple[tuple[str, str], ...] = ()
    hint_msgid: str = ""
    other_names: tuple[str, ...] = ()

    @property
    def is_masked(self) -> bool:
        """Whether the value is shown in part only: numbers of identity documents and bank accounts."""
        return self.name.endswith(("id_number", "bank_account"))

    @property
    def max_length(self) -> int:
        """The most characters that the field takes."""
        return LONGTEXT_LENGTH if self.kind == "longtext" else TEXT_LENGTH


@dataclass(frozen=True, slots=True)
class Section:
    """Fields that stand under one heading; ``title`` is a msgid."""

    title: str
    fields: tuple[Field, ...]


def fields_of(sections: Iterable[Section]) -> dict[str, Field]:
    """All fields of a form by name, in order."""
    return {field.name: field for section in sections for field in section.fields}


def clean_fields(
    fields: Mapping[str, Field], values: Mapping[str, str]
) -> tuple[dict[str, Any], dict[str, Refusal]]:
    """The form's values made clean, and per field the reason why not.

    Cleaned: counts are int, money is int fen, confirms are bool, choices a list, dates ISO text, months YYYYMM,
    the rest text; an empty optional field is None ("" for texts). ``values`` has several choices joined by a
    space. Names that are no field are left out. Every ``Refusal`` has ``label`` and ``value`` (40 characters at
    most); nothing is raised.
    """
    cleaned: dict[str, Any] = {}
    errors: dict[str, Refusal] = {}
    for name, field in fields.items():
        try:
            cleaned[name] = _clean(field, values.get(name) or "")
        except Refusal as refusal:
            errors[name] = refusal
    return cleaned, errors


def as_typed(fields: Mapping[str, Field], cleaned: Mapping[str, Any]) -> dict[str, str]:
    """Cleaned values as a person would type them again: money in yuan, a confirm as "1"."""
    return {name: _typed(fields[name], value) for name, value in cleaned.items() if name in fields}


def _typed(field: Field, value: Any) -> str:
    if value is None or value is False:
        return ""
    if value is True:
        return "1"
    if isinstance(value, list):
        return " ".join(value)
    return yuan_text(value) if field.kind == "money" and isinstance(value, int) else str(value)


def refuse_field(code: str, field: Field, typed: str, **params: object) -> Refusal:
    """The refusal of what was typed into a field."""
    return Refusal(code, field.name, label=field.label_msgid, value=typed[:_VALUE_SHOWN], **params)


def _clean(field: Field, typed: str) -> object:
    text = typed.strip()
    if field.kind == "confirm":
        return _confirm(field, text)
    if not text:
        if field.required:
            raise refuse_field("field.required", field, typed)
        if field.kind == "choices":
            return []
        return None if field.kind in ("count", "money", "date", "month") else ""
    if len(text) > field.max_length:
        raise refuse_field("field.too_long", field, typed, max=field.max_length, length=len(text))
    reader = _READERS.get(field.kind)
    return reader(field, text) if reader else text


def _choice(field: Field, text: str) -> str:
    """A value, its label, or what files write in place of it: a common word, or a part of one label only."""
    if any(text == value for value, _label in field.choices):
        return text
    said = _bare(text)
    said = _bare(SAID_FOR.get(said, said))
    labels = {value: _bare(label) for value, label in field.choices}
    found = [value for value, label in labels.items() if label == said]
    if not found and len(said) >= _SHORTEST_PART:
        found = [value for value, label in labels.items() if said in label]
    if len(found) == 1:
        return found[0]
    raise refuse_field("field.choice", field, text)


def _bare(label: str) -> str:
    """A label in one spelling, without what stands in brackets."""
    plain = "".join(unicodedata.normalize("NFKC", label).split())
    return _BRACKETS.sub("", plain) or plain


def _choices(field: Field, text: str) -> list[str]:
    chosen = {_choice(field, part) for part in re.split(r"[\s,，、;；]+", text) if part}
    return [value for value, _label in field.choices if value in chosen]


def _confirm(field: Field, text: str) -> bool:
    confirmed = text.lower() in _YES
    if field.required and not confirmed:
        raise refuse_field("field.confirm", field, text)
    return confirmed


def _count(field: Field, text: str) -> int:
    plain = unicodedata.normalize("NFKC", text).strip().removesuffix("人").rstrip()
    if not _COUNT(plain) or int(plain) > MAX_COUNT:
        raise refuse_field("field.not_a_count", field, text, max=MAX_COUNT)
    return int(plain)


def _money(field: Field, text: str) -> int | None:
    try:
        fen = parse_yuan(text, MAX_MONEY_FEN, _MONEY_DIGITS)
    except UnreadableAmount as error:
        raise refuse_field(
            "field.not_money",
            field,
            text,
            reason=error.reason,
            suggestion=error.suggestion,
            max_fen=MAX_MONEY_FEN,
        ) from None
    if fen is None and field.required:
        # Only invisible marks were pasted.
        raise refuse_field("field.required", field, text)
    return fen


def _date(field: Field, text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).split()[0]
    match = _DATE(plain) or _PLAIN_DATE(plain)
    try:
        if match is None:
            raise ValueError
        return date(int(match.group(1)), int(match.group(2)), int(match.group(3))).isoformat()
    except ValueError:
        raise refuse_field("field.date", field, text) from None


def _phone(field: Field, text: str) -> str:
    """A mobile number, or area code-number(-extension), in one spelling."""
    plain = "".join(unicodedata.normalize("NFKC", text).split())
    if match := _MOBILE(plain):
        return match.group(1)
    match = _LANDLINE(plain)
    if match is None:
        raise refuse_field("field.phone", field, text)
    return "-".join(part for part in match.groups() if part)


def _month(field: Field, text: str) -> str:
    """YYYYMM."""
    match = _MONTH(unicodedata.normalize("NFKC", text))
    if match is None or not 1 <= int(match.group(2)) <= 12:
        raise refuse_field("field.month", field, text)
    return f"{match.group(1)}{int(match.group(2)):02d}"


def _mobile(field: Field, text: str) -> str:
    match = _MOBILE("".join(unicodedata.normalize("NFKC", text).split()))
    if match is None:
        raise refuse_field("field.mobile", field, text)
    return match.group(1)


def _uscc(field: Field, text: str) -> str:
    code = normalise_code(text)
    if not is_valid_uscc(code):
        raise refuse_field("field.uscc", field, text)
    return code


def _code(_field: Field, text: str) -> str:
    return normalise_code(text)


_READERS: dict[str, Callable[[Field, str], object]] = {
    "count": _count,
    "money": _money,
    "date": _date,
    "month": _month,
    "choice": _choice,
    "choices": _choices,
    "phone": _phone,
    "mobile": _mobile,
    "uscc": _uscc,
    "code": _code,
}
