"""The one place that chooses a hash: SM3 (GB/T 32905), as GB/T 39786 asks of government systems."""

from __future__ import annotations

import hmac
from collections.abc import Iterable

from cryptography.hazmat.primitives.hashes import SM3, Hash


def sm3_hex(*parts: bytes) -> str:
    """The SM3 digest of the parts put together, as 64 lower-case hex digits."""
    return sm3_of(parts)


def sm3_of(parts: Iterable[bytes]) -> str:
    """The same for a stream of parts too large to hold at once."""
    digest = Hash(SM3())
    for part in parts:
        digest.update(part)
    return digest.finalize().hex()


def is_same(left: str, right: str) -> bool:
    """Compare two digests in a time that does not tell where they differ."""
    return hmac.compare_digest(left, right)
