"""What the counter of 征缴管理 says when it cannot do something."""

from __future__ import annotations

SENTENCES: dict[str, str] = {}
