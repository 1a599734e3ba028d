"""险种开通 (manual 黑龙江 二): the 4-digit 医保序号 opens 医疗, 工伤 and 生育, with the UKey's name as the proof."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from blueprints.home import home
from blueprints.shared import clock
from blueprints.shared.guards import actor, needs, operator_only
from blueprints.shared.sentences import sentence
from blueprints.shared.sessions import own_session, own_session_id
from models.db import reading
from models.unit import get_unit
from rules.refusals import Conflict, Refusal
from services.accounts import sign_out
from services.opening import find_certificate, open_insurances
from translations import gettext as _


@home.route("/opening", methods=["GET", "POST"])
@operator_only
@needs("entry")
def opening() -> Response | tuple[str, int] | str:
    """The form; after it has opened the 险种, everybody signs in again."""
    if request.method == "GET":
        return _page()
    typed = request.form.get("serial_no", "").strip()
    session_id, now = own_session_id(), clock.now()
    try:
        open_insurances(actor(), session_id, typed, now)
    except Conflict:
        raise
    except Refusal as refusal:
        return _page(typed, sentence(refusal)), 422
    sign_out(actor(), session_id, now)
    own_session().replace_with(None)
    flash(_("医疗、工伤、生育险种已开通。请重新登录，登录后就能办理业务。"), "good")
    return redirect(url_for("auth.sign_in"), 303)


def _page(typed: str = "", problem: str = "") -> str:
    is_due = session.get("acting") is None and actor().must_open
    certificate = find_certificate(own_session_id())
    if is_due and certificate is None:
        # The login page of the UKey opens to whoever is signed in, but lacks this factor.
        session["step_up"] = "ca"
    with reading() as database:
        unit = get_unit(database, actor().own_unit_id)
    return render_template(
        "home/opening.html", unit=unit, is_due=is_due, certificate=certificate, typed=typed, problem=problem
    )
