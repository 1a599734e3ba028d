"""Two units, or two tabs, that ask for the same person in the same second: the database lets one of them have it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import func, select

from models.account import Actor
from models.db import reading
from models.filing import Filing
from models.filing_parts import FilingHold
from models.person import Enrolment, Person
from rules.refusals import Refusal
from services.batches import receive_batch
from services.filings import save_new, submit_filing
from services.reviews import approve_filing
from tests.factories import NOW, actor, id_number, make_account
from tests.integration.test_batch import person, table
from tests.integration.test_person_requests import form, get_filing

DOCUMENT = id_number(997000)


def typed(insurances: str) -> dict[str, str]:
    values = {name: str(value) for name, value in form().items()}
    return values | {"id_number": DOCUMENT, "insurances": insurances}


def at_once(*acts) -> list[object]:
    """What each act returns, or the code of its refusal; all begin together."""
    start = Barrier(len(acts))

    def run(act) -> object:
        start.wait()
        try:
            return act()
        except Refusal as refusal:
            return refusal.code

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def drafts(insurances: str) -> list[tuple[Actor, int]]:
    return [
        (actor(name), save_new(actor(name), "person_in", typed(insurances), NOW)) for name in ("wang", "zhao")
    ]


def submits(found: list[tuple[Actor, int]]) -> list[object]:
    return at_once(
        *(lambda who=who, number=number: submit_filing(who, number, 1, NOW) for who, number in found)
    )


def test_one_of_two_units_gets_the_medical_insurance(world):
    found = drafts("310 510")
    answers = submits(found)
    states = [get_filing(number).state for _who, number in found]
    assert sorted(states) == ["draft", "pending"]
    # The loser is told by the lines of its draft or by the held key, whichever was seen first.
    assert [one for one in answers if one] in (["filing.has_faults"], ["filing.held_elsewhere"])
    with reading() as session:
        holder = set(session.scalars(select(FilingHold.filing_id)))
    assert holder == {
        number for (_who, number), state in zip(found, states, strict=True) if state == "pending"
    }


def test_both_units_get_the_injury_insurance_and_one_person(world):
    found = drafts("410")
    assert submits(found) == [None, None]
    make_account("lin", "林审核", world.ours.region, None)
    reviewers = actor("gao"), actor("lin")
    numbers = [number for _who, number in found]
    approvals = [
        lambda who=who, number=number: approve_filing(who, number, NOW)
        for who, number in zip(reviewers, numbers, strict=True)
    ]
    assert at_once(*approvals) == [0, 0]
    with reading() as session:
        people = list(session.scalars(select(Person.id).where(Person.id_number == DOCUMENT)))
        units = list(session.scalars(select(Enrolment.unit_id).where(Enrolment.person_id.in_(people))))
    assert len(people) == 1 and sorted(units) == sorted((world.ours.id, world.theirs.id))


def test_two_tabs_of_one_unit(world):
    twins = [save_new(actor(name), "person_in", typed("410"), NOW) for name in ("wang", "li")]
    answers = submits([(actor("wang"), twins[0]), (actor("li"), twins[1])])
    assert sorted(get_filing(number).state for number in twins) == ["draft", "pending"]
    assert [one for one in answers if one] in (["filing.has_faults"], ["filing.held_here"])


@pytest.mark.parametrize("name", ["wang", "li"])
def test_one_file_sent_by_two_tabs_is_one_draft(world, app, name):
    data = table(person(997100))
    sends = [
        lambda who=who: receive_batch(actor(who), "person_in", "a.txt", data, app.config["LIMITS"], NOW)
        for who in ("wang", name)
    ]
    (first, is_new), (second, is_second_new) = at_once(*sends)  # type: ignore[misc]
    assert first == second and is_new != is_second_new
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(Filing)) == 1
