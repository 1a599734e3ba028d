"""附件 of a 业务: add, look at, take away."""

from __future__ import annotations

from flask import current_app, flash, redirect, request, send_file, url_for
from werkzeug.wrappers import Response

from blueprints.filings import filings
from blueprints.shared.guards import actor, needs, operator_only, signed_in
from blueprints.shared.sentences import sentence
from models.db import reading
from rules.refusals import Conflict, Refusal
from services.attachments import add_attachment, drop_attachment, get_attachment
from translations import gettext as _


@filings.post("/<int:filing_id>/attachments")
@operator_only
@needs("people")
def attach(filing_id: int) -> Response:
    """Add the files that were chosen."""
    config, kept = current_app.config, 0
    for sent in request.files.getlist("file"):
        try:
            add_attachment(
                actor(),
                filing_id,
                sent.filename or "",
                sent.read(),
                config["SETTINGS"].attachment_bytes,
                config["STORE"],
                config["CLOCK"](),
            )
            kept += 1
        except Conflict:
            raise
        except Refusal as refusal:
            flash(f"{sent.filename or ''} {sentence(refusal)}".strip(), "bad")
    if kept:
        flash(_("附件已添加。"), "good")
    return redirect(url_for("filings.show", filing_id=filing_id) + "#files", 303)


@filings.post("/<int:filing_id>/attachments/<int:attachment_id>/drop")
@operator_only
@needs("people")
def detach(filing_id: int, attachment_id: int) -> Response:
    """Take one away."""
    config = current_app.config
    drop_attachment(actor(), filing_id, attachment_id, config["STORE"], config["CLOCK"]())
    flash(_("附件已去掉。"), "good")
    return redirect(url_for("filings.show", filing_id=filing_id) + "#files", 303)


@filings.get("/<int:filing_id>/attachments/<int:attachment_id>")
@signed_in
def attachment(filing_id: int, attachment_id: int) -> Response:
    """The file itself, as a download: a stranger's file is never drawn on a page of ours."""
    with reading() as session:
        found = get_attachment(session, actor(), filing_id, attachment_id)
    path = current_app.config["STORE"].path(found.stored_name)
    return send_file(path, found.media_type, as_attachment=True, download_name=found.filename)
