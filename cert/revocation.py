"""Whether a certificate was taken back: by OCSP where configured, else by the issuer's list."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise

from cert import ocsp
from cert.certificate import Certificate
from cert.crl import Crl
from cert.trust import Trust
from rules.refusals import Refusal


def check_path(path: tuple[Certificate, ...], trust: Trust, at: datetime) -> None:
    """Check every certificate of a path but the pinned one, from the top: what a lost CA says counts nothing.

    Raises ``Refusal``: ``cert.revoked``, ``cert.issuer_revoked``, ``cert.revocation_unknown`` (OCSP knows
    nothing of it), ``cert.crl_missing``, ``cert.crl_stale``, ``cert.crl_invalid``.
    """
    for certificate, issuer in reversed(list(pairwise(path))):
        revoked_at = _find(certificate, issuer, trust, at)
        if revoked_at is None:
            continue
        if certificate is path[0]:
            raise Refusal("cert.revoked", "certificate", date=f"{revoked_at.astimezone(at.tzinfo):%Y-%m-%d}")
        raise Refusal("cert.issuer_revoked", "certificate", issuer=certificate.subject_name)


def _find(certificate: Certificate, issuer: Certificate, trust: Trust, at: datetime) -> datetime | None:
    if trust.ocsp:
        answer = ocsp.ask(trust.ocsp, certificate, issuer, at)
        if answer and answer.status == "unknown":
            raise Refusal("cert.revocation_unknown", "certificate", issuer=issuer.subject_name)
        if answer:
            return answer.revoked_at
    crl = _newest(certificate, issuer, trust)
    if crl is None:
        if trust.fail_closed:
            raise Refusal("cert.crl_missing", "certificate", issuer=issuer.subject_name)
        return None
    # What a stale list names is revoked for certain; only its silence means nothing any more.
    revoked_at = crl.revoked_at(certificate.serial, at)
    if revoked_at is None and trust.fail_closed and (crl.next_update is None or at > crl.next_update):
        raise Refusal("cert.crl_stale", "certificate", issuer=issuer.subject_name)
    return revoked_at


def _newest(certificate: Certificate, issuer: Certificate, trust: Trust) -> Crl | None:
    named = [crl for crl in trust.crls.get(issuer.subject, ()) if crl.covers(certificate)]
    # A CA that changed its key keeps its name; the lists of its other key are not this one's.
    named = [crl for crl in named if not (crl.key_id and issuer.key_id) or crl.key_id == issuer.key_id]
    for crl in named:
        if trust.remember(crl, issuer, lambda crl=crl: crl.is_signed_by(issuer)):  # type: ignore[misc]
            return crl
    if named:
        raise Refusal("cert.crl_invalid", "certificate", issuer=issuer.subject_name)
    return None
