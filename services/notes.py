"""说明 of a large change, person by person or one for all who have none yet."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update
from sqlmodel import Session

from models import audit
from models.account import Actor
from models.db import transaction
from models.declaration import WageRow
from models.wage_rows import Search, conditions_of, count_found
from rules.refusals import Missing, Refusal
from services.declarations import get_open

LONGEST = 200
UNEXPLAINED = Search("unexplained")


def save_note(actor: Actor, declaration_id: int, row_id: int, note: str, now: datetime) -> None:
    """Why a wage changed so much, in the clerk's words; at most 200 characters."""
    note = _sound(note, f"n{row_id}")
    with transaction() as session:
        get_open(session, actor, declaration_id)
        query = select(WageRow.note).where(WageRow.id == row_id, WageRow.declaration_id == declaration_id)
        before = session.scalars(query.where(WageRow.is_active)).first()
        if before is None:
            raise Missing(row_id)
        if before == note:
            return
        session.connection().execute(update(WageRow).where(WageRow.id == row_id).values(note=note))
        audit.record(session, actor, "note_saved", "wage_row", row_id, now, before=before, after=note)


def explain_rest(actor: Actor, declaration_id: int, note: str, now: datetime) -> int:
    """The same 说明 for everybody who still needs one, as after a general rise; returns how many got it.

    Raises ``Refusal`` ``note.empty``, ``note.too_long``.
    """
    note = _sound(note, "rest")
    if not note:
        raise Refusal("note.empty", "rest")
    with transaction() as session:
        get_open(session, actor, declaration_id)
        explained = session.connection().execute(
            update(WageRow).where(*conditions_of(declaration_id, UNEXPLAINED)).values(note=note)
        )
        after = {"note": note, "people": explained.rowcount}
        audit.record(session, actor, "rest_explained", "declaration", declaration_id, now, after=after)
        return explained.rowcount


def count_unexplained(session: Session, declaration_id: int) -> int:
    """How many people's wages changed so much that 申报 waits for a 说明."""
    return count_found(session, declaration_id, UNEXPLAINED)


def _sound(note: str, field: str) -> str:
    note = note.strip()
    if len(note) > LONGEST:
        raise Refusal("note.too_long", field, limit=LONGEST)
    return note
