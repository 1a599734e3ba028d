"""征集: a month's run against an independent calculation in SQL, its breaks, its past months, its guards."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from models.db import reading, transaction
from models.job import Job
from models.levy import Levy, LevyDetail, LevyItem, LevyRun, list_issued
from models.person import Enrolment, PersonBase
from models.region import RegionParameter, RegionRate
from rules.levies import month_before
from rules.refusals import Conflict, Missing, Refusal
from services import levy_runs
from services.levy_runs import issue_run, restart_run, start_run
from services.levy_versions import reissue
from tests.factories import CAP, FLOOR, NORTH, actor, id_number
from tests.integration.test_person_requests import decide, join, send

THIS = "202606"
NEXT = "202607"

# Clamped, rounded to yuan, summed and rounded once: written without a look at rules/.
BY_SQL = f"""
SELECT s.unit_id, s.insurance, count(*) AS people, sum(s.base) AS base_fen
FROM (
  SELECT e.unit_id, e.insurance, e.person_id,
    CASE WHEN b.wage_fen < {FLOOR} * 12 THEN {FLOOR}
         WHEN b.wage_fen > {CAP} * 12 THEN {CAP}
         ELSE ((b.wage_fen * 2 + 1200) / 2400) * 100 END AS base
  FROM enrolment e
  JOIN (
    SELECT p.*, row_number() OVER (
      PARTITION BY p.unit_id, p.person_id, p.insurance ORDER BY p.effective_month DESC) AS place
    FROM person_base p WHERE p.effective_month <= :month
  ) b ON b.place = 1 AND b.unit_id = e.unit_id AND b.person_id = e.person_id AND b.insurance = e.insurance
  JOIN unit u ON u.id = e.unit_id
  WHERE u.region_code = '230000' AND e.from_month <= :month
    AND coalesce(e.to_month, CASE WHEN e.state = 'active' THEN '999999' ELSE '' END) >= :month
) s GROUP BY s.unit_id, s.insurance ORDER BY s.unit_id, s.insurance
"""


@pytest.fixture
def levy(world, run_jobs, clock):
    """Levy a month of the northern region as gao does, up to where its drafts are ready, or issued."""

    def run(month: str = THIS, *, is_issued: bool = True) -> int:
        run_id, job_id = start_run(actor("gao"), month, clock())
        run_jobs.runner.run(job_id)
        if is_issued:
            issue_run(actor("gao"), run_id, clock())
        return run_id

    return run


def get_run(run_id: int) -> LevyRun:
    with reading() as session:
        return session.get_one(LevyRun, run_id)


def issued(unit_id: int, month: str) -> dict[str, Levy]:
    with reading() as session:
        return {one.insurance: one for one in list_issued(session, unit_id, month)}


def items(levy: Levy) -> list[tuple[str, str, int, int]]:
    with reading() as session:
        found = session.scalars(select(LevyItem).where(LevyItem.levy_id == levy.key).order_by(LevyItem.seq))
        return [(one.kind, one.for_month, one.people, one.base_total_fen) for one in found]


def details(levy: Levy) -> list[LevyDetail]:
    with reading() as session:
        query = select(LevyDetail).where(LevyDetail.levy_id == levy.key)
        return list(session.scalars(query.order_by(LevyDetail.seq, LevyDetail.person_id)))


def everything() -> list[tuple[object, ...]]:
    with reading() as session:
        levies = session.execute(select(Levy.__table__).order_by(Levy.id)).all()
        parts = session.execute(select(LevyDetail.__table__).order_by(LevyDetail.levy_id)).all()
        return [tuple(row) for row in (*levies, *parts)]


def check_settled(month: str) -> None:
    """All that was levied for a month, by whichever run, is what SQL says it is due as is known now."""
    with reading() as session:
        wanted = session.execute(text(BY_SQL), {"month": month}).all()
        query = (
            select(Levy.unit_id, Levy.insurance, func.sum(LevyItem.base_total_fen))
            .join(LevyItem, LevyItem.levy_id == Levy.id)
            .where(Levy.state == "issued", LevyItem.for_month == month)
            .group_by(Levy.unit_id, Levy.insurance)
        )
        found = {(unit, code): int(base) for unit, code, base in session.execute(query)}
    assert found == {(unit, code): int(base) for unit, code, _people, base in wanted}


def half_up(fen: int, rate: str) -> int:
    return int((Decimal(fen) * Decimal(rate)).quantize(Decimal(1), ROUND_HALF_UP))


def test_a_whole_levy_is_what_sql_says(world, levy):
    with transaction() as session:
        # Somebody below the floor, above the cap, with an odd fen, gone, suspended, and not here yet.
        people = world.ours.people
        for place, wage in enumerate((100, 99_999_999_99, 7_200_601)):
            session.execute(
                text("UPDATE person_base SET wage_fen = :wage WHERE person_id = :person"),
                {"wage": wage, "person": people[place]},
            )
        for place, change in (
            (3, "to_month = '202605'"),
            (4, "from_month = '202607'"),
            (2, "to_month = '202606', state = 'suspended'"),
        ):
            session.execute(
                text(f"UPDATE enrolment SET {change} WHERE person_id = :person AND insurance = '410'"),
                {"person": people[place]},
            )
        session.execute(
            text("UPDATE enrolment SET state = 'suspended' WHERE person_id = :person AND insurance = '510'"),
            {"person": people[4]},
        )
    levy()
    with reading() as session:
        wanted = session.execute(text(BY_SQL), {"month": THIS}).all()
        found = session.scalars(select(Levy).order_by(Levy.unit_id, Levy.insurance)).all()
    assert [(one.unit_id, one.insurance, one.people, one.base_total_fen) for one in found] == [
        (unit, code, people, int(base)) for unit, code, people, base in wanted
    ]
    assert len(found) == 6
    for one in found:
        assert one.employer_fen == half_up(one.base_total_fen, "0.0023")
        assert (one.state, one.version, one.due_on) == ("issued", 1, date(2026, 6, 25))
        assert sum(part.base_fen for part in details(one)) == one.base_total_fen
        assert one.serial_no == f"{one.id:012d}"
    assert world.far.id not in {one.unit_id for one in found}


def test_a_second_run_of_the_month_changes_nothing(levy, clock):
    run_id = levy()
    before = everything()
    assert start_run(actor("gao"), THIS, clock()) == (run_id, None)
    issue_run(actor("gao"), run_id, clock())
    with pytest.raises(Conflict, match=r"levy\.issued"):
        restart_run(actor("gao"), run_id, clock())
    assert everything() == before


def test_a_run_goes_on_after_a_break(levy, run_jobs, clock, monkeypatch):
    whole = levy(is_issued=False)
    wanted = [row[2:] for row in everything() if len(row) > 10]
    restart_run(actor("gao"), whole, clock())
    monkeypatch.setattr(levy_runs, "UNITS_AT_ONCE", 1)
    with transaction() as session:
        # The worker did one unit and died.
        assert levy_runs._next_units(session, session.get_one(LevyRun, whole))
        job_id = session.scalars(select(Job.id).where(Job.state == "queued")).one()
    assert len(everything()) > 0
    run_jobs.runner.run(job_id)
    # A second delivery of the same job finds nothing to do.
    run_jobs.runner.run(job_id)
    assert get_run(whole).state == "ready"
    assert [row[2:] for row in everything() if len(row) > 10] == wanted


def test_months_come_one_after_the_other(levy, clock):
    with pytest.raises(Refusal, match=r"levy\.too_early"):
        start_run(actor("gao"), month_before(f"{clock():%Y%m}", -2), clock())
    for month in ("2026-6", "202613", "二〇二六年"):
        with pytest.raises(Refusal, match=r"levy\.no_month"):
            start_run(actor("gao"), month, clock())
    levy(is_issued=False)
    with pytest.raises(Refusal, match=r"levy\.unfinished"):
        start_run(actor("gao"), NEXT, clock())


def test_wrong_sums_are_never_issued(levy, clock, run_jobs, world):
    run_id = levy(is_issued=False)
    with transaction() as session:
        session.execute(
            text("DELETE FROM levy_detail WHERE person_id = :person"), {"person": world.ours.people[0]}
        )
    with pytest.raises(Refusal, match=r"levy\.sums_differ"):
        issue_run(actor("gao"), run_id, clock())
    assert get_run(run_id).state == "ready"
    assert issued(world.ours.id, THIS) == {}
    run_jobs.runner.run(restart_run(actor("gao"), run_id, clock()))
    issue_run(actor("gao"), run_id, clock())
    assert len(issued(world.ours.id, THIS)) == 3


def test_the_job_finds_wrong_sums_itself(levy, clock, run_jobs, monkeypatch):
    run_id = levy(is_issued=False)
    job_id = restart_run(actor("gao"), run_id, clock())
    with transaction() as session:
        levy_runs._next_units(session, session.get_one(LevyRun, run_id))
        session.execute(text("DELETE FROM levy_item WHERE seq = 1 AND levy_id = (SELECT max(id) FROM levy)"))
    run_jobs.runner.run(job_id)
    run = get_run(run_id)
    assert (run.state, run.failure["code"]) == ("failed", "levy.sums_differ")
    with pytest.raises(Conflict, match=r"levy\.not_ready"):
        issue_run(actor("gao"), run_id, clock())


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE levy SET employer_fen = employer_fen + 1, total_fen = total_fen + 1",
        "UPDATE levy SET state = 'draft'",
        "DELETE FROM levy_detail",
        "UPDATE levy_detail SET base_fen = base_fen + 1",
        "UPDATE levy_item SET people = people + 1",
        "DELETE FROM levy_item WHERE seq = 99 OR seq = 1",
        "INSERT INTO levy_detail SELECT levy_id, person_id, 9, 0, 0, 0, 'none', 0, NULL FROM levy_detail",
    ],
)
def test_the_database_keeps_what_was_issued(levy, change):
    levy()
    before = everything()
    with pytest.raises(DBAPIError, match="never changed"), transaction() as session:
        session.execute(text(change))
    assert everything() == before


def test_total_and_single_version_are_the_databases(levy, world):
    run_id = levy()
    with pytest.raises(DBAPIError, match=r"levy_issued|unit_id, levy\.insurance"), transaction() as session:
        columns = (
            "run_id, unit_id, insurance, month, {}, {}, people, base_total_fen, employer_fen, employee_fen, "
            "total_fen, due_on, {}"
        )
        session.execute(
            text(
                f"INSERT INTO levy ({columns.format('version', 'state', 'reason')}) "
                f"SELECT {columns.format('2', chr(39) + 'issued' + chr(39), chr(39) + '再' + chr(39))} FROM levy"
            )
        )
    with pytest.raises(DBAPIError, match="levy_total"), transaction() as session:
        session.execute(
            text(
                f"INSERT INTO levy (run_id, unit_id, insurance, month, version, state, people, base_total_fen, "
                f"employer_fen, employee_fen, total_fen, due_on, reason) VALUES ({run_id}, {world.ours.id}, '999', "
                f"'{THIS}', 1, 'draft', 1, 1, 1, 1, 1, '2026-06-25', '')"
            )
        )


def test_a_late_joiner_is_made_up_for(wang, sign_in, levy, world):
    levy()
    filing_id = join(wang, cover_from="2026-06-18")
    send(wang, filing_id)
    decide(sign_in("gao"), filing_id, "通过")
    levy(NEXT)
    levies = issued(world.ours.id, NEXT)
    assert items(levies["310"])[1:] == [("arrears", THIS, 1, 600_000)]
    part = details(levies["310"])[-1]
    assert (part.filing_id, part.base_fen, part.before_fen, part.wage_fen) == (
        filing_id,
        600_000,
        0,
        7_200_000,
    )
    # 生育 was not joined.
    assert [kind for kind, *_ in items(levies["510"])] == ["normal"]
    total = half_up(items(levies["310"])[0][3], "0.0023") + half_up(600_000, "0.0023")
    assert levies["310"].employer_fen == total
    check_settled(THIS)
    check_settled(NEXT)


def test_whoever_left_earlier_is_given_back(wang, sign_in, levy, world, clock):
    levy()
    gone = world.ours.people[0]
    wang.get(f"/personnel/leave?person={gone}")
    page = wang.press(
        "保存", left_on="2026-05-31", last_month="202605", reason="222", insurances=["310", "410", "510"]
    )
    assert page.status == 200, page.words[:600]
    filing_id = int(page.path.rsplit("/", 1)[1])
    send(wang, filing_id)
    decide(sign_in("gao"), filing_id, "通过")
    levy(NEXT)
    one = issued(world.ours.id, NEXT)["410"]
    kinds = items(one)
    assert [kind for kind, *_ in kinds] == ["normal", "refund"]
    assert kinds[1][1:3] == (THIS, 1)
    part = details(one)[-1]
    assert (part.person_id, part.filing_id, part.base_fen) == (gone, filing_id, -part.before_fen)
    assert kinds[0][2] == len(world.ours.people) - 1
    check_settled(THIS)
    check_settled(NEXT)


def test_a_late_declaration_brings_the_difference(way, levy, world):
    with transaction() as session:
        session.execute(text("UPDATE declaration_window SET effective_month = '202606'"))
    levy()
    filings = way.submitted("90000")
    for filing_id in filings:
        way.approve(filing_id)
    levy(NEXT)
    one = issued(world.ours.id, NEXT)["310"]
    normal, *past = items(one)
    assert {kind for kind, *_ in past} <= {"difference", "refund"}
    assert {month for _kind, month, *_ in past} == {THIS}
    assert {part.filing_id for part in details(one) if part.seq > 1} <= set(filings)
    # What both months are due now, less what was levied in the first.
    before = issued(world.ours.id, THIS)["310"].base_total_fen
    assert normal[3] + sum(total for *_, total in past) == 2 * normal[3] - before
    check_settled(THIS)
    check_settled(NEXT)


def test_what_cannot_be_levied_is_listed(levy, world):
    with transaction() as session:
        session.execute(
            text("DELETE FROM unit_rate WHERE unit_id = :unit AND insurance = '410'"), {"unit": world.ours.id}
        )
        session.execute(
            text("DELETE FROM person_base WHERE person_id = :person AND insurance = '310'"),
            {"person": world.theirs.people[0]},
        )
        session.execute(text("DELETE FROM base_parameter WHERE region_code = '230000' AND insurance = '510'"))
    run = get_run(levy())
    found = {(one["unit_id"], one["insurance"], one["code"], one["people"]) for one in run.problems}
    ours, theirs = len(world.ours.people), len(world.theirs.people)
    assert found == {
        (world.ours.id, "410", "no_rate", ours),
        (world.ours.id, "510", "no_bounds", ours),
        (world.theirs.id, "510", "no_bounds", theirs),
        (world.theirs.id, "310", "no_wage", 1),
    }
    assert set(issued(world.ours.id, THIS)) == {"310"}
    assert issued(world.theirs.id, THIS)["310"].people == theirs - 1


def test_the_regions_rate_counts_where_a_unit_has_none(levy, world):
    with transaction() as session:
        session.execute(text("DELETE FROM unit_rate WHERE insurance = '310'"))
        session.add(
            RegionRate(
                region_code=NORTH,
                insurance="310",
                valid_from=date(2026, 1, 1),
                valid_to=date(2027, 1, 1),
                employer_millionths=75_000,
                employee_millionths=20_000,
            )
        )
        session.add(
            RegionParameter(
                region_code=NORTH,
                name="levy_due_day",
                valid_from=date(2026, 1, 1),
                valid_to=date(2027, 1, 1),
                value=20,
            )
        )
    levy()
    one = issued(world.ours.id, THIS)["310"]
    assert one.employer_fen == half_up(one.base_total_fen, "0.075")
    assert one.employee_fen == sum(half_up(part.base_fen, "0.02") for part in details(one))
    assert one.due_on == date(2026, 6, 20)


@pytest.mark.parametrize(("days", "due"), [(None, date(2026, 6, 28)), (5, date(2026, 7, 3))])
def test_nobody_is_late_before_the_issue(levy, world, clock, days, due):
    if days:
        with transaction() as session:
            session.add(
                RegionParameter(
                    region_code=NORTH,
                    name="levy_days_to_pay",
                    valid_from=date(2026, 1, 1),
                    valid_to=date(2027, 1, 1),
                    value=days,
                )
            )
    clock.move(days=10)
    levy()
    assert {one.due_on for one in issued(world.ours.id, THIS).values()} == {due}


def test_a_new_version_needs_a_reason_and_a_change(levy, world, clock):
    levy()
    unit, old = world.ours.id, issued(world.ours.id, THIS)
    with pytest.raises(Refusal, match=r"levy\.no_reason"):
        reissue(actor("gao"), unit, THIS, " ", clock())
    with pytest.raises(Refusal, match=r"levy\.same"):
        reissue(actor("gao"), unit, THIS, "核对", clock())
    with pytest.raises(Missing):
        reissue(actor("na"), unit, THIS, "核对", clock())
    with transaction() as session:
        session.execute(
            text(
                "UPDATE unit_rate SET employer_millionths = 4600 WHERE unit_id = :unit AND insurance = '410'"
            ),
            {"unit": unit},
        )
    ids = reissue(actor("gao"), unit, THIS, "费率登记有误", clock())
    new = issued(unit, THIS)
    assert [one.key for one in new.values() if one.key in ids] == [new["410"].key] == ids
    assert (new["410"].version, new["410"].reason) == (2, "费率登记有误")
    assert new["410"].employer_fen == half_up(new["410"].base_total_fen, "0.0046")
    assert (new["310"].key, new["510"].key) == (old["310"].key, old["510"].key)
    with reading() as session:
        assert session.get_one(Levy, old["410"].key).state == "replaced"


def test_only_the_newest_month_gets_a_new_version(levy, world, clock):
    levy()
    levy(NEXT)
    with pytest.raises(Conflict, match=r"levy\.later_month"):
        reissue(actor("gao"), world.ours.id, THIS, "核对", clock())


def test_a_new_version_counts_what_it_replaces_no_more(wang, sign_in, levy, world, clock):
    levy()
    filing_id = join(wang, cover_from="2026-06-18", id_number=id_number(990_123))
    send(wang, filing_id)
    decide(sign_in("gao"), filing_id, "通过")
    reissue(actor("gao"), world.ours.id, THIS, "漏报一人", clock())
    assert issued(world.ours.id, THIS)["310"].people == len(world.ours.people) + 1
    levy(NEXT)
    # The month was made good by its new version, so the next one has nothing to add.
    assert [kind for kind, *_ in items(issued(world.ours.id, NEXT)["310"])] == ["normal"]


def test_everybody_of_a_unit_gone(levy, world, clock):
    levy()
    with transaction() as session:
        session.execute(
            text("UPDATE enrolment SET to_month = '202605', state = 'ended' WHERE unit_id = :unit"),
            {"unit": world.ours.id},
        )
    ids = reissue(actor("gao"), world.ours.id, THIS, "全部离职", clock())
    assert len(ids) == 3
    assert {(one.people, one.total_fen) for one in issued(world.ours.id, THIS).values()} == {(0, 0)}


def test_a_run_of_many_units_keeps_them_apart(levy, world, monkeypatch):
    monkeypatch.setattr(levy_runs, "UNITS_AT_ONCE", 1)
    levy()
    with reading() as session:
        query = (
            select(Levy.unit_id, LevyDetail.person_id)
            .join(LevyDetail, LevyDetail.levy_id == Levy.id)
            .join(
                Enrolment,
                (Enrolment.person_id == LevyDetail.person_id)
                & (Enrolment.insurance == Levy.insurance)
                & (Enrolment.unit_id != Levy.unit_id),
            )
        )
        assert session.execute(query).all() == []
        bases = session.scalar(
            select(func.count()).select_from(PersonBase).where(PersonBase.unit_id != world.far.id)
        )
        assert session.scalar(select(func.count()).select_from(LevyDetail)) == bases
