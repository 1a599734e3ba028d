"""Runs one job to its end: claim it, call its handler, and on failure say so where the clerk will look."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from models.db import reading, transaction
from models.job import MAX_ATTEMPTS, claim_job, list_waiting_job_ids, release_job
from rules.refusals import Refusal
from services.work import LeaseLost, Task, end_job

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Handler:
    """How one kind of job is done, and what is said when it cannot be."""

    run: Callable[[Task], None]
    fail: Callable[[Session, Task, str, dict[str, Any]], None]


@dataclass(frozen=True)
class Runner:
    """All kinds of jobs by name, with the clock they run by."""

    handlers: dict[str, Handler]
    clock: Callable[[], datetime]

    def run(self, job_id: int) -> None:
        """Do the job if it is free; a second delivery of the same number does nothing."""
        with transaction() as session:
            job = claim_job(session, job_id, self.clock())
        if job is None:
            return
        task = Task(job_id, job.attempts, job.kind, job.subject_id, job.unit_id, job.params, self.clock)
        if job.attempts > MAX_ATTEMPTS:
            self._fail(task, "job.gave_up", {"attempts": MAX_ATTEMPTS})
            return
        try:
            self.handlers[job.kind].run(task)
        except LeaseLost:
            log.info("job %s was taken over", job_id)
        except Refusal as refusal:
            self._fail(task, refusal.code, refusal.params)
        except Exception:
            # The worker's own door: log the bug, let another attempt have it, keep the worker alive.
            log.exception("job %s (%s) failed in attempt %s", job_id, job.kind, job.attempts)
            self._release(task)

    def sweep(self) -> int:
        """Run every job that nobody was woken for, or whose worker died; returns how many were found."""
        with reading() as session:
            waiting = list_waiting_job_ids(session, self.clock())
        for job_id in waiting:
            self.run(job_id)
        return len(waiting)

    def _fail(self, task: Task, code: str, params: dict[str, Any]) -> None:
        try:
            with transaction() as session:
                end_job(session, task, self.clock(), state="failed", result={"code": code, "params": params})
                self.handlers[task.kind].fail(session, task, code, params)
        except LeaseLost:
            log.info("job %s was taken over", task.job_id)
            return
        # A failure may have put down another job, such as a fresh check of an upload.
        self.sweep()

    def _release(self, task: Task) -> None:
        if task.attempt >= MAX_ATTEMPTS:
            self._fail(task, "job.gave_up", {"attempts": task.attempt})
            return
        with transaction() as session:
            release_job(session, task.job_id, task.attempt)
