"""征集 as a spreadsheet: names and numbers as text that is never a formula, money in yuan that adds up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.styles.named_styles import NamedStyle
from openpyxl.utils import get_column_letter

from documents.sheet_writing import cell_text, fill_sheet, style_numbers
from rules.money import yuan_text

Kind = Literal["text", "count", "money"]
_FORMATS: dict[Kind, str] = {"text": "@", "count": "0", "money": "#,##0.00"}
_HEADING = "heading"


class Column(NamedTuple):
    """A column: its heading, its width in characters, and what its cells hold; "money" is fen."""

    heading: str
    width: int
    kind: Kind = "text"


def write_table(title: str, columns: Sequence[Column], rows: Iterable[Sequence[str | int]]) -> bytes:
    """An xlsx with one sheet of this title: the headings, then the rows, as long as the columns each."""
    book = Workbook(write_only=True)
    for kind, number_format in _FORMATS.items():
        book.add_named_style(NamedStyle(kind, number_format=number_format))
    heading = NamedStyle(_HEADING, font=Font(bold=True), alignment=Alignment(horizontal="center"))
    heading.fill = PatternFill("solid", fgColor="E7EEF7")
    book.add_named_style(heading)
    sheet = book.create_sheet(title)
    letters = [get_column_letter(place) for place in range(1, len(columns) + 1)]
    for letter, column in zip(letters, columns, strict=True):
        sheet.column_dimensions[letter].width = column.width
    sheet.freeze_panes = "A2"
    sheet.print_title_rows = "1:1"
    styles = dict(zip((*_FORMATS, _HEADING), style_numbers(sheet, (*_FORMATS, _HEADING)), strict=True))
    lines = list(rows)
    body = _rows(letters, columns, lines, styles)
    return fill_sheet(book, body, text_cells=f"A1:{letters[-1]}{len(lines) + 1}")


def _rows(
    letters: Sequence[str],
    columns: Sequence[Column],
    lines: Sequence[Sequence[str | int]],
    styles: dict[str, int],
) -> Iterator[str]:
    heads = (
        _text(f"{letter}1", styles[_HEADING], one.heading)
        for letter, one in zip(letters, columns, strict=True)
    )
    yield f'<row r="1">{"".join(heads)}</row>'
    for number, line in enumerate(lines, start=2):
        cells = (
            _cell(f"{letter}{number}", styles[column.kind], column.kind, value)
            for letter, column, value in zip(letters, columns, line, strict=True)
        )
        yield f'<row r="{number}">{"".join(cells)}</row>'


def _cell(place: str, style: int, kind: Kind, value: str | int) -> str:
    if isinstance(value, str):
        return _text(place, style, value)
    return f'<c r="{place}" s="{style}"><v>{yuan_text(value) if kind == "money" else value}</v></c>'


def _text(place: str, style: int, text: str) -> str:
    return f'<c r="{place}" s="{style}" t="inlineStr"><is><t>{cell_text(text)}</t></is></c>'
