"""Proof by certificate: put a question, check its signature, remember the certificate that passed."""

from __future__ import annotations

import secrets
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import delete

from cert.challenge import LIFE, NONCE_BYTES, Challenge, check_challenge, new_challenge
from cert.check import Evidence, check_signature
from cert.identity import Identity
from cert.trust import Trust
from models import audit
from models.certificate import CertificateRecord, ChallengeRecord, use_challenge
from models.db import insert_new, reading, transaction
from rules.refusals import Refusal
from services.accounts import session_digest

LOGIN, SUBMIT = "login", "submit"
"""What a challenge may be for; a signature for one opens nothing of the other."""


def ask(purpose: str, session_id: str, origin: str, now: datetime, about: str = "") -> tuple[str, str]:
    """Put a question to this browser; returns its number and the text to sign.

    ``origin`` is scheme://host[:port] of the page, ``about`` a digest that is signed along.
    """
    challenge = new_challenge(purpose, origin, now, about)
    assert len(challenge.nonce) == NONCE_BYTES
    number = secrets.token_hex(16)
    with transaction() as session:
        # Old ones are of no use to anybody: an open tab asks again each minute.
        session.connection().execute(
            delete(ChallengeRecord).where(ChallengeRecord.issued_at < now - 20 * LIFE)
        )
        session.add(
            ChallengeRecord(
                id=number,
                session_digest=session_digest(session_id),
                purpose=purpose,
                origin=origin,
                about=about,
                nonce=challenge.nonce,
                issued_at=now,
            )
        )
    return number, challenge.text


def prove(
    number: str,
    evidence: Evidence,
    purpose: str,
    session_id: str,
    origin: str,
    trust: Trust,
    now: datetime,
    about: str = "",
) -> tuple[Identity, str]:
    """Whose signature answers this browser's question, and the text that was signed.

    The question counts once, whatever the signature is worth. Raises ``Refusal`` ``challenge.…``, ``cert.…``,
    ``signature.…``; each is a security event in the audit trail, without what was sent.
    """
    try:
        challenge = _take(number, purpose, session_id, origin, now, about)
        identity = check_signature(evidence, challenge.content, trust, now)
    except Refusal as refusal:
        note_refused(refusal, now)
        raise
    remember(identity, now)
    return identity, challenge.text


def note_refused(refusal: Refusal, now: datetime) -> None:
    """A refused certificate or signature, as a security event."""
    with transaction() as session:
        audit.record(
            session, None, "certificate_refused", "challenge", None, now, after={"code": refusal.code}
        )


def remember(identity: Identity, now: datetime) -> None:
    """Keep a certificate that passed every check; the first time counts."""
    values = {
        "digest": identity.digest,
        "der": identity.certificate,
        "subject_name": identity.subject_name,
        "issuer_name": identity.issuer_name,
        "serial": identity.serial,
        "algorithm": identity.algorithm,
        "not_before": identity.not_before,
        "not_after": identity.not_after,
        "codes": asdict(identity.codes),
        "first_seen_at": now,
    }
    with transaction() as session:
        session.connection().execute(insert_new(CertificateRecord, ["digest"]), values)


def _take(number: str, purpose: str, session_id: str, origin: str, now: datetime, about: str) -> Challenge:
    with reading() as session:
        found = session.get(ChallengeRecord, number)
    if found is not None and found.session_digest != session_digest(session_id):
        found = None
    challenge = (
        Challenge(found.purpose, found.origin, found.nonce, found.issued_at, found.about) if found else None
    )
    used_at = found.used_at if found else None
    checked = check_challenge(challenge, purpose, origin, now, about, used_at)
    with transaction() as session:
        if not use_challenge(session, number, now):
            raise Refusal("challenge.used", "signature")
    return checked
