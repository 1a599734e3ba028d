"""下载数据 and the sending of files: 上传数据, and 恢复 from a 备份, which comes through the same door."""

from __future__ import annotations

from io import BytesIO

from flask import current_app, flash, redirect, render_template, request, send_file, url_for
from sqlmodel import Session
from werkzeug.wrappers import Response

from blueprints.shared.guards import actor, needs, operator_only
from blueprints.shared.pages import is_partial, send_to
from blueprints.shared.sentences import sentence
from blueprints.wages import wages
from blueprints.wages.mending import told
from blueprints.wages.progress import overview
from models.db import reading
from models.upload import Upload, find_upload, list_uploads
from rules.refusals import Missing, Refusal
from services.declarations import get_own
from services.exchange import File, result_file, wage_file
from services.uploads import receive_upload

KINDS = "'zip', 'zip-utf8', 'xlsx', 'xlsx-blank', 'csv'"


def attachment(file: File) -> Response:
    """A file as a download under its Chinese name."""
    return send_file(BytesIO(file.content), file.media_type, as_attachment=True, download_name=file.name)


def own_upload(session: Session, upload_id: int) -> Upload:
    """An upload of the unit that the operator works for; raises ``Missing``."""
    found = find_upload(session, actor().own_unit_id, upload_id)
    if found is None:
        raise Missing(upload_id)
    return found


@wages.get(f"/<int:declaration_id>/download/<any({KINDS}):kind>")
@operator_only
def download(declaration_id: int, kind: str) -> Response:
    """下载数据 in the format asked for."""
    with reading() as session:
        file = wage_file(session, get_own(session, actor(), declaration_id), kind)
    return attachment(file)


@wages.get("/uploads/<int:upload_id>/result.xlsx")
@operator_only
def upload_result(upload_id: int) -> Response:
    """The file as it was sent, with what became of each line."""
    config = current_app.config
    with reading() as session:
        found = own_upload(session, upload_id)
        declaration = get_own(session, actor(), found.declaration_id)
        file = result_file(session, found, declaration, config["STORE"], config["LIMITS"], told)
    return attachment(file)


@wages.get("/<int:declaration_id>/uploads")
@operator_only
def uploads(declaration_id: int, error: str = "") -> str:
    """The form that sends a file, the files to fill in, and the files sent so far."""
    with reading() as session:
        view = overview(session, get_own(session, actor(), declaration_id))
        found = list_uploads(session, declaration_id)
    return render_template("wages/uploads.html", view=view, found=found, error=error)


@wages.post("/<int:declaration_id>/uploads")
@operator_only
@needs("entry")
def send_upload(declaration_id: int) -> Response | tuple[str, int]:
    """上传: the file is kept, then checked in the background; ``upload.js`` and plain forms send it alike."""
    kind = "backup" if request.form.get("kind") == "backup" else "wages"
    sent, config = request.files.get("file"), current_app.config
    name, data = (sent.filename or "", sent.read()) if sent else ("", b"")
    try:
        upload_id, job_id = receive_upload(
            actor(), declaration_id, name, data, kind, config["STORE"], config["LIMITS"], config["CLOCK"]()
        )
    except Refusal as refusal:
        if is_partial():
            raise
        if kind == "wages":
            return uploads(declaration_id, sentence(refusal)), 422
        flash(sentence(refusal), "bad")
        return redirect(url_for("wages.backup", declaration_id=declaration_id), 303)
    config["WAKE"](job_id)
    return send_to(url_for("wages.upload", upload_id=upload_id))
