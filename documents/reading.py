"""A wage file comes in: it is understood to the last cell or refused with the cause, never half read."""

from __future__ import annotations

import codecs
import gc
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from documents.limits import Limits
from documents.sheet_reading import read_sheets
from documents.unpacking import CONTENT_TYPES, is_zip, only_text, open_zip, refuse_foreign_container
from documents.wage_file import (
    BASES,
    BLANKS,
    HEADINGS,
    INSURANCE_CODES,
    INSURANCE_JOINT,
    MARK,
    VERSION,
    WageFileHead,
    digest_of_cells,
    without_apostrophe,
)
from rules.refusals import Refusal

__all__ = ["Limits", "RawTable", "fixed_columns_unchanged", "read_wage_file", "uncollected"]

_COLUMNS = len(HEADINGS)
_TOTALS = ("合计", "总计", "小计")
_UTF16_LE, _UTF16_BE = codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE
# Signs that some cell may have to be put right: quotes, an identity number's small x, odd blanks.
_CARE_SIGNS = ('"', "'", *BLANKS.replace(" ", "").replace("\t", ""))
_ID = 3


@dataclass(slots=True)
class RawTable:
    """A file's content before any rule has looked at a wage.

    ``rows`` holds (line number in the file from 1, six trimmed cells in the order of ``HEADINGS``);
    ``fixes`` counts what was put right or left out silently, by name.
    """

    kind: str
    head: WageFileHead
    rows: list[tuple[int, list[str]]]
    fixes: dict[str, int] = field(default_factory=dict)

    def fixed(self, name: str, count: int = 1) -> None:
        """Count a silent repair."""
        if count:
            self.fixes[name] = self.fixes.get(name, 0) + count


def read_wage_file(data: bytes, filename: str, limits: Limits = Limits()) -> RawTable:  # noqa: B008
    """Read a zip with one txt, a plain txt or an xlsx made by ``write_zip`` or ``write_workbook``.

    Raises Refusal with a code ``file.…`` for anything else. Source: manual 三(三) and 常见问题 2, the
    breakages of a file that has been through editors, spreadsheets and packers.
    """
    if not data:
        raise Refusal("file.empty")
    if len(data) > limits.upload_bytes:
        raise Refusal("file.too_large", size=len(data), limit=limits.upload_bytes)
    refuse_foreign_container(data)
    if not is_zip(data):
        return _read_text(data, filename, limits)
    with open_zip(data) as archive:
        if CONTENT_TYPES not in archive.namelist():
            return _read_text(only_text(archive, limits), filename, limits)
    if filename.lower().endswith(".zip"):
        raise Refusal("file.xlsx_named_zip", name=filename)
    return _read_workbook(data, limits)


def fixed_columns_unchanged(table: RawTable) -> bool:
    """Whether the columns that the unit must leave alone are those of the download."""
    return digest_of_cells(cells for _line, cells in table.rows) == table.head.fixed_digest


# Text -------------------------------------------------------------------------------------------


def _read_text(data: bytes, filename: str, limits: Limits) -> RawTable:
    text, encoding_fix = _decode(data)
    if "\x00" in text:
        raise Refusal("file.encoding")
    windows_ends = text.count("\r\n")
    mixed = text.count("\n") != windows_ends or text.count("\r") != windows_ends
    if mixed:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    end = "\n" if mixed or not windows_ends else "\r\n"
    count = text.count(end) + 1
    if count > limits.lines + 3:
        raise Refusal("file.too_many_lines", lines=count, limit=limits.lines)
    lines = text.split(end)
    if lines[-1] == "":
        lines.pop()
    head_at, heading_at = _first_two(lines)
    table = RawTable("txt", _head(lines, head_at), [])
    if encoding_fix:
        table.fixed(encoding_fix)
    table.fixed("line_ends", int(mixed))
    _check_text_headings(lines, heading_at, filename)
    table.fixed("blank_lines", heading_at - 1)
    needs_care = _needs_care(text, end)
    with uncollected():
        found = (line.split("\t") for line in lines[heading_at + 1 :])
        _take_rows(table, found, heading_at + 1, needs_care)
    return _with_people(table)


def _needs_care(text: str, end: str) -> bool:
    """Whether any cell of the text may need more than being cut out; a few searches, not one a cell."""
    if any(sign in text for sign in _CARE_SIGNS):
        return True
    # One sign alone is found much faster than two together, and most files have neither of these.
    if "x" in text and "x\t" in text:
        return True
    # A space inside a name is nobody's concern, only one at the edge of a cell.
    return " " in text and any(sign in text for sign in (" \t", "\t ", " " + end, end + " "))


def _decode(data: bytes) -> tuple[str, str]:
    """The text and the name of the repair, if it took one; ``file.encoding`` if nothing fits."""
    try:
        if data.startswith(codecs.BOM_UTF8):
            return data.decode("utf-8-sig"), "bom"
        if data.startswith((_UTF16_LE, _UTF16_BE)):
            return data.decode("utf-16"), "utf16"
        if data.startswith((b"#\x00", b"\x00#")):
            return data.decode("utf-16-le" if data[1] == 0 else "utf-16-be"), "utf16"
    except UnicodeDecodeError as error:
        raise Refusal("file.encoding") from error
    # The headings alone are no valid UTF-8 when written in GB18030, so the order settles the question.
    for encoding in ("utf-8", "gb18030"):
        try:
            return data.decode(encoding), ""
        except UnicodeDecodeError:
            continue
    raise Refusal("file.encoding")


def _first_two(lines: Sequence[str]) -> tuple[int, int]:
    """Where the head and the headings stand: the first two lines with anything in them."""
    found = []
    for place, line in enumerate(lines):
        if line.strip(BLANKS + '"'):
            found.append(place)
            if len(found) == 2:
                return found[0], found[1]
    if not found:
        raise Refusal("file.empty")
    return found[0], found[0] + 1


def _head(lines: Sequence[str], place: int) -> WageFileHead:
    # A spreadsheet that saves text fills the line up with tabs, and may put it in quotes.
    text = lines[place].strip(BLANKS).strip('"')
    return parse_head(text, place + 1)


def parse_head(text: str, line: int) -> WageFileHead:
    """The head from its line; ``file.head_missing``, ``file.version`` or ``file.head_damaged``."""
    if not text.startswith(MARK):
        raise Refusal("file.head_missing", line=line, expected=MARK, value=text[:40])
    values = text.split("|")
    if len(values) > 1 and values[0] == MARK and values[1] != VERSION:
        raise Refusal("file.version", line=line, value=values[1][:20], expected=VERSION)
    if len(values) != 9 or values[0] != MARK:
        raise Refusal("file.head_damaged", line=line, value=text[:120])
    unit_no, year, joined, basis, people, batch_id, digest = values[2:]
    insurances = tuple(joined.split(INSURANCE_JOINT))
    sound = (
        unit_no != ""
        and _is_number(year, 4)
        and _is_number(people, 9)
        and all(code in INSURANCE_CODES for code in insurances)
        and basis in BASES
        and batch_id != ""
        and len(digest) == 16
    )
    if not sound:
        raise Refusal("file.head_damaged", line=line, value=text[:120])
    return WageFileHead(unit_no, int(year), insurances, basis, int(people), batch_id, digest)


def _is_number(text: str, longest: int) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= longest


def _check_text_headings(lines: Sequence[str], place: int, filename: str) -> None:
    text = lines[place] if place < len(lines) else ""
    if "\t" not in text and all(heading in text for heading in HEADINGS):
        if text.count(",") >= _COLUMNS - 1:
            raise Refusal("file.is_csv", name=filename)
        raise Refusal("file.tabs_lost", line=place + 1)
    check_headings([_careful(cell) for cell in text.split("\t")], place + 1)


def check_headings(found: Sequence[str], line: int) -> None:
    """Accept exactly the six headings in their order, with nothing but empty cells after them.

    Raises ``file.columns_missing``, ``file.columns_extra`` or ``file.columns_moved``.
    """
    named = list(found)
    while named and not named[-1]:
        named.pop()
    missing = [heading for heading in HEADINGS if heading not in named]
    if missing:
        raise Refusal("file.columns_missing", line=line, missing="、".join(missing))
    if len(named) > _COLUMNS:
        rest = list(named)
        for heading in HEADINGS:
            rest.remove(heading)
        raise Refusal("file.columns_extra", line=line, extra="、".join(rest)[:60] or " ")
    if tuple(named) != HEADINGS:
        raise Refusal("file.columns_moved", line=line, found="、".join(named), expected="、".join(HEADINGS))


@contextmanager
def uncollected() -> Iterator[None]:
    """No garbage collection meanwhile: it would walk all rows made so far, again and again."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _take_rows(table: RawTable, found: Iterable[list[str]], line: int, needs_care: bool) -> None:
    """Every line after the headings; the quick way when nothing in the file asks for more."""
    rows = table.rows
    for cells in found:
        line += 1
        if needs_care or len(cells) != _COLUMNS or not cells[0].isdecimal():
            careful = _careful_row(table, cells, line)
            if careful is None:
                continue
            cells = careful
        rows.append((line, cells))


# Rows, of a text or a workbook ------------------------------------------------------------------


def _careful(cell: str) -> str:
    cell = cell.strip(BLANKS)
    if cell[:1] == '"' and cell[-1:] == '"' and len(cell) > 1 and ("," in cell or '""' in cell):
        # Quoted by a spreadsheet because of the comma or the quotation mark inside.
        cell = cell[1:-1].replace('""', '"').strip(BLANKS)
    return without_apostrophe(cell)


def _careful_row(table: RawTable, raw: Sequence[str], line: int) -> list[str] | None:
    """Six clean cells, or None for a blank or total line; ``file.row_columns`` for anything else."""
    cells = [_careful(cell) for cell in raw]
    if not any(cells):
        table.fixed("blank_lines")
        return None
    if _is_total(cells):
        table.fixed("total_lines")
        return None
    got = len(cells)
    while len(cells) > _COLUMNS and not cells[-1]:
        cells.pop()
    if _ID < len(cells) < _COLUMNS and "*" in cells[_ID]:
        # An editor cut the blanks off the end of the line: the columns are in place, the wages empty.
        cells.extend([""] * (_COLUMNS - len(cells)))
    if len(cells) != _COLUMNS:
        raise Refusal("file.row_columns", line=line, got=got, expected=_COLUMNS)
    if "x" in cells[_ID]:
        cells[_ID] = cells[_ID].upper()
        table.fixed("lower_case_x")
    if len(cells) != got or cells != list(raw):
        table.fixed("trimmed_lines")
    return cells


def _is_total(cells: Sequence[str]) -> bool:
    """A line a spreadsheet's user added below the people: its first word says so, no person number."""
    words = [cell.replace(" ", "").replace("\u3000", "") for cell in cells[:3] if cell]
    return bool(words) and words[0].startswith(_TOTALS)


def _with_people(table: RawTable) -> RawTable:
    if not table.rows:
        raise Refusal("file.no_people")
    return table


# Workbook ---------------------------------------------------------------------------------------


def _read_workbook(data: bytes, limits: Limits) -> RawTable:
    with uncollected():
        sheets = read_sheets(data, limits)
        sheet = next((rows for rows in sheets if any(row and MARK in row[0] for row in rows[:3])), None)
    if sheet is None:
        raise Refusal("file.head_missing", line=1, expected=MARK, value="")
    if len(sheet) > limits.lines + 3:
        raise Refusal("file.too_many_lines", lines=len(sheet), limit=limits.lines)
    first = next(place for place, row in enumerate(sheet) if any(row))
    table = RawTable("xlsx", parse_head(sheet[first][0].strip(BLANKS), first + 1), [])
    heading_at = next((place for place in range(first + 1, len(sheet)) if any(sheet[place])), first + 1)
    headings = sheet[heading_at] if heading_at < len(sheet) else []
    check_headings([_careful(cell) for cell in headings], heading_at + 1)
    with uncollected():
        people = sheet[heading_at + 1 :]
        needs_care = _needs_care("\n".join(map("\t".join, people)), "\n")
        _take_rows(table, people, heading_at + 1, needs_care)
    table.fixes.pop("trimmed_lines", None)
    return _with_people(table)
