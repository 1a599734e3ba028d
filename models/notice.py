"""通知: what a unit's people should know, told once each, and who has read it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Index, bindparam, delete, exists, func, literal, select
from sqlmodel import Field, Session, SQLModel

from models.db import Json, Source, UtcDateTime, insert_new
from models.ready import Ready


class Notice(SQLModel, table=True):
    """One notice to everybody of a unit. ``kind`` and ``params`` make its words; ``key`` keeps it from being told twice."""

    __table_args__ = (Index("notice_of_unit", "unit_id", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    unit_id: int = Field(foreign_key="unit.id")
    kind: str
    params: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    filing_id: int | None = Field(default=None, foreign_key="filing.id")
    key: str = Field(unique=True, max_length=100)
    at: datetime = Field(sa_type=UtcDateTime)

    @property
    def number(self) -> int:
        """The number of a notice that is in the database."""
        assert self.id is not None
        return self.id


class NoticeRead(SQLModel, table=True):
    """That somebody has read a notice."""

    __tablename__ = "notice_read"

    notice_id: int = Field(foreign_key="notice.id", primary_key=True)
    account_id: int = Field(foreign_key="account.id", primary_key=True)
    read_at: datetime = Field(sa_type=UtcDateTime)


_IS_READ = exists().where(NoticeRead.notice_id == Notice.id, NoticeRead.account_id == bindparam("account_id"))
COUNTED = 100
"""Unread notices are counted so far and no further: nobody acts on the difference."""
_FOUND = (
    select(Notice.id)
    .where(Notice.unit_id == bindparam("unit_id"), Notice.id > bindparam("after"), ~_IS_READ)
    .order_by(Notice.id)
    .limit(COUNTED)
    .subquery()
)
# Of the newest only: after a burst of thousands in one minute nothing is settled yet, and nothing need be sought.
_NEWEST = (
    select(Notice.id, Notice.at)
    .where(Notice.unit_id == bindparam("unit_id"))
    .order_by(Notice.id.desc())
    .limit(COUNTED)
    .subquery()
)
_SETTLED = (
    select(func.max(_NEWEST.c.id))
    .where(_NEWEST.c.at < bindparam("settled", type_=UtcDateTime))
    .scalar_subquery()
)
_UNREAD = Ready(select(func.count(), func.min(_FOUND.c.id), _SETTLED).select_from(_FOUND))
SETTLES = timedelta(minutes=1)
"""A notice may be committed after one with a higher number, but not so long after."""


class Unread(NamedTuple):
    """How many are unread; and the number up to which this person has read everything, for good."""

    many: int
    read_up_to: int


def count_unread(source: Source, unit_id: int, account_id: int, now: datetime, read_up_to: int = 0) -> Unread:
    """How many notices of the unit this person has not read, up to ``COUNTED``.

    ``read_up_to`` of an earlier answer spares looking again at what was read: nothing is ever unread again.
    """
    ((count, first, settled),) = _UNREAD.rows(
        source, unit_id=unit_id, account_id=account_id, after=read_up_to, settled=now - SETTLES
    )
    known = settled or 0 if first is None else min(settled or 0, first - 1)
    return Unread(int(count), max(read_up_to, known))


def find_notice(session: Session, unit_id: int, notice_id: int) -> Notice | None:
    """A notice to this unit."""
    return session.scalars(select(Notice).where(Notice.id == notice_id, Notice.unit_id == unit_id)).first()


def list_notices(
    session: Session, unit_id: int, account_id: int, before: int | None = None, limit: int = 50
) -> list[tuple[Notice, bool]]:
    """A unit's notices with whether this person has read them, the newest first."""
    query = select(Notice, _IS_READ).where(Notice.unit_id == unit_id)
    if before is not None:
        query = query.where(Notice.id < before)
    query = query.order_by(Notice.id.desc()).limit(limit)
    found = session.execute(query, {"account_id": account_id})
    return [(notice, bool(is_read)) for notice, is_read in found]


def list_unread(
    session: Session,
    unit_id: int,
    account_id: int,
    *,
    after: int = 0,
    until: datetime | None = None,
    limit: int = 5,
) -> list[Notice]:
    """What this person has not read, the newest first: told after a notice's number, and before a moment."""
    query = select(Notice).where(Notice.unit_id == unit_id, Notice.id > after, ~_IS_READ)
    if until is not None:
        query = query.where(Notice.at < until)
    query = query.order_by(Notice.id.desc()).limit(limit)
    return list(session.scalars(query, {"account_id": account_id}))


def find_newest(session: Session, unit_id: int) -> int:
    """The number of the newest notice to a unit; 0 where none was told."""
    return session.scalar(select(func.max(Notice.id)).where(Notice.unit_id == unit_id)) or 0


def list_known(session: Session, keys: Sequence[str]) -> set[str]:
    """Which of these keys have been told."""
    return set(session.scalars(select(Notice.key).where(Notice.key.in_(keys))))


def add_notices(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Put notices down, those aside that somebody else told meanwhile."""
    session.connection().execute(insert_new(Notice, ["key"]), list(rows))


def mark_read(session: Session, notice_id: int, account_id: int, now: datetime) -> bool:
    """This person has read it; False when that was known."""
    values = {"notice_id": notice_id, "account_id": account_id, "read_at": now}
    return session.connection().execute(_insert_read(), values).rowcount == 1


def mark_all_read(session: Session, unit_id: int, account_id: int, up_to: int, now: datetime) -> int:
    """This person has read everything up to this notice; returns how many of them were unread."""
    unread = select(Notice.id, literal(account_id), literal(now, UtcDateTime)).where(
        Notice.unit_id == unit_id, Notice.id <= up_to, ~_IS_READ
    )
    statement = _insert_read().from_select(["notice_id", "account_id", "read_at"], unread)
    return session.connection().execute(statement, {"account_id": account_id}).rowcount


def _insert_read() -> Any:
    # An INSERT says how many rows it made only where it is asked to.
    statement = insert_new(NoticeRead, ["notice_id", "account_id"])
    return statement.execution_options(preserve_rowcount=True)


def delete_before(session: Session, moment: datetime, limit: int) -> int:
    """Forget up to ``limit`` notices told before a moment, with who had read them; returns how many."""
    query = select(Notice.id).where(Notice.at < moment).order_by(Notice.id).limit(limit)
    old = list(session.scalars(query))
    connection = session.connection()
    connection.execute(delete(NoticeRead).where(NoticeRead.notice_id.in_(old)))
    return connection.execute(delete(Notice).where(Notice.id.in_(old))).rowcount
