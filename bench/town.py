"""A region of many units for the monthly levy: filled by plain SQL, levied once, with requests that came late."""

from __future__ import annotations

import json
import resource
import time
from typing import TYPE_CHECKING

from sqlalchemy import select, text

from models import db
from models.account import Actor, find_account
from models.job import Job
from models.levy import LevyRun
from rules.levies import month_before
from services import demo, levy_runs

if TYPE_CHECKING:
    from bench.inside import Room

UNITS = 2_000
REVIEWER = "sbj_hlj"
NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {most})"
WAGES = "3600000 + i * 7919 % 40000000"
"""Annual, from 36,000 to 436,000 yuan: some below the floor, some above the cap."""


def fill_region(room: Room, people: int) -> None:
    """People insured for 医疗 in ``UNITS`` units, bases of two years, the month before levied and issued.

    In every second unit somebody joined late: approved now, insured from the month before on.
    """
    demo.UNITS = ()
    now = room.clock()
    demo.fill_demo(now)
    month = f"{now:%Y%m}"
    region, each = demo.HEILONGJIANG, people // UNITS
    with db.transaction() as session:
        run = session.connection().exec_driver_sql
        run(
            "INSERT INTO unit (region_code, unit_no, name, uscc, kind, funding, legal_representative, contact_name,"
            " contact_phone, bank_name, bank_account, address)"
            f" {NUMBERS.format(most=UNITS)} SELECT '{region}', 90000000 + i, '基准单位' || i, '91230000MA19000200',"
            " 'enterprise', 'own_funds', '', '', '', '', '', '' FROM n"
        )
        run(
            "INSERT INTO unit_rate (unit_id, insurance, valid_from, valid_to, employer_millionths,"
            " employee_millionths, reason) SELECT id, '310', '2020-01-01', '2099-01-01', 75000, 20000, '' FROM unit"
        )
        run(
            "INSERT INTO person (person_no, name, id_kind, id_number, sex, mobile, details, version)"
            f" {NUMBERS.format(most=people)} SELECT 'B' || i, '测试' || i, '05', 'B' || i, '', '', '{{}}', 1 FROM n"
        )
        first = run("SELECT min(id) FROM unit").scalar_one()
        unit = f"{first} + (id - 1) / {each}"
        run(
            "INSERT INTO enrolment (unit_id, person_id, insurance, state, from_month, employment, left_reason)"
            f" SELECT {unit}, id, '310', 'active', '202401', '', '' FROM person ORDER BY id"
        )
        for year in (now.year - 1, now.year):
            run(
                "INSERT INTO person_base (unit_id, person_id, insurance, year, effective_month, wage_fen, base_fen,"
                f" adjustment) SELECT {unit}, id, '310', {year}, '{year}01', {WAGES.replace('i', 'id')}, 0, 'none'"
                " FROM person ORDER BY id"
            )
    levy(room, month_before(month))
    with db.transaction() as session:
        _late_joiners(session, region, month_before(month), now.isoformat(" "))


def _late_joiners(session: db.Session, region: str, month: str, now: str) -> None:
    run = session.connection().exec_driver_sql
    run(
        "INSERT INTO filing (receipt_no, kind, unit_id, region_code, group_code, insurances, year, state, people,"
        " wage_total_fen, is_late, reason, submitter_name, submitted_at, title, version)"
        f" SELECT 'LATE-' || id, 'person_in', id, '{region}', '', '310', 2026, 'draft', 1, 0, 0, '', '', '{now}', '', 1"
        " FROM unit WHERE id % 2 = 0"
    )
    for state in ("pending", "approved"):
        run(f"UPDATE filing SET state = '{state}'")
    run(
        "INSERT INTO person (person_no, name, id_kind, id_number, sex, mobile, details, version)"
        " SELECT 'L' || id, '新人' || id, '05', 'L' || id, '', '', '{}', 1 FROM filing"
    )
    joined = "FROM person p JOIN filing f ON p.person_no = 'L' || f.id"
    run(
        "INSERT INTO enrolment (unit_id, person_id, insurance, state, from_month, employment, left_reason,"
        f" in_filing_id) SELECT f.unit_id, p.id, '310', 'active', '{month}', '', '', f.id {joined}"
    )
    run(
        "INSERT INTO person_base (unit_id, person_id, insurance, year, effective_month, wage_fen, base_fen,"
        f" adjustment, filing_id) SELECT f.unit_id, p.id, '310', 2026, '{month}', 7200000, 600000, 'none', f.id {joined}"
    )


def levy(room: Room, month: str) -> tuple[LevyRun, float, float]:
    """The run of a month as the worker does it, and its issue by the bureau; with the seconds of each."""
    with db.reading() as session:
        account = find_account(session, REVIEWER)
        assert account is not None and account.id is not None
        actor = Actor(account.id, account.display_name, account.role, account.region_code, None, "")
    start = time.perf_counter()
    run_id, job_id = levy_runs.start_run(actor, month, room.clock())
    assert job_id is not None
    room.run(job_id)
    ready = time.perf_counter()
    levy_runs.issue_run(actor, run_id, room.clock())
    end = time.perf_counter()
    with db.reading() as session:
        return session.get_one(LevyRun, run_id), ready - start, end - ready


def measure_levy(room: Room) -> None:
    """Levy this month over the region; prints seconds, details, amount and this process's peak memory in bytes."""
    run, seconds, issue = levy(room, f"{room.clock():%Y%m}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    with db.reading() as session:
        query = "SELECT count(*) FROM levy_detail d JOIN levy l ON l.id = d.levy_id WHERE l.run_id = :run"
        details = session.execute(text(query), {"run": run.key}).scalar_one()
        if session.scalars(select(Job.state).where(Job.state != "done")).first():
            raise RuntimeError("a job is not done")
    print(json.dumps({"seconds": seconds, "issue": issue, "details": details, "peak": peak}))


def bare_levy(room: Room) -> None:
    """The limit: the same rows into the same tables by the database alone, without a thought about law or past.

    One INSERT … SELECT copies each person's wage and base, another sums them by unit, in one transaction.
    """
    month = f"{room.clock():%Y%m}"
    with db.transaction() as session:
        run = session.connection().exec_driver_sql
        run(
            "INSERT INTO levy_run (region_code, month, state, cursor, problems, started_by, started_at)"
            " SELECT region_code, ?, 'calculating', 0, '[]', started_by, started_at FROM levy_run",
            (month,),
        )
        run(
            "INSERT INTO levy (run_id, unit_id, insurance, month, version, state, people, base_total_fen, employer_fen,"
            " employee_fen, total_fen, due_on, reason) SELECT (SELECT max(id) FROM levy_run), id, '310', ?, 1, 'draft',"
            " 0, 0, 0, 0, 0, '2026-01-25', '' FROM unit",
            (month,),
        )
    start = time.perf_counter()
    with db.transaction() as session:
        run = session.connection().exec_driver_sql
        copied = run(
            "INSERT INTO levy_detail (levy_id, person_id, seq, wage_fen, base_fen, before_fen, adjustment,"
            " employee_fen, filing_id)"
            " SELECT v.id, e.person_id, 1, b.wage_fen, b.base_fen, 0, b.adjustment, 0, b.filing_id"
            " FROM levy v JOIN enrolment e ON e.unit_id = v.unit_id AND e.insurance = v.insurance JOIN person_base b"
            " ON b.unit_id = e.unit_id AND b.person_id = e.person_id AND b.insurance = e.insurance"
            " AND b.effective_month = (SELECT max(l.effective_month) FROM person_base l WHERE l.unit_id = e.unit_id"
            " AND l.person_id = e.person_id AND l.insurance = e.insurance AND l.effective_month <= v.month)"
            " WHERE v.month = ? AND e.from_month <= v.month AND (e.to_month IS NULL OR e.to_month >= v.month)"
            " ORDER BY v.id, e.person_id",
            (month,),
        )
        run(
            "INSERT INTO levy_item (levy_id, seq, kind, for_month, people, base_total_fen, employer_millionths,"
            " employee_millionths, employer_fen, employee_fen)"
            " SELECT levy_id, seq, 'normal', ?, count(*), sum(base_fen), 75000, 20000, sum(base_fen) * 75 / 1000, 0"
            " FROM levy_detail JOIN levy v ON v.id = levy_id WHERE v.month = ? GROUP BY levy_id, seq",
            (month, month),
        )
    print(json.dumps({"seconds": time.perf_counter() - start, "details": copied.rowcount}))
