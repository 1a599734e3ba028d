"""审核: approved sets new bases from the effective month, 退回 opens the declaration again with its reasons."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import select

from models.db import reading
from models.filing import list_events, list_marks
from models.person import PersonBase
from rules.refusals import Conflict, Missing, Refusal
from services.reviews import REASON_LENGTH
from tests.integration.way import audited, count, get_declaration, get_filing, wages


def bases(insurance: str) -> list[tuple[int, str, str]]:
    """(base, adjustment, month) of everybody who got one this year, in order of person."""
    with reading() as session:
        query = select(PersonBase.base_fen, PersonBase.adjustment, PersonBase.effective_month)
        query = query.where(PersonBase.insurance == insurance, PersonBase.year == 2026)
        return [tuple(row) for row in session.execute(query.order_by(PersonBase.person_id))]


def test_an_approved_filing_sets_the_bases_of_its_insurances_only(way):
    medical, _other = way.submitted("12000", "60000", "400000", "0.5")
    way.approve(medical)
    assert bases("310") == [
        (462_300, "floor", "202607"),
        (500_000, "none", "202607"),
        (2_311_500, "cap", "202607"),
    ]
    assert bases("410") == bases("510") == []


def test_the_declaration_is_approved_when_all_its_filings_are(way):
    medical, other = way.submitted()
    way.approve(medical)
    assert get_declaration(1).state == "submitted"
    way.approve(other)
    assert get_declaration(1).state == "approved"
    assert len(bases("410")) == len(bases("510")) == 5


def test_last_years_bases_stay_as_they_were(way):
    before = count(PersonBase, PersonBase.year == 2025)
    way.approve(way.submitted()[0])
    assert count(PersonBase, PersonBase.year == 2025) == before


def test_a_return_opens_the_declaration_and_keeps_every_wage(wang, way):
    medical, _other = way.submitted("60000", "61000", "62000", "63000", "64000")
    before = wages(1)
    way.send_back(medical, "第二行请核对", {2: "与凭证不符"})
    assert get_declaration(1).state == "open"
    assert wages(1) == before
    page = wang.get("/wages/1/rows")
    assert "退回" in page.alert and "第二行请核对" in page.alert
    page = wang.get(f"/filings/{medical}")
    assert "与凭证不符" in page.words
    with reading() as session:
        (mark,) = list_marks(session, medical)
        assert (mark.seq, mark.wage_fen) == (2, 6_100_000)
        assert [event.state for event in list_events(session, medical)] == [
            "submitting",
            "pending",
            "returned",
        ]


def test_only_the_returned_part_is_submitted_again_as_the_next_version(way, run_jobs):
    medical, other = way.submitted()
    way.approve(other)
    way.send_back(medical)
    way.type_wage(1, 1, "61000")
    way.backed_up(1)
    numbers = way.submit(1)
    run_jobs.sweep()
    again = max(numbers)
    assert get_filing(again).insurance_codes == ["310"]
    assert get_filing(again).state == "pending"
    assert get_filing(other).state == "approved"
    assert get_filing(medical).state == "returned"
    way.approve(again)
    assert get_declaration(1).state == "approved"
    assert bases("310")[0][0] == 508_300


def test_a_return_needs_a_reason_that_can_be_read(way):
    number = way.submitted()[0]
    for reason, marks, code in (
        ("  ", {}, "review.no_reason"),
        ("长" * (REASON_LENGTH + 1), {}, "review.reason_too_long"),
        ("好", {99: ""}, "review.unknown_row"),
        ("好", {1: "长" * (REASON_LENGTH + 1)}, "review.reason_too_long"),
    ):
        with pytest.raises(Refusal) as caught:
            way.send_back(number, reason, marks)
        assert caught.value.code == code
    assert get_filing(number).state == "pending"
    with reading() as session:
        assert list_marks(session, number) == []


def test_a_decided_filing_is_not_decided_again(way):
    number = way.submitted()[0]
    way.approve(number)
    with pytest.raises(Conflict):
        way.send_back(number)
    with pytest.raises(Conflict):
        way.approve(number)
    assert len(audited("filing_approved")) == 1
    assert audited("filing_returned") == []


def test_a_filing_that_was_not_handed_over_cannot_be_reviewed(way):
    number = way.submit(way.ready())[0]
    with pytest.raises(Missing):
        way.approve(number)


def test_another_regions_reviewer_finds_nothing(way):
    number = way.submitted()[0]
    with pytest.raises(Missing):
        way.approve(number, by="na")
    with pytest.raises(Missing):
        way.send_back(number, by="na")


def test_two_decisions_at_the_same_moment_leave_one(way):
    number = way.submitted()[0]
    answers: list[str] = []
    barrier = threading.Barrier(2)

    def decide(step) -> None:
        barrier.wait()
        try:
            step(number)
            answers.append("done")
        except Conflict as conflict:
            answers.append(conflict.code)

    threads = [threading.Thread(target=decide, args=(step,)) for step in (way.approve, way.send_back)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["done", "review.decided"]
    assert len(audited("filing_approved")) + len(audited("filing_returned")) == 1
    assert bool(bases("310")) == (get_filing(number).state == "approved")


def test_decisions_are_audited_with_their_reasons(way):
    medical, other = way.submitted()
    way.send_back(medical, "请核对", {3: ""})
    way.approve(other)
    (returned,), (approved,) = audited("filing_returned"), audited("filing_approved")
    assert returned.actor_name == approved.actor_name == "高审核"
    assert returned.after == {"state": "returned", "reason": "请核对", "rows": [3]}
    assert approved.after == {"state": "approved", "people": 5}
    assert returned.unit_id == approved.unit_id == way.world.ours.id
