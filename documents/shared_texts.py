"""The texts that cells of an xlsx share are counted before each cell gets a copy of its own.

A few kilobytes of cells that all point to one long text would become gigabytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from documents.xml_events import follow, local
from rules.refusals import Refusal

TEXTS = "xl/sharedStrings.xml"
_FREE_BYTES = 8 * 2**20
_POINTS_THERE = b' t="s"'
_NUMBER = re.compile(rb' t="s"><v>([0-9]+)<')
# What may part or join texts otherwise than by the plain end of one.
_NOT_PLAIN = (b"<!", b"<si/>", b":si")


def refuse_repeated_texts(
    parts: Mapping[str, bytes], plain: Sequence[bytes], pointers: Iterable[int], size: int
) -> None:
    """Refuse a workbook whose cells would take much more memory than its texts; ``file.workbook_damaged``.

    ``plain`` are the sheets in which every cell is written the plain way, ``pointers`` the numbers of texts
    that all other sheets point to, one a cell. ``size`` is the workbook's bytes, unpacked: a cell that points
    to a text takes more bytes than most texts.
    """
    texts = next((part for name, part in parts.items() if name.lower() == TEXTS.lower()), b"")
    lengths = _lengths(texts) if texts else []
    if not lengths:
        return
    known = list(pointers)
    count = len(known) + sum(part.count(_POINTS_THERE) for part in plain)
    if count * max(lengths) > _FREE_BYTES + size:
        known += (int(number) for part in plain for number in _NUMBER.findall(part))
        refuse_copied_texts(lengths, known, size)


def refuse_copied_texts(lengths: Sequence[int], pointers: Sequence[int], size: int) -> None:
    """Refuse texts of these lengths if their copies, one for each pointer, take more than ``size`` and some bytes.

    Raises ``file.workbook_damaged``, for a pointer to no text too.
    """
    try:
        needed = sum(map(lengths.__getitem__, pointers))
    except IndexError as error:
        raise Refusal("file.workbook_damaged") from error
    if needed > _FREE_BYTES + size:
        raise Refusal("file.workbook_damaged")


def _lengths(texts: bytes) -> list[int]:
    """How long each of the shared texts is at most, in bytes or characters."""
    if not any(sign in texts for sign in _NOT_PLAIN):
        return [len(piece) for piece in texts[texts.find(b"<si") :].split(b"</si>")]
    found: list[int] = []

    def start(tag: str, _attributes: dict[str, str]) -> None:
        if local(tag) == "si":
            found.append(0)

    def text(data: str) -> None:
        if found:
            found[-1] += len(data)

    follow(texts, start, text=text)
    return found
