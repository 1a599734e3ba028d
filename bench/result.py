"""One measured figure, as the line of JSON that `make bench` prints."""

from __future__ import annotations

import json
from dataclasses import dataclass


@dataclass(frozen=True)
class Result:
    """A figure. ``limit`` is what the bare way reached in the same run, in the same unit.

    ``ratio`` is value / limit, as the median over pairs of rounds. ``reach`` is the number to reach and
    ``at_most`` says from which side; it applies to the ratio where there is one, else to the value.
    ``note`` holds further figures of the same measurement.
    """

    name: str
    value: float
    unit: str
    limit: float | None = None
    ratio: float | None = None
    reach: float | None = None
    at_most: bool = True
    note: dict[str, float] | None = None

    def line(self) -> str:
        """The figure as one JSON object without line breaks."""
        found: dict[str, object] = {"name": self.name, "value": short(self.value), "unit": self.unit}
        if self.limit is not None:
            found["limit"] = short(self.limit)
        if self.ratio is not None:
            found["ratio"] = short(self.ratio)
        if self.reach is not None:
            held = self.value if self.ratio is None else self.ratio
            found["reach"] = ("<= " if self.at_most else ">= ") + f"{self.reach:g}"
            found["ok"] = held <= self.reach if self.at_most else held >= self.reach
        return json.dumps(found | (self.note or {}))


def short(number: float) -> float:
    """Whole above 1000, else three significant places after the point: more would be noise."""
    return round(number) if abs(number) >= 1000 or number == int(number) else round(number, 3)
