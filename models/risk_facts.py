"""The figures behind the flags of a request: its own wages, last year's, and those of units of its kind."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import and_, case, func, select
from sqlmodel import Session

from models.case import Case, case_conditions
from models.filing import Filing, SnapshotRow
from models.person import Enrolment, PersonBase
from models.unit import Unit, UnitRate
from rules.filing_states import WAGES
from rules.insurances import INJURY
from rules.money import divide_half_up
from rules.risks import Declared

COUNTED = ("changed", "silent", "below", "left")
PEERS_AT_MOST = 4000
"""So many declarations of others are looked at, the newest first: a region has hardly half as many units."""


def list_declared(session: Session, chosen: Case) -> list[Declared]:
    """The wage and the 变动说明 of everyone who is declared in this part of a snapshot, in no order."""
    query = select(SnapshotRow.wage_fen, SnapshotRow.note).where(
        SnapshotRow.snapshot_id == chosen.snapshot_id, case_conditions(chosen)["declared"]
    )
    return [Declared._make(row) for row in session.connection().execute(query)]


def count_findings(session: Session, chosen: Case) -> dict[str, int]:
    """How many people each of ``COUNTED`` finds, in one scan of the rows."""
    wanted = case_conditions(chosen)
    query = select(*(func.sum(case((wanted[name], 1), else_=0)) for name in COUNTED)).where(
        SnapshotRow.snapshot_id == chosen.snapshot_id
    )
    return dict(
        zip(COUNTED, (int(count or 0) for count in session.connection().execute(query).one()), strict=True)
    )


def list_previous_wages(session: Session, unit_id: int, codes: list[str], year: int) -> list[int]:
    """The wage in fen of everyone whom a unit had declared in any of these 险种 for a year."""
    query = (
        select(func.max(PersonBase.wage_fen))
        .where(PersonBase.unit_id == unit_id, PersonBase.insurance.in_(codes), PersonBase.year == year)
        .group_by(PersonBase.person_id)
    )
    return list(session.connection().execute(query).scalars())


def count_insured(session: Session, unit_id: int) -> dict[str, int]:
    """How many people are insured through a unit now, by 险种."""
    query = (
        select(Enrolment.insurance, func.count())
        .where(Enrolment.unit_id == unit_id, Enrolment.state == "active")
        .group_by(Enrolment.insurance)
    )
    return {code: count for code, count in session.connection().execute(query)}


def list_peer_averages(session: Session, filing: Filing, on: date) -> list[int]:
    """The average declared wage in fen of each other unit of the region that is of the same kind.

    Of the same kind are units of the same type and, where the unit has one on that day, of the same 工伤 industry
    class. Each counts with its newest declaration of this year or the last that waits or was approved.
    """
    industry = session.scalar(select(UnitRate.industry_class).where(*_rated_on(filing.own_unit_id, on)))
    query = (
        select(Filing.unit_id, Filing.wage_total_fen, Filing.people)
        .join(Unit, Unit.id == Filing.unit_id)
        .where(
            Filing.region_code == filing.region_code,
            Filing.year.in_((filing.year, filing.year - 1)),
            Filing.group_code == filing.group_code,
            Filing.kind == WAGES,
            Filing.state.in_(("pending", "approved")),
            Filing.people > 0,
            Filing.unit_id != filing.own_unit_id,
            Unit.kind == select(Unit.kind).where(Unit.id == filing.own_unit_id).scalar_subquery(),
        )
    )
    if industry is not None:
        query = query.join(
            UnitRate, and_(*_rated_on(Filing.unit_id, on), UnitRate.industry_class == industry)
        )
    newest: dict[int, int] = {}
    for unit_id, total, people in session.execute(query.order_by(Filing.id.desc()).limit(PEERS_AT_MOST)):
        newest.setdefault(unit_id, divide_half_up(total, people))
    return list(newest.values())


def _rated_on(unit_id: Any, on: date) -> tuple[Any, ...]:
    return (
        UnitRate.unit_id == unit_id,
        UnitRate.insurance == INJURY,
        UnitRate.valid_from <= on,
        UnitRate.valid_to > on,
    )
