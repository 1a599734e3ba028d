"""参数: two people, never the past, and what a change would do is what the levy then does."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from models.audit import AuditEvent
from models.db import reading, transaction
from models.job import MAX_ATTEMPTS, Job
from models.levy import Levy
from models.parameter_change import ParameterChange
from models.parameter_list import WITHOUT_END
from models.region import BaseParameter, Region, RegionParameter, RegionRate
from models.unit import UnitRate
from rules.parameters import BOUNDS, DUE_DAY, KINDS, LATE_FEE, REGION_RATE, SHARE, UNIT_RATE
from rules.refusals import Conflict, Missing, Refusal
from services.filings import Faulty
from services.impacts import MOST_CHANGED
from services.levy_runs import start_run
from services.levy_sums import reckon
from services.parameters import drop_change, enter_change, reckon_again, release_change
from tests.factories import ALL, NORTH, NOW, actor, make_account, make_unit
from tests.integration.clerk import HTMX
from tests.integration.test_same_second import at_once

JULY = date(2026, 7, 1)
SOURCE = {"valid_from": "2026-07-01", "source": "示例〔2026〕7号"}
HIGHER = {"insurance": "310", "average": "9000", "floor": "5400", "cap": "27000", "rounding": "yuan"}
DEARER = {"insurance": "410", "unit_no": "23000072", "employer": "0.4", "employee": "0"}
SHARED = {"insurance": "310", "employer": "8", "employee": "2"}


@pytest.fixture(autouse=True)
def colleagues(world):
    make_account("bai", "白审核", NORTH, None)


@pytest.fixture
def enter(world, run_jobs):
    """Gao enters a change, and what it would do is reckoned."""

    def change(kind: str, by: str = "gao", **typed: str) -> int:
        change_id, job_id = enter_change(actor(by), KINDS[kind], SOURCE | typed, NOW)
        run_jobs.runner.run(job_id)
        return change_id

    return change


def release(change_id, by="bai", now=NOW):
    release_change(actor(by), change_id, now)


def get(change_id):
    with reading() as session:
        return session.get_one(ParameterChange, change_id)


def refused(call, *arguments, error=Refusal, **named):
    with pytest.raises(error) as caught:
        call(*arguments, **named)
    if isinstance(caught.value, Faulty):
        return {name: one.code for name, one in caught.value.problems.items()}
    return caught.value.code


def rows(table, **where):
    with reading() as session:
        query = select(table).filter_by(**where).order_by(table.valid_from)
        return list(session.scalars(query))


def reckoned(region=NORTH, month="202607"):
    with reading() as session:
        found = reckon(session, region, month, 1, 10**9)
    return sum(bill.total_fen for bill in found.bills)


# Two people


def test_one_enters_and_another_releases(enter, world):
    change_id = enter(BOUNDS, **HIGHER)
    assert refused(release, change_id, by="gao") == "parameter.own"
    assert [one.valid_to for one in rows(BaseParameter, region_code=NORTH, insurance="310")] == [
        date(2027, 1, 1)
    ]
    release(change_id)
    old, new = rows(BaseParameter, region_code=NORTH, insurance="310")
    assert (old.valid_to, old.floor_fen) == (JULY, 462_300)
    assert (new.valid_from, new.valid_to) == (JULY, WITHOUT_END)
    assert (new.average_fen, new.floor_fen, new.cap_fen, new.rounding) == (
        900_000,
        540_000,
        2_700_000,
        "yuan",
    )
    assert new.source == SOURCE["source"]
    with reading() as session:
        query = select(AuditEvent).where(AuditEvent.subject == "parameter_change").order_by(AuditEvent.id)
        entered, released = session.scalars(query)
    assert (entered.action, entered.actor_name) == ("parameter_entered", "高审核")
    assert (released.action, released.actor_name) == ("parameter_released", "白审核")
    assert (released.before["floor"], released.after["floor"]) == (462_300, 540_000)


def test_the_database_holds_the_two_persons_apart(enter):
    change_id = enter(BOUNDS, **HIGHER)
    own = update(ParameterChange).where(ParameterChange.id == change_id)
    with pytest.raises(IntegrityError), transaction() as session:
        session.connection().execute(own.values(state="released", decided_by=get(change_id).entered_by))
    assert get(change_id).state == "entered"


def test_a_change_is_decided_once(enter):
    change_id = enter(BOUNDS, **HIGHER)
    release(change_id)
    for again in (release, lambda number: reckon_again(actor("bai"), number, NOW)):
        assert refused(again, change_id, error=Conflict) == "parameter.decided"
    assert refused(drop_change, actor("bai"), change_id, "x", NOW) == "parameter.decided"
    assert len(rows(BaseParameter, region_code=NORTH, insurance="310")) == 2


def test_one_change_of_a_subject_waits(enter):
    enter(UNIT_RATE, **DEARER)
    assert refused(enter, UNIT_RATE, error=Faulty, by="bai", **DEARER) == {"": "parameter.waiting"}
    enter(UNIT_RATE, **DEARER | {"unit_no": "23000099"})
    enter(UNIT_RATE, **DEARER | {"insurance": "310"})
    with pytest.raises(IntegrityError), transaction() as session:
        session.add(ParameterChange(**get(1).model_dump(exclude={"id"})))


def test_two_colleagues_in_the_same_second_release_once(enter):
    make_account("lan", "兰审核", NORTH, None)
    change_id = enter(BOUNDS, **HIGHER)
    answers = at_once(lambda: release(change_id), lambda: release(change_id, by="lan"))
    assert sorted(map(str, answers)) == ["None", "parameter.decided"]
    assert len(rows(BaseParameter, region_code=NORTH, insurance="310")) == 2


def test_two_colleagues_in_the_same_second_enter_one_change(enter):
    def put(by):
        try:
            enter(BOUNDS, by=by, **HIGHER)
        except Faulty as faulty:
            return faulty.problems[""].code

    assert sorted(map(str, at_once(lambda: put("gao"), lambda: put("bai")))) == ["None", "parameter.waiting"]


def test_a_run_and_a_release_in_the_same_second_keep_to_one_order(enter, run_jobs):
    change_id = enter(BOUNDS, **HIGHER)
    answers = at_once(lambda: release(change_id), lambda: start_run(actor("gao"), "202607", NOW)[1])
    run_jobs.runner.run(answers[1])
    assert answers[0] in (None, "parameter.levied")
    assert levied() == reckoned()
    assert (get(change_id).state == "released") == (answers[0] is None)


def test_a_change_is_dropped_with_a_reason(enter):
    change_id = enter(BOUNDS, **HIGHER)
    assert refused(drop_change, actor("gao"), change_id, "  ", NOW) == "parameter.no_reason"
    assert refused(drop_change, actor("gao"), change_id, "长" * 201, NOW) == "parameter.reason_too_long"
    drop_change(actor("gao"), change_id, "文号写错", NOW)
    assert (get(change_id).state, get(change_id).reason) == ("dropped", "文号写错")
    assert len(rows(BaseParameter, region_code=NORTH, insurance="310")) == 1
    enter(BOUNDS, **HIGHER)


def test_another_regions_change_is_not_there(enter):
    change_id = enter(BOUNDS, **HIGHER)
    for step in (
        lambda: release(change_id, by="na"),
        lambda: drop_change(actor("na"), change_id, "x", NOW),
        lambda: reckon_again(actor("na"), change_id, NOW),
    ):
        with pytest.raises(Missing):
            step()
    assert refused(enter, UNIT_RATE, error=Faulty, **DEARER | {"unit_no": "15010312"}) == {
        "unit_no": "parameter.no_unit"
    }


# Never the past


def test_the_past_is_refused(enter):
    for day in ("2026-06-01", "2026-01-01"):
        assert refused(enter, BOUNDS, error=Faulty, **HIGHER, valid_from=day) == {
            "valid_from": "parameter.past"
        }


def test_a_month_that_is_levied_is_refused_whatever_the_state_of_its_run(enter):
    waiting = enter(BOUNDS, **HIGHER)
    start_run(actor("gao"), "202607", NOW)
    assert refused(enter, LATE_FEE, error=Faulty, value="0.05") == {"valid_from": "parameter.levied"}
    assert refused(release, waiting) == "parameter.levied"
    assert len(rows(BaseParameter, region_code=NORTH, insurance="310")) == 1
    enter(LATE_FEE, value="0.05", valid_from="2026-08-01")


def test_what_waits_too_long_is_the_past(enter, clock):
    change_id = enter(BOUNDS, **HIGHER)
    assert refused(release, change_id, now=NOW.replace(month=7, day=2)) == "parameter.past"


def test_a_later_row_is_refused(enter):
    later = enter(BOUNDS, **HIGHER, valid_from="2026-09-01")
    release(later)
    again = HIGHER | {"floor": "5500"}
    for day in ("2026-07-01", "2026-09-01"):
        assert refused(enter, BOUNDS, error=Faulty, **again, valid_from=day) == {
            "valid_from": "parameter.later_row"
        }
    enter(BOUNDS, **again, valid_from="2026-10-01")


def test_what_holds_already_is_no_change(enter):
    same = {"insurance": "310", "average": "7705", "floor": "4623", "cap": "23115", "rounding": "yuan"}
    assert refused(enter, BOUNDS, error=Faulty, **same) == {"": "parameter.same"}


def test_merged_maternity_has_no_parameters(enter):
    with transaction() as session:
        session.connection().execute(update(Region).values(is_maternity_merged=True))
    assert refused(enter, REGION_RATE, error=Faulty, **SHARED | {"insurance": "510"}) == {
        "insurance": "parameter.merged"
    }


def test_each_kind_becomes_its_row(enter, world):
    for change_id in (
        enter(UNIT_RATE, **DEARER, industry_class="2", floating="100"),
        enter(REGION_RATE, **SHARED),
        enter(DUE_DAY, value="20"),
        enter(SHARE, value="sum"),
        enter("approval_people", value="500"),
        enter("bulk_total_fen", value="200000.50"),
    ):
        release(change_id)
    rate = rows(UnitRate, unit_id=world.ours.id, insurance="410")[-1]
    assert (rate.employer_millionths, rate.industry_class, rate.floating_percent) == (4_000, 2, 100)
    assert rate.reason == SOURCE["source"]
    (shared,) = rows(RegionRate, region_code=NORTH)
    assert (shared.employer_millionths, shared.employee_millionths) == (80_000, 20_000)
    assert {one.name: one.value for one in rows(RegionParameter, region_code=NORTH)} == {
        "levy_due_day": 20,
        "employee_share": "sum",
        "approval_people": 500,
        "bulk_total_fen": 20_000_050,
    }


# What it would do


def levied(month="202607"):
    with reading() as session:
        query = select(func.sum(Levy.total_fen)).where(Levy.month == month)
        return int(session.scalar(query) or 0)


CHANGES = [
    (BOUNDS, HIGHER),
    (UNIT_RATE, DEARER),
    (REGION_RATE, SHARED | {"insurance": "510"}),
    (UNIT_RATE, {"insurance": "310", "unit_no": "23000072", "employer": "7.5", "employee": "2"}),
    (SHARE, {"value": "sum"}),
    (DUE_DAY, {"value": "20"}),
]


@pytest.mark.parametrize(("kind", "typed"), CHANGES, ids=lambda one: one if isinstance(one, str) else "")
def test_what_a_change_would_do_is_what_the_run_then_does(enter, run_jobs, world, kind, typed):
    # Units without a rate of their own, for the region's; and with a share of the people's, for its rounding.
    make_unit(NORTH, "23000111", 7, ("310",), base_wage_fen=7_654_321)
    with transaction() as session:
        session.connection().execute(
            update(UnitRate).where(UnitRate.insurance == "310").values(employee_millionths=20_001)
        )
        lone = UnitRate.insurance == "510", UnitRate.unit_id == world.theirs.id
        session.connection().execute(update(UnitRate).where(*lone).values(valid_to=date(2026, 1, 1)))
    before = reckoned()
    change_id = enter(kind, **typed)
    impact = get(change_id).impact
    assert reckoned() == before, "nothing was written"
    release(change_id)
    _run, job_id = start_run(actor("gao"), "202607", NOW)
    run_jobs.runner.run(job_id)
    assert impact["after_fen"] - impact["before_fen"] == levied() - before
    assert levied() > 0
    if kind != DUE_DAY:
        assert impact["after_fen"] != impact["before_fen"]
        assert impact["units"] > 0
    else:
        assert (impact["units"], impact["people"], impact["most"]) == (0, 0, [])
    assert sum(one["after_fen"] - one["before_fen"] for one in impact["most"]) == levied() - before


def test_people_are_those_whose_base_or_share_changes(enter):
    # 5,000, 5,083 and 5,167 a month in each of two units are below 5,200; the others earn more.
    assert get(enter(BOUNDS, **HIGHER | {"floor": "5200"})).impact["people"] == 6
    # A rate of the employer's changes nobody's share.
    impact = get(enter(UNIT_RATE, **DEARER)).impact
    assert (impact["units"], impact["people"]) == (1, 0)


def test_the_ten_most_changed_units_are_kept(enter):
    for number in range(12):
        make_unit(NORTH, f"2300020{number:02d}", number + 1)
    impact = get(enter(BOUNDS, **HIGHER)).impact
    most = [one["after_fen"] - one["before_fen"] for one in impact["most"]]
    assert len(most) == MOST_CHANGED
    assert most == sorted(most, reverse=True)
    assert impact["units"] == 14


def test_release_waits_for_a_fresh_reckoning(enter, run_jobs):
    change_id, job_id = enter_change(actor("gao"), KINDS[BOUNDS], SOURCE | HIGHER, NOW)
    assert refused(release, change_id) == "parameter.no_impact"
    run_jobs.runner.run(job_id)
    other = enter(UNIT_RATE, **DEARER)
    assert refused(release, change_id, now=NOW.replace(day=19, minute=1)) == "parameter.stale_impact"
    release(other, now=NOW.replace(minute=5))
    assert refused(release, change_id, now=NOW.replace(minute=6)) == "parameter.stale_impact"


def test_reckoning_anew_makes_it_fresh(enter, run_jobs, clock):
    change_id = enter(BOUNDS, **HIGHER)
    clock.move(days=2)
    job_id = reckon_again(actor("bai"), change_id, clock())
    assert get(change_id).impact is None
    run_jobs.runner.run(job_id)
    release(change_id, now=clock())


# The pages


def test_the_whole_way_by_two_people(sign_in, run_jobs, world):
    gao, bai = sign_in("gao"), sign_in("bai")
    page = gao.get("/bureau/parameters")
    assert "4,623.00" in page.words and "没有等待发布的变更" in page.words
    gao.get("/bureau/parameters/new/bounds?insurance=310")
    assert gao.page.value("floor") == "4623.00"
    assert gao.page.value("valid_from") == "2026-07-01"
    page = gao.press("保存变更", floor="9999", cap="1", source="")
    assert page.status == 422
    assert "依据" in page.alert and page.value("floor") == "9999"
    gao.press("保存变更", average="9000", floor="5400", cap="23115", source="示例〔2026〕7号")
    address = gao.page.path
    assert "正在估算影响" in gao.page.words and "不是社会平均工资的 300%" in gao.page.words
    assert gao.http.get(address, headers=HTMX).status_code == 200
    run_jobs()
    assert gao.http.get(address, headers=HTMX).headers["HX-Refresh"] == "true"
    page = gao.get(address)
    assert "影响 2 个单位；9 人" in page.words and "单位23000072" in page.words
    assert not page.all("//button[@value='release']")
    assert gao.post(address, {"do": "release"}).status == 422
    bai.get("/bureau/parameters")
    assert "核对发布" in bai.page.words
    bai.get(address)
    page = bai.press("发布…")
    assert "确认发布？" in page.words and get(1).state == "entered"
    page = bai.press("确认发布")
    assert "已发布" in page.words
    assert "2026-07-01 起变更" in page.words
    history = bai.get("/bureau/parameters/history/bounds?insurance=310")
    assert "还没有生效" in history.words and "5,400.00" in history.words and "高审核" in history.words
    assert "已发布" in bai.get(address).words
    assert bai.post(address, {"do": "drop", "reason": "x"}).status == 409


def test_a_reckoning_that_failed_says_why_and_may_be_done_again(sign_in, run_jobs, enter):
    change_id = enter(BOUNDS, **HIGHER)
    job_id = reckon_again(actor("gao"), change_id, NOW)
    with transaction() as session:
        session.connection().execute(update(Job).where(Job.id == job_id).values(attempts=MAX_ATTEMPTS))
    run_jobs.runner.run(job_id)
    gao = sign_in("gao")
    page = gao.get(f"/bureau/parameters/{change_id}")
    assert page.alert and "还没有估算" in page.words
    gao.press("估算影响")
    run_jobs()
    assert "影响 2 个单位" in gao.get(f"/bureau/parameters/{change_id}").words


def test_dropping_asks_for_a_reason_and_once_more(sign_in, run_jobs, enter):
    change_id = enter(LATE_FEE, value="0.05")
    gao = sign_in("gao")
    page = gao.get(f"/bureau/parameters/{change_id}")
    assert "0.05%，即 0.0005" in page.words and "没有单位的应缴会变" in page.words
    assert gao.press("撤掉…").status == 422
    page = gao.press("撤掉…", reason="填错了")
    assert "填错了" in page.words and get(change_id).state == "entered"
    gao.press("确认撤掉")
    assert get(change_id).state == "dropped"


def test_the_rates_of_a_unit_are_found_by_its_number(sign_in, world):
    gao = sign_in("gao")
    gao.get("/bureau/parameters")
    page = gao.press("查单位费率", unit_no="23000072")
    assert "0.23%，即 0.0023" in page.words
    assert len(page.all("//tbody/tr")) == len(ALL)
    assert "没有单位编号" in gao.press("查单位费率", unit_no="15010312").words
    page = gao.get("/bureau/parameters/new/unit_rate?insurance=410&unit_no=23000072")
    assert page.value("employer") == "0.23"


def test_another_regions_pages_are_not_there(sign_in, enter):
    change_id = enter(BOUNDS, **HIGHER)
    na = sign_in("na")
    assert na.get(f"/bureau/parameters/{change_id}").status == 404
    assert (
        na.post(f"/bureau/parameters/{change_id}", {"do": "drop", "reason": "x", "sure": "1"}).status == 404
    )
    assert na.get("/bureau/parameters/new/nonsense").status == 404
    assert na.get("/bureau/parameters/history/nonsense").status == 404
    assert "5,400.00" not in na.get("/bureau/parameters").words


def test_every_kind_has_its_form_and_its_history(sign_in, world):
    gao = sign_in("gao")
    for code, kind in KINDS.items():
        page = gao.get(f"/bureau/parameters/new/{code}")
        assert page.status == 200
        assert len(page.all("//form[@novalidate]//*[@id and starts-with(@id, 'f-')]")) == len(kind.form)
        assert gao.get(f"/bureau/parameters/history/{code}").status == 200
        gao.get(f"/bureau/parameters/new/{code}")
        assert gao.press("保存变更", source="").status == 422
