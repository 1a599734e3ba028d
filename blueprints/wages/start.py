"""Step 1, 选择险种 and 开始; the job that fills the list; 刷新名单; 放弃."""

from __future__ import annotations

from flask import current_app, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from blueprints.shared import clock
from blueprints.shared.guards import actor, needs, operator_only
from blueprints.shared.pages import progress_answer, send_to
from blueprints.shared.sentences import say, sentence
from blueprints.wages import wages
from blueprints.wages.progress import overview
from models.db import reading
from models.declaration import find_live_insurances, list_declarations
from models.job import find_latest_job
from models.region import first_day, get_region, list_windows
from models.unit import list_rates
from rules.insurances import ALL
from rules.numbers import whole_number
from rules.refusals import Refusal
from services.declarations import (
    START_JOB,
    cancel_declaration,
    get_own,
    refresh_list,
    restart_declaration,
    start_declaration,
)
from translations import gettext as _


@wages.get("/")
@operator_only
def index(error: str = "", chosen: tuple[str, ...] | None = None) -> str:
    """The declarations of the unit, and the form that starts one."""
    today = clock.today()
    with reading() as session:
        found = [overview(session, one) for one in list_declarations(session, actor().own_unit_id)]
        windows = [w for w in list_windows(session, actor().region_code) if w.opens_on <= today]
        region = get_region(session, actor().region_code)
        window = windows[0] if windows else None
        live = find_live_insurances(session, actor().own_unit_id, window.year) if window else {}
        opened = list_rates(session, actor().own_unit_id, first_day(window.effective_month)) if window else {}
    offered = [code for code in ALL if code in opened]
    free = [code for code in offered if code not in live]
    return render_template(
        "wages/index.html",
        found=found,
        window=window,
        region=region,
        live=live,
        all_insurances=offered,
        chosen=free if chosen is None else chosen,
        error=error,
        today=today,
    )


@wages.post("/")
@operator_only
@needs("entry")
def start() -> Response | tuple[str, int]:
    """开始; a refusal comes back to the same form with the same boxes ticked."""
    chosen, year = tuple(request.form.getlist("insurances")), whole_number(request.form.get("year", ""))
    if year is None:
        raise Refusal("form.damaged")
    try:
        declaration_id, job_id = start_declaration(actor(), year, chosen, clock.now())
    except Refusal as refusal:
        return index(sentence(refusal), chosen), 422
    current_app.config["WAKE"](job_id)
    return redirect(url_for("wages.progress", declaration_id=declaration_id), 303)


@wages.get("/<int:declaration_id>")
@operator_only
def progress(declaration_id: int) -> Response:
    """Where the declaration stands; polled while its list is being filled or it is on its way."""
    with reading() as session:
        declaration = get_own(session, actor(), declaration_id)
        view = overview(session, declaration)
        job = find_latest_job(session, START_JOB, declaration_id)
    reason = say(job.result["code"], job.result["params"]) if job and job.state == "failed" else ""
    return progress_answer(
        "wages/progress.html",
        "wages/_meter.html",
        declaration.state == "starting",
        view=view,
        job=job,
        reason=reason,
        doing=_("正在取出在保人员和上年工资"),
    )


@wages.post("/<int:declaration_id>/restart")
@operator_only
@needs("entry")
def restart(declaration_id: int) -> Response:
    """Try again after 开始失败."""
    current_app.config["WAKE"](restart_declaration(actor(), declaration_id, clock.now()))
    return redirect(url_for("wages.progress", declaration_id=declaration_id), 303)


@wages.post("/<int:declaration_id>/refresh")
@operator_only
@needs("entry")
def refresh(declaration_id: int) -> Response:
    """刷新名单; says how many came and went."""
    found = refresh_list(actor(), declaration_id, clock.now())
    if found.joined or found.left:
        words = _("名单已刷新：新来 %(joined)s 人，离开 %(left)s 人。已录入的工资都在。")
        flash(words % found._asdict(), "good")
    if found.changed:
        words = _("%(changed)s 人的姓名或号码已按最新登记更新。已录入的工资都在。")
        flash(words % found._asdict(), "good")
    if not any(found):
        flash(_("名单没有变化。"), "good")
    return send_to(url_for("wages.rows", declaration_id=declaration_id))


@wages.route("/<int:declaration_id>/cancel", methods=["GET", "POST"])
@operator_only
@needs("entry")
def cancel(declaration_id: int) -> Response | str:
    """放弃本次申报, after a page that says what is lost."""
    if request.method == "GET":
        with reading() as session:
            view = overview(session, get_own(session, actor(), declaration_id))
        return render_template("wages/cancel.html", view=view)
    cancel_declaration(actor(), declaration_id, clock.now())
    flash(_("已放弃。可以重新选择险种开始。"), "good")
    return redirect(url_for("wages.index"), 303)
