"""A text becomes rows of cells, whatever its encoding, its line ends, or the sign between its cells."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Sequence

from documents.cells import Grid, needs_care
from documents.limits import Limits
from documents.wage_file import BLANKS, MARK
from rules.refusals import Refusal

_UTF16_LE, _UTF16_BE = codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE
# U+FEFF as GB18030 writes it.
_GB18030_BOM = b"\x84\x31\x95\x33"
_LOOKED_AT = 65_536
# A file that can be read so far is a text with a wrong byte in it, and no picture.
_SURELY_TEXT = 60
_NO_TEXT = re.compile("[\x00-\x08\x0e-\x1f]")
_WEB_PAGE = re.compile(
    r"\s*(?:<!doctype html|<\?xml|<(?:html|head|meta|style|table|body|div)\b|mime-version:)", re.I
)
_SEPARATORS = ("\t", ",", ";")
_SAMPLE_LINES = 30
# A cell of a payroll list that fills more lines than this is a quotation mark that was never closed.
_LONGEST_CELL_LINES = 10


def read_text(data: bytes, limits: Limits) -> Grid:
    """The one grid of a text parted by tabs, commas or semicolons; cells may be in quotes (RFC 4180).

    A cell with line breaks inside leaves the rows of its further lines empty, so that row n stays line n.
    Raises ``file.encoding``, ``file.is_web_page``, ``file.too_many_lines``, ``file.too_many_cells``,
    ``file.quote_open``.
    """
    text, fixes = _decode(data)
    if _WEB_PAGE.match(text[:_LOOKED_AT]):
        raise Refusal("file.is_web_page")
    text, end, is_mended = _one_line_end(text)
    if is_mended:
        fixes["line_ends"] = 1
    count = text.count(end) + 1
    if count > limits.rows:
        raise Refusal("file.too_many_lines", lines=count, limit=limits.lines)
    lines = text.split(end)
    if lines[-1] == "":
        lines.pop()
    separator = _separator(lines)
    cells = text.count(separator) + count
    if cells > limits.cells:
        raise Refusal("file.too_many_cells", cells=cells, most=limits.cells)
    if separator != "\t":
        fixes["csv"] = 1
        return Grid("csv", "", _quoted_rows(lines, separator), fixes)
    rows = [line.split("\t") for line in lines]
    if '"' in text:
        _join_broken_cells(rows)
    return Grid("txt", "", rows, fixes, is_tidy=not needs_care(text, end))


def _decode(data: bytes) -> tuple[str, dict[str, int]]:
    """The text and what it took; ``file.encoding`` if nothing fits, ``file.bad_character`` if nearly all does."""
    encodings, fixes = _encodings(data)
    good = b""
    for encoding in encodings:
        try:
            # Programs of the DOS years end a text with this sign.
            text = data.decode(encoding).removesuffix("\x1a")
        except UnicodeDecodeError as error:
            good = max(good, data[: error.start], key=len)
            continue
        # The whole of a long text is only searched for the one sign that no text has.
        strange = _NO_TEXT.search(text, 0, _LOOKED_AT)
        if strange or "\x00" in text:
            raise _no_text(text[: strange.start() if strange else text.index("\x00")])
        return text.removeprefix("\ufeff"), fixes
    raise _no_text(good.decode(encodings[-1], "replace"))


def _no_text(good: str) -> Refusal:
    """The refusal of what is no text, or not to its end, after its good beginning."""
    if len(good) < _SURELY_TEXT or _NO_TEXT.search(good):
        return Refusal("file.encoding")
    return Refusal("file.bad_character", line=max(good.count("\n"), good.count("\r")) + 1)


def _encodings(data: bytes) -> tuple[tuple[str, ...], dict[str, int]]:
    if data.startswith(codecs.BOM_UTF8):
        return ("utf-8-sig",), {"bom": 1}
    if data.startswith((_UTF16_LE, _UTF16_BE)):
        return ("utf-16",), {"utf16": 1}
    if data.startswith(_GB18030_BOM):
        return ("gb18030",), {"bom": 1}
    start = data[:_LOOKED_AT]
    low, high = start[1::2].count(0), start[::2].count(0)
    if low + high:
        # Digits, tabs and line ends have a zero in their upper byte; no other text has any zeros.
        return ("utf-16-le" if low > high else "utf-16-be",), {"utf16": 1}
    # Chinese headings written in GB18030 are no valid UTF-8, so the order settles the question.
    return ("utf-8", "gb18030"), {}


def _one_line_end(text: str) -> tuple[str, str, bool]:
    """The text, its line end, and whether it took a repair: a wage file has CR LF everywhere."""
    windows_ends = text.count("\r\n")
    if windows_ends and text.count("\n") == windows_ends == text.count("\r"):
        return text, "\r\n", False
    if "\r" not in text and "\n" not in text:
        return text, "\n", False
    text = text.replace("\r\r\n", "\n").replace("\r\n", "\n").replace("\r", "\n")
    return text, "\n", True


def _separator(lines: Sequence[str]) -> str:
    """The sign that most of the first lines contain; a tab where none does."""
    sample: list[str] = []
    for line in lines:
        if line.strip(BLANKS) and not line.lstrip('"').startswith(MARK):
            sample.append(line)
            if len(sample) == _SAMPLE_LINES:
                break
    return max(_SEPARATORS, key=lambda sign: sum(sign in line for line in sample))


def _quoted_rows(lines: Sequence[str], separator: str) -> list[list[str]]:
    rows: list[list[str]] = []
    reader = csv.reader((line + "\n" for line in lines), delimiter=separator, strict=True)
    try:
        for cells in reader:
            first = len(rows)
            if reader.line_num - first > _LONGEST_CELL_LINES:
                raise Refusal("file.quote_open", line=first + 1)
            rows.append(cells)
            rows.extend([] for _ in range(reader.line_num - first - 1))
    except csv.Error as error:
        raise Refusal("file.quote_open", line=len(rows) + 1) from error
    return rows


def _join_broken_cells(rows: list[list[str]]) -> None:
    """Put together what a line break inside a quoted cell has parted.

    Not left to the csv module: in a text parted by tabs most quotation marks are nothing but that, and one
    at the start of a name would swallow the people after it.
    """
    for place, cells in enumerate(rows):
        if not cells or not cells[-1].startswith('"') or cells[-1].count('"') % 2 == 0:
            continue
        for further in range(place + 1, min(place + _LONGEST_CELL_LINES, len(rows))):
            first = rows[further][0] if rows[further] else ""
            if first.endswith('"') and first.count('"') % 2:
                pieces = [cells[-1], *(row[0] for row in rows[place + 1 : further]), first]
                rows[place] = [*cells[:-1], "\n".join(pieces), *rows[further][1:]]
                rows[place + 1 : further + 1] = [[] for _ in range(further - place)]
                break
            if len(rows[further]) != 1:
                break
