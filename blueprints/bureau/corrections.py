"""核对单: what units sent because certificate and record disagree; the bureau looks, corrects, and settles."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from blueprints.bureau import bureau
from blueprints.shared import clock
from blueprints.shared.guards import actor, duty, reviewer_only
from blueprints.shared.sentences import sentence
from models.certificate import list_corrections
from models.db import reading
from rules.refusals import Refusal
from services.corrections import settle_correction
from translations import gettext as _


@bureau.get("/corrections")
@reviewer_only
@duty("review")
def corrections() -> str:
    """Those that wait first."""
    return _page()


@bureau.post("/corrections/<int:correction_id>")
@reviewer_only
@duty("review")
def settle(correction_id: int) -> Response | tuple[str, int]:
    """Settle one, saying what was done."""
    note = request.form.get("note", "")
    try:
        settle_correction(actor(), correction_id, note, clock.now())
    except Refusal as refusal:
        if refusal.field != "note":
            raise
        return _page(correction_id, note, sentence(refusal)), 422
    flash(_("核对单已办结。"), "good")
    return redirect(url_for("bureau.corrections"), 303)


def _page(wrong_id: int | None = None, note: str = "", problem: str = "") -> str:
    with reading() as session:
        found = list_corrections(session, actor().office)
    return render_template(
        "bureau/corrections.html", found=found, wrong_id=wrong_id, note=note, problem=problem
    )
