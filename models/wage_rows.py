"""How the rows of a declaration are found: pages by key, filters, words, and the whole list in order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, bindparam, func, or_, select
from sqlmodel import Session

from models.db import Source
from models.declaration import WageRow
from models.ready import Ready
from rules.wages import CHANGE_TO_EXPLAIN_PERMILLE, NOT_DECLARED_BELOW_FEN, Bounds

PAGE_SIZE = 50
FILTERS = ("all", "left", "done", "below", "above", "changed", "excluded")


class Row(NamedTuple):
    """A wage row as screens and files need it; wages in fen of the declaration's basis."""

    id: int
    seq: int
    person_id: int
    person_no: str
    name: str
    id_number: str
    insurances: str
    old_wage_fen: int | None
    wage_fen: int | None
    note: str
    version: int


_COLUMNS = [getattr(WageRow, name) for name in Row._fields]
_ROWS = select(*_COLUMNS)


@dataclass(frozen=True)
class Search:
    """Which rows to list. ``words`` match a name, an ID number or a 个人编号; bounds serve below and above."""

    show: str = "all"
    words: str = ""
    bounds: Bounds | None = None
    months: int = 1


WHOLE_LIST = Search()

# The two queries of every day, built once: that costs more than SQLite takes to answer them.
_WHOLE_PAGE = Ready(
    _ROWS.where(
        WageRow.declaration_id == bindparam("declaration_id"),
        WageRow.is_active,
        WageRow.seq > bindparam("after"),
    )
    .order_by(WageRow.seq)
    .limit(PAGE_SIZE + 1)
)
_ONE = Ready(
    _ROWS.where(
        WageRow.id == bindparam("id"),
        WageRow.declaration_id == bindparam("declaration_id"),
        WageRow.is_active,
    )
)


@dataclass(frozen=True)
class Page:
    """Up to 50 rows in order, and the keys of its neighbours (None at either end)."""

    rows: list[Row]
    before: int | None
    after: int | None


def list_page(
    session: Session, declaration_id: int, search: Search, *, after: int = 0, before: int | None = None
) -> Page:
    """The page that follows ``after`` or precedes ``before``; both are 序号."""
    if search == WHOLE_LIST and before is None:
        page = _WHOLE_PAGE.rows(session, declaration_id=declaration_id, after=after)
        found = [Row._make(row) for row in page]
    else:
        found = _find_page(session, declaration_id, search, after, before)
    is_more = len(found) > PAGE_SIZE
    rows = found[:PAGE_SIZE]
    if before is not None:
        rows.reverse()
        return Page(rows, rows[0].seq if is_more else None, rows[-1].seq if rows else None)
    is_first = after == 0 or not rows
    return Page(rows, None if is_first else rows[0].seq, rows[-1].seq if is_more else None)


def _find_page(
    session: Session, declaration_id: int, search: Search, after: int, before: int | None
) -> list[Row]:
    query = _ROWS.where(*conditions_of(declaration_id, search))
    if before is not None:
        query = query.where(WageRow.seq < before).order_by(WageRow.seq.desc())
    else:
        query = query.where(WageRow.seq > after).order_by(WageRow.seq)
    return [Row._make(row) for row in session.connection().execute(query.limit(PAGE_SIZE + 1))]


def count_found(session: Session, declaration_id: int, search: Search) -> int:
    query = select(func.count()).select_from(WageRow).where(*conditions_of(declaration_id, search))
    return session.connection().execute(query).scalar_one()


def find_row(source: Source, declaration_id: int, row_id: int) -> Row | None:
    """One row still on the list."""
    row = _ONE.first(source, id=row_id, declaration_id=declaration_id)
    return Row._make(row) if row else None


def list_rows_by_id(source: Source, declaration_id: int, ids: list[int]) -> dict[int, Row]:
    """Those of the rows that are on the list, by id."""
    found = (find_row(source, declaration_id, row_id) for row_id in ids)
    return {row.id: row for row in found if row is not None}


def iterate_rows(session: Session, declaration_id: int) -> Iterator[Row]:
    """Everyone on the list, in order, without holding them all in memory."""
    query = _ROWS.where(WageRow.declaration_id == declaration_id, WageRow.is_active).order_by(WageRow.seq)
    options = {"stream_results": True, "yield_per": 2000}
    for row in session.connection().execute(query, execution_options=options):
        yield Row._make(row)


class Amounts(NamedTuple):
    """What sums and distributions need of a row."""

    insurances: str
    old_wage_fen: int | None
    wage_fen: int | None


def list_amounts(session: Session, declaration_id: int) -> list[Amounts]:
    query = select(WageRow.insurances, WageRow.old_wage_fen, WageRow.wage_fen).where(
        WageRow.declaration_id == declaration_id, WageRow.is_active
    )
    return [Amounts._make(row) for row in session.connection().execute(query)]


def conditions_of(declaration_id: int, search: Search) -> list[ColumnElement[bool]]:
    """Whom a search finds, for a query of one's own."""
    conditions: list[Any] = [WageRow.declaration_id == declaration_id, WageRow.is_active]
    wage, old = WageRow.wage_fen, WageRow.old_wage_fen
    is_entered: Any = wage >= NOT_DECLARED_BELOW_FEN
    if search.show == "left":
        conditions.append(or_(wage.is_(None), wage < NOT_DECLARED_BELOW_FEN))
    elif search.show == "done":
        conditions.append(is_entered)
    elif search.show == "excluded":
        conditions.append(wage < NOT_DECLARED_BELOW_FEN)
    elif search.show == "below" and search.bounds:
        conditions += [is_entered, wage < search.bounds.floor_fen * search.months]
    elif search.show == "above" and search.bounds:
        conditions += [is_entered, wage > search.bounds.cap_fen * search.months]
    elif search.show in ("changed", "unexplained"):
        change = func.abs(wage - old) * 1000
        conditions.append(and_(is_entered, old > 0, change > old * CHANGE_TO_EXPLAIN_PERMILLE))
        if search.show == "unexplained":
            conditions.append(WageRow.note == "")
    if search.words:
        pattern = "%" + search.words.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") + "%"
        conditions.append(
            or_(
                WageRow.name.like(pattern, escape="\\"),
                WageRow.id_number.like(pattern.upper(), escape="\\"),
                WageRow.person_no.like(pattern, escape="\\"),
            )
        )
    return conditions


def list_first(session: Session, declaration_id: int, search: Search, limit: int) -> list[Row]:
    """The first rows that a search finds, in order."""
    query = _ROWS.where(*conditions_of(declaration_id, search)).order_by(WageRow.seq).limit(limit)
    return [Row._make(row) for row in session.connection().execute(query)]
