"""What was submitted (申报) and what became of it: frozen snapshots, 业务 records, their timeline."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ColumnElement,
    Index,
    Text,
    UniqueConstraint,
    and_,
    bindparam,
    case,
    func,
    literal,
    not_,
    or_,
    select,
    text,
    type_coerce,
)
from sqlmodel import Field, Session, SQLModel

from models.account import Account
from models.db import Json, UtcDateTime
from models.person import PersonBase
from models.unit import Unit
from rules.money import divide_half_up
from rules.wages import CHANGE_TO_EXPLAIN_PERMILLE, NOT_DECLARED_BELOW_FEN

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


_OF_DECLARATION = select(Filing).where(Filing.declaration_id == bindparam("id")).order_by(Filing.id.desc())


def list_declaration_filings(session: Session, declaration_id: int) -> list[Filing]:
    """Every filing of a declaration, the newest first."""
    return list(session.scalars(_OF_DECLARATION, {"id": declaration_id}))


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

CASE_PAGE = 50
CASE_FILTERS = ("flagged", "clipped", "all", "changed", "silent", "below", "above", "left")


class Case(NamedTuple):
    """The part of a snapshot that one filing is about; ``bounds`` as the snapshot keeps them."""

    snapshot_id: int
    codes: tuple[str, ...]
    bounds: dict[str, list[int]]
    months: int


class CaseRow(NamedTuple):
    """A row as the reviewer sees it; wages in fen of the declaration's basis."""

    seq: int
    name: str
    id_number: str
    old_wage_fen: int | None
    wage_fen: int | None
    bases: dict[str, Any]
    note: str


class CaseCounts(NamedTuple):
    """How many rows each filter of the case page finds."""

    all: int
    flagged: int
    clipped: int
    changed: int
    silent: int
    below: int
    above: int
    left: int


class BaseSum(NamedTuple):
    """People and monthly bases (fen) of one 险种, and how many floor and cap moved."""

    people: int
    base_total_fen: int
    below: int
    above: int


def count_case(session: Session, chosen: Case) -> CaseCounts:
    """All counts of the case page in one scan of its rows."""
    wanted = _case_conditions(chosen)
    columns = [func.sum(case((wanted[name], 1), else_=0)) for name in CaseCounts._fields]
    query = select(*columns).where(SnapshotRow.snapshot_id == chosen.snapshot_id)
    return CaseCounts(*(int(count or 0) for count in session.connection().execute(query).one()))


def list_case_rows(session: Session, chosen: Case, show: str, after: int = 0) -> list[CaseRow]:
    """Up to 50 rows and one more after 序号 ``after``; the one more says that there is a next page."""
    query = _CASE_ROWS.where(SnapshotRow.seq > after, _case_conditions(chosen)[show])
    return _case_rows(session, chosen.snapshot_id, query.order_by(SnapshotRow.seq).limit(CASE_PAGE + 1))


def find_case_key_before(session: Session, chosen: Case, show: str, first_seq: int) -> int | None:
    """The ``after`` of the page that ends before ``first_seq``; None where nothing precedes it."""
    query = (
        select(SnapshotRow.seq)
        .where(
            SnapshotRow.snapshot_id == chosen.snapshot_id,
            SnapshotRow.seq < first_seq,
            _case_conditions(chosen)[show],
        )
        .order_by(SnapshotRow.seq.desc())
        .limit(CASE_PAGE)
    )
    found = list(session.connection().execute(query).scalars())
    return found[-1] - 1 if found else None


def list_rows_by_seq(session: Session, snapshot_id: int, seqs: list[int]) -> list[CaseRow]:
    """The rows with these 序号, in order; numbers that are not on the list find nothing."""
    found: list[CaseRow] = []
    for start in range(0, len(seqs), 500):
        chunk = seqs[start : start + 500]
        found += _case_rows(session, snapshot_id, _CASE_ROWS.where(SnapshotRow.seq.in_(chunk)))
    return sorted(found)


def sum_bases(session: Session, chosen: Case, code: str) -> BaseSum:
    """The declared monthly bases of one 险种: ``contribution_base`` in SQL, so that no row travels."""
    floor, cap, step = chosen.bounds[code]
    wage: Any = SnapshotRow.wage_fen
    divisor = chosen.months * step
    is_below, is_above = wage < floor * chosen.months, wage > cap * chosen.months
    base = case(
        (is_below, literal(divide_half_up(floor, step) * step, BigInteger)),
        (is_above, literal(divide_half_up(cap, step) * step, BigInteger)),
        else_=(2 * wage + divisor) // (2 * divisor) * step,
    )
    counts = [func.sum(case((condition, 1), else_=0)) for condition in (is_below, is_above)]
    query = select(func.count(), func.sum(base), *counts).where(
        SnapshotRow.snapshot_id == chosen.snapshot_id, _has_base(code)
    )
    return BaseSum(*(int(value or 0) for value in session.connection().execute(query).one()))


def sum_previous_bases(session: Session, unit_id: int, code: str, year: int) -> BaseSum:
    """The bases that a unit's people had in a year, per person the last one set."""
    of_year = (PersonBase.unit_id == unit_id, PersonBase.insurance == code, PersonBase.year == year)
    last = (
        select(PersonBase.person_id, func.max(PersonBase.effective_month).label("month"))
        .where(*of_year)
        .group_by(PersonBase.person_id)
        .subquery()
    )
    counts = [
        func.sum(case((PersonBase.adjustment == adjustment, 1), else_=0)) for adjustment in ("floor", "cap")
    ]
    query = (
        select(func.count(), func.sum(PersonBase.base_fen), *counts)
        .join(
            last, and_(last.c.person_id == PersonBase.person_id, last.c.month == PersonBase.effective_month)
        )
        .where(*of_year)
    )
    return BaseSum(*(int(value or 0) for value in session.connection().execute(query).one()))


def sum_previous_wages(session: Session, unit_id: int, codes: list[str], year: int) -> tuple[int, int]:
    """How many people had a base in any of these 险种 in a year, and the total of their wages in fen."""
    people = (
        select(func.max(PersonBase.wage_fen).label("wage_fen"))
        .where(
            PersonBase.unit_id == unit_id,
            PersonBase.insurance.in_(codes),
            PersonBase.year == year,
        )
        .group_by(PersonBase.person_id)
        .subquery()
    )
    count, total = session.connection().execute(select(func.count(), func.sum(people.c.wage_fen))).one()
    return count, int(total or 0)


_CASE_ROWS = select(*(getattr(SnapshotRow, name) for name in CaseRow._fields))


def _case_rows(session: Session, snapshot_id: int, query: Any) -> list[CaseRow]:
    found = session.connection().execute(query.where(SnapshotRow.snapshot_id == snapshot_id))
    return [CaseRow._make(row) for row in found]


def _has_base(code: str) -> ColumnElement[bool]:
    # The column is canonical JSON text, so a key always looks like this.
    return type_coerce(SnapshotRow.bases, Text).like(f'%"{code}":%')


def _case_conditions(chosen: Case) -> dict[str, ColumnElement[bool]]:
    """What each filter means. Who declared nothing has no bases, and belongs to every filing."""
    wage: Any = SnapshotRow.wage_fen
    old: Any = SnapshotRow.old_wage_fen
    left = or_(wage.is_(None), wage < NOT_DECLARED_BELOW_FEN)
    has_any = or_(*(_has_base(code) for code in chosen.codes))
    changed = and_(
        has_any, old > 0, func.abs(wage - old) * 1000 > old * CHANGE_TO_EXPLAIN_PERMILLE, not_(left)
    )
    limits = [(_has_base(code), chosen.bounds[code]) for code in chosen.codes]
    below = or_(*(and_(has, wage < floor * chosen.months) for has, (floor, _cap, _step) in limits))
    above = or_(*(and_(has, wage > cap * chosen.months) for has, (_floor, cap, _step) in limits))
    return {
        "all": or_(has_any, left),
        "flagged": or_(changed, left),
        "clipped": or_(below, above),
        "changed": changed,
        "silent": and_(changed, SnapshotRow.note == ""),
        "below": below,
        "above": above,
        "left": left,
    }
