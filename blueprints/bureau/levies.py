"""征集: start a month's run, watch it, read what it came to, issue it; 重新核定 of one unit."""

from __future__ import annotations

from typing import Any

from flask import current_app, flash, redirect, render_template, request, url_for
from sqlmodel import Session
from werkzeug.wrappers import Response

from blueprints.bureau import bureau
from blueprints.shared import clock
from blueprints.shared.guards import actor, duty, reviewer_only
from blueprints.shared.pages import progress_answer
from blueprints.shared.sentences import say, sentence
from blueprints.wages.files import attachment
from models.account import Account
from models.db import reading
from models.job import find_latest_job
from models.levy import LevyRun, find_last_run, list_issued
from models.levy_run_list import (
    UNITS_A_PAGE,
    count_confirmed,
    find_confirmation,
    find_units,
    list_run_units,
    list_runs,
    list_unit_levies,
    total_run,
)
from models.office import find_office_unit
from models.unit import Unit
from rules.levies import ITEM_KINDS, month_before
from rules.numbers import whole_number
from rules.refusals import Conflict, Missing, Refusal
from services.levy_runs import (
    LEVY_JOB,
    issue_run,
    own_run,
    restart_run,
    start_run,
)
from services.levy_summary import list_sums, summary_file
from services.levy_sums import reckon
from services.levy_versions import REASON_LENGTH, check_reason, reissue
from translations import gettext as _

PROBLEMS_A_PAGE = 50
KIND_WORDS = dict(ITEM_KINDS)


@bureau.get("/levies")
@reviewer_only
@duty("levy")
def levies() -> str:
    """The months, and the form that starts the next one."""
    return _list()


@bureau.post("/levies")
@reviewer_only
@duty("levy", whole_region=True)
def levy_start() -> Response | tuple[str, int]:
    """征集 of a month; one that has a run already is shown, and nothing is done again."""
    month = request.form.get("month", "").strip().replace("-", "")
    try:
        run_id, job_id = start_run(actor(), month, clock.now())
    except Refusal as refusal:
        return _list(month, sentence(refusal)), 422
    if job_id is None:
        flash(_("这个月已经有征集，没有再开始一次。"), "warn")
    else:
        current_app.config["WAKE"](job_id)
    return redirect(url_for("bureau.levy_run", run_id=run_id), 303)


def _list(typed: str | None = None, error: str = "") -> str:
    with reading() as session:
        runs = list_runs(session, actor().region_code)
    latest = runs[0][0] if runs else None
    following = month_before(latest.month, -1) if latest else f"{clock.today():%Y%m}"
    return render_template(
        "bureau/levies.html",
        runs=runs,
        latest=latest,
        month=following if typed is None else typed,
        error=error,
    )


@bureau.get("/levies/<int:run_id>")
@reviewer_only
@duty("levy", whole_region=True)
def levy_run(run_id: int) -> Response:
    """A run: how far it is, or what it came to and what could not be levied."""
    skip = whole_number(request.args.get("skip", "")) or 0
    with reading() as session:
        run = own_run(session, actor(), run_id)
        job = find_latest_job(session, LEVY_JOB, run_id)
        problems = run.problems[skip : skip + PROBLEMS_A_PAGE]
        values: dict[str, Any] = _values(session, run)
        units = find_units(session, (one["unit_id"] for one in problems))
    return progress_answer(
        "bureau/levy_run.html",
        "wages/_meter.html",
        run.state == "calculating",
        job=job,
        doing=_("正在计算"),
        failure=say(run.failure["code"], run.failure["params"]) if run.failure else "",
        problems=problems,
        units=units,
        skip=skip,
        next_skip=skip + PROBLEMS_A_PAGE if len(run.problems) > skip + PROBLEMS_A_PAGE else None,
        **values,
    )


@bureau.post("/levies/<int:run_id>")
@reviewer_only
@duty("levy", whole_region=True)
def levy_step(run_id: int) -> Response | str:
    """重新计算 and 签发, each after a page that says what will happen."""
    step, now = request.form.get("do", ""), clock.now()
    if step not in ("restart", "issue"):
        raise Refusal("form.damaged")
    if "sure" not in request.form:
        with reading() as session:
            run = own_run(session, actor(), run_id)
            return render_template("bureau/levy_sure.html", step=step, **_values(session, run))
    if step == "restart":
        current_app.config["WAKE"](restart_run(actor(), run_id, now))
    else:
        issue_run(actor(), run_id, now)
        flash(_("已签发。各单位现在看得到自己的应缴。"), "good")
    return redirect(url_for("bureau.levy_run", run_id=run_id), 303)


@bureau.get("/levies/<int:run_id>/summary.xlsx")
@reviewer_only
@duty("levy", whole_region=True)
def levy_summary(run_id: int) -> Response:
    """The sums of a run as a workbook."""
    with reading() as session:
        run = own_run(session, actor(), run_id)
        file = summary_file(session, run)
    return attachment(file)


@bureau.get("/levies/<int:run_id>/units")
@reviewer_only
@duty("levy")
def levy_units(run_id: int) -> str:
    """The units of a run, by 单位编号 or all."""
    unit_no = request.args.get("unit_no", "").strip()[:20]
    after = whole_number(request.args.get("after", "")) or 0
    with reading() as session:
        run = own_run(session, actor(), run_id)
        found = list_run_units(session, run, actor().office, unit_no, after)
    shown = found[:UNITS_A_PAGE]
    next_after = shown[-1].unit.id if len(found) > UNITS_A_PAGE else None
    return render_template(
        "bureau/levy_units.html", run=run, found=shown, unit_no=unit_no, after=after, next_after=next_after
    )


@bureau.route("/levies/<int:run_id>/units/<int:unit_id>", methods=["GET", "POST"])
@reviewer_only
@duty("levy")
def levy_unit(run_id: int, unit_id: int) -> Response | tuple[str, int] | str:
    """A unit's 征集单 in a run, its versions; 重新核定 after a page that shows what will change."""
    if request.method == "GET":
        return _unit_page(run_id, unit_id)
    reason = request.form.get("reason", "").replace("\r\n", "\n")
    try:
        if "sure" not in request.form:
            return _reissue_page(run_id, unit_id, check_reason(reason))
        with reading() as session:
            month = own_run(session, actor(), run_id).month
        reissue(actor(), unit_id, month, reason, clock.now())
    except Conflict:
        raise
    except Refusal as refusal:
        return _unit_page(run_id, unit_id, reason, {refusal.field or "": sentence(refusal)}), 422
    flash(_("已重新核定，单位看到的是新的征集单和理由。"), "good")
    return redirect(url_for("bureau.levy_unit", run_id=run_id, unit_id=unit_id), 303)


def _unit_page(run_id: int, unit_id: int, reason: str = "", errors: dict[str, str] | None = None) -> str:
    with reading() as session:
        run, unit = _run_and_unit(session, run_id, unit_id)
        last = find_last_run(session, actor().region_code)
        values = {
            "found": list_unit_levies(session, run_id, unit_id),
            "confirmation": find_confirmation(session, unit_id, run.month),
            "may_reissue": run.state == "issued" and last is not None and last.key == run.key,
            "problems": [one for one in run.problems if one["unit_id"] == unit_id],
        }
    return render_template(
        "bureau/levy_unit.html",
        run=run,
        unit=unit,
        words=KIND_WORDS,
        reason=reason,
        errors=errors or {},
        limit=REASON_LENGTH,
        **values,
    )


def _reissue_page(run_id: int, unit_id: int, reason: str) -> str:
    with reading() as session:
        run, unit = _run_and_unit(session, run_id, unit_id)
        now = {one.insurance: one for one in list_issued(session, unit_id, run.month)}
        reckoned = reckon(session, run.region_code, run.month, unit_id, unit_id)
    then = {bill.insurance: bill for bill in reckoned.bills}
    lines = []
    for code in sorted({*now, *then}):
        old, new = now.get(code), then.get(code)
        lines.append((code, old.total_fen if old else 0, new.total_fen if new else 0))
    is_changed = any(before != after for _code, before, after in lines)
    return render_template(
        "bureau/levy_reissue.html", run=run, unit=unit, lines=lines, is_changed=is_changed, reason=reason
    )


def _run_and_unit(session: Session, run_id: int, unit_id: int) -> tuple[LevyRun, Unit]:
    run, unit = own_run(session, actor(), run_id), find_office_unit(session, actor().office, unit_id)
    if unit is None:
        raise Missing(unit_id)
    return run, unit


def _values(session: Session, run: LevyRun) -> dict[str, Any]:
    """What the pages of a run show of it as a whole."""
    return {
        "run": run,
        "total": total_run(session, run.key),
        "sums": list_sums(session, run),
        "words": KIND_WORDS,
        "confirmed": count_confirmed(session, run),
        "started_by": session.get_one(Account, run.started_by).display_name,
        "issued_by": session.get_one(Account, run.issued_by).display_name if run.issued_by else "",
    }
