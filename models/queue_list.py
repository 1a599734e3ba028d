"""What waits for a reviewer, the riskiest and then the oldest first, a page at a time; and each one's own views of it.

Nothing here grows with the queue: a page is read along an index from where the last one ended, counts end at
``MOST_COUNTED``, and what belongs to a person or to a few units is looked up by that first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import (
    ColumnElement,
    Index,
    Select,
    UniqueConstraint,
    and_,
    exists,
    func,
    literal,
    or_,
    select,
    text,
    tuple_,
)
from sqlalchemy.orm import aliased
from sqlmodel import Field, Session, SQLModel, col

from models.account import Account
from models.consent import FilingConsent
from models.db import Json
from models.filing import REVIEWED_STATES, Filing, FilingEvent
from models.filing_parts import Attachment, FilingLine
from models.office import Office, within
from models.unit import Unit
from rules.approvals import CLEAN_KINDS, CleanRule
from rules.filing_states import WAGES

FILINGS_A_PAGE = 50
MOST_COUNTED = 1000
MOST_UNITS, MOST_OF_UNITS = 100, 2000
RISKS = (3, 2, 1, 0)
# Written out, not bound: an index of what is pending serves only a query that says so itself.
PENDING = text("filing.state = 'pending'")


class QueueView(SQLModel, table=True):
    """Filters that a reviewer keeps under a name; ``is_last`` of the one that was used last."""

    __tablename__ = "queue_view"
    __table_args__ = (
        UniqueConstraint("account_id", "name", name="queue_view_name"),
        Index(
            "queue_view_last",
            "account_id",
            unique=True,
            sqlite_where=text("is_last"),
            postgresql_where=text("is_last"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    account_id: int = Field(foreign_key="account.id")
    name: str = Field(max_length=20)
    filters: dict[str, str] = Field(default_factory=dict, sa_type=Json)
    is_last: bool = False


class Search(NamedTuple):
    """Which of the waiting filings, for whom, at the moment ``now``.

    ``unit`` is the beginning of a 单位编号 or a part of a name; ``taken`` is ``mine``, ``others`` or ``free`` (what
    this person can take and has not agreed to yet); ``before`` the moment before which they were submitted.
    """

    account_id: int
    now: datetime
    kind: str = ""
    insurance: str = ""
    unit: str = ""
    risk: int | None = None
    taken: str = ""
    before: datetime | None = None


class Place(NamedTuple):
    """Where a page ended: the last filing on it."""

    risk: int
    at: datetime
    number: int


class Waiting(NamedTuple):
    """A filing in the queue with its unit (a unit to be has none) and whoever has it in hand."""

    filing: Filing
    unit: Unit | None
    holder: str


def list_waiting(
    session: Session, office: Office, search: Search, after: Place | None = None, limit: int = FILINGS_A_PAGE
) -> list[Waiting]:
    """The next filings of the queue, the riskiest first, of these the longest waiting."""
    found: list[Waiting] = []
    for query in _by_risk(session, office, search, after):
        wanted = query.add_columns(Unit, Account.display_name).outerjoin(Unit, Unit.id == Filing.unit_id)
        wanted = wanted.outerjoin(
            Account, and_(Account.id == Filing.taken_by, Filing.taken_until > search.now)
        )
        ordered = wanted.order_by(Filing.submitted_at, Filing.id).limit(limit - len(found))
        found += [Waiting(filing, unit, name or "") for filing, unit, name in session.execute(ordered)]
        if len(found) == limit:
            break
    return found


def count_waiting(session: Session, office: Office, search: Search) -> int:
    """How many filings a search finds; ``MOST_COUNTED`` + 1 stands for more."""
    count = 0
    for query in _by_risk(session, office, search, None):
        some = query.with_only_columns(literal(1)).limit(MOST_COUNTED + 1 - count).subquery()
        count += session.scalar(select(func.count()).select_from(some)) or 0
        if count > MOST_COUNTED:
            break
    return count


def is_free(now: datetime) -> ColumnElement[bool]:
    """Whether nobody has a filing in hand."""
    return or_(Filing.taken_by.is_(None), Filing.taken_until.is_(None), Filing.taken_until <= now)


def waiting_in(office: Office) -> Select[Filing]:
    """Everything that waits in an office, in no order."""
    return select(Filing).where(within(office, Filing.region_code, Filing.unit_id), PENDING)


def is_clean(rule: CleanRule) -> ColumnElement[bool]:
    """Whether a pending filing is so plain that it may be approved together with others.

    It was looked at for risks and has none, is small, in time and whole, was never returned, has no papers to read.
    """
    earlier = aliased(Filing)
    return and_(
        Filing.risk_level == 0,
        Filing.risk.is_not(None),
        Filing.kind.in_(CLEAN_KINDS),
        Filing.people <= rule.people,
        Filing.wage_total_fen <= rule.total_fen,
        Filing.is_late.is_(False),
        ~exists().where(FilingEvent.filing_id == Filing.id, FilingEvent.state == "returned"),
        # A wage declaration that came back is sent again as another filing of the same declaration.
        ~exists().where(
            earlier.unit_id == Filing.unit_id,
            earlier.state == "returned",
            earlier.declaration_id == Filing.declaration_id,
        ),
        ~exists().where(FilingLine.filing_id == Filing.id, FilingLine.is_faulty),
        ~exists().where(Attachment.filing_id == Filing.id),
    )


def list_clean(
    session: Session, office: Office, rule: CleanRule, account_id: int, now: datetime, limit: int
) -> list[tuple[Filing, Unit | None]]:
    """What one press may approve, the longest waiting first: what colleagues have in hand is left to them."""
    query = (
        waiting_in(office)
        .add_columns(Unit)
        .outerjoin(Unit, Unit.id == Filing.unit_id)
        .where(is_clean(rule), or_(is_free(now), Filing.taken_by == account_id))
        .order_by(Filing.submitted_at, Filing.id)
        .limit(limit)
    )
    return [(filing, unit) for filing, unit in session.execute(query)]


def is_still_clean(session: Session, filing: Filing, rule: CleanRule) -> bool:
    """Whether a filing that is locked now is what the rule calls clean."""
    return session.scalar(select(Filing.id).where(Filing.id == filing.id, is_clean(rule))) is not None


def list_reached(
    session: Session, office: Office, numbers: Sequence[int]
) -> list[tuple[Filing, Unit | None]]:
    """Of these filings those that ever reached this office, in the order of their numbers."""
    query = (
        select(Filing, Unit)
        .outerjoin(Unit, Unit.id == Filing.unit_id)
        .where(within(office, Filing.region_code, Filing.unit_id), Filing.id.in_(numbers))
        .where(Filing.state.in_(REVIEWED_STATES))
        .order_by(Filing.id)
    )
    return [(filing, unit) for filing, unit in session.execute(query)]


def list_views(session: Session, account_id: int) -> list[QueueView]:
    """A reviewer's views in the order of their making."""
    query = select(QueueView).where(QueueView.account_id == account_id).order_by(QueueView.id)
    return list(session.scalars(query))


def find_view(session: Session, account_id: int, view_id: int) -> QueueView | None:
    query = select(QueueView).where(QueueView.account_id == account_id, QueueView.id == view_id)
    return session.scalars(query).first()


def _by_risk(
    session: Session, office: Office, search: Search, after: Place | None
) -> Iterator[Select[Filing]]:
    """A query for each level of risk: with the level fixed, the index has the rest in order."""
    query = _narrowed(session, office, search)
    for risk in RISKS if search.risk is None else (search.risk,):
        if after is not None and risk > after.risk:
            continue
        of_level = query.where(Filing.risk_level == risk)
        if after is not None and risk == after.risk:
            of_level = of_level.where(
                tuple_(Filing.submitted_at, Filing.id)
                > tuple_(literal(after.at, Filing.submitted_at.type), after.number)
            )
        yield of_level


def _narrowed(session: Session, office: Office, search: Search) -> Select[Filing]:
    query = waiting_in(office)
    if search.unit:
        query = _among(office, _of_units(session, office, search.unit))
    if search.taken in ("mine", "others"):
        in_hand = _in_hand(session, search)
        query = query.where(Filing.id.in_(in_hand)) if search.unit else _among(office, in_hand)
    elif search.taken:
        query = query.where(is_free(search.now), ~_has_agreed(search.account_id))
    if search.kind or search.insurance:
        # Only wages are declared for some 险种: a request of any other kind is for all of a person's.
        query = query.where(Filing.kind == (search.kind or WAGES))
    if search.insurance:
        query = query.where(Filing.insurances.contains(search.insurance, autoescape=True))
    if search.before is not None:
        query = query.where(Filing.submitted_at < search.before)
    return query


def _among(office: Office, numbers: Sequence[int]) -> Select[Filing]:
    # A few numbers are looked up one by one. SQLite would rather walk the whole queue along its index, and is kept
    # from it by conditions on no bare column.
    return select(Filing).where(
        Filing.id.in_(numbers),
        within(office, col(Filing.region_code).concat(""), Filing.unit_id),
        col(Filing.state).concat("") == "pending",
    )


def _of_units(session: Session, office: Office, words: str) -> Sequence[int]:
    units = select(Unit.id).where(
        Unit.region_code == office.region_code,
        or_(
            col(Unit.unit_no).startswith(words, autoescape=True),
            col(Unit.name).contains(words, autoescape=True),
        ),
    )
    numbers = session.scalars(units.limit(MOST_UNITS)).all()
    waiting = select(Filing.id).where(Filing.unit_id.in_(numbers), Filing.state == "pending")
    return session.scalars(waiting.limit(MOST_OF_UNITS)).all()


def _has_agreed(account_id: int) -> ColumnElement[bool]:
    return exists().where(
        FilingConsent.filing_id == Filing.id,
        FilingConsent.submitted_at == Filing.submitted_at,
        FilingConsent.account_id == account_id,
    )


def _in_hand(session: Session, search: Search) -> Sequence[int]:
    query = select(Filing.id).where(Filing.taken_by.is_not(None), Filing.taken_until > search.now)
    if search.taken == "mine":
        query = query.where(Filing.taken_by == search.account_id)
    else:
        query = query.where(Filing.taken_by != search.account_id)
    return session.scalars(query.limit(MOST_OF_UNITS)).all()
