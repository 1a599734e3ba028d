"""A wage file comes in: understood to the last line, or asked about, or refused with the cause; never half read."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from documents.columns import Columns, Remembered, Unsure, find_columns
from documents.grids import open_grids
from documents.headings import meaning
from documents.limits import Limits
from documents.lines import take_lines
from documents.wage_file import WageFileHead
from rules.refusals import Refusal

__all__ = ["Limits", "RawTable", "nothing", "read_wage_file", "uncollected"]

_WORDS_IN_ONE_CELL = 3
_LOOKED_AT = 60
_USUAL = Limits()


@dataclass(slots=True)
class RawTable:
    """A file's content before any rule has looked at a wage.

    ``rows`` holds (line number in the file from 1, six trimmed cells in the order of ``columns.ROLES``, "" where
    the file has no such column); ``head`` is None where a file has no ``#GZSB`` line; ``fixes`` counts what was
    put right or left out silently, by name; ``odd`` holds the raw cells of lines that do not fit the headings,
    which are in ``rows`` too. ``signature`` names the headings, "" without any.
    """

    kind: str
    head: WageFileHead | None
    rows: list[tuple[int, list[str]]]
    columns: Columns
    fixes: dict[str, int] = field(default_factory=dict)
    signature: str = ""
    odd: dict[int, list[str]] = field(default_factory=dict)


def nothing(_signature: str) -> Columns | None:
    """Remembers no earlier choice."""
    return None


def read_wage_file(
    data: bytes,
    filename: str,
    limits: Limits = _USUAL,
    *,
    wage_basis: str = "annual",
    remembered: Remembered = nothing,
    chosen: Columns | None = None,
) -> RawTable | Unsure:
    """Read a download that came back, or a list of the unit's own: txt, csv, xlsx, xls, ods, plain or in a zip.

    Columns are found by their headings; where these do not settle it, the answer is ``Unsure``. ``chosen``, the
    clerk's answer for this very file, goes before ``remembered``, an earlier answer for the same headings.
    ``wage_basis`` is the declaration's, "annual" or "monthly". Raises Refusal with a code ``file.…`` for what
    cannot be read. Source: manual 三(三) and 常见问题 2.
    """
    with uncollected():
        grids = open_grids(data, filename, limits)
        found = find_columns(grids, wage_basis, remembered, chosen)
        if isinstance(found, Unsure):
            if found.reason == "columns.no_headings" and len(grids) == 1:
                _refuse_without_columns(grids[0].rows)
            return found
        top, columns = found
        headings = top.headings if columns.heading_line == top.heading_line else []
        lines = take_lines(top.grid, columns, headings)
    if not lines.rows:
        raise Refusal("file.no_people")
    if len(lines.rows) > limits.lines:
        raise Refusal("file.too_many_lines", lines=len(lines.rows), limit=limits.lines)
    return RawTable(top.grid.kind, top.head, lines.rows, columns, lines.fixes, top.signature, lines.odd)


def _refuse_without_columns(rows: list[list[str]]) -> None:
    """Refuse what has no columns to ask about: ``file.tabs_lost``, ``file.no_list``."""
    for line, cells in enumerate(rows[:_LOOKED_AT], start=1):
        for cell in cells:
            if sum(meaning(word) is not None for word in cell.split()) >= _WORDS_IN_ONE_CELL:
                raise Refusal("file.tabs_lost", line=line)
    if max(map(len, rows)) < 2:
        raise Refusal("file.no_list")


@contextmanager
def uncollected() -> Iterator[None]:
    """No garbage collection meanwhile: it would walk all rows made so far, again and again."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
