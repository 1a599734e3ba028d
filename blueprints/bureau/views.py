"""The reviewer's pages: 审核记录, a case, and 通过 or 退回 after a page that says what will happen."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from sqlmodel import Session
from werkzeug.wrappers import Response

from blueprints.bureau import bureau
from blueprints.bureau.case import Place, describe, page_of_rows
from blueprints.bureau.draft import Draft, find_draft, forget_draft, keep_draft, read_draft
from blueprints.bureau.queue import agreed_words, taking_of
from blueprints.bureau.requests import request_page
from blueprints.filings.views import signature_of
from blueprints.shared import clock
from blueprints.shared.guards import actor, duty, reviewer_only
from blueprints.shared.sentences import sentence
from models.case import list_rows_by_seq
from models.db import reading
from models.filing import Filing, find_region_filing, list_decided
from models.unit import get_unit
from rules.filing_states import WAGES
from rules.numbers import whole_number
from rules.refusals import Conflict, Missing, Refusal
from services.reviews import REASON_LENGTH, approve_filing, return_filing
from services.risks import look_again
from translations import gettext as _


@bureau.get("/decided")
@reviewer_only
@duty("accept", "review")
def decided() -> str:
    """审核记录: what was decided, by whom, the newest first."""
    with reading() as session:
        found = list_decided(session, actor().office)
    return render_template("bureau/decided.html", found=found)


@bureau.get("/filings/<int:filing_id>")
@reviewer_only
@duty("accept", "review")
def show(filing_id: int) -> str:
    """A case: figures, flags, rows, statement; and the form that decides while it is pending."""
    with reading() as session:
        kind = _reviewed(session, filing_id).kind
    look_again(filing_id, clock.now())
    if kind != WAGES:
        return request_page(filing_id)
    return _case(filing_id, find_draft(filing_id), {})


@bureau.post("/filings/<int:filing_id>")
@reviewer_only
@duty("review")
def keep(filing_id: int) -> Response:
    """保存标记, which every filter and page button does too, so that no tick is lost on the way."""
    with reading() as session:
        _pending(session, filing_id)
    keep_draft(filing_id, read_draft(request.form))
    name, _colon, after = request.form.get("go", "").partition(":")
    if (jump := whole_number(request.form.get("from", "").strip())) is not None:
        name, after = "all", str(max(0, jump - 1))
    elif not name:
        flash(_("标记和意见已保存，还没有发给单位。"), "good")
        name, after = request.form.get("show", ""), request.form.get("after", "")
    address = url_for("bureau.show", filing_id=filing_id, show=name or None, after=after or None)
    return redirect(f"{address}#people", 303)


@bureau.route("/filings/<int:filing_id>/approve", methods=["GET", "POST"])
@reviewer_only
@duty("review")
def approve(filing_id: int) -> Response | tuple[str, int] | str:
    """审核通过, after a page that says what it will do."""
    if request.method == "GET":
        with reading() as session:
            view = describe(session, filing := _pending(session, filing_id))
            taking = taking_of(session, filing)
        return render_template("bureau/approve.html", view=view, taking=taking)
    if request.form.get("do") == "ask":
        draft = read_draft(request.form)
        keep_draft(filing_id, draft)
        if draft.marks:
            message = _("已标记 %(n)s 行退回。要通过，请先取消标记并保存。") % {"n": len(draft.marks)}
            return _case(filing_id, draft, {"marks": message}), 422
        return redirect(url_for("bureau.approve", filing_id=filing_id), 303)
    left = approve_filing(actor(), filing_id, clock.now())
    forget_draft(filing_id)
    flash(agreed_words(left) if left else _("已通过。新基数已经设定，单位可以看到结果。"), "good")
    return redirect(url_for("bureau.index"), 303)


@bureau.route("/filings/<int:filing_id>/return", methods=["GET", "POST"])
@reviewer_only
@duty("review")
def send_back(filing_id: int) -> Response | tuple[str, int] | str:
    """退回 with reasons, after a page that shows what the unit will read."""
    if request.method == "GET":
        return _send_back_page(filing_id)
    draft = read_draft(request.form)
    try:
        if request.form.get("do") == "ask":
            keep_draft(filing_id, draft)
            _check_reason(draft.reason)
            return redirect(url_for("bureau.send_back", filing_id=filing_id), 303)
        return_filing(actor(), filing_id, draft.reason, draft.marks, clock.now())
    except Conflict:
        raise
    except Refusal as refusal:
        return _case(filing_id, draft, {refusal.field or "reason": sentence(refusal)}), 422
    forget_draft(filing_id)
    flash(_("已退回。单位可以看到意见和每一行的原因，改好后会重新申报。"), "good")
    return redirect(url_for("bureau.index"), 303)


def _case(filing_id: int, draft: Draft, errors: dict[str, str]) -> str:
    after = whole_number(request.values.get("after", "")) or 0
    place = Place(request.values.get("show", ""), after)
    with reading() as session:
        filing = _reviewed(session, filing_id)
        view = describe(session, filing)
        rows = page_of_rows(session, view, place, draft)
        taking = taking_of(session, filing)
    return render_template(
        "bureau/show.html",
        taking=taking,
        view=view,
        filing=filing,
        rows=rows,
        draft=draft,
        errors=errors,
        limit=REASON_LENGTH,
        **signature_of(filing),
    )


def _send_back_page(filing_id: int) -> Response | str:
    draft = find_draft(filing_id)
    with reading() as session:
        filing = _pending(session, filing_id)
        unit = get_unit(session, filing.own_unit_id)
        marked = list_rows_by_seq(session, filing.own_snapshot_id, list(draft.marks))
    if not draft.reason.strip():
        return redirect(url_for("bureau.show", filing_id=filing_id), 303)
    return render_template("bureau/send_back.html", filing=filing, unit=unit, draft=draft, marked=marked)


def _check_reason(reason: str) -> None:
    if not reason.strip():
        raise Refusal("review.no_reason", "reason")
    if len(reason.strip()) > REASON_LENGTH:
        raise Refusal("review.reason_too_long", "reason", limit=REASON_LENGTH)


def _reviewed(session: Session, filing_id: int) -> Filing:
    filing = find_region_filing(session, actor().office, filing_id)
    if filing is None:
        raise Missing(filing_id)
    return filing


def _pending(session: Session, filing_id: int) -> Filing:
    filing = _reviewed(session, filing_id)
    if filing.kind != WAGES:
        raise Missing(filing_id)
    if filing.state != "pending":
        raise Conflict("review.decided", state=filing.state)
    return filing
