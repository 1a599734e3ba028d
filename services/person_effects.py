"""What approval of 人员新增, 人员减少 and 人员信息变更 does: who is insured from when, and what the record says."""

from __future__ import annotations

from collections.abc import Mapping
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
from models.filing_parts import FilingLine
from models.person import Enrolment, Person, PersonBase, find_person
from models.region import first_day, get_region, list_bounds
from rules.fields import Field
from rules.id_documents import document_key, normalise_name
from rules.people import DEATH, NEW, RETIREMENT
from rules.refusals import Refusal
from rules.wages import Base, contribution_base
from services.kinds import Change, Content

DETAILS = ("nation", "household_kind", "household_place", "education", "address", "work_from", "worker_kind")
"""What a person's record keeps beside its columns."""


def changes_of(person: Person, content: Content) -> dict[str, tuple[Any, Any]]:
    """What a 人员信息变更 would make different: by field, what is and what will be."""
    found = {}
    for name, new in content.items():
        plain = name.removeprefix(NEW)
        if not name.startswith(NEW) or new in ("", None):
            continue
        old = recorded_value(person, plain)
        if old != new:
            found[plain] = (old, new)
    return found


def recorded_value(person: Person, name: str) -> str:
    """A field of a person's record as a form's cleaned value."""
    value = person.details.get(name, "") if name in DETAILS else getattr(person, name)
    return value.isoformat() if isinstance(value, date) else value or ""


def take_in(session: Session, actor: Actor, filing: Filing, lines: list[FilingLine], now: datetime) -> None:
    """Everybody of the filing is insured from the month of the first day on, with a base of the first wage.

    Raises ``Refusal`` ``person.name_differs``, ``submit.no_bounds``, ``review.no_longer`` where things have changed
    since it was submitted; the database lets one unit have a person's 医疗 and 生育, and each unit have a 险种 once.
    """
    region = get_region(session, filing.region_code)
    for line in lines:
        content = line.content
        person = _person_of(session, filing, content)
        line.person_id = person.id
        session.add(line)
        month = month_of(content["cover_from"])
        bounds = list_bounds(session, filing.region_code, first_day(month))
        if missing := [code for code in content["insurances"] if code not in bounds]:
            raise Refusal("submit.no_bounds", "insurances", insurances=missing)
        try:
            for code in content["insurances"]:
                session.add(_enrolment(filing, person, content, code, month))
                # The base names its person and its filing, so these are written first.
                session.flush()
                base = contribution_base(content["wage"], 1, bounds[code])
                _set_base(
                    session, filing, person, code, month, content["wage"], base, region.wage_basis == "annual"
                )
        except IntegrityError:
            # Somebody else insured the person meanwhile.
            raise Refusal("review.no_longer", name=content["name"]) from None
    mark_stale(session, filing.own_unit_id)


def _enrolment(filing: Filing, person: Person, content: Content, code: str, month: str) -> Enrolment:
    assert person.id is not None
    return Enrolment(
        unit_id=filing.own_unit_id,
        person_id=person.id,
        insurance=code,
        from_month=month,
        cover_from=date.fromisoformat(content["cover_from"]),
        employment=content["employment"],
        in_filing_id=filing.key,
    )


def _set_base(
    session: Session,
    filing: Filing,
    person: Person,
    code: str,
    month: str,
    wage_fen: int,
    base: Base,
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
    if person is None:
        try:
            with session.begin_nested():
                return _new_person(session, filing, content)
        except IntegrityError:
            # Another unit's filing about the same person was approved in the same moment.
            person = find_person(session, content["id_kind"], content["id_number"])
    if person is None or normalise_name(person.name, person.id_kind) != content["name"]:
        raise Refusal("person.name_differs", "name")
    return person


def _new_person(session: Session, filing: Filing, content: Content) -> Person:
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


def take_out(session: Session, actor: Actor, filing: Filing, lines: list[FilingLine], now: datetime) -> None:
    """The 险种 named end with their last month; death and retirement end them for good, all else suspends.

    Raises ``Refusal`` ``review.no_longer`` where one of them has ended since.
    """
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
    mark_stale(session, filing.own_unit_id)


def change(session: Session, actor: Actor, filing: Filing, lines: list[FilingLine], now: datetime) -> None:
    """The person's record says the new values from now on, for every unit that insures them.

    Raises ``Refusal`` ``person.number_taken`` where the new document has become another's.
    """
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
            mark_stale(session, unit_id)


def changes_shown(session: Session, line: FilingLine, fields: Mapping[str, Field]) -> list[Change]:
    """What a line of 人员信息变更 makes different, for a table of before and after."""
    person = session.get(Person, line.person_id) if line.person_id else None
    changes = changes_of(person, line.content) if person else {}
    return [Change(fields[NEW + name], old, new) for name, (old, new) in changes.items()]


def mark_stale(session: Session, unit_id: int) -> None:
    """A wage declaration that is open, or may be again when it comes back, offers 刷新名单."""
    session.connection().execute(
        update(Declaration)
        .where(
            Declaration.unit_id == unit_id,
            Declaration.state.in_(("starting", "open", "submitting", "submitted")),
        )
        .values(is_list_stale=True)
    )


def month_of(day: str) -> str:
    """The month YYYYMM of an ISO date."""
    return day[:4] + day[5:7]
