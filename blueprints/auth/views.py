"""登录 by user name and password, 退出."""

from __future__ import annotations

from datetime import date

from flask import redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from blueprints.auth import auth
from blueprints.auth.arrival import arrive, is_expected, own_page
from blueprints.auth.forms import SignInForm
from blueprints.shared import clock
from blueprints.shared.guards import actor, public, signed_in
from blueprints.shared.sentences import sentence
from blueprints.shared.sessions import own_session, own_session_id
from models.announcement import list_public
from models.db import reading
from models.region import DeclarationWindow, Region, list_current_windows
from rules.refusals import Refusal
from services.accounts import prove_password
from services.accounts import sign_out as close_session


@auth.route("/login", methods=["GET", "POST"])
@public
def sign_in() -> Response | tuple[str, int] | str:
    """The form; a right password opens a session under a new id."""
    form = SignInForm()
    if form.is_submitted() and form.validate():
        try:
            now = clock.now()
            account_id = prove_password(form.username.data or "", form.password.data or "", now)
        except Refusal as refusal:
            form.password.errors = [sentence(refusal)]
            return _page(form), 422
        return arrive(account_id, "password", own_page(form.next.data))
    if form.is_submitted():
        return _page(form), 422
    if not is_expected("password"):
        return redirect(url_for("home.index"), 303)
    form.next.data = own_page(request.args.get("next"))
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
    close_session(actor(), own_session_id(), clock.now())
    own_session().replace_with(None)
    return redirect(url_for("auth.sign_in"), 303)


def _page(form: SignInForm) -> str:
    today: date = clock.today()
    with reading() as database:
        windows: list[tuple[DeclarationWindow, Region]] = list_current_windows(database, today)
        announcements = list_public(database, today)
    return render_template(
        "auth/sign_in.html", form=form, windows=windows, announcements=announcements, today=today
    )
