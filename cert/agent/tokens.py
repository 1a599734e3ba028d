"""Keys in PKCS#11 tokens: RSA, and ECDSA where the token offers it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import cast

import pkcs11
from pkcs11 import Attribute, Mechanism, ObjectClass, SlotFlag, Token, TokenFlag, exceptions
from pkcs11.types import SignMixin
from pkcs11.util.ec import encode_ecdsa_signature

from cert.agent.keys import Certificate, KeyFailure, KeyMissing, PinLocked, PinWrong, read_certificate

GONE = (
    exceptions.DeviceRemoved,
    exceptions.TokenNotPresent,
    exceptions.TokenNotRecognised,
    exceptions.SlotIDInvalid,
)


class TokenLibrary:
    """Every token that one PKCS#11 library sees, or only the one with the given label.

    With ``software_only``, tokens in hardware slots are left alone: a PIN that lies in a file has no
    business with them.
    """

    def __init__(self, path: str, label: str | None = None, *, software_only: bool = False) -> None:
        """Load the library; raises :class:`KeyFailure` if it is none."""
        self._label = label
        self._software_only = software_only
        # A login belongs to the whole process, not to a session: one use at a time, or a second request
        # would find the token open that the first one's PIN has opened.
        self._one_at_a_time = Lock()
        try:
            self._library = pkcs11.lib(path)
        except RuntimeError as error:
            raise KeyFailure(f"{path}: {error!r}") from error

    def certificates(self) -> list[Certificate]:
        """The signing certificates; 加密证书 (no digitalSignature, no nonRepudiation) are left out."""
        with self._one_at_a_time, _said_plainly():
            return [certificate for _token, _id, certificate in self._held()]

    def needs_pin(self, certificate_id: str) -> bool:
        return True

    def sign(self, certificate_id: str, content: bytes, pin: str) -> bytes:
        with self._one_at_a_time, _said_plainly():
            for token, key_id, certificate in self._held():
                if certificate.id == certificate_id:
                    return _signed(token, key_id, certificate, content, pin)
        raise KeyMissing

    def _held(self) -> Iterator[tuple[Token, bytes, Certificate]]:
        for slot in self._library.get_slots(token_present=True):
            if self._software_only and SlotFlag.HW_SLOT in slot.flags:
                continue
            token = slot.get_token()
            if TokenFlag.TOKEN_INITIALIZED not in token.flags or self._label not in (None, token.label):
                continue
            yield from _certificates_of(token)


def _certificates_of(token: Token) -> list[tuple[Token, bytes, Certificate]]:
    found = []
    with token.open() as session:
        for held in session.get_objects({Attribute.CLASS: ObjectClass.CERTIFICATE}):
            try:
                certificate = read_certificate(held[Attribute.VALUE])
            except ValueError:
                continue  # some other object that its maker files under certificates; not ours to judge
            if certificate.is_for_signing:
                found.append((token, held[Attribute.ID], certificate))
    return found


def _signed(token: Token, key_id: bytes, certificate: Certificate, content: bytes, pin: str) -> bytes:
    if TokenFlag.USER_PIN_LOCKED in token.flags:
        raise PinLocked
    try:
        with token.open(user_pin=pin) as session:
            wanted = {Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.ID: key_id}
            # The search has to be over before the key may work: a session does one thing at a time.
            for key in list(session.get_objects(wanted)):
                return _raw_signature(cast(SignMixin, key), certificate.key.kind, content)
    except (exceptions.PinIncorrect, exceptions.PinInvalid, exceptions.PinLenRange):
        flags = token.slot.get_token().flags
        if TokenFlag.USER_PIN_LOCKED in flags:
            raise PinLocked from None
        # PKCS#11 counts no further: the last try is announced, more than one is not told in numbers.
        raise PinWrong(1 if TokenFlag.USER_PIN_FINAL_TRY in flags else None) from None
    raise KeyMissing


def _raw_signature(key: SignMixin, algorithm: str, content: bytes) -> bytes:
    if algorithm == "RSA":
        return key.sign(content, mechanism=Mechanism.SHA256_RSA_PKCS)
    if algorithm != "ECDSA":
        raise KeyFailure(f"this token's library cannot sign with {algorithm}")
    # Few tokens hash for ECDSA themselves.
    digest = hashlib.sha256(content).digest()
    return encode_ecdsa_signature(key.sign(digest, mechanism=Mechanism.ECDSA))


@contextmanager
def _said_plainly() -> Iterator[None]:
    """Turn what the library raises into what the agent knows."""
    try:
        yield
    except exceptions.PinLocked:
        raise PinLocked from None
    except GONE:
        raise KeyMissing from None
    except exceptions.PKCS11Error as error:
        raise KeyFailure(f"{type(error).__name__} {error}".strip()) from error
