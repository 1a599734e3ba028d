"""通知: what the unit should know, what of it this person has not read, and the way to what each is about."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from flask import current_app, flash, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from blueprints.home import home
from blueprints.shared import clock
from blueprints.shared.guards import actor, needs, operator_only
from models.db import direct, reading
from models.notice import COUNTED, Notice, count_unread, list_notices
from rules.numbers import whole_number
from rules.refusals import Refusal
from services.notice_words import screen_words
from services.notices import open_notice, read_all
from translations import gettext as _

NOTICES_A_PAGE = 30
READ_UP_TO = "read_up_to"
SHAPES = {
    "filing_pending": "",
    "filing_withdrawn": "skip-it",
    "filing_cancelled": "skip-it",
    "filing_approved": "ok",
    "filing_refused": "fail",
    "filing_returned": "fail",
    "filing_failed": "fail",
    "delegation_confirmed": "ok",
    "mandate_confirmed": "ok",
    "delegation_refused": "fail",
    "correction_settled": "ok",
    "levy_nothing": "ok",
    "levy_overdue": "fail",
}
"""The shape of what each kind says has happened, bare where it only began; what comes to an end asks for something."""


class Shown(NamedTuple):
    """A notice as a page shows it; ``note`` is what the bureau wrote."""

    number: int
    words: str
    note: str
    shape: str
    at: datetime
    is_read: bool


def shown(notice: Notice, is_read: bool = False) -> Shown:
    """A notice in words."""
    params = notice.params
    words, shape = screen_words(notice.kind, params), SHAPES.get(notice.kind, "ask")
    return Shown(notice.number, words, params.get("note", ""), shape, notice.at, is_read)


def read_up_to() -> int:
    """The number of a notice up to which this person is known to have read everything of the unit."""
    unit_id, number = session.get(READ_UP_TO, (None, 0))
    return number if unit_id == actor().own_unit_id else 0


@home.app_template_global()
def unread_word() -> str:
    """How many notices the operator at this page has not read, as the head of the page shows it; empty for none.

    The session remembers up to where all is read: whoever has read thousands has them counted once, not on each page.
    """
    unit_id, account_id, before = actor().own_unit_id, actor().account_id, read_up_to()
    with direct() as source:
        found = count_unread(source, unit_id, account_id, clock.now(), before)
    if found.read_up_to > before:
        session[READ_UP_TO] = [unit_id, found.read_up_to]
    return f"{COUNTED - 1}+" if found.many >= COUNTED else str(found.many or "")


@home.get("/notices")
@operator_only
@needs("query", to_read=True)
def notices() -> str:
    """All of them, the newest first, a page by the number of its last."""
    before = whole_number(request.args.get("before", ""))
    with reading() as database:
        found = list_notices(database, actor().own_unit_id, actor().account_id, before, NOTICES_A_PAGE + 1)
    page = [shown(notice, is_read) for notice, is_read in found[:NOTICES_A_PAGE]]
    has_more = len(found) > NOTICES_A_PAGE
    return render_template("home/notices.html", page=page, has_more=has_more, before=before)


@home.get("/notices/<int:notice_id>")
@operator_only
@needs("query", to_read=True)
def notice(notice_id: int) -> Response:
    """On to what it is about; this person has read it then."""
    found = open_notice(actor(), notice_id, clock.now())
    return redirect(_place_of(found), 303)


@home.post("/notices/read")
@operator_only
@needs("query")
def notices_read() -> Response:
    """全部标为已读, up to the newest that the page showed."""
    up_to = whole_number(request.form.get("up_to", ""))
    if up_to is None:
        raise Refusal("form.damaged")
    count = read_all(actor(), up_to, clock.now())
    flash(_("%(count)s 条通知已标为已读。") % {"count": count}, "good")
    return redirect(url_for("home.notices"), 303)


def _place_of(found: Notice) -> str:
    if found.filing_id is not None:
        return url_for("filings.show", filing_id=found.filing_id)
    kind = found.kind
    if kind.startswith("project_") and "projects.show" in current_app.view_functions:
        return url_for("projects.show", project_id=found.params["project_id"])
    if kind.startswith("levy_"):
        return url_for("levies.notices", month=found.params["period"])
    places = {
        "window_closes": "wages.index",
        "certificate_expires": "auth.certificate",
        "project_ends": "projects.filings",
    }
    if kind.startswith("mandate_"):
        return url_for("auth.mandates")
    if kind.startswith("delegation_") and actor().is_admin:
        return url_for("auth.delegations")
    return url_for(places.get(kind, "home.notices"))
