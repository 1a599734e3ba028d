"""申报进度: how far every unit of a region is with a year's wages, counted and listed in SQL; and who was reminded."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, case, exists, func, literal, or_, select
from sqlmodel import Field, Session, SQLModel, col

from models.account import Account
from models.db import UtcDateTime
from models.declaration import Declaration, DeclarationInsurance
from models.filing import REVIEWED_STATES, Filing
from models.office import Office, within
from models.person import Enrolment
from models.unit import Unit
from rules.filing_states import WAGES
from rules.insurances import Group

STATES = ("not_started", "drafting", "late", "returned", "waiting", "approved")
"""未开始, 录入中, 逾期未报, 退回, 待审核, 审核通过: every unit that has people in a group is in one of them.

After the last day of the window, whoever has handed nothing in is late, begun or not.
"""
UNITS_A_PAGE = 100
CITY = 4
"""The first digits of an office's code: its 盟市. Source: GB/T 2260."""


class Reminder(SQLModel, table=True):
    """That the units in a state were reminded of their declaration; ``units`` is how many there were."""

    id: int | None = Field(default=None, primary_key=True)
    region_code: str = Field(foreign_key="region.code", index=True)
    year: int
    group_code: str
    state: str
    units: int
    sent_by: int = Field(foreign_key="account.id")
    sent_at: datetime = Field(sa_type=UtcDateTime)


class Scope(NamedTuple):
    """Which declarations are looked at: a region's (within ``office``, the beginning of a code), year and group.

    ``is_over``: the window has closed.
    """

    region_code: str
    year: int
    group: Group
    is_over: bool
    office: str = ""


class Search(NamedTuple):
    """Which of them: in a state, with a 单位编号 that begins or a name that contains ``words``; blank is any."""

    state: str = ""
    words: str = ""


class Count(NamedTuple):
    """How many units of a 盟市 (its four digits; "" for the region's own) are in a state."""

    city: str
    state: str
    units: int


class Found(NamedTuple):
    """A unit with its state; ``at`` is when it was handed in, ``filing_id`` the filing that the bureau may look at."""

    unit: Unit
    state: str
    is_begun: bool
    filing_id: int | None
    at: datetime | None


def count_states(session: Session, scope: Scope) -> list[Count]:
    """How many units are in each state, by 盟市."""
    cells = _cells(scope).subquery()
    query = (
        select(cells.c.city, cells.c.state, func.count())
        .group_by(cells.c.city, cells.c.state)
        .order_by(cells.c.city)
    )
    return [Count(city, state, units) for city, state, units in session.execute(query)]


def list_units(
    session: Session, scope: Scope, search: Search, after: int = 0, limit: int | None = UNITS_A_PAGE + 1
) -> list[Found]:
    """The units after a number, in the order of their numbers; one more than a page, so that one knows of the next."""
    cells = _searched(scope, search).where(Unit.id > after).order_by(Unit.id).limit(limit).subquery()
    query = (
        select(Unit, cells.c.state, cells.c.is_begun, cells.c.filing_id, Filing.submitted_at)
        .join(cells, cells.c.unit_id == Unit.id)
        .outerjoin(Filing, Filing.id == cells.c.filing_id)
        .order_by(Unit.id)
    )
    return [Found(*row) for row in session.execute(query)]


def list_unit_ids(session: Session, scope: Scope, search: Search) -> list[int]:
    """The numbers of all units that a search finds."""
    cells = _searched(scope, search).subquery()
    return list(session.scalars(select(cells.c.unit_id).order_by(cells.c.unit_id)))


def list_reminders(session: Session, region_code: str, limit: int = 20) -> list[tuple[Reminder, str]]:
    """The reminders of a region with the name of whoever sent them, the latest first."""
    query = (
        select(Reminder, Account.display_name)
        .join(Account, Account.id == Reminder.sent_by)
        .where(Reminder.region_code == region_code)
        .order_by(Reminder.id.desc())
    )
    return [(reminder, name) for reminder, name in session.execute(query.limit(limit))]


def _searched(scope: Scope, search: Search) -> Select[Any]:
    query = _cells(scope)
    if search.state:
        query = query.where(_state(scope) == search.state)
    if search.words:
        query = query.where(
            or_(
                col(Unit.unit_no).startswith(search.words, autoescape=True),
                col(Unit.name).contains(search.words, autoescape=True),
            )
        )
    return query


def _cells(scope: Scope) -> Select[Any]:
    """One row for each unit that has people in the group."""
    latest = _latest(scope)
    has_people = exists().where(
        Enrolment.unit_id == Unit.id,
        Enrolment.state == "active",
        Enrolment.insurance.in_(scope.group.insurances),
    )
    return (
        select(
            Unit.id.label("unit_id"),
            func.substr(Unit.office_code, 1, CITY).label("city"),
            _state(scope).label("state"),
            _is_begun(scope).label("is_begun"),
            case((Filing.state.in_(REVIEWED_STATES), Filing.id)).label("filing_id"),
        )
        .select_from(Unit)
        .outerjoin(latest, latest.c.unit_id == Unit.id)
        .outerjoin(Filing, Filing.id == latest.c.filing_id)
        .where(within(Office(scope.region_code, scope.office), Unit.region_code, Unit.id), has_people)
    )


def _latest(scope: Scope) -> Any:
    """Each unit's newest filing of the year and group; of declarations that were given up there is none."""
    return (
        select(Filing.unit_id, func.max(Filing.id).label("filing_id"))
        .join(Declaration, and_(Declaration.id == Filing.declaration_id, Declaration.state != "cancelled"))
        .where(
            Filing.region_code == scope.region_code,
            Filing.kind == WAGES,
            Filing.year == scope.year,
            Filing.group_code == scope.group.code,
        )
        .group_by(Filing.unit_id)
        .subquery()
    )


def _is_begun(scope: Scope) -> Any:
    # As a set that is made once: asked for each unit, SQLite goes through the whole table each time.
    begun = select(DeclarationInsurance.unit_id).where(
        DeclarationInsurance.year == scope.year,
        DeclarationInsurance.insurance.in_(scope.group.insurances),
        DeclarationInsurance.is_live,
    )
    return Unit.id.in_(begun)


def _state(scope: Scope) -> Any:
    if scope.is_over:
        not_sent: Any = literal("late")
    else:
        not_sent = case((_is_begun(scope), "drafting"), else_="not_started")
    return case(
        (Filing.state == "approved", "approved"),
        (Filing.state.in_(("submitting", "pending")), "waiting"),
        (Filing.state == "returned", "returned"),
        else_=not_sent,
    )
