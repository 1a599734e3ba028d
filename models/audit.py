"""The audit trail: one row for every change, written in the change's own transaction, never altered."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, insert, select
from sqlmodel import Field, Session, SQLModel

from models.account import Actor
from models.db import Json, Source, UtcDateTime
from models.ready import Ready


class AuditEvent(SQLModel, table=True):
    """Who did what to what, when, with the values before and after. The database refuses to change it."""

    __tablename__ = "audit_event"

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime)
    actor_id: int | None = Field(default=None, foreign_key="account.id")
    actor_name: str
    unit_id: int | None = Field(default=None, foreign_key="unit.id", index=True)
    action: str
    subject: str
    subject_id: int | None = None
    before: Any = Field(default=None, sa_type=Json, nullable=True)
    after: Any = Field(default=None, sa_type=Json, nullable=True)


_INSERT = Ready(
    insert(AuditEvent.__table__).values(
        {
            column.name: bindparam(column.name)
            for column in AuditEvent.__table__.columns
            if column.name != "id"
        }
    )
)

SYSTEM = "系统"


def count_since(session: Session, unit_id: int, action: str, since: datetime) -> int:
    """How often something happened in a unit after a moment: what is tried in vain is counted so."""
    query = (
        select(func.count())
        .select_from(AuditEvent)
        .where(AuditEvent.unit_id == unit_id, AuditEvent.action == action, AuditEvent.at > since)
    )
    return session.scalar(query) or 0


def count_same(session: Session, action: str, after: Any, since: datetime) -> int:
    """How often somebody of no unit did the same, with the same values, after a moment."""
    query = (
        select(func.count())
        .select_from(AuditEvent)
        .where(
            AuditEvent.unit_id.is_(None),
            AuditEvent.action == action,
            AuditEvent.after == after,
            AuditEvent.at > since,
        )
    )
    return session.scalar(query) or 0


def record(
    source: Source,
    actor: Actor | None,
    action: str,
    subject: str,
    subject_id: int | None,
    now: datetime,
    *,
    unit_id: int | None = None,
    before: Any = None,
    after: Any = None,
) -> None:
    """Write one event into the running transaction; ``actor`` is None for the worker's own acts."""
    _INSERT.execute(
        source,
        at=now,
        actor_id=actor.account_id if actor else None,
        actor_name=actor.name if actor else SYSTEM,
        unit_id=unit_id if unit_id is not None else (actor.unit_id if actor else None),
        action=action,
        subject=subject,
        subject_id=subject_id,
        before=before,
        after=after,
    )
