"""A list of revoked certificates (RFC 5280 section 5), read once and asked often."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from cert import der
from cert.algorithms import SIGNATURES, verify
from cert.armour import unwrap
from cert.certificate import MALFORMED, Certificate

MAX_BYTES = 50 * 2**20
"""A province's list of several hundred thousand numbers has about 20 MB."""

# What an entry or a list may mark as critical and is understood here; RFC 5280 refuses the list for any other.
_UNDERSTOOD = {x509.IssuingDistributionPoint.oid, x509.AuthorityKeyIdentifier.oid, x509.CRLNumber.oid}
_UNDERSTOOD_IN_ENTRY = {x509.CRLReason.oid, x509.InvalidityDate.oid}


@dataclass(frozen=True, eq=False)
class Crl:
    """One list. ``revoked`` maps serial numbers to the moment of revocation; ``scope`` is its part, if it is one."""

    der: bytes
    issuer: bytes
    key_id: bytes | None
    this_update: datetime
    next_update: datetime | None
    revoked: Mapping[int, datetime]
    scope: x509.IssuingDistributionPoint | None
    signature_oid: str
    tbs: bytes
    signature: bytes

    def is_signed_by(self, issuer: Certificate) -> bool:
        """Whether this CA signed the list, with a key that may sign lists and a digest that still counts."""
        if self.signature_oid not in SIGNATURES or (issuer.key_usage and not issuer.key_usage.crl_sign):
            return False
        kind, digest = SIGNATURES[self.signature_oid]
        return kind == issuer.key.kind and verify(issuer.key, digest, self.signature, self.tbs)

    def covers(self, certificate: Certificate) -> bool:
        """Whether the list would name this certificate, were it revoked.

        A list in parts (issuingDistributionPoint) speaks for the certificates that point to its part, and for
        holders or authorities only if it says so (RFC 5280 sections 5.2.5 and 6.3.3).
        """
        if self.scope is None:
            return True
        is_ca = bool(certificate.basic_constraints and certificate.basic_constraints.ca)
        if self.scope.only_contains_user_certs if is_ca else self.scope.only_contains_ca_certs:
            return False
        if self.scope.full_name is None:
            return True
        return any(name in self.scope.full_name for name in _points(certificate))

    def revoked_at(self, serial: int, at: datetime) -> datetime | None:
        """When the number was revoked, if it counted as revoked at this moment.

        A date ahead of the list itself is a clock gone wrong and counts at once.
        """
        found = self.revoked.get(serial)
        return found if found and (found <= at or found > self.this_update) else None


def _points(certificate: Certificate) -> list[x509.GeneralName]:
    found = certificate.extensions.get(x509.CRLDistributionPoints.oid.dotted_string)
    if not found or not isinstance(found.value, x509.CRLDistributionPoints):
        return []
    return [name for point in found.value for name in point.full_name or ()]


def read_crl(data: bytes) -> Crl:
    """Read DER, PEM or base64; the signature is not checked yet.

    Raises ``ValueError``: malformed, larger than ``MAX_BYTES``, a delta or indirect list, one by reasons or
    for attribute certificates, or one with a critical extension that nobody here understands.
    """
    if len(data) > MAX_BYTES:
        raise ValueError(f"list of {len(data)} bytes, at most {MAX_BYTES}")
    try:
        return _read(unwrap(data, "X509 CRL"))
    except MALFORMED as error:
        raise ValueError(f"no list of revoked certificates: {error}") from error


def _read(content: bytes) -> Crl:
    native = x509.load_der_x509_crl(content)
    tbs, algorithm, _ = der.Value(content).sequence()
    inner, issuer = [field for field in tbs.sequence() if field.is_plain(der.SEQUENCE)][:2]
    if inner.whole != algorithm.whole:
        raise ValueError("the signed algorithm is not the one outside")
    scope, key_id = None, None
    for extension in native.extensions:
        if extension.critical and extension.oid not in _UNDERSTOOD:
            raise ValueError(f"critical extension {extension.oid.dotted_string}")
        if isinstance(extension.value, x509.IssuingDistributionPoint):
            scope = extension.value
        if isinstance(extension.value, x509.AuthorityKeyIdentifier):
            key_id = extension.value.key_identifier
    if scope and (
        scope.indirect_crl
        or scope.only_some_reasons
        or scope.only_contains_attribute_certs
        or scope.relative_name
    ):
        raise ValueError("indirect, by reasons, or for attribute certificates")
    return Crl(
        der=content,
        issuer=issuer.whole,
        key_id=key_id,
        this_update=native.last_update_utc,
        next_update=native.next_update_utc,
        revoked={entry.serial_number: _moment(entry) for entry in native},
        scope=scope,
        signature_oid=native.signature_algorithm_oid.dotted_string,
        tbs=native.tbs_certlist_bytes,
        signature=native.signature,
    )


def _moment(entry: x509.RevokedCertificate) -> datetime:
    for extension in entry.extensions:
        if extension.critical and extension.oid not in _UNDERSTOOD_IN_ENTRY:
            raise ValueError(f"entry with critical extension {extension.oid.dotted_string}")
    return entry.revocation_date_utc
