"""审核: the bureau's reviewer approves a filing, or returns it with reasons that may name rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session

from models import audit
from models.account import Actor
from models.db import transaction, upsert
from models.declaration import Declaration
from models.filing import (
    Filing,
    FilingMark,
    SnapshotRow,
    find_region_filing,
    get_snapshot,
    list_snapshot_rows,
)
from models.person import PersonBase
from rules.refusals import Conflict, Missing, Refusal
from services.submissions import add_event, settle_state

REASON_LENGTH = 500
CHUNK = 5000


def approve_filing(actor: Actor, filing_id: int, now: datetime) -> None:
    """审核通过: the people's new bases hold from the effective month.

    Raises ``Missing`` for another region's filing, ``Conflict`` ``review.decided`` if it was decided already.
    """
    with transaction() as session:
        filing = _pending(session, actor, filing_id)
        _decide(session, actor, filing, "approved", "", now)
        people = _set_bases(session, filing)
        audit.record(
            session,
            actor,
            "filing_approved",
            "filing",
            filing_id,
            now,
            unit_id=filing.unit_id,
            before={"state": "pending"},
            after={"state": "approved", "people": people},
        )


def return_filing(actor: Actor, filing_id: int, reason: str, marks: Mapping[int, str], now: datetime) -> None:
    """退回 with a reason; ``marks`` names rows by 序号 with a reason each. The declaration opens again.

    Raises ``Refusal`` ``review.no_reason``, ``review.reason_too_long``, ``review.unknown_row``.
    """
    reason = reason.strip()
    if not reason:
        raise Refusal("review.no_reason", "reason")
    if len(reason) > REASON_LENGTH:
        raise Refusal("review.reason_too_long", "reason", limit=REASON_LENGTH)
    with transaction() as session:
        filing = _pending(session, actor, filing_id)
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


def _pending(session: Session, actor: Actor, filing_id: int) -> Filing:
    filing = find_region_filing(session, actor.region_code, filing_id)
    if filing is None:
        raise Missing(filing_id)
    # Declaration first, filing second: the same order of locks as in submission.
    session.get(Declaration, filing.declaration_id, with_for_update=True)
    filing = find_region_filing(session, actor.region_code, filing_id, lock=True)
    assert filing is not None
    session.refresh(filing)
    if filing.state != "pending":
        raise Conflict("review.decided", state=filing.state)
    return filing


def _decide(session: Session, actor: Actor, filing: Filing, state: str, reason: str, now: datetime) -> None:
    filing.state, filing.reason = state, reason
    filing.decided_by, filing.decided_at = actor.account_id, now
    session.add(filing)
    add_event(session, filing, state, actor.place, now, reason)
    session.flush()
    settle_state(session, filing.declaration_id)


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
    snapshot = get_snapshot(session, filing.snapshot_id)
    rows: list[dict[str, Any]] = []
    people = 0
    for row in list_snapshot_rows(session, filing.snapshot_id):
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
