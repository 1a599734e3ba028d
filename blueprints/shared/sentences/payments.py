"""What 到账 says of a file of payments."""

from __future__ import annotations

SENTENCES: dict[str, str] = {}
