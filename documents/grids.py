"""A file of whatever kind becomes sheets of plain text cells, by what it is and not by how it is called."""

from __future__ import annotations

from pathlib import PurePosixPath

from documents import ole
from documents.cells import Grid
from documents.limits import Limits
from documents.ods_reading import read_ods
from documents.text_reading import read_text
from documents.unpacking import is_zip, only_file, open_zip, refuse_foreign, workbook_kind
from documents.xls_reading import read_xls
from documents.xlsx_reading import read_xlsx
from rules.refusals import Refusal

__all__ = ["Grid", "open_grids"]

_TEXTS = ("txt", "csv", "tsv", "tab", "prn", "dat", "text")
_ENDINGS = {
    "zip": ("zip",),
    "txt": _TEXTS,
    "csv": _TEXTS,
    "xlsx": ("xlsx", "xlsm", "xltx", "xltm"),
    "xls": ("xls", "xlt", "et", "ett"),
    "ods": ("ods", "ots"),
}


def open_grids(data: bytes, filename: str, limits: Limits) -> list[Grid]:
    """The sheets of a workbook, or the one grid of a text; both may be packed as the only file of a zip.

    A file that is not what its name says is read all the same, and told in ``fixes["renamed"]``. Raises
    ``Refusal`` ``file.empty``, ``file.too_large``, and for what cannot be read the code that names it.
    """
    if not data:
        raise Refusal("file.empty")
    if len(data) > limits.upload_bytes:
        raise Refusal("file.too_large", size=len(data), limit=limits.upload_bytes)
    names = [filename]
    grids = _open(data, limits, names, is_packed=False)
    kinds = ["zip"] * (len(names) - 1) + [grids[0].kind] if grids else []
    if any(_is_renamed(name, kind) for name, kind in zip(names, kinds, strict=False)):
        for grid in grids:
            grid.fixes["renamed"] = 1
    if all(grid.is_blank for grid in grids):
        raise Refusal("file.empty")
    return grids


def _open(data: bytes, limits: Limits, names: list[str], *, is_packed: bool) -> list[Grid]:
    """Add the name of a file found inside a zip to ``names``."""
    refuse_foreign(data)
    if data.startswith(ole.SIGNATURE):
        return read_xls(data, limits)
    if not is_zip(data):
        return [read_text(data, limits)]
    with open_zip(data) as archive:
        kind = workbook_kind(archive)
        if not kind:
            if is_packed:
                raise Refusal("file.zip_nested", name=names[-1])
            name, inner = only_file(archive, limits)
            names.append(name)
    if not kind:
        return _open(inner, limits, names, is_packed=True)
    return read_xlsx(data, limits) if kind == "xlsx" else read_ods(data, limits)


def _is_renamed(name: str, kind: str) -> bool:
    ending = PurePosixPath(name.lower()).suffix[1:]
    return ending != "" and ending not in _ENDINGS[kind]
