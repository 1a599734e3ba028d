"""Why a month's amount is not last month's: each reason with its own part, and the parts add up to the whole.

Last month's amount is led to this month's in steps: who left, who came, wages, floor, cap, rounding, rates. What a
step changes in the rounded amount is its part, so that no fen is left over, whatever was rounded on the way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from rules.amounts import levy_amount_fen
from rules.fields import N_
from rules.levies import Item, Part, Rate
from rules.wages import Adjustment, Bounds, contribution_base

ReasonCode = Literal[
    "left", "joined", "wage", "floor", "cap", "rounding", "rate", "arrears", "difference", "refund", "once"
]
REASONS: tuple[tuple[ReasonCode, str], ...] = (
    ("left", N_("离开")),
    ("joined", N_("新来")),
    ("wage", N_("申报工资变化")),
    ("floor", N_("下限变化，或调到下限")),
    ("cap", N_("上限变化，或降到上限")),
    ("rounding", N_("基数取整办法变化")),
    ("rate", N_("费率变化")),
    ("arrears", N_("这个月的补缴")),
    ("difference", N_("这个月的补差")),
    ("refund", N_("这个月的退收")),
    ("once", N_("上次的补缴、补差、退收，只算一次")),
)
"""In the order of the steps, which is that of the page."""


class Side(NamedTuple):
    """One of the two months: its items, the bounds of its first day, and whether shares are rounded by person.

    ``bounds`` None: not known any more; then whatever moved somebody with another wage counts as the wage's.
    """

    items: tuple[Item, ...]
    bounds: Bounds | None
    share_by_person: bool


class Change(NamedTuple):
    """One person's base before and after, in fen, and the request that it goes back to."""

    person_id: int
    before_fen: int
    after_fen: int
    filing_id: int | None


@dataclass(frozen=True)
class Reason:
    """One part of the difference, in fen, and whom it comes from, in the order of their numbers."""

    code: ReasonCode
    amount_fen: int
    changes: tuple[Change, ...] = ()

    @property
    def people(self) -> int:
        """How many people it comes from, each once."""
        return len({one.person_id for one in self.changes})

    @property
    def base_fen(self) -> int:
        """What it does to the sum of the bases."""
        return sum(one.after_fen - one.before_fen for one in self.changes)


def find_reasons(before: Side, after: Side, months: int) -> list[Reason]:
    """Why ``after`` is not ``before``; the amounts add up to the difference of the two totals, exactly.

    ``months`` is how many a declared wage stands for, as in ``contribution_base``.
    """
    old, new = _normal(before.items), _normal(after.items)
    # A month that had nobody had no rate either: then the other month's is taken throughout.
    rates = [item.rate for item in (old, new) if item]
    found: list[Reason] = []
    if rates:
        running = _Running(rates[0], before.share_by_person, _bases(old))
        for code, changes in _changes(old, new, before.bounds, months):
            if changes:
                found.append(Reason(code, running.take(changes), tuple(changes)))
        by_rate = running.turn_to(rates[-1], after.share_by_person, _bases(new))
        if by_rate or rates[0] != rates[-1]:
            found.append(Reason("rate", by_rate))
    return found + _of_past_months(before.items, after.items)


class _Running:
    """The amount of a month in fen, while its people and then its rates change step by step."""

    def __init__(self, rate: Rate, by_person: bool, bases: Iterable[int]) -> None:
        self._rate, self._by_person = rate, by_person
        bases = list(bases)
        self._base = sum(bases)
        self._shares = sum(map(self._share, bases))
        self.amount_fen = self._amount()

    def take(self, changes: Iterable[Change]) -> int:
        """What these people's changes do to the amount."""
        for one in changes:
            self._base += one.after_fen - one.before_fen
            self._shares += self._share(one.after_fen) - self._share(one.before_fen)
        return self._move(self._amount())

    def turn_to(self, rate: Rate, by_person: bool, bases: Iterable[int]) -> int:
        """What another rate, or another way to round shares, does to the amount."""
        return self._move(_Running(rate, by_person, bases).amount_fen)

    def _share(self, base_fen: int) -> int:
        return levy_amount_fen(base_fen, self._rate.employee) if self._rate.employee else 0

    def _amount(self) -> int:
        once = levy_amount_fen(self._base, self._rate.employee)
        return levy_amount_fen(self._base, self._rate.employer) + (self._shares if self._by_person else once)

    def _move(self, amount_fen: int) -> int:
        part, self.amount_fen = amount_fen - self.amount_fen, amount_fen
        return part


def _normal(items: Iterable[Item]) -> Item | None:
    return next((item for item in items if item.kind == "normal"), None)


def _people(item: Item | None) -> dict[int, Part]:
    return {part.person_id: part for part in item.parts} if item else {}


def _bases(item: Item | None) -> list[int]:
    return [part.base_fen for part in item.parts] if item else []


def _changes(
    old: Item | None, new: Item | None, bounds: Bounds | None, months: int
) -> list[tuple[ReasonCode, list[Change]]]:
    """Whose base changed, by what changed it: first the wage under the old bounds, then the bounds."""
    then, now = _people(old), _people(new)
    found: dict[ReasonCode, list[Change]] = {code: [] for code, _word in REASONS}
    for person_id in sorted({*then, *now}):
        was, part = then.get(person_id), now.get(person_id)
        if part is None:
            assert was is not None
            found["left"].append(Change(person_id, was.base_fen, 0, None))
        elif was is None:
            found["joined"].append(Change(person_id, 0, part.base_fen, part.filing_id))
        else:
            _compare(was, part, bounds, months, found)
    return list(found.items())


def _compare(
    was: Part, part: Part, bounds: Bounds | None, months: int, found: Mapping[ReasonCode, list[Change]]
) -> None:
    between, moved = was.base_fen, was.adjustment
    if part.wage_fen != was.wage_fen:
        between, moved = part.base_fen, part.adjustment
        if bounds is not None:
            between, moved = _base(part.wage_fen, months, bounds)
    if between != was.base_fen:
        found["wage"].append(Change(part.person_id, was.base_fen, between, part.filing_id))
    if part.base_fen != between:
        found[_bound(moved, part.adjustment)].append(
            Change(part.person_id, between, part.base_fen, part.filing_id)
        )


def _base(wage_fen: int, months: int, bounds: Bounds) -> tuple[int, Adjustment]:
    found = contribution_base(wage_fen, months, bounds)
    return found.base_fen, found.adjustment


def _bound(before: Adjustment, after: Adjustment) -> ReasonCode:
    for adjustment in (after, before):
        if adjustment != "none":
            return adjustment
    return "rounding"


def _of_past_months(before: Iterable[Item], after: Iterable[Item]) -> list[Reason]:
    """What is owed or given back of earlier months: this month's comes in, last month's does not come again."""
    found: dict[ReasonCode, list[Item]] = {}
    for item in after:
        if item.kind != "normal":
            found.setdefault(item.kind, []).append(item)
    reasons = [Reason(code, *_whole(found[code], 1)) for code, _word in REASONS if code in found]
    once = [item for item in before if item.kind != "normal"]
    return reasons + ([Reason("once", *_whole(once, -1))] if once else [])


def _whole(items: Iterable[Item], sign: int) -> tuple[int, tuple[Change, ...]]:
    items = list(items)
    changes = [
        Change(part.person_id, *((0, part.base_fen) if sign > 0 else (part.base_fen, 0)), part.filing_id)
        for item in items
        for part in item.parts
    ]
    return sign * sum(item.total_fen for item in items), tuple(sorted(changes, key=lambda one: one.person_id))
