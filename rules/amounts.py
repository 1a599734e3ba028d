"""A levy is the sum of the bases times the rate, rounded once, half-up, to the fen."""

from __future__ import annotations

from decimal import Decimal

from rules.money import divide_half_up


def levy_amount_fen(base_total_fen: int, rate: Decimal) -> int:
    """征集金额 in fen = Round(Σ base × rate, 2), for a sum of bases in fen and a rate like 0.0023.

    The bases are summed before and the product is rounded once: five people of 6803 yuan at 0.0023 owe
    78.23, where rounding each person would give 78.25. A negative total (退收) mirrors a positive one.
    Raises ``TypeError`` for a rate that is no ``Decimal`` (a float has lost its digits already) and
    ``ValueError`` for a negative or non-finite rate. Source: manual 4.4.
    """
    if not isinstance(rate, Decimal):
        raise TypeError("a rate is a Decimal")
    if not rate.is_finite() or rate < 0:
        raise ValueError("a rate is a finite number, 0 or more")
    numerator, denominator = rate.as_integer_ratio()
    return divide_half_up(base_total_fen * numerator, denominator)
