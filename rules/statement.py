"""The 说明表 as data: its fields in sections, what may stand in each, and whether its head counts agree."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from rules.money import UnreadableAmount, parse_yuan, yuan_text
from rules.refusals import Refusal

Kind = Literal["text", "count", "money", "choice", "confirm", "date", "longtext"]

MAX_COUNT = 1_000_000
MAX_MONEY_FEN = 99_999_999_999_999
"""999,999,999,999.99 yuan."""

TEXT_LENGTH = 100
LONGTEXT_LENGTH = 1000

_MONEY_DIGITS = 12
_VALUE_SHOWN = 40
_COUNT = re.compile(r"[0-9]{1,7}").fullmatch
_DATE = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?").fullmatch
_MOBILE = re.compile(r"(?:\+?86-?)?(1[3-9][0-9]{9})").fullmatch
# Area codes: three digits for 010 and 02x, four for all others.
_LANDLINE = re.compile(
    r"\(?(010|02[0-9]|0[3-9][0-9]{2})(?:\)-?|-)?([2-9][0-9]{6,7})(?:(?:-|转)([0-9]{1,6}))?"
).fullmatch
_YES = frozenset({"1", "on", "true", "yes", "y"})


def N_(message: str) -> str:
    """Marks a message for extraction; it is translated where it is shown."""
    return message


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the form; ``label_msgid`` and the labels in ``choices`` (value, label) are msgids."""

    name: str
    label_msgid: str
    kind: Kind
    required: bool = False
    choices: tuple[tuple[str, str], ...] = ()

    @property
    def max_length(self) -> int:
        """The most characters that the field takes."""
        return LONGTEXT_LENGTH if self.kind == "longtext" else TEXT_LENGTH


@dataclass(frozen=True, slots=True)
class Section:
    """Fields that stand under one heading; ``title`` is a msgid."""

    title: str
    fields: tuple[Field, ...]


UNIT_TYPES = (
    ("enterprise", N_("企业")),
    ("government_body", N_("机关")),
    ("public_institution", N_("事业单位")),
    ("social_organisation", N_("社会团体")),
    ("private_non_enterprise", N_("民办非企业单位")),
    ("sole_proprietor", N_("有雇工的个体工商户")),
    ("other", N_("其他")),
)
FUNDING_SOURCES = (
    ("full_budget", N_("财政全额拨款")),
    ("part_budget", N_("财政差额拨款")),
    ("self_supporting", N_("自收自支")),
    ("own_funds", N_("单位自筹")),
    ("other", N_("其他")),
)

REDUCTIONS = ("left", "rehired_retirees", "dispatched", "interns", "reduction_other")
ADDITIONS = ("joined", "affiliated", "addition_other")

# What the counter knows already is a fact printed on the form, not a field: the unit's number, name and
# credit code, the year, the insurances and the number of people declared this time.
SECTIONS: tuple[Section, ...] = (
    Section(
        N_("单位情况"),
        (
            Field("unit_type", N_("单位类型"), "choice", True, UNIT_TYPES),
            Field("funding_source", N_("经费来源"), "choice", True, FUNDING_SOURCES),
            Field("legal_representative", N_("法定代表人"), "text", True),
            Field("contact_person", N_("社保专管员"), "text", True),
            Field("phone", N_("联系电话"), "text", True),
            Field("bank_name", N_("开户银行"), "text"),
            Field("bank_account", N_("银行账号"), "text"),
            Field("address", N_("单位地址"), "text"),
        ),
    ),
    Section(
        N_("上年末职工与工资总额"),
        (
            Field("last_year_headcount", N_("上年末职工人数"), "count", True),
            Field("last_year_wage_total", N_("上年工资总额（财务列支）"), "money", True),
        ),
    ),
    Section(
        N_("扣减"),
        (
            Field("left_count", N_("已减少参保人数"), "count"),
            Field("left_wages", N_("已减少参保人员工资"), "money"),
            Field("rehired_retirees_count", N_("聘用退休人员人数"), "count"),
            Field("rehired_retirees_wages", N_("聘用退休人员工资"), "money"),
            Field("dispatched_count", N_("劳务派遣人数"), "count"),
            Field("dispatched_wages", N_("劳务派遣人员工资"), "money"),
            Field("interns_count", N_("实习人员人数"), "count"),
            Field("interns_wages", N_("实习人员工资"), "money"),
            Field("reduction_other_count", N_("其他扣减人数"), "count"),
            Field("reduction_other_wages", N_("其他扣减工资"), "money"),
        ),
    ),
    Section(
        N_("增加"),
        (
            Field("joined_count", N_("新增参保人数"), "count"),
            Field("joined_wages", N_("新增参保人员工资"), "money"),
            Field("affiliated_count", N_("挂靠人员人数"), "count"),
            Field("affiliated_wages", N_("挂靠人员工资"), "money"),
            Field("addition_other_count", N_("其他增加人数"), "count"),
            Field("addition_other_wages", N_("其他增加工资"), "money"),
        ),
    ),
    Section(
        N_("说明与承诺"),
        (
            Field("change_reason", N_("增减原因"), "longtext"),
            Field("published", N_("申报工资已在本单位公示"), "confirm", True),
            Field("union_agreed", N_("已经工会或职工代表大会确认"), "confirm"),
            Field("promise", N_("承诺所填内容真实、准确、完整"), "confirm", True),
            Field("filled_by", N_("填报人"), "text", True),
            Field("filled_on", N_("填报日期"), "date", True),
        ),
    ),
)
FIELDS: dict[str, Field] = {field.name: field for section in SECTIONS for field in section.fields}


def validate(values: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, Refusal]]:
    """The form's values made clean, and per field the reason why not.

    Cleaned: counts are int, money is int fen, confirms are bool, dates ISO text, the rest text; an empty
    optional field is None ("" for texts). Names that are no field are left out. Every ``Refusal`` has
    ``label`` and ``value`` (40 characters at most); nothing is raised.
    """
    cleaned: dict[str, Any] = {}
    errors: dict[str, Refusal] = {}
    for name, field in FIELDS.items():
        try:
            cleaned[name] = _clean(field, values.get(name) or "")
        except Refusal as refusal:
            errors[name] = refusal
    return cleaned, errors


def as_typed(cleaned: Mapping[str, Any]) -> dict[str, str]:
    """Cleaned values as a person would type them again: money in yuan, a confirm as "1"."""
    return {name: _typed(FIELDS[name], value) for name, value in cleaned.items() if name in FIELDS}


def _typed(field: Field, value: Any) -> str:
    if value is None or value is False:
        return ""
    if value is True:
        return "1"
    return yuan_text(value) if field.kind == "money" and isinstance(value, int) else str(value)


def cross_check(cleaned: Mapping[str, Any], people: int) -> list[Refusal]:
    """Warnings, not errors: last year's head count − reductions + additions should be ``people``.

    ``statement.people_differ`` carries ``computed`` and ``declared``. Silent while the head count is missing.
    """
    headcount = cleaned.get("last_year_headcount")
    if headcount is None:
        return []
    removed = sum(cleaned.get(f"{name}_count") or 0 for name in REDUCTIONS)
    added = sum(cleaned.get(f"{name}_count") or 0 for name in ADDITIONS)
    computed = headcount - removed + added
    if computed == people:
        return []
    field = FIELDS["last_year_headcount"]
    return [
        Refusal(
            "statement.people_differ",
            field.name,
            label=field.label_msgid,
            value=str(headcount),
            computed=computed,
            declared=people,
        )
    ]


def _clean(field: Field, typed: str) -> object:
    text = typed.strip()
    if field.kind == "confirm":
        return _confirm(field, text)
    if not text:
        if field.required:
            raise _refusal("statement.required", field, typed)
        return "" if field.kind in ("text", "longtext", "choice") else None
    if len(text) > field.max_length:
        raise _refusal("statement.too_long", field, typed, max=field.max_length, length=len(text))
    if field.kind == "count":
        return _count(field, text)
    if field.kind == "money":
        return _money(field, text)
    if field.kind == "date":
        return _date(field, text)
    if field.kind == "choice":
        if text not in {value for value, _ in field.choices}:
            raise _refusal("statement.choice", field, text)
        return text
    return _phone(field, text) if field.name == "phone" else text


def _refusal(code: str, field: Field, typed: str, **params: object) -> Refusal:
    return Refusal(code, field.name, label=field.label_msgid, value=typed[:_VALUE_SHOWN], **params)


def _confirm(field: Field, text: str) -> bool:
    confirmed = text.lower() in _YES
    if field.required and not confirmed:
        raise _refusal("statement.confirm", field, text)
    return confirmed


def _count(field: Field, text: str) -> int:
    plain = unicodedata.normalize("NFKC", text).strip().removesuffix("人").rstrip()
    if not _COUNT(plain) or int(plain) > MAX_COUNT:
        raise _refusal("statement.not_a_count", field, text, max=MAX_COUNT)
    return int(plain)


def _money(field: Field, text: str) -> int | None:
    try:
        fen = parse_yuan(text, MAX_MONEY_FEN, _MONEY_DIGITS)
    except UnreadableAmount as error:
        raise _refusal(
            "statement.not_money",
            field,
            text,
            reason=error.reason,
            suggestion=error.suggestion,
            max_fen=MAX_MONEY_FEN,
        ) from None
    if fen is None and field.required:
        # Only invisible marks were pasted.
        raise _refusal("statement.required", field, text)
    return fen


def _date(field: Field, text: str) -> str:
    match = _DATE(unicodedata.normalize("NFKC", text))
    try:
        if match is None:
            raise ValueError
        return date(int(match.group(1)), int(match.group(2)), int(match.group(3))).isoformat()
    except ValueError:
        raise _refusal("statement.date", field, text) from None


def _phone(field: Field, text: str) -> str:
    """A mobile number, or area code-number(-extension), in one spelling."""
    plain = "".join(unicodedata.normalize("NFKC", text).split())
    if match := _MOBILE(plain):
        return match.group(1)
    match = _LANDLINE(plain)
    if match is None:
        raise _refusal("statement.phone", field, text)
    return "-".join(part for part in match.groups() if part)
