"""What one reviewer may approve alone, and what is so plain that many may be approved at once."""

from __future__ import annotations

from typing import NamedTuple

from rules.filing_states import PEOPLE, WAGES


class Thresholds(NamedTuple):
    """Above ``people``, or above ``total_fen`` of declared wages (fen), so many ``signers`` have to agree.

    A region that sets neither lets one reviewer approve everything. Region parameters ``approval_people``,
    ``approval_total_fen``, ``approval_signers``.
    """

    people: int | None = None
    total_fen: int | None = None
    signers: int = 2

    def needed(self, people: int, total_fen: int) -> int:
        """How many people have to agree to a filing of this size."""
        is_large = (self.people is not None and people > self.people) or (
            self.total_fen is not None and total_fen > self.total_fen
        )
        return self.signers if is_large else 1


class CleanRule(NamedTuple):
    """Up to which size a filing without a flag may be approved with others in one press, both included.

    Region parameters ``bulk_people`` and ``bulk_total_fen``.
    """

    people: int = 50
    total_fen: int = 500_000_000


CLEAN_KINDS = (WAGES, *PEOPLE)
"""Kinds that can be clean: of a unit or a project somebody looks at the papers."""
