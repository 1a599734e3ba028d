"""Building projects insured as a whole (按项目参保): their forms, and what may not be asked for.

Source: 人社部发〔2014〕103号; 人社部发〔2018〕3号 for railways, roads, water, energy and airports.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from rules.column_names import OF_WORKERS
from rules.fields import N_, Field, Section
from rules.id_documents import DOCUMENT_KINDS, IDENTITY_CARD, Document, check_document
from rules.money import yuan_text
from rules.people import YOUNGEST, age_on
from rules.project_dues import Formula
from rules.refusals import Refusal

PROJECT_KINDS = (
    ("building", N_("房屋建筑")),
    ("municipal", N_("市政工程")),
    ("railway", N_("铁路")),
    ("highway", N_("公路")),
    ("waterway", N_("水运")),
    ("water", N_("水利")),
    ("energy", N_("能源")),
    ("airport", N_("机场")),
    ("other", N_("其他")),
)
_WORKS = (
    Field("name", N_("项目名称"), "text", True, hint_msgid=N_("与施工许可证或合同上的名称一致")),
    Field("kind", N_("项目类型"), "choice", True, PROJECT_KINDS),
    Field("place", N_("项目地点（旗县代码）"), "code", True, hint_msgid=N_("所在旗县区的 6 位区划代码")),
)
_PARTIES = (
    Field("builder", N_("建设单位"), "text", True),
    Field("subcontractors", N_("分包单位"), "longtext", hint_msgid=N_("每行写一个单位；没有分包可以不填")),
    Field("licence_no", N_("施工许可证号或中标通知书号"), "text", True),
    Field("contract_no", N_("合同编号"), "text", True),
)
_PRICE = Field("contract", N_("合同总造价"), "money", True, hint_msgid=N_("单位：元"))
_TERMS = (
    _PRICE,
    Field("labour_percent", N_("人工费占比"), "text", hint_msgid=N_("百分数，最多一位小数，如 25 或 12.5")),
    Field("starts_on", N_("开工日期"), "date", True),
    Field("ends_on", N_("竣工日期"), "date", True, hint_msgid=N_("合同约定的竣工日期，参保到这一天")),
)
_CONTACT = (
    Field("manager", N_("项目负责人"), "text", True),
    Field("manager_phone", N_("负责人电话"), "phone", True),
)
_NOTE = Field("note", N_("备注"), "longtext")

REGISTERING: tuple[Section, ...] = (
    Section(N_("工程"), (*_WORKS, *_PARTIES)),
    Section(N_("造价和工期"), _TERMS),
    Section(N_("联系"), (*_CONTACT, _NOTE)),
)
"""项目参保登记. ``labour_percent`` stays as typed; ``read_labour_permille`` makes it a number."""

DETAILS: tuple[Section, ...] = (
    Section(N_("工程"), (*_WORKS[:2], *_PARTIES)),
    Section(N_("联系"), (*_CONTACT, Field("reason", N_("变更原因"), "longtext", True))),
)
"""项目信息变更: what neither moves the amount owed nor the days of cover nor the bureau in charge."""

EXTENDING: tuple[Section, ...] = (
    Section(
        N_("延期"),
        (
            Field("extended_to", N_("延期至"), "date", True),
            Field("reason", N_("延期原因"), "longtext", hint_msgid=N_("临近到期才申请的必须填写")),
        ),
    ),
)
PRICING: tuple[Section, ...] = (
    Section(N_("造价变更"), (_PRICE, Field("reason", N_("变更原因"), "longtext", True))),
)
"""造价变更: ``contract`` is the new total, not what is added."""

ENDING: tuple[Section, ...] = (
    Section(N_("竣工"), (Field("completed_on", N_("实际竣工日期"), "date", True), _NOTE)),
)
ROSTER: tuple[Section, ...] = (
    Section(
        N_("实名花名册"),
        (
            Field("name", N_("姓名"), "text", True, other_names=OF_WORKERS["name"]),
            Field("id_kind", N_("证件类型"), "choice", False, DOCUMENT_KINDS, N_("不填按居民身份证")),
            Field("id_number", N_("证件号码"), "code", True, other_names=OF_WORKERS["id_number"]),
            Field("team", N_("班组或分包单位"), "text", other_names=OF_WORKERS["team"]),
            Field("trade", N_("工种"), "text", other_names=OF_WORKERS["trade"]),
            Field("mobile", N_("手机"), "mobile", other_names=OF_WORKERS["mobile"]),
            Field("in_on", N_("进场日期"), "date", True, other_names=OF_WORKERS["in_on"]),
            Field("out_on", N_("退场日期"), "date", other_names=OF_WORKERS["out_on"]),
        ),
    ),
)
"""实名花名册: one worker a line."""

PAYING: tuple[Section, ...] = (
    Section(
        N_("到账"),
        (
            Field("voucher", N_("凭证号"), "text", True, hint_msgid=N_("银行回单或缴款书上的号码")),
            Field("paid_on", N_("到账日期"), "date", True),
        ),
    ),
)
"""What the bureau says of a payment that came in."""

EXTENSION_DAYS = 15
_PLACE = re.compile(r"[0-9]{6}").fullmatch
_PERCENT = re.compile(r"([0-9]{1,3})(?:\.([0-9]))?%?").fullmatch
# Only these: NFKC would make digits of signs like ² and ①, too.
_WIDE = str.maketrans("０１２３４５６７８９．％", "0123456789.%")
_SHOWN = 40
_PERMILLE = 1000


def normalise_contract_no(number: str) -> str:
    """合同编号 in the one spelling by which it is compared: NFKC, capitals, without blanks."""
    return "".join(unicodedata.normalize("NFKC", number).upper().split())


def read_labour_permille(typed: str) -> int:
    """人工费占比 in thousandths, from 1 % to 100 % with one decimal at most; 0 for a blank.

    Under 1 % a fraction was typed, 0.25 for 25. Raises ``Refusal`` ``project.labour_percent`` (``value``).
    """
    text = "".join(typed.translate(_WIDE).split())
    match = _PERCENT(text)
    permille = int(match.group(1)) * 10 + int(match.group(2) or 0) if match else 0
    if text and not 10 <= permille <= _PERMILLE:
        raise Refusal("project.labour_percent", "labour_percent", value=typed[:_SHOWN])
    return permille


def check_place(place: str, region_code: str) -> list[Refusal]:
    """``project.place`` where it is no code of a place (``value``), or ``project.place_elsewhere`` (``value``).

    A project is insured where it is built (人社部发〔2014〕103号). The code of a province's own bureau goes on with
    00 or 99, that of a city's does not.
    """
    if not _PLACE(place):
        return [Refusal("project.place", "place", value=place[:_SHOWN])]
    within = region_code[: 2 if region_code[2:4] in ("00", "99") else 4]
    return [] if place.startswith(within) else [Refusal("project.place_elsewhere", "place", value=place)]


def check_project(
    content: Mapping[str, Any], today: date, *, region_code: str = "", formula: Formula | None = None
) -> list[Refusal]:
    """What stands against insuring a project; ``content`` is cleaned by ``REGISTERING``, absent fields are not judged.

    ``project.price_zero``, ``project.ends_before_starts`` (``starts_on``), ``project.already_over`` (``ends_on``),
    ``project.labour_percent``, ``project.labour_missing`` where the region's formula needs the share, and what
    ``check_place`` says where the region is given.
    """
    found = []
    if content.get("contract") == 0:
        found.append(Refusal("project.price_zero", "contract"))
    starts_on, ends_on = _day(content, "starts_on"), _day(content, "ends_on")
    if starts_on and ends_on and ends_on <= starts_on:
        found.append(Refusal("project.ends_before_starts", "ends_on", starts_on=starts_on.isoformat()))
    elif ends_on and ends_on < today:
        found.append(Refusal("project.already_over", "ends_on", ends_on=ends_on.isoformat()))
    try:
        permille = read_labour_permille(content.get("labour_percent") or "")
        if formula and formula.needs_labour and permille == 0:
            found.append(Refusal("project.labour_missing", "labour_percent"))
    except Refusal as refusal:
        found.append(refusal)
    return found + (check_place(content["place"], region_code) if region_code and "place" in content else [])


def check_extension(
    content: Mapping[str, Any], project_ends_on: date, today: date, days: int = EXTENSION_DAYS
) -> list[Refusal]:
    """What stands against an extension of a project insured to ``project_ends_on``.

    ``project.extension_not_later`` (``ends_on``), ``project.extension_past``, and ``project.extension_late``
    (``days``, ``ends_on``) while no reason is given for asking less than ``days`` before the end (山东: 15).
    """
    found = []
    extended_to, ends_on = _day(content, "extended_to"), project_ends_on.isoformat()
    if extended_to and extended_to <= project_ends_on:
        found.append(Refusal("project.extension_not_later", "extended_to", ends_on=ends_on))
    elif extended_to and extended_to < today:
        found.append(Refusal("project.extension_past", "extended_to"))
    if project_ends_on - today < timedelta(days) and not content.get("reason"):
        found.append(Refusal("project.extension_late", "reason", ends_on=ends_on, days=days))
    return found


def check_price(old_fen: int, new_fen: int) -> list[Refusal]:
    """``project.price_zero``, or ``project.price_same`` (``contract``) where the new total is the old one; in fen."""
    if new_fen <= 0:
        return [Refusal("project.price_zero", "contract")]
    if new_fen == old_fen:
        return [Refusal("project.price_same", "contract", contract=yuan_text(old_fen, grouped=True))]
    return []


def check_ending(content: Mapping[str, Any], starts_on: date, today: date) -> list[Refusal]:
    """``project.completed_before_start`` (``starts_on``), or ``project.completed_in_future``."""
    completed_on = _day(content, "completed_on")
    if completed_on and completed_on < starts_on:
        starts = starts_on.isoformat()
        return [Refusal("project.completed_before_start", "completed_on", starts_on=starts)]
    if completed_on and completed_on > today:
        return [Refusal("project.completed_in_future", "completed_on")]
    return []


def check_payment(content: Mapping[str, Any], charged_on: date, today: date) -> list[Refusal]:
    """``payment.in_future``, or ``payment.before_charge`` (``charged_on``): nobody pays what is not asked for yet."""
    paid_on = _day(content, "paid_on")
    if paid_on and paid_on > today:
        return [Refusal("payment.in_future", "paid_on")]
    if paid_on and paid_on < charged_on:
        return [Refusal("payment.before_charge", "paid_on", charged_on=charged_on.isoformat())]
    return []


def roster_document(content: Mapping[str, Any]) -> Document:
    """The document of a line of the roster; without a kind it is an 居民身份证. Raises as ``check_document``."""
    return check_document(content.get("id_kind") or IDENTITY_CARD, content.get("id_number") or "")


def check_roster_line(
    content: Mapping[str, Any], starts_on: date, ends_on: date, today: date
) -> list[Refusal]:
    """What stands against a worker on the roster of a project insured from ``starts_on`` to ``ends_on``, both included.

    ``roster.closed`` (``ends_on``) alone once that time is over; ``roster.before_start`` (``starts_on``),
    ``roster.after_end`` (``ends_on``), ``roster.out_before_in`` (``in_on``), ``roster.out_after_end``
    (``ends_on``), ``roster.too_young`` (``age``; 劳动法 article 15), and what ``check_document`` refuses. Absent
    fields are not judged.
    """
    last = ends_on.isoformat()
    if today > ends_on:
        return [Refusal("roster.closed", ends_on=last)]
    found = []
    in_on, out_on = _day(content, "in_on"), _day(content, "out_on")
    if in_on and in_on < starts_on:
        found.append(Refusal("roster.before_start", "in_on", starts_on=starts_on.isoformat()))
    if in_on and in_on > ends_on:
        found.append(Refusal("roster.after_end", "in_on", ends_on=last))
    if in_on and out_on and out_on < in_on:
        found.append(Refusal("roster.out_before_in", "out_on", in_on=in_on.isoformat()))
    elif out_on and out_on > ends_on:
        found.append(Refusal("roster.out_after_end", "out_on", ends_on=last))
    try:
        known = "id_kind" in content and content.get("id_number")
        born = roster_document(content).born_on if known else None
        if born and age_on(born, in_on or today) < YOUNGEST:
            found.append(Refusal("roster.too_young", "id_number", age=YOUNGEST))
    except Refusal as refusal:
        found.append(refusal)
    return found


def project_no(region_code: str, place_code: str, day: date, seq: int) -> str:
    """项目编号: first six digits of the agency's code, YYYYMMDD, and a sequence of four digits, 1 to 9999.

    The agency is the one at the place, without a place the region's own; ``seq`` counts its projects of the
    day. Raises ``ValueError`` for a code of fewer than six digits or another sequence. Source: 大庆's numbers.
    """
    agency = (place_code or region_code)[:6]
    if not _PLACE(agency) or not 1 <= seq <= 9999:
        raise ValueError("a project number is made of six digits, a day and 1 to 9999")
    return f"{agency}{day:%Y%m%d}{seq:04d}"


def _day(content: Mapping[str, Any], name: str) -> date | None:
    """A cleaned date of a form, None where it is absent or empty."""
    text = content.get(name)
    return date.fromisoformat(text) if text else None
