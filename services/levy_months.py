"""A unit's months at a glance: what each came to, and what of it is still to be paid."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from itertools import groupby
from typing import NamedTuple

from sqlmodel import Session

from models.levy import Levy
from models.levy_list import MOST_LISTED, LevySearch, find_last_month, list_levies
from rules.levies import month_before
from services.levy_payments import standing

MONTHS_SHOWN = 12


class MonthSum(NamedTuple):
    """A month in all 险种: what is owed for it, in fen, and the people of the largest."""

    month: str
    total_fen: int
    people: int


class MonthOwed(NamedTuple):
    """What a month still lacks, 滞纳金 included, in fen; ``due_on`` is the first of its last days to pay."""

    month: str
    owed_fen: int
    due_on: date
    is_late: bool


def sum_months(found: Iterable[Levy]) -> list[MonthSum]:
    """These 征集单 by month, the earliest first."""
    return [
        MonthSum(month, sum(one.total_fen for one in group), max(one.people for one in group))
        for month, group in _by_month(found)
    ]


def list_year(session: Session, unit_id: int) -> list[Levy]:
    """The 征集单 of the unit's last twelve months that were issued."""
    last = find_last_month(session, unit_id)
    if last is None:
        return []
    return list_levies(session, unit_id, LevySearch(month_before(last, MONTHS_SHOWN - 1), last), MOST_LISTED)


def list_owed(session: Session, levies: list[Levy], today: date) -> list[MonthOwed]:
    """The months of these 征集单 that are not paid in full, the earliest first."""
    standings = standing(session, levies, today)
    open_ones = [one for one in levies if standings[one.key].owed_fen > 0]
    return [
        MonthOwed(
            month,
            sum(standings[one.key].owed_fen for one in group),
            min(one.due_on for one in group),
            any(standings[one.key].state == "late" for one in group),
        )
        for month, group in _by_month(open_ones)
    ]


def _by_month(found: Iterable[Levy]) -> list[tuple[str, list[Levy]]]:
    ordered = sorted(found, key=lambda one: one.month)
    return [(month, list(group)) for month, group in groupby(ordered, lambda one: one.month)]
