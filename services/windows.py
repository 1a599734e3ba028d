"""申报时间: entered or extended by one person of the bureau, released by another; in force from the release on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from models import audit
from models.account import Account, Actor
from models.db import transaction
from models.declaration import Declaration
from models.parameter_change import ParameterChange
from models.parameter_list import find_waiting
from models.region import DeclarationWindow, Region, find_window
from rules.refusals import Conflict, Missing, Refusal
from rules.windows import WINDOW, Window, read_window, window_of
from services.declarations import get_own
from services.filings import Faulty
from services.parameters import REASON_LENGTH, check_reason


def enter_window(actor: Actor, typed: Mapping[str, str], now: datetime) -> int:
    """Put a window, or another end of one, down to be released; returns the number of the change.

    Raises ``Faulty`` with the refusals of ``rules.windows.read_window`` and ``check_window``, ``window.waiting``.
    """
    window, source, problems = read_window(typed)
    if window is None:
        raise Faulty(problems)
    subject = f"{WINDOW}:{window.year}"
    try:
        with transaction() as session:
            session.get_one(Region, actor.region_code, with_for_update=True)
            if find_waiting(session, actor.region_code, subject) is not None:
                raise Refusal("window.waiting", "year", year=window.year)
            check_window(session, actor.region_code, window, now)
            change = ParameterChange(
                region_code=actor.region_code,
                kind=WINDOW,
                subject=subject,
                valid_from=window.opens_on,
                content=window.content,
                source=source,
                entered_by=actor.account_id,
                entered_at=now,
            )
            session.add(change)
            session.flush()
            after = {**change.content, "source": source}
            audit.record(session, actor, "window_entered", "parameter_change", change.key, now, after=after)
            return change.key
    except Refusal as refusal:
        raise Faulty({refusal.field or "": refusal}) from None


def check_window(session: Session, region_code: str, window: Window, now: datetime) -> None:
    """What stands against a window: the past, or declarations that were begun with another first month of new bases.

    Raises ``Refusal`` ``window.past`` (``day``), ``window.same``, ``window.begun`` (``month``).
    """
    if window.closes_on < now.date():
        raise Refusal("window.past", "closes_on", day=window.closes_on.isoformat())
    old = find_window(session, region_code, window.year)
    if old is None:
        return
    if (old.opens_on, old.closes_on, old.effective_month) == window[1:]:
        raise Refusal("window.same", "closes_on")
    if old.effective_month != window.effective_month:
        begun = select(Declaration.id).where(
            Declaration.region_code == region_code, Declaration.year == window.year
        )
        if session.scalars(begun.limit(1)).first() is not None:
            raise Refusal("window.begun", "effective_month", month=old.effective_month)


def release_window(actor: Actor, change_id: int, now: datetime) -> None:
    """发布. Raises ``Missing``, ``Conflict`` ``window.decided``, ``Refusal`` ``window.own`` and those of ``check_window``."""
    with transaction() as session:
        change = _waiting(session, actor, change_id)
        if change.entered_by == actor.account_id:
            raise Refusal("window.own")
        window = window_of(change.content)
        check_window(session, actor.region_code, window, now)
        row = _row(session, actor.region_code, window.year)
        before = _said(row) if row else None
        values = dict(zip(("opens_on", "closes_on", "effective_month"), window[1:], strict=True))
        if row is None:
            row = DeclarationWindow(region_code=actor.region_code, year=window.year, **values)
        for name, value in values.items():
            setattr(row, name, value)
        session.add(row)
        _decide(session, actor, change, "released", now)
        audit.record(
            session,
            actor,
            "window_released",
            "parameter_change",
            change.key,
            now,
            before=before,
            after=_said(row),
        )


def drop_window(actor: Actor, change_id: int, reason: str, now: datetime) -> None:
    """撤掉, with a reason. Raises ``Missing``, ``Conflict`` ``window.decided``, ``Refusal`` as ``services.parameters.check_reason``."""
    reason = check_reason(reason)
    with transaction() as session:
        change = _waiting(session, actor, change_id)
        change.reason = reason
        _decide(session, actor, change, "dropped", now)
        audit.record(
            session,
            actor,
            "window_dropped",
            "parameter_change",
            change.key,
            now,
            before=dict(change.content),
            after={"reason": reason},
        )


def is_late(session: Session, declaration: Declaration, now: datetime) -> bool:
    """Whether the window of a declaration's year has closed."""
    window = find_window(session, declaration.region_code, declaration.year)
    return window is not None and now.date() > window.closes_on


def explain_lateness(actor: Actor, declaration_id: int, reason: str, now: datetime) -> None:
    """Keep why a declaration is handed in after its window; the reviewer reads it.

    Raises ``Missing``, ``Conflict`` ``declaration.not_open``, ``Refusal`` ``late.no_reason``, ``late.long_reason`` (``limit``).
    """
    reason = reason.strip()
    if not reason:
        raise Refusal("late.no_reason", "late_reason")
    if len(reason) > REASON_LENGTH:
        raise Refusal("late.long_reason", "late_reason", limit=REASON_LENGTH)
    with transaction() as session:
        declaration = get_own(session, actor, declaration_id, lock=True)
        if declaration.state != "open":
            raise Conflict("declaration.not_open", state=declaration.state)
        before = {"late_reason": declaration.late_reason}
        declaration.late_reason = reason
        session.add(declaration)
        after = {"late_reason": reason}
        audit.record(
            session,
            actor,
            "lateness_explained",
            "declaration",
            declaration_id,
            now,
            before=before,
            after=after,
        )


def list_window_changes(
    session: Session, region_code: str, states: Sequence[str], limit: int = 20
) -> list[tuple[ParameterChange, Account]]:
    """Changes of windows in these states with who entered them, the latest first."""
    query = (
        select(ParameterChange, Account)
        .join(Account, Account.id == ParameterChange.entered_by)
        .where(
            ParameterChange.region_code == region_code,
            ParameterChange.kind == WINDOW,
            ParameterChange.state.in_(states),
        )
        .order_by(ParameterChange.id.desc())
    )
    return [(change, account) for change, account in session.execute(query.limit(limit))]


def get_window_change(session: Session, actor: Actor, change_id: int) -> ParameterChange:
    """A change of a window of the reviewer's region. Raises ``Missing``."""
    query = select(ParameterChange).where(
        ParameterChange.id == change_id,
        ParameterChange.region_code == actor.region_code,
        ParameterChange.kind == WINDOW,
    )
    change = session.scalars(query).first()
    if change is None:
        raise Missing(change_id)
    return change


def _waiting(session: Session, actor: Actor, change_id: int) -> ParameterChange:
    session.get_one(Region, actor.region_code, with_for_update=True)
    change = get_window_change(session, actor, change_id)
    session.refresh(change, with_for_update=True)
    if change.state != "entered":
        raise Conflict("window.decided")
    return change


def _row(session: Session, region_code: str, year: int) -> DeclarationWindow | None:
    """The window in force, to be changed."""
    query = select(DeclarationWindow).where(
        DeclarationWindow.region_code == region_code, DeclarationWindow.year == year
    )
    return session.scalars(query.with_for_update()).first()


def _decide(session: Session, actor: Actor, change: ParameterChange, state: str, now: datetime) -> None:
    change.state, change.decided_by, change.decided_at = state, actor.account_id, now
    session.add(change)
    session.flush()


def _said(row: DeclarationWindow) -> dict[str, Any]:
    return Window(row.year, row.opens_on, row.closes_on, row.effective_month).content
