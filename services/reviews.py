"""审核: the bureau's reviewer takes a filing in hand and approves, refuses or returns it, of whatever kind it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from models import audit
from models.account import Account, Actor
from models.db import reading, transaction, upsert
from models.declaration import Declaration
from models.filing import (
    Filing,
    FilingMark,
    SnapshotRow,
    find_region_filing,
    get_snapshot,
    list_snapshot_rows,
)
from models.filing_parts import list_lines
from models.person import PersonBase
from models.queue_list import Search, list_waiting
from rules.duties import check_other_person
from rules.filing_states import WAGES, Step
from rules.refusals import Conflict, Missing, Refusal
from services.consents import agree, disagree
from services.filings import release, take_step
from services.kind_list import find_kind
from services.submissions import settle_state
from services.timeline import add_event

REASON_LENGTH = 500
TAKE_MINUTES = 30
NEXT_TRIED = 20
CHUNK = 5000


def take_filing(actor: Actor, filing_id: int, now: datetime, minutes: int = TAKE_MINUTES) -> None:
    """受理 for so many minutes: the unit cannot withdraw it any more, colleagues see who has it.

    Whoever has it already begins anew. Raises ``Missing``, ``Conflict`` ``review.taken``.
    """
    with transaction() as session:
        filing = _pending(session, actor, filing_id)
        _check_free(session, actor, filing, now)
        is_renewed = filing.holder(now) == actor.account_id
        filing.taken_by, filing.taken_at = actor.account_id, now
        filing.taken_until = now + timedelta(minutes=minutes)
        if not is_renewed:
            _tell_step(session, actor, filing, "taken", now)


def take_next(actor: Actor, search: Search, now: datetime, minutes: int = TAKE_MINUTES) -> int:
    """办下一件: take the first of a search that nobody has; returns its number. Raises ``Refusal`` ``review.empty``."""
    with reading() as session:
        found = list_waiting(session, actor.office, search._replace(taken="free"), limit=NEXT_TRIED)
    for waiting in found:
        try:
            take_filing(actor, waiting.filing.key, now, minutes)
        except (Conflict, Missing):
            # A colleague, or the unit, was quicker: then the one after it.
            continue
        return waiting.filing.key
    raise Refusal("review.empty")


def put_back_filing(actor: Actor, filing_id: int, now: datetime) -> None:
    """放回: whoever took it gives it back to the queue. Raises ``Missing``, ``Conflict`` ``review.taken``."""
    with transaction() as session:
        filing = _pending(session, actor, filing_id)
        _check_free(session, actor, filing, now)
        if filing.taken_by is None:
            return
        filing.let_go()
        _tell_step(session, actor, filing, "put_back", now)


def approve_filing(
    actor: Actor, filing_id: int, now: datetime, check: Callable[[Session, Filing], None] | None = None
) -> int:
    """审核通过: what was asked for takes effect; of a wage declaration, the new bases from the effective month.

    Returns how many more people have to agree first (``services.consents``): 0 when it took effect. ``check``
    may refuse it under the lock. Raises ``Missing`` for another region's filing, ``Conflict`` ``review.decided`` if it
    was decided already, and whatever the kind's effect refuses because things have changed since.
    """
    with transaction() as session:
        filing = _to_decide(session, actor, filing_id, now)
        if check is not None:
            check(session, filing)
        if left := agree(session, actor, filing, now):
            filing.let_go()
            _tell_step(session, actor, filing, "consented", now)
            return left
        _approve(session, actor, filing, now)
        return 0


def take_back_consent(actor: Actor, filing_id: int, now: datetime) -> None:
    """Somebody's 同意 is taken back while others are still to agree. Raises ``Conflict`` ``review.not_agreed``."""
    with transaction() as session:
        filing = _pending(session, actor, filing_id)
        disagree(session, actor, filing)
        _tell_step(session, actor, filing, "consent_taken_back", now)


def _approve(session: Session, actor: Actor, filing: Filing, now: datetime) -> None:
    if filing.kind != WAGES:
        release(session, filing)
        find_kind(filing.kind).effect(session, actor, filing, list_lines(session, filing.key), now)
        take_decision(session, actor, filing, "approve", now)
        return
    _decide(session, actor, filing, "approved", "", now)
    people = _set_bases(session, filing)
    audit.record(
        session,
        actor,
        "filing_approved",
        "filing",
        filing.key,
        now,
        unit_id=filing.unit_id,
        before={"state": "pending"},
        after={"state": "approved", "people": people},
    )


def refuse_filing(actor: Actor, filing_id: int, reason: str, now: datetime) -> None:
    """审核不通过 with a reason: the end of it; the unit may copy it into a new one. Wage declarations are returned.

    Raises ``Refusal`` ``review.no_reason``, ``review.reason_too_long``, ``Conflict``.
    """
    reason = _check_reason(reason)
    with transaction() as session:
        filing = _to_decide(session, actor, filing_id, now)
        release(session, filing)
        take_decision(session, actor, filing, "refuse", now, reason)


def take_decision(
    session: Session, actor: Actor, filing: Filing, step: Step, now: datetime, reason: str = ""
) -> None:
    """Decide a filing that is no wage declaration, in the running transaction."""
    filing.reason, filing.decided_by, filing.decided_at = reason, actor.account_id, now
    take_step(session, actor, filing, step, now, reason)


def return_filing(actor: Actor, filing_id: int, reason: str, marks: Mapping[int, str], now: datetime) -> None:
    """退回 with a reason; ``marks`` names rows by 序号 with a reason each. The declaration opens again.

    Raises ``Refusal`` ``review.no_reason``, ``review.reason_too_long``, ``review.unknown_row``.
    """
    reason = _check_reason(reason)
    with transaction() as session:
        filing = _to_decide(session, actor, filing_id, now)
        if filing.kind != WAGES:
            release(session, filing)
            take_decision(session, actor, filing, "return", now, reason)
            return
        _add_marks(session, filing, marks)
        _decide(session, actor, filing, "returned", reason, now)
        audit.record(
            session,
            actor,
            "filing_returned",
            "filing",
            filing_id,
            now,
            unit_id=filing.unit_id,
            before={"state": "pending"},
            after={"state": "returned", "reason": reason, "rows": sorted(marks)},
        )


def _check_reason(reason: str) -> str:
    reason = reason.strip()
    if not reason:
        raise Refusal("review.no_reason", "reason")
    if len(reason) > REASON_LENGTH:
        raise Refusal("review.reason_too_long", "reason", limit=REASON_LENGTH)
    return reason


def _to_decide(session: Session, actor: Actor, filing_id: int, now: datetime) -> Filing:
    filing = _pending(session, actor, filing_id)
    _check_free(session, actor, filing, now)
    return filing


def _check_free(session: Session, actor: Actor, filing: Filing, now: datetime) -> None:
    holder = filing.holder(now)
    if holder not in (None, actor.account_id):
        name = session.get_one(Account, holder).display_name
        raise Conflict("review.taken", name=name, until=filing.taken_until)


def _tell_step(session: Session, actor: Actor, filing: Filing, step: str, now: datetime) -> None:
    """A step that changes no state: in the timeline and in the audit trail."""
    filing.version += 1
    session.add(filing)
    add_event(session, filing, step, actor.place, now)
    audit.record(session, actor, f"filing_{step}", "filing", filing.key, now, unit_id=filing.unit_id)


def _pending(session: Session, actor: Actor, filing_id: int) -> Filing:
    filing = find_region_filing(session, actor.office, filing_id)
    if filing is None:
        raise Missing(filing_id)
    if filing.declaration_id is not None:
        # Declaration first, filing second: the same order of locks as in submission.
        session.get(Declaration, filing.declaration_id, with_for_update=True)
    filing = find_region_filing(session, actor.office, filing_id, lock=True)
    if filing is None:
        raise Conflict("review.withdrawn")
    session.refresh(filing)
    if filing.state != "pending":
        raise Conflict("review.decided", state=filing.state)
    check_other_person(actor.account_id, filing.submitted_by)
    return filing


def _decide(session: Session, actor: Actor, filing: Filing, state: str, reason: str, now: datetime) -> None:
    filing.state, filing.reason = state, reason
    filing.version += 1
    filing.let_go()
    filing.decided_by, filing.decided_at = actor.account_id, now
    session.add(filing)
    add_event(session, filing, state, actor.place, now, reason)
    session.flush()
    settle_state(session, filing.own_declaration_id)


def _add_marks(session: Session, filing: Filing, marks: Mapping[int, str]) -> None:
    for seq, reason in marks.items():
        row = session.get(SnapshotRow, (filing.snapshot_id, seq))
        if row is None:
            raise Refusal("review.unknown_row", f"m{seq}", seq=seq)
        if len(reason) > REASON_LENGTH:
            raise Refusal("review.reason_too_long", f"t{seq}", limit=REASON_LENGTH)
        assert filing.id is not None
        session.add(
            FilingMark(
                filing_id=filing.id, seq=seq, name=row.name, wage_fen=row.wage_fen, reason=reason.strip()
            )
        )


def _set_bases(session: Session, filing: Filing) -> int:
    snapshot = get_snapshot(session, filing.own_snapshot_id)
    rows: list[dict[str, Any]] = []
    people = 0
    for row in list_snapshot_rows(session, filing.own_snapshot_id):
        found = [(code, row.bases[code]) for code in filing.insurance_codes if code in row.bases]
        people += bool(found)
        for code, (base_fen, adjustment) in found:
            rows.append(
                {
                    "unit_id": filing.unit_id,
                    "person_id": row.person_id,
                    "insurance": code,
                    "year": filing.year,
                    "effective_month": snapshot.effective_month,
                    "wage_fen": row.wage_fen,
                    "base_fen": base_fen,
                    "adjustment": adjustment,
                    "filing_id": filing.id,
                }
            )
    key = ["unit_id", "person_id", "insurance", "effective_month"]
    for start in range(0, len(rows), CHUNK):
        session.connection().execute(upsert(PersonBase, key), rows[start : start + CHUNK])
    return people
