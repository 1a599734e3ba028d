"""What a declaration adds up to, per 险种: sums, bounds, distribution, expected levy."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from threading import Lock

from sqlmodel import Session

from models.db import Source
from models.declaration import Declaration, Terms, get_tally, list_insurances
from models.region import first_day, list_bounds
from models.unit import list_rates
from models.wage_rows import list_amounts
from rules.amounts import levy_amount_fen
from rules.wages import Bounds, Summary, summarise


@dataclass(frozen=True)
class InsuranceFigure:
    """One 险种 of a declaration: its bounds, its sums, the unit's rate and the expected monthly levy in fen."""

    insurance: str
    bounds: Bounds
    summary: Summary
    rate: Decimal | None
    levy_fen: int | None


@dataclass(frozen=True)
class Figures:
    """All 险种 of a declaration at one revision; ``lacking`` are those without published bounds."""

    revision: int
    by_insurance: dict[str, InsuranceFigure]
    lacking: list[str]


_kept: OrderedDict[tuple[object, ...], Figures] = OrderedDict()
_lock = Lock()
_KEPT_AT_MOST = 64


def figures(session: Session, declaration: Declaration) -> Figures:
    """The figures of a declaration as this transaction sees it.

    They are computed once per revision and set of parameters, and kept: the key holds everything that
    they depend on, so a kept answer is as true as a fresh one.
    """
    assert declaration.id is not None
    on = first_day(declaration.effective_month)
    bounds = list_bounds(session, declaration.region_code, on)
    rates = list_rates(session, declaration.unit_id, on)
    revision = get_tally(session, declaration.id).revision
    key = (
        declaration.id,
        declaration.unit_id,
        declaration.started_at,
        revision,
        *bounds.values(),
        *rates.items(),
    )
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    fresh = _compute(session, declaration, bounds, rates, revision)
    with _lock:
        _kept[key] = fresh
        while len(_kept) > _KEPT_AT_MOST:
            _kept.popitem(last=False)
    return fresh


def bounds_on(session: Session, declaration: Declaration) -> dict[str, Bounds]:
    """The bounds in force in the month from which the declared bases count."""
    return list_bounds(session, declaration.region_code, _effective_day(declaration))


def own_bounds(source: Source, terms: Declaration | Terms) -> dict[str, Bounds]:
    """Those of ``bounds_on`` that are of the declaration's own 险种."""
    assert terms.id is not None
    bounds = list_bounds(source, terms.region_code, first_day(terms.effective_month))
    return {code: bounds[code] for code in list_insurances(source, terms.id) if code in bounds}


def _effective_day(declaration: Declaration) -> date:
    return first_day(declaration.effective_month)


def _compute(
    session: Session,
    declaration: Declaration,
    bounds: dict[str, Bounds],
    rates: dict[str, Decimal],
    revision: int,
) -> Figures:
    assert declaration.id is not None
    amounts = list_amounts(session, declaration.id)
    by_insurance, lacking = {}, []
    for code in list_insurances(session, declaration.id):
        if code not in bounds:
            lacking.append(code)
            continue
        rows = ((row.old_wage_fen, row.wage_fen) for row in amounts if code in row.insurances)
        summary = summarise(rows, declaration.months, bounds[code])
        rate = rates.get(code)
        levy = levy_amount_fen(summary.base_total_fen, rate) if rate is not None else None
        by_insurance[code] = InsuranceFigure(code, bounds[code], summary, rate, levy)
    return Figures(revision, by_insurance, lacking)
