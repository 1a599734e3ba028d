"""A building project insured as a whole (按项目参保): its terms, what it owes, and who works on it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ColumnElement,
    Index,
    UniqueConstraint,
    and_,
    func,
    or_,
    select,
)
from sqlmodel import Field, Session, SQLModel

from models.db import Json, UtcDateTime
from models.filing import Filing
from models.office import Office, within
from models.region import RegionParameter
from models.unit import Unit

STATES = ("unpaid", "covered", "completed", "ended")
"""待缴费, 参保中, 已竣工, 终止; what comes before is its filing's state."""
OPEN_STATES = ("unpaid", "covered")
FORMULA = "project_formula"


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
    def key(self) -> int:
        """The number of a project that is in the database."""
        assert self.id is not None
        return self.id

    @property
    def covered_to(self) -> date:
        """The last day of cover once it is paid for."""
        return self.completed_on or self.extended_to or self.ends_on

    @property
    def is_open(self) -> bool:
        """Whether anything may still be asked for."""
        return self.state in OPEN_STATES

    def standing(self, on: date) -> str:
        """Its state as it shows on a day: paid for is ``waiting`` before 开工, ``expired`` after the last day."""
        if self.state != "covered":
            return self.state
        if on < self.starts_on:
            return "waiting"
        return "expired" if on > self.covered_to else "covered"


class ProjectCharge(SQLModel, table=True):
    """What a project owes for its price or for a changed one (应缴), in fen; ``terms`` are the inputs of the formula.

    ``paid_at`` is the beginning of the day on which the money came in. A charge of 0 is never paid.
    """

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

    @property
    def is_owed(self) -> bool:
        """Whether money is still to come."""
        return self.amount_fen > 0 and self.paid_at is None


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


class Sums(NamedTuple):
    """Of one project: billed and paid in fen, and people on the site."""

    due_fen: int = 0
    paid_fen: int = 0
    on_site: int = 0


def find_project(session: Session, unit_id: int, project_id: int, *, lock: bool = False) -> Project | None:
    """A unit's own project."""
    query = select(Project).where(Project.id == project_id, Project.unit_id == unit_id)
    return session.scalars(query.with_for_update() if lock else query).first()


def find_by_contract(session: Session, region_code: str, contract_no: str) -> Project | None:
    """The region's project with this 合同编号, whosever it is."""
    query = select(Project).where(Project.region_code == region_code, Project.contract_no == contract_no)
    return session.scalars(query).first()


def find_last_number(session: Session, prefix: str) -> str | None:
    """The highest 项目编号 that begins so."""
    return session.scalar(select(func.max(Project.project_no)).where(Project.project_no.startswith(prefix)))


def find_formula(session: Session, region_code: str, on: date) -> RegionParameter | None:
    """The region's formula of 应缴 in force on a day, with its source and dates."""
    query = select(RegionParameter).where(
        RegionParameter.region_code == region_code,
        RegionParameter.name == FORMULA,
        RegionParameter.valid_from <= on,
        RegionParameter.valid_to > on,
    )
    return session.scalars(query).first()


def list_projects(
    session: Session, unit_id: int, before: int | None = None, limit: int | None = None
) -> list[Project]:
    """A unit's projects, the newest first, those before a number."""
    query = select(Project).where(Project.unit_id == unit_id)
    if before is not None:
        query = query.where(Project.id < before)
    return list(session.scalars(query.order_by(Project.id.desc()).limit(limit)))


def list_unpaid(session: Session, unit_id: int) -> set[int]:
    """The numbers of a unit's projects that are not in force because nobody paid for them."""
    query = select(Project.id).where(Project.unit_id == unit_id, Project.state == "unpaid")
    return set(session.scalars(query))


def sum_projects(session: Session, projects: Iterable[Project], on: date) -> dict[int, Sums]:
    """What each of these projects was billed and has paid, and how many are on its site on a day."""
    ids = [project.key for project in projects]
    paid = func.sum(ProjectCharge.amount_fen).filter(ProjectCharge.paid_at.is_not(None))
    charges = select(ProjectCharge.project_id, func.sum(ProjectCharge.amount_fen), func.coalesce(paid, 0))
    charges = charges.where(ProjectCharge.project_id.in_(ids)).group_by(ProjectCharge.project_id)
    people = select(ProjectWorker.project_id, func.count()).where(
        ProjectWorker.project_id.in_(ids), _here(on)
    )
    here = {one: count for one, count in session.execute(people.group_by(ProjectWorker.project_id))}
    money = {project_id: (int(due), int(done)) for project_id, due, done in session.execute(charges)}
    return {one: Sums(*money.get(one, (0, 0)), here.get(one, 0)) for one in ids}


def list_charges(session: Session, project_id: int) -> list[ProjectCharge]:
    query = select(ProjectCharge).where(ProjectCharge.project_id == project_id).order_by(ProjectCharge.id)
    return list(session.scalars(query))


def list_region_charges(
    session: Session, office: Office, *, is_paid: bool, after: int = 0, limit: int = 50
) -> list[tuple[ProjectCharge, Project, Unit]]:
    """An office's charges of more than 0 that are paid or, of projects not ended, still owed; the oldest first."""
    query = (
        select(ProjectCharge, Project, Unit)
        .join(Project, Project.id == ProjectCharge.project_id)
        .join(Unit, Unit.id == Project.unit_id)
        .where(
            within(office, Project.region_code, Project.unit_id),
            ProjectCharge.amount_fen > 0,
            ProjectCharge.id > after,
        )
    )
    if is_paid:
        query = query.where(ProjectCharge.paid_at.is_not(None))
    else:
        query = query.where(ProjectCharge.paid_at.is_(None), Project.state != "ended")
    found = session.execute(query.order_by(ProjectCharge.id).limit(limit))
    return [(charge, project, unit) for charge, project, unit in found]


def find_region_charge(
    session: Session, office: Office, charge_id: int
) -> tuple[ProjectCharge, Project] | None:
    """A charge of more than 0 of one of the office's projects."""
    query = (
        select(ProjectCharge, Project)
        .join(Project, Project.id == ProjectCharge.project_id)
        .where(
            ProjectCharge.id == charge_id,
            within(office, Project.region_code, Project.unit_id),
            ProjectCharge.amount_fen > 0,
        )
    )
    found = session.execute(query).first()
    return (found[0], found[1]) if found else None


def list_project_filings(session: Session, unit_id: int, project_id: int, limit: int = 20) -> list[Filing]:
    """What was asked about a project, the newest first."""
    query = select(Filing).where(Filing.unit_id == unit_id, Filing.project_id == project_id)
    return list(session.scalars(query.order_by(Filing.id.desc()).limit(limit)))


def list_workers(
    session: Session, project_id: int, after: int = 0, limit: int | None = 50, *, here_on: date | None = None
) -> list[ProjectWorker]:
    """Workers on a project's roster in the order in which they were entered; ``here_on``: on the site that day."""
    query = select(ProjectWorker).where(ProjectWorker.project_id == project_id, ProjectWorker.id > after)
    if here_on is not None:
        query = query.where(_here(here_on))
    return list(session.scalars(query.order_by(ProjectWorker.id).limit(limit)))


def list_stays(session: Session, project_id: int, id_kind: str, id_number: str) -> list[ProjectWorker]:
    """Somebody's times on a project's site."""
    query = select(ProjectWorker).where(
        ProjectWorker.project_id == project_id,
        ProjectWorker.id_kind == id_kind,
        ProjectWorker.id_number == id_number,
    )
    return list(session.scalars(query.order_by(ProjectWorker.in_on)))


def list_namesakes(session: Session, project_id: int, name: str) -> list[ProjectWorker]:
    """Everybody of this name on a project's roster."""
    query = select(ProjectWorker).where(ProjectWorker.project_id == project_id, ProjectWorker.name == name)
    return list(session.scalars(query))


def find_worker(session: Session, project_id: int, worker_id: int) -> ProjectWorker | None:
    query = select(ProjectWorker).where(ProjectWorker.project_id == project_id, ProjectWorker.id == worker_id)
    return session.scalars(query).first()


def count_arrivals_after(session: Session, project_id: int, day: date) -> int:
    """How many come to a project's site only after a day."""
    query = select(func.count()).where(ProjectWorker.project_id == project_id, ProjectWorker.in_on > day)
    return session.scalar(query) or 0


def count_workers(session: Session, project_id: int, on: date) -> tuple[int, int]:
    """How many stand on a project's roster, and how many of them are on the site on a day."""
    query = select(func.count(), func.count().filter(_here(on))).where(ProjectWorker.project_id == project_id)
    all_of_them, there = session.execute(query).one()
    return all_of_them, there


def _here(on: date) -> ColumnElement[bool]:
    return and_(ProjectWorker.in_on <= on, or_(ProjectWorker.out_on.is_(None), ProjectWorker.out_on >= on))
