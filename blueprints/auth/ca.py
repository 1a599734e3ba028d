"""CA 登录: a question, its signature, and the door it opens; or why it opens none, and what to do."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import current_app, flash, g, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from blueprints.auth import auth
from blueprints.auth.arrival import arrive, is_expected, own_page
from blueprints.shared import clock
from blueprints.shared.guards import public
from blueprints.shared.sentences import sentence
from blueprints.shared.ukey import browser_id, current_trust, origin, ukey_addresses, ukey_downloads
from cert.check import read_evidence
from cert.identity import Identity
from models.certificate import get_certificate
from models.db import reading
from rules.numbers import whole_number
from rules.refusals import Refusal
from services.ca_login import Door, compare_records, find_doors, find_other_unit
from services.certificates import LOGIN, ask, note_refused, prove
from services.corrections import find_waiting, send_correction
from translations import gettext as _

PROVEN_LASTS = timedelta(minutes=10)
WARN_DAYS = 30
LOOKS = 5
"""How many 单位编号 one proven certificate may be held against: the record is shown, if masked."""


@auth.route("/login/ca", methods=["GET", "POST"])
@public
def ca() -> Response | tuple[str, int]:
    """The UKey's page with a fresh question; the form comes back signed."""
    if not is_expected("ca"):
        return redirect(url_for("home.index"), 303)
    if request.method == "GET":
        return _page()
    try:
        identity = _prove()
        return enter(identity, own_page(request.form.get("next")))
    except Refusal as refusal:
        return _page(refusal)


def _prove() -> Identity:
    form = request.form
    fields = (form.get("certificate", ""), form.get("signature", ""), form.get("kind", ""))
    try:
        evidence = read_evidence(*fields)
    except Refusal as refusal:
        note_refused(refusal, clock.now())
        raise
    number = form.get("challenge_id", "")
    identity, _text = prove(number, evidence, LOGIN, browser_id(), origin(), current_trust(), clock.now())
    return identity


def enter(identity: Identity, wanted: str) -> Response:
    """In at once, on to the choice of an account, or to 组织机构代码异常; raises ``Refusal``.

    The certificate has been remembered (``services.certificates``).
    """
    try:
        doors = find_doors(identity, g.actor)
    except Refusal as refusal:
        note_refused(refusal, clock.now())
        raise
    session["proven"] = {
        "digest": identity.digest,
        "until": (clock.now() + PROVEN_LASTS).isoformat(),
        "next": wanted,
        "doors": [door.account_id for door in doors],
        "days": identity.days_left(clock.now()),
    }
    if len(doors) == 1:
        return _through(doors[0].account_id)
    if doors:
        session["doors"] = [list(door) for door in doors]
        return redirect(url_for("auth.ca_choice"), 303)
    note_refused(Refusal("ca.no_unit"), clock.now())
    return redirect(url_for("auth.ca_mismatch"), 303)


@auth.route("/login/ca/choice", methods=["GET", "POST"])
@public
def ca_choice() -> Response | tuple[str, int] | str:
    """Several units or operators behind one certificate: whose work is it?"""
    proven = _proven()
    doors = [Door(*door) for door in session.get("doors", [])]
    if proven is None or not doors:
        return redirect(url_for("auth.ca"), 303)
    chosen = whole_number(request.form.get("account", ""))
    if request.method == "POST" and chosen is not None and chosen in proven["doors"]:
        return _through(chosen)
    return render_template("auth/ca_choice.html", doors=doors)


@auth.route("/login/ca/mismatch", methods=["GET", "POST"])
@public
def ca_mismatch() -> Response | tuple[str, int] | str:
    """组织机构代码异常 (manual 内蒙古 4.3): certificate and record side by side; POST sends both to the bureau."""
    proven = _proven()
    if proven is None or proven["doors"]:
        return redirect(url_for("auth.ca"), 303)
    unit_no = request.values.get("unit_no", "").strip()[:20]
    with reading() as database:
        certificate = get_certificate(database, proven["digest"])
    looks = sorted({*proven.get("looks", []), unit_no} - {""})
    is_tired = len(looks) > LOOKS
    unit = None if is_tired else find_other_unit(certificate, unit_no)
    session["proven"] = {**proven, "looks": looks}
    number = find_waiting(certificate.digest, unit.id) if unit and unit.id else None
    if request.method == "POST" and unit is not None and unit.id is not None:
        send_correction(certificate.digest, unit.id, clock.now())
        return redirect(url_for("auth.ca_mismatch", unit_no=unit_no or None), 303)
    return render_template(
        "auth/ca_mismatch.html",
        certificate=certificate,
        lines=compare_records(certificate, unit) if unit else [],
        unit_no=unit_no,
        number=number,
        is_tired=is_tired,
    )


def _through(account_id: int) -> Response:
    proven = session["proven"]
    session.pop("doors", None)
    session.pop("proven", None)
    answer = arrive(account_id, "ca", proven["next"], proven["digest"])
    if proven["days"] <= WARN_DAYS:
        words = _("证书还有 %(days)s 天到期，请尽早到发证机构续期。")
        flash(words % {"days": proven["days"]}, "warn")
    return answer


def _proven() -> dict[str, Any] | None:
    """The certificate that this browser proved some minutes ago."""
    proven: dict[str, Any] | None = session.get("proven")
    if proven is None or datetime.fromisoformat(proven["until"]) < clock.now():
        return None
    return proven


def _page(refusal: Refusal | None = None) -> tuple[str, int]:
    number, text = ask(LOGIN, browser_id(), origin(), clock.now())
    page = render_template(
        "auth/ca.html",
        challenge={"id": number, "text": text},
        next=own_page(request.values.get("next")),
        addresses=ukey_addresses(),
        downloads=ukey_downloads(),
        problem=sentence(refusal) if refusal else None,
        tls_address=current_app.config["SETTINGS"].tls_socket,
    )
    return page, 422 if refusal else 200
