"""开始: one live declaration per unit, year and 险种; the list is filled in the background or says why not."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from models.db import reading, transaction
from models.declaration import Declaration, DeclarationInsurance, list_insurances
from rules.refusals import Refusal
from services.declarations import cancel_declaration, start_declaration
from tests.factories import ALL, YEAR, actor, add_people, leave
from tests.integration.way import audited, check_counts, count, get_declaration, list_rows


def test_start_takes_everyone_insured_with_last_years_wage(wang, world, run_jobs):
    wang.get("/wages/")
    page = wang.press("开始", insurances=list(ALL))
    assert "正在取出在保人员" in page.words
    run_jobs()
    page = wang.get(page.path)
    assert "参保人数 5，未录入人数 5" in page.words
    declaration_id = int(page.path.rsplit("/", 1)[1])
    rows = list_rows(declaration_id)
    assert [row.person_id for row in rows] == list(world.ours.people)
    assert [row.old_wage_fen for row in rows] == [6_000_000 + i * 100_000 for i in range(5)]
    assert [row.seq for row in rows] == [1, 2, 3, 4, 5]
    assert {row.insurances for row in rows} == {"310 410 510"}
    assert wang.get(f"/wages/{declaration_id}/rows").counts == (5, 5, 0)


def test_the_waiting_page_asks_again_until_the_list_is_there(wang, run_jobs):
    wang.get("/wages/")
    page = wang.press("开始", insurances=["310"])
    waiting = wang.htmx(page.one("//*[@id='meter']").get("hx-get"))
    assert not waiting.is_document
    address = waiting.one("//*[@id='meter']").get("hx-get")
    run_jobs()
    done = wang.http.get(address, headers={"HX-Request": "true"})
    assert (done.status_code, done.headers["HX-Refresh"]) == (204, "true")
    assert "参保人数 5，未录入人数 5" in wang.get(page.path).words


def test_only_people_of_the_chosen_insurances_are_taken(way, world):
    only_injury = add_people(world.ours.id, 1, ("410",))
    only_medical = add_people(world.ours.id, 1, ("310",), base_wage_fen=None)
    declaration_id = way.started(("410", "510"))
    people = {row.person_id: row for row in list_rows(declaration_id)}
    assert set(people) == {*world.ours.people, *only_injury}
    assert people[only_injury[0]].insurances == "410"
    assert people[world.ours.people[0]].insurances == "410 510"
    other = {row.person_id: row for row in list_rows(way.started(("310",)))}
    assert other[only_medical[0]].old_wage_fen is None


def test_people_who_left_are_not_taken(way, world):
    leave(world.ours.id, world.ours.people[0])
    assert len(list_rows(way.started())) == 4


def test_a_second_declaration_of_an_insurance_is_refused_and_leaves_no_trace(wang, way):
    way.started(("310",))
    wang.get("/wages/")
    page = wang.press("开始", insurances=["310", "410"])
    assert page.status == 422
    assert "已经开始申报" in page.alert
    assert [one.get("value") for one in page.all("//input[@type='checkbox'][@checked]")] == ["410"]
    assert count(Declaration) == 1


def test_the_database_itself_allows_one_live_declaration_per_insurance(way, world):
    declaration_id = way.started(("310",))
    with reading() as session:
        first = session.get_one(Declaration, declaration_id).model_dump(exclude={"id"})
    with pytest.raises(IntegrityError), transaction() as session:
        twin = Declaration(**first)
        session.add(twin)
        session.flush()
        session.connection().execute(
            insert(DeclarationInsurance),
            {"declaration_id": twin.id, "insurance": "310", "unit_id": world.ours.id, "year": YEAR},
        )
    assert count(Declaration) == 1


def test_two_operators_starting_at_once_make_one_declaration(world, clock):
    answers: list[str] = []
    barrier = threading.Barrier(2)

    def press(name: str) -> None:
        who = actor(name)
        barrier.wait()
        try:
            start_declaration(who, YEAR, ALL, clock())
            answers.append("started")
        except Refusal as refusal:
            answers.append(refusal.code)

    threads = [threading.Thread(target=press, args=(name,)) for name in ("wang", "li")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["start.already", "started"]
    assert count(Declaration) == 1


def test_another_unit_starts_the_same_insurance(way):
    assert way.started() != way.started(by="zhao")


def test_a_cancelled_declaration_makes_room_for_another(wang, way):
    declaration_id = way.started()
    wang.get(f"/wages/{declaration_id}/cancel")
    page = wang.press("放弃本次申报")
    assert "已放弃" in page.words
    second = way.started()
    with reading() as session:
        assert list_insurances(session, second) == list(ALL)
    assert [event.subject_id for event in audited("declaration_cancelled")] == [declaration_id]


def test_a_submitted_declaration_cannot_be_cancelled(way):
    filing_ids = way.submitted()
    way.send_back(filing_ids[0])
    with pytest.raises(Refusal, match="not_open"):
        cancel_declaration(actor("wang"), 1, way.clock())


def test_start_without_anybody_insured_ends_as_a_failure_with_its_reason(wang, world, run_jobs):
    for person_id in world.ours.people:
        leave(world.ours.id, person_id)
    wang.get("/wages/")
    page = wang.press("开始", insurances=list(ALL))
    run_jobs()
    page = wang.get(page.path)
    assert "开始失败" in page.alert and "没有在保人员" in page.alert
    add_people(world.ours.id, 2)
    page = wang.press("重新开始")
    run_jobs()
    assert "参保人数 2，未录入人数 2" in wang.get(page.path).words


def test_start_without_an_insurance_says_what_is_missing(wang):
    wang.get("/wages/")
    page = wang.press("开始", insurances=None)
    assert page.status == 422
    assert "还没有选险种" in page.alert


def test_start_before_the_window_opens_is_refused(wang, clock):
    with pytest.raises(Refusal) as caught:
        start_declaration(actor("wang"), YEAR, ALL, clock().replace(month=2))
    assert caught.value.code == "start.not_yet"
    with pytest.raises(Refusal) as caught:
        start_declaration(actor("wang"), YEAR + 1, ALL, clock())
    assert caught.value.code == "start.no_window"


def test_a_damaged_year_is_refused(wang):
    page = wang.post("/wages/", {"year": "next", "insurances": "310"})
    assert page.status == 422
    assert "页面内容不完整" in page.alert


def test_start_and_its_list_are_audited(way):
    declaration_id = way.started()
    (started,) = audited("declaration_started")
    assert (started.subject_id, started.actor_name) == (declaration_id, "王经办")
    assert started.after == {"year": YEAR, "insurances": list(ALL)}
    assert [event.after for event in audited("list_filled")] == [{"people": 5}]


def test_a_monthly_region_starts_with_monthly_wages(way):
    declaration_id = way.started(("410",), by="chen")
    found = get_declaration(declaration_id)
    assert (found.wage_basis, found.months, found.effective_month) == ("monthly", 1, "202607")
    assert check_counts(declaration_id).old_total_fen == 600_000 + 700_000 + 800_000
