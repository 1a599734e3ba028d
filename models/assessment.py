"""核定应缴: what a unit that never declared is taken to owe, entered by one person of the bureau, released by another."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Index, func, select, text
from sqlmodel import Field, Session, SQLModel

from models.account import Account
from models.db import UtcDateTime
from models.levy import Levy, LevyItem
from models.office import Office, within
from models.unit import Unit

COUNTS = "state IN ('entered', 'released')"


class Assessment(SQLModel, table=True):
    """The amount (fen) by which a unit is assessed in one 险种 for a month: ``percent`` of ``last_fen``, that of the last month.

    ``last_levy_id`` is the 征集单 that ``last_fen`` comes from. One counts for a unit, 险种 and month.
    """

    __table_args__ = (
        CheckConstraint("state IN ('entered', 'released', 'dropped')", name="assessment_state"),
        CheckConstraint("state <> 'released' OR decided_by <> entered_by", name="assessment_two"),
        CheckConstraint("last_fen > 0 AND assessed_fen > 0", name="assessment_amounts"),
        Index(
            "assessment_once",
            "unit_id",
            "insurance",
            "month",
            unique=True,
            sqlite_where=text(COUNTS),
            postgresql_where=text(COUNTS),
        ),
        Index("assessment_of_region", "region_code", "state", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    region_code: str = Field(foreign_key="region.code")
    unit_id: int = Field(foreign_key="unit.id")
    insurance: str = Field(max_length=3)
    year: int
    month: str = Field(max_length=6)
    last_levy_id: int = Field(foreign_key="levy.id")
    last_fen: int = Field(sa_type=BigInteger)
    percent: int
    assessed_fen: int = Field(sa_type=BigInteger)
    state: str = "entered"
    reason: str
    entered_by: int = Field(foreign_key="account.id")
    entered_at: datetime = Field(sa_type=UtcDateTime)
    decided_by: int | None = Field(default=None, foreign_key="account.id")
    decided_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    drop_reason: str = ""


def list_last_levies(
    session: Session, unit_ids: list[int], insurances: tuple[str, ...], month: str
) -> list[tuple[Levy, int]]:
    """What these units were levied for a month itself (正常), in fen, by unit and 险种; nothing levied is left out."""
    normal_fen = func.sum(LevyItem.employer_fen + LevyItem.employee_fen)
    query = (
        select(Levy, normal_fen)
        .join(LevyItem, LevyItem.levy_id == Levy.id)
        .where(
            Levy.unit_id.in_(unit_ids),
            Levy.insurance.in_(insurances),
            Levy.month == month,
            Levy.state == "issued",
            LevyItem.kind == "normal",
        )
        .group_by(Levy)
        .having(normal_fen > 0)
        .order_by(Levy.unit_id, Levy.insurance)
    )
    return [(levy, int(fen)) for levy, fen in session.execute(query)]


def list_assessments(
    session: Session, office: Office, states: tuple[str, ...], limit: int = 500
) -> list[tuple[Assessment, Unit, str]]:
    """Assessments of an office with their units and the name of whoever entered them, the latest first."""
    query = (
        select(Assessment, Unit, Account.display_name)
        .join(Unit, Unit.id == Assessment.unit_id)
        .join(Account, Account.id == Assessment.entered_by)
        .where(within(office, Assessment.region_code, Assessment.unit_id), Assessment.state.in_(states))
        .order_by(Assessment.id.desc())
        .limit(limit)
    )
    return [(one, unit, name) for one, unit, name in session.execute(query)]


def list_entered(session: Session, office: Office, ids: list[int]) -> list[Assessment]:
    """Those of these that wait for release, to be decided now."""
    query = select(Assessment).where(
        within(office, Assessment.region_code, Assessment.unit_id),
        Assessment.id.in_(ids),
        Assessment.state == "entered",
    )
    return list(session.scalars(query.order_by(Assessment.id).with_for_update()))


def list_assessed(session: Session, unit_ids: list[int], month: str) -> set[tuple[int, str]]:
    """Which of these units (number, 险种) are assessed for a month, released or not."""
    query = select(Assessment.unit_id, Assessment.insurance).where(
        Assessment.unit_id.in_(unit_ids), Assessment.month == month, text(COUNTS)
    )
    return {(unit_id, insurance) for unit_id, insurance in session.execute(query)}


def list_unit_assessments(session: Session, unit_id: int, month: str) -> list[Assessment]:
    """What was released of a unit for a month."""
    query = select(Assessment).where(
        Assessment.unit_id == unit_id, Assessment.month == month, Assessment.state == "released"
    )
    return list(session.scalars(query.order_by(Assessment.insurance)))
