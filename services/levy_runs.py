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

from sqlalchemy import func, select
from sqlmodel import Session

from models import audit
from models.account import Actor
from models.db import transaction
from models.levy import Levy, LevyRun, find_last_run, find_run
from models.levy_drafts import delete_drafts
from models.levy_facts import list_unit_ids, settle_filings
from models.unit import Unit
from rules.levies import month_before
from rules.refusals import Conflict, Missing, Refusal
from services.levy_drafts import check_sums, issue, write_bills
from services.levy_notices import tell_issued
from services.levy_sums import reckon
from services.work import Task, end_job, put_job

LEVY_JOB = "levy"
UNITS_AT_ONCE = 200
PROBLEMS_KEPT = 500
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
        delete_drafts(session, run.key)
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
                check_sums(session, run)
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
        check_sums(session, run)
        issue(session, run, now)
        run.state, run.issued_by, run.issued_at = "issued", actor.account_id, now
        session.add(run)
        _audit(session, actor, "levy_run_issued", run, now, after=_sums(session, run))
        tell_issued(session, run, now)


def own_run(session: Session, actor: Actor, run_id: int) -> LevyRun:
    """A run of the reviewer's region. Raises ``Missing``."""
    run = session.get(LevyRun, run_id)
    if run is None or run.region_code != actor.region_code:
        raise Missing(run_id)
    return run


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
    reckoned = reckon(session, run.region_code, run.month, ids[0], ids[-1])
    write_bills(session, run.key, run.month, reckoned.bills)
    run.problems = [*run.problems, *map(asdict, reckoned.problems)][:PROBLEMS_KEPT]
    run.cursor = ids[-1]
    session.add(run)
    return True


def _sums(session: Session, run: LevyRun) -> dict[str, int]:
    query = select(func.count(), func.coalesce(func.sum(Levy.total_fen), 0)).where(
        Levy.run_id == run.key, Levy.state == "issued"
    )
    levies, total = session.execute(query).one()
    return {"levies": levies, "total_fen": int(total)}


def _audit(
    session: Session, actor: Actor, action: str, run: LevyRun, now: datetime, after: object = None
) -> None:
    audit.record(session, actor, action, "levy_run", run.key, now, after=after or {"month": run.month})
