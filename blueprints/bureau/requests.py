"""A 业务 with lines before its reviewer: take it, look at it with everything that speaks against it, decide."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from sqlmodel import Session
from werkzeug.wrappers import Response

from blueprints.bureau import bureau
from blueprints.bureau.queue import agreed_words, take_minutes, taking_of
from blueprints.filings.drafts import problems_said
from blueprints.shared import clock
from blueprints.shared.guards import actor, duty, reviewer_only
from blueprints.shared.sentences import sentence
from models.db import reading
from models.filing import Filing, find_region_filing, list_events
from models.filing_parts import LINES_A_PAGE, count_lines, list_attachments, list_lines
from models.project import Project
from models.unit import Unit
from rules.filing_states import WAGES
from rules.numbers import whole_number
from rules.refusals import Conflict, Missing, Refusal
from services.kind_list import find_kind
from services.reviews import (
    REASON_LENGTH,
    approve_filing,
    put_back_filing,
    refuse_filing,
    return_filing,
    take_filing,
)
from translations import gettext as _

DECISIONS = ("approve", "refuse", "return")


@bureau.post("/filings/<int:filing_id>/take")
@reviewer_only
@duty("accept", "review")
def take(filing_id: int) -> Response:
    """受理: the unit cannot withdraw it any more, and colleagues see who has it."""
    take_filing(actor(), filing_id, clock.now(), take_minutes())
    return redirect(url_for("bureau.show", filing_id=filing_id), 303)


@bureau.post("/filings/<int:filing_id>/put-back")
@reviewer_only
@duty("accept", "review")
def put_back(filing_id: int) -> Response:
    """放回 into the queue."""
    put_back_filing(actor(), filing_id, clock.now())
    flash(_("已放回待审。"), "good")
    return redirect(url_for("bureau.index"), 303)


@bureau.post("/filings/<int:filing_id>/decide")
@reviewer_only
@duty("review")
def decide(filing_id: int) -> Response | tuple[str, int] | str:
    """通过, 不通过, 退回: first a page that says what will happen, then the decision."""
    step, reason = request.form.get("do", ""), request.form.get("reason", "").replace("\r\n", "\n")
    with reading() as session:
        region_request(session, filing_id)
    if step not in DECISIONS:
        raise Refusal("form.damaged")
    try:
        if "sure" not in request.form:
            return _sure_page(filing_id, step, reason)
        now, left = clock.now(), 0
        if step == "approve":
            left = approve_filing(actor(), filing_id, now)
        elif step == "refuse":
            refuse_filing(actor(), filing_id, reason, now)
        else:
            return_filing(actor(), filing_id, reason, {}, now)
    except Conflict:
        raise
    except Refusal as refusal:
        return request_page(filing_id, reason, sentence(refusal)), 422
    words = {
        "approve": _("已通过。单位可以看到结果。"),
        "refuse": _("已审为不通过。单位可以看到原因。"),
        "return": _("已退回。单位可以看到意见，改好后会再提交。"),
    }
    flash(agreed_words(left) if left else words[step], "good")
    return redirect(url_for("bureau.index"), 303)


def request_page(filing_id: int, reason: str = "", error: str = "") -> str:
    """The page of a filing with lines, with whatever opinion was typed."""
    after = whole_number(request.values.get("after", "")) or 0
    with reading() as session:
        filing = region_request(session, filing_id)
        lines = list_lines(session, filing_id, after, LINES_A_PAGE + 1)
        kind = find_kind(filing.kind)
        values = {
            "filing": filing,
            "kind": kind,
            "changes": kind.compare(session, lines[0]) if len(lines) == 1 else [],
            "unit": session.get(Unit, filing.unit_id) if filing.unit_id else None,
            "project": session.get(Project, filing.project_id) if filing.project_id else None,
            "lines": lines[:LINES_A_PAGE],
            "next_after": lines[LINES_A_PAGE - 1].seq if len(lines) > LINES_A_PAGE else None,
            "count": count_lines(session, filing_id)[0],
            "attachments": list_attachments(session, filing_id),
            "events": list_events(session, filing_id),
            "taking": taking_of(session, filing),
        }
    return render_template(
        "bureau/request.html", reason=reason, error=error, limit=REASON_LENGTH, said=problems_said, **values
    )


def region_request(session: Session, filing_id: int) -> Filing:
    """A filing with lines that reached this region's bureau; raises ``Missing``."""
    filing = find_region_filing(session, actor().office, filing_id)
    if filing is None or filing.kind == WAGES:
        raise Missing(filing_id)
    return filing


def _sure_page(filing_id: int, step: str, reason: str) -> str:
    if step != "approve":
        if not reason.strip():
            raise Refusal("review.no_reason", "reason")
        if len(reason.strip()) > REASON_LENGTH:
            raise Refusal("review.reason_too_long", "reason", limit=REASON_LENGTH)
    with reading() as session:
        filing = region_request(session, filing_id)
        if filing.state != "pending":
            raise Conflict("review.decided", state=filing.state)
        unit = session.get(Unit, filing.unit_id) if filing.unit_id else None
        taking = taking_of(session, filing)
    return render_template(
        "bureau/sure.html", filing=filing, unit=unit, step=step, reason=reason, taking=taking
    )
