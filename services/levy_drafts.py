"""What was reckoned becomes drafts, and drafts become what is owed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert
from sqlmodel import Session

from models.db import insert_rows
from models.levy import LevyItem, LevyRun
from models.levy_drafts import DraftItem, add_levies, find_wrong_levy, issue_drafts, list_draft_items
from models.levy_facts import make_rate
from models.region import find_parameter
from models.unit import RATE_SCALE
from rules.amounts import levy_amount_fen
from rules.levies import Part, Rate
from rules.refusals import Refusal
from services.levy_sums import Bill


def write_bills(
    session: Session,
    run_id: int,
    month: str,
    bills: list[Bill],
    *,
    versions: dict[str, int] | None = None,
    reason: str = "",
) -> list[int]:
    """Write drafts with their items and people; returns their numbers."""
    levies, items = [], []
    parts: list[Any] = []
    for bill in bills:
        version = (versions or {}).get(bill.insurance, 1)
        levies.append(
            {
                "run_id": run_id,
                "unit_id": bill.unit_id,
                "insurance": bill.insurance,
                "month": month,
                "version": version,
                "state": "draft",
                "people": bill.people,
                "base_total_fen": bill.base_total_fen,
                "employer_fen": bill.employer_fen,
                "employee_fen": bill.employee_fen,
                "total_fen": bill.total_fen,
                "due_on": bill.due_on,
                "reason": reason if version > 1 else "",
            }
        )
    ids = add_levies(session, levies)
    for levy_id, bill in zip(ids, bills, strict=True):
        for seq, item in enumerate(bill.items, start=1):
            items.append(
                {
                    "levy_id": levy_id,
                    "seq": seq,
                    "kind": item.kind,
                    "for_month": item.for_month,
                    "people": len(item.rows),
                    "base_total_fen": item.base_total_fen,
                    **_millionths(item.rate),
                    "employer_fen": item.employer_fen,
                    "employee_fen": item.employee_fen,
                }
            )
            for row in item.rows:
                parts += (levy_id, seq, *row)
    if items:
        session.connection().execute(insert(LevyItem), items)
        insert_rows(session, "levy_detail", ("levy_id", "seq", *Part._fields), parts)
    return ids


def check_sums(session: Session, run: LevyRun) -> None:
    """Raises ``Refusal`` ``levy.sums_differ`` where a draft is not the sum of its items, or an item not of its people."""
    wrong = next((one.item.levy_id for one in list_draft_items(session, run.key) if not _adds_up(one)), None)
    if wrong is None:
        wrong = find_wrong_levy(session, run.key)
    if wrong is not None:
        raise Refusal("levy.sums_differ", number=f"{wrong:012d}")


def _adds_up(one: DraftItem) -> bool:
    """Whether an item is what its people and its rates make it, the amounts reckoned anew."""
    item, rate = one.item, make_rate(one.item.employer_millionths, one.item.employee_millionths)
    return (
        (item.people, item.base_total_fen) == (one.people, one.base_total_fen)
        and item.employer_fen == levy_amount_fen(one.base_total_fen, rate.employer)
        # A region rounds the share of each person, or once for all (``employee_share``).
        and item.employee_fen in (one.employee_fen, levy_amount_fen(one.base_total_fen, rate.employee))
    )


def issue(session: Session, run: LevyRun, now: datetime) -> None:
    """The run's drafts count from now on; each leaves the days to pay that the region grants after its issue."""
    days = find_parameter(session, run.region_code, "levy_days_to_pay", now.date()) or 0
    issue_drafts(session, run.key, now, now.date() + timedelta(days=days))


def _millionths(rate: Rate) -> dict[str, int]:
    return {
        "employer_millionths": int(rate.employer * RATE_SCALE),
        "employee_millionths": int(rate.employee * RATE_SCALE),
    }
