"""The audit trail: one row for every change, written in the change's own transaction, chained, never altered.

Each event carries the digest of the one before it (docs/adr/0014): whoever changes, drops or inserts one breaks the
chain from there on. The database keeps the chain's end in ``audit_head`` and refuses whatever does not continue it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, Text, bindparam, func, insert, select
from sqlmodel import Field, Session, SQLModel

from cert.digests import sm3_hex
from models.account import Actor
from models.db import Json, Source, UtcDateTime, before_commit
from models.ready import Ready
from models.unit import Unit

GENESIS = "0" * 64
"""What the first event names as the digest before it."""


class AuditEvent(SQLModel, table=True):
    """Who did what to what, when, with the values before and after. The database refuses to change it.

    ``id`` is its place in the chain, from 1 and without gaps; ``prev`` the digest of the event before, ``digest`` its
    own (``digest_of``). ``region_code`` is empty for what concerns the whole hall.
    """

    __tablename__ = "audit_event"
    __table_args__ = (
        Index("audit_event_region", "region_code", "at", "id"),
        Index("audit_event_actor", "actor_id", "at", "id"),
        Index("audit_event_unit", "unit_id", "at", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime)
    actor_id: int | None = Field(default=None, foreign_key="account.id")
    actor_name: str
    unit_id: int | None = Field(default=None, foreign_key="unit.id")
    action: str
    subject: str
    subject_id: int | None = None
    before: Any = Field(default=None, sa_type=Json, nullable=True)
    after: Any = Field(default=None, sa_type=Json, nullable=True)
    region_code: str = ""
    prev: str = Field(default="", max_length=64)
    digest: str = Field(default="", max_length=64)


class AuditHead(SQLModel, table=True):
    """The end of the chain, one row: the last event's place and digest. It only moves on with a new event."""

    __tablename__ = "audit_head"
    __table_args__ = (CheckConstraint("id = 1", name="audit_head_single"),)

    id: int = Field(default=1, primary_key=True)
    seq: int = 0
    digest: str = Field(default=GENESIS, max_length=64)


class AuditCheckpoint(SQLModel, table=True):
    """The chain as it stood at a moment, signed by the hall (``cert.seal``); written once."""

    __tablename__ = "audit_checkpoint"

    id: int | None = Field(default=None, primary_key=True)
    seq: int
    digest: str = Field(max_length=64)
    at: datetime = Field(sa_type=UtcDateTime)
    made_by: str
    public_key: str = Field(max_length=64)
    signature: str = Field(max_length=128)


CHAINED = (
    "id", "prev", "at", "actor_id", "actor_name", "region_code", "unit_id", "action", "subject", "subject_id",
    "before", "after",
)  # fmt: skip
"""Every column but the digest, in the order in which they are digested."""
_AT = CHAINED.index("at")
# Made once: json.dumps would make one for each event.
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=repr).encode


def digest_of(values: Sequence[Any]) -> str:
    """The SM3 of an event: of its ``CHAINED`` columns as a JSON list in UTF-8.

    ``at`` is a moment, or already the text of one in UTC as SQLite keeps it; ``before`` and ``after`` are texts as they
    are stored. What no column should hold is digested by its looks, and so found to differ.
    """
    line = list(values)
    if isinstance(line[_AT], datetime):
        line[_AT] = line[_AT].astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
    return sm3_hex(_encode(line).encode("utf-8", "surrogatepass"))


_TABLE, _HEAD = AuditEvent.__table__, AuditHead.__table__
_TYPES: dict[str, Any] = {"before": Text(), "after": Text()}
_INSERT = Ready(
    insert(_TABLE).values(
        {
            column.name: bindparam(column.name, type_=_TYPES.get(column.name, column.type))
            for column in _TABLE.columns
        }
    )
)
_LOCK_HEAD = Ready(select(_HEAD.c.seq, _HEAD.c.digest).with_for_update())
_REGION = Ready(select(Unit.region_code).where(Unit.id == bindparam("unit_id")))
_to_text = Json().process_bind_param

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
    """Write one event into the running transaction; ``actor`` is None for the worker's own acts.

    It joins the chain right before the commit, so nobody waits for the chain's end while holding something else.
    Raises ``RuntimeError`` outside a transaction.
    """
    if unit_id is None and actor is not None:
        unit_id = actor.unit_id
    event = {
        "at": now,
        "actor_id": actor.account_id if actor else None,
        "actor_name": actor.name if actor else SYSTEM,
        "region_code": actor.region_code if actor else _region_of(source, unit_id),
        "unit_id": unit_id,
        "action": action,
        "subject": subject,
        "subject_id": subject_id,
        # As text at once: what the caller does to its values afterwards did not happen here.
        "before": _to_text(before, None),
        "after": _to_text(after, None),
    }
    before_commit(source, _append, event)


def _region_of(source: Source, unit_id: int | None) -> str:
    found = _REGION.first(source, unit_id=unit_id) if unit_id is not None else None
    return str(found[0]) if found else ""


def _append(source: Source, events: list[dict[str, Any]]) -> None:
    head = _LOCK_HEAD.first(source)
    if head is None:
        raise RuntimeError("the audit trail has lost its head")
    seq, prev = head
    for event in events:
        seq += 1
        linked = {"id": seq, "prev": prev, **event}
        prev = digest_of([linked[name] for name in CHAINED])
        # The database moves the head on, and refuses an event that does not follow it.
        _INSERT.execute(source, digest=prev, **linked)
