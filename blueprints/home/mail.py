"""邮件提醒: one's own e-mail address for the daily digest, confirmed by a code that was mailed to it."""

from __future__ import annotations

from flask import current_app, flash, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from blueprints.home import home
from blueprints.shared import clock
from blueprints.shared.guards import actor, needs, operator_only
from blueprints.shared.sentences import sentence
from rules.refusals import Refusal
from services.mail_addresses import confirm_code, own_address, send_code, stop_mail
from translations import gettext as _

KEPT = "mail_code"


@home.route("/mail", methods=["GET", "POST"])
@operator_only
@needs("query", to_read=True)
def mail() -> Response | tuple[str, int] | str:
    """The address as it is, and the form for another; 发验证码 sends the code."""
    if request.method == "GET":
        return _page()
    typed = request.form.get("email", "")
    config = current_app.config
    try:
        session[KEPT] = send_code(actor(), typed, config["MAIL"], config["CLOCK"]())
    except Refusal as refusal:
        return _page(typed, refusal), 422
    return redirect(url_for("home.mail") + "#code", 303)


@home.post("/mail/confirm")
@operator_only
@needs("query")
def mail_confirm() -> Response | tuple[str, int]:
    """The code has come: the address counts."""
    kept, typed = session.get(KEPT), request.form.get("code", "")
    try:
        address = confirm_code(actor(), kept, typed, clock.now())
    except Refusal as refusal:
        if kept:
            session[KEPT] = {**kept, "left": kept["left"] - 1}
        return _page("", refusal), 422
    session.pop(KEPT)
    flash(_("邮件提醒已开通，有未读通知时每天早上发到 %(address)s。") % {"address": address}, "good")
    return redirect(url_for("home.mail"), 303)


@home.post("/mail/stop")
@operator_only
@needs("query")
def mail_stop() -> Response:
    """No more mails."""
    stop_mail(actor(), clock.now())
    session.pop(KEPT, None)
    flash(_("邮件提醒已关闭，不再发邮件。通知仍在网厅里看。"), "good")
    return redirect(url_for("home.mail"), 303)


def _page(typed: str = "", refusal: Refusal | None = None) -> str:
    problem = sentence(refusal) if refusal else ""
    kept = session.get(KEPT)
    return render_template(
        "home/mail.html",
        address=own_address(actor()),
        sent_to=kept["address"] if kept and kept["left"] > 0 else "",
        typed=typed,
        field=refusal.field if refusal else "",
        problem=problem,
        is_on=current_app.config["MAIL"] is not None,
    )
