"""重新核定: a unit's newest month anew, with a reason. What was issued before stays, and is replaced."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session

from models import audit
from models.account import Actor
from models.db import transaction
from models.levy import Levy, LevyDetail, find_last_run, find_run, list_issued
from models.levy_facts import settle_filings
from models.office import find_office_unit
from rules.refusals import Conflict, Missing, Refusal
from services.levy_drafts import check_sums, issue, write_bills
from services.levy_notices import tell_reissued
from services.levy_sums import Bill, reckon

REASON_LENGTH = 200


def reissue(actor: Actor, unit_id: int, month: str, reason: str, now: datetime) -> list[int]:
    """重新核定 of one unit's newest month, with a reason: a new version of each 征集单 that would be different.

    Returns the new ones. Raises ``Missing``, ``Refusal`` ``levy.no_reason``, ``levy.reason_too_long``, ``levy.same``
    where nothing would change, ``Conflict`` ``levy.later_month`` (``month``).
    """
    reason = check_reason(reason)
    with transaction() as session:
        unit = find_office_unit(session, actor.office, unit_id)
        run = find_run(session, actor.region_code, month)
        if unit is None or run is None or run.state != "issued":
            raise Missing(unit_id)
        session.refresh(run, with_for_update=True)
        last = find_last_run(session, actor.region_code)
        if last is not None and last.month != month:
            raise Conflict("levy.later_month", month=last.month)
        settle_filings(session, run, unit_id, unit_id)
        old = {one.insurance: one for one in list_issued(session, unit_id, month)}
        new = {
            bill.insurance: bill for bill in reckon(session, run.region_code, month, unit_id, unit_id).bills
        }
        changed = [code for code in sorted({*old, *new}) if _differs(session, old.get(code), new.get(code))]
        if not changed:
            raise Refusal("levy.same", month=month)
        for code in changed:
            if code in old:
                old[code].state = "replaced"
                session.add(old[code])
        session.flush()
        bills = [new.get(code) or Bill(unit_id, code, old[code].due_on, ()) for code in changed]
        versions = {code: old[code].version + 1 if code in old else 1 for code in changed}
        ids = write_bills(session, run.key, month, bills, versions=versions, reason=reason)
        check_sums(session, run)
        issue(session, run, now)
        audit.record(
            session,
            actor,
            "levy_reissued",
            "levy_run",
            run.key,
            now,
            unit_id=unit_id,
            before={code: old[code].total_fen for code in changed if code in old},
            after={"reason": reason, **{bill.insurance: bill.total_fen for bill in bills}},
        )
        tell_reissued(session, [session.get_one(Levy, levy_id) for levy_id in ids], now)
        return ids


def check_reason(reason: str) -> str:
    """The reason without spaces around it. Raises ``Refusal`` ``levy.no_reason``, ``levy.reason_too_long``."""
    reason = reason.strip()
    if not reason:
        raise Refusal("levy.no_reason", "reason")
    if len(reason) > REASON_LENGTH:
        raise Refusal("levy.reason_too_long", "reason", limit=REASON_LENGTH)
    return reason


def _differs(session: Session, old: Levy | None, new: Bill | None) -> bool:
    if old is None or new is None:
        return (old is not None and old.total_fen != 0) or (new is not None)
    sums = (old.people, old.base_total_fen, old.employer_fen, old.employee_fen)
    if sums != (new.people, new.base_total_fen, new.employer_fen, new.employee_fen):
        return True
    query = select(LevyDetail).where(LevyDetail.levy_id == old.key)
    kept = {
        (one.seq, one.person_id, one.base_fen, one.before_fen, one.employee_fen)
        for one in session.scalars(query)
    }
    now = {
        (seq, part.person_id, part.base_fen, part.before_fen, part.employee_fen)
        for seq, item in enumerate(new.items, start=1)
        for part in item.parts
    }
    return kept != now
