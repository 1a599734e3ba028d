"""缴费申报: the month before it is issued, compared with the last, confirmed or disputed."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from blueprints.filings.drafts import new_filing
from blueprints.levies import levies
from blueprints.shared import clock
from blueprints.shared.guards import actor, needs, operator_only
from models.assessment import list_unit_assessments
from models.db import reading
from rules.insurances import ALL
from rules.levies import ITEM_KINDS
from rules.numbers import whole_number
from rules.refusals import Conflict, Missing
from services.levies import (
    FILINGS_AN_ITEM,
    LISTS,
    confirm_month,
    filings_of,
    list_changes,
    look_ahead,
    requests_of,
)
from services.levy_filings import list_pending
from translations import gettext as _


@levies.get("/declare")
@operator_only
@needs("query", to_read=True)
def declare() -> str:
    """The next month of the unit, as is known now, beside the last one."""
    with reading() as session:
        ahead = look_ahead(session, actor(), clock.now())
        requests = requests_of(session, actor().own_unit_id, ahead.bills)
        pending = list_pending(session, actor().own_unit_id, ahead.month)
        assessed = list_unit_assessments(session, actor().own_unit_id, ahead.month)
    return render_template(
        "levies/declare.html",
        ahead=ahead,
        requests=requests,
        pending=pending,
        assessed=assessed,
        filings_of=filings_of,
        most=FILINGS_AN_ITEM,
        kinds=dict(ITEM_KINDS),
    )


@levies.get("/declare/changes")
@operator_only
@needs("query", to_read=True)
def declare_changes() -> str:
    """Who came, who left, whose base changed since last month, who has no wage: in one 险种, page by page."""
    insurance, what = request.args.get("insurance", ""), request.args.get("show", "came")
    if insurance not in ALL or what not in LISTS:
        raise Missing(what)
    after = whole_number(request.args.get("after", "")) or 0
    with reading() as session:
        page = list_changes(session, actor(), insurance, what, clock.now(), after)
    return render_template("levies/declare_changes.html", page=page, insurance=insurance, what=what)


@levies.route("/declare/confirm", methods=["GET", "POST"])
@operator_only
@needs("submit")
def declare_confirm() -> Response | str:
    """确认: a page that says what it means, then the confirmation of what was seen."""
    seen = request.values.get("seen", "")
    if request.method == "POST":
        confirm_month(actor(), request.form.get("month", ""), seen, clock.now())
        flash(_("已确认。社保局会看到；签发以前情况有变，请回来再确认一次。"), "good")
        return redirect(url_for("levies.declare"), 303)
    with reading() as session:
        ahead = look_ahead(session, actor(), clock.now())
    if not ahead.bills or ahead.is_confirmed:
        return redirect(url_for("levies.declare"), 303)
    if seen != ahead.digest:
        raise Conflict("levy.changed")
    return render_template("levies/declare_confirm.html", ahead=ahead)


@levies.route("/dispute", methods=["GET", "POST"])
@operator_only
@needs("people")
def dispute() -> Response | tuple[str, int] | str:
    """有差异: what the unit thinks is wrong, as a 业务 for the bureau."""
    return new_filing("levy_difference")
