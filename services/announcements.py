"""公告: written, edited and withdrawn by the bureau; each time a version that stays."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlmodel import Session

from models import audit
from models.account import Actor
from models.announcement import Announcement, find_last_number, list_versions
from models.db import transaction
from models.region import Region
from rules.announcements import FIELDS, read_announcement
from rules.fields import as_typed
from rules.refusals import Conflict, Missing
from services.filings import Faulty


def write_announcement(actor: Actor, typed: Mapping[str, str], now: datetime) -> int:
    """A new announcement; returns its number. Raises ``Faulty`` as ``rules.announcements.read_announcement`` finds."""
    content = _read(typed)
    with transaction() as session:
        # Whoever writes another in the same second waits here, and gets the next number.
        session.get_one(Region, actor.region_code, with_for_update=True)
        number = find_last_number(session, actor.region_code) + 1
        made = Announcement(region_code=actor.region_code, number=number, **content, **_written(actor, now))
        _keep(session, actor, "announcement_written", None, made, now)
    return number


def edit_announcement(actor: Actor, number: int, seen: int, typed: Mapping[str, str], now: datetime) -> None:
    """A new version in place of the one that was ``seen``.

    Raises ``Missing``, ``Faulty``, ``Conflict`` ``announcement.changed`` when somebody else was quicker.
    """
    _replace(actor, number, seen, _read(typed), "announcement_edited", now)


def withdraw_announcement(actor: Actor, number: int, seen: int, now: datetime) -> None:
    """撤下: nobody is shown it from now on; its versions stay. Raises ``Missing``, ``Conflict`` ``announcement.changed``."""
    _replace(actor, number, seen, {"is_withdrawn": True}, "announcement_withdrawn", now)


def get_versions(session: Session, actor: Actor, number: int) -> list[tuple[Announcement, str]]:
    """The versions of an announcement of the reviewer's region, the newest first. Raises ``Missing``."""
    found = list_versions(session, actor.region_code, number)
    if not found:
        raise Missing(number)
    return found


def as_form(one: Announcement) -> dict[str, str]:
    """A version as a person would type it again."""
    return as_typed(FIELDS, {name: getattr(one, name) for name in FIELDS})


def _read(typed: Mapping[str, str]) -> dict[str, Any]:
    content, problems = read_announcement(typed)
    if problems:
        raise Faulty(problems)
    return content


def _replace(
    actor: Actor, number: int, seen: int, content: dict[str, Any], action: str, now: datetime
) -> None:
    with transaction() as session:
        session.get_one(Region, actor.region_code, with_for_update=True)
        old = get_versions(session, actor, number)[0][0]
        if old.version != seen:
            raise Conflict("announcement.changed")
        values = old.model_dump(exclude={"id", "version"}) | {"is_withdrawn": False} | content
        made = Announcement(**values | {"version": old.version + 1} | _written(actor, now))
        _keep(session, actor, action, old, made, now)


def _written(actor: Actor, now: datetime) -> dict[str, Any]:
    return {"written_by": actor.account_id, "written_at": now}


def _keep(
    session: Session, actor: Actor, action: str, old: Announcement | None, made: Announcement, now: datetime
) -> None:
    session.add(made)
    session.flush()
    before = _said(old) if old else None
    audit.record(session, actor, action, "announcement", made.id, now, before=before, after=_said(made))


def _said(one: Announcement) -> dict[str, Any]:
    shown = {name: getattr(one, name) for name in (*FIELDS, "number", "version", "is_withdrawn")}
    return {name: str(value) if isinstance(value, date) else value for name, value in shown.items()}
