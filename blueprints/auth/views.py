"""登录 by user name and password, 退出."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import current_app, g, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from blueprints.auth import auth
from blueprints.auth.forms import SignInForm
from blueprints.shared.guards import actor, public, signed_in
from blueprints.shared.sentences import sentence
from models.account import find_account
from models.db import reading
from models.region import DeclarationWindow, Region, list_current_windows
from rules.refusals import Refusal
from services.accounts import sign_in as open_session
from services.accounts import sign_out as close_session


@auth.route("/login", methods=["GET", "POST"])
@public
def sign_in() -> Response | tuple[str, int] | str:
    """The form; a right password opens a session under a new id."""
    form = SignInForm()
    if form.is_submitted() and form.validate():
        try:
            old_id = session.session_id  # type: ignore[attr-defined]
            now = current_app.config["CLOCK"]()
            session_id = open_session(form.username.data or "", form.password.data or "", old_id, now)
        except Refusal as refusal:
            form.password.errors = [sentence(refusal)]
            return _page(form), 422
        kept = session.get("kept_form")
        session.replace_with(session_id)  # type: ignore[attr-defined]
        if kept and _is_of(kept, form.username.data or ""):
            session["kept_form"] = kept
            return redirect(url_for("auth.resume"), 303)
        return redirect(_own_page(form.next.data) or url_for("home.index"), 303)
    if form.is_submitted():
        return _page(form), 422
    if g.actor is not None:
        return redirect(url_for("home.index"), 303)
    form.next.data = _own_page(request.args.get("next"))
    return _page(form)


@auth.route("/resume", methods=["GET", "POST"])
@signed_in
def resume() -> Response | str:
    """What was typed before the session ran out: send it now, or (POST) leave it."""
    kept = session.get("kept_form")
    if kept is None or request.method == "POST":
        session.pop("kept_form", None)
        return redirect(url_for("home.index"), 303)
    typed = [text for name, text in kept["fields"] if text and not name.startswith("o")]
    return render_template("auth/resume.html", kept=kept, count=len(typed))


@auth.post("/logout")
@signed_in
def sign_out() -> Response:
    """退出: the session is deleted on the server."""
    close_session(actor(), session.session_id, current_app.config["CLOCK"]())  # type: ignore[attr-defined]
    session.replace_with(None)  # type: ignore[attr-defined]
    return redirect(url_for("auth.sign_in"), 303)


def _page(form: SignInForm) -> str:
    today: date = current_app.config["CLOCK"]().date()
    with reading() as database:
        windows: list[tuple[DeclarationWindow, Region]] = list_current_windows(database, today)
    return render_template("auth/sign_in.html", form=form, windows=windows, today=today)


def _is_of(kept: dict[str, Any], username: str) -> bool:
    """Whether a kept form was typed by the account that signs in now."""
    with reading() as database:
        account = find_account(database, username)
    return account is not None and account.id == kept["account_id"]


def _own_page(address: str | None) -> str:
    """An address on this site, or nothing: a link must not send a clerk elsewhere after sign-in."""
    if not address or not address.startswith("/") or address.startswith(("//", "/\\")):
        return ""
    return "" if any(ord(char) < 33 for char in address) else address
