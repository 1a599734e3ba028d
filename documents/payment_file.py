"""A file of payments comes in: its columns are found by their names, its lines keep their numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from documents.cells import Grid
from documents.grids import open_grids
from documents.heading_line import LOOKED_AT, filled_lines, tidy
from documents.headings import is_total, plain
from documents.limits import Limits
from documents.wage_file import without_apostrophe
from rules.fields import Field
from rules.refusals import Refusal
from translations import gettext as _


class RawPayment(NamedTuple):
    """The cells of a line by the names of the fields, as they stand; ``line_no`` is the file's, from 1."""

    line_no: int
    cells: dict[str, str]


def read_payment_file(
    data: bytes, filename: str, fields: Mapping[str, Field], limits: Limits
) -> list[RawPayment]:
    """Every line below the headings but blank ones and sums; csv or txt in GB18030 or UTF-8, or a workbook.

    A heading is a field's label or one of its ``other_names``; other columns are passed over. Raises ``Refusal``:
    what ``documents.grids.open_grids`` raises, ``payments.no_headings`` (``names``: what was looked for),
    ``payments.twin_columns``, ``payments.many_sheets``, ``payments.no_lines``, ``payments.too_many``.
    """
    found = [(grid, top) for grid in open_grids(data, filename, limits) if (top := _headings(grid, fields))]
    if not found:
        names = _("、").join(_(field.label_msgid) for field in fields.values())
        raise Refusal("payments.no_headings", names=names)
    if len(found) > 1:
        raise Refusal("payments.many_sheets", names=_("、").join(grid.name for grid, _top in found))
    grid, (heading_line, places) = found[0]
    lines = [
        RawPayment(number, cells)
        for number, row in enumerate(grid.rows[heading_line:], start=heading_line + 1)
        if (cells := _cells(row, places))
    ]
    if not lines:
        raise Refusal("payments.no_lines")
    if len(lines) > limits.lines:
        raise Refusal("payments.too_many", lines=len(lines), limit=limits.lines)
    return lines


def _headings(grid: Grid, fields: Mapping[str, Field]) -> tuple[int, dict[str, int]] | None:
    """The line that names all fields, and the column of each."""
    for line, row in filled_lines(grid.rows, LOOKED_AT):
        words = [plain(tidy(cell)) for cell in row]
        places = {
            name: place for name, field in fields.items() if (place := _place(words, field)) is not None
        }
        if len(places) == len(fields):
            return line, places
    return None


def _place(words: Sequence[str], field: Field) -> int | None:
    """The column of a field: the label goes before, then the other names in their order."""
    for name in (_(field.label_msgid), *field.other_names):
        count = words.count(plain(name))
        if count > 1:
            raise Refusal("payments.twin_columns", name=name)
        if count:
            return words.index(plain(name))
    return None


def _cells(row: Sequence[str], places: Mapping[str, int]) -> dict[str, str] | None:
    """The cells of a line; None for a blank one and for a sum, which names no 征集单."""
    filled = [text for cell in row if (text := tidy(cell))]
    cells = {
        name: without_apostrophe(tidy(row[place])) if place < len(row) else ""
        for name, place in places.items()
    }
    is_sum = any(is_total(text) for text in filled[:2]) and not cells["serial"]
    return None if not filled or is_sum else cells
