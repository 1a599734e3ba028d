"""The wage file as a workbook: everything is locked except the one column that is to be filled in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill, Protection
from openpyxl.styles.named_styles import NamedStyle
from openpyxl.worksheet._write_only import WriteOnlyWorksheet
from openpyxl.worksheet.datavalidation import DataValidation

from documents.sheet_writing import cell_text, fill_sheet, style_numbers
from documents.wage_file import (
    HEADINGS,
    WageFileHead,
    WageFileLine,
    basis_name,
    digest_of_cells,
    fixed_cells,
    head_line,
)
from rules.money import yuan_text
from translations import gettext as _

_WIDTHS = (8, 18, 24, 24, 16, 16)
_TOP_STYLES = ("note", "heading")
_COLUMN_STYLES = ("fixed_number", "fixed_text", "fixed_text", "fixed_text", "fixed_money", "wage")
_WAGE_COLUMN = "F"
_FIRST_ROW = 3
_LARGEST_WAGE = "9999999.99"


def write_workbook(head: WageFileHead, lines: Iterable[WageFileLine]) -> bytes:
    """The xlsx twin of ``write_text``: row 1 the ``#GZSB`` line, row 2 the headings, then the people.

    Numbers and names are text cells, wages numbers in yuan. The sheet is protected without a password:
    the lock is against slips, the digest against everything else.
    """
    rows = list(lines)
    fixed = [fixed_cells(line) for line in rows]
    book = Workbook(write_only=True)
    for style in _styles():
        book.add_named_style(style)
    sheet = book.create_sheet(_("工资申报"))
    _dress(sheet, len(rows), head.wage_basis)
    first = head_line(replace(head, fixed_digest=digest_of_cells(fixed)))
    last = _FIRST_ROW + max(len(rows), 1) - 1
    top = _top_xml(first, *style_numbers(sheet, _TOP_STYLES))
    people = _people_xml(rows, fixed, style_numbers(sheet, _COLUMN_STYLES))
    return fill_sheet(book, chain(top, people), text_cells=f"B{_FIRST_ROW}:D{last}")


def _styles() -> list[NamedStyle]:
    text = NamedStyle("fixed_text", number_format="@")
    number = NamedStyle("fixed_number", number_format="0")
    money = NamedStyle("fixed_money", number_format="0.00")
    wage = NamedStyle("wage", number_format="0.00", protection=Protection(locked=False))
    wage.fill = PatternFill("solid", fgColor="FFF8DC")
    heading = NamedStyle("heading", font=Font(bold=True), alignment=Alignment(horizontal="center"))
    heading.fill = PatternFill("solid", fgColor="E7EEF7")
    note = NamedStyle("note", font=Font(color="808080", size=9), number_format="@")
    return [text, number, money, wage, heading, note]


def _dress(sheet: WriteOnlyWorksheet, people: int, wage_basis: str) -> None:
    for letter, width in zip("ABCDEF", _WIDTHS, strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.freeze_panes = f"A{_FIRST_ROW}"
    sheet.protection.sheet = True
    sheet.protection.formatColumns = False
    sheet.print_title_rows = "2:2"
    rule = DataValidation(
        type="decimal",
        operator="between",
        formula1="0",
        formula2=_LARGEST_WAGE,
        allow_blank=True,
        errorTitle=_("现工资填写有误"),
        error=_("请填写 0 至 9999999.99 之间的金额，最多两位小数。"),
        promptTitle=_("现工资"),
        prompt=_("单位：{unit}。只修改这一列，不申报的人员请留空。").format(unit=basis_name(wage_basis)),
        showErrorMessage=True,
        showInputMessage=True,
    )
    rule.add(f"{_WAGE_COLUMN}{_FIRST_ROW}:{_WAGE_COLUMN}{_FIRST_ROW + max(people, 1) - 1}")
    sheet.data_validations.append(rule)


def _top_xml(first: str, note: int, heading: int) -> Iterator[str]:
    yield f'<row r="1"><c r="A1" s="{note}" t="inlineStr"><is><t>{cell_text(first)}</t></is></c></row>'
    cells = (
        f'<c r="{letter}2" s="{heading}" t="inlineStr"><is><t>{name}</t></is></c>'
        for letter, name in zip("ABCDEF", HEADINGS, strict=True)
    )
    yield f'<row r="2">{"".join(cells)}</row>'


def _people_xml(
    rows: Sequence[WageFileLine], fixed: Sequence[tuple[str, ...]], styles: Sequence[int]
) -> Iterator[str]:
    seq, number, name, identity, old, wage = styles
    for row, (line, texts) in enumerate(zip(rows, fixed, strict=True), start=_FIRST_ROW):
        yield (
            f'<row r="{row}"><c r="A{row}" s="{seq}"><v>{line.seq}</v></c>'
            f'<c r="B{row}" s="{number}" t="inlineStr"><is><t>{cell_text(texts[1])}</t></is></c>'
            f'<c r="C{row}" s="{name}" t="inlineStr"><is><t>{cell_text(texts[2])}</t></is></c>'
            f'<c r="D{row}" s="{identity}" t="inlineStr"><is><t>{cell_text(texts[3])}</t></is></c>'
            f'<c r="E{row}" s="{old}">{_number(line.old_wage_fen)}</c>'
            f'<c r="F{row}" s="{wage}">{_number(line.wage_fen)}</c></row>'
        )


def _number(fen: int | None) -> str:
    return "" if fen is None else f"<v>{yuan_text(fen)}</v>"
