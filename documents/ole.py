"""The streams of an OLE2 container, the file system inside an old Office file (MS-CFB).

Every number in the container is doubted: no chain is followed twice, nothing is allocated on its word.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from struct import pack, unpack_from

from rules.refusals import Refusal

SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HEADER = 512
_LAST_SECTOR = 0xFFFFFFFA
_DIRECTORY_ENTRY = 128
_STREAM, _ROOT = 2, 5
_MINI_SECTOR = 64
_FAT_IN_HEADER = 109
_LARGE_SECTOR = 4096
_TABLE, _CHAIN_END, _FREE = 0xFFFFFFFD, 0xFFFFFFFE, 0xFFFFFFFF


class Container:
    """An OLE2 file's streams by name; raises ``Refusal`` ``file.workbook_damaged`` if it is none."""

    def __init__(self, data: bytes) -> None:
        shift = unpack_from("<H", data, 30)[0] if len(data) >= _HEADER else 0
        if not data.startswith(SIGNATURE) or shift not in (9, 12):
            raise Refusal("file.workbook_damaged")
        self._data, self._size = data, 1 << shift
        first_directory, self._mini_below, first_mini = unpack_from("<I4xII", data, 48)
        self._fat = self._read_fat()
        directory = self._chained(first_directory)
        self.streams: dict[str, tuple[int, int]] = {}
        self._mini_stream = b""
        for place in range(0, len(directory) - _DIRECTORY_ENTRY + 1, _DIRECTORY_ENTRY):
            self._add(directory[place : place + _DIRECTORY_ENTRY])
        self._mini_fat = array("I", self._chained(first_mini)) if self._mini_stream else array("I")

    def read(self, name: str) -> bytes:
        """The bytes of a stream; KeyError if there is none of this name."""
        start, length = self.streams[name]
        if length >= self._mini_below:
            return self._chained(start)[:length]
        pieces = _follow(start, self._mini_fat)
        mini = (self._mini_stream[one * _MINI_SECTOR : (one + 1) * _MINI_SECTOR] for one in pieces)
        return b"".join(mini)[:length]

    def _add(self, entry: bytes) -> None:
        length_of_name, kind = unpack_from("<HB", entry, 64)
        start, length = unpack_from("<II", entry, 116)
        if kind == _ROOT:
            self._mini_stream = self._chained(start)[:length] if length else b""
        elif kind == _STREAM:
            name = entry[: max(min(length_of_name, 64) - 2, 0)].decode("utf-16-le", "replace")
            self.streams[name] = (start, length)

    def _sector(self, number: int) -> bytes:
        # With sectors of 4,096 bytes the header fills one of them.
        start = (number + 1) * self._size
        return self._data[start : start + self._size]

    def _chained(self, start: int) -> bytes:
        return b"".join(map(self._sector, _follow(start, self._fat)))

    def _read_fat(self) -> array[int]:
        numbers = list(unpack_from(f"<{_FAT_IN_HEADER}I", self._data, 76))
        further, seen = unpack_from("<I", self._data, 68)[0], set[int]()
        while further < _LAST_SECTOR and further not in seen:
            seen.add(further)
            sector = self._sector(further)
            if len(sector) < self._size:
                break
            *more, further = unpack_from(f"<{self._size // 4}I", sector)
            numbers.extend(more)
        fat = array("I")
        for number in dict.fromkeys(numbers):
            sector = self._sector(number) if number < _LAST_SECTOR else b""
            fat.frombytes(sector[: len(sector) // 4 * 4])
        return fat


def contained(name: str, stream: bytes) -> bytes:
    """A new container with this one stream, in sectors of 4,096 bytes, so that its table needs no table."""
    stream = stream.ljust(_LARGE_SECTOR, b"\0")
    sectors = -(-len(stream) // _LARGE_SECTOR)
    numbers = _LARGE_SECTOR // 4
    tables = -(-(sectors + 2) // (numbers - 1))
    # The tables, the directory, an empty stream of small pieces, and the stream.
    first = tables + 2
    chain = array("I", [_TABLE] * tables + [_CHAIN_END] * 2)
    chain.extend(range(first + 1, first + sectors))
    chain.append(_CHAIN_END)
    chain.extend([_FREE] * (tables * numbers - len(chain)))
    header = SIGNATURE + pack("<16xHHHHH6x", 62, 4, 0xFFFE, 12, 6)
    header += pack("<9I", 1, tables, tables, 0, _LARGE_SECTOR, _CHAIN_END, 0, _CHAIN_END, 0)
    places = [*range(tables), *[_FREE] * (_FAT_IN_HEADER - tables)]
    header += pack(f"<{_FAT_IN_HEADER}I", *places)
    directory = _entry("Root Entry", _ROOT, tables + 1, 0) + _entry(name, _STREAM, first, len(stream))
    parts = (header, chain.tobytes(), directory, b"", stream)
    padded = [
        part.ljust(-(-len(part) // _LARGE_SECTOR) * _LARGE_SECTOR or _LARGE_SECTOR, b"\0") for part in parts
    ]
    return b"".join(padded)


def _entry(name: str, kind: int, start: int, length: int) -> bytes:
    text = (name + "\0").encode("utf-16-le")
    return pack(
        "<64sHBB3I36xIQ", text, len(text), kind, 1, _FREE, 1 if kind == _ROOT else _FREE, _FREE, start, length
    )


def _follow(start: int, table: array[int]) -> Iterator[int]:
    """The sectors of a chain; ``file.workbook_damaged`` where it runs in a circle or out of the table."""
    number, left = start, len(table)
    while number < _LAST_SECTOR:
        if left == 0 or number >= len(table):
            raise Refusal("file.workbook_damaged")
        yield number
        number, left = table[number], left - 1
