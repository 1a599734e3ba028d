"""SignedData of PKCS #7, CMS (RFC 5652) and GM/T 0010: one signer over our content, attached or detached."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cert import der
from cert.algorithms import (
    DIGESTS,
    EC_KEY,
    RSA_KEY,
    SIGNATURES,
    SM2_CURVE,
    SM2_SIGN,
    WEAK_DIGESTS,
    WEAK_SIGNATURES,
    PublicKey,
    digest_of,
    sm2_from_raw,
    verify,
)
from cert.armour import unwrap
from cert.certificate import MALFORMED, Certificate, read_certificate
from rules.refusals import Refusal

MAX_BYTES = 128 * 1024
"""A signature with a chain of certificates has some ten kilobytes."""
MOST_CERTIFICATES = 10

SIGNED_DATA = {"1.2.840.113549.1.7.2", "1.2.156.10197.6.1.4.2.2"}
DATA = {"1.2.840.113549.1.7.1", "1.2.156.10197.6.1.4.2.1"}
CONTENT_TYPE, MESSAGE_DIGEST = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"

# How signers name the operation besides the names in SIGNATURES: by the kind of key alone.
KEY_NAMES = {"RSA": {RSA_KEY}, "ECDSA": {EC_KEY}, "SM2": {SM2_SIGN, SM2_CURVE, EC_KEY}}


@dataclass(frozen=True)
class SignedData:
    """One signer's signature. ``content`` is None when detached; ``attributes`` None when there are none signed."""

    content: bytes | None
    content_type: str
    certificates: tuple[bytes, ...]
    signer: der.Value
    digest_oid: str
    attributes: der.Value | None
    signature_oid: str
    signature: bytes


def read_signed_data(data: bytes) -> SignedData:
    """Read DER, BER, PEM or base64 of at most ``MAX_BYTES``.

    Raises ``Refusal``: ``signature.empty``, ``signature.too_large``, ``signature.p7_damaged``,
    ``signature.p7_signers`` (not exactly one).
    """
    if not data:
        raise Refusal("signature.empty", "signature")
    if len(data) > MAX_BYTES:
        raise Refusal("signature.too_large", "signature", limit=MAX_BYTES // 1024)
    try:
        return _read(unwrap(data, "PKCS7", "CMS", "PKCS #7 SIGNED DATA"))
    except MALFORMED:
        raise Refusal("signature.p7_damaged", "signature") from None


def _read(content: bytes) -> SignedData:
    kind, wrapped = der.Value(content).sequence()
    if kind.oid() not in SIGNED_DATA or not wrapped.is_context(0):
        raise ValueError("no SignedData")
    _version, _digests, inner, *rest = der.Value(wrapped.content).sequence()
    content_type, *attached = inner.sequence()
    certificates = [one.whole for part in rest if part.is_context(0) for one in part.inside()]
    signers = rest[-1].sequence()
    if len(signers) != 1:
        raise Refusal("signature.p7_signers", "signature", count=len(signers))
    _, signer, digest, *tail = signers[0].sequence()
    attributes = tail.pop(0) if tail[0].is_context(0) else None
    return SignedData(
        content=der.Value(attached[0].content).octets() if attached else None,
        content_type=content_type.oid(),
        certificates=tuple(certificates),
        signer=signer,
        digest_oid=digest.sequence()[0].oid(),
        attributes=attributes,
        signature_oid=tail[0].sequence()[0].oid(),
        signature=tail[1].octets(),
    )


def find_signer(signed: SignedData, given: bytes | None) -> tuple[Certificate, list[Certificate]]:
    """The signer's certificate, and the others that came along; ``given`` was sent beside the signature.

    Raises ``Refusal`` ``signature.p7_certificate`` when neither holds the signer's, or what reading it raises.
    """
    sent = [read_certificate(given)] if given else []
    faults: list[Refusal] = []
    for content in signed.certificates[:MOST_CERTIFICATES]:
        try:
            sent.append(read_certificate(content))
        except Refusal as fault:
            # An old root may well be among them; only the signer's own certificate has to be sound.
            faults.append(fault)
    for certificate in sent:
        if _is_named(certificate, signed.signer):
            if given and sent[0].der != certificate.der:
                break
            return certificate, [one for one in sent if one is not certificate]
    raise faults[0] if faults and not sent else Refusal("signature.p7_certificate", "signature")


def _is_named(certificate: Certificate, signer: der.Value) -> bool:
    if signer.is_context(0):
        return certificate.key_id == signer.content
    try:
        issuer, serial = signer.sequence()
        return issuer.whole == certificate.issuer and serial.integer() == certificate.serial
    except ValueError:
        return False


def check_signed_data(signed: SignedData, key: PublicKey, content: bytes) -> None:
    """Check that this key signed this content.

    Raises ``Refusal``: ``signature.p7_content`` (something else is attached), ``signature.weak_digest``,
    ``signature.algorithm``, ``signature.p7_attributes`` (their digest or type is not the content's),
    ``signature.wrong``.
    """
    if signed.content_type not in DATA or signed.content not in (None, content):
        raise Refusal("signature.p7_content", "signature")
    if signed.digest_oid in WEAK_DIGESTS or signed.signature_oid in WEAK_SIGNATURES:
        raise Refusal("signature.weak_digest", "signature")
    if signed.digest_oid not in DIGESTS:
        raise Refusal("signature.algorithm", "signature")
    digest = DIGESTS[signed.digest_oid]
    named = SIGNATURES.get(signed.signature_oid)
    if signed.signature_oid not in KEY_NAMES[key.kind] and (
        named is None or named[0] != key.kind or named[1].name != digest.name
    ):
        raise Refusal("signature.algorithm", "signature")
    message = content
    if signed.attributes:
        _check_attributes(signed, digest_of(digest, content))
        # What is signed is the SET itself, not the tag it travels under (RFC 5652 section 5.4).
        message = b"\x31" + signed.attributes.whole[1:]
    signature = sm2_from_raw(signed.signature) if key.kind == "SM2" else signed.signature
    if not verify(key, digest, signature, message):
        raise Refusal("signature.wrong", "signature")


def _check_attributes(signed: SignedData, digest: bytes) -> None:
    assert signed.attributes
    try:
        found = [_attribute(one) for one in signed.attributes.inside()]
    except ValueError:
        raise Refusal("signature.p7_damaged", "signature") from None
    types = [values for oid, values in found if oid == CONTENT_TYPE]
    digests = [values for oid, values in found if oid == MESSAGE_DIGEST]
    if types != [[der.oid(signed.content_type)]] or digests != [[der.wrap(der.OCTET_STRING, digest)]]:
        raise Refusal("signature.p7_attributes", "signature")


def _attribute(value: der.Value) -> tuple[str, Sequence[bytes]]:
    oid, values = value.sequence()
    return oid.oid(), [one.whole for one in values.sequence()]
