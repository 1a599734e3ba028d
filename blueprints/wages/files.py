"""下载数据 and 上传数据; 恢复 from a 备份 comes through the same door."""

from __future__ import annotations

from io import BytesIO

from flask import current_app, flash, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response

from blueprints.shared.guards import actor, needs, operator_only
from blueprints.shared.pages import progress_answer
from blueprints.shared.sentences import say, sentence
from blueprints.wages import wages
from blueprints.wages.progress import overview
from models.db import reading
from models.job import find_latest_job
from models.upload import Upload, find_applied_twin, find_upload, list_changes, list_lines, list_uploads
from rules.refusals import Missing, Refusal
from services.declarations import get_own
from services.exchange import File, wage_file
from services.uploads import APPLY_JOB, CHECK_JOB, apply_upload, discard_upload, receive_upload
from translations import gettext as _

SHOWN_LINES = 200
SHOWN_CHANGES = 20


def attachment(file: File) -> Response:
    """A file as a download under its Chinese name."""
    return send_file(BytesIO(file.content), file.media_type, as_attachment=True, download_name=file.name)


@wages.get("/<int:declaration_id>/download/<any('zip', 'zip-utf8', 'xlsx'):kind>")
@operator_only
def download(declaration_id: int, kind: str) -> Response:
    """下载数据 in the format asked for."""
    with reading() as session:
        file = wage_file(session, get_own(session, actor(), declaration_id), kind)
    return attachment(file)


@wages.get("/<int:declaration_id>/uploads")
@operator_only
def uploads(declaration_id: int, error: str = "") -> str:
    """The files sent so far, and the form that sends one."""
    with reading() as session:
        view = overview(session, get_own(session, actor(), declaration_id))
        found = list_uploads(session, declaration_id)
    return render_template(
        "wages/uploads.html", view=view, found=found, error=error, limits=current_app.config["LIMITS"]
    )


@wages.post("/<int:declaration_id>/uploads")
@operator_only
@needs("entry")
def send_upload(declaration_id: int) -> Response | tuple[str, int]:
    """上传: the file is kept, then checked in the background."""
    kind = "backup" if request.form.get("kind") == "backup" else "wages"
    sent = request.files.get("file")
    data = sent.read() if sent else b""
    config = current_app.config
    try:
        upload_id, job_id = receive_upload(
            actor(),
            declaration_id,
            (sent.filename if sent else "") or "",
            data,
            kind,
            config["STORE"],
            config["LIMITS"],
            config["CLOCK"](),
        )
    except Refusal as refusal:
        return uploads(declaration_id, sentence(refusal)), 422
    config["WAKE"](job_id)
    return redirect(url_for("wages.upload", upload_id=upload_id), 303)


@wages.get("/uploads/<int:upload_id>")
@operator_only
def upload(upload_id: int) -> Response:
    """What the check found; polled while it runs."""
    with reading() as session:
        found = find_upload(session, actor().own_unit_id, upload_id)
        if found is None:
            raise Missing(upload_id)
        view = overview(session, get_own(session, actor(), found.declaration_id))
        is_busy = found.state in ("checking", "applying")
        job = find_latest_job(session, APPLY_JOB if found.state == "applying" else CHECK_JOB, upload_id)
        lines = (
            {}
            if is_busy
            else {name: list_lines(session, upload_id, name, SHOWN_LINES) for name in ("refused", "warned")}
        )
        new = [] if is_busy else list_changes(session, upload_id, is_new=True, limit=SHOWN_CHANGES)
        changed = [] if is_busy else list_changes(session, upload_id, is_new=False, limit=SHOWN_CHANGES)
        twin = find_applied_twin(session, found.declaration_id, found.digest)
    return progress_answer(
        "wages/upload.html",
        "wages/_meter.html",
        is_busy,
        view=view,
        upload=found,
        job=job,
        lines=lines,
        new=new,
        changed=changed,
        twin=twin if twin and twin.id != found.id else None,
        reason=_reason(found),
        line_reason=_line_reason,
        fixes=_fixes(found),
        doing=_("正在写入") if found.state == "applying" else _("正在检查"),
    )


@wages.post("/uploads/<int:upload_id>")
@operator_only
@needs("entry")
def decide_upload(upload_id: int) -> Response:
    """确认写入 or 放弃此文件."""
    now = current_app.config["CLOCK"]()
    if request.form.get("do") == "discard":
        declaration_id = discard_upload(actor(), upload_id, now)
        flash(_("已放弃此文件，系统中的数据没有改动。"), "good")
        return redirect(url_for("wages.uploads", declaration_id=declaration_id), 303)
    if job_id := apply_upload(actor(), upload_id, now):
        current_app.config["WAKE"](job_id)
    return redirect(url_for("wages.upload", upload_id=upload_id), 303)


def _reason(upload: Upload) -> str:
    return say(upload.refusal["code"], upload.refusal["params"]) if upload.refusal else ""


def _line_reason(line: object) -> str:
    code = line.code  # type: ignore[attr-defined]
    values = {"value": line.value, **(line.params or {})}  # type: ignore[attr-defined]
    return say(code, values) if code else ""


def _fixes(upload: Upload) -> list[str]:
    """What was put right silently, in words, with how often."""
    words = {
        "bom": _("文件开头的编码标记"),
        "utf16": _("Unicode 文本编码"),
        "line_ends": _("换行方式"),
        "blank_lines": _("空行"),
        "total_lines": _("合计行"),
        "lower_case_x": _("小写 x"),
        "zeros_padded": _("个人编号丢失的前导零"),
        "trimmed_lines": _("行首行尾的多余空格"),
    }
    return [f"{words[name]} {count}" for name, count in (upload.fixes or {}).items() if name in words]
