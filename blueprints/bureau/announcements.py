"""公告: what the bureau tells everybody."""

from __future__ import annotations

from collections.abc import Mapping

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from blueprints.bureau import bureau
from blueprints.shared import clock
from blueprints.shared.guards import actor, duty, reviewer_only
from blueprints.shared.sentences import sentence
from models.announcement import list_announcements
from models.db import reading
from rules.announcements import FIELDS
from rules.numbers import whole_number
from rules.refusals import Refusal
from services.announcements import (
    as_form,
    edit_announcement,
    get_versions,
    withdraw_announcement,
    write_announcement,
)
from services.filings import Faulty
from translations import gettext as _


@bureau.get("/announcements")
@reviewer_only
@duty("accept", "review", "levy", "parameters", whole_region=True)
def announcements() -> str:
    """Every announcement with whether it is shown today."""
    with reading() as session:
        found = list_announcements(session, actor().region_code)
    return render_template("bureau/announcements.html", found=found, today=clock.today())


@bureau.route("/announcements/new", methods=["GET", "POST"])
@reviewer_only
@duty("accept", "review", "levy", "parameters", whole_region=True)
def announcement_new() -> Response | tuple[str, int] | str:
    """Write one."""
    if request.method == "GET":
        return _form({"shown_from": clock.today().isoformat()})
    try:
        number = write_announcement(actor(), _typed(), clock.now())
    except Faulty as faulty:
        return _form(_typed(), faulty), 422
    flash(_("公告已发布。"), "good")
    return redirect(url_for("bureau.announcement", number=number), 303)


@bureau.route("/announcements/<int:number>", methods=["GET", "POST"])
@reviewer_only
@duty("accept", "review", "levy", "parameters", whole_region=True)
def announcement(number: int) -> Response | tuple[str, int] | str:
    """One announcement: its form, its versions; an edit is a new version, 撤下 too."""
    if request.method == "GET":
        return _page(number)
    seen, now = whole_number(request.form.get("seen", "")), clock.now()
    if seen is None:
        raise Refusal("form.damaged")
    if request.form.get("do") == "withdraw":
        withdraw_announcement(actor(), number, seen, now)
        flash(_("公告已撤下，不再显示。"), "good")
        return redirect(url_for("bureau.announcements"), 303)
    try:
        edit_announcement(actor(), number, seen, _typed(), now)
    except Faulty as faulty:
        return _page(number, _typed(), faulty), 422
    flash(_("已保存为新的版本。"), "good")
    return redirect(url_for("bureau.announcement", number=number), 303)


def _typed() -> dict[str, str]:
    return {name: request.form.get(name, "") for name in FIELDS}


def _errors(faulty: Faulty | None) -> dict[str, str]:
    return {name: sentence(one) for name, one in faulty.problems.items()} if faulty else {}


def _form(typed: Mapping[str, str], faulty: Faulty | None = None) -> str:
    return render_template(
        "bureau/announcement.html",
        versions=[],
        current=None,
        fields=FIELDS.values(),
        typed=typed,
        errors=_errors(faulty),
    )


def _page(number: int, typed: Mapping[str, str] | None = None, faulty: Faulty | None = None) -> str:
    with reading() as session:
        versions = get_versions(session, actor(), number)
    current = versions[0][0]
    return render_template(
        "bureau/announcement.html",
        versions=versions,
        current=current,
        fields=FIELDS.values(),
        typed=as_form(current) if typed is None else typed,
        errors=_errors(faulty),
        today=clock.today(),
    )
