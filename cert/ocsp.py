"""Asks whether one certificate was revoked (RFC 6960); an answer that cannot be believed is no answer."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from cert import der
from cert.algorithms import SIGNATURES, verify
from cert.certificate import MALFORMED, Certificate, read_certificate
from rules.refusals import Refusal

MAX_BYTES = 64 * 1024
SKEW = timedelta(minutes=5)
"""How far a responder's clock may be ahead of ours."""
OLDEST = timedelta(days=1)
"""How long an answer counts that does not say for how long."""


@dataclass(frozen=True)
class Answer:
    """What the responder says; ``revoked_at`` only of the status "revoked"."""

    status: Literal["good", "revoked", "unknown"]
    revoked_at: datetime | None = None


def ask(
    send: Callable[[Certificate, bytes], bytes | None],
    certificate: Certificate,
    issuer: Certificate,
    at: datetime,
) -> Answer | None:
    """Ask about a certificate; None when nobody answers, or nothing that may be believed at this moment."""
    nonce = secrets.token_bytes(32)
    name_hash, key_hash = _hashes(issuer)
    # SHA-1 only names the issuer here, and is what every responder understands (RFC 5019).
    builder = ocsp.OCSPRequestBuilder().add_certificate_by_hash(
        name_hash, key_hash, certificate.serial, hashes.SHA1()
    )
    request = builder.add_extension(x509.OCSPNonce(nonce), critical=False).build()
    try:
        content = send(issuer, request.public_bytes(Encoding.DER))
    except OSError:
        return None
    if not content or len(content) > MAX_BYTES:
        return None
    try:
        return _read(content, certificate, issuer, at, nonce)
    except (*MALFORMED, UnsupportedAlgorithm, Refusal):
        return None


def _hashes(issuer: Certificate) -> tuple[bytes, bytes]:
    key = der.Value(issuer.spki).sequence()[1].bits()
    return hashlib.sha1(issuer.subject).digest(), hashlib.sha1(key).digest()


def _read(
    content: bytes, certificate: Certificate, issuer: Certificate, at: datetime, nonce: bytes
) -> Answer | None:
    response = ocsp.load_der_ocsp_response(content)
    if response.response_status != ocsp.OCSPResponseStatus.SUCCESSFUL:
        return None
    for extension in response.extensions:
        if isinstance(extension.value, x509.OCSPNonce) and extension.value.nonce != nonce:
            return None
    responder = _responder(response, issuer, at)
    if responder is None or not _is_signed(response, responder):
        return None
    for single in response.responses:
        found = (single.issuer_name_hash, single.issuer_key_hash, single.serial_number)
        if found == (*_hashes(issuer), certificate.serial) and _is_current(single, at):
            revoked_at = single.revocation_time_utc
            if single.certificate_status == ocsp.OCSPCertStatus.REVOKED:
                return Answer("revoked", revoked_at)
            return Answer("good" if single.certificate_status == ocsp.OCSPCertStatus.GOOD else "unknown")
    return None


def _is_current(single: ocsp.OCSPSingleResponse, at: datetime) -> bool:
    until = single.next_update_utc or single.this_update_utc + OLDEST
    return single.this_update_utc - SKEW <= at <= until


def _responder(response: ocsp.OCSPResponse, issuer: Certificate, at: datetime) -> Certificate | None:
    """The issuer itself, or somebody whom it certified for this task (RFC 6960 section 4.2.2.2)."""
    if not response.certificates:
        return issuer
    found = read_certificate(response.certificates[0].public_bytes(Encoding.DER))
    if found.der == issuer.der:
        return issuer
    if found.issuer != issuer.subject or not found.not_before <= at <= found.not_after:
        return None
    if not found.purposes or ExtendedKeyUsageOID.OCSP_SIGNING not in found.purposes:
        return None
    known = SIGNATURES.get(found.signature_oid)
    if known is None or known[0] != issuer.key.kind:
        return None
    signature, signed = found.native.signature, found.native.tbs_certificate_bytes
    return found if verify(issuer.key, known[1], signature, signed) else None


def _is_signed(response: ocsp.OCSPResponse, responder: Certificate) -> bool:
    known = SIGNATURES.get(response.signature_algorithm_oid.dotted_string)
    return (
        known is not None
        and known[0] == responder.key.kind
        and verify(responder.key, known[1], response.signature, response.tbs_response_bytes)
    )
