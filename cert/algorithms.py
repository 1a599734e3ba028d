"""Every signature algorithm that counts, behind one ``verify``: RSA, ECDSA (cryptography) and SM2 (gmssl)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from gmssl_pyx import InvalidValueError, normalize_sm2_public_key, sm2_verify

from cert import der
from rules.refusals import Refusal

Kind = Literal["RSA", "ECDSA", "SM2"]

SM2_ID = b"1234567812345678"
"""The signer's identity that GM/T 0009 section 10 sets where nobody agreed on another."""
SM2_ORDER = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
EC_KEY, SM2_CURVE, SM2_SIGN, SM2_WITH_SM3 = (
    "1.2.840.10045.2.1",
    "1.2.156.10197.1.301",
    "1.2.156.10197.1.301.1",
    "1.2.156.10197.1.501",
)
RSA_KEY = "1.2.840.113549.1.1.1"

Algorithm = tuple[Kind, hashes.HashAlgorithm]
SIGNATURES: dict[str, Algorithm] = {
    "1.2.840.113549.1.1.11": ("RSA", hashes.SHA256()),
    "1.2.840.113549.1.1.12": ("RSA", hashes.SHA384()),
    "1.2.840.113549.1.1.13": ("RSA", hashes.SHA512()),
    "1.2.156.10197.1.504": ("RSA", hashes.SM3()),
    "1.2.840.10045.4.3.2": ("ECDSA", hashes.SHA256()),
    "1.2.840.10045.4.3.3": ("ECDSA", hashes.SHA384()),
    "1.2.840.10045.4.3.4": ("ECDSA", hashes.SHA512()),
    SM2_WITH_SM3: ("SM2", hashes.SM3()),
}
WEAK_SIGNATURES = {
    "1.2.840.113549.1.1.2",  # MD2 with RSA
    "1.2.840.113549.1.1.3",  # MD4 with RSA
    "1.2.840.113549.1.1.4",  # MD5 with RSA
    "1.2.840.113549.1.1.5",  # SHA-1 with RSA
    "1.3.14.3.2.29",  # SHA-1 with RSA, as OIW wrote it
    "1.2.840.10045.4.1",  # SHA-1 with ECDSA
    "1.2.840.10040.4.3",  # SHA-1 with DSA
}
DIGESTS: dict[str, hashes.HashAlgorithm] = {
    "2.16.840.1.101.3.4.2.1": hashes.SHA256(),
    "2.16.840.1.101.3.4.2.2": hashes.SHA384(),
    "2.16.840.1.101.3.4.2.3": hashes.SHA512(),
    "1.2.156.10197.1.401": hashes.SM3(),
}
WEAK_DIGESTS = {"1.2.840.113549.2.2", "1.2.840.113549.2.5", "1.3.14.3.2.26"}

# Below 2048 bits an RSA key no longer protects; above 8192 one check takes longer than a login may.
RSA_BITS = range(2048, 8193)
CURVES = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)


@dataclass(frozen=True)
class PublicKey:
    """A key that can be verified with; for SM2 the 64 bytes x‖y of a point known to lie on the curve."""

    kind: Kind
    native: rsa.RSAPublicKey | ec.EllipticCurvePublicKey | bytes


def read_public_key(certificate: x509.Certificate, spki: bytes) -> PublicKey:
    """The key of a certificate whose SubjectPublicKeyInfo is ``spki``.

    Raises ``Refusal`` ``cert.algorithm``, ``cert.weak_key`` (RSA outside of ``RSA_BITS``) or ``cert.damaged``.
    """
    if certificate.public_key_algorithm_oid.dotted_string == EC_KEY:
        algorithm, point = der.Value(spki).sequence()
        curve = algorithm.sequence()[1:]
        if curve and curve[0].is_plain(der.OID) and curve[0].oid() == SM2_CURVE:
            return PublicKey("SM2", _sm2_point(point.bits()))
    try:
        key = certificate.public_key()
    except UnsupportedAlgorithm:
        raise Refusal("cert.algorithm", "certificate") from None
    if isinstance(key, rsa.RSAPublicKey):
        if key.key_size not in RSA_BITS:
            raise Refusal("cert.weak_key", "certificate", bits=key.key_size)
        return PublicKey("RSA", key)
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, CURVES):
        return PublicKey("ECDSA", key)
    raise Refusal("cert.algorithm", "certificate")


def _sm2_point(point: bytes) -> bytes:
    try:
        return bytes(normalize_sm2_public_key(point))
    except InvalidValueError:
        raise Refusal("cert.damaged", "certificate") from None


def signature_algorithm(oid: str) -> Algorithm:
    """What a certificate's algorithm stands for; raises ``Refusal`` ``cert.weak_digest`` or ``cert.algorithm``."""
    if oid in WEAK_SIGNATURES:
        raise Refusal("cert.weak_digest", "certificate")
    if oid not in SIGNATURES:
        raise Refusal("cert.algorithm", "certificate")
    return SIGNATURES[oid]


def digest_of(algorithm: hashes.HashAlgorithm, content: bytes) -> bytes:
    """The digest of some bytes."""
    digest = hashes.Hash(algorithm)
    digest.update(content)
    return digest.finalize()


def verify(key: PublicKey, digest: hashes.HashAlgorithm, signature: bytes, message: bytes) -> bool:
    """Whether this key signed this message: RSA by PKCS #1 v1.5, ECDSA, or SM2 with SM3 (GM/T 0003.2).

    An SM2 signature is DER (GM/T 0009) only; ``sm2_der`` makes it from 64 bytes r‖s. Never raises for bytes
    that are no signature at all.
    """
    if isinstance(key.native, bytes):
        return isinstance(digest, hashes.SM3) and _verify_sm2(key.native, signature, message)
    try:
        if isinstance(key.native, rsa.RSAPublicKey):
            key.native.verify(signature, message, padding.PKCS1v15(), digest)
        else:
            key.native.verify(signature, message, ec.ECDSA(digest))
    except (InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _verify_sm2(point: bytes, signature: bytes, message: bytes) -> bool:
    try:
        r, s = (value.integer() for value in der.Value(signature).sequence())
    except ValueError:
        return False
    # gmssl forgives long forms of lengths; a second spelling of one signature must not count as another.
    if not (0 < r < SM2_ORDER and 0 < s < SM2_ORDER) or sm2_der(r, s) != signature:
        return False
    return bool(sm2_verify(point, message, signature, SM2_ID))


def sm2_der(r: int, s: int) -> bytes:
    """SM2Signature of GM/T 0009: SEQUENCE of r and s."""
    return der.sequence(der.integer(r), der.integer(s))


def sm2_from_raw(signature: bytes) -> bytes:
    """The DER form of a signature that a token gave as 64 bytes r‖s; other lengths are returned as they are."""
    if len(signature) != 64:
        return signature
    return sm2_der(int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))
