"""The last step of every way in: a session under a new id, and on to where the person wanted to go."""

from __future__ import annotations

from typing import Any

from flask import g, redirect, session, url_for
from werkzeug.wrappers import Response

from blueprints.shared import clock
from blueprints.shared.sessions import own_session
from services.accounts import open_for


def arrive(account_id: int, how: str, wanted: str, certificate_digest: str | None = None) -> Response:
    """Open a session for a proven account; ``how`` is a factor, ``wanted`` an address from ``own_page``.

    Whoever was signed in already and proved one factor more (step-up) keeps the session with all it holds.
    """
    kept: dict[str, Any] | None = session.get("kept_form")
    goes_on = g.actor is not None and g.actor.account_id == account_id
    values = {name: value for name, value in session.items() if name != "step_up"} if goes_on else {}
    session_id = open_for(
        account_id,
        how,
        own_session().session_id,
        clock.now(),
        goes_on=goes_on,
        certificate_digest=certificate_digest,
    )
    own_session().replace_with(session_id)
    session.update(values)
    if kept and kept["account_id"] == account_id:
        session["kept_form"] = kept
        return redirect(url_for("auth.resume"), 303)
    return redirect(wanted or url_for("home.index"), 303)


def is_expected(how: str) -> bool:
    """Whether this way in is open to the browser: nobody is signed in, or this factor is what is lacking."""
    return g.actor is None or session.get("step_up") == how


def own_page(address: str | None) -> str:
    """An address on this site, or nothing: a link must not send a clerk elsewhere after sign-in."""
    if not address or not address.startswith("/") or address.startswith(("//", "/\\")):
        return ""
    return "" if any(ord(char) < 33 for char in address) else address
