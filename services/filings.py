"""保存, 提交, 撤回, 作废: the unit's half of every kind of 业务 except the wage declaration's own start."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from models import audit
from models.account import Actor
from models.db import reading, transaction
from models.filing import Filing
from models.filing_parts import (
    FilingHold,
    FilingLine,
    count_lines,
    find_holder,
    find_line,
    list_attachments,
    list_lines,
)
from rules.filing_states import WAGES, Step, after, is_editable
from rules.refusals import Conflict, Missing, Refusal
from services.kind_list import find_kind
from services.kinds import Asked, Checked, Kind, check_line
from services.risks import find_flags, keep_flags
from services.timeline import add_event, new_receipt_no


class Faulty(Exception):
    """A form was not saved; ``problems`` are its refusals by field."""

    def __init__(self, problems: Mapping[str, Refusal]) -> None:
        super().__init__(", ".join(problems))
        self.problems = problems


def find_own(session: Session, actor: Actor, filing_id: int, *, lock: bool = False) -> Filing:
    """A filing of the actor's unit; raises ``Missing``."""
    query = select(Filing).where(Filing.id == filing_id, Filing.unit_id == actor.own_unit_id)
    found = session.scalars(query.with_for_update() if lock else query).first()
    if found is None:
        raise Missing(filing_id)
    return found


def asked_by(
    actor: Actor, now: datetime, project_id: int | None = None, filing_id: int | None = None
) -> Asked:
    """Who asks, for a rule set."""
    return Asked(actor.own_unit_id, actor.region_code, now.date(), project_id, filing_id)


def save_new(
    actor: Actor, code: str, typed: Mapping[str, str], now: datetime, project_id: int | None = None
) -> int:
    """保存 of a fresh form: a draft with one line; returns its number. Raises ``Faulty``, ``Refusal``."""
    kind = find_kind(code)
    _check_right(actor, kind)
    with transaction() as session:
        checked = check_line(session, kind, asked_by(actor, now, project_id), typed)
        if checked.problems:
            raise Faulty(checked.problems)
        filing = new_filing(session, actor, kind, now, project_id)
        session.add(_line(filing.key, 1, checked))
        _settle_title(session, filing)
        _audit(session, actor, "filing_saved", filing, now, after={"kind": code, "line": 1})
        return filing.key


def save_many(
    actor: Actor,
    code: str,
    rows: Sequence[Mapping[str, str]],
    now: datetime,
    project_id: int | None = None,
    key: str = "",
) -> int:
    """批量: a draft with a line for each row, the faulty ones too, to be mended on the screen; returns its number.

    ``key`` is held by it from now on; ``IntegrityError`` if another filing has it.
    """
    kind = find_kind(code)
    _check_right(actor, kind)
    with transaction() as session:
        asked = asked_by(actor, now, project_id)
        filing = new_filing(session, actor, kind, now, project_id)
        if key:
            session.add(FilingHold(key=key, filing_id=filing.key))
            session.flush()
        for seq, typed in enumerate(rows, start=1):
            session.add(_line(filing.key, seq, check_line(session, kind, asked, typed)))
        session.flush()
        _mark_twins(session, kind, filing)
        _settle_title(session, filing)
        _audit(session, actor, "filing_saved", filing, now, after={"kind": code, "lines": len(rows)})
        return filing.key


def copy_filing(actor: Actor, filing_id: int, now: datetime) -> int:
    """A new draft with what stands in a filing that is over; returns its number. Raises ``Missing``, ``Conflict``."""
    with reading() as session:
        filing = find_own(session, actor, filing_id)
        if filing.kind == WAGES or filing.state not in ("refused", "cancelled"):
            raise Conflict("filing.not_over", state=filing.state)
        rows = [line.typed for line in list_lines(session, filing_id)]
    return save_many(actor, filing.kind, rows, now, filing.project_id)


def save_line(
    actor: Actor, filing_id: int, seq: int, version: int, typed: Mapping[str, str], now: datetime
) -> None:
    """保存 of one line; ``seq`` 0 adds a line. Raises ``Faulty``, ``Conflict`` ``filing.changed``."""
    with transaction() as session:
        filing, kind = _editable(session, actor, filing_id, version)
        checked = check_line(session, kind, asked_by(actor, now, filing.project_id, filing_id), typed)
        if checked.problems:
            raise Faulty(checked.problems)
        line = find_line(session, filing_id, seq)
        before = line.content if line else None
        if line is None:
            lines, _faulty = count_lines(session, filing_id)
            if seq or (lines and not kind.is_batch):
                raise Missing(seq)
            last = session.scalar(select(func.max(FilingLine.seq)).where(FilingLine.filing_id == filing_id))
            line = FilingLine(filing_id=filing_id, seq=(last or 0) + 1)
        _fill(line, checked)
        session.add(line)
        session.flush()
        _mark_twins(session, kind, filing)
        _settle_title(session, filing)
        _touch(filing, actor, now)
        _audit(session, actor, "filing_saved", filing, now, before=before, after=checked.content)


def drop_line(actor: Actor, filing_id: int, seq: int, version: int, now: datetime) -> None:
    """Take a line out of a draft; its number is not given again. Raises ``Missing``, ``Refusal``."""
    with transaction() as session:
        filing, kind = _editable(session, actor, filing_id, version)
        line = find_line(session, filing_id, seq)
        if line is None:
            raise Missing(seq)
        before = line.content
        session.delete(line)
        session.flush()
        _mark_twins(session, kind, filing)
        _settle_title(session, filing)
        _touch(filing, actor, now)
        _audit(session, actor, "filing_line_dropped", filing, now, before=before)


def submit_filing(actor: Actor, filing_id: int, version: int, now: datetime) -> None:
    """提交 (first manual 3.3): everything is checked again, then it waits for the bureau.

    A second press finds it pending and changes nothing. Raises ``Conflict`` ``filing.changed``, ``Refusal``
    ``filing.has_faults`` (the faults are kept with the lines), ``filing.no_lines``, ``filing.needs_attachment``,
    ``filing.held_here`` or ``filing.held_elsewhere`` when another pending filing asks for the same.
    """
    faulty = _check_again(actor, filing_id, version, now)
    if faulty:
        raise Refusal("filing.has_faults", count=faulty)
    held: list[str] = []
    try:
        with transaction() as session:
            filing = find_own(session, actor, filing_id, lock=True)
            if filing.state == "pending":
                return
            kind = find_kind(filing.kind)
            _check_version(filing, version)
            lines = list_lines(session, filing_id)
            _check_whole(session, kind, filing, lines)
            held = [key for line in lines for key in kind.holds(filing, line)]
            session.add_all(FilingHold(key=key, filing_id=filing_id) for key in held)
            session.flush()
            filing.reason = ""
            take_step(session, actor, filing, "submit", now, tell=kind.is_reviewed)
            keep_flags(filing, find_flags(session, filing, now.tzinfo))
            if not kind.is_reviewed:
                release(session, filing)
                kind.effect(session, actor, filing, lines, now)
                take_step(session, actor, filing, "approve", now, tell=False)
    except IntegrityError:
        raise _held(actor, held) from None


def withdraw_filing(actor: Actor, filing_id: int, now: datetime) -> None:
    """撤回 until a reviewer takes it. Raises ``Conflict`` ``filing.taken`` or ``filing.not_pending``."""
    with transaction() as session:
        filing = find_own(session, actor, filing_id, lock=True)
        if filing.state == "pending" and filing.taken_by is not None:
            raise Conflict("filing.taken")
        if after(filing.kind, filing.state, "withdraw") is None:
            raise Conflict("filing.not_pending", state=filing.state)
        release(session, filing)
        take_step(session, actor, filing, "withdraw", now)


def cancel_filing(actor: Actor, filing_id: int, now: datetime) -> None:
    """作废 of a draft or of what came back; it stays in the list, and nothing comes of it any more."""
    with transaction() as session:
        filing = find_own(session, actor, filing_id, lock=True)
        if after(filing.kind, filing.state, "cancel") is None:
            raise Conflict("filing.not_editable", state=filing.state)
        take_step(session, actor, filing, "cancel", now)


def take_step(
    session: Session,
    actor: Actor | None,
    filing: Filing,
    step: Step,
    now: datetime,
    note: str = "",
    *,
    tell: bool = True,
) -> None:
    """Set the state a step leads to, with its event, its audit event and, unless nobody need be told, its notice.

    ``actor`` is None for whoever asks for a unit that is not registered yet.
    Raises ``Conflict`` ``filing.not_pending`` where no way leads on.
    """
    before = filing.state
    state = after(filing.kind, before, step)
    if state is None:
        raise Conflict("filing.not_pending", state=before)
    filing.state = state
    filing.let_go()
    if actor is not None and actor.unit_id is not None:
        _touch(filing, actor, now)
    else:
        filing.version += 1
    session.add(filing)
    name = actor.place if actor is not None and actor.unit_id is None else filing.submitter_name
    add_event(session, filing, "withdrawn" if step == "withdraw" else state, name, now, note, tell=tell)
    _audit(
        session,
        actor,
        f"filing_{step}",
        filing,
        now,
        before={"state": before},
        after={"state": state, "note": note},
    )


def release(session: Session, filing: Filing) -> None:
    """Give back what a pending filing holds."""
    session.connection().execute(delete(FilingHold).where(FilingHold.filing_id == filing.key))


def new_filing(
    session: Session, actor: Actor, kind: Kind, now: datetime, project_id: int | None = None
) -> Filing:
    """An empty draft of the actor's unit, in the running transaction."""
    filing = Filing(
        receipt_no=new_receipt_no(actor.region_code, now),
        kind=kind.code,
        unit_id=actor.own_unit_id,
        project_id=project_id,
        region_code=actor.region_code,
        year=now.year,
        state="draft",
        submitted_by=actor.account_id,
        submitter_name=actor.name,
        submitted_at=now,
    )
    session.add(filing)
    session.flush()
    add_event(session, filing, "draft", actor.name, now)
    return filing


def plain_problems(problems: Mapping[str, Refusal]) -> list[dict[str, Any]]:
    """Refusals as a line keeps them."""
    return [
        {"field": name, "code": refusal.code, "params": dict(refusal.params)}
        for name, refusal in problems.items()
    ]


def _check_right(actor: Actor, kind: Kind) -> None:
    if kind.is_admins and not actor.is_admin:
        raise Refusal("filing.admins_only")


def _editable(session: Session, actor: Actor, filing_id: int, version: int) -> tuple[Filing, Kind]:
    filing = find_own(session, actor, filing_id, lock=True)
    if not is_editable(filing.state):
        raise Conflict("filing.not_editable", state=filing.state)
    _check_version(filing, version)
    kind = find_kind(filing.kind)
    _check_right(actor, kind)
    return filing, kind


def _check_version(filing: Filing, version: int) -> None:
    if filing.version != version:
        raise Conflict("filing.changed")


def _touch(filing: Filing, actor: Actor, now: datetime) -> None:
    filing.version += 1
    filing.submitted_by, filing.submitter_name, filing.submitted_at = actor.account_id, actor.name, now


def _line(filing_id: int, seq: int, checked: Checked) -> FilingLine:
    line = FilingLine(filing_id=filing_id, seq=seq)
    _fill(line, checked)
    return line


def _fill(line: FilingLine, checked: Checked) -> None:
    line.typed, line.content = dict(checked.typed), dict(checked.content)
    line.problems = plain_problems(checked.problems)
    line.is_faulty = bool(checked.problems)
    line.person_id, line.title = checked.person_id, checked.title


def _mark_twins(session: Session, kind: Kind, filing: Filing) -> None:
    """Two lines of one filing that hold the same key: the later one is told which line is the first."""
    first: dict[str, int] = {}
    for line in list_lines(session, filing.key):
        others = [one for one in line.problems if one["code"] != "filing.twin"]
        found = None
        if not others:
            for key in kind.holds(filing, line):
                seq = first.setdefault(key, line.seq)
                found = seq if seq != line.seq else found
        twin = [{"field": "", "code": "filing.twin", "params": {"seq": found}}] if found else []
        if line.problems != others + twin:
            line.problems, line.is_faulty = others + twin, bool(others or twin)
            session.add(line)
    session.flush()


def _settle_title(session: Session, filing: Filing) -> None:
    session.flush()
    lines = list_lines(session, filing.key, limit=1)
    filing.people, _faulty = count_lines(session, filing.key)
    filing.title = lines[0].title if lines else ""
    session.add(filing)
    session.flush()


def _check_again(actor: Actor, filing_id: int, version: int, now: datetime) -> int:
    """Check every line as things stand now and keep what is found; returns how many are faulty."""
    with transaction() as session:
        filing = find_own(session, actor, filing_id, lock=True)
        if filing.state == "pending":
            return 0
        filing, kind = _editable(session, actor, filing_id, version)
        asked = asked_by(actor, now, filing.project_id, filing_id)
        for line in list_lines(session, filing_id):
            _fill(line, check_line(session, kind, replace(asked, kept=line.content), line.typed))
            session.add(line)
        session.flush()
        _mark_twins(session, kind, filing)
        return count_lines(session, filing_id)[1]


def _check_whole(session: Session, kind: Kind, filing: Filing, lines: Iterable[FilingLine]) -> None:
    if not is_editable(filing.state):
        raise Conflict("filing.not_editable", state=filing.state)
    found = list(lines)
    if not found:
        raise Refusal("filing.no_lines")
    if any(kind.needs_attachment(line.content) for line in found) and not list_attachments(
        session, filing.key
    ):
        raise Refusal("filing.needs_attachment", "file")


def _held(actor: Actor, keys: list[str]) -> Refusal:
    with reading() as session:
        holder = find_holder(session, keys)
        other = session.get(Filing, holder.filing_id) if holder else None
    if other is not None and other.unit_id == actor.unit_id:
        return Conflict("filing.held_here", number=other.receipt_no)
    return Conflict("filing.held_elsewhere")


def _audit(
    session: Session,
    actor: Actor | None,
    action: str,
    filing: Filing,
    now: datetime,
    *,
    before: object = None,
    after: object = None,
) -> None:
    audit.record(
        session, actor, action, "filing", filing.key, now, unit_id=filing.unit_id, before=before, after=after
    )
