"""Recording wages: one row or a page of rows in one transaction, with the counts as they are afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select, update

from models import audit
from models.account import Account, Actor
from models.db import Source, direct_transaction
from models.declaration import Counts, Terms, WageRow, find_terms, get_tally
from models.ready import Ready
from models.wage_rows import Row, list_rows_by_id
from rules.numbers import whole_number
from rules.refusals import Conflict, Missing, Refusal
from rules.wages import Bounds, parse_wage
from services.figures import own_bounds


@dataclass(frozen=True)
class Entry:
    """What one field of the grid sent: the text, and the version and wage that it was drawn with."""

    row_id: int
    text: str
    version: int
    seen_fen: int | None


@dataclass(frozen=True)
class Outcome:
    """What became of an entry: the row as it is now, and why the text was not taken, if it was not."""

    row: Row
    text: str
    refusal: Refusal | None = None


@dataclass(frozen=True)
class Recorded:
    """The answer to a save; ``tally`` is read in the same transaction."""

    terms: Terms
    outcomes: list[Outcome]
    tally: Counts
    bounds: dict[str, Bounds]

    @property
    def refused(self) -> list[Outcome]:
        return [outcome for outcome in self.outcomes if outcome.refusal]


_TABLE = WageRow.__table__
_SAVE = Ready(
    update(_TABLE)
    .where(_TABLE.c.id == bindparam("row_id"), _TABLE.c.version == bindparam("was"))
    .values(
        wage_fen=bindparam("fen"),
        version=_TABLE.c.version + 1,
        saved_by=bindparam("by"),
        saved_at=bindparam("at"),
    )
)
_LAST_SAVE = Ready(
    select(Account.display_name, WageRow.saved_at)
    .join(WageRow, WageRow.saved_by == Account.id)
    .where(WageRow.id == bindparam("row_id"))
)


def record_wages(actor: Actor, declaration_id: int, entries: Sequence[Entry], now: datetime) -> Recorded:
    """录入 (manual 黑龙江 三(二)): save what was typed; valid rows are kept even if others are refused.

    A row that another operator changed since it was drawn is not overwritten: its outcome carries a
    ``Conflict`` ``row.changed`` with who, when and what. Raises ``Missing`` and ``declaration.not_open``.
    """
    with direct_transaction() as source:
        terms = find_terms(source, actor.own_unit_id, declaration_id)
        if terms is None:
            raise Missing(declaration_id)
        if terms.state != "open":
            raise Refusal("declaration.not_open", state=terms.state)
        rows = list_rows_by_id(source, declaration_id, [entry.row_id for entry in entries])
        outcomes = [
            _record(source, actor, rows[entry.row_id], entry, now)
            for entry in entries
            if entry.row_id in rows
        ]
        return Recorded(terms, outcomes, get_tally(source, declaration_id), own_bounds(source, terms))


def _record(source: Source, actor: Actor, row: Row, entry: Entry, now: datetime) -> Outcome:
    try:
        fen = parse_wage(entry.text)
    except Refusal as refusal:
        return Outcome(row, entry.text, refusal)
    if fen == row.wage_fen or (row.version != entry.version and fen == entry.seen_fen):
        # Nothing new was typed here; another operator's value, if there is one, stays.
        return Outcome(row, entry.text)
    if row.version != entry.version:
        return Outcome(row, entry.text, _conflict(source, row))
    changed = _SAVE.execute(source, row_id=row.id, was=row.version, fen=fen, by=actor.account_id, at=now)
    if changed != 1:
        return Outcome(row, entry.text, _conflict(source, row))
    audit.record(
        source,
        actor,
        "wage_recorded",
        "wage_row",
        row.id,
        now,
        before={"wage_fen": row.wage_fen},
        after={"wage_fen": fen},
    )
    return Outcome(row._replace(wage_fen=fen, version=row.version + 1), entry.text)


def _conflict(source: Source, row: Row) -> Conflict:
    found = _LAST_SAVE.first(source, row_id=row.id)
    by, at = found if found else (audit.SYSTEM, None)
    return Conflict("row.changed", "wage", by=by, at=at.isoformat() if at else "", fen=row.wage_fen)


def entries_from(fields: Iterable[tuple[str, str]], drawn: dict[str, str]) -> list[Entry]:
    """The grid's fields ``w<row>`` beside their hidden ``o<row>`` = ``version:fen``; others are ignored.

    Raises ``Refusal`` ``form.damaged`` when a hidden field is not as it was drawn.
    """
    entries = []
    for name, text in fields:
        row_id = whole_number(name[1:])
        if name[:1] != "w" or row_id is None:
            continue
        was, colon, fen = drawn.get("o" + name[1:], "").partition(":")
        version, seen_fen = whole_number(was), whole_number(fen)
        if not colon or version is None or (fen and seen_fen is None):
            raise Refusal("form.damaged")
        entries.append(Entry(row_id, text, version, seen_fen))
    return entries
