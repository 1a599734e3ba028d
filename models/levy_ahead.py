"""What a unit's next month is looked at beside: the month that was issued last, and what was confirmed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import and_, bindparam, select
from sqlmodel import Session

from models.filing import Filing
from models.levy import Levy, LevyConfirmation, LevyDetail, LevyItem, LevyRun
from models.levy_facts import SETTLING
from models.person import Enrolment, Person
from models.ready import Ready
from rules.levies import Part

FILINGS_NAMED = 20


def find_last_issued(session: Session, region_code: str) -> LevyRun | None:
    """The run of the latest month that counts."""
    query = select(LevyRun).where(LevyRun.region_code == region_code, LevyRun.state == "issued")
    return session.scalars(query.order_by(LevyRun.month.desc()).limit(1)).first()


_LEVIED = Ready(
    select(
        Levy.insurance,
        LevyDetail.person_id,
        LevyDetail.wage_fen,
        LevyDetail.base_fen,
        LevyDetail.before_fen,
        LevyDetail.adjustment,
        LevyDetail.employee_fen,
        LevyDetail.filing_id,
    )
    .join(LevyItem, and_(LevyItem.levy_id == LevyDetail.levy_id, LevyItem.seq == LevyDetail.seq))
    .join(Levy, Levy.id == LevyItem.levy_id)
    .where(
        Levy.unit_id == bindparam("unit_id"),
        Levy.month == bindparam("month"),
        Levy.state == "issued",
        LevyItem.kind == "normal",
    )
)


def list_levied(session: Session, unit_id: int, month: str) -> dict[str, dict[int, Part]]:
    """Who was levied for a month itself (正常), by 险种 and number."""
    found: dict[str, dict[int, Part]] = {}
    for row in _LEVIED.rows(session, unit_id=unit_id, month=month):
        found.setdefault(row[0], {})[row[1]] = Part._make(row[1:])
    return found


def find_confirmation(session: Session, unit_id: int, month: str) -> LevyConfirmation | None:
    """What the unit confirmed of a month."""
    return session.get(LevyConfirmation, (unit_id, month))


def list_own_filings(session: Session, unit_id: int, ids: Iterable[int]) -> dict[int, Filing]:
    """These filings of a unit by number."""
    query = select(Filing).where(Filing.unit_id == unit_id, Filing.id.in_(sorted(set(ids))))
    return {filing.key: filing for filing in session.scalars(query)}


def list_approved_since(session: Session, unit_id: int, since: datetime) -> list[Filing]:
    """What was approved for a unit after a moment and may change what it owes, the newest first."""
    query = select(Filing).where(
        Filing.unit_id == unit_id,
        Filing.state == "approved",
        Filing.kind.in_(SETTLING),
        Filing.decided_at > since,
    )
    return list(session.scalars(query.order_by(Filing.decided_at.desc()).limit(FILINGS_NAMED)))


def list_named(session: Session, ids: Iterable[int]) -> dict[int, Person]:
    """These people by number."""
    query = select(Person).where(Person.id.in_(sorted(set(ids))))
    return {person.id or 0: person for person in session.scalars(query)}


def list_covers(session: Session, unit_id: int, insurance: str, ids: Iterable[int]) -> dict[int, Enrolment]:
    """The latest cover of these people through a unit in an 险种, by person."""
    query = select(Enrolment).where(
        Enrolment.unit_id == unit_id,
        Enrolment.insurance == insurance,
        Enrolment.person_id.in_(sorted(set(ids))),
    )
    return {one.person_id: one for one in session.scalars(query.order_by(Enrolment.from_month, Enrolment.id))}
