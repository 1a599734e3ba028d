"""滞纳金 step by step: what was unpaid from which day to which, so that the sum can be read and checked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from rules.levies import late_days


class Span(NamedTuple):
    """From the day after ``since`` to ``until``, both counted as in ``days``, ``unpaid_fen`` was late."""

    unpaid_fen: int
    since: date
    until: date

    @property
    def days(self) -> int:
        """The days of the span; each costs the rate of a day on what was unpaid."""
        return late_days(self.since, self.until)


def late_spans(
    total_fen: int, payments: Sequence[tuple[date, int]], due_on: date, today: date
) -> tuple[Span, ...]:
    """The days that an amount was late, parted where a payment came in; none for what was in time.

    ``payments`` are (day, fen). Their unpaid fen times days add up to what ``rules.levies.late_fee_of`` rounds.
    Source: 社会保险法 86.
    """
    spans, owed, since = [], total_fen, due_on
    for paid_on, amount in sorted([*payments, (today, 0)]):
        span = Span(owed, since, paid_on)
        if owed > 0 and span.days:
            spans.append(span)
        owed, since = owed - amount, max(since, paid_on)
    return tuple(spans)
