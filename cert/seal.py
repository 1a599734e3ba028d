"""The hall's own signature on what must still be believed when its database is not: Ed25519 (RFC 8032)."""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey


class Seal:
    """A private key, from its 32 bytes as 64 hex digits; raises ``ValueError`` for anything else."""

    def __init__(self, seed: str) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seed))

    @property
    def public_key(self) -> str:
        """Its public half, as 64 hex digits."""
        return self._key.public_key().public_bytes_raw().hex()

    def sign(self, text: str) -> str:
        """The signature of a text in UTF-8, as 128 hex digits."""
        return self._key.sign(text.encode()).hex()


def is_sealed(public_key: str, text: str, signature: str) -> bool:
    """Whether this key signed this text; what is no key or no signature did not."""
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
        key.verify(bytes.fromhex(signature), text.encode())
    except (ValueError, InvalidSignature):
        return False
    return True
