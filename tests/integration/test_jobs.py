"""Background jobs: done once however often they are delivered, taken over from the dead, given up aloud."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from jobs.runner import Handler, Runner
from models.db import transaction
from models.declaration import WageRow
from models.job import LEASE, MAX_ATTEMPTS, claim_job
from services import declarations
from services.declarations import START_JOB, start_declaration
from services.work import Task
from tests.factories import ALL, YEAR, actor
from tests.integration.way import audited, check_counts, count, get_declaration, get_job


class Killed(BaseException):
    """The process dies here: nothing in the product catches this."""


@pytest.fixture
def waiting(world, clock, monkeypatch) -> tuple[int, int]:
    """A declaration whose start job nobody was woken for; its list is filled two people at a time."""
    monkeypatch.setattr(declarations, "CHUNK", 2)
    return start_declaration(actor("wang"), YEAR, ALL, clock())


def interrupted(runner: Runner, what) -> Runner:
    """The same runner, but ``what(done)`` happens whenever the start job reports progress."""

    def fill(task: Task) -> None:
        declarations.fill_list(Reporting(**vars(task), what=what))

    handler = Handler(fill, runner.handlers[START_JOB].fail)
    return replace(runner, handlers={**runner.handlers, START_JOB: handler})


class Reporting(Task):
    def __init__(self, what, **values) -> None:
        super().__init__(**values)
        object.__setattr__(self, "what", what)

    def report(self, done: int, total: int) -> None:
        super().report(done, total)
        self.what(done)


def die_after(people: int):
    def what(done: int) -> None:
        if done >= people:
            raise Killed

    return what


def break_after(people: int):
    def what(done: int) -> None:
        if done >= people:
            raise RuntimeError("a bug half way")

    return what


def test_a_job_delivered_twice_is_done_once(runner, waiting):
    declaration_id, job_id = waiting
    for _ in range(3):
        runner.run(job_id)
    assert (get_job(job_id).state, get_job(job_id).attempts) == ("done", 1)
    assert count(WageRow) == 5
    assert len(audited("list_filled")) == 1
    check_counts(declaration_id)


def test_one_of_many_workers_gets_a_job(runner, waiting, clock):
    claimed: list[bool] = []
    barrier = threading.Barrier(4)

    def claim() -> None:
        barrier.wait()
        with transaction() as session:
            claimed.append(claim_job(session, waiting[1], clock()) is not None)

    threads = [threading.Thread(target=claim) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(claimed) == [False, False, False, True]


def test_the_sweep_finds_a_job_that_nobody_was_woken_for(runner, waiting):
    declaration_id, _job_id = waiting
    assert runner.sweep() == 1
    assert get_declaration(declaration_id).state == "open"
    assert runner.sweep() == 0


def test_progress_is_shown_while_a_job_runs(runner, waiting, wang):
    declaration_id, job_id = waiting
    seen: list[str] = []
    interrupted(runner, lambda done: seen.append(wang.get(f"/wages/{declaration_id}").words)).run(job_id)
    assert [f"{done} / 5" in words for done, words in zip((2, 4, 5), seen[1:], strict=True)] == [True] * 3


def test_a_worker_that_dies_half_way_is_taken_over_when_its_lease_is_over(runner, waiting, clock):
    declaration_id, job_id = waiting
    with pytest.raises(Killed):
        interrupted(runner, die_after(2)).run(job_id)
    assert count(WageRow) == 2
    assert runner.sweep() == 0, "the dead worker still holds its lease"
    assert get_declaration(declaration_id).state == "starting"
    clock.now += LEASE * 1.1
    assert runner.sweep() == 1
    assert get_declaration(declaration_id).state == "open"
    assert check_counts(declaration_id).insured == 5
    assert count(WageRow) == 5


def test_a_bug_half_way_gives_the_job_back_at_once(runner, waiting):
    declaration_id, job_id = waiting
    interrupted(runner, break_after(2)).run(job_id)
    assert (get_job(job_id).state, get_declaration(declaration_id).state) == ("queued", "starting")
    runner.run(job_id)
    assert check_counts(declaration_id).insured == 5
    assert get_declaration(declaration_id).state == "open"


def test_a_worker_whose_job_was_taken_over_changes_nothing_more(runner, waiting, clock):
    declaration_id, job_id = waiting

    def sleep_through(done: int) -> None:
        if done == 2:
            clock.now += LEASE * 1.1
            runner.sweep()

    interrupted(runner, sleep_through).run(job_id)
    assert (get_job(job_id).state, get_job(job_id).attempts) == ("done", 2)
    assert count(WageRow) == 5
    assert len(audited("list_filled")) == 1
    check_counts(declaration_id)


@pytest.mark.parametrize("misfortune", [break_after, die_after])
def test_after_three_attempts_the_failure_is_where_the_clerk_will_look(
    runner, waiting, clock, wang, misfortune
):
    declaration_id, job_id = waiting
    unlucky = interrupted(runner, misfortune(0))
    for _ in range(MAX_ATTEMPTS + 1):
        try:
            unlucky.run(job_id)
        except Killed:
            clock.now += LEASE * 1.1
    assert get_job(job_id).state == "failed"
    assert get_declaration(declaration_id).state == "failed"
    page = wang.get(f"/wages/{declaration_id}")
    assert "开始失败" in page.alert and "3 次都没有完成" in page.alert
    assert [event.after for event in audited("start_failed")] == [{"code": "job.gave_up"}]
    wang.press("重新开始")
    runner.sweep()
    assert get_declaration(declaration_id).state == "open"


def test_starting_again_while_the_job_still_waits_puts_down_no_second_one(waiting, wang):
    declaration_id, job_id = waiting
    wang.post(f"/wages/{declaration_id}/restart")
    with transaction() as session:
        assert claim_job(session, job_id + 1, wang.http.application.config["CLOCK"]()) is None


def test_a_hand_over_that_never_succeeds_ends_as_a_failed_submission(way, runner, wang):
    declaration_id = way.ready()
    numbers = way.submit(declaration_id)

    def broken(task: Task) -> None:
        raise RuntimeError("the bureau's door is jammed")

    handler = Handler(broken, runner.handlers["hand_over"].fail)
    unlucky = replace(runner, handlers={**runner.handlers, "hand_over": handler})
    for _ in range(MAX_ATTEMPTS):
        unlucky.sweep()
    assert get_declaration(declaration_id).state == "open"
    page = wang.get(f"/filings/{numbers[0]}")
    assert "提交失败" in page.alert and "3 次都没有完成" in page.alert
