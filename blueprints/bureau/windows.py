"""申报时间: the windows of the region, what is entered or extended, and the release by a second person."""

from __future__ import annotations

from collections.abc import Mapping

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from blueprints.bureau import bureau
from blueprints.shared import clock
from blueprints.shared.guards import actor, duty, reviewer_only
from blueprints.shared.sentences import sentence
from models.account import Account
from models.db import reading
from models.region import DeclarationWindow, find_window, list_windows
from rules.refusals import Conflict, Refusal
from rules.windows import FIELDS, window_of
from services.filings import Faulty
from services.parameters import REASON_LENGTH
from services.windows import drop_window, enter_window, get_window_change, list_window_changes, release_window
from translations import gettext as _


@bureau.route("/windows", methods=["GET", "POST"])
@reviewer_only
@duty("parameters", whole_region=True)
def windows() -> Response | tuple[str, int] | str:
    """Every window, the changes that wait, those decided, and the form that enters one."""
    if request.method == "GET":
        return _page({})
    typed = {name: request.form.get(name, "") for name in FIELDS}
    try:
        change_id = enter_window(actor(), typed, clock.now())
    except Faulty as faulty:
        return _page(typed, {name: sentence(one) for name, one in faulty.problems.items()}), 422
    flash(_("申报时间已录入，还没有生效。请另一位同事核对后发布。"), "good")
    return redirect(url_for("bureau.window", change_id=change_id), 303)


def _page(typed: Mapping[str, str], errors: Mapping[str, str] | None = None) -> str:
    with reading() as session:
        found = list_windows(session, actor().region_code)
        waiting = list_window_changes(session, actor().region_code, ("entered",))
        decided = list_window_changes(session, actor().region_code, ("released", "dropped"))
    return render_template(
        "bureau/windows.html",
        found=found,
        waiting=waiting,
        decided=decided,
        fields=FIELDS.values(),
        typed=typed or (_newest(found[0]) if found else {}),
        errors=errors or {},
        today=clock.today(),
    )


def _newest(window: DeclarationWindow) -> dict[str, str]:
    """The newest window as a person would type it: to extend it is the commonest change."""
    names = ("year", "opens_on", "closes_on", "effective_month")
    return {name: str(getattr(window, name)) for name in names}


@bureau.route("/windows/<int:change_id>", methods=["GET", "POST"])
@reviewer_only
@duty("parameters", whole_region=True)
def window(change_id: int) -> Response | tuple[str, int] | str:
    """A change beside what is in force: 发布 by somebody else, 撤掉 with a reason."""
    if request.method == "GET":
        return _change_page(change_id)
    reason, now = request.form.get("reason", ""), clock.now()
    try:
        if request.form.get("do") == "release":
            release_window(actor(), change_id, now)
            flash(_("已发布，现在起照新的申报时间办。"), "good")
        else:
            drop_window(actor(), change_id, reason, now)
            flash(_("已撤掉，申报时间没有变。"), "good")
    except Conflict:
        raise
    except Refusal as refusal:
        return _change_page(change_id, reason, {refusal.field or "": sentence(refusal)}), 422
    return redirect(url_for("bureau.windows"), 303)


def _change_page(change_id: int, reason: str = "", errors: Mapping[str, str] | None = None) -> str:
    with reading() as session:
        change = get_window_change(session, actor(), change_id)
        new = window_of(change.content)
        old = find_window(session, change.region_code, new.year) if change.state == "entered" else None
        entered_by = session.get_one(Account, change.entered_by).display_name
    return render_template(
        "bureau/window.html",
        change=change,
        new=new,
        old=old,
        entered_by=entered_by,
        reason=reason,
        errors=errors or {},
        limit=REASON_LENGTH,
    )
