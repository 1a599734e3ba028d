"""No path leaves the way of a 业务, whoever writes, and of two steps at once one wins."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from models.account import Actor
from models.audit import AuditEvent
from models.db import reading, transaction
from models.filing import Filing, FilingEvent
from models.filing_parts import FilingHold
from rules.filing_states import FIRST, OTHER_WAYS, STATES, WAGES, after, ways_of
from rules.refusals import Missing, Refusal
from services.filings import cancel_filing, save_line, save_new, submit_filing, withdraw_filing
from services.reviews import approve_filing, put_back_filing, refuse_filing, return_filing, take_filing
from tests.factories import NOW, actor, id_number

NUMBERS = itertools.count(700_001)
STEPS = ("save", "submit", "withdraw", "cancel", "take", "put_back", "approve", "refuse", "return")


def joining(number: int, **other: str) -> dict[str, str]:
    return {
        "id_kind": "01",
        "id_number": id_number(number),
        "name": "新来人",
        "mobile": "13800000000",
        "employment": "contract",
        "wage": "6000",
        "cover_from": "2026-06-18",
        "insurances": "310 410",
        **other,
    }


def get(filing_id: int) -> Filing:
    with reading() as session:
        return session.get_one(Filing, filing_id)


def do(step: str, filing_id: int, clerk: Actor, reviewer: Actor, number: int) -> None:
    """One step, as the buttons take it."""
    version = get(filing_id).version
    steps: dict[str, Callable[[], Any]] = {
        "save": lambda: save_line(clerk, filing_id, 1, version, joining(number, wage="7000"), NOW),
        "submit": lambda: submit_filing(clerk, filing_id, version, NOW),
        "withdraw": lambda: withdraw_filing(clerk, filing_id, NOW),
        "cancel": lambda: cancel_filing(clerk, filing_id, NOW),
        "take": lambda: take_filing(reviewer, filing_id, NOW),
        "put_back": lambda: put_back_filing(reviewer, filing_id, NOW),
        "approve": lambda: approve_filing(reviewer, filing_id, NOW),
        "refuse": lambda: refuse_filing(reviewer, filing_id, "不符", NOW),
        "return": lambda: return_filing(reviewer, filing_id, "请改", {}, NOW),
    }
    steps[step]()


@settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(STEPS), max_size=12))
def test_any_steps_in_any_order_keep_to_the_way(world, steps):
    """The service and the drawn way agree after each step, and whatever was refused changed nothing."""
    number = next(NUMBERS)
    clerk, reviewer = actor("wang"), actor("gao")
    filing_id = save_new(clerk, "person_in", joining(number), NOW)
    state, is_taken = "draft", False
    for step in steps:
        moves = after("person_in", state, step) if step not in ("save", "take", "put_back") else None
        if step == "save":
            allowed = state in ("draft", "returned")
        elif step in ("take", "put_back"):
            allowed = state == "pending"
        elif step == "submit":
            # A second press on what waits is answered as the first.
            allowed = moves is not None or state == "pending"
        elif step == "withdraw":
            allowed = moves is not None and not is_taken
        else:
            allowed = moves is not None
        before = get(filing_id)
        try:
            do(step, filing_id, clerk, reviewer, number)
        except (Refusal, Missing) as refused:
            assert not allowed, (step, state, refused)
            assert get(filing_id).version == before.version
        else:
            assert allowed, (step, state)
            state = moves or state
            is_taken = state == "pending" and (step == "take" or (is_taken and step != "put_back"))
        found = get(filing_id)
        assert (found.state, found.taken_by is not None) == (state, is_taken)
        with reading() as session:
            held = session.scalar(select(func.count()).where(FilingHold.filing_id == filing_id))
        assert bool(held) == (state == "pending")


def way_to(kind: str, target: str) -> list[str]:
    """The states on a shortest way from the first to a target, the first left out."""
    found: dict[str, list[str]] = {FIRST[kind == WAGES]: []}
    queue = list(found)
    while queue:
        state = queue.pop(0)
        for way in ways_of(kind):
            if way.before == state and way.after not in found:
                found[way.after] = [*found[state], way.after]
                queue.append(way.after)
    return found[target]


def put(filing_id: int, state: str) -> None:
    """What somebody at the database's own prompt would type."""
    with transaction() as session:
        session.connection().execute(
            text("UPDATE filing SET state = :state, taken_by = NULL WHERE id = :id"),
            {"state": state, "id": filing_id},
        )


@pytest.mark.parametrize("before", [state for state in STATES if state not in ("submitting", "failed")])
def test_the_database_itself_lets_nothing_off_the_way(world, before):
    clerk = actor("wang")
    allowed = {way.after for way in OTHER_WAYS if way.before == before} | {before}
    for place, target in enumerate(STATES):
        filing_id = save_new(clerk, "person_in", joining(710_000 + place), NOW)
        for state in way_to("person_in", before):
            put(filing_id, state)
        if target in allowed:
            put(filing_id, target)
            assert get(filing_id).state == target
            continue
        with pytest.raises(DBAPIError, match="no way leads"):
            put(filing_id, target)
        assert get(filing_id).state == before


def test_nothing_begins_in_the_middle_and_no_kind_becomes_another(world):
    filing_id = save_new(actor("wang"), "person_in", joining(720_000), NOW)
    copied = "receipt_no, kind, unit_id, region_code, group_code, insurances, year, people, wage_total_fen, is_late"
    copied += ", reason, submitter_name, submitted_at, title, version"
    chosen = copied.replace("receipt_no", "'X-1'", 1)
    with pytest.raises(DBAPIError, match="no way leads"), transaction() as session:
        session.connection().execute(
            text(
                f"INSERT INTO filing ({copied}, state) SELECT {chosen}, 'approved' FROM filing WHERE id = :id"
            ),
            {"id": filing_id},
        )
    with pytest.raises(DBAPIError, match="no way leads"), transaction() as session:
        session.connection().execute(
            text("UPDATE filing SET kind = 'person_out' WHERE id = :id"), {"id": filing_id}
        )


@pytest.mark.parametrize(
    "pair",
    [
        ("withdraw", "take"),
        ("withdraw", "approve"),
        ("approve", "refuse"),
        ("return", "approve"),
        ("approve", "approve"),
        ("withdraw", "withdraw"),
    ],
    ids="-".join,
)
def test_of_two_steps_at_once_one_wins(world, pair):
    clerk, reviewer = actor("wang"), actor("gao")
    filing_id = save_new(clerk, "person_in", joining(730_000), NOW)
    do("submit", filing_id, clerk, reviewer, 730_000)
    outcomes = both(lambda step: do(step, filing_id, clerk, reviewer, 730_000), pair)
    won = [step for step, refused in outcomes if refused is None]
    assert len(won) == 1, outcomes
    with reading() as session:
        events = list(session.scalars(select(FilingEvent.state).where(FilingEvent.filing_id == filing_id)))
        audited = list(
            session.scalars(
                select(AuditEvent.action).where(
                    AuditEvent.subject == "filing", AuditEvent.subject_id == filing_id
                )
            )
        )
    assert len(events) == 3, events
    assert len(audited) == 3, audited


@pytest.mark.parametrize("insurances", ["310", "410"])
def test_two_units_submit_the_same_person_in_the_same_second(world, insurances):
    wang, zhao = actor("wang"), actor("zhao")
    mine = save_new(wang, "person_in", joining(740_000, insurances=insurances), NOW)
    theirs = save_new(zhao, "person_in", joining(740_000, insurances=insurances), NOW)
    clerks = {mine: wang, theirs: zhao}
    outcomes = both(lambda filing_id: submit_filing(clerks[filing_id], filing_id, 1, NOW), (mine, theirs))
    won = [filing_id for filing_id, refused in outcomes if refused is None]
    assert len(won) == (1 if insurances == "310" else 2), outcomes
    codes = {refused.code for _id, refused in outcomes if isinstance(refused, Refusal)}
    assert codes <= {"filing.held_elsewhere", "filing.has_faults"}


def test_the_same_unit_submits_the_same_person_twice(world):
    first = save_new(actor("wang"), "person_in", joining(750_000), NOW)
    second = save_new(actor("li"), "person_in", joining(750_000), NOW + timedelta(seconds=1))
    submit_filing(actor("wang"), first, 1, NOW)
    with pytest.raises(Refusal) as refused:
        submit_filing(actor("li"), second, 1, NOW)
    assert refused.value.code == "filing.has_faults"
    with reading() as session:
        problems = session.scalars(
            text("SELECT problems FROM filing_line WHERE filing_id = :id"), {"id": second}
        )
        assert "filing.held_here" in str(list(problems))


def both(act: Callable[[Any], None], subjects: tuple[Any, Any]) -> list[tuple[Any, Exception | None]]:
    """Two threads, let go together; each with what stopped it."""
    barrier = threading.Barrier(2)
    outcomes: list[tuple[Any, Exception | None]] = []

    def run(subject: Any) -> None:
        barrier.wait()
        try:
            act(subject)
        except (Refusal, Missing) as refused:
            outcomes.append((subject, refused))
        else:
            outcomes.append((subject, None))

    threads = [threading.Thread(target=run, args=(subject,)) for subject in subjects]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes
