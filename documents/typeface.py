"""One embedded typeface for all paper, and no character of it is ever silently blank."""

from __future__ import annotations

import re
import threading
from functools import lru_cache
from pathlib import Path

from reportlab import rl_config
from reportlab.lib.fonts import addMapping
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.pdfdoc import PDFDocument
from reportlab.pdfbase.ttfonts import TTFont

FONT_NAME = "NotoSansSC"
FONT_FILE = Path(__file__).parent / "fonts" / "NotoSansSC-Regular.ttf"
_LONG_CODE = re.compile(r"^(<[0-9A-F]{2}> )<([0-9A-F]{5,6})>$", re.MULTILINE)
_LAYOUT_CHARACTERS = "\n\r\t"
_registering = threading.Lock()


class _Typeface(TTFont):  # type: ignore[misc]  # reportlab has no types
    """reportlab's font with a right table from glyphs to text beyond the first 65,536 characters.

    reportlab writes 𬭊 as five hex digits where a PDF wants two UTF-16 units: it prints well, but what is
    searched for or copied out of the file is another character.
    """

    def addObjects(self, doc: PDFDocument) -> None:
        """Add the font's objects to a finished document, as reportlab asks of a font."""
        super().addObjects(doc)
        for name, thing in doc.idToObject.items():
            if str(name).startswith("toUnicodeCMap:"):
                thing.content = _LONG_CODE.sub(_in_utf16, thing.content)


def _in_utf16(match: re.Match[str]) -> str:
    return f"{match[1]}<{chr(int(match[2], 16)).encode('utf-16-be').hex().upper()}>"


@lru_cache(maxsize=1)
def _register() -> TTFont:
    # Base-85 makes every page a quarter larger and slower; it only ever served seven-bit mail.
    rl_config.useA85 = 0
    font = _Typeface(FONT_NAME, str(FONT_FILE))
    pdfmetrics.registerFont(font)
    # There is one weight: asking for bold or italic must not lead to a font without Chinese.
    for bold in (0, 1):
        for italic in (0, 1):
            addMapping(FONT_NAME, bold, italic, FONT_NAME)
    return font


def typeface() -> TTFont:
    """The typeface, read from disk (0.15 s) and registered with reportlab once a process."""
    with _registering:
        return _register()


def missing_glyphs(text: str) -> list[str]:
    """The characters of the text that the typeface cannot show, each once, in order of appearance."""
    if text.isascii() and text.isprintable():
        return []
    known = typeface().face.charToGlyph
    return list(dict.fromkeys(one for one in text if ord(one) not in known and one not in _LAYOUT_CHARACTERS))


def printable(text: str) -> str:
    """The text with 〔U+XXXXX〕 for each character that the typeface cannot show."""
    for one in missing_glyphs(text):
        text = text.replace(one, f"〔U+{ord(one):04X}〕")
    return text
