"""参数: a change is entered by one person of the bureau, looked at with what it would do, and released by another.

A row in force is never changed but for the day it ends; a change never begins in the past, nor in a month that is levied.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from models import audit
from models.account import Actor
from models.db import transaction
from models.parameter_change import ParameterChange
from models.parameter_list import (
    content_of,
    find_change,
    find_in_force,
    find_last_month,
    find_start_after,
    find_waiting,
    make_row,
    was_released_since,
)
from models.region import Region, get_region
from models.unit import find_unit
from rules.insurances import MATERNITY
from rules.parameters import ChangeKind, Entry, check_start, read_change, subject_of
from rules.refusals import Conflict, Missing, Refusal
from services.filings import Faulty
from services.impacts import put_reckoning

FRESH = timedelta(hours=24)
"""An impact is a day old at most when it is released: people come and go."""
REASON_LENGTH = 200


def enter_change(actor: Actor, kind: ChangeKind, typed: Mapping[str, str], now: datetime) -> tuple[int, int]:
    """Put a change down to be released by somebody else; returns its number, and that of the job that reckons it.

    Raises ``Faulty`` with the refusals of ``rules.parameters.read_change`` and ``check_start``, ``parameter.no_unit``,
    ``parameter.merged``, ``parameter.same``, ``parameter.waiting``.
    """
    entry, problems = read_change(kind, typed)
    if entry is None:
        raise Faulty(problems)
    try:
        with transaction() as session:
            # Whoever enters the same in the same second waits here, and is told.
            session.get_one(Region, actor.region_code, with_for_update=True)
            change = _make_change(session, actor, entry, now)
            session.add(change)
            session.flush()
            _audit(session, actor, "parameter_entered", change, now, after=_said(change))
            return change.key, put_reckoning(session, change, now)
    except Refusal as refusal:
        raise Faulty({refusal.field or "": refusal}) from None


def _make_change(session: Session, actor: Actor, entry: Entry, now: datetime) -> ParameterChange:
    unit_id = None
    if entry.kind.has_unit:
        unit = find_unit(session, actor.region_code, entry.unit_no)
        if unit is None:
            raise Refusal("parameter.no_unit", "unit_no", value=entry.unit_no[:40])
        unit_id = unit.id
    if entry.insurance == MATERNITY and get_region(session, actor.region_code).is_maternity_merged:
        raise Refusal("parameter.merged", "insurance")
    change = ParameterChange(
        region_code=actor.region_code,
        kind=entry.kind.code,
        subject=subject_of(entry.kind.code, entry.insurance, unit_id),
        insurance=entry.insurance,
        unit_id=unit_id,
        valid_from=entry.valid_from,
        content=entry.content,
        source=entry.source,
        entered_by=actor.account_id,
        entered_at=now,
    )
    if find_waiting(session, actor.region_code, change.subject) is not None:
        raise Refusal("parameter.waiting")
    _check_start(session, change, now)
    before = find_in_force(session, change)
    if before is not None and content_of(before) == change.content:
        raise Refusal("parameter.same")
    return change


def reckon_again(actor: Actor, change_id: int, now: datetime) -> int:
    """估算影响 anew; returns the job. Raises ``Missing``, ``Conflict`` ``parameter.decided``."""
    with transaction() as session:
        change = _waiting(session, actor, change_id)
        change.impact = None
        session.add(change)
        return put_reckoning(session, change, now)


def release_change(actor: Actor, change_id: int, now: datetime) -> None:
    """发布: the row in force ends where the new one begins.

    Raises ``Missing``, ``Conflict`` ``parameter.decided``, ``Refusal`` ``parameter.own``, ``parameter.no_impact``,
    ``parameter.stale_impact``, and those of ``rules.parameters.check_start``.
    """
    with transaction() as session:
        change = _waiting(session, actor, change_id)
        check_release(session, actor, change, now)
        old = find_in_force(session, change)
        before = None if old is None else {**content_of(old), "valid_to": old.valid_to.isoformat()}
        if old is not None:
            old.valid_to = change.valid_from
            session.add(old)
        session.add(make_row(change))
        change.state, change.decided_by, change.decided_at = "released", actor.account_id, now
        session.add(change)
        _audit(session, actor, "parameter_released", change, now, before=before, after=_said(change))


def check_release(session: Session, actor: Actor, change: ParameterChange, now: datetime) -> None:
    """What stands in the way of a release by this person, now; raises as ``release_change``."""
    if change.entered_by == actor.account_id:
        raise Refusal("parameter.own")
    _check_start(session, change, now)
    if change.impact is None:
        raise Refusal("parameter.no_impact")
    reckoned_at = datetime.fromisoformat(change.impact["at"])
    if now - reckoned_at > FRESH or was_released_since(session, change, reckoned_at):
        raise Refusal("parameter.stale_impact")


def drop_change(actor: Actor, change_id: int, reason: str, now: datetime) -> None:
    """撤掉 a change that waits, with a reason; whoever entered it may do so, too.

    Raises ``Missing``, ``Conflict`` ``parameter.decided``, ``Refusal`` as ``check_reason``.
    """
    reason = check_reason(reason)
    with transaction() as session:
        change = _waiting(session, actor, change_id)
        change.state, change.decided_by, change.decided_at = "dropped", actor.account_id, now
        change.reason = reason
        session.add(change)
        _audit(
            session, actor, "parameter_dropped", change, now, before=_said(change), after={"reason": reason}
        )


def check_reason(reason: str) -> str:
    """The reason of a drop. Raises ``Refusal`` ``parameter.no_reason``, ``parameter.reason_too_long`` (``limit``)."""
    reason = reason.strip()
    if not reason:
        raise Refusal("parameter.no_reason", "reason")
    if len(reason) > REASON_LENGTH:
        raise Refusal("parameter.reason_too_long", "reason", limit=REASON_LENGTH)
    return reason


def get_change(session: Session, actor: Actor, change_id: int) -> ParameterChange:
    """A change of the reviewer's region. Raises ``Missing``."""
    change = find_change(session, actor.region_code, change_id)
    if change is None:
        raise Missing(change_id)
    return change


def _waiting(session: Session, actor: Actor, change_id: int) -> ParameterChange:
    """A change to be decided. The region's row is locked: no month's run begins between the look and the release."""
    session.get_one(Region, actor.region_code, with_for_update=True)
    change = get_change(session, actor, change_id)
    session.refresh(change, with_for_update=True)
    if change.state != "entered":
        raise Conflict("parameter.decided")
    return change


def _check_start(session: Session, change: ParameterChange, now: datetime) -> None:
    check_start(
        change.valid_from,
        now.date(),
        find_last_month(session, change.region_code),
        find_start_after(session, change),
    )


def _said(change: ParameterChange) -> dict[str, Any]:
    return {
        "subject": change.subject,
        "valid_from": change.valid_from.isoformat(),
        "source": change.source,
        **change.content,
    }


def _audit(
    session: Session,
    actor: Actor,
    action: str,
    change: ParameterChange,
    now: datetime,
    *,
    before: object = None,
    after: object = None,
) -> None:
    audit.record(
        session,
        actor,
        action,
        "parameter_change",
        change.key,
        now,
        unit_id=change.unit_id,
        before=before,
        after=after,
    )
