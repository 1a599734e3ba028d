"""缴费申报查询: what was levied, month by month, its items and people, as a page and as a file."""

from __future__ import annotations
