"""下载数据: a declaration's rows as the wage file that a clerk fills in, and a checked file with its result."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlmodel import Session

from documents.backup_file import read_backup
from documents.columns import Columns
from documents.grids import Grid, open_grids
from documents.limits import Limits
from documents.reading import uncollected
from documents.result_workbook import Mark, write_result
from documents.store import Store
from documents.wage_file import (
    HEADINGS,
    WageFileHead,
    WageFileLine,
    basis_name,
    file_stem,
    write_csv,
    write_zip,
)
from documents.workbook import write_workbook
from models.declaration import Declaration, get_tally, list_insurances
from models.unit import get_unit
from models.upload import Upload, UploadLine
from models.wage_rows import iterate_rows
from rules.identity import mask_id
from rules.refusals import Refusal
from translations import gettext as _


@dataclass(frozen=True)
class File:
    """A file ready to be sent: its bytes, its name and its type."""

    content: bytes
    name: str
    media_type: str


ZIP = "application/zip"
CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def batch_id(declaration: Declaration) -> str:
    """Which list a file was made from; 刷新名单 makes files of the list before it recognisable."""
    return f"{declaration.id}-{declaration.roster_version}"


def file_head(session: Session, declaration: Declaration) -> WageFileHead:
    """The first line of this declaration's wage file."""
    assert declaration.id is not None
    return WageFileHead(
        unit_no=get_unit(session, declaration.unit_id).unit_no,
        year=declaration.year,
        insurances=tuple(list_insurances(session, declaration.id)),
        wage_basis=declaration.wage_basis,
        people=get_tally(session, declaration.id).insured,
        batch_id=batch_id(declaration),
    )


def file_lines(session: Session, declaration: Declaration) -> Iterator[WageFileLine]:
    """The people of the file in order, ID numbers masked."""
    assert declaration.id is not None
    for row in iterate_rows(session, declaration.id):
        yield WageFileLine(
            row.seq, row.person_no, row.name, mask_id(row.id_number), row.old_wage_fen, row.wage_fen
        )


def wage_file(session: Session, declaration: Declaration, kind: str) -> File:
    """The wage file as ``zip`` (GB18030 text), ``zip-utf8``, ``csv``, ``xlsx``, or ``xlsx-blank`` for filling in."""
    head, lines = file_head(session, declaration), list(file_lines(session, declaration))
    stem = file_stem(head)
    if kind == "xlsx-blank":
        blank = [replace(line, wage_fen=None) for line in lines]
        return File(write_workbook(head, blank), f"{stem}_{_('模板')}.xlsx", XLSX)
    if kind == "xlsx":
        return File(write_workbook(head, lines), stem + ".xlsx", XLSX)
    if kind == "csv":
        return File(write_csv(head, lines), stem + ".csv", CSV)
    encoding = "utf-8-sig" if kind == "zip-utf8" else "gb18030"
    return File(write_zip(head, lines, encoding=encoding), stem + ".zip", ZIP)


Say = Callable[[str, dict[str, Any]], str]
"""The one sentence for a code and its values."""

# While a check runs, or has not read the file to its end, there is nothing to be told line by line.
_WITHOUT_RESULT = ("checking", "asking", "refused")


class _Line(NamedTuple):
    """A staged line as its result needs it."""

    line_no: int
    outcome: str
    name: str
    code: str | None
    column_name: str | None
    value: str | None
    params: Any
    fix: Any
    wage_text: str
    is_repaired: bool
    is_skipped: bool


_LINES = select(*(getattr(UploadLine, name) for name in _Line._fields))


@uncollected()
def result_file(
    session: Session, upload: Upload, declaration: Declaration, store: Store, limits: Limits, say: Say
) -> File:
    """结果下载: the sent file as xlsx, every line with what became of it, bad cells coloured and commented.

    Raises ``Refusal`` ``upload.not_checked`` before the file has been read to its end, and what reading it
    raises (``file.…``, ``backup.…``).
    """
    if upload.columns is None or upload.state in _WITHOUT_RESULT:
        raise Refusal("upload.not_checked")
    columns = Columns.from_json(upload.columns)
    query = _LINES.where(UploadLine.upload_id == upload.id).order_by(UploadLine.line_no)
    lines = map(_Line._make, session.connection().execute(query))
    marks = _marks(lines, columns, basis_name(declaration.wage_basis), say)
    grid = _sent_grid(upload, columns, store, limits)
    name = f"{PurePath(upload.filename).stem or _('工资申报')}_{_('检查结果')}.xlsx"
    return File(write_result(grid.rows, marks, columns.heading_line), name, XLSX)


def _sent_grid(upload: Upload, columns: Columns, store: Store, limits: Limits) -> Grid:
    data, filename = store.path(upload.stored_name).read_bytes(), upload.filename
    if upload.kind == "backup":
        parts = read_backup(data, limits)
        data, filename = parts.wage_text, parts.wage_name
    grids = open_grids(data, filename, limits)
    return next((grid for grid in grids if grid.name == columns.sheet), grids[0])


def _marks(lines: Iterable[_Line], columns: Columns, basis: str, say: Say) -> Iterator[Mark]:
    words = {"accepted": _("接受"), "unchanged": _("不变"), "warned": _("警告"), "refused": _("拒绝")}
    left_out = _("不导入")
    for line in lines:
        word = left_out if line.is_skipped else words[line.outcome]
        if line.code is None and not line.is_repaired:
            yield Mark(line.line_no, None, line.outcome, word)
            continue
        place = columns.places[HEADINGS.index(line.column_name)] if line.column_name in HEADINGS else None
        yield Mark(line.line_no, place, line.outcome, word, " ".join(_told(line, basis, say)))


def _told(line: _Line, basis: str, say: Say) -> Iterator[str]:
    """The reason, then what the clerk did about it, or else what could be done."""
    if line.code is not None:
        yield say(line.code, {"value": line.value, **(line.params or {})})
    if line.is_skipped:
        yield _("您已选“本行不导入”。")
    elif line.is_repaired:
        yield _("您已改为：{name}，现工资 {wage}。").format(name=line.name, wage=line.wage_text or _("空"))
    elif line.fix:
        yield _proposal(line.fix, (line.params or {}).get("candidates", ()), basis)


def _proposal(fix: dict[str, Any], candidates: Sequence[dict[str, Any]], basis: str) -> str:
    if "wage" in fix:
        return _("建议改为 {wage}（{basis}）。").format(wage=fix["wage"], basis=basis)
    meant = next((one for one in candidates if one["row"] == fix.get("row")), None)
    if meant is not None:
        return _("建议对应到 {name}（个人编号 {person_no}）。").format(
            name=meant["name"], person_no=meant["person_no"]
        )
    return _("建议本行不导入。")
