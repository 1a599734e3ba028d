"""Takes DER out of what people and middleware wrap it in: PEM, bare base64, or nothing."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator

_BEGIN, _END, _DASHES = b"-----BEGIN ", b"-----END ", b"-----"


def unwrap(data: bytes, *labels: str) -> bytes:
    """The DER in ``data``; of PEM blocks (RFC 7468) the first whose label is one of ``labels``.

    Raises ``ValueError`` when it is none of the three, when PEM is cut off, or base64 is damaged.
    """
    if _BEGIN in data:
        for label, body in _blocks(data):
            if label in labels:
                return from_base64(body)
        raise ValueError("no PEM block of this kind")
    if data[:1] == b"\x30":
        # A text beginning with the digit 0 is base64 of no SEQUENCE, so this is unambiguous.
        return data
    return from_base64(data)


def _blocks(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Label and body of each block; every byte is looked at once, however the marks repeat."""
    at = data.find(_BEGIN)
    while at >= 0:
        label, dashes, _ = data[at + len(_BEGIN) : at + 80].partition(_DASHES)
        start = at + len(_BEGIN) + len(label) + len(_DASHES)
        end = data.find(_END + label + _DASHES, start) if dashes else -1
        if end < 0:
            raise ValueError("a PEM block without its end")
        yield label.decode(), data[start:end]
        at = data.find(_BEGIN, end)


def from_base64(text: bytes) -> bytes:
    """Strict base64, in lines or in one; raises ``ValueError``."""
    try:
        return base64.b64decode(b"".join(text.split()), validate=True)
    except binascii.Error as error:
        raise ValueError("base64 is damaged") from error
