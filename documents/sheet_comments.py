"""Comments on the cells of a sheet, as the two parts of an xlsx that hold their words and their boxes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from openpyxl.utils import get_column_letter

from translations import gettext as _

COMMENTS_PART = "xl/comments/comment1.xml"
SHAPES_PART = "xl/drawings/commentsDrawing1.vml"
"""The names that openpyxl gives these parts of its first sheet."""

_SHAPES_IN_BLOCK = 1024
_BOX_PIXELS = 260
_LETTERS_IN_LINE = 18
_GAP = 12
_SHAPES_HEAD = (
    '<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office"'
    ' xmlns:x="urn:schemas-microsoft-com:office:excel"><o:shapelayout v:ext="edit">'
    '<o:idmap v:ext="edit" data="{blocks}"/></o:shapelayout><v:shapetype id="_x0000_t202"'
    ' coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe"><v:stroke joinstyle="miter"/>'
    '<v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>'
)
_SHAPE = (
    '<v:shape id="_x0000_s{number}" type="#_x0000_t202" style="position:absolute;visibility:hidden"'
    ' fillcolor="#ffffe1" o:insetmode="auto"><v:fill color2="#ffffe1"/><v:shadow color="black"'
    ' obscured="t"/><v:path o:connecttype="none"/><v:textbox style="mso-direction-alt:auto">'
    '<div style="text-align:left"/></v:textbox><x:ClientData ObjectType="Note"><x:MoveWithCells/>'
    "<x:SizeWithCells/><x:Anchor>{anchor}</x:Anchor><x:AutoFill>False</x:AutoFill>"
    "<x:Row>{row}</x:Row><x:Column>{column}</x:Column></x:ClientData></v:shape>"
)


@dataclass(frozen=True, slots=True)
class CellComment:
    """What is said about one cell: its row from 1, its column from 0; the text has no control characters."""

    row: int
    column: int
    text: str


def comments_xml(comments: Sequence[CellComment]) -> bytes:
    """The part ``COMMENTS_PART`` (ECMA-376 part 1, 18.7); one comment a cell at most."""
    said = "".join(
        f'<comment ref="{get_column_letter(one.column + 1)}{one.row}" authorId="0"><text><r>'
        f'<t xml:space="preserve">{escape(one.text)}</t></r></text></comment>'
        for one in comments
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<comments xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f"<authors><author>{escape(_('检查结果'))}</author></authors><commentList>{said}</commentList></comments>"
    ).encode()


def shapes_xml(comments: Sequence[CellComment], widths: Sequence[int]) -> bytes:
    """The part ``SHAPES_PART``: a hidden box beside each cell (ECMA-376 part 4, VML).

    ``widths`` are those of the sheet's columns in letters; a program that shows a comment wants to know
    in which cells its box begins and ends.
    """
    # The numbers of shapes are given out in blocks of 1,024; a sheet names the blocks that it uses.
    blocks = ",".join(str(one + 1) for one in range(-(-(len(comments) + 1) // _SHAPES_IN_BLOCK)))
    return (_SHAPES_HEAD.format(blocks=blocks) + "".join(_shapes(comments, widths)) + "</xml>").encode()


def _shapes(comments: Sequence[CellComment], widths: Sequence[int]) -> Iterator[str]:
    places = [_box_sides(column, widths) for column in range(len(widths))]
    for number, one in enumerate(comments, start=_SHAPES_IN_BLOCK + 1):
        height = 2 + sum(-(-max(len(line), 1) // _LETTERS_IN_LINE) for line in one.text.split("\n"))
        top = max(one.row - 2, 0)
        left, right, rest = places[one.column]
        anchor = f"{left}, {_GAP}, {top}, 4, {right}, {rest}, {top + height}, 4"
        yield _SHAPE.format(number=number, anchor=anchor, row=one.row - 1, column=one.column)


def _box_sides(column: int, widths: Sequence[int]) -> tuple[int, int, int]:
    """The columns in which a box right of this one begins and ends, and how many pixels it takes of the last."""
    pixels = [7 * width + 5 for width in widths]
    right, rest = column + 1, _GAP + _BOX_PIXELS
    while rest >= (pixels[right] if right < len(pixels) else 64):
        rest -= pixels[right] if right < len(pixels) else 64
        right += 1
    return column + 1, right, rest
