"""The one way in: a certificate and a signature, of any algorithm, become an identity or a refusal with a code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa

from cert import der, revocation
from cert.algorithms import PublicKey, sm2_from_raw, verify
from cert.armour import from_base64
from cert.certificate import Certificate, read_certificate
from cert.identity import Identity, identity_of
from cert.path import check_holder, check_validity, find_path
from cert.signed_data import MAX_BYTES, check_signed_data, find_signer, read_signed_data
from cert.trust import Trust
from rules.refusals import Refusal

LONGEST_RAW = 1024
"""Bytes of a bare signature; RSA of 8192 bits makes the longest that counts."""

# A bare signature does not say its digest: these are tried, and the weak ones only to tell why it is refused.
_DIGESTS = (hashes.SHA256(), hashes.SHA384(), hashes.SHA512(), hashes.SM3())
_WEAK = (hashes.SHA1(), hashes.MD5())


@dataclass(frozen=True)
class Evidence:
    """What was sent to prove the possession of a key.

    ``certificate`` is DER, PEM or base64, or None where a "p7" signature brings it. ``signature`` of kind
    "raw" is the bare bytes: RSA PKCS #1 v1.5, ECDSA in DER, SM2 in DER or as 64 bytes r‖s; of kind "p7" a
    SignedData in DER, PEM or base64.
    """

    certificate: bytes | None
    signature: bytes
    kind: Literal["raw", "p7"]


def read_evidence(certificate: str, signature: str, kind: str) -> Evidence:
    """Evidence from the fields of a form; ``signature`` is base64, or PEM for "p7".

    Raises ``Refusal`` ``signature.kind``, ``signature.too_large``, ``signature.encoding``, ``cert.encoding``
    (text that is no ASCII); what the certificate is worth is not looked at yet.
    """
    if kind not in ("raw", "p7"):
        raise Refusal("signature.kind", "signature")
    if len(signature) > MAX_BYTES * 3 // 2:
        raise Refusal("signature.too_large", "signature", limit=MAX_BYTES // 1024)
    try:
        content = signature.encode("ascii")
        if kind == "raw":
            content = from_base64(content)
    except ValueError:
        raise Refusal("signature.encoding", "signature") from None
    try:
        sent = certificate.encode("ascii")
    except ValueError:
        raise Refusal("cert.encoding", "certificate") from None
    return Evidence(sent or None, content, "raw" if kind == "raw" else "p7")


def check_signature(evidence: Evidence, content: bytes, trust: Trust, at: datetime) -> Identity:
    """Whose signature over ``content`` this is, at a moment (aware).

    Raises ``Refusal`` with a ``cert.…`` or ``signature.…`` code for whatever is not in order: the certificate
    is read and must lead to a pinned CA, be a 签名证书 in its time, have made the signature, and not be revoked.
    """
    if evidence.kind == "p7":
        signed = read_signed_data(evidence.signature)
        certificate, others = find_signer(signed, evidence.certificate)
        path = _check(certificate, trust, at, others)
        check_signed_data(signed, certificate.key, content)
    else:
        certificate = read_certificate(evidence.certificate or b"")
        path = _check(certificate, trust, at)
        check_raw(certificate.key, evidence.signature, content)
    revocation.check_path(path, trust, at)
    return identity_of(certificate, trust)


def check_certificate(data: bytes, trust: Trust, at: datetime) -> Identity:
    """The same for a certificate (DER, PEM or base64) whose key TLS has already proved; raises ``Refusal``."""
    certificate = read_certificate(data)
    revocation.check_path(_check(certificate, trust, at), trust, at)
    return identity_of(certificate, trust)


def _check(
    certificate: Certificate, trust: Trust, at: datetime, others: Sequence[Certificate] = ()
) -> tuple[Certificate, ...]:
    check_holder(certificate)
    # A certificate past its time is told so, whoever issued it, before its path is blamed.
    check_validity(certificate, at)
    return find_path(certificate, trust, at, others)


def check_raw(key: PublicKey, signature: bytes, content: bytes) -> None:
    """Check a bare signature.

    Raises ``Refusal``: ``signature.empty``, ``signature.too_large``, ``signature.encoding`` (no signature of
    this kind of key), ``signature.weak_digest`` (good, but over SHA-1 or MD5), ``signature.wrong``.
    """
    if not signature:
        raise Refusal("signature.empty", "signature")
    if len(signature) > LONGEST_RAW:
        raise Refusal("signature.too_large", "signature", limit=1)
    if key.kind == "SM2":
        signature = sm2_from_raw(signature)
    if not _is_well_formed(key, signature):
        raise Refusal("signature.encoding", "signature")
    digests = _DIGESTS[3:] if key.kind == "SM2" else _DIGESTS
    if any(verify(key, digest, signature, content) for digest in digests):
        return
    if key.kind != "SM2" and any(verify(key, digest, signature, content) for digest in _WEAK):
        raise Refusal("signature.weak_digest", "signature")
    raise Refusal("signature.wrong", "signature")


def _is_well_formed(key: PublicKey, signature: bytes) -> bool:
    if isinstance(key.native, rsa.RSAPublicKey):
        return len(signature) == (key.native.key_size + 7) // 8
    try:
        return len([value.integer() for value in der.Value(signature).sequence()]) == 2
    except ValueError:
        return False
