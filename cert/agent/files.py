"""Keys in files: PKCS#12 with RSA or ECDSA, and SM2 as PKCS#8 or SEC 1 in PEM."""

from __future__ import annotations

from pathlib import Path

from asn1crypto import keys, pem
from cryptography.hazmat.primitives import hashes, padding
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12
from gmssl_pyx import sm2_sign

from cert.agent.keys import Certificate, KeyFailure, KeyMissing, PinWrong, read_certificate
from cert.algorithms import SM2_ID

SM2_LABELS = ("ENCRYPTED PRIVATE KEY", "PRIVATE KEY", "EC PRIVATE KEY", "SM2 PRIVATE KEY")
PBES2 = "1.2.840.113549.1.5.13"
HASHES: dict[str, type[hashes.HashAlgorithm]] = {
    "sha1": hashes.SHA1,
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}
# Key length in bytes; the two families that openssl writes PKCS#8 with for SM2 keys.
CIPHERS: dict[str, tuple[type[algorithms.AES] | type[algorithms.SM4], int]] = {
    "2.16.840.1.101.3.4.1.2": (algorithms.AES, 16),
    "2.16.840.1.101.3.4.1.22": (algorithms.AES, 24),
    "2.16.840.1.101.3.4.1.42": (algorithms.AES, 32),
    "1.2.156.10197.1.104.2": (algorithms.SM4, 16),
}


class Pkcs12File:
    """One certificate with its RSA or ECDSA key; the password opens both, and is asked each time anew."""

    def __init__(self, path: Path, password: str) -> None:
        """Read the certificate; raises :class:`PinWrong`, or ``ValueError`` if there is none in the file."""
        self._content = path.read_bytes()
        certificate = self._open(password)[1]
        self._certificate = read_certificate(certificate)

    def certificates(self) -> list[Certificate]:
        return [self._certificate]

    def needs_pin(self, certificate_id: str) -> bool:
        return True

    def sign(self, certificate_id: str, content: bytes, pin: str) -> bytes:
        if certificate_id != self._certificate.id:
            raise KeyMissing
        key = self._open(pin)[0]
        if isinstance(key, RSAPrivateKey):
            return key.sign(content, PKCS1v15(), hashes.SHA256())
        return key.sign(content, ec.ECDSA(hashes.SHA256()))

    def _open(self, password: str) -> tuple[RSAPrivateKey | ec.EllipticCurvePrivateKey, bytes]:
        try:
            key, certificate, _others = pkcs12.load_key_and_certificates(self._content, password.encode())
        except ValueError as error:
            if "password" in str(error).lower():
                raise PinWrong from None
            raise
        if certificate is None or not isinstance(key, (RSAPrivateKey, ec.EllipticCurvePrivateKey)):
            raise ValueError("no certificate with an RSA or elliptic curve key in this PKCS#12 file")
        return key, certificate.public_bytes(Encoding.DER)


class Sm2File:
    """An SM2 key in PEM, plain or encrypted, and its certificate in PEM or DER."""

    def __init__(self, key: Path, certificate: Path) -> None:
        """Read both; raises ``ValueError`` for files of another kind."""
        self._label, self._key = _unarmoured(key)
        self._certificate = read_certificate(certificate.read_bytes())
        point = self._certificate.key.native
        if not isinstance(point, bytes):
            raise ValueError(f"the certificate is for {self._certificate.key.kind}, not SM2")
        if self._label not in SM2_LABELS:
            raise ValueError(f"{key} is not an SM2 key in PEM")
        self._point = point

    def certificates(self) -> list[Certificate]:
        return [self._certificate]

    def needs_pin(self, certificate_id: str) -> bool:
        return self._label == "ENCRYPTED PRIVATE KEY"

    def sign(self, certificate_id: str, content: bytes, pin: str) -> bytes:
        """SM3withSM2 under the identity 1234567812345678 (GM/T 0009)."""
        if certificate_id != self._certificate.id:
            raise KeyMissing
        key = self._open(pin)
        if key["public_key"].native not in (None, b"\4" + self._point):
            raise KeyFailure("the key does not belong to the certificate")
        private = key["private_key"].native.to_bytes(32, "big")
        signature: bytes = sm2_sign(private, self._point, content, SM2_ID)
        return signature

    def _open(self, password: str) -> keys.ECPrivateKey:
        if self._label == "ENCRYPTED PRIVATE KEY":
            return decrypt_pkcs8(self._key, password)["private_key"].parsed
        if self._label == "PRIVATE KEY":
            return keys.PrivateKeyInfo.load(self._key)["private_key"].parsed
        return keys.ECPrivateKey.load(self._key)


def decrypt_pkcs8(der: bytes, password: str) -> keys.PrivateKeyInfo:
    """Open an EncryptedPrivateKeyInfo (RFC 5958) that PBES2 (RFC 8018) protects.

    ``cryptography`` would do it, but refuses what it finds inside an SM2 one. Raises :class:`PinWrong`,
    or :class:`KeyFailure` for a scheme that is not supported.
    """
    held = keys.EncryptedPrivateKeyInfo.load(der)
    scheme = held["encryption_algorithm"]
    if scheme["algorithm"].dotted != PBES2:
        raise KeyFailure("only PBES2 is supported")
    derivation = scheme["parameters"]["key_derivation_func"]["parameters"]
    cipher = scheme["parameters"]["encryption_scheme"]
    hash_name = derivation["prf"]["algorithm"].native
    if hash_name not in HASHES or cipher["algorithm"].dotted not in CIPHERS:
        raise KeyFailure("only PBKDF2 with SHA, and AES or SM4 in CBC mode, are supported")
    algorithm, length = CIPHERS[cipher["algorithm"].dotted]
    kdf = PBKDF2HMAC(
        HASHES[hash_name](), length, derivation["salt"].native, derivation["iteration_count"].native
    )
    mode = modes.CBC(cipher["parameters"].native)
    opened = Cipher(algorithm(kdf.derive(password.encode())), mode).decryptor()
    unpadder = padding.PKCS7(128).unpadder()
    try:
        plain = unpadder.update(opened.update(held["encrypted_data"].native) + opened.finalize())
        info = keys.PrivateKeyInfo.load(plain + unpadder.finalize(), strict=True)
        # One wrong password in 256 leaves a plausible padding: only a key inside tells that it was right.
        info["private_key"].parsed["private_key"].native  # noqa: B018
    except (ValueError, TypeError, KeyError):
        raise PinWrong from None
    return info


def _unarmoured(path: Path) -> tuple[str, bytes]:
    content = path.read_bytes()
    if not pem.detect(content):
        return "", content
    # openssl writes EC or SM2 PARAMETERS before the key itself.
    for label, _headers, der in pem.unarmor(content, multiple=True):
        if not label.endswith(" PARAMETERS"):
            return str(label), der
    raise ValueError(f"{path} holds no key and no certificate")
