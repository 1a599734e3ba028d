"""Queries about the audit trail: a search page by page, the walk along the chain, and its checkpoints."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, Text, bindparam, literal_column, or_, select, text, tuple_
from sqlmodel import Session

from models.account import Account
from models.audit import CHAINED, GENESIS, AuditCheckpoint, AuditEvent, AuditHead
from models.unit import Unit

EVENTS_A_PAGE = 100
EVENTS_A_STEP = 1_000


class AuditSearch(NamedTuple):
    """What is asked for; empty is not asked. ``region_code`` empty is what concerns the whole hall.

    ``person`` is a user name or the beginning of a name, ``unit`` a 单位编号 or the beginning of a name, ``subject_id``
    the number of a ``subject``; ``since`` (inclusive) and ``until`` (exclusive) are aware moments.
    """

    region_code: str
    person: str = ""
    unit: str = ""
    action: str = ""
    subject: str = ""
    subject_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None


class Found(NamedTuple):
    """An event with the unit that it concerns, if it concerns one."""

    event: AuditEvent
    unit_no: str | None
    unit_name: str | None


class Point(NamedTuple):
    """A place in the chain: an event's number and digest; 0 is before the first."""

    seq: int = 0
    digest: str = GENESIS


def list_events(
    session: Session, search: AuditSearch, before: int | None, limit: int = EVENTS_A_PAGE + 1
) -> list[Found]:
    """Events that a search finds, the latest first, from after the event ``before`` on."""
    query = (
        _where(select(AuditEvent, Unit.unit_no, Unit.name), search)
        .outerjoin(Unit, Unit.id == AuditEvent.unit_id)
        .order_by(AuditEvent.at.desc(), AuditEvent.id.desc())
        .limit(limit)
    )
    last = session.get(AuditEvent, before) if before is not None else None
    if last is not None:
        query = query.where(
            tuple_(AuditEvent.at, AuditEvent.id)
            < tuple_(bindparam("at", last.at, AuditEvent.__table__.c.at.type), last.id)
        )
    return [Found(*row) for row in session.execute(query)]


def find_event(session: Session, region_code: str, event_id: int) -> Found | None:
    """One event of a region, or of the hall as a whole."""
    query = (
        select(AuditEvent, Unit.unit_no, Unit.name)
        .outerjoin(Unit, Unit.id == AuditEvent.unit_id)
        .where(AuditEvent.id == event_id, AuditEvent.region_code.in_((region_code, "")))
    )
    row = session.execute(query).first()
    return Found(*row) if row else None


def _where(query: Select[Any], search: AuditSearch) -> Select[Any]:
    query = query.where(AuditEvent.region_code == search.region_code)
    if search.person:
        people = select(Account.id).where(
            or_(
                Account.username == search.person,
                Account.__table__.c.display_name.startswith(search.person, autoescape=True),
            )
        )
        query = query.where(or_(AuditEvent.actor_id.in_(people), AuditEvent.actor_name == search.person))
    if search.unit:
        units = select(Unit.id).where(
            Unit.region_code == search.region_code,
            or_(Unit.unit_no == search.unit, Unit.__table__.c.name.startswith(search.unit, autoescape=True)),
        )
        query = query.where(AuditEvent.unit_id.in_(units))
    for column, value in (
        (AuditEvent.action, search.action),
        (AuditEvent.subject, search.subject),
        (AuditEvent.subject_id, search.subject_id),
    ):
        if value:
            query = query.where(column == value)
    if search.since:
        query = query.where(AuditEvent.at >= search.since)
    if search.until:
        query = query.where(AuditEvent.at < search.until)
    return query


ORIGIN = Point()


class Ends(NamedTuple):
    """Where the chain ends by its head, and the last event that is there; read in one statement."""

    head: Point | None
    last: int


def read_ends(session: Session) -> Ends:
    """Both ends of the same moment; no head is a chain that was broken open."""
    last = "(SELECT COALESCE(max(id), 0) FROM audit_event)"
    row = session.execute(
        select(literal_column(last), AuditHead.seq, AuditHead.digest).select_from(AuditHead)
    ).first()
    if row is None:
        return Ends(None, session.scalar(select(literal_column(last))) or 0)
    return Ends(Point(row[1], row[2]), row[0])


_STEP = text(
    f"SELECT {', '.join(CHAINED)}, digest FROM audit_event WHERE id > :after AND id <= :last ORDER BY id LIMIT :most"
).columns(**{name: Text() for name in ("actor_name", "action", "before", "after")})


def walk(session: Session, after: int, last: int) -> Iterator[tuple[Any, ...]]:
    """The events from after one to another, in the order of their numbers: ``CHAINED`` columns, then the digest.

    As they are stored and unconverted, some thousand in memory at a time: what was tampered with may be no date.
    """
    while rows := session.execute(_STEP, {"after": after, "last": last, "most": EVENTS_A_STEP}).all():
        for row in rows:
            yield tuple(row)
        after = rows[-1][0]


def list_checkpoints(session: Session, before: int | None = None, limit: int = 50) -> list[AuditCheckpoint]:
    """The latest checkpoints first."""
    query = select(AuditCheckpoint).order_by(AuditCheckpoint.id.desc()).limit(limit)
    return list(session.scalars(query.where(AuditCheckpoint.id < before) if before else query))


def list_sealed(session: Session, after: int, last: int) -> list[AuditCheckpoint]:
    """The checkpoints between two places in the chain, as the walk meets them."""
    query = select(AuditCheckpoint).where(AuditCheckpoint.seq > after, AuditCheckpoint.seq <= last)
    return list(session.scalars(query.order_by(AuditCheckpoint.seq, AuditCheckpoint.id)))
