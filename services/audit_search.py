"""审计查询: what was asked for, read from a form, and what was found, as an xlsx that is an event itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

from sqlmodel import Session

from cert.digests import sm3_hex
from documents.levy_workbook import Column, write_table
from models import audit
from models.account import Actor
from models.audit_list import AuditSearch, Found, list_events
from models.db import reading, transaction
from rules.numbers import whole_number
from rules.refusals import Refusal
from translations import gettext as _

MOST_EXPORTED = 50_000
CHUNK = 2_000
HALL = "hall"
FIELDS = ("scope", "person", "unit", "action", "subject", "subject_id", "since", "until")
LONGEST = 60


def read_search(actor: Actor, typed: Mapping[str, str], zone: tzinfo | None) -> AuditSearch:
    """The search of a form's ``FIELDS``; days are the hall's own, both inclusive, and ``until`` ends with its day.

    Raises ``Refusal`` ``audits.bad_day``.
    """
    said = {name: typed.get(name, "").strip()[:LONGEST] for name in FIELDS}
    since, until = _day(said["since"], "since"), _day(said["until"], "until")
    if since and until and until < since:
        raise Refusal("audits.bad_day", "until")
    return AuditSearch(
        region_code="" if said["scope"] == HALL else actor.region_code,
        person=said["person"],
        unit=said["unit"],
        action=said["action"],
        subject=said["subject"],
        subject_id=whole_number(said["subject_id"]),
        since=_midnight(since, zone) if since else None,
        until=_midnight(until + timedelta(days=1), zone) if until else None,
    )


def _day(text: str, field: str) -> date | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Refusal("audits.bad_day", field) from None
    # The day after the last one that a calendar has is none.
    if not 2000 <= day.year <= 2999:
        raise Refusal("audits.bad_day", field)
    return day


def _midnight(day: date, zone: tzinfo | None) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def export_events(actor: Actor, search: AuditSearch, now: datetime) -> bytes:
    """Everything that a search finds as an xlsx, the latest first; with an audit event that has filter and digest.

    Raises ``Refusal`` ``audits.nothing``, ``audits.too_many`` above ``MOST_EXPORTED``.
    """
    with reading() as session:
        rows = [_row(one, now.tzinfo) for one in _everything(session, search)]
    if not rows:
        raise Refusal("audits.nothing")
    data = write_table(_("审计记录"), _columns(), rows)
    asked = {name: str(value) for name, value in search._asdict().items() if value}
    after = {"filter": asked, "rows": len(rows), "digest": sm3_hex(data)}
    with transaction() as session:
        audit.record(session, actor, "audit_exported", "audit", None, now, after=after)
    return data


def _everything(session: Session, search: AuditSearch) -> Iterator[Found]:
    before: int | None = None
    count = 0
    while page := list_events(session, search, before, CHUNK):
        count += len(page)
        if count > MOST_EXPORTED:
            raise Refusal("audits.too_many", limit=MOST_EXPORTED)
        yield from page
        before = page[-1].event.id


def _columns() -> tuple[Column, ...]:
    return (
        Column(_("序号"), 10, "count"),
        Column(_("时间"), 20),
        Column(_("操作人"), 14),
        Column(_("单位编号"), 14),
        Column(_("单位名称"), 30),
        Column(_("事项"), 26),
        Column(_("对象"), 20),
        Column(_("对象编号"), 10),
        Column(_("变更前"), 40),
        Column(_("变更后"), 40),
        Column(_("摘要（SM3）"), 68),
    )


def _row(one: Found, zone: tzinfo | None) -> tuple[str | int, ...]:
    event = one.event
    return (
        event.id or 0,
        event.at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S"),
        event.actor_name,
        one.unit_no or "",
        one.unit_name or "",
        event.action,
        event.subject,
        "" if event.subject_id is None else str(event.subject_id),
        _values_text(event.before),
        _values_text(event.after),
        event.digest,
    )


def _values_text(values: Any) -> str:
    return "；".join(f"{name}：{value}" if name else value for name, value in flatten(values))


def flatten(values: Any, name: str = "") -> list[tuple[str, str]]:
    """Values of an event as names and texts, one each: {"a": {"b": 1}} is [("a.b", "1")]."""
    if isinstance(values, dict):
        return [
            pair for key in values for pair in flatten(values[key], f"{name}.{key}" if name else str(key))
        ]
    if isinstance(values, list):
        return [(name, "、".join(str(one) for one in values))]
    return [] if values is None else [(name, str(values))]


def compare(before: Any, after: Any) -> list[tuple[str, str | None, str | None]]:
    """Both sides of an event, a line for each name: (name, before, after), None where a side does not have it."""
    old, new = dict(flatten(before)), dict(flatten(after))
    return [(name, old.get(name), new.get(name)) for name in dict.fromkeys((*old, *new))]
