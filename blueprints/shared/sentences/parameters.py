"""What 参数 says of a change that cannot be entered or released."""

from __future__ import annotations

SENTENCES: dict[str, str] = {}
