"""Background jobs seen from inside: put one down, report progress, finish or fail it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlmodel import Session

from models.db import transaction
from models.job import LEASE, Job


class LeaseLost(Exception):
    """Another worker took the job over, or it is finished; whoever sees this stops."""


@dataclass(frozen=True)
class Task:
    """A claimed job as its handler sees it. ``clock`` gives the present moment in UTC."""

    job_id: int
    attempt: int
    kind: str
    subject_id: int
    unit_id: int | None
    params: Any
    clock: Callable[[], datetime]

    def report(self, done: int, total: int) -> None:
        """Show progress and keep the lease; raises ``LeaseLost`` when the job is no longer ours."""
        with transaction() as session:
            changed = session.connection().execute(
                update(Job)
                .where(Job.id == self.job_id, Job.state == "running", Job.attempts == self.attempt)
                .values(done=done, total=total, lease_until=self.clock() + LEASE)
            )
            if changed.rowcount == 0:
                raise LeaseLost(self.kind, self.job_id)


def put_job(
    session: Session,
    kind: str,
    subject_id: int,
    unit_id: int | None,
    now: datetime,
    params: Any = None,
    total: int = 0,
) -> int:
    """Write a job into the running transaction and return its number; an unfinished twin is returned instead."""
    twin: int | None = session.scalars(
        select(Job.id).where(
            Job.kind == kind, Job.subject_id == subject_id, Job.state.in_(("queued", "running"))
        )
    ).first()
    if twin is not None:
        return twin
    job = Job(kind=kind, subject_id=subject_id, unit_id=unit_id, params=params, total=total, created_at=now)
    session.add(job)
    session.flush()
    assert job.id is not None
    return job.id


def end_job(session: Session, task: Task, now: datetime, *, state: str = "done", result: Any = None) -> None:
    """Close the job in the transaction that holds its effect; raises ``LeaseLost`` if it is not ours."""
    changed = session.connection().execute(
        update(Job)
        .where(Job.id == task.job_id, Job.state == "running", Job.attempts == task.attempt)
        .values(state=state, result=result, finished_at=now, lease_until=None)
    )
    if changed.rowcount == 0:
        raise LeaseLost(task.kind, task.job_id)
