"""How much an uploaded file may weigh before it is refused."""

from __future__ import annotations

from dataclasses import dataclass

# Room for what stands beside the people: titles, blank lines, totals, the headings of every page.
_OTHER_LINES = 1_000
_CELLS_A_LINE = 50
_FREE_CELLS = 2_000_000
_BYTES_A_CELL = 8


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes as they arrive, bytes after unpacking, people, and unpacked bytes for one packed byte.

    ``sheets`` and ``columns`` bound what is looked at; column ZZ is the last.
    """

    upload_bytes: int = 50 * 2**20
    expanded_bytes: int = 50 * 2**20
    lines: int = 200_000
    ratio: int = 100
    sheets: int = 16
    columns: int = 702

    @property
    def workbook_bytes(self) -> int:
        """The XML of a workbook is several times its text: 100,000 people are 60 MB of it."""
        return 4 * self.expanded_bytes

    @property
    def rows(self) -> int:
        """Lines of any kind, people or not."""
        return self.lines + _OTHER_LINES

    @property
    def cells(self) -> int:
        """Cells of one text; a payroll list has ten to forty columns."""
        return self.rows * _CELLS_A_LINE

    def cells_of_workbook(self, size: int) -> int:
        """How many cells the sheets of a workbook of ``size`` bytes, unpacked, may span together.

        A sheet is laid out as a rectangle or nearly so, at up to 40 bytes a cell, so that a single far cell
        could cost gigabytes.
        """
        return min(_FREE_CELLS + size // _BYTES_A_CELL, self.cells)
