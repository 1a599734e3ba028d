"""人员新增, 人员减少 and 人员信息变更: their forms as data, and what each may say of a person."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from rules.column_names import OF_PEOPLE
from rules.fields import N_, Field, Kind, Section, fields_of, refuse_field
from rules.id_documents import (
    DOCUMENT_KINDS,
    Document,
    check_name,
    compare_document,
    normalise_name,
    read_document,
)
from rules.insurances import CHOICES, INJURY
from rules.refusals import Refusal
from rules.wages import MAX_WAGE_FEN, NOT_DECLARED_BELOW_FEN

ENROLMENT_STATES = (("active", N_("参保")), ("suspended", N_("暂停")), ("ended", N_("终止")))
"""AAC031: 1 参保缴费, 2 暂停, 3 终止."""
SEXES = (("male", N_("男")), ("female", N_("女")))
HOUSEHOLD_KINDS = (
    ("urban", N_("城镇户口")),
    ("rural", N_("农村户口")),
    ("unified", N_("居民户口")),
    ("none", N_("无内地户口")),
)
EDUCATIONS = (
    ("postgraduate", N_("研究生")),
    ("bachelor", N_("大学本科")),
    ("associate", N_("大学专科")),
    ("vocational", N_("中等职业教育")),
    ("senior", N_("高中")),
    ("junior", N_("初中")),
    ("primary", N_("小学及以下")),
)
EMPLOYMENTS = (
    ("established", N_("在编人员")),
    ("contract", N_("劳动合同制")),
    ("dispatched", N_("劳务派遣")),
    ("part_time", N_("非全日制")),
    ("rehired", N_("退休返聘或超龄用工")),
    ("intern", N_("实习")),
    ("other", N_("其他")),
)
WORKER_KINDS = (
    ("civil_servant", N_("公务员或参公人员")),
    ("institution_staff", N_("事业单位工作人员")),
    ("enterprise_staff", N_("企业职工")),
    ("migrant_worker", N_("农民工")),
    ("other", N_("其他")),
)
DEATH = "211"
RETIREMENT = "251"
OTHER_REASON = "229"
# Codes of AAE160 in the bureau's own tables.
LEAVING_REASONS = (
    (DEATH, N_("死亡")),
    ("221", N_("解除劳动合同")),
    ("222", N_("辞职")),
    ("223", N_("辞退")),
    ("224", N_("参军")),
    ("241", N_("统筹区内转出")),
    (RETIREMENT, N_("在职转退休")),
    (OTHER_REASON, N_("其他")),
)

YOUNGEST = 16
"""劳动法 article 15: nobody under 16 may be employed."""

LEAVING_AHEAD = timedelta(days=31)
"""How long before the last day a 人员减少 may be filed."""

NEW = "new_"
"""Begins the names of the fields of ``CHANGING`` that hold what is to be from now on."""


def _field(
    name: str,
    label: str,
    kind: Kind,
    required: bool = False,
    choices: tuple[tuple[str, str], ...] = (),
    hint: str = "",
) -> Field:
    return Field(name, label, kind, required, choices, hint, OF_PEOPLE.get(name, ()))


_DERIVED = N_("证件号码里有的可以不填，自动带出。")
_WHOM = N_("个人编号、证件号码至少填一项。")

JOINING: tuple[Section, ...] = (
    Section(
        N_("证件"),
        (
            _field("id_kind", N_("证件类型"), "choice", True, DOCUMENT_KINDS),
            _field("id_number", N_("证件号码"), "code", True),
            _field("name", N_("姓名"), "text", True),
        ),
    ),
    Section(
        N_("个人情况"),
        (
            # Sex and birth are required too, but most documents say them: check_joining asks where none does.
            _field("sex", N_("性别"), "choice", False, SEXES, _DERIVED),
            _field("born_on", N_("出生日期"), "date", False, (), _DERIVED),
            _field("nation", N_("民族"), "text"),
            _field("household_kind", N_("户口性质"), "choice", False, HOUSEHOLD_KINDS),
            _field("household_place", N_("户口所在地"), "text"),
            _field("education", N_("文化程度"), "choice", False, EDUCATIONS),
            _field("mobile", N_("手机号"), "mobile", True),
            _field("address", N_("地址"), "text"),
        ),
    ),
    Section(
        N_("参保"),
        (
            _field("employment", N_("用工形式"), "choice", True, EMPLOYMENTS),
            _field("worker_kind", N_("个人身份"), "choice", False, WORKER_KINDS),
            _field("work_from", N_("参加工作日期"), "date"),
            _field("wage", N_("缴费工资（元/月）"), "money", True, (), N_("填一个月的工资，不是全年的。")),
            _field("cover_from", N_("参保日期"), "date", True),
            _field("insurances", N_("险种"), "choices", True, CHOICES),
            _field(
                "over_age_reason",
                N_("超龄原因"),
                "text",
                hint=N_("已到退休年龄的才填，如退休返聘、延迟退休。"),
            ),
            _field("note", N_("备注"), "longtext"),
        ),
    ),
)
LEAVING: tuple[Section, ...] = (
    Section(
        N_("减少的人员"),
        (
            _field("person_no", N_("个人编号"), "code", hint=_WHOM),
            _field("id_number", N_("证件号码"), "code"),
            _field("name", N_("姓名"), "text", True),
        ),
    ),
    Section(
        N_("减少情况"),
        (
            _field("reason", N_("减少原因"), "choice", True, LEAVING_REASONS),
            _field("left_on", N_("离职日期"), "date", True, (), N_("在本单位的最后一天；死亡的填死亡日期。")),
            _field("last_month", N_("最后缴费月份"), "month", True),
            _field("insurances", N_("险种"), "choices", True, CHOICES),
            _field("note", N_("备注"), "longtext"),
        ),
    ),
)
CHANGING: tuple[Section, ...] = (
    Section(
        N_("变更的人员"),
        (
            _field("person_no", N_("个人编号"), "code", hint=_WHOM),
            _field("id_number", N_("现登记的证件号码"), "code"),
            _field("name", N_("现登记的姓名"), "text", True),
        ),
    ),
    Section(
        N_("变更后的内容"),
        (
            _field("new_name", N_("新姓名"), "text"),
            _field("new_id_kind", N_("新证件类型"), "choice", False, DOCUMENT_KINDS),
            _field("new_id_number", N_("新证件号码"), "code"),
            _field("new_sex", N_("新性别"), "choice", False, SEXES),
            _field("new_born_on", N_("新出生日期"), "date"),
            _field("new_mobile", N_("新手机号"), "mobile"),
            _field("new_nation", N_("新民族"), "text"),
            _field("new_household_kind", N_("新户口性质"), "choice", False, HOUSEHOLD_KINDS),
            _field("new_household_place", N_("新户口所在地"), "text"),
            _field("new_address", N_("新地址"), "text"),
            _field("reason", N_("变更原因"), "longtext", True),
        ),
    ),
)
JOINING_FIELDS = fields_of(JOINING)
LEAVING_FIELDS = fields_of(LEAVING)
CHANGING_FIELDS = fields_of(CHANGING)


def completed(content: Mapping[str, Any]) -> dict[str, Any]:
    """Cleaned values of any of the three forms, as they are kept.

    Names and document numbers are in one spelling, and a blank sex or birth is what the document says. A field
    that ``clean_fields`` refused is missing from ``content`` and stays missing.
    """
    done = dict(content)
    for prefix in ("", NEW):
        if name := done.get(f"{prefix}name"):
            done[f"{prefix}name"] = normalise_name(name, done.get(f"{prefix}id_kind") or "")
        document = read_document(done, prefix)
        if not isinstance(document, Document):
            continue
        done[f"{prefix}id_number"] = document.number
        if done.get(f"{prefix}sex") == "" and document.sex:
            done[f"{prefix}sex"] = document.sex
        if done.get(f"{prefix}born_on", "") is None and document.born_on:
            done[f"{prefix}born_on"] = document.born_on.isoformat()
    return done


def age_on(born: date, day: date) -> int:
    """Whole years of age on a day; a birthday counts from its morning."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def check_joining(
    content: Mapping[str, Any], today: date, retirement_ages: Mapping[str, int]
) -> list[Refusal]:
    """What speaks against a 人员新增, from its cleaned values; empty when nothing does.

    ``retirement_ages`` are whole years by sex, as they stand in the region on the day of cover; whoever has
    reached them needs ``over_age_reason``. Fields missing from ``content`` are passed over: ``clean_fields``
    refused them already. Sources: 劳动法 article 15, 社会保险法 article 58; GB 11643-1999 for sex and birth.
    """
    person = completed(content)
    # A number that is wrong will say sex and birth once it is right: nobody need type them meanwhile.
    derived = () if isinstance(read_document(person), Refusal) else ("sex", "born_on")
    return [
        *_check_blanks(JOINING_FIELDS, person, *derived),
        *_check_identity(JOINING_FIELDS, person, ""),
        *_check_age(person, retirement_ages),
        *_check_dates(person, today),
        *_check_wage(person),
    ]


def check_leaving(content: Mapping[str, Any], today: date) -> list[Refusal]:
    """What speaks against a 人员减少, from its cleaned values; empty when nothing does.

    Wages are owed until the last day, so the last month paid is the month of ``left_on`` or the one before.
    """
    person = completed(content)
    found = [*_check_blanks(LEAVING_FIELDS, person), *_check_whom(LEAVING_FIELDS, person)]
    left = _day(content, "left_on")
    field = LEAVING_FIELDS["left_on"]
    if left and left > today + LEAVING_AHEAD:
        latest = (today + LEAVING_AHEAD).isoformat()
        found.append(refuse_field("person.left_late", field, left.isoformat(), latest=latest))
    elif left and left > today and content.get("reason") == DEATH:
        found.append(refuse_field("person.death_ahead", field, left.isoformat()))
    if left and (month := content.get("last_month")):
        after = int(month[:4]) * 12 + int(month[4:]) - left.year * 12 - left.month
        if not -1 <= after <= 0:
            code = "person.last_month_late" if after > 0 else "person.last_month_early"
            found.append(refuse_field(code, LEAVING_FIELDS["last_month"], month, left=left.isoformat()))
    if content.get("reason") == OTHER_REASON and not content.get("note", True):
        found.append(refuse_field("person.note_missing", LEAVING_FIELDS["note"], ""))
    return found


def check_changing(content: Mapping[str, Any], today: date) -> list[Refusal]:
    """What speaks against a 人员信息变更, from its cleaned values; empty when nothing does.

    Whether the new values differ from the recorded ones is for whoever has the record.
    """
    person = completed(content)
    found = [*_check_blanks(CHANGING_FIELDS, person), *_check_whom(CHANGING_FIELDS, person)]
    new = [name for name in CHANGING_FIELDS if name.startswith(NEW)]
    if not any(person.get(name, True) for name in new):
        found.append(refuse_field("person.nothing_new", CHANGING_FIELDS["new_name"], ""))
    kind, number = (person.get(NEW + name, True) for name in ("id_kind", "id_number"))
    if bool(kind) != bool(number):
        blank = CHANGING_FIELDS["new_id_number" if kind else "new_id_kind"]
        found.append(refuse_field("person.kind_and_number", blank, ""))
    found += _check_identity(CHANGING_FIELDS, person, NEW)
    born = _day(person, "new_born_on")
    if born and age_on(born, today) < YOUNGEST:
        found.append(_under_age(CHANGING_FIELDS["new_born_on"], born))
    return found


def needs_attachment(content: Mapping[str, Any]) -> bool:
    """Whether a 人员信息变更 touches what the document proves (name, number, birth), so that a copy is needed."""
    return any(content.get(NEW + name) for name in ("name", "id_kind", "id_number", "born_on"))


def _day(content: Mapping[str, Any], name: str) -> date | None:
    text = content.get(name)
    return date.fromisoformat(text) if text else None


def _check_blanks(fields: Mapping[str, Field], person: Mapping[str, Any], *also: str) -> Iterator[Refusal]:
    """What is required and blank: also a number of hyphens, a name of invisible marks, choices of commas."""
    for name, field in fields.items():
        if (field.required or name in also) and person.get(name, True) in ("", None, []):
            yield refuse_field("field.required", field, "")


def _check_whom(fields: Mapping[str, Field], person: Mapping[str, Any]) -> Iterator[Refusal]:
    """Somebody who is insured is named by 个人编号 or by document."""
    if not person.get("person_no", True) and not person.get("id_number", True):
        yield refuse_field("person.whom", fields["id_number"], "")


def _check_identity(fields: Mapping[str, Field], person: Mapping[str, Any], prefix: str) -> Iterator[Refusal]:
    if name := person.get(f"{prefix}name"):
        yield from check_name(fields[f"{prefix}name"], name, person.get(f"{prefix}id_kind") or "")
    document = read_document(person, prefix)
    if isinstance(document, Refusal):
        yield document
    elif document:
        yield from compare_document(document, fields, person, prefix)


def _under_age(field: Field, born: date) -> Refusal:
    return refuse_field("person.under_age", field, born.isoformat(), youngest=YOUNGEST)


def _check_age(person: Mapping[str, Any], retirement_ages: Mapping[str, int]) -> Iterator[Refusal]:
    born, cover = _day(person, "born_on"), _day(person, "cover_from")
    if not born or not cover:
        return
    age = age_on(born, cover)
    retires = retirement_ages.get(person.get("sex") or "")
    if age < YOUNGEST:
        yield _under_age(JOINING_FIELDS["born_on"], born)
    elif retires is not None and age >= retires and not person.get("over_age_reason", True):
        yield refuse_field("person.over_age", JOINING_FIELDS["over_age_reason"], "", age=age)


def _check_dates(person: Mapping[str, Any], today: date) -> Iterator[Refusal]:
    born, work, cover = (_day(person, name) for name in ("born_on", "work_from", "cover_from"))
    if work and born and work <= born:
        yield refuse_field("person.work_before_birth", JOINING_FIELDS["work_from"], work.isoformat())
    elif work and cover and work > cover:
        yield refuse_field("person.work_after_cover", JOINING_FIELDS["work_from"], work.isoformat())
    late = [code for code in person.get("insurances") or () if cover and cover > _latest_cover(code, today)]
    if cover and late:
        latest = min(_latest_cover(code, today) for code in late).isoformat()
        field = JOINING_FIELDS["cover_from"]
        yield refuse_field("person.cover_late", field, cover.isoformat(), latest=latest, insurances=late)


def _latest_cover(insurance: str, today: date) -> date:
    """工伤 may begin on the morrow; the others are counted by months, of which the present one is the last."""
    if insurance == INJURY:
        return today + timedelta(days=1)
    return today.replace(day=monthrange(today.year, today.month)[1])


def _check_wage(person: Mapping[str, Any]) -> Iterator[Refusal]:
    fen, field = person.get("wage"), JOINING_FIELDS["wage"]
    if fen is not None and not NOT_DECLARED_BELOW_FEN <= fen <= MAX_WAGE_FEN:
        code = "person.wage_too_small" if fen < NOT_DECLARED_BELOW_FEN else "person.wage_too_large"
        yield refuse_field(code, field, "", fen=fen)
