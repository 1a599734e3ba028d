"""申报进度: what the bureau does with it: see it, take it away as a file, remind the units in a state."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlmodel import Session

from documents.levy_workbook import Column, write_table
from models import audit
from models.account import Actor
from models.db import reading, transaction
from models.progress_list import STATES, Reminder, Scope, Search, list_unit_ids, list_units
from models.region import find_window, list_windows
from rules.insurances import GROUPS
from rules.refusals import Missing, Refusal
from services.exchange import File
from services.notices import Telling, tell_many
from translations import gettext as _

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
REMINDED = ("not_started", "drafting", "late", "returned")
"""Who has something to do: whoever waits for the bureau or is done is not disturbed."""


def scope_of(
    session: Session, actor: Actor, year: int | None, group_code: str, office: str, now: datetime
) -> Scope:
    """What of the reviewer's office is looked at: without a year the newest that has a window, without a group 医疗.

    ``office`` narrows it further; another office's is the reviewer's own.

    Raises ``Missing`` for a year without a window and for an unknown group.
    """
    if year is None:
        windows = list_windows(session, actor.region_code)
        year = windows[0].year if windows else now.year
    window = find_window(session, actor.region_code, year)
    group = next((one for one in GROUPS if one.code == (group_code or GROUPS[0].code)), None)
    if group is None or (window is None and year != now.year):
        raise Missing(group_code or year)
    if not (office.isascii() and office.isdecimal() and office.startswith(actor.office_code)):
        office = actor.office_code
    is_over = window is not None and now.date() > window.closes_on
    return Scope(actor.region_code, year, group, is_over, office)


def export_progress(actor: Actor, scope: Scope, search: Search, now: datetime) -> File:
    """The units that a search finds as an xlsx; leaves an audit event."""
    with reading() as session:
        found = list_units(session, scope, search, limit=None)
    words = state_words()
    rows = [
        [
            one.unit.unit_no,
            one.unit.name,
            words[one.state],
            f"{one.at.astimezone(now.tzinfo):%Y-%m-%d}" if one.at else "",
        ]
        for one in found
    ]
    columns = [
        Column(_("单位编号"), 14),
        Column(_("单位名称"), 40),
        Column(_("进度"), 12),
        Column(_("提交日期"), 14),
    ]
    with transaction() as session:
        after = {**_said(scope, search), "rows": len(rows)}
        audit.record(session, actor, "progress_exported", "region", None, now, after=after)
    title = _("申报进度")
    return File(write_table(title, columns, rows), f"{title}_{scope.year}_{scope.group.code}.xlsx", XLSX)


def remind(actor: Actor, scope: Scope, search: Search, now: datetime) -> tuple[int, int]:
    """Notices to the units that a search finds, one a day each; returns how many units and how many were told now.

    The notices go out after the reminder is written down, some hundred at a time: one that breaks off in between is
    finished by sending it again. Raises ``Refusal`` ``progress.not_reminded``, ``progress.nobody``.
    """
    check_reminder(search)
    with transaction() as session:
        unit_ids = list_unit_ids(session, scope, search)
        if not unit_ids:
            raise Refusal("progress.nobody")
        reminder = Reminder(
            region_code=actor.region_code,
            year=scope.year,
            group_code=scope.group.code,
            state=search.state,
            units=len(unit_ids),
            sent_by=actor.account_id,
            sent_at=now,
        )
        session.add(reminder)
        session.flush()
        after = {**_said(scope, search), "units": len(unit_ids)}
        audit.record(session, actor, "progress_reminded", "reminder", reminder.id, now, after=after)
        window = find_window(session, scope.region_code, scope.year)
    day = window.closes_on.isoformat() if window else f"{scope.year}-12-31"
    return len(unit_ids), tell_many(_tellings(scope, search.state, unit_ids, day, now), now)


def check_reminder(search: Search) -> None:
    """Only a state in which a unit has something to do is reminded. Raises ``Refusal`` ``progress.not_reminded``."""
    if search.state not in REMINDED:
        raise Refusal("progress.not_reminded")


def _tellings(
    scope: Scope, state: str, unit_ids: Iterable[int], day: str, now: datetime
) -> Iterable[Telling]:
    kind = {"late": "declare_late", "returned": "declare_returned"}.get(state, "declare_reminder")
    params = {"year": scope.year, "day": day, "insurances": list(scope.group.insurances)}
    for unit_id in unit_ids:
        key = f"remind:{scope.year}:{scope.group.code}:{now:%Y%m%d}:{unit_id}"
        yield Telling(unit_id, kind, params, key)


def _said(scope: Scope, search: Search) -> dict[str, str | int]:
    return {
        "year": scope.year,
        "group": scope.group.code,
        "office": scope.office,
        "state": search.state,
        "words": search.words,
    }


def state_words() -> dict[str, str]:
    """Each state in the words of the screen."""
    words = (_("未开始"), _("录入中"), _("逾期未报"), _("退回"), _("待审核"), _("审核通过"))
    return dict(zip(STATES, words, strict=True))
