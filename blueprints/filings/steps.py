"""提交, 撤回 and 作废, each after a page that says what will happen."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from blueprints.filings import filings
from blueprints.filings.drafts import sent_version
from blueprints.shared import clock
from blueprints.shared.guards import actor, needs, operator_only
from blueprints.shared.sentences import sentence
from models.db import reading
from models.filing_parts import count_lines, list_attachments, list_lines
from rules.filing_states import after
from rules.refusals import Conflict, Refusal
from services.filings import cancel_filing, copy_filing, find_own, submit_filing, withdraw_filing
from services.kind_list import find_kind
from translations import gettext as _


@filings.route("/<int:filing_id>/submit", methods=["GET", "POST"])
@operator_only
@needs("people")
def submit(filing_id: int) -> Response | tuple[str, int] | str:
    """提交 (first manual 3.3): look once more, then send."""
    if request.method == "GET":
        return _submit_page(filing_id)
    try:
        submit_filing(actor(), filing_id, sent_version(), clock.now())
    except Refusal as refusal:
        if refusal.code == "filing.has_faults":
            flash(sentence(refusal), "bad")
            return redirect(url_for("filings.show", filing_id=filing_id), 303)
        return _submit_page(filing_id, sentence(refusal)), 409 if isinstance(refusal, Conflict) else 422
    with reading() as session:
        is_over = find_own(session, actor(), filing_id).is_final
    later = _("已提交，等社保局审核。不用再提交一次，进度和结果会在这里和“通知”里显示。")
    flash(_("已提交，已经生效。") if is_over else later, "good")
    return redirect(url_for("filings.show", filing_id=filing_id), 303)


def _submit_page(filing_id: int, error: str = "") -> str:
    with reading() as session:
        filing = find_own(session, actor(), filing_id)
        kind = find_kind(filing.kind)
        lines = list_lines(session, filing_id, limit=20)
        attachments = list_attachments(session, filing_id)
        count, faulty = count_lines(session, filing_id)
        changes = kind.compare(session, lines[0]) if len(lines) == 1 else []
    if not error and (faulty or after(filing.kind, filing.state, "submit") is None):
        raise Conflict(
            "filing.not_editable" if not faulty else "filing.has_faults", state=filing.state, count=faulty
        )
    return render_template(
        "filings/submit.html",
        filing=filing,
        kind=kind,
        lines=lines,
        changes=changes,
        count=count,
        attachments=attachments,
        needs_attachment=any(kind.needs_attachment(line.content) for line in lines),
        error=error,
    )


@filings.route("/<int:filing_id>/withdraw", methods=["GET", "POST"])
@operator_only
@needs("people")
def withdraw(filing_id: int) -> Response | str:
    """撤回 until a reviewer takes it."""
    if request.method == "GET":
        return _ask(filing_id, "filings/withdraw.html")
    withdraw_filing(actor(), filing_id, clock.now())
    flash(_("已撤回，现在是“待提交”。改好后可以再提交。"), "good")
    return redirect(url_for("filings.show", filing_id=filing_id), 303)


@filings.route("/<int:filing_id>/cancel", methods=["GET", "POST"])
@operator_only
@needs("people")
def cancel(filing_id: int) -> Response | str:
    """作废 of a draft or of what came back."""
    if request.method == "GET":
        return _ask(filing_id, "filings/cancel.html")
    cancel_filing(actor(), filing_id, clock.now())
    flash(_("已作废。这件业务不会再办理，记录仍然可查。"), "good")
    return redirect(url_for("filings.show", filing_id=filing_id), 303)


@filings.post("/<int:filing_id>/copy")
@operator_only
@needs("people")
def copy(filing_id: int) -> Response:
    """A new draft with what stands in one that was refused or given up."""
    new_id = copy_filing(actor(), filing_id, clock.now())
    flash(_("已照原来的内容新建一件，还没有提交。请改好再提交。"), "good")
    return redirect(url_for("filings.show", filing_id=new_id), 303)


def _ask(filing_id: int, template: str) -> str:
    with reading() as session:
        filing = find_own(session, actor(), filing_id)
    return render_template(template, filing=filing)
