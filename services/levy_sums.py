"""What units owe for a month, reckoned from what is known now; nothing is written here.

The run, the unit's look ahead and the look at what a change of parameters would do all reckon by this.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlmodel import Session

from models.levy_facts import list_due_rows, list_past, list_region_rates, list_unit_rates
from models.region import find_parameter, first_day, get_region, list_bounds
from rules.insurances import MATERNITY
from rules.levies import ITEM_KINDS, Item, ItemKind, Part, Rate, add_up, due_date, month_parts, past_part
from rules.wages import Bounds

DUE_DAY = 25
"""Where a region has set none, the day of the sample notice."""
_ORDER = {kind: place for place, (kind, _word) in enumerate(ITEM_KINDS)}


@dataclass(frozen=True)
class Terms:
    """The parameters of one region that a month is reckoned by; ``own_rates`` of the units that were asked for."""

    month: str
    wage_months: int
    bounds: Mapping[str, Bounds]
    region_rates: Mapping[str, Rate]
    own_rates: Mapping[tuple[int, str], Rate]
    share_by_person: bool
    due_on: date

    def rate(self, unit_id: int, insurance: str) -> Rate | None:
        """The unit's own rate, else the region's."""
        return self.own_rates.get((unit_id, insurance)) or self.region_rates.get(insurance)


@dataclass(frozen=True)
class Bill:
    """What one unit owes in one 险种 for one month: its items, 正常 first, then by 应缴类型 and month."""

    unit_id: int
    insurance: str
    due_on: date
    items: tuple[Item, ...]

    @property
    def people(self) -> int:
        """Those of the month itself."""
        return sum(len(item.rows) for item in self.items if item.kind == "normal")

    @property
    def base_total_fen(self) -> int:
        """The bases of all items."""
        return sum(item.base_total_fen for item in self.items)

    @property
    def employer_fen(self) -> int:
        """单位应缴."""
        return sum(item.employer_fen for item in self.items)

    @property
    def employee_fen(self) -> int:
        """个人应缴."""
        return sum(item.employee_fen for item in self.items)

    @property
    def total_fen(self) -> int:
        """应缴合计."""
        return self.employer_fen + self.employee_fen


@dataclass(frozen=True)
class Problem:
    """What cannot be levied: ``no_rate``, ``no_bounds`` or ``no_wage``, and for how many people."""

    unit_id: int
    insurance: str
    code: str
    people: int


@dataclass(frozen=True)
class Reckoned:
    """The bills of some units, and what stands in the way of others."""

    bills: list[Bill]
    problems: list[Problem]


def load_terms(session: Session, region_code: str, month: str, first: int, last: int) -> Terms:
    """The parameters in force on the first day of a month, for the units from ``first`` to ``last``."""
    on = first_day(month)
    region = get_region(session, region_code)
    bounds = list_bounds(session, region_code, on)
    if region.is_maternity_merged:
        # 生育 is paid for within 医疗 (国办发〔2019〕10号).
        bounds.pop(MATERNITY, None)
    day = find_parameter(session, region_code, "levy_due_day", on)
    return Terms(
        month,
        12 if region.wage_basis == "annual" else 1,
        bounds,
        list_region_rates(session, region_code, on),
        list_unit_rates(session, region_code, on, first, last),
        find_parameter(session, region_code, "employee_share", on) != "sum",
        due_date(month, day or DUE_DAY),
    )


def reckon(session: Session, region_code: str, month: str, first: int, last: int) -> Reckoned:
    """What each unit from ``first`` to ``last`` of a region owes for a month, and what past months still lack."""
    terms = load_terms(session, region_code, month, first, last)
    is_merged = get_region(session, region_code).is_maternity_merged
    items: dict[tuple[int, str], list[Item]] = {}
    problems: list[Problem] = []
    for found in reckon_month(terms, list_due_rows(session, region_code, month, first, last)):
        if isinstance(found, Problem):
            if not (is_merged and found.insurance == MATERNITY):
                problems.append(found)
        else:
            unit_id, insurance, item = found
            items.setdefault((unit_id, insurance), []).append(item)
    for unit_id, insurance, item in _reckon_past(session, region_code, month, first, last):
        items.setdefault((unit_id, insurance), []).append(item)
    bills = [
        Bill(unit_id, insurance, terms.due_on, tuple(sorted(found, key=_place)))
        for (unit_id, insurance), found in sorted(items.items())
    ]
    return Reckoned(bills, problems)


def reckon_month(terms: Terms, due: Iterable[tuple[Any, ...]]) -> Iterator[tuple[int, str, Item] | Problem]:
    """The month itself: one item for each unit and 险种, or what stands in its way.

    ``due`` as ``models.levy_facts.Due``, by unit and 险种; whoever stands there twice is levied once.
    """
    for (unit_id, insurance), group in groupby(due, itemgetter(0, 1)):
        people = {row[2]: row[2:] for row in group}.values()
        bounds, rate = terms.bounds.get(insurance), terms.rate(unit_id, insurance)
        if bounds is None or rate is None:
            yield Problem(unit_id, insurance, "no_rate" if rate is None else "no_bounds", len(people))
            continue
        known = [one for one in people if one[1] is not None]
        if lacking := len(people) - len(known):
            yield Problem(unit_id, insurance, "no_wage", lacking)
        if known:
            rows = month_parts(known, terms.wage_months, bounds, rate)
            yield (
                unit_id,
                insurance,
                add_up("normal", terms.month, rate, rows, share_by_person=terms.share_by_person),
            )


def _reckon_past(
    session: Session, region_code: str, month: str, first: int, last: int
) -> Iterator[tuple[int, str, Item]]:
    """补缴, 补差, 退收 of months that were levied before: what is due as is known now, less what was levied."""
    terms: dict[str, Terms] = {}
    found: dict[tuple[int, str, ItemKind, str], list[Part]] = {}
    for row in list_past(session, region_code, month, first, last):
        if row.for_month not in terms:
            terms[row.for_month] = load_terms(session, region_code, row.for_month, first, last)
        then = terms[row.for_month]
        bounds, rate = then.bounds.get(row.insurance), then.rate(row.unit_id, row.insurance)
        if bounds is None or rate is None or (row.is_covered and row.wage_fen is None):
            # The month itself could not be levied either; that was said then, and is said of this month again.
            continue
        lacking = past_part(
            row.person_id,
            row.wage_fen if row.is_covered else None,
            then.wage_months,
            bounds,
            rate,
            levied_fen=row.levied_fen,
            filing_id=row.filing_id,
        )
        if lacking:
            kind, part = lacking
            found.setdefault((row.unit_id, row.insurance, kind, row.for_month), []).append(part)
    for (unit_id, insurance, kind, for_month), parts in found.items():
        then = terms[for_month]
        rate = then.rate(unit_id, insurance)
        assert rate is not None
        yield (
            unit_id,
            insurance,
            add_up(kind, for_month, rate, parts, share_by_person=then.share_by_person),
        )


def _place(item: Item) -> tuple[int, str]:
    return _ORDER[item.kind], item.for_month
