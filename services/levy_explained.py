"""为什么是这个数: every amount of a 征集单 with its inputs, where each comes from, the formula, and last month's beside it.

The page answers question 4.4 of the first manual: why the system's amount is not the one reckoned by hand, and why it
is not last month's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlmodel import Session

from models.levy import Levy
from models.levy_facts import make_rate
from models.levy_list import (
    find_base_parameter,
    find_before,
    find_region_rate,
    find_unit_rate,
    load_items,
)
from models.region import BaseParameter, RegionRate, find_parameter, first_day, get_region, list_bounds
from models.unit import UnitRate, get_unit
from rules.levies import Item, Rate, by_hand_fen
from rules.levy_reasons import Reason, Side, find_reasons
from rules.money import divide_half_up
from rules.wages import Adjustment


@dataclass(frozen=True)
class RateSource:
    """Where a rate comes from: the unit's own row or its region's; ``text`` is its reason or the published paper."""

    is_own: bool
    valid_from: date
    text: str
    industry_class: int | None = None
    floating_percent: int | None = None


@dataclass(frozen=True)
class Moved:
    """The people whom floor or cap moved: their monthly wages and their bases in sum, in fen."""

    people: int
    wage_fen: int
    base_fen: int


@dataclass(frozen=True)
class Formula:
    """One item: its inputs, where they come from, and the product before it was rounded, in yuan.

    ``rate_source`` and ``bounds`` are None where no row says what was reckoned by. ``by_hand_fen`` is 单位应缴 rounded
    person by person. ``shares_by_person``: 个人应缴 is.
    """

    item: Item
    rate_source: RateSource | None
    bounds: BaseParameter | None
    floor: Moved
    cap: Moved
    by_hand_fen: int
    shares_by_person: bool

    @property
    def filings(self) -> list[tuple[int | None, int]]:
        """The requests that the people's wages were declared by and how many each, the most first; None: older data."""
        return Counter(part.filing_id for part in self.item.parts).most_common()

    @property
    def employer_rate(self) -> str:
        """The unit's rate as a fraction (0.0023)."""
        return f"{self.item.rate.employer:f}"

    @property
    def employee_rate(self) -> str:
        """The people's rate as a fraction (0.02)."""
        return f"{self.item.rate.employee:f}"

    @property
    def employer_percent(self) -> str:
        """The unit's rate in percent (0.23%)."""
        return _percent(self.item.rate.employer)

    @property
    def employee_percent(self) -> str:
        """The people's rate in percent (2%)."""
        return _percent(self.item.rate.employee)

    @property
    def employer_product(self) -> str:
        """Σ bases × rate of the unit, all its decimals."""
        return _product(self.item.base_total_fen, self.item.rate.employer)

    @property
    def employee_product(self) -> str:
        """Σ bases × rate of the people, all its decimals."""
        return _product(self.item.base_total_fen, self.item.rate.employee)

    @property
    def hand_difference_fen(self) -> int:
        """How much the sum of the rounded is more than the rounded sum."""
        return self.by_hand_fen - self.item.employer_fen


@dataclass(frozen=True)
class Explained:
    """Everything that one 险种's amount of a month is made of, and what is different from ``before``."""

    insurance: str
    month: str
    wage_months: int
    formulas: tuple[Formula, ...]
    before: Levy | None
    reasons: tuple[Reason, ...]

    @property
    def total_fen(self) -> int:
        """应缴合计."""
        return sum(one.item.total_fen for one in self.formulas)

    @property
    def difference_fen(self) -> int:
        """How much more than the last month: the reasons add up to it."""
        return self.total_fen - (self.before.total_fen if self.before else 0)

    def reason(self, code: str) -> Reason | None:
        """The part of this reason, if it has one."""
        return next((one for one in self.reasons if one.code == code), None)


def explain_levy(session: Session, levy: Levy) -> Explained:
    """Why an issued 征集单 is what it is."""
    return explain(session, levy.unit_id, levy.insurance, levy.month, load_items(session, levy.key))


def explain(session: Session, unit_id: int, insurance: str, month: str, items: Sequence[Item]) -> Explained:
    """Why these items of a unit's month, issued or looked at ahead, add up to what they do.

    ``before`` is what counts of the latest earlier month; a reissue is explained against the same.
    """
    region = get_region(session, get_unit(session, unit_id).region_code)
    months = 12 if region.wage_basis == "annual" else 1
    before = find_before(session, unit_id, insurance, month)
    reasons: list[Reason] = []
    if before is not None:
        then = _side(session, region.code, insurance, before.month, load_items(session, before.key))
        now = _side(session, region.code, insurance, month, items)
        reasons = find_reasons(then, now, months)
    formulas = [_formula(session, unit_id, region.code, insurance, item, months) for item in items]
    return Explained(insurance, month, months, tuple(formulas), before, tuple(reasons))


def _side(session: Session, region_code: str, insurance: str, month: str, items: Sequence[Item]) -> Side:
    on = first_day(month)
    bounds = list_bounds(session, region_code, on).get(insurance)
    return Side(tuple(items), bounds, _shares_by_person(session, region_code, on))


def _formula(
    session: Session, unit_id: int, region_code: str, insurance: str, item: Item, months: int
) -> Formula:
    on = first_day(item.for_month)
    row = find_unit_rate(session, unit_id, insurance, on) or find_region_rate(
        session, region_code, insurance, on
    )
    return Formula(
        item,
        _rate_source(row, item.rate),
        find_base_parameter(session, region_code, insurance, on),
        _moved(item, "floor", months),
        _moved(item, "cap", months),
        by_hand_fen((part.base_fen for part in item.parts), item.rate.employer),
        _shares_by_person(session, region_code, on),
    )


def _rate_source(row: UnitRate | RegionRate | None, rate: Rate) -> RateSource | None:
    """The row, if it is what was reckoned by."""
    if row is None or make_rate(row.employer_millionths, row.employee_millionths) != rate:
        return None
    if isinstance(row, UnitRate):
        return RateSource(True, row.valid_from, row.reason, row.industry_class, row.floating_percent)
    return RateSource(False, row.valid_from, row.source)


def _moved(item: Item, adjustment: Adjustment, months: int) -> Moved:
    """Whom a bound moved; of a past month, the base that is due is what was levied before and what is lacking."""
    moved = [part for part in item.parts if part.adjustment == adjustment]
    wages = divide_half_up(sum(part.wage_fen for part in moved), months)
    return Moved(len(moved), wages, sum(part.before_fen + part.base_fen for part in moved))


def _shares_by_person(session: Session, region_code: str, on: date) -> bool:
    return bool(find_parameter(session, region_code, "employee_share", on) != "sum")


def _product(base_total_fen: int, rate: Decimal) -> str:
    return f"{(Decimal(base_total_fen) * rate).scaleb(-2).normalize():,f}"


def _percent(rate: Decimal) -> str:
    return f"{rate.scaleb(2).normalize():f}%"
