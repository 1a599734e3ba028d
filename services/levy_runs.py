"""征集: the run of a month over all units of a region, calculated in the background and issued by the bureau.

A run stands still after any break and goes on behind its cursor; a second one of the same month changes nothing.
What was issued stays: a unit gets a new version, with a reason, of the newest month only, since whatever a past month
lacks comes with the next one by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlmodel import Session

from models import audit
from models.account import Actor
from models.db import insert_rows, transaction
from models.levy import Levy, LevyDetail, LevyItem, LevyRun, LevySettled
from models.levy_facts import add_levies, find_wrong_sums, list_unit_ids, settle_filings
from models.unit import RATE_SCALE, Unit, get_unit
from rules.levies import Part, Rate, month_before
from rules.refusals import Conflict, Missing, Refusal
from services.levy_notices import tell_issued, tell_reissued
from services.levy_sums import Bill, Reckoned, reckon
from services.work import Task, end_job, put_job

LEVY_JOB = "levy"
UNITS_AT_ONCE = 100
PROBLEMS_KEPT = 500
REASON_LENGTH = 200
LATEST_AHEAD = 1
"""A month may be levied while it runs, and the next one before it begins."""


def start_run(actor: Actor, month: str, now: datetime) -> tuple[int, int | None]:
    """征集 of a month YYYYMM: the run and its job; of a month that has a run, that run and nothing new (job None).

    Raises ``Refusal`` ``levy.no_month``, ``levy.too_early``, ``levy.gap`` (``month``: the one that comes first) and
    ``levy.unfinished`` (``month``).
    """
    check_month(month)
    with transaction() as session:
        found = find_run(session, actor.region_code, month)
        if found is not None:
            return found.key, None
        last = find_last_run(session, actor.region_code)
        if last is not None and last.state != "issued":
            raise Refusal("levy.unfinished", "month", month=last.month)
        if last is not None and month != (following := month_before(last.month, -1)):
            raise Refusal("levy.gap", "month", month=following)
        if month > month_before(f"{now:%Y%m}", -LATEST_AHEAD):
            raise Refusal("levy.too_early", "month", month=month_before(f"{now:%Y%m}", -LATEST_AHEAD))
        run = LevyRun(region_code=actor.region_code, month=month, started_by=actor.account_id, started_at=now)
        session.add(run)
        session.flush()
        _audit(session, actor, "levy_run_started", run, now)
        return run.key, _put(session, run, now)


def restart_run(actor: Actor, run_id: int, now: datetime) -> int:
    """重新计算 of a run that is not issued yet: its drafts are thrown away first. Returns the job.

    Raises ``Missing``, ``Conflict`` ``levy.issued`` or ``levy.calculating``.
    """
    with transaction() as session:
        run = own_run(session, actor, run_id)
        if run.state == "issued":
            raise Conflict("levy.issued", month=run.month)
        if run.state == "calculating":
            raise Conflict("levy.calculating", month=run.month)
        _throw_away(session, run)
        run.state, run.cursor, run.problems, run.failure = "calculating", 0, [], None
        run.started_by, run.started_at = actor.account_id, now
        session.add(run)
        _audit(session, actor, "levy_run_restarted", run, now)
        return _put(session, run, now)


def calculate(task: Task) -> None:
    """The job: unit after unit, some at a time; then everything is added up once more. May run twice or die half way.

    Raises ``Refusal`` ``levy.sums_differ``: then nothing can be issued.
    """
    for done, total in calculate_units(task.subject_id):
        task.report(done, total)
    with transaction() as session:
        end_job(session, task, task.clock())


def calculate_units(run_id: int) -> Iterator[tuple[int, int]]:
    """Go on with a run behind its cursor until it is ready; yields how many units are done, of how many.

    Each step is a transaction of its own. Raises ``Refusal`` ``levy.sums_differ``.
    """
    is_over = False
    while not is_over:
        with transaction(is_large=True) as session:
            run = session.get_one(LevyRun, run_id, with_for_update=True)
            is_over = run.state != "calculating" or not _next_units(session, run)
            if is_over and run.state == "calculating":
                _check_sums(session, run)
                run.state = "ready"
                session.add(run)
            units = select(func.count()).where(Unit.region_code == run.region_code)
            done, total = (
                session.scalar(query) or 0 for query in (units.where(Unit.id <= run.cursor), units)
            )
        yield done, total


def fail_run(session: Session, task: Task, code: str, params: dict[str, Any]) -> None:
    """What the job could not do; the run shows it and may be calculated anew."""
    run = session.get_one(LevyRun, task.subject_id)
    if run.state == "calculating":
        run.state, run.failure = "failed", {"code": code, "params": params}
        session.add(run)


def issue_run(actor: Actor, run_id: int, now: datetime) -> None:
    """签发: every draft of the run counts from now on. A second press finds it issued and changes nothing.

    Raises ``Missing``, ``Conflict`` ``levy.not_ready``, ``Refusal`` ``levy.sums_differ``.
    """
    with transaction(is_large=True) as session:
        run = own_run(session, actor, run_id)
        session.refresh(run, with_for_update=True)
        if run.state == "issued":
            return
        if run.state != "ready":
            raise Conflict("levy.not_ready", month=run.month)
        _check_sums(session, run)
        _issue(session, run.key, now)
        run.state, run.issued_by, run.issued_at = "issued", actor.account_id, now
        session.add(run)
        _audit(session, actor, "levy_run_issued", run, now, after=_sums(session, run))
        tell_issued(session, run, now)


def reissue(actor: Actor, unit_id: int, month: str, reason: str, now: datetime) -> list[int]:
    """重新核定 of one unit's newest month, with a reason: a new version of each 征集单 that would be different.

    Returns the new ones. Raises ``Missing``, ``Refusal`` ``levy.no_reason``, ``levy.reason_too_long``, ``levy.same``
    where nothing would change, ``Conflict`` ``levy.later_month`` (``month``).
    """
    reason = _check_reason(reason)
    with transaction() as session:
        unit = get_unit(session, unit_id) if session.get(Unit, unit_id) else None
        run = find_run(session, actor.region_code, month)
        if unit is None or unit.region_code != actor.region_code or run is None or run.state != "issued":
            raise Missing(unit_id)
        session.refresh(run, with_for_update=True)
        last = find_last_run(session, actor.region_code)
        if last is not None and last.month != month:
            raise Conflict("levy.later_month", month=last.month)
        settle_filings(session, run, unit_id, unit_id)
        old = {one.insurance: one for one in list_issued(session, unit_id, month)}
        new = {bill.insurance: bill for bill in _reckon(session, run, unit_id, unit_id).bills}
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
        _check_sums(session, run)
        _issue(session, run.key, now)
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


def own_run(session: Session, actor: Actor, run_id: int) -> LevyRun:
    """A run of the reviewer's region. Raises ``Missing``."""
    run = session.get(LevyRun, run_id)
    if run is None or run.region_code != actor.region_code:
        raise Missing(run_id)
    return run


def find_run(session: Session, region_code: str, month: str) -> LevyRun | None:
    """The run of a month, in whatever state."""
    query = select(LevyRun).where(LevyRun.region_code == region_code, LevyRun.month == month)
    return session.scalars(query).first()


def find_last_run(session: Session, region_code: str) -> LevyRun | None:
    """The run of the latest month."""
    query = select(LevyRun).where(LevyRun.region_code == region_code)
    return session.scalars(query.order_by(LevyRun.month.desc()).limit(1)).first()


def list_issued(session: Session, unit_id: int, month: str) -> list[Levy]:
    """What a unit owes for a month, by 险种."""
    query = select(Levy).where(Levy.unit_id == unit_id, Levy.month == month, Levy.state == "issued")
    return list(session.scalars(query.order_by(Levy.insurance)))


def check_month(month: str) -> None:
    """Raises ``Refusal`` ``levy.no_month`` for what is no month YYYYMM."""
    if not (len(month) == 6 and month.isascii() and month.isdigit() and "01" <= month[4:] <= "12"):
        raise Refusal("levy.no_month", "month", value=month[:10])


def _put(session: Session, run: LevyRun, now: datetime) -> int:
    total = session.scalar(select(func.count()).where(Unit.region_code == run.region_code)) or 0
    return put_job(session, LEVY_JOB, run.key, None, now, total=total)


def _next_units(session: Session, run: LevyRun) -> bool:
    """Calculate the units behind the cursor, and move it; False when there are none left."""
    ids = list_unit_ids(session, run.region_code, run.cursor, UNITS_AT_ONCE)
    if not ids:
        return False
    settle_filings(session, run, ids[0], ids[-1])
    reckoned = _reckon(session, run, ids[0], ids[-1])
    write_bills(session, run.key, run.month, reckoned.bills)
    run.problems = [*run.problems, *map(asdict, reckoned.problems)][:PROBLEMS_KEPT]
    run.cursor = ids[-1]
    session.add(run)
    return True


def _reckon(session: Session, run: LevyRun, first: int, last: int) -> Reckoned:
    return reckon(session, run.region_code, run.month, first, last)


def write_bills(
    session: Session,
    run_id: int,
    month: str,
    bills: list[Bill],
    *,
    versions: dict[str, int] | None = None,
    reason: str = "",
) -> list[int]:
    """Write drafts with their items and people; returns their numbers."""
    levies, items = [], []
    parts: list[Any] = []
    for bill in bills:
        version = (versions or {}).get(bill.insurance, 1)
        levies.append(
            {
                "run_id": run_id,
                "unit_id": bill.unit_id,
                "insurance": bill.insurance,
                "month": month,
                "version": version,
                "state": "draft",
                "people": bill.people,
                "base_total_fen": bill.base_total_fen,
                "employer_fen": bill.employer_fen,
                "employee_fen": bill.employee_fen,
                "total_fen": bill.total_fen,
                "due_on": bill.due_on,
                "reason": reason if version > 1 else "",
            }
        )
    ids = add_levies(session, levies)
    for levy_id, bill in zip(ids, bills, strict=True):
        for seq, item in enumerate(bill.items, start=1):
            items.append(
                {
                    "levy_id": levy_id,
                    "seq": seq,
                    "kind": item.kind,
                    "for_month": item.for_month,
                    "people": len(item.parts),
                    "base_total_fen": item.base_total_fen,
                    **_millionths(item.rate),
                    "employer_fen": item.employer_fen,
                    "employee_fen": item.employee_fen,
                }
            )
            for part in item.parts:
                parts += (levy_id, seq, *part)
    if items:
        session.connection().execute(insert(LevyItem), items)
        insert_rows(session, "levy_detail", ("levy_id", "seq", *Part._fields), parts)
    return ids


def _millionths(rate: Rate) -> dict[str, int]:
    return {
        "employer_millionths": int(rate.employer * RATE_SCALE),
        "employee_millionths": int(rate.employee * RATE_SCALE),
    }


def _check_sums(session: Session, run: LevyRun) -> None:
    wrong = find_wrong_sums(session, run.key)
    if wrong is not None:
        raise Refusal("levy.sums_differ", number=f"{wrong:012d}")


def _issue(session: Session, run_id: int, now: datetime) -> None:
    session.connection().execute(
        update(Levy).where(Levy.run_id == run_id, Levy.state == "draft").values(state="issued", issued_at=now)
    )
    session.expire_all()


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


def _throw_away(session: Session, run: LevyRun) -> None:
    drafts = select(Levy.id).where(Levy.run_id == run.key, Levy.state == "draft").scalar_subquery()
    connection = session.connection()
    for table in (LevyDetail, LevyItem):
        connection.execute(delete(table).where(table.levy_id.in_(drafts)))
    connection.execute(delete(Levy).where(Levy.run_id == run.key, Levy.state == "draft"))
    connection.execute(delete(LevySettled).where(LevySettled.run_id == run.key))


def _sums(session: Session, run: LevyRun) -> dict[str, int]:
    query = select(func.count(), func.coalesce(func.sum(Levy.total_fen), 0)).where(
        Levy.run_id == run.key, Levy.state == "issued"
    )
    levies, total = session.execute(query).one()
    return {"levies": levies, "total_fen": int(total)}


def _check_reason(reason: str) -> str:
    reason = reason.strip()
    if not reason:
        raise Refusal("levy.no_reason", "reason")
    if len(reason) > REASON_LENGTH:
        raise Refusal("levy.reason_too_long", "reason", limit=REASON_LENGTH)
    return reason


def _audit(
    session: Session, actor: Actor, action: str, run: LevyRun, now: datetime, after: object = None
) -> None:
    audit.record(session, actor, action, "levy_run", run.key, now, after=after or {"month": run.month})
