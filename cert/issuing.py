"""A small certification authority: what the demo CA and the tests issue. The product itself only verifies."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from cryptography import x509
from cryptography.hazmat.primitives import hashes, padding, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from gmssl_pyx import sm2_key_generate, sm2_sign

from cert import der
from cert.algorithms import EC_KEY, SIGNATURES, SM2_CURVE, SM2_ID, SM2_WITH_SM3, Kind

Extension = tuple[x509.ExtensionType, bool]
"""An extension and whether it is critical."""

OIDS: dict[Kind, str] = {
    "RSA": "1.2.840.113549.1.1.11",
    "ECDSA": "1.2.840.10045.4.3.2",
    "SM2": SM2_WITH_SM3,
}


@dataclass(frozen=True)
class Key:
    """A private key; for SM2 its 32 bytes, with the 64 bytes of the public one beside it."""

    kind: Kind
    native: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | tuple[bytes, bytes]

    @cached_property
    def spki(self) -> bytes:
        """SubjectPublicKeyInfo of the public half, in DER."""
        if isinstance(self.native, tuple):
            algorithm = der.sequence(der.oid(EC_KEY), der.oid(SM2_CURVE))
            return der.sequence(algorithm, der.bits(b"\4" + self.native[1]))
        return self.native.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    @cached_property
    def key_id(self) -> bytes:
        """20 bytes that name the key in SubjectKeyIdentifier and AuthorityKeyIdentifier."""
        return hashlib.sha256(self.spki).digest()[:20]

    def sign(self, message: bytes, digest: hashes.HashAlgorithm | None = None) -> bytes:
        """A signature as ``cert.algorithms.verify`` reads it; SHA-256 with RSA and ECDSA unless told."""
        if isinstance(self.native, tuple):
            return bytes(sm2_sign(*self.native, message, SM2_ID))
        if isinstance(self.native, rsa.RSAPrivateKey):
            return self.native.sign(message, PKCS1v15(), digest or hashes.SHA256())
        return self.native.sign(message, ec.ECDSA(digest or hashes.SHA256()))

    def pkcs8(self, password: str = "") -> bytes:
        """The key as PKCS #8 in PEM; with a password encrypted by PBES2 (RFC 8018), which openssl opens."""
        if not isinstance(self.native, tuple):
            lock: serialization.KeySerializationEncryption = serialization.NoEncryption()
            if password:
                lock = serialization.BestAvailableEncryption(password.encode())
            return self.native.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, lock
            )
        private, public = self.native
        algorithm = der.sequence(der.oid(EC_KEY), der.oid(SM2_CURVE))
        key = der.sequence(der.integer(1), der.wrap(4, private), der.wrap(0xA1, der.bits(b"\4" + public)))
        plain = der.sequence(der.integer(0), algorithm, der.wrap(4, key))
        return (
            pem(_locked(plain, password), "ENCRYPTED PRIVATE KEY") if password else pem(plain, "PRIVATE KEY")
        )


def _locked(plain: bytes, password: str) -> bytes:
    salt, iv, rounds = secrets.token_bytes(16), secrets.token_bytes(16), 20_000
    key = PBKDF2HMAC(hashes.SHA256(), 32, salt, rounds).derive(password.encode())
    padder = padding.PKCS7(128).padder()
    cipher = Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
    locked = cipher.update(padder.update(plain) + padder.finalize()) + cipher.finalize()
    hmac_sha256 = der.sequence(der.oid("1.2.840.113549.2.9"), b"\5\0")
    derivation = der.sequence(
        der.oid("1.2.840.113549.1.5.12"),
        der.sequence(der.wrap(4, salt), der.integer(rounds), hmac_sha256),
    )
    aes_256_cbc = der.sequence(der.oid("2.16.840.1.101.3.4.1.42"), der.wrap(4, iv))
    scheme = der.sequence(der.oid("1.2.840.113549.1.5.13"), der.sequence(derivation, aes_256_cbc))
    return der.sequence(scheme, der.wrap(4, locked))


def pem(content: bytes, label: str) -> bytes:
    """DER as a PEM block."""
    lines = base64.b64encode(content).decode()
    rows = [lines[at : at + 64] for at in range(0, len(lines), 64)]
    return "\n".join([f"-----BEGIN {label}-----", *rows, f"-----END {label}-----", ""]).encode()


def new_key(kind: Kind, bits: int = 2048) -> Key:
    """A fresh key; ``bits`` counts for RSA only, ECDSA keys lie on P-256."""
    if kind == "RSA":
        return Key(kind, rsa.generate_private_key(65537, bits))
    if kind == "ECDSA":
        return Key(kind, ec.generate_private_key(ec.SECP256R1()))
    public, private = sm2_key_generate()
    return Key(kind, (private, public))


def algorithm_identifier(oid: str) -> bytes:
    """AlgorithmIdentifier; RSA's carry a NULL (RFC 4055), the others nothing."""
    is_rsa = oid.startswith("1.2.840.113549.1.1.") or (oid in SIGNATURES and SIGNATURES[oid][0] == "RSA")
    return der.sequence(der.oid(oid), b"\5\0" if is_rsa else b"")


def make_certificate(
    subject: x509.Name,
    key: Key,
    issuer: x509.Name,
    issuer_key: Key,
    starts_at: datetime,
    ends_at: datetime,
    extensions: Sequence[Extension] = (),
    serial: int = 0,
    oid: str = "",
    digest: hashes.HashAlgorithm | None = None,
) -> bytes:
    """A version 3 certificate in DER (RFC 5280 section 4.1), whatever sense it makes; serial 0 draws one.

    ``oid`` and ``digest`` name another signature algorithm than the issuer key's usual one.
    """
    algorithm = algorithm_identifier(oid or OIDS[issuer_key.kind])
    tbs = der.sequence(
        der.wrap(0xA0, der.integer(2)),
        der.integer(serial or x509.random_serial_number()),
        algorithm,
        issuer.public_bytes(),
        der.sequence(der.moment(starts_at), der.moment(ends_at)),
        subject.public_bytes(),
        key.spki,
        der.wrap(0xA3, der.sequence(*map(_extension, extensions))) if extensions else b"",
    )
    return der.sequence(tbs, algorithm, der.bits(issuer_key.sign(tbs, digest)))


def _extension(extension: Extension) -> bytes:
    value, is_critical = extension
    return der.sequence(
        der.oid(value.oid.dotted_string),
        b"\1\1\xff" if is_critical else b"",
        der.wrap(4, value.public_bytes()),
    )


def make_crl(
    issuer: x509.Name,
    issuer_key: Key,
    this_update: datetime,
    next_update: datetime | None,
    revoked: Mapping[int, datetime],
    extensions: Sequence[Extension] = (),
    entry_extensions: Sequence[Extension] = (),
) -> bytes:
    """A version 2 list of revoked serial numbers in DER (RFC 5280 section 5.1)."""
    algorithm = algorithm_identifier(OIDS[issuer_key.kind])
    more = der.sequence(*map(_extension, entry_extensions)) if entry_extensions else b""
    entries = [der.sequence(der.integer(serial), der.moment(at), more) for serial, at in revoked.items()]
    known = [(x509.AuthorityKeyIdentifier(issuer_key.key_id, None, None), False), *extensions]
    tbs = der.sequence(
        der.integer(1),
        algorithm,
        issuer.public_bytes(),
        der.moment(this_update),
        der.moment(next_update) if next_update else b"",
        der.sequence(*entries) if entries else b"",
        der.wrap(0xA0, der.sequence(*map(_extension, known))),
    )
    return der.sequence(tbs, algorithm, der.bits(issuer_key.sign(tbs)))


def usage(*names: str) -> x509.KeyUsage:
    """KeyUsage with the named bits set, as in ``usage("digital_signature")``."""
    bits = (
        "digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
        "key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
    )  # fmt: skip
    return x509.KeyUsage(**{bit: bit in names for bit in bits})


def authority_extensions(key: Key, issuer_key: Key, path_length: int | None = None) -> list[Extension]:
    """What a CA certificate carries."""
    return [
        (x509.BasicConstraints(True, path_length), True),
        (usage("key_cert_sign", "crl_sign"), True),
        (x509.SubjectKeyIdentifier(key.key_id), False),
        (x509.AuthorityKeyIdentifier(issuer_key.key_id, None, None), False),
    ]


def holder_extensions(key: Key, issuer_key: Key, key_usage: x509.KeyUsage) -> list[Extension]:
    """What the certificate of a unit carries, its codes apart."""
    return [
        (x509.BasicConstraints(False, None), True),
        (key_usage, True),
        (x509.SubjectKeyIdentifier(key.key_id), False),
        (x509.AuthorityKeyIdentifier(issuer_key.key_id, None, None), False),
    ]


def private_text(oid: str, text: str, tag: int = 12) -> Extension:
    """A private extension holding a text; tag 12 is UTF8String, 19 PrintableString."""
    value = der.wrap(tag, text.encode(der.TEXTS[tag]))
    return x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), value), False
