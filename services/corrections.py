"""核对单: a unit asks the bureau to correct its record, and the bureau settles it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from models import audit
from models.account import Actor
from models.certificate import RecordCorrection, get_certificate
from models.db import reading, transaction
from models.office import within
from models.unit import get_unit
from rules.refusals import Conflict, Missing, Refusal
from services.ca_login import kept_values, shown_values
from services.notices import Telling, tell
from services.timeline import new_receipt_no

NOTE_LENGTH = 500


def send_correction(certificate_digest: str, unit_id: int, now: datetime) -> str:
    """Send what certificate and record say to the unit's bureau; returns the number of the 核对单.

    Whoever sends it is nobody yet: the certificate proved itself, but opens no account. A second one for the
    same certificate and unit, while the first waits, is the first.
    """
    try:
        with transaction() as session:
            unit = get_unit(session, unit_id)
            certificate = get_certificate(session, certificate_digest)
            correction = RecordCorrection(
                number=f"HD-{new_receipt_no(unit.region_code, now)}",
                region_code=unit.region_code,
                unit_id=unit_id,
                certificate_digest=certificate_digest,
                shown=shown_values(certificate),
                kept=kept_values(unit),
                sent_at=now,
            )
            session.add(correction)
            session.flush()
            after = {"number": correction.number, "certificate": certificate_digest}
            audit.record(
                session,
                None,
                "correction_sent",
                "record_correction",
                correction.id,
                now,
                unit_id=unit_id,
                after=after,
            )
            return correction.number
    except IntegrityError:
        # One for this certificate and unit waits already, sent a moment or a week ago.
        number = find_waiting(certificate_digest, unit_id)
        if number is None:
            raise
        return number


def find_waiting(certificate_digest: str, unit_id: int) -> str | None:
    """The number of the 核对单 that waits for this certificate and unit."""
    query = select(RecordCorrection.number).where(
        RecordCorrection.certificate_digest == certificate_digest,
        RecordCorrection.unit_id == unit_id,
        RecordCorrection.state == "pending",
    )
    with reading() as session:
        return session.scalars(query).first()


def settle_correction(actor: Actor, correction_id: int, note: str, now: datetime) -> None:
    """The bureau has looked at it; ``note`` says what was done.

    Raises ``Missing`` for another office's, ``Refusal`` ``correction.no_note``, ``correction.note_too_long``,
    ``Conflict`` ``correction.settled``.
    """
    note = note.strip()
    if not note:
        raise Refusal("correction.no_note", "note")
    if len(note) > NOTE_LENGTH:
        raise Refusal("correction.note_too_long", "note", limit=NOTE_LENGTH)
    with transaction() as session:
        query = select(RecordCorrection).where(
            RecordCorrection.id == correction_id,
            within(actor.office, RecordCorrection.region_code, RecordCorrection.unit_id),
        )
        found = session.scalars(query.with_for_update()).first()
        if found is None:
            raise Missing(correction_id)
        if found.state != "pending":
            raise Conflict("correction.settled")
        found.state, found.note = "settled", note
        found.settled_by, found.settled_at = actor.account_id, now
        session.add(found)
        params = {"number": found.number, "note": note}
        tell(
            session, Telling(found.unit_id, "correction_settled", params, f"correction:{correction_id}"), now
        )
        audit.record(
            session,
            actor,
            "correction_settled",
            "record_correction",
            correction_id,
            now,
            unit_id=found.unit_id,
            after={"note": note},
        )
