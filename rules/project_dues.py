"""What an insured project owes (应缴) by its region's formula, and why it is this number, line by line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any, Literal, cast

from rules.amounts import levy_amount_fen
from rules.fields import N_
from rules.money import yuan_text
from rules.refusals import Refusal

Strategy = Literal["price_rate", "labour_rate", "share_rate", "tiers"]
Tier = tuple[int | None, Decimal]
"""Below which price in fen (None: no limit) which rate holds."""

_PARTS: dict[str, set[str]] = {
    "price_rate": {"rate"},
    "labour_rate": {"rate"},
    "share_rate": {"share", "rate"},
    "tiers": {"tiers"},
}
_FRACTION = re.compile(r"[01](?:\.[0-9]{1,6})?").fullmatch
_PERMILLE = 1000


@dataclass(frozen=True, slots=True)
class Formula:
    """How a region computes 应缴 from a project's price; rates and shares are fractions of 1, six decimals at most.

    ``price_rate``: price × rate (成都). ``labour_rate``: price × the project's 人工费占比 × rate (山东).
    ``share_rate``: price × ``share`` × rate. ``tiers``: the whole price × the rate of the tier that it falls
    into, not each part at its own rate (湖北), so that a little below a limit more may be owed than on it.
    """

    strategy: Strategy
    rate: Decimal | None = None
    share: Decimal | None = None
    tiers: tuple[Tier, ...] = ()

    @property
    def needs_labour(self) -> bool:
        """Whether the project must say its 人工费占比."""
        return self.strategy == "labour_rate"


def parse_formula(strategy: str, params: Mapping[str, Any]) -> Formula:
    """The formula that a region's parameter holds as JSON.

    ``params`` has exactly the parts of the strategy: ``rate`` and ``share`` as decimal text ("0.0006"),
    ``tiers`` as a list of [below in fen or null, rate]. Raises ``ValueError`` for anything else.
    """
    # What comes as JSON may be anything, also no text.
    if not isinstance(params, Mapping) or set(params) != _PARTS.get(str(strategy)):
        raise ValueError("a formula is a known strategy and exactly its parts")
    readers = {"rate": _read_fraction, "share": _read_fraction, "tiers": _read_tiers}
    parts: dict[str, Any] = {name: readers[name](value) for name, value in params.items()}
    return Formula(cast(Strategy, strategy), **parts)


def _read_fraction(value: object) -> Decimal:
    # A float has lost its digits already.
    if not isinstance(value, str) or not _FRACTION(value) or not 0 < Decimal(value) <= 1:
        raise ValueError("a rate or share is decimal text above 0, at most 1, with six decimals at most")
    return Decimal(value)


def _read_tiers(value: object) -> tuple[Tier, ...]:
    if not isinstance(value, list) or not all(isinstance(tier, list) and len(tier) == 2 for tier in value):
        raise ValueError("tiers are a list of [below in fen or null, rate]")
    limits = [0, *(below for below, _rate in value)]
    if limits.pop() is not None or not all(type(limit) is int for limit in limits):
        raise ValueError("the limits of tiers are whole fen, and the last tier has none")
    if any(low >= high for low, high in pairwise(limits)):
        raise ValueError("the limits of tiers rise")
    return tuple((below, _read_fraction(rate)) for below, rate in value)


def due_fen(formula: Formula, contract_fen: int, labour_permille: int = 0) -> int:
    """应缴 in fen for a price in fen and a 人工费占比 in thousandths (0: not known), rounded once, half-up.

    Raises ``ValueError`` for a negative price or a share outside 0 to 1000, and ``Refusal``
    ``project.labour_missing`` where the formula needs a share and none is known.
    """
    if contract_fen < 0:
        raise ValueError("a price is 0 or more")
    share, rate = _factors(formula, contract_fen, labour_permille)
    return levy_amount_fen(contract_fen, share * rate)


def _factors(formula: Formula, contract_fen: int, labour_permille: int) -> tuple[Decimal, Decimal]:
    """The share of the price that counts, and the rate upon it."""
    if not 0 <= labour_permille <= _PERMILLE:
        raise ValueError("a share of labour is 0 to 1000 thousandths")
    if formula.needs_labour and labour_permille == 0:
        raise Refusal("project.labour_missing", "labour_percent")
    share = Decimal(labour_permille) / _PERMILLE if formula.needs_labour else formula.share or Decimal(1)
    return share, formula.rate or formula.tiers[_tier_of(formula, contract_fen)][1]


def _tier_of(formula: Formula, contract_fen: int) -> int:
    return sum(below is not None and below <= contract_fen for below, _rate in formula.tiers)


Line = tuple[str, dict[str, str]]
"""A msgid and what is to be put into it."""

_WITH_SHARE = N_("%(contract)s 元 × %(share)s × %(rate)s = %(due)s 元")
_WITHOUT_SHARE = N_("%(contract)s 元 × %(rate)s = %(due)s 元")
_EXPLAINED: dict[Strategy, tuple[str, str]] = {
    "price_rate": (N_("应缴额 = 合同总造价 × 费率"), _WITHOUT_SHARE),
    "labour_rate": (N_("应缴额 = 合同总造价 × 人工费占比 × 行业费率"), _WITH_SHARE),
    "share_rate": (N_("应缴额 = 合同总造价 × 规定比例 × 行业费率"), _WITH_SHARE),
    "tiers": (N_("应缴额 = 合同总造价 × 造价所在档的费率（全部造价用同一个费率）"), _WITHOUT_SHARE),
}


def explain(formula: Formula, contract_fen: int, labour_permille: int = 0) -> list[Line]:
    """The formula, its tier if it has tiers, the sum with its numbers, and the rounding. Raises as ``due_fen``."""
    due = due_fen(formula, contract_fen, labour_permille)
    share, rate = _factors(formula, contract_fen, labour_permille)
    params = {"contract": _yuan(contract_fen), "share": _percent(share), "rate": _percent(rate)}
    said, numbers = _EXPLAINED[formula.strategy]
    sums = (numbers, params | {"due": _yuan(due)})
    return [(said, {}), *_explain_tier(formula, contract_fen), sums, (N_("结果四舍五入到分。"), {})]


def explain_difference(due: int, billed: int) -> Line:
    """What becomes of 应缴 for a new price where some was billed before, both in fen; nothing is given back here."""
    params = {"due": _yuan(due), "billed": _yuan(billed), "more": _yuan(due - billed)}
    if due > billed:
        return (N_("减去已经核定的 %(billed)s 元，补缴 %(more)s 元。"), params)
    if due == billed:
        return (N_("已经核定 %(billed)s 元，不用补缴。"), params)
    return (N_("已经核定 %(billed)s 元，比现在应缴的 %(due)s 元多，不用补缴；多缴的不在这里退。"), params)


def _explain_tier(formula: Formula, contract_fen: int) -> list[Line]:
    if len(formula.tiers) < 2:
        return []
    tier = _tier_of(formula, contract_fen)
    below, rate = formula.tiers[tier]
    at_least = formula.tiers[tier - 1][0] if tier else None
    params = {"rate": _percent(rate), "at_least": _yuan(at_least or 0), "below": _yuan(below or 0)}
    if at_least is None:
        return [(N_("造价不满 %(below)s 元的，费率 %(rate)s"), params)]
    if below is None:
        return [(N_("造价在 %(at_least)s 元以上的，费率 %(rate)s"), params)]
    return [(N_("造价在 %(at_least)s 元以上、不满 %(below)s 元的，费率 %(rate)s"), params)]


def _yuan(fen: int) -> str:
    return yuan_text(fen, grouped=True)


def _percent(fraction: Decimal) -> str:
    return f"{(fraction * 100).normalize():f}%"
