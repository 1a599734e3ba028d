"""为什么是这个数: each amount with its inputs, their sources, and the formula with the numbers in it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import render_template, request
from sqlmodel import Session

from blueprints.levies import levies
from blueprints.levies.bills import own_levy
from blueprints.levies.search import asked_insurance
from blueprints.shared import clock
from blueprints.shared.guards import actor, needs, operator_only
from models.db import reading
from models.levy_ahead import list_named, list_own_filings
from models.region import get_region
from rules.levies import ITEM_KINDS
from rules.levy_reasons import REASONS, Change
from rules.numbers import whole_number
from rules.refusals import Missing
from services.levies import next_month
from services.levy_explained import Explained, explain, explain_levy
from services.levy_sums import reckon

PEOPLE_A_PAGE = 100
FILINGS_AN_ITEM = 3


@levies.get("/<int:levy_id>/why")
@operator_only
@needs("query", to_read=True)
def why(levy_id: int) -> str:
    """Why a 征集单 is what it is (first manual 4.4); ``show`` lists the people of one reason behind ``after``."""
    with reading() as session:
        levy = own_levy(session, levy_id)
        values = _explained(session, explain_levy(session, levy))
    return render_template("levies/why.html", levy=levy, where={"levy_id": levy_id}, **values)


@levies.get("/declare/why")
@operator_only
@needs("query", to_read=True)
def declare_why() -> str:
    """Why the next month would be what 缴费申报 shows for an 险种."""
    unit_id, region, insurance = actor().own_unit_id, actor().region_code, asked_insurance()
    with reading() as session:
        month = next_month(session, region, clock.today())
        bills = reckon(session, region, month, unit_id, unit_id).bills
        bill = next((one for one in bills if one.insurance == insurance), None)
        if bill is None:
            raise Missing(insurance)
        values = _explained(session, explain(session, unit_id, insurance, month, bill.items))
    return render_template("levies/why.html", levy=None, where={"insurance": insurance}, **values)


def _explained(session: Session, found: Explained) -> dict[str, Any]:
    """What ``levies/_why.html`` shows, with a page of the people of the reason that is asked for."""
    reason = found.reason(request.args.get("show", ""))
    after = whole_number(request.args.get("after", "")) or 0
    rest = [one for one in reason.changes if one.person_id > after] if reason else []
    shown = rest[:PEOPLE_A_PAGE]
    return {
        "why": found,
        "reason": reason,
        "changes": shown,
        "next_after": shown[-1].person_id if len(rest) > len(shown) else None,
        "people": list_named(session, (one.person_id for one in shown)),
        "requests": list_own_filings(session, actor().own_unit_id, _named(found, shown)),
        "filings_shown": FILINGS_AN_ITEM,
        "basis": get_region(session, actor().region_code).wage_basis,
        "kinds": dict(ITEM_KINDS),
        "reasons": dict(REASONS),
    }


def _named(found: Explained, changes: Iterable[Change]) -> set[int]:
    """The requests that the page names: those of the listed people, and the largest of each item."""
    of_items = {number for one in found.formulas for number, _count in one.filings[:FILINGS_AN_ITEM]}
    return {number for number in of_items | {one.filing_id for one in changes} if number is not None}
