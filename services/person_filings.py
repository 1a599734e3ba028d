"""人员新增, 人员减少 and 人员信息变更: what stands against each, what it holds, and what approval does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from models import audit
from models.account import Actor
from models.db import upsert
from models.declaration import Declaration
from models.filing import Filing
from models.filing_parts import FilingLine, find_holder
from models.person import Enrolment, Person, PersonBase, find_person, list_active
from models.region import find_parameter, first_day, get_region, list_bounds
from rules.fields import N_
from rules.id_documents import document_key, normalise_name
from rules.insurances import INJURY
from rules.people import (
    CHANGING,
    DEATH,
    JOINING,
    LEAVING,
    NEW,
    RETIREMENT,
    check_changing,
    check_joining,
    check_leaving,
    completed,
    needs_attachment,
)
from rules.refusals import Refusal
from rules.wages import contribution_base
from services.kinds import Asked, Checked, Content, Kind

DETAILS = ("nation", "household_kind", "household_place", "education", "address", "work_from", "worker_kind")
"""What a person's record keeps beside its columns."""


def retirement_ages(session: Session, region_code: str, on: date) -> Mapping[str, int]:
    """The ages in force in a region on a day, by sex; empty where it set none."""
    found: Mapping[str, int] | None = find_parameter(session, region_code, "retirement_age", on)
    return found or {}


def _check_in(session: Session, asked: Asked, checked: Checked) -> Iterator[Refusal]:
    """人员新增: the form, then what the bureau's records say, without telling what is another unit's."""
    content = checked.content = completed(checked.content)
    yield from check_joining(content, asked.today, retirement_ages(session, asked.region_code, asked.today))
    checked.title = content["name"]
    person = find_person(session, content["id_kind"], content["id_number"])
    if person is not None:
        if normalise_name(person.name, person.id_kind) != content["name"]:
            yield Refusal("person.name_differs", "name")
            return
        checked.person_id = person.id
    bounds = list_bounds(session, asked.region_code, first_day(_month(content["cover_from"])))
    if missing := [code for code in content["insurances"] if code not in bounds]:
        yield Refusal("submit.no_bounds", "insurances", insurances=missing)
    if person is not None:
        yield from _already_insured(session, asked, person, content["insurances"])
    yield from _held(session, asked, _keys(content, asked.unit_id))


def _already_insured(
    session: Session, asked: Asked, person: Person, insurances: list[str]
) -> Iterator[Refusal]:
    active = list_active(session, person.id or 0)
    here = [code for code in insurances if (asked.unit_id, code) in active]
    if here:
        yield Refusal("person.already_here", "insurances", insurances=here)
    elsewhere = [
        code
        for code in insurances
        if code != INJURY and code not in here and any(c == code for _u, c in active)
    ]
    if elsewhere:
        yield Refusal("person.insured_elsewhere", "insurances", insurances=elsewhere)


def _check_out(session: Session, asked: Asked, checked: Checked) -> Iterator[Refusal]:
    """人员减少: somebody insured here, in the 险种 that are to end."""
    content = checked.content = completed(checked.content)
    yield from check_leaving(content, asked.today)
    checked.title = content["name"]
    person = _own_person(session, asked, checked, content["id_number"])
    if person is None:
        yield Refusal("person.not_here", "id_number")
        return
    if normalise_name(person.name, person.id_kind) != normalise_name(content["name"], person.id_kind):
        yield Refusal("person.other_name", "name", name=person.name)
        return
    active = list_active(session, person.id or 0)
    absent = [code for code in content["insurances"] if (asked.unit_id, code) not in active]
    if absent:
        yield Refusal("person.not_insured", "insurances", insurances=absent)
        return
    starts = [active[asked.unit_id, code].from_month for code in content["insurances"]]
    if starts and content["last_month"] < max(starts):
        yield Refusal("person.last_before_first", "last_month", month=max(starts))
    yield from _held(session, asked, _keys(content, asked.unit_id))


def _check_change(session: Session, asked: Asked, checked: Checked) -> Iterator[Refusal]:
    """人员信息变更: somebody insured here, and something that becomes different."""
    content = checked.content = completed(checked.content)
    yield from check_changing(content, asked.today)
    checked.title = content["name"]
    person = _own_person(session, asked, checked, content["id_number"], content["person_no"])
    if person is None:
        yield Refusal("person.not_here", "id_number" if content["id_number"] else "person_no")
        return
    if normalise_name(person.name, person.id_kind) != normalise_name(content["name"], person.id_kind):
        yield Refusal("person.other_name", "name", name=person.name)
        return
    if not changes_of(person, content):
        yield Refusal("person.nothing_changed")
    if content["new_id_number"]:
        other = find_person(session, content["new_id_kind"] or person.id_kind, content["new_id_number"])
        if other is not None and other.id != person.id:
            yield Refusal("person.number_taken", "new_id_number")
    yield from _held(session, asked, [_change_key(person.id)])


def _own_person(
    session: Session, asked: Asked, checked: Checked, id_number: str, person_no: str = ""
) -> Person | None:
    """Somebody insured through the unit now, by document or 个人编号."""
    query = (
        select(Person)
        .join(Enrolment, Enrolment.person_id == Person.id)
        .where(Enrolment.unit_id == asked.unit_id, Enrolment.state == "active")
    )
    query = (
        query.where(Person.id_number == id_number)
        if id_number
        else query.where(Person.person_no == person_no)
    )
    person: Person | None = session.scalars(query.limit(1)).first()
    checked.person_id = person.id if person else None
    return person


def _held(session: Session, asked: Asked, keys: list[str]) -> Iterator[Refusal]:
    """What another pending filing asks for already: this unit's by its number, another's by nothing."""
    holder = find_holder(session, keys)
    if holder is None or holder.filing_id == asked.filing_id:
        return
    other = session.get_one(Filing, holder.filing_id)
    if other.unit_id == asked.unit_id:
        yield Refusal("filing.held_here", number=other.receipt_no)
    else:
        yield Refusal("filing.held_elsewhere")


def _keys(content: Content, unit_id: int | None) -> list[str]:
    """医疗 and 生育 may be asked for once everywhere, 工伤 once in each unit."""
    person = document_key(content.get("id_number") or "")
    return [
        f"person:{person}:{code}" + (f":{unit_id}" if code == INJURY else "")
        for code in content.get("insurances") or ()
    ]


def _change_key(person_id: int | None) -> str:
    return f"person:{person_id}:record"


def _holds(filing: Filing, line: FilingLine) -> list[str]:
    return _keys(line.content, filing.unit_id)


def _holds_change(_filing: Filing, line: FilingLine) -> list[str]:
    return [_change_key(line.person_id)] if line.person_id else []


def changes_of(person: Person, content: Content) -> dict[str, tuple[Any, Any]]:
    """What a 人员信息变更 would make different: by field, what is and what will be."""
    found = {}
    for name, new in content.items():
        plain = name.removeprefix(NEW)
        if not name.startswith(NEW) or new in ("", None):
            continue
        old = person.details.get(plain, "") if plain in DETAILS else getattr(person, plain)
        old = old.isoformat() if isinstance(old, date) else old or ""
        if old != new:
            found[plain] = (old, new)
    return found


def _take_in(session: Session, actor: Actor, filing: Filing, lines: list[FilingLine], now: datetime) -> None:
    """Everybody of the filing is insured from the month of the first day on, with a base of the first wage."""
    unit_id = filing.own_unit_id
    region = get_region(session, filing.region_code)
    for line in lines:
        content = line.content
        person = _person_of(session, filing, content)
        line.person_id = person.id
        session.add(line)
        month = _month(content["cover_from"])
        bounds = list_bounds(session, filing.region_code, first_day(month))
        for code in content["insurances"]:
            session.add(
                Enrolment(
                    unit_id=unit_id,
                    person_id=person.id,
                    insurance=code,
                    from_month=month,
                    cover_from=date.fromisoformat(content["cover_from"]),
                    employment=content["employment"],
                    in_filing_id=filing.key,
                )
            )
            base = contribution_base(content["wage"], 1, bounds[code])
            _set_base(
                session, filing, person, code, month, content["wage"], base, region.wage_basis == "annual"
            )
        _flush(session, content["insurances"])
    _mark_stale(session, unit_id)


def _set_base(
    session: Session,
    filing: Filing,
    person: Person,
    code: str,
    month: str,
    wage_fen: int,
    base: Any,
    annual: bool,
) -> None:
    key = ["unit_id", "person_id", "insurance", "effective_month"]
    row = {
        "unit_id": filing.own_unit_id,
        "person_id": person.id,
        "insurance": code,
        "year": int(month[:4]),
        "effective_month": month,
        "wage_fen": wage_fen * 12 if annual else wage_fen,
        "base_fen": base.base_fen,
        "adjustment": base.adjustment,
        "filing_id": filing.key,
    }
    session.connection().execute(upsert(PersonBase, key), row)


def _person_of(session: Session, filing: Filing, content: Content) -> Person:
    """The person known by this document, or a new record with a 个人编号 of its own."""
    person = find_person(session, content["id_kind"], content["id_number"])
    if person is not None:
        if normalise_name(person.name, person.id_kind) != content["name"]:
            raise Refusal("person.name_differs", "name")
        return person
    person = Person(
        # Replaced by the number made from the id, as soon as there is one.
        person_no=f"?{filing.key}-{document_key(content['id_number'])}"[:20],
        name=content["name"],
        id_kind=content["id_kind"],
        id_number=content["id_number"],
        sex=content["sex"] or "",
        born_on=date.fromisoformat(content["born_on"]) if content["born_on"] else None,
        mobile=content["mobile"],
        details={name: content[name] for name in DETAILS if content.get(name)},
    )
    session.add(person)
    session.flush()
    person.person_no = f"{filing.region_code[:2]}{person.id:08d}"
    session.add(person)
    session.flush()
    return person


def _take_out(session: Session, actor: Actor, filing: Filing, lines: list[FilingLine], now: datetime) -> None:
    """The 险种 named end with their last month; death and retirement end them for good, all else suspends."""
    for line in lines:
        content = line.content
        changed = session.connection().execute(
            update(Enrolment)
            .where(
                Enrolment.unit_id == filing.own_unit_id,
                Enrolment.person_id == line.person_id,
                Enrolment.insurance.in_(content["insurances"]),
                Enrolment.state == "active",
            )
            .values(
                state="ended" if content["reason"] in (DEATH, RETIREMENT) else "suspended",
                to_month=content["last_month"],
                left_on=date.fromisoformat(content["left_on"]),
                left_reason=content["reason"],
                out_filing_id=filing.key,
            )
        )
        if changed.rowcount != len(content["insurances"]):
            raise Refusal("review.no_longer", name=line.title)
    _mark_stale(session, filing.own_unit_id)


def _change(session: Session, actor: Actor, filing: Filing, lines: list[FilingLine], now: datetime) -> None:
    """The person's record says the new values from now on, for every unit that insures them."""
    for line in lines:
        person = session.get_one(Person, line.person_id, with_for_update=True)
        changes = changes_of(person, line.content)
        details = dict(person.details)
        for name, (_old, new) in changes.items():
            if name in DETAILS:
                details[name] = new
            else:
                setattr(person, name, date.fromisoformat(new) if name == "born_on" else new)
        person.details = details
        person.version += 1
        session.add(person)
        try:
            session.flush()
        except IntegrityError:
            raise Refusal("person.number_taken", "new_id_number") from None
        audit.record(
            session,
            actor,
            "person_changed",
            "person",
            person.id,
            now,
            unit_id=filing.unit_id,
            before={name: old for name, (old, _new) in changes.items()},
            after={name: new for name, (_old, new) in changes.items()},
        )
        units = select(Enrolment.unit_id).where(Enrolment.person_id == person.id, Enrolment.state == "active")
        for unit_id in session.scalars(units.distinct()):
            _mark_stale(session, unit_id)


def _mark_stale(session: Session, unit_id: int) -> None:
    """An open wage declaration offers 刷新名单."""
    session.connection().execute(
        update(Declaration)
        .where(Declaration.unit_id == unit_id, Declaration.state == "open")
        .values(is_list_stale=True)
    )


def _flush(session: Session, insurances: list[str]) -> None:
    """The database lets one unit have a person's 医疗 and 生育, and each unit have a 险种 once."""
    try:
        session.flush()
    except IntegrityError:
        raise Refusal("person.insured_elsewhere", "insurances", insurances=insurances) from None


def _month(day: str) -> str:
    return day[:4] + day[5:7]


KINDS = (
    Kind("person_in", N_("人员新增"), JOINING, _check_in, _holds, _take_in, is_batch=True),
    Kind("person_out", N_("人员减少"), LEAVING, _check_out, _holds, _take_out, is_batch=True),
    Kind(
        "person_change",
        N_("人员信息变更"),
        CHANGING,
        _check_change,
        _holds_change,
        _change,
        needs_attachment=needs_attachment,
        is_batch=True,
    ),
)
