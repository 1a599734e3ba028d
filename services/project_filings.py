"""Everything that is asked of a project: what stands against it, what it holds, and what approval does."""

from __future__ import annotations

from services.kinds import Kind

KINDS: tuple[Kind, ...] = ()
