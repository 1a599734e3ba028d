"""What a reviewer sees of one filing: its rows by filter and page, its sums, and last year's beside them."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Text,
    and_,
    case,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    type_coerce,
)
from sqlmodel import Session

from models.filing import SnapshotRow
from models.person import PersonBase
from rules.money import divide_half_up
from rules.risks import WHOLE_THOUSAND_FEN
from rules.wages import CHANGE_TO_EXPLAIN_PERMILLE, NOT_DECLARED_BELOW_FEN

CASE_PAGE = 50
CASE_FILTERS = (
    "flagged",
    "clipped",
    "all",
    "changed",
    "silent",
    "below",
    "above",
    "left",
    "round",
    "same",
    "alike",
)


class Case(NamedTuple):
    """The part of a snapshot that one filing is about; ``bounds`` as the snapshot keeps them.

    ``same_fen`` and ``alike``: the wage and the 变动说明 that many share, where a flag names them.
    """

    snapshot_id: int
    codes: tuple[str, ...]
    bounds: dict[str, list[int]]
    months: int
    same_fen: int | None = None
    alike: str = ""


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
    round: int
    same: int
    alike: int


class BaseSum(NamedTuple):
    """People and monthly bases (fen) of one 险种, and how many floor and cap moved."""

    people: int
    base_total_fen: int
    below: int
    above: int


def count_case(session: Session, chosen: Case) -> CaseCounts:
    """All counts of the case page in one scan of its rows."""
    wanted = case_conditions(chosen)
    columns = [func.sum(case((wanted[name], 1), else_=0)) for name in CaseCounts._fields]
    query = select(*columns).where(SnapshotRow.snapshot_id == chosen.snapshot_id)
    return CaseCounts(*(int(count or 0) for count in session.connection().execute(query).one()))


def list_case_rows(session: Session, chosen: Case, show: str, after: int = 0) -> list[CaseRow]:
    """Up to 50 rows and one more after 序号 ``after``; the one more says that there is a next page."""
    query = _CASE_ROWS.where(SnapshotRow.seq > after, case_conditions(chosen)[show])
    return _case_rows(session, chosen.snapshot_id, query.order_by(SnapshotRow.seq).limit(CASE_PAGE + 1))


def find_case_key_before(session: Session, chosen: Case, show: str, first_seq: int) -> int | None:
    """The ``after`` of the page that ends before ``first_seq``; None where nothing precedes it."""
    query = (
        select(SnapshotRow.seq)
        .where(
            SnapshotRow.snapshot_id == chosen.snapshot_id,
            SnapshotRow.seq < first_seq,
            case_conditions(chosen)[show],
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


def case_conditions(chosen: Case) -> dict[str, ColumnElement[bool]]:
    """What each filter means. Who declared nothing has no bases, and belongs to every filing."""
    wage: Any = SnapshotRow.wage_fen
    old: Any = SnapshotRow.old_wage_fen
    left = or_(wage.is_(None), wage < NOT_DECLARED_BELOW_FEN)
    has_any = or_(*(_has_base(code) for code in chosen.codes))
    declared = and_(has_any, not_(left))
    changed = and_(declared, old > 0, func.abs(wage - old) * 1000 > old * CHANGE_TO_EXPLAIN_PERMILLE)
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
        "declared": declared,
        "round": and_(declared, wage % WHOLE_THOUSAND_FEN == 0),
        "same": and_(declared, wage == chosen.same_fen) if chosen.same_fen is not None else false(),
        "alike": and_(declared, SnapshotRow.note == chosen.alike) if chosen.alike else false(),
    }
