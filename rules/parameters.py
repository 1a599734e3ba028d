"""Changes of a region's dated parameters: what each kind is asked for, when it may begin, and what looks odd about it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from rules.fields import N_, Field, as_typed, clean_fields, refuse_field
from rules.insurances import CHOICES, INJURY
from rules.money import yuan_text
from rules.refusals import Refusal

BOUNDS, REGION_RATE, UNIT_RATE = "bounds", "region_rate", "unit_rate"
DUE_DAY, LATE_FEE, SHARE, RETIREMENT = (
    "levy_due_day",
    "late_fee_per_day",
    "employee_share",
    "retirement_age",
)
NUMBERS: dict[str, tuple[str, str, range]] = {
    "levy_due_day": (N_("缴费截止日"), N_("1 至 31；当月没有这一天的，算到月底"), range(1, 32)),
    "levy_days_to_pay": (
        N_("签发后的缴费天数"),
        N_("1 至 31；签发得晚时，截止日顺延，给单位留出这些天"),
        range(1, 32),
    ),
    "approval_people": (
        N_("几人以上要多人同意"),
        N_("一件业务的人数超过它，一位审核员同意还不生效"),
        range(1, 1_000_001),
    ),
    "approval_signers": (N_("多人同意的人数"), N_("2 至 5，含第一位"), range(2, 6)),
    "bulk_people": (N_("批量通过的人数上限"), N_("人数超过它的业务要一件一件审"), range(1, 1_000_001)),
    "assessment_percent": (
        N_("未申报的核定比例"),
        N_("占上月缴费额的百分数，如 110（《社会保险法》第六十二条）"),
        range(100, 201),
    ),
}
"""Rules that are one whole number: what each is called, what is said beside it, what it may be."""
AMOUNTS: dict[str, tuple[str, str]] = {
    "approval_total_fen": (N_("多少工资以上要多人同意"), N_("申报工资合计超过它，一位审核员同意还不生效")),
    "bulk_total_fen": (N_("批量通过的工资上限"), N_("申报工资合计超过它的业务要一件一件审")),
}
"""Rules that are one amount of money."""
RULES = (*NUMBERS, *AMOUNTS, LATE_FEE, SHARE, RETIREMENT)
"""The kinds that are rows of ``RegionParameter`` by their own name."""

FLOOR_PERCENT, CAP_PERCENT = 60, 300
CLASS_MILLIONTHS = (2_000, 4_000, 7_000, 9_000, 11_000, 13_000, 16_000, 19_000)
"""工伤 rates of the industry classes 1 to 8. Source: 人社部发〔2015〕71号."""
STEPS = (50, 80, 100, 120, 150)
"""Floating of 工伤 rates in percent; class 1 only rises. Source: 人社部发〔2015〕71号."""
TINY_MILLIONTHS = 500
"""A rate under 0.05 % is most likely a fraction that was typed as a percentage."""

_YUAN_FEN = 100
_PERCENT = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,4})?)%?").fullmatch
# Only these: NFKC would make digits of signs like ² and ①, too.
_WIDE = str.maketrans("０１２３４５６７８９．％", "0123456789.%")
_AGES = range(40, 71)


@dataclass(frozen=True, slots=True)
class ChangeKind:
    """One kind of change: what its form asks for; ``percents`` names the fields typed as a percentage.

    The content of a change is its cleaned fields; a percentage is kept as the fraction it means, as decimal text:
    "0.23" becomes "0.0023".
    """

    code: str
    label_msgid: str
    fields: tuple[Field, ...]
    percents: tuple[str, ...] = ()
    has_insurance: bool = False
    has_unit: bool = False

    @property
    def form(self) -> dict[str, Field]:
        """Every field of the form by name, in order."""
        about = ((_UNIT,) if self.has_unit else ()) + ((_INSURANCE,) if self.has_insurance else ())
        why = _REASON if self.has_unit else _SOURCE
        return {field.name: field for field in (*about, _VALID_FROM, *self.fields, why)}


@dataclass(frozen=True, slots=True)
class Entry:
    """A form that was read: the kind's content, and what it is about; ``unit_no`` is looked up by whoever keeps it."""

    kind: ChangeKind
    insurance: str
    unit_no: str
    valid_from: date
    content: dict[str, Any]
    source: str


_UNIT = Field("unit_no", N_("单位编号"), "code", True)
_INSURANCE = Field("insurance", N_("险种"), "choice", True, CHOICES)
_VALID_FROM = Field(
    "valid_from",
    N_("生效日期"),
    "date",
    True,
    hint_msgid=N_("某个月的 1 日，如 2026-07-01，从这个月的征集起使用"),
)
_SOURCE = Field(
    "source", N_("依据"), "text", True, hint_msgid=N_("文件名称和文号，单位在“为什么是这个数”里看得到")
)
_REASON = Field("source", N_("理由"), "text", True, hint_msgid=N_("如浮动核定、阶段性降费和文号，单位看得到"))
_RATE_HINT = N_("填百分数：填 0.23，就是 0.23%%，即 0.0023")
_RATES = (
    Field("employer", N_("单位费率（百分数）"), "text", True, hint_msgid=_RATE_HINT),
    Field("employee", N_("个人费率（百分数）"), "text", True, hint_msgid=N_("个人不缴费的填 0")),
)
_CLASSES = tuple((str(number), f"{number}") for number in range(1, 9))
_FLOATING = (
    ("50", N_("下浮到 0.5 倍")),
    ("80", N_("下浮到 0.8 倍")),
    ("100", N_("不浮动")),
    ("120", N_("上浮到 1.2 倍")),
    ("150", N_("上浮到 1.5 倍")),
)
_ROUNDINGS = (("yuan", N_("到元")), ("jiao", N_("到角")), ("fen", N_("到分")))

KINDS: dict[str, ChangeKind] = {
    kind.code: kind
    for kind in (
        ChangeKind(
            BOUNDS,
            N_("缴费基数上下限"),
            (
                Field("average", N_("社会平均工资（元/月）"), "money", True),
                Field("floor", N_("下限（元/月）"), "money", True, hint_msgid=N_("照公布的数填，不必自己算")),
                Field("cap", N_("上限（元/月）"), "money", True, hint_msgid=N_("照公布的数填，不必自己算")),
                Field("rounding", N_("基数取整"), "choice", True, _ROUNDINGS, N_("四舍五入")),
            ),
            has_insurance=True,
        ),
        ChangeKind(
            REGION_RATE,
            N_("统一费率"),
            _RATES,
            ("employer", "employee"),
            has_insurance=True,
        ),
        ChangeKind(
            UNIT_RATE,
            N_("单位费率"),
            (
                Field(
                    "industry_class", N_("行业类别（1 至 8 类）"), "choice", False, _CLASSES, N_("工伤填写")
                ),
                Field("floating", N_("浮动档次"), "choice", False, _FLOATING, N_("工伤填写")),
                *_RATES,
            ),
            ("employer", "employee"),
            has_insurance=True,
            has_unit=True,
        ),
        *(
            ChangeKind(code, label, (Field("value", N_("数值"), "count", True, hint_msgid=hint),))
            for code, (label, hint, _allowed) in NUMBERS.items()
        ),
        *(
            ChangeKind(code, label, (Field("value", N_("金额（元）"), "money", True, hint_msgid=hint),))
            for code, (label, hint) in AMOUNTS.items()
        ),
        ChangeKind(
            LATE_FEE,
            N_("滞纳金"),
            (
                Field(
                    "value",
                    N_("每日（百分数）"),
                    "text",
                    True,
                    hint_msgid=N_("填百分数：万分之五填 0.05，即 0.0005"),
                ),
            ),
            ("value",),
        ),
        ChangeKind(
            SHARE,
            N_("个人应缴的算法"),
            (
                Field(
                    "value",
                    N_("怎样取整"),
                    "choice",
                    True,
                    (("person", N_("每人分别取整，再相加")), ("sum", N_("基数先相加，最后取整一次"))),
                ),
            ),
        ),
        ChangeKind(
            RETIREMENT,
            N_("退休年龄"),
            (
                Field("male", N_("男（周岁）"), "count", True),
                Field("female", N_("女（周岁）"), "count", True),
            ),
        ),
    )
}


def read_change(kind: ChangeKind, typed: Mapping[str, str]) -> tuple[Entry | None, dict[str, Refusal]]:
    """A form of this kind made clean, or per field the reason why not.

    Refusals of its own: ``parameter.percent``, ``parameter.zero``, ``parameter.floor_above_cap`` (``floor``, ``cap``
    in yuan), ``parameter.not_first_day``, ``parameter.due_day``, ``parameter.age``.
    """
    form = kind.form
    cleaned, problems = clean_fields(form, typed)
    for name in kind.percents:
        if name in cleaned:
            try:
                cleaned[name] = _fraction(form[name], cleaned[name])
            except Refusal as refusal:
                problems[name] = refusal
    if not problems:
        problems = {one.field or "": one for one in _check(kind, cleaned)}
    if problems:
        return None, problems
    content = {field.name: cleaned[field.name] for field in kind.fields}
    start = date.fromisoformat(cleaned["valid_from"])
    about = cleaned.get("insurance", ""), cleaned.get("unit_no", "")
    return Entry(kind, *about, start, content, cleaned["source"]), {}


def _fraction(field: Field, text: str) -> str:
    """The fraction that a percentage means, as decimal text with at most six decimals."""
    match = _PERCENT("".join(text.split()).translate(_WIDE))
    if match is None or Decimal(match.group(1)) > 100:
        raise refuse_field("parameter.percent", field, text)
    return f"{Decimal(match.group(1)).scaleb(-2).normalize():f}"


def _check(kind: ChangeKind, cleaned: Mapping[str, Any]) -> Iterator[Refusal]:
    if not cleaned["valid_from"].endswith("-01"):
        yield Refusal("parameter.not_first_day", "valid_from", value=cleaned["valid_from"])
    if kind.code == BOUNDS:
        for name in ("average", "floor", "cap"):
            if cleaned[name] == 0:
                yield refuse_field("parameter.zero", kind.form[name], "0")
        if cleaned["floor"] > cleaned["cap"]:
            floor, cap = (yuan_text(cleaned[name], grouped=True) for name in ("floor", "cap"))
            yield Refusal("parameter.floor_above_cap", "floor", floor=floor, cap=cap)
    elif kind.code in NUMBERS and cleaned["value"] not in (allowed := NUMBERS[kind.code][2]):
        least, most = allowed[0], allowed[-1]
        yield Refusal("parameter.number", "value", value=str(cleaned["value"]), least=least, most=most)
    elif kind.code == RETIREMENT:
        for name in ("male", "female"):
            if cleaned[name] not in _AGES:
                yield refuse_field(
                    "parameter.age", kind.form[name], str(cleaned[name]), least=_AGES[0], most=_AGES[-1]
                )


def subject_of(kind: str, insurance: str, unit_id: int | None) -> str:
    """What a change is about: one change of it waits at a time."""
    return ":".join(filter(None, (kind, insurance, str(unit_id or ""))))


def as_form(kind: ChangeKind, content: Mapping[str, Any]) -> dict[str, str]:
    """A content as a person would type it again."""
    typed = as_typed({field.name: field for field in kind.fields}, content)
    return typed | {name: percent_text(content[name]).removesuffix("%") for name in kind.percents}


def check_start(valid_from: date, today: date, last_month: str | None, later_from: date | None) -> None:
    """A change begins in the future, after every month that is levied, and is the last of its subject.

    ``last_month``: the latest month (YYYYMM) that has a run, whatever its state; ``later_from``: when a row begins that
    is there already and not before. Raises ``Refusal`` ``parameter.past`` (``day``), ``parameter.levied`` (``month``),
    ``parameter.later_row`` (``day``).
    """
    if valid_from < today:
        raise Refusal("parameter.past", "valid_from", day=valid_from.isoformat())
    if last_month is not None and f"{valid_from:%Y%m}" <= last_month:
        raise Refusal("parameter.levied", "valid_from", month=last_month)
    if later_from is not None:
        raise Refusal("parameter.later_row", "valid_from", day=later_from.isoformat())


def list_oddities(kind: ChangeKind, insurance: str, content: Mapping[str, Any]) -> list[Refusal]:
    """What a second pair of eyes should look at, and may release all the same: the published number counts.

    ``parameter.odd_floor``, ``parameter.odd_cap`` (``value``, ``expected`` in yuan) where a bound is a yuan or more off
    60 % or 300 % of the average (国办发〔2019〕13号); ``parameter.odd_class`` (``percent``) where a 工伤 rate fits no
    class and step (人社部发〔2015〕71号); ``parameter.odd_tiny`` (``percent``, ``fraction``).
    """
    if kind.code == BOUNDS:
        return list(_odd_bounds(content))
    found = [
        Refusal("parameter.odd_tiny", name, percent=percent_text(content[name]), fraction=content[name])
        for name in kind.percents
        if kind.code != LATE_FEE and 0 < millionths(content[name]) < TINY_MILLIONTHS
    ]
    if kind.code == UNIT_RATE and insurance == INJURY and not _fits(content):
        found.append(Refusal("parameter.odd_class", "employer", percent=percent_text(content["employer"])))
    return found


def _odd_bounds(content: Mapping[str, Any]) -> Iterator[Refusal]:
    for name, percent in (("floor", FLOOR_PERCENT), ("cap", CAP_PERCENT)):
        expected = content["average"] * percent // 100
        if abs(content[name] - expected) >= _YUAN_FEN:
            value, expected_text = yuan_text(content[name], grouped=True), yuan_text(expected, grouped=True)
            code = "parameter.odd_floor" if name == "floor" else "parameter.odd_cap"
            yield Refusal(code, name, value=value, expected=expected_text)


def _fits(content: Mapping[str, Any]) -> bool:
    classes = [int(content["industry_class"])] if content["industry_class"] else range(1, 9)
    steps = [int(content["floating"])] if content["floating"] else STEPS
    rate = millionths(content["employer"])
    return any(
        rate * 100 == CLASS_MILLIONTHS[number - 1] * step
        for number in classes
        for step in steps
        if number > 1 or step >= 100
    )


def millionths(fraction: str) -> int:
    """A fraction with six decimals at most, as decimal text, in millionths."""
    return int(Decimal(fraction).scaleb(6))


def fraction_of(millionths: int) -> str:
    """Millionths as a fraction in decimal text: 2300 is "0.0023"."""
    return f"{Decimal(millionths).scaleb(-6).normalize():f}"


def percent_text(fraction: str) -> str:
    """A fraction as percent: "0.0023" is "0.23%"."""
    return f"{Decimal(fraction).scaleb(2).normalize():f}%"
