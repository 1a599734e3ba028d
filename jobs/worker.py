"""The worker process: woken by the queue, and by a sweep every minute for whatever was never woken."""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Callable, Mapping
from threading import Thread

from huey import Huey, crontab

from jobs.runner import Runner
from models.db import checkpoint
from services.accounts import EXPIRED_KEPT, forget_idle_sessions

CHECKPOINT_SECONDS = 5
LISTS_RETRY_SECONDS = 15 * 60
ROUNDS_SECONDS = 60 * 60
"""Once a day would do, but a machine that is off at that hour, or a mail server, would cost a whole day."""

log = logging.getLogger(__name__)


def make_waker(queue: Huey) -> Callable[[int], None]:
    """A function that wakes a worker for a job; call it after the commit.

    A queue that cannot be reached is logged and no more: the job's row waits for the sweep.
    """

    @queue.task(name="run_job")
    def run_job(job_id: int) -> None:
        raise RuntimeError("this process only wakes; the worker runs jobs")

    def wake(job_id: int) -> None:
        try:
            run_job(job_id)
        except OSError:
            log.exception("job %s could not be announced; the sweep will find it", job_id)

    return wake


def _checkpoint() -> None:
    while True:
        time.sleep(CHECKPOINT_SECONDS)
        try:
            checkpoint()
        except sqlite3.Error:
            # A disk that is full today must not end tomorrow's turn; meanwhile writers do it (models/db.py).
            log.exception("the log of the database could not be moved into it")


def refresh_turn(refresh: Callable[[], bool], seconds: float) -> float:
    """Fetch the lists of revoked certificates once; how many seconds to wait before the next turn."""
    try:
        is_well = refresh()
    except Exception:
        # The worker's own door: a trust folder that cannot be read today must not end tomorrow's turn.
        log.exception("the lists of revoked certificates could not be refreshed")
        is_well = False
    return seconds if is_well else min(seconds, LISTS_RETRY_SECONDS)


def _refresh_for_ever(refresh: Callable[[], bool], seconds: float) -> None:
    while True:
        time.sleep(refresh_turn(refresh, seconds))


def do_rounds(rounds: Mapping[str, Callable[[], object]]) -> None:
    """Do each of what is due daily; one that fails keeps none of the others from being done."""
    for name, do in rounds.items():
        try:
            do()
        except Exception:
            # The worker's own door: log the bug, and come round again in an hour.
            log.exception("the round of %s failed", name)


def _rounds_for_ever(rounds: Mapping[str, Callable[[], object]]) -> None:
    while True:
        do_rounds(rounds)
        time.sleep(ROUNDS_SECONDS)


def work(
    queue: Huey,
    runner: Runner,
    threads: int,
    rounds: Mapping[str, Callable[[], object]],
    refresh: Callable[[], bool] | None = None,
    refresh_seconds: float = 0,
) -> None:
    """Consume until the process is told to stop.

    ``rounds`` are due daily, at the start and every hour, in a thread of their own: a slow mail server is not to hold
    up anybody's job. ``refresh`` fetches the lists of revoked certificates at the start and every ``refresh_seconds``. It has a
    thread of its own and not the queue, because the trust folder lies on this machine, and the queue's workers may
    be on others.
    """

    @queue.task(name="run_job")
    def run_job(job_id: int) -> None:
        runner.run(job_id)

    @queue.periodic_task(crontab(minute="*"), name="sweep")
    def sweep() -> None:
        runner.sweep()

    @queue.periodic_task(crontab(minute="*/10"), name="forget_sessions")
    def forget_sessions() -> None:
        forget_idle_sessions(runner.clock() - EXPIRED_KEPT)

    Thread(target=_checkpoint, name="checkpoint", daemon=True).start()
    Thread(target=_rounds_for_ever, args=(rounds,), name="rounds", daemon=True).start()
    if refresh is not None:
        arguments = (refresh, refresh_seconds)
        Thread(target=_refresh_for_ever, args=arguments, name="lists", daemon=True).start()
    runner.sweep()
    consumer = queue.create_consumer(
        workers=threads,
        worker_type="thread",
        initial_delay=0.05,
        max_delay=0.25,
        backoff=1.2,
        check_worker_health=True,
    )
    consumer.run()
