"""What a unit is told of its levies: issued, issued anew, soon due, overdue."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from models.levy import Levy, LevyRun
from models.levy_payments import list_due_between
from models.notice import add_notices
from rules.money import yuan_text
from services.levy_payments import Standing, standing
from services.notices import Telling, tell

LEVY_DAYS = (5, 1)
"""Told when so many days to pay are left, and again at the smaller number."""
OVERDUE_DAYS = (1, 15)
"""Told on the first day after the last one to pay, and again after two weeks."""
LOOKED_BACK = timedelta(days=60)
"""What is overdue for longer has been told twice."""


def tell_issued(session: Session, run: LevyRun, now: datetime) -> None:
    """Tell every unit what it owes for the month, in the transaction that issues it; all in one statement."""
    query = (
        select(Levy.unit_id, Levy.insurance, Levy.total_fen, Levy.due_on)
        .where(Levy.run_id == run.key, Levy.state == "issued")
        .order_by(Levy.unit_id, Levy.insurance)
    )
    rows = []
    for unit_id, group in groupby(session.execute(query), key=lambda row: row.unit_id):
        levies = list(group)
        total = sum(row.total_fen for row in levies)
        params = _params(run.month, [row.insurance for row in levies], abs(total), levies[0].due_on)
        kind = "levy_issued" if total > 0 else "levy_nothing"
        rows.append(Telling(unit_id, kind, params, f"levy:{run.key}:{unit_id}"))
    if rows:
        add_notices(session, [{**row._asdict(), "filing_id": None, "at": now} for row in rows])


def tell_reissued(session: Session, levies: Sequence[Levy], now: datetime) -> None:
    """Tell a unit of the new versions of one month, with the reason, in the transaction that issues them."""
    first = levies[0]
    total = sum(levy.total_fen for levy in levies)
    params = _params(first.month, [levy.insurance for levy in levies], total, first.due_on)
    key = f"levy_reissued:{first.key}"
    tell(session, Telling(first.unit_id, "levy_reissued", {**params, "note": first.reason}, key), now)


def due_tellings(session: Session, today: date) -> Iterator[Telling]:
    """What is to be paid soon, and what was not paid in time, each at its steps, one for a unit and month."""
    last = today + timedelta(days=max(LEVY_DAYS))
    found: dict[tuple[int, str, date], list[Levy]] = defaultdict(list)
    for levy in list_due_between(session, today - LOOKED_BACK, last):
        found[levy.unit_id, levy.month, levy.due_on].append(levy)
    stand = standing(session, [levy for levies in found.values() for levy in levies], today)
    for (unit_id, month, due_on), levies in found.items():
        step = _step(due_on, today)
        owing = [levy for levy in levies if stand[levy.key].owed_fen > 0]
        if step is None or not owing:
            continue
        kind = "levy_overdue" if due_on < today else "levy_due"
        owed = _sum(stand[levy.key] for levy in owing)
        params = _params(month, [levy.insurance for levy in owing], owed, due_on)
        yield Telling(unit_id, kind, params, f"{kind}:{month}:{due_on}:{step}:{unit_id}")


def _step(due_on: date, today: date) -> int | None:
    """The step that a last day to pay has come to: days left, or days over."""
    left = (due_on - today).days
    if left < 0:
        return max((step for step in OVERDUE_DAYS if step <= -left), default=None)
    return min((step for step in LEVY_DAYS if left <= step), default=None)


def _sum(standings: Iterable[Standing]) -> int:
    return sum(one.owed_fen for one in standings)


def _params(month: str, insurances: Sequence[str], amount_fen: int, due_on: date) -> dict[str, Any]:
    return {
        "period": month,
        "insurances": list(insurances),
        "amount": yuan_text(amount_fen, grouped=True),
        "day": due_on.isoformat(),
    }
