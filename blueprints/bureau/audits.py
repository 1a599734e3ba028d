"""审计: the trail searched, verified, and sealed by checkpoints."""

from __future__ import annotations

from io import BytesIO

from flask import current_app, flash, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response

from blueprints.bureau import bureau
from blueprints.shared import clock
from blueprints.shared.audit_words import ACTIONS, audit_word
from blueprints.shared.guards import actor, duty, reviewer_only
from blueprints.shared.pages import progress_answer
from blueprints.shared.sentences import say, sentence
from models.audit import AuditCheckpoint
from models.audit_list import (
    EVENTS_A_PAGE,
    AuditSearch,
    find_event,
    list_checkpoints,
    list_events,
)
from models.db import reading
from models.job import find_latest_job
from rules.numbers import whole_number
from rules.refusals import Missing, Refusal
from services.audit_chain import SUBJECT, VERIFY_JOB, export_checkpoint, put_verify, seal_verified
from services.audit_search import FIELDS, compare, export_events, read_search
from translations import gettext as _

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@bureau.get("/audit")
@reviewer_only
@duty("audit", whole_region=True)
def audits() -> tuple[str, int]:
    """The latest events that a search finds."""
    typed = request.args.to_dict()
    try:
        return _list(typed, read_search(actor(), typed, clock.now().tzinfo)), 200
    except Refusal as refusal:
        return _list(typed, None, sentence(refusal)), 422


@bureau.post("/audit")
@reviewer_only
@duty("audit", whole_region=True)
def audit_export() -> Response | tuple[str, int]:
    """导出 xlsx of everything that a search finds; itself an event."""
    typed, now = request.form.to_dict(), clock.now()
    search = None
    try:
        search = read_search(actor(), typed, now.tzinfo)
        data = export_events(actor(), search, now)
    except Refusal as refusal:
        return _list(typed, search, sentence(refusal)), 422
    return send_file(BytesIO(data), XLSX, as_attachment=True, download_name=_("审计记录.xlsx"))


def _list(typed: dict[str, str], search: AuditSearch | None, error: str = "") -> str:
    before = whole_number(typed.get("before", ""))
    with reading() as session:
        found = list_events(session, search, before) if search else []
    shown = found[:EVENTS_A_PAGE]
    where = {name: typed[name] for name in FIELDS if typed.get(name)}
    return render_template(
        "bureau/audits.html",
        found=shown,
        compare=compare,
        actions=sorted(ACTIONS, key=audit_word),
        where=where,
        before=before,
        next_before=shown[-1].event.id if len(found) > EVENTS_A_PAGE else None,
        error=error,
    )


@bureau.get("/audit/<int:event_id>")
@reviewer_only
@duty("audit", whole_region=True)
def audit_event(event_id: int) -> str:
    """One event: who, when, what, before and after, and its place in the chain."""
    with reading() as session:
        found = find_event(session, actor().region_code, event_id)
    if found is None:
        raise Missing(event_id)
    lines = compare(found.event.before, found.event.after)
    return render_template("bureau/audit_event.html", found=found, event=found.event, lines=lines)


@bureau.get("/audit/chain")
@reviewer_only
@duty("audit", whole_region=True)
def audit_chain() -> Response:
    """校验: how far the walk along the chain is, or what the last one found; and the checkpoints."""
    before = whole_number(request.args.get("before", ""))
    with reading() as session:
        job = find_latest_job(session, VERIFY_JOB, SUBJECT)
        checkpoints = list_checkpoints(session, before)
    failure = job.result if job and job.state == "failed" else None
    return progress_answer(
        "bureau/audit_chain.html",
        "wages/_meter.html",
        job is not None and not job.is_over,
        job=job,
        doing=_("正在校验"),
        failure=say(failure["code"], failure["params"]) if failure else "",
        checkpoints=checkpoints,
        before=before,
    )


@bureau.post("/audit/chain")
@reviewer_only
@duty("audit", whole_region=True)
def audit_chain_step() -> Response:
    """开始校验, or 签署检查点 of what the last walk found whole."""
    step = request.form.get("do", "")
    if step == "verify":
        current_app.config["WAKE"](put_verify(actor(), clock.now()))
    elif step == "seal":
        with reading() as session:
            job = find_latest_job(session, VERIFY_JOB, SUBJECT)
        seal_verified(actor(), job, current_app.config["SEAL"], clock.now())
        flash(_("已签署检查点。请下载下来，存在大厅以外的地方。"), "good")
    else:
        raise Refusal("form.damaged")
    return redirect(url_for("bureau.audit_chain"), 303)


@bureau.post("/audit/checkpoints/<int:checkpoint_id>")
@reviewer_only
@duty("audit", whole_region=True)
def audit_checkpoint(checkpoint_id: int) -> Response:
    """A checkpoint as a file to be kept outside; itself an event."""
    with reading() as session:
        kept = session.get(AuditCheckpoint, checkpoint_id)
    if kept is None:
        raise Missing(checkpoint_id)
    data = export_checkpoint(actor(), kept, clock.now())
    name = f"wangting-audit-{kept.seq}.json"
    return send_file(BytesIO(data), "application/json", as_attachment=True, download_name=name)
