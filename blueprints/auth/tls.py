"""用浏览器里的证书登录: TLS itself proves the key, so neither script nor driver is needed (deploy/nginx.conf)."""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

from flask import abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from blueprints.auth import auth
from blueprints.auth.arrival import is_expected, own_page
from blueprints.auth.ca import enter
from blueprints.shared import clock
from blueprints.shared.guards import public
from blueprints.shared.sentences import sentence
from blueprints.shared.ukey import current_trust
from cert.check import check_certificate
from cert.identity import Identity
from rules.refusals import Refusal
from services.certificates import note_refused, remember

TRUSTED = "wangting.tls"
"""What the process that listens says of the one socket that is believed (deploy/doors.py); no header can say it."""


@auth.get("/login/tls")
@public
def tls() -> Response | tuple[str, int]:
    """Sign in with the certificate of the connection, as nginx hands it over; elsewhere this page is not there."""
    if not request.environ.get(TRUSTED):
        abort(404)
    if not is_expected("ca"):
        return redirect(url_for("home.index"), 303)
    sent = unquote_to_bytes(request.headers.get("X-Client-Certificate", ""))
    if not sent:
        return _page(None)
    try:
        return enter(_identify(sent), own_page(request.args.get("next")))
    except Refusal as refusal:
        return _page(refusal)


def _identify(sent: bytes) -> Identity:
    now = clock.now()
    try:
        identity = check_certificate(sent, current_trust(), now)
    except Refusal as refusal:
        note_refused(refusal, now)
        raise
    remember(identity, now)
    return identity


def _page(refusal: Refusal | None) -> tuple[str, int]:
    problem = sentence(refusal) if refusal else None
    page = render_template("auth/tls.html", problem=problem, next=own_page(request.args.get("next")))
    return page, 422 if refusal else 200
