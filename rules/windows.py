"""申报时间: when a year's wages are declared, and the month the new bases start; what may stand in a change of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from rules.fields import N_, Field, clean_fields
from rules.refusals import Refusal

WINDOW = "window"
"""The kind of such a change among those that one person enters and another releases."""
YEARS = range(2000, 2100)
FIELDS: dict[str, Field] = {
    field.name: field
    for field in (
        Field("year", N_("申报年度"), "count", True, hint_msgid=N_("如 2026")),
        Field("opens_on", N_("开始日期"), "date", True, hint_msgid=N_("如 2026-03-01")),
        Field("closes_on", N_("截止日期"), "date", True, hint_msgid=N_("这一天还能按时申报")),
        Field(
            "effective_month", N_("新基数从哪个月起用"), "month", True, hint_msgid=N_("年月 6 位，如 202607")
        ),
        Field("source", N_("依据"), "text", True, hint_msgid=N_("文件名称和文号，或延期的原因")),
    )
}


class Window(NamedTuple):
    """A year's window: its first and last day, both included, and the month (YYYYMM) the new bases start."""

    year: int
    opens_on: date
    closes_on: date
    effective_month: str

    @property
    def content(self) -> dict[str, Any]:
        """As it is kept with a change."""
        return {
            "year": self.year,
            "opens_on": self.opens_on.isoformat(),
            "closes_on": self.closes_on.isoformat(),
            "effective_month": self.effective_month,
        }


def window_of(content: Mapping[str, Any]) -> Window:
    """The window in a change."""
    opens_on, closes_on = (date.fromisoformat(content[name]) for name in ("opens_on", "closes_on"))
    return Window(content["year"], opens_on, closes_on, content["effective_month"])


def read_window(typed: Mapping[str, str]) -> tuple[Window | None, str, dict[str, Refusal]]:
    """A form made clean and its source, or per field the reason why not.

    Refusals of its own: ``window.year`` (``value``), ``window.days`` (``first``, ``last``), ``window.month`` (``year``)
    where the new bases start before the year that they are for.
    """
    cleaned, problems = clean_fields(FIELDS, typed)
    if problems:
        return None, "", problems
    window = window_of(cleaned)
    if window.year not in YEARS:
        problems["year"] = Refusal("window.year", "year", value=window.year)
    elif window.closes_on < window.opens_on:
        first, last = window.opens_on.isoformat(), window.closes_on.isoformat()
        problems["closes_on"] = Refusal("window.days", "closes_on", first=first, last=last)
    elif window.effective_month < f"{window.year}01":
        problems["effective_month"] = Refusal("window.month", "effective_month", year=window.year)
    return (None if problems else window), cleaned["source"], problems
