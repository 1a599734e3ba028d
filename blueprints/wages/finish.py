"""Steps 5 to 7: 打印, 备份, 申报."""

from __future__ import annotations

from flask import current_app, flash, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response

from blueprints.shared import clock
from blueprints.shared.guards import actor, needs, operator_only
from blueprints.shared.pages import progress_answer
from blueprints.shared.sentences import say, sentence
from blueprints.shared.ukey import find_trust
from blueprints.wages import wages
from blueprints.wages.files import attachment
from blueprints.wages.progress import overview
from models.db import reading
from models.declaration import list_backups
from models.job import find_latest_job, find_unit_job
from models.region import get_region
from rules.numbers import whole_number
from rules.refusals import Conflict, Missing, Refusal
from services.backups import make_backup
from services.declarations import get_own
from services.figures import figures
from services.notes import count_unexplained
from services.prints import PDF, ROSTER_JOB, is_roster_current, order_roster, statement_pdf
from services.submissions import groups_to_submit, lacking, submit_declaration
from services.windows import explain_lateness, is_late
from translations import gettext as _


@wages.get("/<int:declaration_id>/prints")
@operator_only
def prints(declaration_id: int) -> Response:
    """Both forms; the 申报表 is made in the background, with progress."""
    with reading() as session:
        view = overview(session, get_own(session, actor(), declaration_id))
        job = find_latest_job(session, ROSTER_JOB, declaration_id)
        is_current = is_roster_current(session, job)
    return progress_answer(
        "wages/prints.html",
        "wages/_meter.html",
        job is not None and not job.is_over,
        view=view,
        job=job,
        is_current=is_current,
        reason=_failure(job),
        doing=_("正在生成申报表"),
    )


@wages.post("/<int:declaration_id>/prints")
@operator_only
@needs("entry")
def order_print(declaration_id: int) -> Response:
    """打印申报表: start making it, or go on with the one being made."""
    current_app.config["WAKE"](order_roster(actor(), declaration_id, clock.now()))
    return redirect(url_for("wages.prints", declaration_id=declaration_id), 303)


@wages.get("/<int:declaration_id>/statement.pdf")
@operator_only
def print_statement(declaration_id: int) -> Response:
    """打印说明表."""
    with reading() as session:
        file = statement_pdf(session, get_own(session, actor(), declaration_id))
    return attachment(file)


@wages.get("/rosters/<int:job_id>.pdf")
@operator_only
def roster(job_id: int) -> Response:
    """The finished 申报表."""
    with reading() as session:
        job = find_unit_job(session, actor().own_unit_id, job_id)
    if job is None or job.kind != ROSTER_JOB or job.state != "done":
        raise Missing(job_id)
    path = current_app.config["STORE"].path(job.result["stored_name"])
    return send_file(path, PDF, as_attachment=True, download_name=job.result["name"])


@wages.get("/<int:declaration_id>/backup")
@operator_only
def backup(declaration_id: int) -> str:
    """Whether the present data are backed up, the backups so far, and the way back."""
    with reading() as session:
        view = overview(session, get_own(session, actor(), declaration_id))
        found = list_backups(session, declaration_id)
    return render_template("wages/backup.html", view=view, found=found)


@wages.post("/<int:declaration_id>/backup")
@operator_only
@needs("entry")
def keep_backup(declaration_id: int) -> Response:
    """备份."""
    config = current_app.config
    make_backup(actor(), declaration_id, config["STORE"], config["CLOCK"]())
    flash(_("备份完成。请点“下载”，在本地也留存一份。"), "good")
    return redirect(url_for("wages.backup", declaration_id=declaration_id), 303)


@wages.get("/<int:declaration_id>/backups/<int:backup_id>.zip")
@operator_only
def download_backup(declaration_id: int, backup_id: int) -> Response:
    """A backup's file."""
    with reading() as session:
        get_own(session, actor(), declaration_id)
        found = next((one for one in list_backups(session, declaration_id) if one.id == backup_id), None)
    if found is None:
        raise Missing(backup_id)
    path = current_app.config["STORE"].path(found.stored_name)
    return send_file(path, "application/zip", as_attachment=True, download_name=found.filename)


@wages.get("/<int:declaration_id>/submit")
@operator_only
def submit(declaration_id: int, error: str = "") -> str:
    """What will be sent, what still lacks, and the buttons: plain, signed, or only the latter."""
    with reading() as session:
        declaration = get_own(session, actor(), declaration_id)
        view = overview(session, declaration)
        totals = figures(session, declaration)
        groups = groups_to_submit(session, declaration, view.filings)
        is_signed_only = get_region(session, declaration.region_code).signs_submission
        may_sign = is_signed_only or find_trust() is not None
        late = is_late(session, declaration, clock.now())
        unexplained = count_unexplained(session, declaration_id) if view.is_open else 0
        lacks = lacking(declaration, view.standing, unexplained) if view.is_open else []
    return render_template(
        "wages/submit.html",
        view=view,
        totals=totals,
        groups=groups,
        lacks=[(code, say(code, {"count": unexplained})) for code in lacks],
        is_signed_only=is_signed_only,
        may_sign=may_sign,
        is_late=late,
        error=error,
    )


@wages.post("/<int:declaration_id>/late")
@operator_only
@needs("entry")
def explain_late(declaration_id: int) -> Response | tuple[str, int]:
    """逾期的原因, kept before 申报."""
    try:
        explain_lateness(actor(), declaration_id, request.form.get("late_reason", ""), clock.now())
    except Conflict:
        raise
    except Refusal as refusal:
        return submit(declaration_id, sentence(refusal)), 422
    flash(_("逾期的原因已保存，审核的人会看到。"), "good")
    return redirect(url_for("wages.submit", declaration_id=declaration_id), 303)


@wages.post("/<int:declaration_id>/submit")
@operator_only
@needs("submit")
def send_submission(declaration_id: int) -> Response | tuple[str, int]:
    """申报; a second press finds what the first one made."""
    revision, now = seen_revision(), clock.now()
    try:
        return sent(*submit_declaration(actor(), declaration_id, revision, now))
    except Refusal as refusal:
        return submit(declaration_id, sentence(refusal)), refused_status(refusal)


def seen_revision() -> int:
    """The revision that the page showed when its button was pressed; raises ``Refusal`` ``form.damaged``."""
    revision = whole_number(request.form.get("revision", ""))
    if revision is None:
        raise Refusal("form.damaged")
    return revision


def sent(numbers: list[int], job_id: int) -> Response:
    """On to the filings that 申报 made, or found made already; the hand-over begins."""
    if job_id:
        current_app.config["WAKE"](job_id)
    return redirect(url_for("filings.index", sent=1, _anchor=f"c{numbers[0]}"), 303)


def refused_status(refusal: Refusal) -> int:
    """The status of a page that says why nothing was submitted."""
    return 409 if isinstance(refusal, Conflict) else 422


def _failure(job: object) -> str:
    result = getattr(job, "result", None)
    return say(result["code"], result["params"]) if getattr(job, "state", "") == "failed" and result else ""
