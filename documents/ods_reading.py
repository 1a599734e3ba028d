"""An ods becomes grids, its repeated rows and cells unfolded only as far as something stands in them.

Read here and not by calamine, which unfolds them first and counts afterwards.
"""

from __future__ import annotations

from collections.abc import Callable

from documents.cells import Grid, as_text, column_letters
from documents.limits import Limits
from documents.unpacking import open_zip, read_entry
from documents.xml_events import follow
from rules.refusals import Refusal

_CONTENT, _MANIFEST = "content.xml", "META-INF/manifest.xml"
_CELLS = ("table:table-cell", "table:covered-table-cell")
_MOST_TIMES, _MOST_BLANKS = 10_000_000, 100
_NUMBERS = ("float", "currency", "percentage")
_OTHER_VALUES = ("office:date-value", "office:time-value", "office:boolean-value", "office:string-value")
# Not the cell's own words: notes, drawings, phonetic guides.
_ASIDE = ("office:annotation", "draw:frame", "draw:custom-shape", "draw:g", "text:ruby-text", "table:shapes")


def read_ods(data: bytes, limits: Limits) -> list[Grid]:
    """The visible sheets of an ods (OASIS ODF 1.2); a formula without a result comes as its own text.

    Such formulas are counted in the fixes as ``formulas``. Raises ``file.workbook_damaged``,
    ``file.encrypted_workbook``, ``file.too_many_lines``, ``file.far_cell`` and what the container raises.
    """
    with open_zip(data) as archive:
        names = set(archive.namelist())
        if _MANIFEST in names:
            manifest = read_entry(archive, archive.getinfo(_MANIFEST), limits.workbook_bytes, limits.ratio)
            if b"encryption-data" in manifest:
                raise Refusal("file.encrypted_workbook")
        content = read_entry(archive, archive.getinfo(_CONTENT), limits.workbook_bytes, limits.ratio)
    reader = _ContentParser(limits, limits.cells_of_workbook(len(content)))
    follow(content, reader.start, reader.end, reader.text)
    return reader.grids


class _ContentParser:
    """Follows tables, rows and cells; ``left`` is how many cells may still be unfolded."""

    def __init__(self, limits: Limits, left: int) -> None:
        self.limits, self.left = limits, left
        self.grids: list[Grid] = []
        self.style, self.hidden = "", set[str]()
        self.table: str | None = None
        self.depth = self.aside = self.formulas = self.paragraphs = 0
        self.rows: list[list[str]] = []
        self.row: list[str] = []
        self.row_times = self.blank_rows = self.blank_cells = 0
        self.cell: dict[str, str] | None = None
        self.words: list[str] = []
        self.starts: dict[str, Callable[[dict[str, str]], None]] = {
            "text:p": self._begin_paragraph,
            **dict.fromkeys(_CELLS, self._begin_cell),
            "table:table-row": self._begin_row,
            "table:table": self._begin_table,
            **dict.fromkeys(_ASIDE, self._begin_aside),
            "text:s": self._blanks,
            "text:tab": self._blanks,
            "text:line-break": self._blanks,
            "style:style": self._begin_style,
            "style:table-properties": self._table_properties,
        }
        self.ends: dict[str, Callable[[], None]] = {
            **dict.fromkeys(_CELLS, self._end_cell),
            "table:table-row": self._end_row,
            "table:table": self._end_table,
            **dict.fromkeys(_ASIDE, self._end_aside),
        }

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if handle := self.starts.get(tag):
            handle(attributes)

    def end(self, tag: str) -> None:
        if handle := self.ends.get(tag):
            handle()

    def text(self, data: str) -> None:
        if self.paragraphs and not self.aside and self.cell is not None:
            self.words.append(data)

    def _begin_style(self, attributes: dict[str, str]) -> None:
        self.style = attributes.get("style:name", "")

    def _table_properties(self, attributes: dict[str, str]) -> None:
        if attributes.get("table:display") == "false":
            self.hidden.add(self.style)

    def _begin_aside(self, _attributes: dict[str, str]) -> None:
        self.aside += 1

    def _end_aside(self) -> None:
        self.aside -= 1

    def _begin_paragraph(self, _attributes: dict[str, str]) -> None:
        if self.cell is not None and not self.aside:
            if self.paragraphs:
                self.words.append("\n")
            self.paragraphs += 1

    def _blanks(self, attributes: dict[str, str]) -> None:
        self.text(" " * min(_times(attributes, "text:c"), _MOST_BLANKS))

    def _begin_cell(self, attributes: dict[str, str]) -> None:
        if self.depth == 1:
            self.cell, self.paragraphs = attributes, 0
            self.words.clear()

    def _begin_row(self, attributes: dict[str, str]) -> None:
        if self.depth == 1:
            self.row, self.blank_cells = [], 0
            self.row_times = _times(attributes, "table:number-rows-repeated")

    def _begin_table(self, attributes: dict[str, str]) -> None:
        self.depth += 1
        if self.depth > 1:
            return
        is_shown = (
            attributes.get("table:style-name") not in self.hidden and len(self.grids) < self.limits.sheets
        )
        self.table = attributes.get("table:name", "") if is_shown else None
        self.rows, self.blank_rows, self.formulas = [], 0, 0

    def _end_table(self) -> None:
        self.depth -= 1
        if self.depth == 0 and self.table is not None:
            fixes = {"formulas": self.formulas} if self.formulas else {}
            self.grids.append(Grid("ods", self.table, self.rows, fixes))

    def _end_cell(self) -> None:
        cell = self.cell
        if self.depth != 1 or cell is None:
            return
        times = _times(cell, "table:number-columns-repeated")
        text, self.cell = self._value(cell) if self.table is not None else "", None
        if not text:
            self.blank_cells += times
            return
        width = len(self.row) + self.blank_cells + times
        if width > self.limits.columns or width > self.left:
            raise Refusal(
                "file.far_cell", line=len(self.rows) + self.blank_rows + 1, column=column_letters(width - 1)
            )
        if self.blank_cells or times > 1:
            self.row += [""] * self.blank_cells
            self.row += [text] * (times - 1)
            self.blank_cells = 0
        self.row.append(text)

    def _end_row(self) -> None:
        if self.depth != 1:
            return
        if not self.row:
            self.blank_rows += self.row_times
            return
        count = len(self.rows) + self.blank_rows + self.row_times
        if count > self.limits.rows:
            raise Refusal("file.too_many_lines", lines=count, limit=self.limits.lines)
        self.left -= len(self.row) * self.row_times
        if self.left < 0:
            raise Refusal("file.far_cell", line=count, column=column_letters(len(self.row) - 1))
        self.rows += ([] for _ in range(self.blank_rows))
        self.rows += (list(self.row) for _ in range(self.row_times - 1))
        self.rows.append(self.row)
        self.blank_rows = 0

    def _value(self, cell: dict[str, str]) -> str:
        kind = cell.get("office:value-type", "")
        if kind in _NUMBERS:
            return as_text(float(cell.get("office:value", "nan")))
        shown = "".join(self.words)
        if cell.get("calcext:value-type") == "error":
            return shown or "#?"
        if kind == "string" or not kind:
            # A formula that gave an empty text has an empty paragraph; this one was never calculated.
            if not kind and "table:formula" in cell and not self.paragraphs:
                self.formulas += 1
                return _formula(cell["table:formula"])
            return cell.get("office:string-value") or shown
        return next((cell[name] for name in _OTHER_VALUES if name in cell), shown).replace("T00:00:00", "")


def _times(attributes: dict[str, str], name: str) -> int:
    return min(max(int(attributes[name]), 1), _MOST_TIMES) if name in attributes else 1


def _formula(text: str) -> str:
    """A formula as a spreadsheet shows it: of:=[.F66]*1.05 is =F66*1.05."""
    return "=" + text.partition("=")[2].replace("[.", "").replace("]", "")
