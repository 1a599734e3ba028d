"""单位信息变更 and 参保登记: what stands against each, what it holds, and what approval does."""

from __future__ import annotations

from services.kinds import Kind

KINDS: tuple[Kind, ...] = ()
