"""Reads and writes the little of DER (ITU-T X.690) that lies between `cryptography` and the standards it lacks."""

from __future__ import annotations

from datetime import UTC, datetime

from asn1crypto import core, parser

INTEGER, BIT_STRING, OCTET_STRING, NULL, OID, SEQUENCE, SET = 2, 3, 4, 5, 6, 16, 17
TEXTS = {12: "utf-8", 19: "ascii", 22: "ascii", 30: "utf-16-be"}
"""Tags of the text types that carry codes, with their encodings: UTF8, Printable, IA5 and BMPString."""

MOST = 100
"""Values side by side. No structure read here comes near, and each costs a copy of what follows it."""


class Value:
    """One tag, length and content; ``whole`` is all its bytes as they came.

    Raises ``ValueError`` where the bytes are no whole value, are indefinite or nested without end.
    """

    __slots__ = ("content", "number", "scope", "whole")

    def __init__(self, data: bytes, strict: bool = True) -> None:
        scope, _method, number, header, content, trailer = parser.parse(data, strict=strict)
        self.scope: int = scope
        self.number: int = number
        self.content: bytes = content
        self.whole: bytes = header + content + trailer

    def is_context(self, number: int) -> bool:
        """Whether it bears the context tag ``[number]``."""
        return self.scope == 2 and self.number == number

    def is_plain(self, number: int) -> bool:
        """Whether it is of the universal type with this tag number."""
        return self.scope == 0 and self.number == number

    def inside(self) -> list[Value]:
        """The values that it is made of; raises ``ValueError`` for more than ``MOST``."""
        found: list[Value] = []
        rest = self.content
        while rest:
            if len(found) == MOST:
                raise ValueError("too many values")
            value = Value(rest, strict=False)
            found.append(value)
            rest = rest[len(value.whole) :]
        return found

    def sequence(self) -> list[Value]:
        """The same, of a SEQUENCE or SET only; raises ``ValueError`` for another type."""
        if not (self.is_plain(SEQUENCE) or self.is_plain(SET)):
            raise ValueError("no sequence")
        return self.inside()

    def oid(self) -> str:
        """The dotted form of an OBJECT IDENTIFIER."""
        return str(core.ObjectIdentifier.load(self.whole, strict=True).dotted)

    def integer(self) -> int:
        """An INTEGER's number; raises ``ValueError`` unless in the shortest form, as DER asks."""
        content = self.content
        if not self.is_plain(INTEGER) or not content:
            raise ValueError("no integer")
        if len(content) > 1 and (content[0], content[1] >> 7) in ((0, 0), (255, 1)):
            raise ValueError("integer is not in its shortest form")
        return int.from_bytes(content, "big", signed=True)

    def octets(self) -> bytes:
        """An OCTET STRING; also one in pieces, as BER writes it when the length is not known in time."""
        if self.scope or self.number != OCTET_STRING:
            raise ValueError("no octet string")
        if self.whole[0] & 0x20:
            return b"".join(piece.octets() for piece in self.inside())
        return self.content

    def bits(self) -> bytes:
        """A BIT STRING of whole bytes."""
        if not self.is_plain(BIT_STRING) or not self.content or self.content[0]:
            raise ValueError("no bit string of whole bytes")
        return self.content[1:]

    def text(self) -> str:
        """A text of one of ``TEXTS``; raises ``ValueError`` for another type or a wrong encoding."""
        if self.scope or self.number not in TEXTS:
            raise ValueError("no text")
        return self.content.decode(TEXTS[self.number])


def wrap(tag: int, *parts: bytes) -> bytes:
    """A value of this identifier octet around the parts."""
    content = b"".join(parts)
    size = len(content)
    if size < 128:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 128 | len(length))) + length + content


def sequence(*parts: bytes) -> bytes:
    """A SEQUENCE of encoded values."""
    return wrap(0x30, *parts)


def integer(number: int) -> bytes:
    """An INTEGER in its shortest form."""
    return wrap(INTEGER, number.to_bytes(number.bit_length() // 8 + 1, "big", signed=True))


def oid(dotted: str) -> bytes:
    """An OBJECT IDENTIFIER."""
    return bytes(core.ObjectIdentifier(dotted).dump())


def bits(content: bytes) -> bytes:
    """A BIT STRING of whole bytes."""
    return wrap(BIT_STRING, b"\0", content)


def moment(at: datetime) -> bytes:
    """A Time as RFC 5280 section 4.1.2.5 writes it: UTCTime up to 2049, GeneralizedTime after."""
    utc = at.astimezone(UTC)
    if 1950 <= utc.year < 2050:
        return wrap(23, utc.strftime("%y%m%d%H%M%SZ").encode())
    return wrap(24, utc.strftime("%Y%m%d%H%M%SZ").encode())
