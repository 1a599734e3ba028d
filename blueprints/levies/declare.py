"""缴费申报: the month before it is issued, compared with the last, confirmed or disputed."""

from __future__ import annotations
