"""申报进度: how far the region's units are with the year's wages, who is reminded, and the list to take away."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from sqlmodel import Session
from werkzeug.wrappers import Response

from blueprints.bureau import bureau
from blueprints.shared import clock
from blueprints.shared.guards import actor, duty, reviewer_only
from blueprints.wages.files import attachment
from models.db import reading
from models.progress_list import (
    STATES,
    UNITS_A_PAGE,
    Count,
    Scope,
    Search,
    count_states,
    list_reminders,
    list_unit_ids,
    list_units,
)
from models.region import find_window, list_windows
from rules.insurances import GROUPS
from rules.numbers import whole_number
from services.progress import REMINDED, check_reminder, export_progress, remind, scope_of, state_words
from translations import gettext as _

SHAPES = {
    "approved": "ok",
    "waiting": "",
    "returned": "fail",
    "late": "fail",
    "drafting": "ask",
    "not_started": "ask",
}


@bureau.get("/progress")
@reviewer_only
@duty("accept", "review", "levy")
def progress() -> str:
    """The board: units by state and office, and the reminders that were sent."""
    with reading() as session:
        scope = _scope(session)
        counts = count_states(session, scope)
        values = _values(session, scope)
        reminders = list_reminders(session, scope.region_code)
    cities = sorted({one.city for one in counts})
    return render_template(
        "bureau/progress.html",
        totals=_sum(counts),
        cities=[(city, _sum(one for one in counts if one.city == city)) for city in cities],
        reminders=reminders,
        group_codes={group.code: group.insurances for group in GROUPS},
        **values,
    )


@bureau.get("/progress/units")
@reviewer_only
@duty("accept", "review", "levy")
def progress_units() -> str:
    """The units in a state, or those that a number or name finds."""
    after = whole_number(request.args.get("after", "")) or 0
    with reading() as session:
        scope, search = _scope(session), _search()
        found = list_units(session, scope, search, after)
        values = _values(session, scope)
    shown = found[:UNITS_A_PAGE]
    return render_template(
        "bureau/progress_units.html",
        found=shown,
        search=search,
        after=after,
        next_after=shown[-1].unit.id if len(found) > UNITS_A_PAGE else None,
        may_remind=search.state in REMINDED,
        **values,
    )


@bureau.post("/progress/units.xlsx")
@reviewer_only
@duty("accept", "review", "levy")
def progress_export() -> Response:
    """The same list as a workbook."""
    with reading() as session:
        scope = _scope(session)
    return attachment(export_progress(actor(), scope, _search(), clock.now()))


@bureau.route("/progress/remind", methods=["GET", "POST"])
@reviewer_only
@duty("accept", "review", "levy")
def progress_remind() -> Response | str:
    """提醒: a page that says how many units will be told, then the notices."""
    with reading() as session:
        scope, search = _scope(session), _search()
        check_reminder(search)
        units = len(list_unit_ids(session, scope, search))
        values = _values(session, scope)
    if request.method == "GET":
        return render_template("bureau/progress_remind.html", units=units, search=search, **values)
    units, told = remind(actor(), scope, search, clock.now())
    if told == units:
        flash(_("已提醒 %(n)s 个单位。") % {"n": told}, "good")
    else:
        words = _("已提醒 %(n)s 个单位；另外 %(rest)s 个今天已经提醒过，没有重复发。")
        flash(words % {"n": told, "rest": units - told}, "good")
    return redirect(url_for("bureau.progress", year=scope.year, group=scope.group.code), 303)


def _scope(session: Session) -> Scope:
    """What the address or the form asks for."""
    asked = request.values
    year = whole_number(asked.get("year", ""))
    office = asked.get("office", "")[:6]
    return scope_of(session, actor(), year, asked.get("group", ""), office, clock.now())


def _search() -> Search:
    asked = request.values
    state = asked.get("state", "")
    return Search(state if state in STATES else "", asked.get("words", "").strip()[:40])


def _sum(counts: Any) -> dict[str, int]:
    """Units by state, every state named."""
    found = dict.fromkeys(STATES, 0)
    one: Count
    for one in counts:
        found[one.state] += one.units
    return found


def _values(session: Session, scope: Scope) -> dict[str, Any]:
    """What every page of the board says of itself."""
    return {
        "scope": scope,
        "window": find_window(session, scope.region_code, scope.year),
        "years": [one.year for one in list_windows(session, scope.region_code)],
        "groups": GROUPS,
        "states": state_words(),
        "shapes": SHAPES,
    }
