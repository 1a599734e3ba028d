"""核定应缴: what a unit that has not declared is taken to owe, from what it owed for the last month."""

from __future__ import annotations

from rules.money import divide_half_up
from rules.refusals import Refusal

USUAL_PERCENT = 110
"""Where the region has no parameter of its own. Source: 社会保险法 article 62."""
PERCENT = "assessment_percent"
"""The name of that parameter (``models.region.RegionParameter``), a whole number of percent."""
REASON_LENGTH = 200


def assessed_fen(last_fen: int, percent: int = USUAL_PERCENT) -> int:
    """``percent`` of the last month's amount in fen, rounded once, half-up.

    Raises ``ValueError`` where there is nothing to take a share of, or less than the whole of it would be owed.
    Source: 社会保险法 article 62.
    """
    if last_fen <= 0 or percent < 100:
        raise ValueError(f"{percent} % of {last_fen} fen")
    return divide_half_up(last_fen * percent, 100)


def clean_reason(reason: str, field: str = "reason") -> str:
    """Why it is assessed, or not. Raises ``Refusal`` ``assessment.no_reason``, ``assessment.long_reason`` (``limit``)."""
    reason = reason.strip()
    if not reason:
        raise Refusal("assessment.no_reason", field)
    if len(reason) > REASON_LENGTH:
        raise Refusal("assessment.long_reason", field, limit=REASON_LENGTH)
    return reason
