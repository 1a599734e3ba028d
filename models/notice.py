"""通知: what a unit's people should know, told once each, and who has read it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, bindparam, exists, func, select
from sqlmodel import Field, Session, SQLModel

from models.db import Json, Source, UtcDateTime
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


class NoticeRead(SQLModel, table=True):
    """That somebody has read a notice."""

    __tablename__ = "notice_read"

    notice_id: int = Field(foreign_key="notice.id", primary_key=True)
    account_id: int = Field(foreign_key="account.id", primary_key=True)
    read_at: datetime = Field(sa_type=UtcDateTime)


_IS_READ = exists().where(NoticeRead.notice_id == Notice.id, NoticeRead.account_id == bindparam("account_id"))
_UNREAD = Ready(
    select(func.count()).select_from(Notice).where(Notice.unit_id == bindparam("unit_id"), ~_IS_READ)
)


def count_unread(source: Source, unit_id: int, account_id: int) -> int:
    """How many notices of the unit this person has not read."""
    ((count,),) = _UNREAD.rows(source, unit_id=unit_id, account_id=account_id)
    return int(count)


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
