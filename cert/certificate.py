"""A certificate read once and whole: whatever is malformed in it is refused here, before anybody relies on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TypeVar

from cryptography import x509
from cryptography.x509.oid import NameOID

from cert import der
from cert.algorithms import PublicKey, read_public_key
from cert.armour import unwrap
from rules.refusals import Refusal

MAX_BYTES = 64 * 1024
"""A real certificate has one to four kilobytes; more is somebody's attempt."""

MALFORMED = (
    ValueError, TypeError, IndexError, OverflowError, RecursionError,
    x509.InvalidVersion, x509.DuplicateExtension, x509.UnsupportedGeneralNameType,
)  # fmt: skip
"""What `cryptography` and asn1crypto raise for bytes that are no certificate."""

T = TypeVar("T", bound=x509.ExtensionType)


@dataclass(frozen=True, eq=False)
class Certificate:
    """One X.509 certificate, version 3; names and keys are also kept as the DER they came in."""

    der: bytes
    native: x509.Certificate
    serial: int
    issuer: bytes
    subject: bytes
    not_before: datetime
    not_after: datetime
    spki: bytes
    key: PublicKey
    signature_oid: str
    extensions: Mapping[str, x509.Extension[x509.ExtensionType]]

    @cached_property
    def basic_constraints(self) -> x509.BasicConstraints | None:
        """The extension, where there is one; so for the four below."""
        return self._extension(x509.BasicConstraints)

    @cached_property
    def key_usage(self) -> x509.KeyUsage | None:
        return self._extension(x509.KeyUsage)

    @cached_property
    def purposes(self) -> x509.ExtendedKeyUsage | None:
        return self._extension(x509.ExtendedKeyUsage)

    @cached_property
    def key_id(self) -> bytes | None:
        found = self._extension(x509.SubjectKeyIdentifier)
        return found.digest if found else None

    @cached_property
    def authority_key_id(self) -> bytes | None:
        found = self._extension(x509.AuthorityKeyIdentifier)
        return found.key_identifier if found else None

    @property
    def is_self_issued(self) -> bool:
        """Whether it names itself as its issuer (RFC 5280 section 6.1)."""
        return self.issuer == self.subject

    @property
    def subject_name(self) -> str:
        """The common name, else the organisation; for people."""
        return _shown(self.native.subject)

    @property
    def issuer_name(self) -> str:
        """The same of the issuer."""
        return _shown(self.native.issuer)

    def _extension(self, kind: type[T]) -> T | None:
        found = self.extensions.get(kind.oid.dotted_string)
        return found.value if found and isinstance(found.value, kind) else None


def read_certificate(data: bytes) -> Certificate:
    """Read DER, PEM or base64 of at most ``MAX_BYTES``.

    Raises ``Refusal``: ``cert.empty``, ``cert.too_large``, ``cert.encoding`` (none of the three, or cut off),
    ``cert.damaged`` (no certificate by RFC 5280), ``cert.algorithm``, ``cert.weak_key``.
    """
    if not data:
        raise Refusal("cert.empty", "certificate")
    if len(data) > MAX_BYTES:
        raise Refusal("cert.too_large", "certificate", limit=MAX_BYTES // 1024)
    try:
        content = unwrap(data, "CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE")
    except ValueError:
        raise Refusal("cert.encoding", "certificate") from None
    try:
        return _read(content)
    except MALFORMED:
        raise Refusal("cert.damaged", "certificate") from None


def _read(content: bytes) -> Certificate:
    tbs, algorithm, _ = der.Value(content).sequence()
    fields = tbs.sequence()
    if len(fields) < 7 or not fields[0].is_context(0):
        # Versions 1 and 2 have no extensions, so nothing would tell what such a key is for.
        raise ValueError("not of version 3")
    _, serial, inner, issuer, _, subject, spki = fields[:7]
    if inner.whole != algorithm.whole:
        raise ValueError("the signed algorithm is not the one outside")
    if serial.integer() <= 0 or len(serial.content) > 20:
        raise ValueError("serial number is not positive or too long")
    native = x509.load_der_x509_certificate(content)
    certificate = Certificate(
        der=content,
        native=native,
        serial=serial.integer(),
        issuer=issuer.whole,
        subject=subject.whole,
        not_before=native.not_valid_before_utc,
        not_after=native.not_valid_after_utc,
        spki=spki.whole,
        key=read_public_key(native, spki.whole),
        signature_oid=native.signature_algorithm_oid.dotted_string,
        extensions={one.oid.dotted_string: one for one in native.extensions},
    )
    # Names are decoded only when asked for; what cannot be decoded must fail now.
    _ = (certificate.subject_name, certificate.issuer_name)
    return certificate


def _shown(name: x509.Name) -> str:
    for kind in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME):
        for attribute in name.get_attributes_for_oid(kind):
            if isinstance(attribute.value, str):
                return attribute.value
    return ""
