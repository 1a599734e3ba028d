"""A question that can be signed once, soon, for one purpose and one origin. Pure: who keeps it is not asked here."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from rules.refusals import Refusal

NONCE_BYTES = 32
LIFE = timedelta(minutes=3)


@dataclass(frozen=True)
class Challenge:
    """``text`` is what is signed, in ASCII: nobody's middleware can encode it in two ways.

    ``about`` is the digest of what is signed along with it, such as a declaration's snapshot; empty at login.
    """

    purpose: str
    origin: str
    nonce: bytes
    issued_at: datetime
    about: str = ""

    @property
    def expires_at(self) -> datetime:
        """The moment after which it counts no more."""
        return self.issued_at + LIFE

    @property
    def text(self) -> str:
        """The lines that are signed; whoever reads them sees for whom and what for."""
        until = self.expires_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        lines = ["Wangting", self.purpose, self.origin, self.nonce.hex(), until]
        return "\n".join([*lines, self.about] if self.about else lines)

    @property
    def content(self) -> bytes:
        """The bytes of ``text``."""
        return self.text.encode("ascii")


def new_challenge(purpose: str, origin: str, now: datetime, about: str = "") -> Challenge:
    """A fresh question with ``NONCE_BYTES`` random bytes, good for ``LIFE`` from ``now`` (aware).

    ``purpose``, ``origin`` (scheme://host[:port]) and ``about`` are one line of ASCII each; raises ``ValueError``.
    """
    for part in (purpose, origin, about):
        if not part.isascii() or not part.isprintable():
            raise ValueError(f"{part!r} is not one line of ASCII")
    return Challenge(purpose, origin, secrets.token_bytes(NONCE_BYTES), now, about)


def check_challenge(
    found: Challenge | None,
    purpose: str,
    origin: str,
    now: datetime,
    about: str = "",
    used_at: datetime | None = None,
) -> Challenge:
    """The challenge, if what was signed may count now.

    Raises ``Refusal``: ``challenge.unknown`` (never asked, or not of this session), ``challenge.used``,
    ``challenge.expired``, ``challenge.foreign`` (asked for another purpose, origin or content).
    """
    if found is None:
        raise Refusal("challenge.unknown", "signature")
    if used_at is not None:
        raise Refusal("challenge.used", "signature")
    if (found.purpose, found.origin, found.about) != (purpose, origin, about):
        raise Refusal("challenge.foreign", "signature")
    if not found.issued_at <= now <= found.expires_at:
        raise Refusal("challenge.expired", "signature")
    return found
