"""下载数据: a declaration's rows as the wage file that a clerk fills in and sends back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlmodel import Session

from documents.wage_file import WageFileHead, WageFileLine, file_stem, write_zip
from documents.workbook import write_workbook
from models.declaration import Declaration, get_tally, list_insurances
from models.unit import get_unit
from models.wage_rows import iterate_rows
from rules.identity import mask_id


@dataclass(frozen=True)
class File:
    """A file ready to be sent: its bytes, its name and its type."""

    content: bytes
    name: str
    media_type: str


ZIP = "application/zip"
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
    """The wage file as ``zip`` (GB18030 text), ``zip-utf8`` or ``xlsx``."""
    head, lines = file_head(session, declaration), list(file_lines(session, declaration))
    if kind == "xlsx":
        return File(write_workbook(head, lines), file_stem(head) + ".xlsx", XLSX)
    encoding = "utf-8-sig" if kind == "zip-utf8" else "gb18030"
    return File(write_zip(head, lines, encoding=encoding), file_stem(head) + ".zip", ZIP)
