"""申报: freeze the declaration, hand it over in the background, and never twice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from models import audit
from models.account import Actor
from models.certificate import SnapshotSignature
from models.db import reading, transaction
from models.declaration import Declaration, Standing, get_standing, list_insurances
from models.filing import (
    Filing,
    Snapshot,
    latest_by_group,
    list_declaration_filings,
)
from models.region import find_window, get_region
from models.wage_rows import Amounts, list_amounts
from rules.insurances import Group, groups_of
from rules.refusals import Conflict, Refusal
from rules.wages import is_declared
from services.declarations import get_own
from services.figures import bounds_on
from services.notes import count_unexplained
from services.risks import find_flags, keep_flags
from services.snapshots import is_intact, plain_bounds, take_snapshot
from services.timeline import add_event, new_receipt_no
from services.work import LeaseLost, Task, end_job, put_job

HAND_OVER_JOB = "hand_over"
_SENT = ("submitting", "submitted", "approved")


@dataclass(frozen=True)
class Signed:
    """A checked signature over ``content``, which names ``digest``, that of the snapshot it is meant for."""

    digest: str
    content: str
    signature: bytes
    kind: str
    certificate_digest: str


def submit_declaration(
    actor: Actor, declaration_id: int, revision: int, now: datetime, signed: Signed | None = None
) -> tuple[list[int], int]:
    """申报 (manual 黑龙江 三(八)): returns the numbers of the filings and of the job that hands them over.

    A second press, tab or operator gets the same filings back and job 0. Raises ``Missing``, or
    ``Refusal`` ``submit.*`` for what is lacking, ``submit.unsigned`` where the region asks for a signature,
    ``Conflict`` ``submit.changed`` when ``revision``, the one that the clerk saw, is no longer the present
    one, or the frozen data are not those that were signed.
    """
    try:
        with transaction() as session:
            declaration = get_own(session, actor, declaration_id, lock=True)
            filings = list_declaration_filings(session, declaration_id)
            if declaration.state in _SENT:
                return _numbers(filings), 0
            check_ready(session, declaration, revision)
            if signed is None and get_region(session, declaration.region_code).signs_submission:
                raise Refusal("submit.unsigned")
            groups = groups_to_submit(session, declaration, filings)
            return _submit(session, actor, declaration, groups, now, signed)
    except IntegrityError:
        # The database saw another submission first; its filings are the answer to this one too.
        with reading() as session:
            return _numbers(list_declaration_filings(session, declaration_id)), 0


def find_sent(actor: Actor, declaration_id: int) -> list[int]:
    """The filings of a declaration that lies before the bureau; none while it is still the unit's own.

    Waits for a submission that is under way. Raises ``Missing``.
    """
    with transaction() as session:
        declaration = get_own(session, actor, declaration_id, lock=True)
        if declaration.state not in _SENT:
            return []
        return _numbers(list_declaration_filings(session, declaration_id))


def groups_to_submit(session: Session, declaration: Declaration, filings: list[Filing]) -> list[Group]:
    """The groups of the declaration that wait for 申报: never sent, returned, or failed."""
    assert declaration.id is not None
    chosen = list_insurances(session, declaration.id)
    latest = latest_by_group(filings)
    return [
        Group(group.code, tuple(code for code in group.insurances if code in chosen))
        for group in groups_of(chosen)
        if group.code not in latest or latest[group.code].state in ("returned", "failed")
    ]


def asks_why_late(session: Session, declaration: Declaration) -> bool:
    """Whether a declaration after the window still has to say why: not if it was handed in before, and came back."""
    assert declaration.id is not None
    filings = list_declaration_filings(session, declaration.id)
    return not declaration.late_reason and all(filing.is_late for filing in filings)


def codes_of(groups: list[Group]) -> list[str]:
    """The 险种 of these groups, as a snapshot names them."""
    return [code for group in groups for code in group.insurances]


def lacking(declaration: Declaration, standing: Standing, unexplained: int = 0) -> list[str]:
    """What still stands between the declaration and 申报, as codes in the order of the steps.

    ``unexplained`` people lack a 说明; whoever only draws the steps spares the counting.
    """
    tally = standing.tally
    found = []
    if tally.entered == 0:
        found.append("submit.nothing_entered")
    if tally.entered < tally.insured and declaration.left_confirmed_revision != tally.revision:
        found.append("submit.left_unconfirmed")
    if unexplained:
        found.append("submit.unexplained")
    if standing.statement_version is None:
        found.append("submit.no_statement")
    elif not standing.is_covered:
        found.append("submit.no_backup")
    return found


def check_ready(session: Session, declaration: Declaration, revision: int) -> None:
    """Raise the first reason why the declaration cannot be submitted at this revision."""
    assert declaration.id is not None
    if declaration.state != "open":
        raise Refusal("declaration.not_open", state=declaration.state)
    standing = get_standing(session, declaration.id)
    if standing.tally.revision != revision:
        raise Conflict("submit.changed")
    unexplained = count_unexplained(session, declaration.id)
    for code in lacking(declaration, standing, unexplained):
        raise Refusal(code, count=unexplained)


def hand_over(task: Task) -> None:
    """The job after 申报: hold the frozen data against its digest and the bounds, then pass it to the bureau."""
    with reading() as session:
        snapshot = session.get_one(Snapshot, task.subject_id)
        declaration = session.get_one(Declaration, snapshot.declaration_id)
        if not is_intact(session, snapshot):
            raise Refusal("hand_over.damaged")
        bounds = bounds_on(session, declaration)
        if (
            plain_bounds({code: bounds[code] for code in snapshot.bounds if code in bounds})
            != snapshot.bounds
        ):
            raise Refusal("hand_over.bounds_changed")
        flags = {
            filing.key: find_flags(session, filing, task.clock().tzinfo)
            for filing in list_declaration_filings(session, snapshot.declaration_id)
            if filing.snapshot_id == snapshot.id
        }
    with transaction() as session:
        filings = _submitting(session, task)
        for filing in filings:
            filing.state = "pending"
            filing.version += 1
            keep_flags(filing, flags[filing.key])
            session.add(filing)
            add_event(session, filing, "pending", audit.SYSTEM, task.clock())
        session.flush()
        settle_state(session, snapshot.declaration_id)
        end_job(session, task, task.clock(), result={"filings": len(filings)})
        audit.record(
            session,
            None,
            "handed_over",
            "snapshot",
            task.subject_id,
            task.clock(),
            unit_id=task.unit_id,
            after={"digest": snapshot.digest},
        )


def fail_hand_over(session: Session, task: Task, code: str, params: dict[str, Any]) -> None:
    """提交失败 with its reason; only now may the declaration be submitted again (manual 黑龙江 三(九))."""
    for filing in _submitting(session, task):
        filing.state, filing.failure = "failed", {"code": code, "params": params}
        filing.version += 1
        session.add(filing)
        add_event(session, filing, "failed", audit.SYSTEM, task.clock())
    session.flush()
    snapshot = session.get_one(Snapshot, task.subject_id)
    settle_state(session, snapshot.declaration_id)
    audit.record(
        session,
        None,
        "hand_over_failed",
        "snapshot",
        task.subject_id,
        task.clock(),
        unit_id=task.unit_id,
        after={"code": code},
    )


def settle_state(session: Session, declaration_id: int) -> None:
    """Set the declaration's state to what its newest filings add up to."""
    states = {
        filing.state for filing in latest_by_group(list_declaration_filings(session, declaration_id)).values()
    }
    if states & {"returned", "failed"}:
        state = "open"
    elif "submitting" in states:
        state = "submitting"
    elif "pending" in states:
        state = "submitted"
    else:
        state = "approved"
    session.connection().execute(
        update(Declaration).where(Declaration.id == declaration_id).values(state=state)
    )


def _submit(
    session: Session,
    actor: Actor,
    declaration: Declaration,
    groups: list[Group],
    now: datetime,
    signed: Signed | None,
) -> tuple[list[int], int]:
    assert declaration.id is not None
    snapshot = take_snapshot(session, declaration, codes_of(groups), now)
    if signed is not None:
        _keep_signature(session, actor, snapshot, signed, now)
    window = find_window(session, declaration.region_code, declaration.year)
    is_late = window is not None and now.date() > window.closes_on
    if is_late and asks_why_late(session, declaration):
        raise Refusal("late.no_reason", "late_reason")
    amounts = list_amounts(session, declaration.id)
    numbers = []
    for group in groups:
        filing = _new_filing(actor, declaration, snapshot, group, _declared(amounts, group), now)
        filing.is_late = is_late
        session.add(filing)
        session.flush()
        assert filing.id is not None
        # The reason for coming late stands in the timeline, before the eyes of whoever decides.
        note = declaration.late_reason if is_late else ""
        add_event(session, filing, "submitting", actor.name, now, note)
        numbers.append(filing.id)
    settle_state(session, declaration.id)
    audit.record(
        session,
        actor,
        "declaration_submitted",
        "declaration",
        declaration.id,
        now,
        after={
            "digest": snapshot.digest,
            "filings": numbers,
            "version": snapshot.version,
            "certificate": signed.certificate_digest if signed else None,
        },
    )
    assert snapshot.id is not None
    return numbers, put_job(session, HAND_OVER_JOB, snapshot.id, actor.own_unit_id, now)


def _declared(amounts: list[Amounts], group: Group) -> list[int]:
    """The wages in fen that count for a group of 险种."""
    return [
        row.wage_fen
        for row in amounts
        if row.wage_fen is not None
        and is_declared(row.wage_fen)
        and any(code in row.insurances for code in group.insurances)
    ]


def _new_filing(
    actor: Actor, declaration: Declaration, snapshot: Snapshot, group: Group, wages: list[int], now: datetime
) -> Filing:
    return Filing(
        receipt_no=new_receipt_no(declaration.region_code, now),
        declaration_id=snapshot.declaration_id,
        snapshot_id=snapshot.id,
        unit_id=snapshot.unit_id,
        region_code=declaration.region_code,
        group_code=group.code,
        insurances=" ".join(group.insurances),
        year=snapshot.year,
        people=len(wages),
        wage_total_fen=sum(wages),
        submitted_by=actor.account_id,
        submitter_name=actor.name,
        submitted_at=now,
    )


def _keep_signature(
    session: Session, actor: Actor, snapshot: Snapshot, signed: Signed, now: datetime
) -> None:
    if signed.digest != snapshot.digest:
        raise Conflict("submit.changed")
    assert snapshot.id is not None
    session.add(
        SnapshotSignature(
            snapshot_id=snapshot.id,
            account_id=actor.account_id,
            certificate_digest=signed.certificate_digest,
            content=signed.content,
            signature=signed.signature,
            kind=signed.kind,
            signed_at=now,
        )
    )


def _submitting(session: Session, task: Task) -> list[Filing]:
    snapshot = session.get_one(Snapshot, task.subject_id)
    # The declaration's row is the lock that submission, hand-over and review share.
    session.get(Declaration, snapshot.declaration_id, with_for_update=True)
    filings = list_declaration_filings(session, snapshot.declaration_id, lock=True)
    waiting = [f for f in filings if f.snapshot_id == snapshot.id and f.state == "submitting"]
    if not waiting:
        raise LeaseLost(task.kind, task.job_id)
    return waiting


def _numbers(filings: list[Filing]) -> list[int]:
    return [filing.id for filing in latest_by_group(filings).values() if filing.id is not None]
