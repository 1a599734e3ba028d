"""Two months of one 险种 beside each other: who came, who left, whose base changed, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from rules.levies import Part

Why = Literal["wage", "wage_floor", "wage_cap", "new_floor", "new_cap", "new_bounds"]


class Moved(NamedTuple):
    """Somebody whose base is another one than a month before."""

    old: Part
    new: Part

    @property
    def why(self) -> Why:
        """Another wage, moved by floor or cap or not; or, with the same wage, other bounds."""
        if self.old.wage_fen != self.new.wage_fen:
            return _BY_WAGE[self.new.adjustment]
        return _BY_BOUNDS[self.new.adjustment]


_BY_WAGE: Mapping[str, Why] = {"none": "wage", "floor": "wage_floor", "cap": "wage_cap"}
_BY_BOUNDS: Mapping[str, Why] = {"none": "new_bounds", "floor": "new_floor", "cap": "new_cap"}


@dataclass(frozen=True)
class Changes:
    """What is different between two months, each in the order of the people's numbers."""

    came: tuple[Part, ...]
    left: tuple[Part, ...]
    moved: tuple[Moved, ...]


def compare(before: Mapping[int, Part], now: Mapping[int, Part]) -> Changes:
    """What is different between the people of two months, by number; their parts are of the month itself (正常)."""
    moved = [
        Moved(before[number], part)
        for number, part in now.items()
        if number in before and before[number].base_fen != part.base_fen
    ]
    return Changes(
        tuple(now[number] for number in sorted(now.keys() - before.keys())),
        tuple(before[number] for number in sorted(before.keys() - now.keys())),
        tuple(sorted(moved)),
    )
