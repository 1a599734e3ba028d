"""The table of texts that the cells of an xls share (MS-XLS 2.4.265)."""

from __future__ import annotations

from struct import unpack_from

_WIDE, _RICH, _PHONETIC = 0x01, 0x08, 0x04
_BYTES_A_UNIT = 3


def characters(data: bytes, length: int, flags: int) -> str:
    """A text of ``length`` units of UTF-16, in two bytes or one each as the flags say."""
    if flags & _WIDE:
        return data[: 2 * length].decode("utf-16-le", "replace")
    return data[:length].decode("latin-1")


def text_lengths(pieces: list[bytearray]) -> list[int]:
    """How long each text is that is wholly there, in bytes of UTF-8 at most.

    ``pieces`` are the contents of the table's record and of those that go on with it. A rare character of which
    one piece holds the first half and the next piece the second is moved there; calamine would lose it. Raises
    struct.error or IndexError where a text is cut.
    """
    lengths: list[int] = []
    number, place, last = 0, 8, len(pieces) - 1
    piece = pieces[0]
    count = unpack_from("<I", piece, 4)[0]
    while len(lengths) < count:
        if place >= len(piece):
            if number == last:
                break
            number, place, piece = number + 1, 0, pieces[number + 1]
        length, flags = unpack_from("<HB", piece, place)
        place += 3
        tail = 0
        if flags & _RICH:
            tail += 4 * unpack_from("<H", piece, place)[0]
            place += 2
        if flags & _PHONETIC:
            tail += unpack_from("<I", piece, place)[0]
            place += 4
        left = length
        while True:
            width = 2 if flags & _WIDE else 1
            here = min((len(piece) - place) // width, left)
            left, place = left - here, place + here * width
            if not left:
                break
            if number == last:
                return lengths
            number += 1
            if width == 2 and here and piece[place - 1] & 0xFC == 0xD8:
                pieces[number][1:1] = piece[place - 2 : place]
                del piece[place - 2 : place]
                left += 1
            # A text that goes on begins there with its flags again.
            piece = pieces[number]
            flags, place = piece[0], 1
        while tail > len(piece) - place:
            if number == last:
                return lengths
            tail -= len(piece) - place
            number, place, piece = number + 1, 0, pieces[number + 1]
        place += tail
        lengths.append(_BYTES_A_UNIT * length)
    return lengths
