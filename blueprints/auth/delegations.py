"""委托: the administrator asks for a delegation and ends it; the agent chooses the unit to act for (代办单位)."""

from __future__ import annotations

from flask import flash, g, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from blueprints.auth import auth
from blueprints.auth.forms import DelegationForm
from blueprints.shared import clock
from blueprints.shared.guards import actor, admin_only, signed_in
from blueprints.shared.pages import send_to
from blueprints.shared.sentences import sentence
from blueprints.shared.sessions import own_session_id
from models.account import RIGHTS, Account
from models.db import reading
from models.delegation import list_delegations, list_mandates
from models.unit import get_unit
from rules.numbers import whole_number
from rules.refusals import Missing, Refusal
from services.delegations import (
    USUAL,
    Ask,
    act_for,
    ask_delegation,
    check_ask,
    end_delegation,
    get_party_delegation,
)
from translations import gettext as _


@auth.get("/delegations")
@admin_only
def delegations() -> str:
    """What the unit has delegated, to whom, until when."""
    with reading() as database:
        found = list_delegations(database, actor().own_unit_id)
    return render_template("auth/delegations.html", found=found, today=clock.now().date())


@auth.route("/delegations/new", methods=["GET", "POST"])
@admin_only
def delegations_new() -> Response | tuple[str, int] | str:
    """Ask for one: first a page that names person and firm, then it goes to the bureau."""
    today = clock.now().date()
    form = DelegationForm(data={"rights": ["entry", "query"], "until": today + USUAL})
    agent = None
    if form.is_submitted() and form.validate():
        ask = Ask(form.username.data, form.rights.data, form.until.data)
        try:
            if request.form.get("do") == "send":
                ask_delegation(actor(), ask, clock.now())
                flash(_("委托已送社保局确认。确认后，对方登录就能代办。"), "good")
                return redirect(url_for("auth.delegations"), 303)
            agent = None if request.form.get("do") == "edit" else check_ask(actor(), ask, clock.now())
        except Refusal as refusal:
            form[refusal.field].errors = [sentence(refusal)]
    page = render_template("auth/delegations_new.html", form=form, agent=agent, rights=RIGHTS, today=today)
    return (page, 422) if form.errors else page


@auth.route("/delegations/<int:delegation_id>/end", methods=["GET", "POST"])
@signed_in
def delegations_end(delegation_id: int) -> Response | str:
    """结束委托 by either side, after a page that says what it does."""
    if request.method == "POST":
        if end_delegation(actor(), delegation_id, clock.now()) == session.get("acting"):
            act_for(actor(), own_session_id(), None, clock.now())
            _begin_anew()
        flash(_("委托已结束。"), "good")
        return redirect(url_for("auth.delegations" if actor().is_admin else "auth.mandates"), 303)
    with reading() as database:
        delegation = get_party_delegation(database, actor(), delegation_id)
        unit = get_unit(database, delegation.unit_id)
        agent = database.get_one(Account, delegation.account_id)
        firm = get_unit(database, agent.unit_id or 0)
    return render_template(
        "auth/delegations_end.html", delegation=delegation, unit=unit, agent=agent, firm=firm
    )


@auth.get("/mandates")
@signed_in
def mandates() -> str:
    """代办单位: the units that one may act for, and one's own."""
    with reading() as database:
        own_id = database.get_one(Account, actor().account_id).unit_id
        if own_id is None:
            raise Missing(actor().account_id)
        own = get_unit(database, own_id)
        found = list_mandates(database, actor().account_id, clock.now().date())
    return render_template("auth/mandates.html", own=own, found=found)


@auth.post("/mandates")
@signed_in
def act() -> Response:
    """Work for this unit from now on; without a number, for one's own again."""
    typed = request.form.get("unit", "")
    unit_id = whole_number(typed)
    if typed and unit_id is None:
        raise Refusal("form.damaged")
    name = act_for(actor(), own_session_id(), unit_id, clock.now())
    _begin_anew()
    if unit_id is None:
        flash(_("已回到本单位：%(unit)s。") % {"unit": name}, "good")
    else:
        session["acting"] = unit_id
        flash(_("现在起，您办的都是 %(unit)s 的业务，以您的名义留下记录。") % {"unit": name}, "good")
    return redirect(url_for("home.index"), 303)


@auth.before_app_request
def leave_ended() -> Response | None:
    """A delegation that has ended stops here, before the click does its work in the wrong unit's name."""
    acting = session.get("acting")
    if acting is None or g.actor is None or g.actor.unit_id == acting or request.endpoint == "auth.sign_out":
        return None
    act_for(actor(), own_session_id(), None, clock.now())
    _begin_anew()
    flash(_("对您的委托已经结束，刚才的操作没有办理。现在已回到本单位。"), "warn")
    return send_to(url_for("home.index"))


def _begin_anew() -> None:
    """Nothing of one unit's work goes over into another's: no search, no kept form, no form of an open tab."""
    session.clear()
