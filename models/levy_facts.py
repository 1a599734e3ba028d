"""What a levy is made from: who is insured in a month and with what wage, and what past months still lack.

The queries run over a range of units of one region, and are compiled once: a run asks them again and again.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    and_,
    bindparam,
    cast,
    exists,
    func,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import aliased
from sqlmodel import Session

from models.db import Source, insert_new
from models.filing import Filing
from models.levy import Levy, LevyDetail, LevyItem, LevyRun, LevySettled
from models.person import Enrolment, PersonBase
from models.ready import Ready
from models.region import RegionRate
from models.unit import RATE_SCALE, Unit, UnitRate
from rules.filing_states import WAGES
from rules.levies import Rate

SETTLING = (WAGES, "person_in", "person_out")
"""The kinds of 业务 that may change what a past month was due."""


class Due(NamedTuple):
    """Somebody who is insured in the month; ``wage_fen`` (in the region's basis) None: no wage was ever declared."""

    unit_id: int
    insurance: str
    person_id: int
    wage_fen: int | None
    filing_id: int | None


class Past(NamedTuple):
    """What a past month is due and was levied for somebody whom a request of late touches; money in fen.

    ``wage_fen`` None: no wage is known; ``is_covered``: insured in that month, as is known now.
    """

    unit_id: int
    insurance: str
    person_id: int
    filing_id: int
    for_month: str
    wage_fen: int | None
    is_covered: bool
    levied_fen: int


def _covers(enrolment: Any, month: Any) -> ColumnElement[bool]:
    # Whoever left is suspended or ended, and was insured up to the last month that is paid for.
    return and_(
        enrolment.from_month <= month,
        or_(
            enrolment.to_month >= month,
            and_(enrolment.to_month.is_(None), enrolment.state == "active"),
        ),
    )


def _wage_in(key: Any, month: Any, column: str) -> Any:
    """A column of the base that is in force for a person in a month: the latest that begins no later."""
    base = aliased(PersonBase)
    return (
        select(getattr(base, column))
        .where(
            base.unit_id == key.unit_id,
            base.person_id == key.person_id,
            base.insurance == key.insurance,
            base.effective_month <= month,
        )
        .order_by(base.effective_month.desc())
        .limit(1)
        .scalar_subquery()
    )


_RANGE = and_(Enrolment.unit_id >= bindparam("first"), Enrolment.unit_id <= bindparam("last"))


def _due() -> Any:
    latest = aliased(PersonBase)
    month = bindparam("month")
    newest = (
        select(func.max(latest.effective_month))
        .where(
            latest.unit_id == Enrolment.unit_id,
            latest.person_id == Enrolment.person_id,
            latest.insurance == Enrolment.insurance,
            latest.effective_month <= month,
        )
        .scalar_subquery()
    )
    return (
        select(
            Enrolment.unit_id,
            Enrolment.insurance,
            Enrolment.person_id,
            PersonBase.wage_fen,
            PersonBase.filing_id,
        )
        .outerjoin(
            PersonBase,
            and_(
                PersonBase.unit_id == Enrolment.unit_id,
                PersonBase.person_id == Enrolment.person_id,
                PersonBase.insurance == Enrolment.insurance,
                PersonBase.effective_month == newest,
            ),
        )
        .where(_RANGE, _covers(Enrolment, month))
        .order_by(Enrolment.unit_id, Enrolment.person_id)
    )


def _unsettled() -> Any:
    """Approved requests that no earlier month has settled."""
    settled = (
        exists()
        .where(LevySettled.filing_id == Filing.id, LevySettled.run_id == LevyRun.id)
        .where(LevyRun.month < bindparam("month"))
    )
    return (
        select(Filing.id)
        .join(Unit, Unit.id == Filing.unit_id)
        .where(
            Unit.region_code == bindparam("region"),
            Filing.unit_id >= bindparam("first"),
            Filing.unit_id <= bindparam("last"),
            Filing.state == "approved",
            or_(*(Filing.kind == kind for kind in SETTLING)),
            ~settled,
        )
        .cte("unsettled")
    )


def _past() -> Any:
    asked = _unsettled()

    def touched(table: Any, filing: Any, since: Any) -> Select[Any]:
        return select(
            table.unit_id,
            table.insurance,
            table.person_id,
            asked.c.id.label("filing_id"),
            since.label("since"),
        ).join(asked, asked.c.id == filing)

    keys = union_all(
        touched(Enrolment, Enrolment.in_filing_id, Enrolment.from_month),
        # A month that was paid for already counts in full: what is given back begins with the next.
        touched(Enrolment, Enrolment.out_filing_id, Enrolment.to_month),
        touched(PersonBase, PersonBase.filing_id, PersonBase.effective_month),
    ).subquery("keys")
    run = aliased(LevyRun)
    pairs = (
        select(
            keys.c.unit_id,
            keys.c.insurance,
            keys.c.person_id,
            func.max(keys.c.filing_id).label("filing_id"),
            run.month.label("for_month"),
        )
        .join(run, run.month >= keys.c.since)
        .where(run.region_code == bindparam("region"), run.state == "issued", run.month < bindparam("month"))
        .group_by(keys.c.unit_id, keys.c.insurance, keys.c.person_id, run.month)
        .subquery("pairs")
    )
    covered = (
        exists()
        .where(
            Enrolment.unit_id == pairs.c.unit_id,
            Enrolment.person_id == pairs.c.person_id,
            Enrolment.insurance == pairs.c.insurance,
        )
        .where(_covers(Enrolment, pairs.c.for_month))
    )
    levied = (
        # PostgreSQL adds whole numbers up to a Decimal.
        select(cast(func.coalesce(func.sum(LevyDetail.base_fen), 0), BigInteger))
        .join(LevyItem, and_(LevyItem.levy_id == LevyDetail.levy_id, LevyItem.seq == LevyDetail.seq))
        .join(Levy, Levy.id == LevyItem.levy_id)
        .where(
            Levy.unit_id == pairs.c.unit_id,
            Levy.insurance == pairs.c.insurance,
            Levy.state == "issued",
            Levy.month < bindparam("month"),
            LevyItem.for_month == pairs.c.for_month,
            LevyDetail.person_id == pairs.c.person_id,
        )
        .scalar_subquery()
    )
    return select(
        pairs.c.unit_id,
        pairs.c.insurance,
        pairs.c.person_id,
        pairs.c.filing_id,
        pairs.c.for_month,
        _wage_in(pairs.c, pairs.c.for_month, "wage_fen").label("wage_fen"),
        covered.label("is_covered"),
        levied.label("levied_fen"),
    ).order_by(pairs.c.unit_id, pairs.c.insurance, pairs.c.for_month, pairs.c.person_id)


_DUE = Ready(_due())
_PAST = Ready(_past())
_UNSETTLED = Ready(select(_unsettled().c.id))
_UNITS = Ready(
    select(Unit.id).where(
        Unit.region_code == bindparam("region"), Unit.id >= bindparam("first"), Unit.id <= bindparam("last")
    )
)


def list_due(source: Source, region_code: str, month: str, first: int, last: int) -> list[Due]:
    """Everybody of these units who is insured in a month, by unit and 险种.

    Somebody who left and came back within the month stands there twice, one after the other.
    """
    return [Due._make(row) for row in list_due_rows(source, region_code, month, first, last)]


def list_due_rows(
    source: Source, region_code: str, month: str, first: int, last: int
) -> list[tuple[Any, ...]]:
    """``list_due`` as plain tuples, for the run that reads hundreds of thousands."""
    units = {unit_id for (unit_id,) in _UNITS.rows(source, region=region_code, first=first, last=last)}
    found = _DUE.rows(source, month=month, first=first, last=last)
    if len(units) < last - first + 1:
        # Units of other regions have numbers in between.
        found = [row for row in found if row[0] in units]
    # Within unit and 险种 the people stay in the order of the index.
    found.sort(key=itemgetter(0, 1))
    return found


def list_past(source: Source, region_code: str, month: str, first: int, last: int) -> list[Past]:
    """What the months levied before ``month`` still lack, for whoever a request touches that they did not know of."""
    found = _PAST.rows(source, region=region_code, month=month, first=first, last=last)
    return [Past._make(row) for row in found]


def settle_filings(session: Session, run: LevyRun, first: int, last: int) -> None:
    """Note that the run looks at what approved requests of these units change in past months."""
    found = _UNSETTLED.rows(session, region=run.region_code, month=run.month, first=first, last=last)
    rows = [{"filing_id": filing_id, "run_id": run.key} for (filing_id,) in found]
    if rows:
        session.connection().execute(insert_new(LevySettled, ["filing_id"]), rows)


def list_unit_ids(session: Session, region_code: str, after: int, limit: int) -> list[int]:
    """The next units of a region by number."""
    query = select(Unit.id).where(Unit.region_code == region_code, Unit.id > after)
    return list(session.scalars(query.order_by(Unit.id).limit(limit)))


def list_unit_rates(
    session: Session, region_code: str, on: date, first: int, last: int
) -> dict[tuple[int, str], Rate]:
    """The rates of their own of these units on a day, by unit and 险种."""
    query = (
        select(
            UnitRate.unit_id, UnitRate.insurance, UnitRate.employer_millionths, UnitRate.employee_millionths
        )
        .join(Unit, Unit.id == UnitRate.unit_id)
        .where(
            Unit.region_code == region_code,
            UnitRate.unit_id.between(first, last),
            UnitRate.valid_from <= on,
            UnitRate.valid_to > on,
        )
    )
    return {(unit, code): make_rate(own, theirs) for unit, code, own, theirs in session.execute(query)}


def list_region_rates(session: Session, region_code: str, on: date) -> dict[str, Rate]:
    """The rates of a region on a day, by 险种, for units without one of their own."""
    query = select(RegionRate).where(
        RegionRate.region_code == region_code, RegionRate.valid_from <= on, RegionRate.valid_to > on
    )
    return {
        one.insurance: make_rate(one.employer_millionths, one.employee_millionths)
        for one in session.scalars(query)
    }


def make_rate(employer_millionths: int, employee_millionths: int) -> Rate:
    """A rate as rules have it, from how it is kept."""
    return Rate(Decimal(employer_millionths) / RATE_SCALE, Decimal(employee_millionths) / RATE_SCALE)
