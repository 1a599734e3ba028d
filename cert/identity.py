"""Who stands behind a certificate that has passed every check."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cert.algorithms import Kind
from cert.certificate import Certificate
from cert.codes import Codes, codes_of
from cert.digests import sm3_hex
from cert.trust import Trust


@dataclass(frozen=True)
class Identity:
    """What 证书信息 shows and what a unit is found by. ``serial`` is hex, ``digest`` SM3 of ``certificate`` (DER)."""

    subject_name: str
    issuer_name: str
    serial: str
    not_before: datetime
    not_after: datetime
    codes: Codes
    algorithm: Kind
    digest: str
    certificate: bytes

    def days_left(self, at: datetime) -> int:
        """Whole days until the certificate ends; negative when it has."""
        return (self.not_after - at).days


def identity_of(certificate: Certificate, trust: Trust) -> Identity:
    """The identity of a certificate; whether it may be believed is not asked here."""
    return Identity(
        subject_name=certificate.subject_name,
        issuer_name=certificate.issuer_name,
        serial=f"{certificate.serial:x}",
        not_before=certificate.not_before,
        not_after=certificate.not_after,
        codes=codes_of(certificate, trust.code_maps),
        algorithm=certificate.key.kind,
        digest=sm3_hex(certificate.der),
        certificate=certificate.der,
    )
