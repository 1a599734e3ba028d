"""What the agent needs of a key, wherever it lies: its certificates, a signature, and why there is none."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from cert import certificate as x509
from cert.algorithms import PublicKey
from cert.codes import codes_of, default_code_maps
from rules.refusals import Refusal


class KeyFailure(Exception):
    """There is no signature; ``detail`` is what the key's library said, for the person's support."""

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail)
        self.detail = detail


class KeyMissing(KeyFailure):
    """The token was drawn out, or holds no such certificate."""


class PinLocked(KeyFailure):
    """Too many wrong PINs: only the certification authority can unlock the token."""


class PinWrong(KeyFailure):
    """The PIN does not open the key. ``tries`` are left before it locks; None if the key does not say."""

    def __init__(self, tries: int | None = None) -> None:
        super().__init__()
        self.tries = tries


@dataclass(frozen=True)
class Certificate:
    """A certificate and what a person knows it by; ``id`` is the SHA-256 of its DER, in hex."""

    id: str
    der: bytes
    subject: str
    issuer: str
    uscc: str
    valid_from: datetime
    valid_until: datetime
    key: PublicKey
    is_for_signing: bool


class Source(Protocol):
    """Where keys lie."""

    def certificates(self) -> list[Certificate]:
        """The certificates that are there now; raises :class:`KeyFailure` if the library fails."""

    def needs_pin(self, certificate_id: str) -> bool:
        """Whether the key of this certificate asks for a PIN or a password."""

    def sign(self, certificate_id: str, content: bytes, pin: str) -> bytes:
        """The raw signature over the content, as DER for ECDSA and SM2; raises :class:`KeyFailure`."""


def read_certificate(content: bytes) -> Certificate:
    """Read a certificate for showing it, in DER or PEM; raises ``ValueError`` on anything that is none.

    Whether it is good is for the site to say. Only what can never sign in anywhere, such as RSA under 2048
    bits, counts as none here too.
    """
    try:
        read = x509.read_certificate(content)
    except Refusal as refusal:
        raise ValueError(f"not a certificate to sign in with: {refusal.code}") from None
    usage = read.key_usage
    return Certificate(
        id=hashlib.sha256(read.der).hexdigest(),
        der=read.der,
        subject=read.subject_name,
        issuer=read.issuer_name,
        uscc=codes_of(read, default_code_maps()).uscc,
        valid_from=read.not_before,
        valid_until=read.not_after,
        key=read.key,
        is_for_signing=usage is None or usage.digital_signature or usage.content_commitment,
    )
