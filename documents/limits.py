"""How much an uploaded file may weigh before it is refused."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes as they arrive, bytes after unpacking, lines, and unpacked bytes for one packed byte."""

    upload_bytes: int = 50 * 2**20
    expanded_bytes: int = 50 * 2**20
    lines: int = 200_000
    ratio: int = 100

    @property
    def workbook_bytes(self) -> int:
        """The XML of a workbook is several times its text: 100,000 people are 60 MB of it."""
        return 4 * self.expanded_bytes
