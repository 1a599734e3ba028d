"""A file opened as plain cells, and small pieces of workbooks to put together."""

from __future__ import annotations

import struct

import pytest

from documents.cells import Grid
from documents.grids import open_grids
from documents.limits import Limits
from rules.refusals import Refusal


def grids(data: bytes, name: str = "", limits: Limits | None = None) -> list[Grid]:
    return open_grids(data, name, limits or Limits())


def rows(data: bytes) -> list[list[str]]:
    """The rows of the only sheet, blank ends cut off."""
    (grid,) = grids(data)
    cut = [list(row) for row in grid.rows]
    for row in cut:
        while row and not row[-1]:
            row.pop()
    while not cut[-1]:
        cut.pop()
    return cut


def refused(data: bytes, limits: Limits | None = None) -> Refusal:
    with pytest.raises(Refusal) as caught:
        grids(data, limits=limits)
    return caught.value


def at(row: int, column: int) -> bytes:
    """Where a cell of an xls stands, without a style."""
    return struct.pack("<HHH", row, column, 0)


def ods_row(cells: str, more: str = "") -> str:
    """The XML of an ods table with one row."""
    return f'<table:table table:name="a"><table:table-row {more}>{cells}</table:table-row></table:table>'
