"""An ods becomes grids: its tables are looked through, and a plain copy of them is read by calamine."""

from __future__ import annotations

import re
import zipfile
from io import BytesIO

from documents.cells import Grid
from documents.limits import Limits
from documents.ods_scan import OdsScan, OdsSheet
from documents.sheet_reading import as_grid, read_sheets
from documents.unpacking import open_zip, read_entry
from documents.xml_events import refuse_unusual
from rules.refusals import Refusal

_CONTENT, _MANIFEST = "content.xml", "META-INF/manifest.xml"
_MIMETYPE = "application/vnd.oasis.opendocument.spreadsheet"
_ENCODING = re.compile(rb"""<\?xml[^>]*encoding\s*=\s*["'](?!utf-8)""", re.IGNORECASE)
# Not the cells' own words: notes, drawings, phonetic guides, former contents.
_ASIDE = re.compile(
    rb"<(/?)(?:office:annotation|draw:frame|draw:custom-shape|draw:g|text:ruby-text|table:shapes|table:tracked-changes)"
    rb"""(?=[\s/>])(?:[^>"']*(?:(?:"[^"]*"|'[^']*')[^>"']*)*)>"""
)
_ASIDES = (b"<office:annotation", b"<draw:", b"<text:ruby", b"<table:shapes", b"<table:tracked")


def read_ods(data: bytes, limits: Limits) -> list[Grid]:
    """The visible sheets of an ods (OASIS ODF 1.2); a formula without a result comes as its own text.

    Such formulas are counted in the fixes as ``formulas``. Raises ``file.workbook_damaged``,
    ``file.encrypted_workbook``, ``file.too_many_lines``, ``file.far_cell`` and what the container raises.
    """
    copy, sheets = _scanned(_content(data, limits), limits)
    found = read_sheets(copy, limits)
    return [
        as_grid("ods", sheet.name, rows, sheet.blanks, sheet.formulas)
        for sheet, (_name, rows) in zip(sheets, found, strict=True)
    ]


def _content(data: bytes, limits: Limits) -> bytes:
    """The part with the tables, known to be well-formed."""
    with open_zip(data) as archive:
        names = set(archive.namelist())
        if _MANIFEST in names:
            manifest = read_entry(archive, archive.getinfo(_MANIFEST), limits.workbook_bytes, limits.ratio)
            if b"encryption-data" in manifest:
                raise Refusal("file.encrypted_workbook")
        content = read_entry(archive, archive.getinfo(_CONTENT), limits.workbook_bytes, limits.ratio)
    if b"\x00" in content[:200] or _ENCODING.match(content):
        # UTF-16 would hide cells from the look.
        raise Refusal("file.workbook_damaged")
    refuse_unusual(content)
    return _without_asides(content) if any(sign in content for sign in _ASIDES) else content


def _without_asides(content: bytes) -> bytes:
    kept, place, depth = [], 0, 0
    for tag in _ASIDE.finditer(content):
        if depth == 0:
            kept.append(content[place : tag.start()])
        if tag[1]:
            depth -= 1
        elif not tag[0].endswith(b"/>"):
            depth += 1
        place = tag.end()
    return b"".join(kept) + content[place:]


def _scanned(content: bytes, limits: Limits) -> tuple[BytesIO, list[OdsSheet]]:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as copy:
        copy.writestr("mimetype", _MIMETYPE, zipfile.ZIP_STORED)
        copy.writestr(_MANIFEST, "<x/>")
        with copy.open(_CONTENT, "w", force_zip64=True) as part:
            try:
                sheets = OdsScan(content, limits, part.write).run()
            except ValueError as error:
                raise Refusal("file.workbook_damaged") from error
    return out, sheets
