"""A declared wage becomes a contribution base by exact integer arithmetic, and a unit's wages a summary."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from rules.money import UnreadableAmount, divide_half_up, parse_yuan
from rules.refusals import Refusal

MAX_WAGE_FEN = 999_999_999
"""The largest wage that can be declared: 9,999,999.99 yuan."""

NOT_DECLARED_BELOW_FEN = 100
"""A new wage under 1 yuan means 此次不申报 (manual 黑龙江 三(四))."""

CHANGE_TO_EXPLAIN_PERMILLE = 300
"""A change of more than 30 % up or down asks for an explanation."""

BINS_WITHIN = 10

_MAX_DIGITS = 9
_VALUE_SHOWN = 40
_PLAIN = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,2})?").fullmatch
_CODES = {
    "not_a_number": "wage.not_a_number",
    "scientific": "wage.scientific",
    "unit_word": "wage.unit_word",
    "formula": "wage.formula",
    "negative": "wage.negative",
    "decimals": "wage.decimals",
    "too_large": "wage.too_large",
    "separators": "wage.separators",
}

Adjustment = Literal["none", "floor", "cap"]
BinKind = Literal["below", "within", "above"]


def parse_wage(text: str) -> int | None:
    """The wage in fen that was typed in yuan; None for a blank, which means 未录入.

    Raises ``Refusal`` with one of the ``wage.*`` codes and ``value`` (the text, at most 40 characters),
    ``max_fen``, and ``suggestion`` (yuan text or None). Source: manual 黑龙江 三(二), 三(三).
    """
    if _PLAIN(text):
        # Nearly every cell of a 100,000 row file takes this road.
        if text[-3:-2] == ".":
            fen = int(text[:-3] + text[-2:])
        elif text[-2:-1] == ".":
            fen = int(text[:-2] + text[-1]) * 10
        else:
            fen = int(text) * 100
        if fen <= MAX_WAGE_FEN:
            return fen
    try:
        return parse_yuan(text, MAX_WAGE_FEN, _MAX_DIGITS)
    except UnreadableAmount as error:
        raise Refusal(
            _CODES[error.reason],
            "wage",
            value=text[:_VALUE_SHOWN],
            suggestion=error.suggestion,
            max_fen=MAX_WAGE_FEN,
        ) from None


@dataclass(frozen=True, slots=True)
class Bounds:
    """The published monthly floor and cap of one insurance, in fen; bases are rounded to ``rounding_fen``.

    Floor and cap are 60 % and 300 % of the average wage (国办发〔2019〕13号), yet the published numbers
    count, not the product: they are rounded by decree and differ between insurances.
    """

    insurance: str
    floor_fen: int
    cap_fen: int
    average_fen: int
    rounding_fen: int

    def __post_init__(self) -> None:
        if not 0 <= self.floor_fen <= self.cap_fen:
            raise ValueError("the floor lies between 0 and the cap")
        if self.rounding_fen < 1:
            raise ValueError("rounding_fen is at least 1")


@dataclass(frozen=True, slots=True)
class Base:
    """A monthly contribution base in fen, and whether floor or cap made it."""

    base_fen: int
    adjustment: Adjustment


def contribution_base(wage_fen: int, months: int, bounds: Bounds) -> Base:
    """The monthly base of a wage of ``wage_fen`` earned in ``months`` (1 for a monthly wage).

    raw = wage ÷ months, clamped to floor and cap, then rounded half-up to ``bounds.rounding_fen``.
    ``adjustment`` compares the unrounded raw with the bounds. Raises ``ValueError`` for months below 1
    or a negative wage. Source: 国办发〔2019〕13号; manual 4.4 (a wage below the floor changes the amount).
    """
    if months < 1 or wage_fen < 0:
        raise ValueError("months is at least 1 and a wage is not negative")
    step = bounds.rounding_fen
    if wage_fen < bounds.floor_fen * months:
        return Base(divide_half_up(bounds.floor_fen, step) * step, "floor")
    if wage_fen > bounds.cap_fen * months:
        return Base(divide_half_up(bounds.cap_fen, step) * step, "cap")
    return Base(divide_half_up(wage_fen, months * step) * step, "none")


def is_declared(wage_fen: int) -> bool:
    """Whether the wage counts in this declaration: 1 yuan or more."""
    return wage_fen >= NOT_DECLARED_BELOW_FEN


def change_permille(old_fen: int | None, new_fen: int) -> int | None:
    """The change from old to new in permille of old, half away from zero; None without an old wage."""
    if not old_fen:
        return None
    return divide_half_up((new_fen - old_fen) * 1000, old_fen)


def needs_explanation(old_fen: int | None, new_fen: int) -> bool:
    """Whether the wage moved by strictly more than 30 %, on exact numbers; False without an old wage."""
    if not old_fen:
        return False
    return abs(new_fen - old_fen) * 1000 > CHANGE_TO_EXPLAIN_PERMILLE * old_fen


@dataclass(frozen=True, slots=True)
class Adjusted:
    """The people whom floor or cap moved: how many, and their monthly totals in fen before and after."""

    count: int
    before_fen: int
    after_fen: int


@dataclass(frozen=True, slots=True)
class Bin:
    """People whose raw monthly wage lies in [from_fen, to_fen); ``to_fen`` is None where it is open.

    The last bin "within" includes the cap itself.
    """

    from_fen: int
    to_fen: int | None
    count: int
    kind: BinKind


@dataclass(frozen=True, slots=True)
class Summary:
    """One insurance's declaration in numbers (申报表).

    ``people`` = ``entered`` + the not entered; ``excluded`` (此次不申报) are among the not entered.
    ``wage_total_fen`` (entered only) and ``old_total_fen`` (everybody) are in the wage's own basis,
    annual or monthly; ``base_total_fen``, ``below``, ``above`` and ``bins`` are monthly.
    """

    people: int
    entered: int
    excluded: int
    wage_total_fen: int
    old_total_fen: int
    base_total_fen: int
    below: Adjusted
    above: Adjusted
    bins: tuple[Bin, ...]

    @property
    def not_entered(self) -> int:
        """People without a declared wage, the excluded included."""
        return self.people - self.entered


def summarise(rows: Iterable[tuple[int | None, int | None]], months: int, bounds: Bounds) -> Summary:
    """The summary of (old_fen, wage_fen) rows of one insurance; ``months`` as in ``contribution_base``.

    The bins are one below the floor, ten equal ones from floor to cap, one above the cap. Totals before
    adjustment are summed first and divided by ``months`` once, half-up. Raises ``ValueError`` for
    months below 1.
    """
    if months < 1:
        raise ValueError("months is at least 1")
    floor, cap = bounds.floor_fen * months, bounds.cap_fen * months
    edges = [
        bounds.floor_fen + (bounds.cap_fen - bounds.floor_fen) * i // BINS_WITHIN
        for i in range(BINS_WITHIN + 1)
    ]
    inner = [edge * months for edge in edges[1:-1]]
    counts = [0] * BINS_WITHIN
    people = excluded = old_total = within_total = within_base_steps = 0
    low_count = low_total = high_count = high_total = 0
    # The arithmetic of contribution_base, unrolled: a large unit's page asks for this on every save.
    divisor = 2 * months * bounds.rounding_fen
    half = months * bounds.rounding_fen
    for old_fen, wage_fen in rows:
        people += 1
        if old_fen is not None:
            old_total += old_fen
        if wage_fen is None:
            continue
        if wage_fen < NOT_DECLARED_BELOW_FEN:
            excluded += 1
        elif wage_fen < floor:
            low_count += 1
            low_total += wage_fen
        elif wage_fen > cap:
            high_count += 1
            high_total += wage_fen
        else:
            within_total += wage_fen
            within_base_steps += (2 * wage_fen + half) // divisor
            counts[bisect_right(inner, wage_fen)] += 1
    step = bounds.rounding_fen
    low_after = low_count * divide_half_up(bounds.floor_fen, step) * step
    high_after = high_count * divide_half_up(bounds.cap_fen, step) * step
    within = [Bin(edges[i], edges[i + 1], counts[i], "within") for i in range(BINS_WITHIN)]
    return Summary(
        people=people,
        entered=low_count + high_count + sum(counts),
        excluded=excluded,
        wage_total_fen=low_total + high_total + within_total,
        old_total_fen=old_total,
        base_total_fen=low_after + high_after + within_base_steps * step,
        below=Adjusted(low_count, divide_half_up(low_total, months), low_after),
        above=Adjusted(high_count, divide_half_up(high_total, months), high_after),
        bins=(
            Bin(0, bounds.floor_fen, low_count, "below"),
            *within,
            Bin(bounds.cap_fen, None, high_count, "above"),
        ),
    )
