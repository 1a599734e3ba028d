"""What a month is owed for: each person's base and share, each 险种's amount, what the past still lacks, what lateness costs.

Amounts are ``rules.amounts.levy_amount_fen``: bases are summed first and the product is rounded once (manual 4.4).
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Literal, NamedTuple

from rules.amounts import levy_amount_fen
from rules.fields import N_
from rules.money import divide_half_up
from rules.wages import Adjustment, Base, Bounds, contribution_base

ItemKind = Literal["normal", "arrears", "difference", "refund"]
ITEM_KINDS: tuple[tuple[ItemKind, str], ...] = (
    ("normal", N_("正常")),
    ("arrears", N_("补缴")),
    ("difference", N_("补差")),
    ("refund", N_("退收")),
)
"""应缴类型, in the order in which a notice lists them."""


class Rate(NamedTuple):
    """What employer and employee pay of a base, as fractions (0.0023)."""

    employer: Decimal
    employee: Decimal


class Part(NamedTuple):
    """One person of an item; money in fen.

    ``base_fen`` is what counts: the base of the month, or of a past month the base that is due less ``before_fen``,
    which was levied already. ``filing_id`` is the request that it goes back to.
    """

    person_id: int
    wage_fen: int
    base_fen: int
    before_fen: int
    adjustment: Adjustment
    employee_fen: int
    filing_id: int | None


Row = tuple[int, int, int, int, Adjustment, int, int | None]
"""A ``Part`` without its names, for the run that makes hundreds of thousands."""


@dataclass(frozen=True)
class Item:
    """One 应缴类型 of one month in one 险种: its people, as ``Part`` or ``Row``, and what they add up to, in fen."""

    kind: ItemKind
    for_month: str
    rate: Rate
    rows: tuple[Row, ...]
    base_total_fen: int
    employer_fen: int
    employee_fen: int

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """The people by name of what is known of each."""
        return tuple(map(Part._make, self.rows))

    @property
    def total_fen(self) -> int:
        """单位应缴 and 个人应缴 together."""
        return self.employer_fen + self.employee_fen


def month_parts(
    people: Iterable[tuple[int, int, int | None]], months: int, bounds: Bounds, rate: Rate
) -> list[Row]:
    """The parts of a month that is levied for the first time, in the order of ``people``.

    ``people`` are (person, wage in fen, the request it was declared by); ``months`` as in ``contribution_base``, whose
    bases these are. ``employee_fen`` is rounded for each by itself, as the amount is taken from this person's pay.
    """
    floor, cap, step = bounds.floor_fen * months, bounds.cap_fen * months, bounds.rounding_fen
    low = divide_half_up(bounds.floor_fen, step) * step
    high = divide_half_up(bounds.cap_fen, step) * step
    # The arithmetic of contribution_base and levy_amount_fen, unrolled: a region's run asks for this 200,000 times.
    divisor, half = 2 * months * step, months * step
    over, under = rate.employee.as_integer_ratio()
    rows: list[Row] = []
    for person_id, wage, filing_id in people:
        adjustment: Adjustment = "none"
        if wage < floor:
            base, adjustment = low, "floor"
        elif wage > cap:
            base, adjustment = high, "cap"
        else:
            base = (2 * wage + half) // divisor * step
        share = (2 * base * over + under) // (2 * under)
        rows.append((person_id, wage, base, 0, adjustment, share, filing_id))
    return rows


def past_part(
    person_id: int,
    wage_fen: int | None,
    months: int,
    bounds: Bounds,
    rate: Rate,
    *,
    levied_fen: int,
    filing_id: int | None,
) -> tuple[ItemKind, Part] | None:
    """What a past month still lacks for a person, or None where nothing does; ``wage_fen`` None: not insured then.

    Nothing levied yet: 补缴. More than was levied: 补差. Less: 退收, with a negative base.
    """
    due = Base(0, "none") if wage_fen is None else contribution_base(wage_fen, months, bounds)
    lacking = due.base_fen - levied_fen
    if lacking == 0:
        return None
    kind: ItemKind = "refund" if lacking < 0 else "difference" if levied_fen else "arrears"
    share = levy_amount_fen(lacking, rate.employee) if rate.employee else 0
    return kind, Part(person_id, wage_fen or 0, lacking, levied_fen, due.adjustment, share, filing_id)


def add_up(
    kind: ItemKind, for_month: str, rate: Rate, rows: Iterable[Row], *, share_by_person: bool = True
) -> Item:
    """An item of these people, in the order of their numbers: no sum depends on the order they come in.

    单位应缴 = Round(Σ base × rate, 2); 个人应缴 is the sum of each person's rounded share, or, where a region rounds
    once (``share_by_person`` False), the same formula as the unit's. Source: manual 4.4.
    """
    ordered = tuple(sorted(rows))
    total = sum([row[2] for row in ordered])
    shares = sum([row[5] for row in ordered])
    employee = shares if share_by_person else levy_amount_fen(total, rate.employee)
    return Item(kind, for_month, rate, ordered, total, levy_amount_fen(total, rate.employer), employee)


def by_hand_fen(bases_fen: Iterable[int], rate: Decimal) -> int:
    """The sum that rounds each person first, as people do by hand; it differs from the levy (manual 4.4)."""
    return sum(levy_amount_fen(base, rate) for base in bases_fen)


def due_date(month: str, day: int) -> date:
    """The last day to pay a month YYYYMM: this day of it, or its last."""
    year, number = int(month[:4]), int(month[4:])
    return date(year, number, min(day, monthrange(year, number)[1]))


def late_days(due_on: date, until: date) -> int:
    """The days that a payment is late on a day; the day after the last one to pay is the first."""
    return max(0, (until - due_on).days)


def late_fee_fen(unpaid_fen: int, days: int, per_day: Decimal) -> int:
    """滞纳金 of a sum that is unpaid for ``days``, at a fraction per day (0.0005), rounded once, half up.

    Nothing for what is owed to the unit. Source: 社会保险法 86.
    """
    if not isinstance(per_day, Decimal):
        raise TypeError("a rate is a Decimal")
    if unpaid_fen <= 0 or days <= 0:
        return 0
    numerator, denominator = per_day.as_integer_ratio()
    return divide_half_up(unpaid_fen * days * numerator, denominator)


def late_fee_of(
    total_fen: int, payments: Sequence[tuple[date, int]], due_on: date, today: date, per_day: Decimal
) -> int:
    """滞纳金 of an amount paid in parts: each day counts on what was unpaid then. ``payments``: (day, fen).

    The parts of one amount are added up before they are rounded. Source: 社会保险法 86.
    """
    owed, since, fen_days = total_fen, due_on, 0
    for paid_on, amount in sorted(payments):
        fen_days += max(0, owed) * late_days(since, paid_on)
        owed, since = owed - amount, max(since, paid_on)
    fen_days += max(0, owed) * late_days(since, today)
    return late_fee_fen(fen_days, 1, per_day)


def month_before(month: str, count: int = 1) -> str:
    """The month YYYYMM so many months earlier; later for a negative count."""
    number = int(month[:4]) * 12 + int(month[4:]) - 1 - count
    return f"{number // 12:04d}{number % 12 + 1:02d}"
