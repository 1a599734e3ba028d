"""What there is to say about a declared wage and how serious it is: one rule set for grid, file and submission."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from rules.money import divide_half_up, yuan_text
from rules.wages import MAX_WAGE_FEN, NOT_DECLARED_BELOW_FEN, change_permille, is_declared, needs_explanation

Severity = Literal["block", "explain", "notice"]
"""``block``: not taken until mended. ``explain``: taken, and asks for a 说明 before 申报. ``notice``: only said."""

_NOTICES: dict[str, Severity] = dict.fromkeys(
    (
        "wage.excluded",
        "wage.under_one",
        "wage.below_floor",
        "wage.above_cap",
        "line.old_wage_differs",
        "line.id_differs",
        "line.found_by_id",
        "line.found_by_name",
    ),
    "notice",
)
_TO_EXPLAIN: dict[str, Severity] = dict.fromkeys(
    ("wage.changed_much", "wage.tenfold", "wage.looks_monthly", "wage.looks_annual"), "explain"
)
_SEVERITIES: Mapping[str, Severity] = MappingProxyType(_NOTICES | _TO_EXPLAIN)


def severity_of(code: str) -> Severity:
    """How serious a finding is; whatever is not known to be lighter blocks."""
    return _SEVERITIES.get(code, "block")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to say about a wage; ``fix_fen`` is the amount that was probably meant."""

    code: str
    params: dict[str, Any] = field(default_factory=dict)
    fix_fen: int | None = None

    @property
    def severity(self) -> Severity:
        return severity_of(self.code)


def asks_explanation(old_fen: int | None, wage_fen: int | None) -> bool:
    """Whether the wage may not be handed in without a 说明: it is declared, and moved by more than 30 %."""
    return wage_fen is not None and is_declared(wage_fen) and needs_explanation(old_fen, wage_fen)


def find(old_fen: int | None, wage_fen: int, months: int, floor_fen: int, cap_fen: int) -> Finding | None:
    """The most serious thing to say about a wage that can be read, or None.

    Wages are in fen of the declaration's basis, ``months`` makes them monthly (12 or 1); ``floor_fen`` and
    ``cap_fen`` are the published monthly bounds. Source: manual 黑龙江 三(二), 三(四).
    """
    if wage_fen < NOT_DECLARED_BELOW_FEN:
        # 0 says it on purpose; 0.8 may as well be 0.8 万.
        return Finding("wage.under_one" if wage_fen else "wage.excluded")
    if needs_explanation(old_fen, wage_fen):
        return _moved(old_fen or 0, wage_fen, months)
    if wage_fen < floor_fen * months:
        return Finding("wage.below_floor", {"floor": yuan_text(floor_fen)})
    if wage_fen > cap_fen * months:
        return Finding("wage.above_cap", {"cap": yuan_text(cap_fen)})
    return None


def _moved(old_fen: int, wage_fen: int, months: int) -> Finding:
    """A wage that moved by more than 30 %: a digit too many or too few, the other basis, or simply much."""
    params = {"permille": change_permille(old_fen, wage_fen), "old": yuan_text(old_fen)}
    basis = (
        ("wage.looks_monthly", wage_fen * 12) if months > 1 else ("wage.looks_annual", _part(wage_fen, 12))
    )
    likely = [
        (abs(meant - old_fen), code, meant)
        for code, meant in (basis, ("wage.tenfold", _part(wage_fen, 10)), ("wage.tenfold", wage_fen * 10))
        if NOT_DECLARED_BELOW_FEN <= meant <= MAX_WAGE_FEN and not needs_explanation(old_fen, meant)
    ]
    if not likely:
        return Finding("wage.changed_much", params)
    _distance, code, meant = min(likely)
    return Finding(code, params, meant)


def _part(fen: int, of: int) -> int:
    return divide_half_up(fen, of)
