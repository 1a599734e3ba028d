"""营业执照登录: to the provider, back with a proven unit, and in as one of its operators."""

from __future__ import annotations

from datetime import datetime

from flask import current_app, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from blueprints.auth import auth
from blueprints.auth.arrival import arrive, is_expected, own_page
from blueprints.shared import clock
from blueprints.shared.guards import public
from blueprints.shared.sentences import sentence
from rules.numbers import whole_number
from rules.refusals import Refusal
from services.licences import FLOW_LASTS, LicenceProvider, Operator, find_operators


@auth.route("/login/licence", methods=["GET", "POST"])
@public
def licence() -> Response | tuple[str, int]:
    """What this way in is and its one button; for a proven unit with several operators, who signs in."""
    if not is_expected("licence"):
        return redirect(url_for("home.index"), 303)
    try:
        operators = _choice()
        if request.method == "GET":
            return _page(operators=operators)
        chosen = whole_number(request.form.get("account", ""))
        if chosen not in [operator.account_id for operator in operators]:
            raise Refusal("licence.stale")
    except Refusal as refusal:
        return _page(refusal)
    return arrive(chosen, "licence", session["licence_proven"]["next"])


# By a link and not by a form: form-action 'self' would stop a form that ends at another origin.
@auth.get("/login/licence/start")
@public
def licence_start() -> Response | tuple[str, int]:
    """Off to the provider; what must match when the browser comes back stays in its session here."""
    provider = _provider()
    if provider is None:
        return _page()
    try:
        address, flow = provider.start(url_for("auth.licence_back", _external=True), clock.now())
    except Refusal as refusal:
        return _page(refusal)
    session.pop("licence_proven", None)
    session["licence_flow"] = {**flow, "next": own_page(request.args.get("next"))}
    return redirect(address, 303)


@auth.get("/login/licence/back")
@public
def licence_back() -> Response | tuple[str, int]:
    """The provider's answer: in at once for the only operator of the unit, else on to the choice."""
    provider = _provider()
    if provider is None:
        return _page()
    flow = session.pop("licence_flow", None)
    try:
        back = url_for("auth.licence_back", _external=True)
        uscc = provider.finish(flow, request.args, back, clock.now())
        operators = find_operators(uscc)
    except Refusal as refusal:
        return _page(refusal)
    if len(operators) == 1:
        return arrive(operators[0].account_id, "licence", flow["next"])
    until = (clock.now() + FLOW_LASTS).isoformat()
    session["licence_proven"] = {"uscc": uscc, "until": until, "next": flow["next"]}
    return redirect(url_for("auth.licence"), 303)


def _provider() -> LicenceProvider | None:
    """The configured provider, made once, because it remembers what the provider publishes."""
    settings = current_app.config["SETTINGS"]
    if not settings.licence_issuer:
        return None
    if "licence" not in current_app.extensions:
        current_app.extensions["licence"] = LicenceProvider(
            settings.licence_issuer,
            settings.licence_client_id,
            settings.licence_client_secret,
            settings.licence_uscc_claim,
        )
    provider: LicenceProvider = current_app.extensions["licence"]
    return provider


def _choice() -> list[Operator]:
    """The operators of the unit that this browser proved some minutes ago, if it did."""
    proven = session.get("licence_proven")
    if proven is None or datetime.fromisoformat(proven["until"]) < clock.now():
        return []
    return find_operators(proven["uscc"])


def _page(refusal: Refusal | None = None, operators: list[Operator] | None = None) -> tuple[str, int]:
    page = render_template(
        "auth/licence.html",
        is_open=_provider() is not None,
        operators=operators or [],
        problem=sentence(refusal) if refusal else None,
        next=own_page(request.args.get("next")),
    )
    return page, 422 if refusal else 200
