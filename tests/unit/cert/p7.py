"""Builds SignedData piece by piece, so that tests can bend each piece."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cryptography.hazmat.primitives import hashes

from cert import der
from cert.algorithms import SM2_SIGN, digest_of
from cert.issuing import Key, algorithm_identifier

PKCS7 = ("1.2.840.113549.1.7.1", "1.2.840.113549.1.7.2")
GM = ("1.2.156.10197.6.1.4.2.1", "1.2.156.10197.6.1.4.2.2")
SHA256, SM3 = "2.16.840.1.101.3.4.2.1", "1.2.156.10197.1.401"
SIGNERS = {"RSA": "1.2.840.113549.1.1.1", "ECDSA": "1.2.840.10045.4.3.2", "SM2": SM2_SIGN}


def signed_data(
    key: Key,
    certificate: bytes,
    content: bytes,
    *,
    attached: bool = False,
    attributes: bool = True,
    oids: tuple[str, str] = PKCS7,
    others: Sequence[bytes] = (),
    included: bool = True,
    attribute_digest: bytes | None = None,
    attribute_type: str = "",
    digest_oid: str = "",
    signature_oid: str = "",
    sign: Callable[[bytes], bytes] | None = None,
    signers: int = 1,
    indefinite: bool = False,
) -> bytes:
    """SignedData over ``content``; ``sign`` makes the bare signature, by the key itself unless given."""
    digest_oid = digest_oid or (SM3 if key.kind == "SM2" else SHA256)
    digest = digest_of(hashes.SM3() if digest_oid == SM3 else hashes.SHA256(), content)
    message, sent = content, b""
    if attributes:
        kind = der.sequence(
            der.oid("1.2.840.113549.1.9.3"), der.wrap(0x31, der.oid(attribute_type or oids[0]))
        )
        value = der.wrap(4, digest if attribute_digest is None else attribute_digest)
        found = kind + der.sequence(der.oid("1.2.840.113549.1.9.4"), der.wrap(0x31, value))
        message, sent = der.wrap(0x31, found), der.wrap(0xA0, found)
    tbs = der.Value(certificate).sequence()[0].sequence()
    digests = algorithm_identifier(digest_oid)
    signer = der.sequence(
        der.integer(1),
        der.sequence(tbs[3].whole, tbs[1].whole),
        digests,
        sent,
        algorithm_identifier(signature_oid or SIGNERS[key.kind]),
        der.wrap(4, (sign or key.sign)(message)),
    )
    inner = der.wrap(0xA0, der.wrap(4, content)) if attached else b""
    if attached and indefinite:
        half = len(content) // 2
        pieces = der.wrap(4, content[:half]) + der.wrap(4, content[half:])
        inner = b"\xa0\x80\x24\x80" + pieces + b"\0\0\0\0"
    body = der.sequence(
        der.integer(1),
        der.wrap(0x31, digests),
        der.sequence(der.oid(oids[0]), inner),
        der.wrap(0xA0, *([certificate] if included else []), *others) if included or others else b"",
        der.wrap(0x31, signer * signers),
    )
    return der.sequence(der.oid(oids[1]), der.wrap(0xA0, body))
