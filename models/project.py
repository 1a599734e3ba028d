"""A building project insured as a whole (按项目参保): its terms, what it owes, and who works on it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, func, select
from sqlmodel import Field, Session, SQLModel

from models.db import Json, UtcDateTime

STATES = ("unpaid", "covered", "completed", "ended")
"""待缴费, 参保中, 已竣工, 终止; what comes before is its filing's state."""


class Project(SQLModel, table=True):
    """A project of a 总承包 unit; money in fen, ``labour_permille`` is 人工费占比, days are both included.

    Insured from ``starts_on`` to ``ends_on`` or, extended, ``extended_to``; never before it is paid for.
    """

    __table_args__ = (
        UniqueConstraint("region_code", "contract_no", name="project_contract"),
        CheckConstraint("state IN ('unpaid', 'covered', 'completed', 'ended')", name="project_state"),
        CheckConstraint("ends_on > starts_on", name="project_dates"),
        CheckConstraint("contract_fen > 0", name="project_price"),
        Index("project_of_unit", "unit_id", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    project_no: str = Field(unique=True, max_length=20)
    region_code: str = Field(foreign_key="region.code")
    unit_id: int = Field(foreign_key="unit.id")
    name: str
    kind: str = ""
    place_code: str = ""
    builder: str = ""
    subcontractors: str = ""
    licence_no: str = ""
    contract_no: str
    contract_fen: int = Field(sa_type=BigInteger)
    labour_permille: int = 0
    starts_on: date
    ends_on: date
    extended_to: date | None = None
    completed_on: date | None = None
    manager: str = ""
    manager_phone: str = ""
    state: str = "unpaid"
    version: int = 1
    created_at: datetime = Field(sa_type=UtcDateTime)

    @property
    def covered_to(self) -> date:
        """The last day of cover once it is paid for."""
        return self.completed_on or self.extended_to or self.ends_on


class ProjectCharge(SQLModel, table=True):
    """What a project owes for its price or for a higher one (应缴), in fen; ``terms`` are the inputs of the formula."""

    __tablename__ = "project_charge"
    __table_args__ = (
        CheckConstraint("amount_fen >= 0", name="project_charge_sign"),
        CheckConstraint("reason IN ('first', 'price')", name="project_charge_reason"),
    )

    id: int | None = Field(default=None, primary_key=True)
    project_id: int = Field(foreign_key="project.id", index=True)
    reason: str
    contract_fen: int = Field(sa_type=BigInteger)
    amount_fen: int = Field(sa_type=BigInteger)
    terms: Any = Field(sa_type=Json)
    filing_id: int | None = Field(default=None, foreign_key="filing.id")
    charged_at: datetime = Field(sa_type=UtcDateTime)
    paid_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    paid_by: int | None = Field(default=None, foreign_key="account.id")
    voucher: str = ""


class ProjectWorker(SQLModel, table=True):
    """Somebody on the real-name roster (实名花名册) of a project, from ``in_on`` to ``out_on``."""

    __tablename__ = "project_worker"
    __table_args__ = (
        UniqueConstraint("project_id", "id_kind", "id_number", "in_on", name="project_worker_once"),
        CheckConstraint("out_on IS NULL OR out_on >= in_on", name="project_worker_dates"),
    )

    id: int | None = Field(default=None, primary_key=True)
    project_id: int = Field(foreign_key="project.id")
    name: str
    id_kind: str = "01"
    id_number: str = Field(max_length=30)
    team: str = ""
    trade: str = ""
    mobile: str = ""
    in_on: date
    out_on: date | None = None
    version: int = 1


def find_project(session: Session, unit_id: int, project_id: int, *, lock: bool = False) -> Project | None:
    """A unit's own project."""
    query = select(Project).where(Project.id == project_id, Project.unit_id == unit_id)
    return session.scalars(query.with_for_update() if lock else query).first()


def list_projects(session: Session, unit_id: int) -> list[Project]:
    """A unit's projects, the newest first."""
    return list(
        session.scalars(select(Project).where(Project.unit_id == unit_id).order_by(Project.id.desc()))
    )


def list_charges(session: Session, project_id: int) -> list[ProjectCharge]:
    query = select(ProjectCharge).where(ProjectCharge.project_id == project_id).order_by(ProjectCharge.id)
    return list(session.scalars(query))


def list_workers(session: Session, project_id: int, after: int = 0, limit: int = 50) -> list[ProjectWorker]:
    """Workers on a project's roster in the order in which they were entered."""
    query = select(ProjectWorker).where(ProjectWorker.project_id == project_id, ProjectWorker.id > after)
    return list(session.scalars(query.order_by(ProjectWorker.id).limit(limit)))


def count_workers(session: Session, project_id: int, on: date) -> tuple[int, int]:
    """How many stand on a project's roster, and how many of them are on the site on a day."""
    here = (ProjectWorker.in_on <= on) & (ProjectWorker.out_on.is_(None) | (ProjectWorker.out_on >= on))
    query = select(func.count(), func.count().filter(here)).where(ProjectWorker.project_id == project_id)
    all_of_them, there = session.execute(query).one()
    return all_of_them, there
