"""批量: a file of many lines becomes one draft, whatever is wrong with single lines; the same file, the same draft."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from cert.digests import sm3_hex
from documents.form_file import read_form_rows, write_form_template
from documents.limits import Limits
from documents.result_workbook import Mark, write_result
from models.account import Actor
from models.db import reading, transaction
from models.filing import Filing
from models.filing_parts import FilingHold, list_lines
from rules.fields import Field
from rules.filing_states import OPEN
from rules.identity import mask_id
from rules.refusals import Missing
from services.filings import find_own, save_many
from services.kind_list import find_kind
from services.kinds import Kind
from services.prints import shown
from translations import gettext as _

Reasons = Callable[[list[dict[str, Any]]], Mapping[str, str]]
"""A line's kept problems as sentences by field."""


def batch_template(code: str) -> bytes:
    """The empty workbook of a kind; raises ``Missing`` for a kind that knows no 批量."""
    kind = _batch_kind(code)
    return write_form_template(_(kind.label_msgid), kind.fields, _)


def receive_batch(
    actor: Actor,
    code: str,
    filename: str,
    data: bytes,
    limits: Limits,
    now: datetime,
    project_id: int | None = None,
) -> tuple[int, bool]:
    """A draft of everybody in a file, and whether it is new: a file sent twice is found again by its digest.

    Raises ``Missing``, ``Refusal``: what ``read_form_rows`` and ``save_many`` raise.
    """
    kind = _batch_kind(code)
    rows = read_form_rows(data, filename, kind.fields, limits, _)
    key = f"file:{actor.own_unit_id}:{code}:{project_id or 0}:{sm3_hex(data)}"
    with transaction() as session:
        known = _find_open(session, key)
    if known is not None:
        return known, False
    try:
        return save_many(actor, code, rows, now, project_id, key), True
    except IntegrityError:
        # The same file came by another tab in the same moment, and its key is held.
        with transaction() as session:
            known = _find_open(session, key)
        if known is None:
            raise
        return known, False


def batch_result(actor: Actor, filing_id: int, reasons: Reasons) -> bytes:
    """The lines of a draft as an xlsx, the faulty cells coloured and explained; raises ``Missing``."""
    with reading() as session:
        filing = find_own(session, actor, filing_id)
        kind = _batch_kind(filing.kind)
        lines = list_lines(session, filing_id)
    fields = list(kind.fields.values())
    places = {field.name: place for place, field in enumerate(fields)}
    rows = [[_(field.label_msgid) for field in fields]]
    marks: list[Mark] = []
    for row, line in enumerate(lines, start=2):
        rows.append([_written(field, line.typed.get(field.name, ""), line.content) for field in fields])
        word = _("要改") if line.is_faulty else _("可以提交")
        outcome = "refused" if line.is_faulty else "accepted"
        said = reasons(line.problems) if line.is_faulty else {"": ""}
        marks += [Mark(row, places.get(name), outcome, word, text) for name, text in said.items()]
    return write_result(rows, marks, heading_line=1)


def _batch_kind(code: str) -> Kind:
    kind = find_kind(code)
    if not kind.is_batch:
        raise Missing(code)
    return kind


def _find_open(session: Session, key: str) -> int | None:
    """The filing that this file became, while something may still come of it; else the key is free again."""
    hold = session.get(FilingHold, key)
    if hold is None:
        return None
    if session.get_one(Filing, hold.filing_id).state in OPEN:
        return hold.filing_id
    session.connection().execute(delete(FilingHold).where(FilingHold.key == key))
    return None


def _written(field: Field, typed: str, content: Mapping[str, Any]) -> str:
    """What stands in a cell: the words of the choices, numbers of documents masked."""
    if field.name in content and content[field.name] not in (None, "", []):
        return shown(field, content[field.name])
    return mask_id(typed) if field.is_masked else typed
