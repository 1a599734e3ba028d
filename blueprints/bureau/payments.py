"""到账: the bank's or tax office's file of payments."""

from __future__ import annotations
