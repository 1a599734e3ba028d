"""Each step of a 业务 leaves an event in its timeline, an audit event, and a notice to the unit."""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlmodel import Session

from models.filing import Filing, FilingEvent
from models.notice import Notice, mark_read

# No I, L, O, U: a receipt number is read aloud on the telephone.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

TOLD = ("pending", "approved", "refused", "returned", "failed", "cancelled", "withdrawn")
"""The steps that a unit's people are told of; a draft is nobody's business but its writer's."""


def add_event(
    session: Session,
    filing: Filing,
    state: str,
    actor_name: str,
    now: datetime,
    note: str = "",
    *,
    tell: bool = True,
) -> None:
    """One more step in a filing's timeline, and the notice of it. ``state`` may be a step that changes no state."""
    event = FilingEvent(
        filing_id=filing.key, state=state, at=now, actor_name=actor_name, note=note, version=filing.version
    )
    session.add(event)
    session.flush()
    if filing.unit_id is None or state not in TOLD or not tell:
        return
    notice = Notice(
        unit_id=filing.unit_id,
        kind=f"filing_{state}",
        params={
            "title": filing.title,
            "receipt_no": filing.receipt_no,
            "kind": filing.kind,
            "year": filing.year,
            "people": filing.people,
            "insurances": filing.insurance_codes,
            "note": note,
        },
        filing_id=filing.key,
        key=f"event:{event.id}",
        at=now,
    )
    session.add(notice)
    session.flush()
    if filing.submitted_by is not None and actor_name == filing.submitter_name:
        # Whoever took the step knows of it; the others of the unit do not.
        mark_read(session, notice.number, filing.submitted_by, now)


def new_receipt_no(region_code: str, now: datetime) -> str:
    """A number that cannot be guessed from another: region, day, eight random letters and digits."""
    tail = "".join(secrets.choice(_ALPHABET) for _ in range(8))
    return f"{region_code[:4]}-{now:%Y%m%d}-{tail[:4]}-{tail[4:]}"
