"""业务: every request to the bureau, of whatever kind, its timeline, and the frozen snapshots of declarations."""

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
from models.office import Office, within
from models.ready import ReadyRecords
from models.unit import Unit
from rules.filing_states import STATES, WAGES

LIVE = "state IN ('submitting', 'pending', 'approved')"
ANY_STATE = ", ".join(f"'{state}'" for state in STATES)


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
    """One 业务 record: a request of some ``kind`` (``rules.filing_states``), with a state that the database guards.

    Of a wage declaration, 医疗 is one record, 工伤 and 生育 together are one. Every other kind has lines
    (``models.filing_parts``). ``submitted_at`` is when it was handed over; of a draft, when it was last saved.
    ``version`` grows with each step and each save. ``taken_by`` is the reviewer who has it in hand; until then the
    unit may withdraw it. After ``taken_until`` a colleague may take it over. ``unit_id`` is None only while a unit asks to be registered. ``risk`` is a list of
    {code, severity, figures} (``rules.risks``), None until it was looked at; ``risk_level`` its highest severity.
    """

    __table_args__ = (
        CheckConstraint(f"state IN ({ANY_STATE})", name="filing_state"),
        CheckConstraint(
            "(kind = 'wages') = (declaration_id IS NOT NULL AND snapshot_id IS NOT NULL)", name="filing_wages"
        ),
        CheckConstraint("unit_id IS NOT NULL OR kind = 'unit_join'", name="filing_unit"),
        CheckConstraint("state = 'pending' OR taken_by IS NULL", name="filing_taken"),
        CheckConstraint("risk_level BETWEEN 0 AND 3", name="filing_risk_level"),
        Index(
            "filing_live",
            "declaration_id",
            "group_code",
            unique=True,
            sqlite_where=text(LIVE),
            postgresql_where=text(LIVE),
        ),
        Index("filing_queue", "region_code", "state", "submitted_at"),
        Index(
            "filing_waiting",
            "region_code",
            "risk_level",
            "submitted_at",
            "id",
            sqlite_where=text("state = 'pending'"),
            postgresql_where=text("state = 'pending'"),
        ),
        Index(
            "filing_waiting_of_kind",
            "region_code",
            "kind",
            "risk_level",
            "submitted_at",
            "id",
            sqlite_where=text("state = 'pending'"),
            postgresql_where=text("state = 'pending'"),
        ),
        Index(
            "filing_taken_by",
            "taken_by",
            sqlite_where=text("taken_by IS NOT NULL"),
            postgresql_where=text("taken_by IS NOT NULL"),
        ),
        Index(
            "filing_decided_by",
            "decided_by",
            "decided_at",
            sqlite_where=text("decided_by IS NOT NULL"),
            postgresql_where=text("decided_by IS NOT NULL"),
        ),
        Index("filing_of_unit", "unit_id", "id"),
        Index("filing_of_unit_by_state", "unit_id", "state", "id"),
        Index(
            "filing_of_year",
            "region_code",
            "year",
            "group_code",
            "unit_id",
            sqlite_where=text("kind = 'wages'"),
            postgresql_where=text("kind = 'wages'"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    receipt_no: str = Field(unique=True, max_length=40)
    kind: str = "wages"
    declaration_id: int | None = Field(default=None, foreign_key="declaration.id")
    snapshot_id: int | None = Field(default=None, foreign_key="snapshot.id")
    unit_id: int | None = Field(default=None, foreign_key="unit.id")
    project_id: int | None = Field(default=None, foreign_key="project.id")
    region_code: str = Field(foreign_key="region.code")
    group_code: str = ""
    insurances: str = ""
    year: int
    title: str = ""
    state: str = "submitting"
    people: int = 0
    wage_total_fen: int = Field(default=0, sa_type=BigInteger)
    is_late: bool = False
    reason: str = ""
    failure: Any = Field(default=None, sa_type=Json, nullable=True)
    version: int = 1
    submitted_by: int | None = Field(default=None, foreign_key="account.id")
    submitter_name: str
    submitted_at: datetime = Field(sa_type=UtcDateTime)
    taken_by: int | None = Field(default=None, foreign_key="account.id")
    taken_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    taken_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    decided_by: int | None = Field(default=None, foreign_key="account.id")
    decided_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    risk: Any = Field(default=None, sa_type=Json, nullable=True)
    risk_level: int = Field(default=0, sa_column_kwargs={"server_default": "0"})

    @property
    def is_final(self) -> bool:
        """Whether nothing more will happen by itself: polling ends here."""
        return self.state not in ("submitting", "pending")

    @property
    def key(self) -> int:
        """The number of a filing that is in the database."""
        assert self.id is not None
        return self.id

    def holder(self, now: datetime) -> int | None:
        """The reviewer who has it in hand at a moment: nobody, once the time is over."""
        is_held = self.taken_until is not None and self.taken_until > now
        return self.taken_by if is_held else None

    def let_go(self) -> None:
        """Nobody has it in hand any more."""
        self.taken_by = self.taken_at = self.taken_until = None

    @property
    def own_unit_id(self) -> int:
        """The unit whose filing it is; asking one that has no unit yet is a programming error."""
        assert self.unit_id is not None
        return self.unit_id

    @property
    def own_snapshot_id(self) -> int:
        """The snapshot of a wage declaration; asking another kind is a programming error."""
        assert self.snapshot_id is not None
        return self.snapshot_id

    @property
    def own_declaration_id(self) -> int:
        """The declaration of a wage filing; asking another kind is a programming error."""
        assert self.declaration_id is not None
        return self.declaration_id

    @property
    def insurance_codes(self) -> list[str]:
        return self.insurances.split()


class FilingEvent(SQLModel, table=True):
    """A step of a filing: the state it reached, when, by whom, why, and the version it had from then on."""

    __tablename__ = "filing_event"

    id: int | None = Field(default=None, primary_key=True)
    filing_id: int = Field(foreign_key="filing.id", index=True)
    state: str
    at: datetime = Field(sa_type=UtcDateTime)
    actor_name: str
    note: str = ""
    version: int = 0


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
    kinds: tuple[str, ...] = ()
    state: str = ""


def list_filings(session: Session, unit_id: int, search: FilingSearch, limit: int = 100) -> list[Filing]:
    """A unit's filings, the newest first."""
    query = select(Filing).where(Filing.unit_id == unit_id)
    if search.since:
        query = query.where(Filing.submitted_at >= search.since)
    if search.until:
        query = query.where(Filing.submitted_at < search.until)
    if search.kinds:
        query = query.where(Filing.kind.in_(search.kinds))
    if search.state:
        query = query.where(Filing.state == search.state)
    return list(session.scalars(query.order_by(Filing.id.desc()).limit(limit)))


def list_to_finish(session: Session, unit_id: int, limit: int = 10) -> list[Filing]:
    """Drafts and what came back, of every kind with lines: what the unit has yet to send, the newest first."""
    query = select(Filing).where(
        Filing.unit_id == unit_id, Filing.state.in_(("draft", "returned")), Filing.kind != WAGES
    )
    return list(session.scalars(query.order_by(Filing.id.desc()).limit(limit)))


def find_filing(session: Session, unit_id: int, filing_id: int) -> Filing | None:
    return session.scalars(select(Filing).where(Filing.id == filing_id, Filing.unit_id == unit_id)).first()


def find_region_filing(
    session: Session, office: Office, filing_id: int, *, lock: bool = False
) -> Filing | None:
    """A filing that this office of the bureau may see: everything that reached it."""
    query = select(Filing).where(
        Filing.id == filing_id,
        within(office, Filing.region_code, Filing.unit_id),
        Filing.state.in_(REVIEWED_STATES),
    )
    return session.scalars(query.with_for_update() if lock else query).first()


DECIDED_STATES = ("approved", "refused", "returned")
REVIEWED_STATES = ("pending", "approved", "refused", "returned")


def find_by_receipt(session: Session, receipt_no: str) -> Filing | None:
    return session.scalars(select(Filing).where(Filing.receipt_no == receipt_no)).first()


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


def list_decided(session: Session, office: Office, limit: int = 200) -> list[tuple[Filing, Unit | None, str]]:
    """Decided filings of an office with unit and reviewer's name, the newest decision first."""
    query = (
        select(Filing, Unit, Account.display_name)
        .outerjoin(Unit, Unit.id == Filing.unit_id)
        .join(Account, Account.id == Filing.decided_by)
        .where(within(office, Filing.region_code, Filing.unit_id), Filing.state.in_(DECIDED_STATES))
        .order_by(Filing.decided_at.desc(), Filing.id.desc())
        .limit(limit)
    )
    return [(filing, unit, reviewer) for filing, unit, reviewer in session.execute(query)]
