"""Two (or more) who agree: above a region's thresholds an approval takes effect with the last of them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlmodel import Session

from models.account import Actor
from models.consent import FilingConsent, list_consents
from models.filing import Filing
from models.region import find_parameter
from rules.approvals import Thresholds
from rules.refusals import Conflict


def thresholds_of(session: Session, region_code: str, on: date) -> Thresholds:
    """The region's thresholds in force on a day."""
    return Thresholds(**find_parameters(session, region_code, "approval", Thresholds._fields, on))


def consents_needed(session: Session, filing: Filing, on: date) -> int:
    """How many people have to agree to a filing; 1 where one alone decides."""
    return thresholds_of(session, filing.region_code, on).needed(filing.people, filing.wage_total_fen)


def agree(session: Session, actor: Actor, filing: Filing, now: datetime) -> int:
    """Put down a 同意 in the running transaction; returns how many are still lacking, 0 where one is enough.

    The filing is locked by the caller. Raises ``Conflict`` ``review.agreed_already``: nobody agrees twice.
    """
    needed = consents_needed(session, filing, now.date())
    if needed == 1:
        return 0
    given = list_consents(session, filing)
    if any(consent.account_id == actor.account_id for consent, _name in given):
        raise Conflict("review.agreed_already", left=needed - len(given))
    session.add(
        FilingConsent(
            filing_id=filing.key, submitted_at=filing.submitted_at, account_id=actor.account_id, at=now
        )
    )
    session.flush()
    return max(0, needed - len(given) - 1)


def disagree(session: Session, actor: Actor, filing: Filing) -> None:
    """Take one's own 同意 back in the running transaction. Raises ``Conflict`` ``review.not_agreed``."""
    found = session.get(FilingConsent, (filing.key, filing.submitted_at, actor.account_id))
    if found is None:
        raise Conflict("review.not_agreed")
    session.delete(found)
    session.flush()


def find_parameters(
    session: Session, region_code: str, room: str, names: tuple[str, ...], on: date
) -> dict[str, Any]:
    """Of a room's parameters those that the region has set on a day, by their names without the room."""
    found = {name: find_parameter(session, region_code, f"{room}_{name}", on) for name in names}
    return {name: value for name, value in found.items() if value is not None}
