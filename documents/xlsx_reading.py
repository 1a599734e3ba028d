"""An xlsx becomes grids, and never more memory than its own size warrants."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from tempfile import NamedTemporaryFile

from python_calamine import CalamineWorkbook

from documents.cells import Grid, column_letters
from documents.limits import Limits
from documents.shared_texts import refuse_repeated_texts
from documents.sheet_reading import as_grid, open_workbook, read_sheets
from documents.unpacking import CONTENT_TYPES, open_zip, read_entry
from documents.xlsx_scan import PLAIN_CELLS, Scan, is_plain, scan_sheet
from documents.xml_events import follow, local
from rules.refusals import Refusal

_WORKBOOK = "xl/workbook.xml"
_WORKBOOK_LINKS = "xl/_rels/workbook.xml.rels"
# Another format's main part: the reader would try that format when the xlsx fails, with its own dangers.
_OTHER_FORMATS = ("content.xml", "xl/workbook.bin", "mimetype")
_SHEET = b"sheetData"
_LARGE = 4 * 2**20


def read_xlsx(data: bytes, limits: Limits) -> list[Grid]:
    """The visible sheets of an xlsx; errors as ``#REF!``, a formula without a result as its own text.

    Such formulas are counted in the fixes as ``formulas``. Raises ``file.workbook_damaged``,
    ``file.too_many_lines``, ``file.far_cell``, and ``file.zip_bomb`` or ``file.encrypted`` from the container.
    """
    parts = _parts(data, limits)
    scans = _scans(parts, limits)
    sheets = _sheet_parts(parts)
    grids = []
    for name, rows in read_sheets(_reopened(parts), limits):
        scan = scans.get(sheets.get(name, ""), Scan())
        grids.append(as_grid("xlsx", name, rows, scan.troubles, scan.formulas))
    return grids


def _scans(parts: Mapping[str, bytes], limits: Limits) -> dict[str, Scan]:
    """What is to be known of each sheet before it is read; a large plain one has nothing to be known."""
    size = sum(map(len, parts.values()))
    allowed = limits.cells_of_workbook(size)
    scans: dict[str, Scan] = {}
    plain: list[bytes] = []
    for name, part in parts.items():
        # Any part may be a sheet: the workbook's links decide, not the name.
        if _SHEET not in part:
            continue
        if len(part) >= _LARGE and allowed >= PLAIN_CELLS and is_plain(part):
            allowed -= PLAIN_CELLS
            plain.append(part)
            continue
        scan = scans[name] = scan_sheet(part)
        if scan.rows > limits.rows:
            raise Refusal("file.too_many_lines", lines=scan.rows, limit=limits.lines)
        allowed -= scan.rows * scan.columns
        if scan.columns > limits.columns or allowed < 0:
            row, column = scan.last
            raise Refusal("file.far_cell", line=row + 1, column=column_letters(column))
    refuse_repeated_texts(parts, plain, (number for scan in scans.values() for number in scan.pointers), size)
    return scans


def _parts(data: bytes, limits: Limits) -> dict[str, bytes]:
    """The XML parts, by name: what is not looked at here is not handed on."""
    parts: dict[str, bytes] = {}
    seen: set[str] = set()
    left = limits.workbook_bytes
    with open_zip(data) as archive:
        for entry in archive.infolist():
            name = entry.filename.replace("\\", "/")
            if name.lower() in seen or name in _OTHER_FORMATS:
                raise Refusal("file.workbook_damaged")
            seen.add(name.lower())
            if name != CONTENT_TYPES and not name.endswith((".xml", ".rels")):
                continue
            part = parts[name] = read_entry(archive, entry, left, limits.ratio)
            left -= len(part)
            if b"\x00" in part[:200] or b"<!DOCTYPE" in part[:2000]:
                # UTF-16 would hide cells from the look below, and no spreadsheet program declares entities.
                raise Refusal("file.workbook_damaged")
    if _WORKBOOK not in parts:
        raise Refusal("file.workbook_damaged")
    return parts


def _reopened(parts: dict[str, bytes]) -> CalamineWorkbook:
    """The parts as a workbook again, which takes them away: what was checked is what is read."""
    with NamedTemporaryFile(suffix=".xlsx") as out:
        with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as copy:
            while parts:
                copy.writestr(*parts.popitem())
        out.flush()
        return open_workbook(out.name)


def _sheet_parts(parts: Mapping[str, bytes]) -> dict[str, str]:
    """Each sheet's name → the part that holds it, as the workbook links them; no part is a sheet twice."""
    sheets: list[tuple[str, str]] = []
    targets: dict[str, str] = {}

    def start(tag: str, attributes: dict[str, str]) -> None:
        if local(tag) == "sheet":
            link = next((value for name, value in attributes.items() if name.endswith(":id")), "")
            sheets.append((attributes.get("name", ""), link))
        elif local(tag) == "Relationship":
            targets[attributes.get("Id", "")] = attributes.get("Target", "")

    follow(parts[_WORKBOOK], start)
    follow(parts.get(_WORKBOOK_LINKS, b"<none/>"), start)
    found = {}
    for name, link in sheets:
        target = targets.get(link, "")
        found[name] = target[1:] if target.startswith("/") else "xl/" + target
    if len({part.lower() for part in found.values()}) < len(sheets):
        raise Refusal("file.workbook_damaged")
    return found
