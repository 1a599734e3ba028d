"""缴费通知单打印 and 应缴核定表: a month on paper."""

from __future__ import annotations

from flask import render_template, request
from sqlmodel import Session
from werkzeug.wrappers import Response

from blueprints.levies import levies
from blueprints.shared import clock
from blueprints.shared.guards import actor, needs, operator_only
from blueprints.shared.sentences import sentence
from blueprints.wages.files import attachment
from models.db import reading
from models.levy_list import find_last_month
from rules.refusals import Missing, Refusal
from services.levy_prints import (
    Printout,
    levy_printout,
    month_printouts,
    notice_paper,
    sheet_pdf,
)
from services.levy_prints import notice_pdf as make_notice
from services.levy_runs import check_month

WRITERS = {"notice": make_notice, "sheet": sheet_pdf}


@levies.get("/notices")
@operator_only
@needs("query", to_read=True)
def notices() -> tuple[str, int]:
    """缴费通知单 of a month, one for each 险种, as they are printed; the newest month where none is asked for."""
    error = ""
    with reading() as session:
        last = find_last_month(session, actor().own_unit_id)
        month = request.args.get("month", last or "").strip().replace("-", "")
        try:
            found = _month(session, month) if month else []
        except Refusal as refusal:
            found, error = [], sentence(refusal)
    papers = [(printout.levy, notice_paper(printout)) for printout in found]
    page = render_template("levies/notices.html", month=month, last=last, papers=papers, error=error)
    return page, 422 if error else 200


@levies.get("/notices.pdf")
@operator_only
@needs("query", to_read=True)
def notice_month() -> Response:
    """The forms of one sort, 通知单 or with ``form=sheet`` 核定表, of all 险种 of a month."""
    month = request.args.get("month", "")
    with reading() as session:
        found = _month(session, month)
    if not found:
        raise Missing(month)
    return attachment(WRITERS["sheet" if request.args.get("form") == "sheet" else "notice"](found))


@levies.get("/<int:levy_id>/notice.pdf")
@operator_only
@needs("query", to_read=True)
def notice_pdf(levy_id: int) -> Response:
    """缴费通知单 of one 征集单."""
    return _one(levy_id, "notice")


@levies.get("/<int:levy_id>/sheet.pdf")
@operator_only
@needs("query", to_read=True)
def notice_sheet(levy_id: int) -> Response:
    """应缴核定表 of one 征集单."""
    return _one(levy_id, "sheet")


def _one(levy_id: int, kind: str) -> Response:
    with reading() as session:
        found = levy_printout(session, actor().own_unit_id, levy_id, actor().name, clock.now())
    return attachment(WRITERS[kind]([found]))


def _month(session: Session, month: str) -> list[Printout]:
    check_month(month)
    return month_printouts(session, actor().own_unit_id, month, actor().name, clock.now())
