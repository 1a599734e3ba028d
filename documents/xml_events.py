"""XML from a stranger, event by event: no entities of its own, nothing fetched, nothing built."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn
from xml.parsers import expat

from rules.refusals import Refusal


def follow(
    xml: bytes,
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None] | None = None,
    text: Callable[[str], None] | None = None,
) -> None:
    """Call ``start`` with each tag and its attributes, ``end`` with its tag, ``text`` with what stands between.


    Tags keep the prefix they were written with. Raises ``Refusal`` ``file.workbook_damaged`` for what is not
    well-formed, declares a document type, or makes a handler raise ValueError.
    """
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = text
    _parse(parser, xml)


def refuse_unusual(xml: bytes) -> None:
    """``file.workbook_damaged`` unless this is well-formed, with nothing in it but tags and text.

    Comments, CDATA and instructions could hold what looks like tags; no spreadsheet program writes them here.
    """
    parser = expat.ParserCreate()
    parser.CommentHandler = parser.StartCdataSectionHandler = parser.ProcessingInstructionHandler = _refuse
    _parse(parser, xml)


def _parse(parser: expat.XMLParserType, xml: bytes) -> None:
    parser.StartDoctypeDeclHandler = _refuse
    try:
        parser.Parse(xml, True)
    except (expat.ExpatError, LookupError, ValueError) as error:
        # An encoding that nobody knows is a LookupError.
        raise Refusal("file.workbook_damaged") from error


def local(tag: str) -> str:
    """A tag or an attribute without its prefix."""
    return tag.rpartition(":")[2]


def _refuse(*_declared: object) -> NoReturn:
    raise Refusal("file.workbook_damaged")
