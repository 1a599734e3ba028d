"""委托确认: what the region's units want to delegate; the bureau confirms it or says why not."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from blueprints.bureau import bureau
from blueprints.shared import clock
from blueprints.shared.guards import actor, duty, reviewer_only
from blueprints.shared.sentences import sentence
from models.account import Account
from models.db import reading
from models.delegation import list_region_delegations
from models.unit import get_unit
from rules.refusals import Conflict, Refusal
from services.delegations import (
    REASON_LENGTH,
    confirm_delegation,
    get_region_delegation,
    list_firms,
    refuse_delegation,
)
from translations import gettext as _


@bureau.get("/delegations")
@reviewer_only
@duty("review")
def delegations() -> str:
    """Those that wait first."""
    with reading() as session:
        found = list_region_delegations(session, actor().office)
        firms = list_firms(session, (account for _delegation, _unit, account in found))
    today = clock.today()
    return render_template("bureau/delegations.html", found=found, firms=firms, today=today)


@bureau.route("/delegations/<int:delegation_id>", methods=["GET", "POST"])
@reviewer_only
@duty("review")
def delegation(delegation_id: int) -> Response | tuple[str, int] | str:
    """One delegation, and the form that decides it."""
    if request.method == "GET":
        return _page(delegation_id)
    now, reason = clock.now(), request.form.get("reason", "")
    try:
        if request.form.get("do") == "confirm":
            confirm_delegation(actor(), delegation_id, now)
            flash(_("委托已确认，受托人现在可以代办。"), "good")
        else:
            refuse_delegation(actor(), delegation_id, reason, now)
            flash(_("委托没有确认，单位可以看到原因。"), "good")
    except Conflict:
        raise
    except Refusal as refusal:
        return _page(delegation_id, reason, {refusal.field or "": sentence(refusal)}), 422
    return redirect(url_for("bureau.delegations"), 303)


def _page(delegation_id: int, reason: str = "", errors: dict[str, str] | None = None) -> str:
    with reading() as session:
        found = get_region_delegation(session, actor().office, delegation_id)
        unit = get_unit(session, found.unit_id)
        agent = session.get_one(Account, found.account_id)
        firm = get_unit(session, agent.unit_id or 0)
        asked_by = session.get_one(Account, found.asked_by).display_name
    return render_template(
        "bureau/delegation.html",
        delegation=found,
        unit=unit,
        agent=agent,
        firm=firm,
        asked_by=asked_by,
        today=clock.today(),
        reason=reason,
        errors=errors or {},
        limit=REASON_LENGTH,
    )
