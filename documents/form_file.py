"""A form for many at once as a file: the empty workbook out, and back in whatever a clerk's own program makes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from documents.cells import Grid
from documents.grids import open_grids
from documents.heading_line import LOOKED_AT, filled_lines, tidy
from documents.headings import is_total, plain
from documents.limits import Limits
from documents.wage_file import without_apostrophe
from rules.fields import Field, as_typed, clean_fields
from rules.refusals import Refusal
from translations import gettext as _

Word = Callable[[str], str]
"""A label's msgid in the reader's language."""

STAR = "*"
"""Behind a heading: this column has to be filled."""

_ROWS_WITH_CHOICES = 2_000
_NARROWEST, _WIDEST = 12, 40
_NO_SHEET_NAME = re.compile(r"[\\/?*\[\]:]")
_SHEET_NAME_LENGTH = 31
_BRACKETS = re.compile(r"\([^)]*\)")
_EDGE = "*:、.。·_-|'\""
_MONTH_OF_DATE = re.compile(r"([0-9]{4}-[0-9]{2})-[0-9]{2}").fullmatch
_FEWEST_HEADINGS = 2
_CHOICE_KINDS = ("choice", "choices")


@dataclass(frozen=True, slots=True)
class _Found:
    """The headings of a sheet: their line from 1, and the 0-based column of each field."""

    grid: Grid
    line: int
    places: Mapping[str, int]


def write_form_template(title: str, fields: Mapping[str, Field], word: Word) -> bytes:
    """An xlsx to be filled in, one line for each: a column a field, lists of choices, a sheet that explains.

    Every column is text, so that no spreadsheet turns an identity number into 1.5E+17 or a date into a count of days.
    """
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = _NO_SHEET_NAME.sub(" ", title)[:_SHEET_NAME_LENGTH]
    guide, lists = book.create_sheet(_("填写说明")), book.create_sheet(_("选项"))
    lists.sheet_state = "hidden"
    for place, field in enumerate(fields.values(), start=1):
        letter = get_column_letter(place)
        heading = word(field.label_msgid) + (STAR if field.required else "")
        _dress(sheet.cell(1, place, heading))
        column = sheet.column_dimensions[letter]
        column.width = min(max(2 * len(heading) + 4, _NARROWEST), _WIDEST)
        column.number_format = "@"
        if field.kind == "choice":
            sheet.data_validations.append(_one_of(field, lists, letter, word))
    sheet.freeze_panes = "A2"
    _explain(guide, fields, word)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def read_form_rows(
    data: bytes, filename: str, fields: Mapping[str, Field], limits: Limits, word: Word
) -> list[dict[str, str]]:
    """What was typed into a file of any kind that ``open_grids`` reads: for each line below the headings, by field.

    Headings are the fields' labels or their ``other_names``; the label goes before, then the names in their order.
    Choices that are understood become their values, everything else stays as it was typed. Blank lines, headings
    that come again and sums are left out. Raises ``Refusal``: what ``open_grids`` raises, ``batch.no_headings``,
    ``batch.twin_columns``, ``batch.lacking_columns``, ``batch.many_sheets``, ``batch.nobody``,
    ``file.too_many_lines``.
    """
    found = _find_headings(open_grids(data, filename, limits), fields, word)
    lacking = [
        word(one.label_msgid) for one in fields.values() if one.required and one.name not in found.places
    ]
    if lacking:
        raise Refusal("batch.lacking_columns", line=found.line, names=_("、").join(lacking))
    rows = list(_take_rows(found, fields))
    if not rows:
        raise Refusal("batch.nobody")
    if len(rows) > limits.lines:
        raise Refusal("file.too_many_lines", lines=len(rows), limit=limits.lines)
    return rows


# Out ---------------------------------------------------------------------------------------------


def _dress(cell: object) -> None:
    cell.font = Font(bold=True)  # type: ignore[attr-defined]
    cell.fill = PatternFill("solid", fgColor="E7EEF7")  # type: ignore[attr-defined]
    cell.alignment = Alignment(horizontal="center")  # type: ignore[attr-defined]


def _one_of(field: Field, lists: Worksheet, letter: str, word: Word) -> DataValidation:
    """The choices of a field stand in a hidden sheet: a rule itself holds 255 characters only."""
    for row, (_value, label) in enumerate(field.choices, start=1):
        lists[f"{letter}{row}"] = word(label)
    rule = DataValidation(
        type="list",
        formula1=f"'{lists.title}'!${letter}$1:${letter}${len(field.choices)}",
        allow_blank=True,
        errorTitle=word(field.label_msgid),
        error=_("请从下拉列表里选一项。"),
        showErrorMessage=True,
    )
    rule.add(f"{letter}2:{letter}{_ROWS_WITH_CHOICES + 1}")
    return rule


def _explain(guide: Worksheet, fields: Mapping[str, Field], word: Word) -> None:
    for line in (
        _("一行一件，从第 2 行填起；带 * 的列必填，不用的列可以空着或删去，列的顺序可以变，表头不要改。"),
        _("也可以直接上传本单位自己的表格，只要表头认得出来。"),
    ):
        guide.append([line])
    guide.append([])
    guide.append([_("列"), _("必填"), _("怎么填")])
    for cell in guide[guide.max_row]:
        _dress(cell)
    for field in fields.values():
        guide.append(
            [word(field.label_msgid), _("是") if field.required else "", _("；").join(_how(field, word))]
        )
    for letter, width in (("A", 22), ("B", 8), ("C", 90)):
        guide.column_dimensions[letter].width = width
    for cell in guide["C"]:
        cell.alignment = Alignment(wrap_text=True, vertical="top")


def _how(field: Field, word: Word) -> Iterator[str]:
    """How a column is to be filled, in a few words."""
    ways = {
        "date": _("日期，如 2026-06-18"),
        "month": _("年月，如 202606"),
        "money": _("金额，单位元，最多两位小数"),
        "mobile": _("11 位手机号"),
        "count": _("整数"),
    }
    if field.kind in ways:
        yield ways[field.kind]
    if field.kind == "choice":
        yield _("选一项：") + _("、").join(word(label) for _value, label in field.choices)
    if field.kind == "choices":
        yield _("可以填几项，用顿号分开：") + _("、").join(word(label) for _value, label in field.choices)
    if field.hint_msgid:
        yield word(field.hint_msgid)


# In ----------------------------------------------------------------------------------------------


def _find_headings(grids: Sequence[Grid], fields: Mapping[str, Field], word: Word) -> _Found:
    """The line in which most fields are named, of the sheet that has it."""
    names = _names_of(fields, word)
    best = [found for grid in grids if (found := _look_at(grid, names))]
    most = max((len(found.places) for found in best), default=0)
    # Another month's copy in a second sheet is nothing that could be guessed.
    likely = [found for found in best if len(found.places) == most and len(found.grid.rows) > found.line]
    if len(likely) > 1:
        raise Refusal("batch.many_sheets", names=_("、").join(found.grid.name for found in likely))
    if not best:
        raise Refusal(
            "batch.no_headings", names=_("、").join(word(one.label_msgid) for one in fields.values())
        )
    return (likely or [found for found in best if len(found.places) == most])[0]


def _names_of(fields: Mapping[str, Field], word: Word) -> dict[str, dict[str, int]]:
    """Every heading that may name a field, with its rank: the label is 0, then the other names in order."""
    return {
        name: {
            _bare(text): rank
            for rank, text in reversed(list(enumerate((word(field.label_msgid), *field.other_names))))
        }
        for name, field in fields.items()
    }


def _look_at(grid: Grid, names: Mapping[str, Mapping[str, int]]) -> _Found | None:
    best: tuple[int, list[str]] | None = None
    most = _FEWEST_HEADINGS - 1
    for line, cells in filled_lines(grid.rows, LOOKED_AT):
        bare = [_bare(tidy(cell)) for cell in cells]
        count = sum(any(cell in known for cell in bare if cell) for known in names.values())
        if count > most:
            most, best = count, (line, bare)
    return _Found(grid, best[0], _places(best[1], names)) if best else None


def _places(headings: Sequence[str], names: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    """The column of each field; the same heading twice is asked about, not guessed."""
    places: dict[str, int] = {}
    for name, known in names.items():
        ranked = sorted((known[cell], place) for place, cell in enumerate(headings) if cell in known)
        if len(ranked) > 1 and ranked[0][0] == ranked[1][0]:
            raise Refusal("batch.twin_columns", name=headings[ranked[0][1]])
        if ranked:
            places[name] = ranked[0][1]
    return places


def _bare(heading: str) -> str:
    """A heading in one spelling, without stars, and without brackets where something stands outside them."""
    text = plain(heading)
    return (_BRACKETS.sub("", text) or text).strip(_EDGE)


def _take_rows(found: _Found, fields: Mapping[str, Field]) -> Iterator[dict[str, str]]:
    chosen = {name: field for name, field in fields.items() if field.kind in _CHOICE_KINDS}
    headings = [_bare(tidy(cell)) for cell in found.grid.rows[found.line - 1]]
    for cells in found.grid.rows[found.line :]:
        typed = {name: _typed(field, cells, found.places.get(name)) for name, field in fields.items()}
        filled = [text for cell in cells if (text := tidy(cell))]
        if not any(typed.values()) or _is_sum(filled) or [_bare(tidy(cell)) for cell in cells] == headings:
            continue
        # A form shows what is chosen by its value; what is not understood stays to be seen.
        read, _errors = clean_fields(chosen, typed)
        yield typed | {name: text for name, text in as_typed(chosen, read).items() if text}


def _typed(field: Field, cells: Sequence[str], place: int | None) -> str:
    text = without_apostrophe(tidy(cells[place])) if place is not None and place < len(cells) else ""
    # A spreadsheet takes 2026-06 for the first day of June.
    match = _MONTH_OF_DATE(text) if field.kind == "month" else None
    return match.group(1) if match else text


def _is_sum(filled: Sequence[str]) -> bool:
    return len(filled) <= 4 and any(is_total(text) for text in filled[:2])
