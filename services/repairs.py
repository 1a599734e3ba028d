"""修正: bad cells of a staged file are mended one by one or kind by kind, and each line is checked again alone."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, func, insert, select, update
from sqlmodel import Session

from models import audit
from models.account import Actor
from models.db import Direct, direct_transaction, transaction
from models.declaration import Declaration, find_terms
from models.ready import Ready
from models.upload import (
    READY_LINE,
    READY_UPLOAD,
    Upload,
    UploadLine,
    UploadRepair,
    find_upload,
    list_repairs,
)
from models.upload_people import count_missing
from models.wage_rows import find_row
from rules.refusals import Missing, Refusal
from services.declarations import get_open
from services.figures import own_bounds
from services.line_check import Bands, as_staged, count_lines, new_check, no_counts, split_cells
from services.matching import Listed, Roster, load_roster

HOWS = ("fix", "skip", "reset")
AT_ONCE = 500


@dataclass(frozen=True)
class Repair:
    """What stands in place of a line's cells: a wage as typed, in yuan; a person of the list; or 本行不导入.

    All empty takes an earlier repair back.
    """

    line_no: int
    wage: str | None = None
    wage_row_id: int | None = None
    is_skipped: bool = False

    @property
    def is_empty(self) -> bool:
        return self.wage is None and self.wage_row_id is None and not self.is_skipped


@dataclass(frozen=True)
class Repaired:
    """The upload with its counts afterwards, and every line that was looked at again, in order."""

    upload: Upload
    lines: list[UploadLine]


def repair_lines(actor: Actor, upload_id: int, repairs: Sequence[Repair], now: datetime) -> Repaired:
    """Put the repairs in place and check their lines again, each alone; a bad repair stays, with its reason.

    Lines that named the same person as a repaired one are looked at again too. Raises ``Missing``, and
    ``Refusal`` ``upload.not_checked`` when the file is not waiting to be mended, ``declaration.not_open``.
    """
    if len(repairs) == 1 and (quick := _repair_wage(actor, upload_id, repairs[0], now)) is not None:
        return quick
    with transaction() as session:
        upload, declaration = _open(session, actor, upload_id)
        repaired = _Bench(session, actor, upload, declaration, now).repair(repairs)
        for line in repaired.lines:
            _audit(session, actor, upload_id, line, now)
        return repaired


def repair_kind(actor: Actor, upload_id: int, code: str, how: str, now: datetime) -> int:
    """All lines that say the same: take each one's proposal, leave them out, or take the repairs back.

    Without a ``code`` all repairs of the file are taken back. Returns how many lines changed. Raises as
    ``repair_lines``, and ``form.damaged`` for an unknown ``how``.
    """
    if how not in HOWS or (not code and how != "reset"):
        raise Refusal("form.damaged")
    with transaction() as session:
        upload, declaration = _open(session, actor, upload_id)
        is_meant = UploadLine.code == code if code else UploadLine.is_repaired.is_(True)
        query = select(UploadLine).where(UploadLine.upload_id == upload_id, is_meant)
        held = list_repairs(session, upload_id)
        lines = session.scalars(query.order_by(UploadLine.line_no))
        found = [_of_kind(line, held.get(line.line_no), how) for line in lines]
        repairs = [repair for repair in found if repair is not None]
        if repairs:
            _Bench(session, actor, upload, declaration, now).repair(repairs)
            after = {"code": code, "how": how, "lines": [repair.line_no for repair in repairs]}
            audit.record(session, actor, "lines_repaired", "upload", upload_id, now, after=after)
        return len(repairs)


def _of_kind(line: UploadLine, held: UploadRepair | None, how: str) -> Repair | None:
    if how == "reset":
        return Repair(line.line_no) if line.is_repaired else None
    if line.is_skipped:
        return None
    if how == "skip":
        return Repair(line.line_no, is_skipped=True)
    offered = proposal(line)
    if offered is None or offered.is_skipped or held is None:
        return offered
    # Whoever was chosen for the line stays chosen when its wage is mended.
    return replace(
        offered, wage_row_id=offered.wage_row_id or held.wage_row_id, wage=offered.wage or held.wage
    )


def proposal(line: UploadLine) -> Repair | None:
    """What was probably meant by a line, as the repair that says so."""
    fix = line.fix or {}
    return Repair(line.line_no, fix.get("wage"), fix.get("row"), bool(fix.get("skip"))) if fix else None


def _open(session: Session, actor: Actor, upload_id: int) -> tuple[Upload, Declaration]:
    upload = find_upload(session, actor.own_unit_id, upload_id, lock=True)
    if upload is None:
        raise Missing(upload_id)
    declaration = get_open(session, actor, upload.declaration_id)
    if upload.state != "checked":
        raise Refusal("upload.not_checked")
    return upload, declaration


def _audit(source: Any, actor: Actor, upload_id: int, line: UploadLine, now: datetime) -> None:
    after = {"line": line.line_no, "wage": line.wage_text, "row": line.wage_row_id, "outcome": line.outcome}
    audit.record(source, actor, "line_repaired", "upload", upload_id, now, after=after)


def _stored(upload_id: int, repair: Repair, actor: Actor, now: datetime) -> dict[str, Any]:
    return {
        "upload_id": upload_id,
        "line_no": repair.line_no,
        "wage": repair.wage,
        "wage_row_id": repair.wage_row_id,
        "is_skipped": repair.is_skipped,
        "repaired_by": actor.account_id,
        "repaired_at": now,
    }


# The careful way --------------------------------------------------------------------------------

_LINES = UploadLine.__table__
_REPAIRS = UploadRepair.__table__
_AT = (_LINES.c.upload_id == bindparam("of"), _LINES.c.line_no == bindparam("at"))
_JUDGED = [column.name for column in _LINES.columns if column.name not in ("upload_id", "line_no", "cells")]
_WRITE_LINE = update(_LINES).where(*_AT).values({name: bindparam(name) for name in _JUDGED})
_FREE_LINE = update(_LINES).where(*_AT).values(outcome="refused")
_FORGET = delete(_REPAIRS).where(
    _REPAIRS.c.upload_id == bindparam("of"), _REPAIRS.c.line_no == bindparam("at")
)
_REMEMBER = insert(_REPAIRS).values({column.name: bindparam(column.name) for column in _REPAIRS.columns})


class _Bench:
    """Mends any number of lines in any way, with the whole list at hand."""

    def __init__(
        self, session: Session, actor: Actor, upload: Upload, declaration: Declaration, now: datetime
    ) -> None:
        assert upload.id is not None
        self.session, self.connection = session, session.connection()
        self.actor, self.upload, self.upload_id, self.now = actor, upload, upload.id, now
        roster = load_roster(session, upload.declaration_id)
        bands = Bands(declaration.months, own_bounds(session, declaration))
        self.check = new_check(upload.kind, upload.columns or {}, roster, bands)

    def repair(self, repairs: Iterable[Repair]) -> Repaired:
        """Remember the repairs, judge their lines and those that they set free or take, write all of them."""
        wanted = {repair.line_no: self._of_list(repair) for repair in repairs}
        again = self._find(UploadLine.line_no, wanted)
        wanted = {number: repair for number, repair in wanted.items() if number in again}
        people = {line.wage_row_id for line in again.values()} | {one.wage_row_id for one in wanted.values()}
        rivals = self._find(UploadLine.wage_row_id, people - {None}).values()
        again |= {line.line_no: line for line in rivals if line.code == "line.duplicate"}
        self._remember(wanted)
        held = {line.line_no: line for line in self._find_repairs(again)}
        self.check.seen = self._seen(set(again))
        counts = {name: getattr(self.upload, name) for name in no_counts()}
        lines = []
        # A person chosen by hand counts after all those whom the file itself names.
        for number in sorted(again, key=lambda one: (_is_chosen(held.get(one)), one)):
            count_lines(counts, again[number], -1)
            cells = split_cells(again[number].cells or "")
            judged = self.check.judge(number, cells, held.get(number))
            staged = as_staged(self.upload_id, number, cells, judged)
            lines.append(READY_LINE.copy(again[number], staged._asdict()))
            count_lines(counts, lines[-1])
        self._write(lines, counts)
        return Repaired(self.upload, sorted(lines, key=lambda line: line.line_no))

    def _of_list(self, repair: Repair) -> Repair:
        """The repair, without a person who is not on the list: the line's own cells say again who is meant."""
        chosen = repair.wage_row_id
        is_listed = chosen is None or self.check.roster.get(chosen) is not None
        return repair if is_listed else replace(repair, wage_row_id=None)

    def _find(self, column: Any, values: Collection[Any]) -> dict[int, UploadLine]:
        """Lines that can be judged again, by their numbers or people."""
        found: dict[int, UploadLine] = {}
        for some in _some(values):
            query = select(UploadLine).where(
                UploadLine.upload_id == self.upload_id, column.in_(some), UploadLine.cells.is_not(None)
            )
            found |= {line.line_no: line for line in self.session.scalars(query)}
        return found

    def _find_repairs(self, numbers: Collection[int]) -> Iterable[UploadRepair]:
        for some in _some(numbers):
            query = select(UploadRepair).where(
                UploadRepair.upload_id == self.upload_id, UploadRepair.line_no.in_(some)
            )
            # They were written past the session, which may know them as they were before.
            yield from self.session.scalars(query.execution_options(populate_existing=True))

    def _remember(self, wanted: dict[int, Repair]) -> None:
        if not wanted:
            return
        self.connection.execute(_FORGET, [{"of": self.upload_id, "at": number} for number in wanted])
        stored = [
            _stored(self.upload_id, repair, self.actor, self.now)
            for repair in wanted.values()
            if not repair.is_empty
        ]
        if stored:
            self.connection.execute(_REMEMBER, stored)

    def _seen(self, again: set[int]) -> dict[int, int]:
        """Which line names whom, of those that are not looked at again."""
        query = select(UploadLine.wage_row_id, UploadLine.line_no).where(
            UploadLine.upload_id == self.upload_id,
            UploadLine.wage_row_id.is_not(None),
            ~UploadLine.is_skipped,
            func.coalesce(UploadLine.code, "") != "line.duplicate",
        )
        return {row: line for row, line in self.connection.execute(query) if line not in again}

    def _write(self, lines: list[UploadLine], counts: dict[str, int]) -> None:
        if not lines:
            return
        # First all let go of their people, then each takes its own: the database allows no two at any moment.
        self.connection.execute(_FREE_LINE, [{"of": self.upload_id, "at": line.line_no} for line in lines])
        self.connection.execute(_WRITE_LINE, [_values(line) for line in lines])
        for name, count in counts.items():
            setattr(self.upload, name, count)
        self.upload.missing = count_missing(self.session, self.upload)
        self.session.add(self.upload)


def _some(values: Collection[Any]) -> Iterator[list[Any]]:
    """The values a few hundred at a time: a query takes only so many."""
    held = list(values)
    for start in range(0, len(held), AT_ONCE):
        yield held[start : start + AT_ONCE]


def _is_chosen(repair: UploadRepair | None) -> bool:
    return repair is not None and repair.wage_row_id is not None


def _values(line: UploadLine) -> dict[str, Any]:
    values = {name: getattr(line, name) for name in _JUDGED}
    return {**values, "of": line.upload_id, "at": line.line_no}


# The quick way ----------------------------------------------------------------------------------

_READY_REPAIR = Ready(
    select(UploadRepair.wage_row_id, UploadRepair.is_skipped).where(
        UploadRepair.upload_id == bindparam("of"), UploadRepair.line_no == bindparam("at")
    )
)
_READY_WRITE, _READY_FORGET, _READY_REMEMBER = Ready(_WRITE_LINE), Ready(_FORGET), Ready(_REMEMBER)
_READY_COUNT = Ready(
    update(Upload.__table__)
    .where(Upload.__table__.c.id == bindparam("of"))
    .values({name: bindparam(name) for name in no_counts()})
)


def _repair_wage(actor: Actor, upload_id: int, repair: Repair, now: datetime) -> Repaired | None:
    """One wage of a line whose person is known, as quick as a save in the grid; None where it takes more."""
    if repair.is_skipped:
        return None
    with direct_transaction() as source:
        upload = READY_UPLOAD.one(source, id=upload_id, unit_id=actor.own_unit_id)
        line = READY_LINE.one(source, of=upload_id, at=repair.line_no)
        if (
            upload is None
            or line is None
            or upload.state != "checked"
            or not _is_simple(source, line, repair)
        ):
            return None
        terms = find_terms(source, actor.own_unit_id, upload.declaration_id)
        row = find_row(source, upload.declaration_id, line.wage_row_id or 0)
        if terms is None or terms.state != "open" or row is None:
            return None
        roster = Roster([tuple(getattr(row, name) for name in Listed._fields)])
        bands = Bands(terms.months, own_bounds(source, terms))
        check = new_check(upload.kind, upload.columns or {}, roster, bands)
        cells = split_cells(line.cells or "")
        judged = check.judge(line.line_no, cells, None if repair.is_empty else repair)
        fresh = READY_LINE.copy(line, as_staged(upload_id, line.line_no, cells, judged)._asdict())
        counts = {name: getattr(upload, name) for name in no_counts()}
        count_lines(counts, line, -1)
        count_lines(counts, fresh)
        _READY_FORGET.execute(source, of=upload_id, at=line.line_no)
        if not repair.is_empty:
            _READY_REMEMBER.execute(source, **_stored(upload_id, repair, actor, now))
        _READY_WRITE.execute(source, **_values(fresh))
        _READY_COUNT.execute(source, of=upload_id, **counts)
        _audit(source, actor, upload_id, fresh, now)
        return Repaired(READY_UPLOAD.copy(upload, counts), [fresh])


def _is_simple(source: Direct, line: UploadLine, repair: Repair) -> bool:
    """Whether only the wage is in question: the person is known, and no other line waits for it."""
    is_of_person = line.code in ("line.duplicate", "line.name_differs")
    if line.cells is None or line.wage_row_id is None or line.is_skipped or is_of_person:
        return False
    if repair.wage_row_id not in (None, line.wage_row_id):
        return False
    held = _READY_REPAIR.first(source, of=line.upload_id, at=line.line_no)
    return held is None or held[0] == repair.wage_row_id
