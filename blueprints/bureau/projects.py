"""项目缴费: what the region's projects owe and have paid; the bureau notes each payment that came in."""

from __future__ import annotations

from collections.abc import Mapping

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from blueprints.bureau import bureau
from blueprints.shared import clock
from blueprints.shared.guards import actor, duty, reviewer_only
from blueprints.shared.sentences import sentence
from models.db import reading
from models.project import list_region_charges
from models.unit import get_unit
from rules.fields import fields_of
from rules.numbers import whole_number
from rules.projects import PAYING
from services.filings import Faulty
from services.project_payments import get_charge, pay_charge, read_payment
from services.projects import explain_charge
from translations import gettext as _

CHARGES_A_PAGE = 50


@bureau.get("/project-charges")
@reviewer_only
@duty("levy")
def project_charges() -> str:
    """What is still owed, or what has been paid, the oldest first."""
    after = whole_number(request.args.get("after", "")) or 0
    is_paid = request.args.get("show") == "paid"
    with reading() as session:
        found = list_region_charges(
            session, actor().office, is_paid=is_paid, after=after, limit=CHARGES_A_PAGE + 1
        )
    shown = found[:CHARGES_A_PAGE]
    next_after = shown[-1][0].id if len(found) > CHARGES_A_PAGE else None
    return render_template("bureau/project_charges.html", found=shown, is_paid=is_paid, next_after=next_after)


@bureau.route("/project-charges/<int:charge_id>", methods=["GET", "POST"])
@reviewer_only
@duty("levy")
def project_charge(charge_id: int) -> Response | tuple[str, int] | str:
    """One charge; 记为到账 after a page that says what will happen."""
    if request.method == "GET":
        return _page(charge_id, {}, {})
    typed = {name: request.form.get(name, "") for name in fields_of(PAYING)}
    now = clock.now()
    try:
        if request.form.get("do") != "sure":
            with reading() as session:
                charge, _project = get_charge(session, actor(), charge_id)
            content = read_payment(charge, typed, now)
            return _page(charge_id, content, {}, is_sure=request.form.get("do") == "ask")
        pay_charge(actor(), charge_id, typed, now)
    except Faulty as faulty:
        return _page(charge_id, typed, {name: sentence(one) for name, one in faulty.problems.items()}), 422
    flash(_("已记为到账，单位会收到通知。"), "good")
    return redirect(url_for("bureau.project_charges"), 303)


def _page(
    charge_id: int, typed: Mapping[str, str], errors: Mapping[str, str], *, is_sure: bool = False
) -> str:
    with reading() as session:
        charge, project = get_charge(session, actor(), charge_id)
        unit = get_unit(session, project.unit_id)
    return render_template(
        "bureau/project_sure.html" if is_sure else "bureau/project_charge.html",
        charge=charge,
        project=project,
        unit=unit,
        lines=explain_charge(charge),
        fields=fields_of(PAYING).values(),
        typed=typed,
        errors=errors,
    )
