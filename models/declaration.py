"""The annual wage declaration (工资申报): its rows, its counts, its statement and its backups."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, bindparam, func, select, text
from sqlmodel import Field, Session, SQLModel

from models.db import Json, Source, UtcDateTime
from models.ready import Ready, ReadyRecords


class Declaration(SQLModel, table=True):
    """One unit's declaration of one year's wages for one to three 险种.

    ``months`` divides a typed wage into a monthly one: 12 where the region's basis is annual, else 1.
    ``roster_version`` grows when 刷新名单 changes who is on the list, so an old file is recognised. ``is_list_stale``:
    somebody joined, left or changed since, so 刷新名单 is offered. ``late_reason``: why it is handed in after the window.
    """

    __table_args__ = (
        CheckConstraint(
            "state IN ('starting', 'failed', 'open', 'submitting', 'submitted', 'approved', 'cancelled')",
            name="declaration_state",
        ),
        CheckConstraint("wage_basis IN ('annual', 'monthly')", name="declaration_wage_basis"),
        CheckConstraint("months BETWEEN 1 AND 12", name="declaration_months"),
    )

    id: int | None = Field(default=None, primary_key=True)
    unit_id: int = Field(foreign_key="unit.id", index=True)
    region_code: str = Field(foreign_key="region.code")
    year: int
    effective_month: str = Field(max_length=6)
    wage_basis: str
    months: int
    state: str = "starting"
    roster_version: int = 1
    left_confirmed_revision: int | None = None
    is_list_stale: bool = False
    late_reason: str = ""
    started_by: int = Field(foreign_key="account.id")
    started_at: datetime = Field(sa_type=UtcDateTime)


class DeclarationInsurance(SQLModel, table=True):
    """An 险种 of a declaration; the database allows one live declaration per unit, year and 险种."""

    __tablename__ = "declaration_insurance"
    __table_args__ = (
        Index(
            "declaration_insurance_live",
            "unit_id",
            "year",
            "insurance",
            unique=True,
            sqlite_where=text("is_live"),
            postgresql_where=text("is_live"),
        ),
    )

    declaration_id: int = Field(foreign_key="declaration.id", primary_key=True)
    insurance: str = Field(primary_key=True, max_length=3)
    unit_id: int = Field(foreign_key="unit.id")
    year: int
    is_live: bool = True


class Tally(SQLModel, table=True):
    """The counts and sums of a declaration, kept by triggers on ``wage_row`` in the same transaction.

    ``insured`` = ``entered`` + those not entered; ``excluded`` (此次不申报) is part of the latter.
    ``revision`` grows with every change of a row.
    """

    __table_args__ = (
        CheckConstraint(
            "entered >= 0 AND entered + excluded <= insured AND excluded >= 0", name="tally_adds_up"
        ),
    )

    declaration_id: int = Field(foreign_key="declaration.id", primary_key=True)
    insured: int = 0
    entered: int = 0
    excluded: int = 0
    wage_total_fen: int = Field(default=0, sa_type=BigInteger)
    old_total_fen: int = Field(default=0, sa_type=BigInteger)
    entered_old_total_fen: int = Field(default=0, sa_type=BigInteger)
    revision: int = 0


class WageRow(SQLModel, table=True):
    """One person's wage in a declaration, in fen of the declaration's basis; null is 未录入.

    A person who left is kept with ``is_active`` false, so that nothing entered is lost.
    """

    __tablename__ = "wage_row"
    __table_args__ = (
        UniqueConstraint("declaration_id", "person_id", name="wage_row_person"),
        Index("wage_row_order", "declaration_id", "is_active", "seq"),
        CheckConstraint("wage_fen BETWEEN 0 AND 999999999", name="wage_row_range"),
    )

    id: int | None = Field(default=None, primary_key=True)
    declaration_id: int = Field(foreign_key="declaration.id")
    seq: int
    person_id: int = Field(foreign_key="person.id")
    person_no: str
    name: str
    id_number: str
    insurances: str
    old_wage_fen: int | None = Field(default=None, sa_type=BigInteger)
    wage_fen: int | None = Field(default=None, sa_type=BigInteger)
    note: str = ""
    is_active: bool = True
    version: int = 1
    saved_by: int | None = Field(default=None, foreign_key="account.id")
    saved_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Statement(SQLModel, table=True):
    """The 说明信息 of a declaration; ``version`` grows with each save."""

    declaration_id: int = Field(foreign_key="declaration.id", primary_key=True)
    content: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    version: int = 1
    saved_by: int = Field(foreign_key="account.id")
    saved_at: datetime = Field(sa_type=UtcDateTime)


class Backup(SQLModel, table=True):
    """A 备份 of one revision of rows and statement; ``digest`` is SM3 over its contents."""

    id: int | None = Field(default=None, primary_key=True)
    declaration_id: int = Field(foreign_key="declaration.id", index=True)
    revision: int
    statement_version: int
    digest: str = Field(max_length=64)
    filename: str
    stored_name: str
    size_bytes: int
    created_by: int = Field(foreign_key="account.id")
    created_at: datetime = Field(sa_type=UtcDateTime)


# Built once: putting a query together costs more than SQLite takes to answer it.
_IS_OWN = (Declaration.id == bindparam("id"), Declaration.unit_id == bindparam("unit_id"))
_OWN = ReadyRecords(Declaration, lambda query: query.where(*_IS_OWN))
_OWN_LOCKED = select(Declaration).where(*_IS_OWN).with_for_update()


def find_declaration(
    session: Session, unit_id: int, declaration_id: int, *, lock: bool = False
) -> Declaration | None:
    """A unit's own declaration, to read; with ``lock`` to change: it stays ours until the transaction ends."""
    if not lock:
        return _OWN.one(session, id=declaration_id, unit_id=unit_id)
    return session.scalars(_OWN_LOCKED, {"id": declaration_id, "unit_id": unit_id}).first()


class Terms(NamedTuple):
    """What a save needs of its declaration: whether it is open, and what its wages mean."""

    id: int
    state: str
    region_code: str
    wage_basis: str
    months: int
    effective_month: str


_TERMS = Ready(
    select(*(getattr(Declaration, name) for name in Terms._fields))
    .where(Declaration.id == bindparam("id"), Declaration.unit_id == bindparam("unit_id"))
    .with_for_update()
)


def find_terms(source: Source, unit_id: int, declaration_id: int) -> Terms | None:
    """The terms of a unit's own declaration, which stays ours until the transaction ends."""
    row = _TERMS.first(source, id=declaration_id, unit_id=unit_id)
    return Terms._make(row) if row else None


def list_declarations(session: Session, unit_id: int) -> list[Declaration]:
    """All declarations of a unit, the newest first."""
    query = select(Declaration).where(Declaration.unit_id == unit_id)
    return list(session.scalars(query.order_by(Declaration.year.desc(), Declaration.id.desc())))


_INSURANCES = Ready(
    select(DeclarationInsurance.insurance)
    .where(DeclarationInsurance.declaration_id == bindparam("id"))
    .order_by(DeclarationInsurance.insurance)
)


def list_insurances(source: Source, declaration_id: int) -> list[str]:
    return [code for (code,) in _INSURANCES.rows(source, id=declaration_id)]


def find_live_insurances(session: Session, unit_id: int, year: int) -> dict[str, int]:
    """Which 险种 of a year already have a live declaration, and which one."""
    query = select(DeclarationInsurance.insurance, DeclarationInsurance.declaration_id).where(
        DeclarationInsurance.unit_id == unit_id,
        DeclarationInsurance.year == year,
        DeclarationInsurance.is_live,
    )
    return dict(session.execute(query).all())


class Counts(NamedTuple):
    """A tally as it was read."""

    declaration_id: int
    insured: int
    entered: int
    excluded: int
    wage_total_fen: int
    old_total_fen: int
    entered_old_total_fen: int
    revision: int


_COUNTED = [getattr(Tally, name) for name in Counts._fields]
_TALLY = Ready(select(*_COUNTED).where(Tally.declaration_id == bindparam("id")))


def get_tally(source: Source, declaration_id: int) -> Counts:
    """The counts as they are in this transaction, never a copy that the triggers have overtaken."""
    (row,) = _TALLY.rows(source, id=declaration_id)
    return Counts._make(row)


class Standing(NamedTuple):
    """How far a declaration is: its counts, the saved statement's version, what the newest backup holds."""

    tally: Counts
    statement_version: int | None
    backup_revision: int | None
    backup_statement_version: int | None

    @property
    def is_covered(self) -> bool:
        """Whether the newest backup holds this very revision of rows and statement."""
        held = (self.backup_revision, self.backup_statement_version)
        return self.statement_version is not None and held == (self.tally.revision, self.statement_version)


_NEWEST_BACKUP = select(func.max(Backup.id)).where(Backup.declaration_id == bindparam("id")).scalar_subquery()
_STANDING = Ready(
    select(*_COUNTED, Statement.version, Backup.revision, Backup.statement_version)
    .select_from(Tally)
    .outerjoin(Statement, Statement.declaration_id == Tally.declaration_id)
    .outerjoin(Backup, Backup.id == _NEWEST_BACKUP)
    .where(Tally.declaration_id == bindparam("id"))
)


def get_standing(session: Session, declaration_id: int) -> Standing:
    """The standing of a declaration as this transaction sees it, in one query."""
    ((*counts, version, revision, covered_version),) = _STANDING.rows(session, id=declaration_id)
    return Standing(Counts._make(counts), version, revision, covered_version)


def find_statement(session: Session, declaration_id: int) -> Statement | None:
    return session.get(Statement, declaration_id)


def find_latest_backup(session: Session, declaration_id: int) -> Backup | None:
    query = select(Backup).where(Backup.declaration_id == declaration_id).order_by(Backup.id.desc()).limit(1)
    return session.scalars(query).first()


def list_backups(session: Session, declaration_id: int) -> list[Backup]:
    query = select(Backup).where(Backup.declaration_id == declaration_id).order_by(Backup.id.desc())
    return list(session.scalars(query.limit(20)))
