"""What was submitted (申报) and what became of it: frozen snapshots, 业务 records, their timeline."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Index,
    Select,
    UniqueConstraint,
    bindparam,
    func,
    select,
    text,
)
from sqlmodel import Field, Session, SQLModel

from models.account import Account
from models.db import Json, UtcDateTime
from models.ready import ReadyRecords
from models.unit import Unit

FINAL_STATES = ("approved", "returned", "failed")
LIVE = "state IN ('submitting', 'pending', 'approved')"


class Snapshot(SQLModel, table=True):
    """A declaration as it was when 申报 was pressed. The database refuses to change it or its rows.

    ``digest`` is SM3 over the canonical text of rows, statement and bounds (services/snapshots.py).
    """

    __table_args__ = (UniqueConstraint("declaration_id", "version", name="snapshot_version"),)

    id: int | None = Field(default=None, primary_key=True)
    declaration_id: int = Field(foreign_key="declaration.id")
    unit_id: int = Field(foreign_key="unit.id")
    version: int
    revision: int
    year: int
    effective_month: str
    wage_basis: str
    months: int
    insurances: str
    statement: Any = Field(sa_type=Json)
    bounds: Any = Field(sa_type=Json)
    people: int
    excluded: int
    wage_total_fen: int = Field(sa_type=BigInteger)
    digest: str = Field(max_length=64)
    created_at: datetime = Field(sa_type=UtcDateTime)


class SnapshotRow(SQLModel, table=True):
    """One person of a snapshot; ``bases`` maps 险种 to [monthly base in fen, adjustment]."""

    __tablename__ = "snapshot_row"

    snapshot_id: int = Field(foreign_key="snapshot.id", primary_key=True)
    seq: int = Field(primary_key=True)
    person_id: int = Field(foreign_key="person.id")
    person_no: str
    name: str
    id_number: str
    old_wage_fen: int | None = Field(default=None, sa_type=BigInteger)
    wage_fen: int | None = Field(default=None, sa_type=BigInteger)
    bases: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    note: str = ""


class Filing(SQLModel, table=True):
    """One 业务 record before the bureau: 医疗 is one, 工伤 and 生育 together are one."""

    __table_args__ = (
        CheckConstraint(
            "state IN ('submitting', 'pending', 'approved', 'returned', 'failed')", name="filing_state"
        ),
        Index(
            "filing_live",
            "declaration_id",
            "group_code",
            unique=True,
            sqlite_where=text(LIVE),
            postgresql_where=text(LIVE),
        ),
        Index("filing_queue", "region_code", "state", "submitted_at"),
        Index("filing_of_unit", "unit_id", "submitted_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    receipt_no: str = Field(unique=True, max_length=40)
    kind: str = "wages"
    declaration_id: int = Field(foreign_key="declaration.id")
    snapshot_id: int = Field(foreign_key="snapshot.id")
    unit_id: int = Field(foreign_key="unit.id")
    region_code: str = Field(foreign_key="region.code")
    group_code: str
    insurances: str
    year: int
    state: str = "submitting"
    people: int
    wage_total_fen: int = Field(sa_type=BigInteger)
    is_late: bool = False
    reason: str = ""
    failure: Any = Field(default=None, sa_type=Json, nullable=True)
    submitted_by: int = Field(foreign_key="account.id")
    submitter_name: str
    submitted_at: datetime = Field(sa_type=UtcDateTime)
    decided_by: int | None = Field(default=None, foreign_key="account.id")
    decided_at: datetime | None = Field(default=None, sa_type=UtcDateTime)

    @property
    def is_final(self) -> bool:
        return self.state in FINAL_STATES

    @property
    def insurance_codes(self) -> list[str]:
        return self.insurances.split()


class FilingEvent(SQLModel, table=True):
    """A step of a filing: the state it reached, when, by whom."""

    __tablename__ = "filing_event"

    id: int | None = Field(default=None, primary_key=True)
    filing_id: int = Field(foreign_key="filing.id", index=True)
    state: str
    at: datetime = Field(sa_type=UtcDateTime)
    actor_name: str
    note: str = ""


class FilingMark(SQLModel, table=True):
    """A row that the reviewer named when returning a filing, with the reason."""

    __tablename__ = "filing_mark"

    filing_id: int = Field(foreign_key="filing.id", primary_key=True)
    seq: int = Field(primary_key=True)
    name: str
    wage_fen: int | None = Field(default=None, sa_type=BigInteger)
    reason: str


class FilingSearch(NamedTuple):
    """Filters of 业务状态查询; days are of the submission, both included, compared in UTC moments."""

    since: datetime | None = None
    until: datetime | None = None
    kind: str = ""
    state: str = ""


def list_filings(session: Session, unit_id: int, search: FilingSearch, limit: int = 100) -> list[Filing]:
    """A unit's filings, the newest first."""
    query = select(Filing).where(Filing.unit_id == unit_id)
    if search.since:
        query = query.where(Filing.submitted_at >= search.since)
    if search.until:
        query = query.where(Filing.submitted_at < search.until)
    if search.kind:
        query = query.where(Filing.kind == search.kind)
    if search.state:
        query = query.where(Filing.state == search.state)
    return list(session.scalars(query.order_by(Filing.id.desc()).limit(limit)))


def find_filing(session: Session, unit_id: int, filing_id: int) -> Filing | None:
    return session.scalars(select(Filing).where(Filing.id == filing_id, Filing.unit_id == unit_id)).first()


def find_region_filing(
    session: Session, region_code: str, filing_id: int, *, lock: bool = False
) -> Filing | None:
    """A filing that this region's bureau may see: everything that reached it."""
    query = select(Filing).where(
        Filing.id == filing_id,
        Filing.region_code == region_code,
        Filing.state.in_(REVIEWED_STATES),
    )
    return session.scalars(query.with_for_update() if lock else query).first()


REVIEWED_STATES = ("pending", "approved", "returned")


def find_by_receipt(session: Session, receipt_no: str) -> Filing | None:
    return session.scalars(select(Filing).where(Filing.receipt_no == receipt_no)).first()


def list_queue(
    session: Session, region_code: str, states: tuple[str, ...], limit: int = 200
) -> list[tuple[Filing, Unit]]:
    """Filings of a region in these states with their units, the longest waiting first."""
    query = (
        select(Filing, Unit)
        .join(Unit, Unit.id == Filing.unit_id)
        .where(Filing.region_code == region_code, Filing.state.in_(states))
        .order_by(Filing.submitted_at, Filing.id)
        .limit(limit)
    )
    return [(filing, unit) for filing, unit in session.execute(query)]


def count_ahead(session: Session, filing: Filing) -> int:
    """How many filings of the region wait longer than this one."""
    query = select(func.count()).where(
        Filing.region_code == filing.region_code, Filing.state == "pending", Filing.id < filing.id
    )
    return session.scalar(query) or 0


def count_decided_since(session: Session, reviewer_id: int, since: datetime) -> int:
    query = select(func.count()).where(Filing.decided_by == reviewer_id, Filing.decided_at >= since)
    return session.scalar(query) or 0


def _of_declaration(query: Select[Any]) -> Select[Any]:
    return query.where(Filing.declaration_id == bindparam("id")).order_by(Filing.id.desc())


_OF_DECLARATION = ReadyRecords(Filing, _of_declaration)
_OF_DECLARATION_LOCKED = _of_declaration(select(Filing)).with_for_update()


def list_declaration_filings(session: Session, declaration_id: int, *, lock: bool = False) -> list[Filing]:
    """Every filing of a declaration, the newest first, to read; with ``lock`` to change."""
    if not lock:
        return _OF_DECLARATION.all(session, id=declaration_id)
    return list(session.scalars(_OF_DECLARATION_LOCKED, {"id": declaration_id}))


def latest_by_group(filings: list[Filing]) -> dict[str, Filing]:
    """The newest filing of each group, from a list with the newest first."""
    latest: dict[str, Filing] = {}
    for filing in filings:
        latest.setdefault(filing.group_code, filing)
    return latest


def list_events(session: Session, filing_id: int) -> list[FilingEvent]:
    query = select(FilingEvent).where(FilingEvent.filing_id == filing_id).order_by(FilingEvent.id)
    return list(session.scalars(query))


def list_marks(session: Session, filing_id: int) -> list[FilingMark]:
    return list(
        session.scalars(select(FilingMark).where(FilingMark.filing_id == filing_id).order_by(FilingMark.seq))
    )


def get_snapshot(session: Session, snapshot_id: int) -> Snapshot:
    return session.get_one(Snapshot, snapshot_id)


def list_snapshot_rows(session: Session, snapshot_id: int) -> list[SnapshotRow]:
    """All rows of a snapshot in order."""
    query = select(SnapshotRow).where(SnapshotRow.snapshot_id == snapshot_id).order_by(SnapshotRow.seq)
    return list(session.scalars(query))


def count_waiting(session: Session, region_code: str) -> int:
    """How many filings of a region wait for a reviewer."""
    query = select(func.count()).where(Filing.region_code == region_code, Filing.state == "pending")
    return session.scalar(query) or 0


def list_decided(session: Session, region_code: str, limit: int = 200) -> list[tuple[Filing, Unit, str]]:
    """Decided filings of a region with unit and reviewer's name, the newest decision first."""
    query = (
        select(Filing, Unit, Account.display_name)
        .join(Unit, Unit.id == Filing.unit_id)
        .join(Account, Account.id == Filing.decided_by)
        .where(Filing.region_code == region_code, Filing.state.in_(("approved", "returned")))
        .order_by(Filing.decided_at.desc(), Filing.id.desc())
        .limit(limit)
    )
    return [(filing, unit, reviewer) for filing, unit, reviewer in session.execute(query)]


# The case page -------------------------------------------------------------------------------------
