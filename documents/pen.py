"""Text and lines are set on a page at a steady cost, and no text ever leaves its box."""

from __future__ import annotations

from typing import Literal

from reportlab.pdfgen.canvas import Canvas

from documents.typeface import FONT_NAME, missing_glyphs, printable, typeface

Align = Literal["left", "center", "right"]

_PADDING = 3.0
_LINE_HEIGHT = 1.15
_SMALLEST = 2.0


class Pen:
    """Writes PDF operators for one page after another; lengths are points, the origin bottom left.

    reportlab's own drawString costs 35 µs a call, which would be most of a long roster's time; plain
    figures need only be placed, because the font's first subset keeps ASCII where it is.
    """

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self._font = typeface()
        self._document = canvas._doc
        self._font.splitString("0", self._document)
        self._ascii_font = self._font.getSubsetInternalName(0, self._document)
        self._operators: list[str] = []
        self._missing: dict[str, None] = {}

    @property
    def missing(self) -> list[str]:
        """The characters the typeface lacked so far, each once."""
        return list(self._missing)

    def width(self, text: str, size: float) -> float:
        """The text's width."""
        return float(self._font.stringWidth(text, size))

    def text(self, x: float, y: float, text: str, size: float, align: Align = "left") -> None:
        """Set a line of text with its base line at y; x is its left end, middle or right end."""
        self._place(x, y, self.shown(text), size, align)

    def shown(self, text: str) -> str:
        """The text as it can be printed; what the typeface lacks is noted."""
        if text.isascii():
            return text
        lacking = missing_glyphs(text)
        if not lacking:
            return text
        self._missing.update(dict.fromkeys(lacking))
        return printable(text)

    def boxed(
        self, x: float, y: float, width: float, height: float, text: str, size: float, align: Align = "left"
    ) -> None:
        """Set a text inside a box whose lower left corner is (x, y).

        A text too wide gets smaller, down to four fifths; beyond that it goes onto several lines. A
        newline in it starts a line in any case.
        """
        if not text:
            return
        text = self.shown(text)
        room = width - 2 * _PADDING
        lines = text.split("\n")
        natural = max(self.width(line, size) for line in lines)
        if natural > room:
            size, lines = self._arranged(text, size, natural, room, height)
        left = x + _PADDING
        at = left if align == "left" else left + room if align == "right" else left + room / 2
        step = size * _LINE_HEIGHT
        base = y + height / 2 + (len(lines) - 1) * step / 2 - size * 0.36
        for line in lines:
            self._place(at, base, line, size, align)
            base -= step

    def line(self, x1: float, y1: float, x2: float, y2: float, width: float = 0.5) -> None:
        """Draw a straight line."""
        self._operators.append(f"{width:g} w {x1:.2f} {y1:.2f} m {x2:.2f} {y2:.2f} l S")

    def grid(self, xs: list[float], ys: list[float]) -> None:
        """Draw a table's lines: a horizontal one at every y, a vertical one at every x."""
        for y in ys:
            self.line(xs[0], y, xs[-1], y)
        for x in xs:
            self.line(x, ys[0], x, ys[-1])

    def shade(self, x: float, y: float, width: float, height: float) -> None:
        """Lay a light grey under a heading; to be called before its text."""
        self._operators.append(f"q 0.93 g {x:.2f} {y:.2f} {width:.2f} {height:.2f} re f Q")

    def end_page(self) -> None:
        """Hand the page over to the document and begin a new one."""
        self._canvas.addLiteral("\n".join(self._operators))
        self._operators.clear()
        self._canvas.showPage()

    def _place(self, x: float, y: float, text: str, size: float, align: Align) -> None:
        if align != "left":
            width = self.width(text, size)
            x -= width if align == "right" else width / 2
        self._operators.append(f"BT 1 0 0 1 {x:.2f} {y:.2f} Tm {self._shown_by(text, size)} ET")

    def _shown_by(self, text: str, size: float) -> str:
        if text.isascii() and text.isprintable():
            return f"{self._ascii_font} {size:g} Tf <{text.encode().hex()}> Tj"
        parts = []
        for subset, codes in self._font.splitString(text, self._document):
            name = self._font.getSubsetInternalName(subset, self._document)
            parts.append(f"{name} {size:g} Tf <{codes.hex()}> Tj")
        return " ".join(parts)

    def _arranged(
        self, text: str, size: float, natural: float, room: float, height: float
    ) -> tuple[float, list[str]]:
        """The largest size, and the lines, with which a long text stays inside its box."""
        if natural * 0.8 <= room:
            return size * room / natural, text.split("\n")
        size *= 0.8
        while size > _SMALLEST:
            lines = self._wrapped(text, size, room)
            if len(lines) * size * _LINE_HEIGHT <= height - 1:
                return size, lines
            size *= 0.94
        return size, self._wrapped(text, size, room)

    def _wrapped(self, text: str, size: float, room: float) -> list[str]:
        lines = []
        line, used = "", 0.0
        for one in text:
            step = self.width(one, size)
            if one == "\n" or (line and used + step > room):
                lines.append(line)
                line, used = "", 0.0
                if one == "\n":
                    continue
            line += one
            used += step
        return [*lines, line]


def new_canvas(out: object, title: str) -> Canvas:
    """A canvas for A4 pages that knows no font but the embedded one."""
    typeface()
    canvas = Canvas(out, pagesize=(595.28, 841.89), initialFontName=FONT_NAME, pageCompression=1)
    canvas.setTitle(title)
    canvas.setCreator("")
    return canvas
