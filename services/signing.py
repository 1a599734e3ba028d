"""申报 signed with the UKey: the digest is put before the key first, the signature kept with what it sealed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from cert.check import Evidence, check_signature
from cert.identity import Identity
from cert.match import codes_match
from cert.trust import Trust
from models.account import Account, Actor
from models.certificate import SnapshotSignature, find_bound_account, get_certificate
from models.db import reading
from models.declaration import get_tally
from models.filing import get_snapshot, list_declaration_filings
from models.unit import Unit, get_unit
from rules.refusals import Conflict, Refusal
from services.certificates import SUBMIT, ask, note_refused, prove
from services.declarations import get_own
from services.snapshots import digest_ahead
from services.submissions import (
    Signed,
    check_ready,
    codes_of,
    find_sent,
    groups_to_submit,
    submit_declaration,
)


class Sheet(NamedTuple):
    """What is put before the signer: the question, and the digest and revision of what it is about."""

    challenge_id: str
    text: str
    digest: str
    revision: int


class Answer(NamedTuple):
    """What came back, from which browser (``session_id``) and from a page of which origin."""

    challenge_id: str
    evidence: Evidence
    digest: str
    revision: int
    session_id: str
    origin: str


@dataclass(frozen=True)
class Verified:
    """A kept signature looked at again; ``refusal`` says what is wrong with it, if anything is."""

    subject_name: str
    issuer_name: str
    serial: str
    algorithm: str
    operator_name: str
    signed_at: datetime
    checked_at: datetime
    refusal: Refusal | None

    @property
    def is_good(self) -> bool:
        return self.refusal is None


def prepare_signature(
    actor: Actor, declaration_id: int, session_id: str, origin: str, now: datetime
) -> Sheet:
    """Compute what would be submitted now and ask for a signature over its digest.

    Raises ``Missing``, and ``Refusal`` as 申报 itself would: ``declaration.not_open``, ``submit.*``.
    """
    with reading() as session:
        declaration = get_own(session, actor, declaration_id)
        revision = get_tally(session, declaration_id).revision
        check_ready(session, declaration, revision)
        groups = groups_to_submit(session, declaration, list_declaration_filings(session, declaration_id))
        digest = digest_ahead(session, declaration, codes_of(groups), now)
    number, text = ask(SUBMIT, session_id, origin, now, about=digest)
    return Sheet(number, text, digest, revision)


def submit_signed(
    actor: Actor, declaration_id: int, answer: Answer, trust: Trust, now: datetime
) -> tuple[list[int], int]:
    """申报 with a signature (电子签名法 13): like ``submit_declaration``, and the signature is kept with it.

    A form sent again gets the same filings, although its question is spent. Raises ``Missing``; ``Refusal``
    ``challenge.…``, ``cert.…``, ``signature.…``, ``sign.other_unit``, ``ca.other_account``, ``submit.…``;
    ``Conflict`` ``submit.changed``.
    """
    with reading() as session:
        declaration = get_own(session, actor, declaration_id)
        unit = get_unit(session, declaration.unit_id)
        revision = get_tally(session, declaration_id).revision
    if sent := find_sent(actor, declaration_id):
        return sent, 0
    if revision != answer.revision:
        raise Conflict("submit.changed")
    try:
        identity, content = prove(
            answer.challenge_id,
            answer.evidence,
            SUBMIT,
            answer.session_id,
            answer.origin,
            trust,
            now,
            about=answer.digest,
        )
    except Refusal as refusal:
        # The same form sent twice at once: the other one may have spent the question, and submitted.
        if refusal.code == "challenge.used" and (sent := find_sent(actor, declaration_id)):
            return sent, 0
        raise
    _check_signer(identity, actor, unit, now)
    evidence = answer.evidence
    signed = Signed(answer.digest, content, evidence.signature, evidence.kind, identity.digest)
    return submit_declaration(actor, declaration_id, answer.revision, now, signed)


def verify_signature(snapshot_id: int, trust: Trust | None, now: datetime) -> Verified | None:
    """Check a submission's signature again from what is kept, at ``now``; None where there is none.

    It must name the digest of its snapshot, and be good for the moment when it was made: a certificate that
    ended or was revoked later changes nothing. ``trust`` None (nothing set up) cannot confirm it.
    """
    with reading() as session:
        kept = session.get(SnapshotSignature, snapshot_id)
        if kept is None:
            return None
        certificate = get_certificate(session, kept.certificate_digest)
        operator = session.get_one(Account, kept.account_id)
        digest = get_snapshot(session, snapshot_id).digest
    refusal = None
    try:
        _check_kept(kept, certificate.der, digest, trust)
    except Refusal as found:
        refusal = found
    return Verified(
        certificate.subject_name,
        certificate.issuer_name,
        certificate.serial,
        certificate.algorithm,
        operator.display_name,
        kept.signed_at,
        now,
        refusal,
    )


def _check_signer(identity: Identity, actor: Actor, unit: Unit, now: datetime) -> None:
    """The certificate is the unit's, and no other operator's own."""
    refusal = None
    with reading() as session:
        bound = find_bound_account(session, identity.digest)
    if not codes_match(identity.codes, unit.uscc):
        refusal = Refusal("sign.other_unit", "certificate", subject=identity.subject_name, unit=unit.name)
    elif bound is not None and bound.id != actor.account_id:
        refusal = Refusal("ca.other_account", "certificate", name=actor.name)
    if refusal is not None:
        note_refused(refusal, now)
        raise refusal


def _check_kept(kept: SnapshotSignature, certificate: bytes, digest: str, trust: Trust | None) -> None:
    # The lines of cert.challenge.Challenge.text: the second says what for, the last what about.
    lines = kept.content.split("\n")
    if len(lines) != 6 or (lines[1], lines[5]) != (SUBMIT, digest):
        raise Refusal("sign.other_content", "signature")
    if trust is None:
        raise Refusal("sign.no_trust")
    # OCSP speaks of today only, and no reader of a page should make the hall ask elsewhere: the lists do.
    trust = replace(trust, ocsp=None)
    evidence = Evidence(certificate, kept.signature, "p7" if kept.kind == "p7" else "raw")
    identity = check_signature(evidence, kept.content.encode(), trust, kept.signed_at)
    if identity.digest != kept.certificate_digest:
        raise Refusal("signature.p7_certificate", "certificate")
