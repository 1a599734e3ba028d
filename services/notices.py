"""通知: told once to each unit that it concerns, read by each of its people, forgotten after a year or so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, NamedTuple

from sqlmodel import Session

from models import audit
from models.account import Actor
from models.db import reading, transaction
from models.notice import (
    Notice,
    add_notices,
    delete_before,
    find_notice,
    list_known,
    mark_all_read,
    mark_read,
)
from rules.refusals import Missing

CHUNK = 500
"""Told or forgotten in one transaction, so that no clerk waits long for the one writer of SQLite."""


class Telling(NamedTuple):
    """A notice to be told; the same ``key`` is told once, however often the worker runs or dies."""

    unit_id: int
    kind: str
    params: dict[str, Any]
    key: str


def tell(session: Session, telling: Telling, now: datetime) -> None:
    """Tell a unit something in the running transaction."""
    add_notices(session, [{**telling._asdict(), "filing_id": None, "at": now}])


def tell_many(tellings: Iterable[Telling], now: datetime) -> int:
    """Tell what has not been told yet, some hundred at a time; returns how many notices that were."""
    told = 0
    for some in _chunks(tellings):
        with reading() as session:
            known = list_known(session, [one.key for one in some])
        fresh = [one for one in some if one.key not in known]
        if not fresh:
            continue
        with transaction() as session:
            add_notices(session, [{**one._asdict(), "filing_id": None, "at": now} for one in fresh])
            after = {"count": len(fresh), "kinds": sorted({one.kind for one in fresh})}
            audit.record(session, None, "notices_told", "notice", None, now, after=after)
        told += len(fresh)
    return told


def open_notice(actor: Actor, notice_id: int, now: datetime) -> Notice:
    """A notice that somebody opens, read by that from now on; raises ``Missing`` for another unit's."""
    with reading() as session:
        notice = find_notice(session, actor.own_unit_id, notice_id)
    if notice is None:
        raise Missing(notice_id)
    with transaction() as session:
        if mark_read(session, notice_id, actor.account_id, now):
            audit.record(session, actor, "notice_read", "notice", notice_id, now)
    return notice


def read_all(actor: Actor, up_to: int, now: datetime) -> int:
    """全部标为已读: all that the page showed, and nothing that came after it; returns how many were unread."""
    with transaction() as session:
        count = mark_all_read(session, actor.own_unit_id, actor.account_id, up_to, now)
        if count:
            after = {"count": count, "up_to": up_to}
            audit.record(session, actor, "notices_read", "notice", None, now, after=after)
    return count


def forget_notices(now: datetime, days: int) -> int:
    """Forget notices told more than ``days`` ago; the 业务 that they were about stay. Returns how many."""
    moment, forgotten = now - timedelta(days=days), 0
    while True:
        with transaction() as session:
            count = delete_before(session, moment, CHUNK)
            if count:
                after = {"count": count, "days": days}
                audit.record(session, None, "notices_forgotten", "notice", None, now, after=after)
        forgotten += count
        if count < CHUNK:
            return forgotten


def _chunks(tellings: Iterable[Telling]) -> Iterator[list[Telling]]:
    rest = iter(tellings)
    while some := list(islice(rest, CHUNK)):
        yield some
