"""批量: many at once by a file, of any kind that knows it; what is wrong in it is mended on the screen."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

from flask import current_app, flash, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response

from blueprints.filings import filings
from blueprints.filings.drafts import problems_said
from blueprints.shared.guards import actor, needs, operator_only
from blueprints.shared.sentences import sentence
from models.db import reading
from models.filing_parts import count_lines
from models.project import find_project
from rules.refusals import Missing, Refusal
from services.batches import batch_result, batch_template, receive_batch
from services.kind_list import find_kind
from translations import gettext as _

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def batch_page(code: str, project_id: int | None = None) -> Response | tuple[str, int] | str:
    """Template, explanation and upload of a kind; the window of each menu group calls this for its own kinds.

    ``?template=1`` is the empty workbook. The window's endpoint is that of the single form with ``_batch`` behind,
    by which the single form links to it.
    """
    with reading() as session:
        if project_id is not None and find_project(session, actor().own_unit_id, project_id) is None:
            raise Missing(project_id)
    if request.method == "POST":
        return _receive(code, project_id)
    if "template" in request.args:
        return _download(
            batch_template(code), _("%(kind)s模板.xlsx") % {"kind": _(find_kind(code).label_msgid)}
        )
    return _page(code)


@filings.get("/<int:filing_id>/result.xlsx")
@operator_only
@needs("people", to_read=True)
def result(filing_id: int) -> Response:
    """The lines with what is wrong in each, to be looked at in a spreadsheet."""
    return _download(batch_result(actor(), filing_id, problems_said), _("批量办理检查结果.xlsx"))


def _receive(code: str, project_id: int | None) -> Response | tuple[str, int]:
    sent, config = request.files.get("file"), current_app.config
    name, data = (sent.filename or "", sent.read()) if sent else ("", b"")
    limits = replace(config["LIMITS"], lines=config["SETTINGS"].batch_lines)
    try:
        filing_id, is_new = receive_batch(actor(), code, name, data, limits, config["CLOCK"](), project_id)
    except Refusal as refusal:
        return _page(code, sentence(refusal)), 422
    with reading() as session:
        lines, faulty = count_lines(session, filing_id)
    if not is_new:
        flash(_("这个文件已经上传过，就是这一件，没有重复建立。"), "warn")
    elif faulty:
        words = _("读到 %(lines)s 行，其中 %(faulty)s 行要改。在这里逐行改好就行，不用重新上传。")
        flash(words % {"lines": lines, "faulty": faulty}, "warn")
    else:
        flash(_("读到 %(lines)s 行，都没有问题。请再核对一遍，无误后点“提交”。") % {"lines": lines}, "good")
    return redirect(url_for("filings.show", filing_id=filing_id, show="faulty" if faulty else None), 303)


def _page(code: str, error: str = "") -> str:
    kind, most = find_kind(code), current_app.config["SETTINGS"].batch_lines
    single = url_for((request.endpoint or "").removesuffix("_batch"), **(request.view_args or {}))
    return render_template("filings/batch.html", kind=kind, most=most, error=error, single=single)


def _download(data: bytes, name: str) -> Response:
    return send_file(BytesIO(data), XLSX, as_attachment=True, download_name=name)
