"""Background work as rows: the row is the truth, the queue only wakes a worker."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import CheckConstraint, ColumnElement, Index, and_, func, or_, select, text, update
from sqlmodel import Field, Session, SQLModel

from models.db import Json, UtcDateTime

LEASE = timedelta(seconds=60)
MAX_ATTEMPTS = 3
JOB_STATES = ("queued", "running", "done", "failed")


class Job(SQLModel, table=True):
    """One piece of background work, for a unit or, without one, the bureau. A worker holds it until ``lease_until``."""

    __table_args__ = (
        CheckConstraint("state IN ('queued', 'running', 'done', 'failed')", name="job_state"),
        Index(
            "job_one_at_a_time",
            "kind",
            "subject_id",
            unique=True,
            sqlite_where=text("state IN ('queued', 'running')"),
            postgresql_where=text("state IN ('queued', 'running')"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    kind: str
    subject_id: int
    unit_id: int | None = Field(default=None, foreign_key="unit.id")
    state: str = "queued"
    done: int = 0
    total: int = 0
    attempts: int = 0
    lease_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    params: Any = Field(default=None, sa_type=Json, nullable=True)
    result: Any = Field(default=None, sa_type=Json, nullable=True)
    created_at: datetime = Field(sa_type=UtcDateTime)
    finished_at: datetime | None = Field(default=None, sa_type=UtcDateTime)

    @property
    def is_over(self) -> bool:
        return self.state in ("done", "failed")


def find_latest_job(session: Session, kind: str, subject_id: int) -> Job | None:
    query = select(Job).where(Job.kind == kind, Job.subject_id == subject_id).order_by(Job.id.desc()).limit(1)
    return session.scalars(query).first()


def find_unit_job(session: Session, unit_id: int, job_id: int) -> Job | None:
    return session.scalars(select(Job).where(Job.unit_id == unit_id, Job.id == job_id)).first()


def list_waiting_job_ids(session: Session, now: datetime) -> list[int]:
    """Jobs that nobody works on: never woken, or held by a worker that died."""
    return list(session.scalars(select(Job.id).where(_is_free(now)).order_by(Job.id)))


def claim_job(session: Session, job_id: int, now: datetime) -> Job | None:
    """Take a free job in one atomic statement; None if another worker was quicker or it is over."""
    claimed = session.connection().execute(
        update(Job)
        .where(Job.id == job_id, _is_free(now))
        .values(state="running", attempts=Job.attempts + 1, lease_until=now + LEASE)
    )
    return session.get(Job, job_id) if claimed.rowcount else None


def drop_job(session: Session, kind: str, subject_id: int, now: datetime) -> None:
    """End an unfinished job whose work is no longer wanted; a worker that holds it loses its lease."""
    session.connection().execute(
        update(Job)
        .where(Job.kind == kind, Job.subject_id == subject_id, Job.state.in_(("queued", "running")))
        .values(state="done", finished_at=now, lease_until=None)
    )


def release_job(session: Session, job_id: int, attempt: int) -> None:
    """Put a job back after a failed attempt, unless somebody else holds it by now."""
    session.connection().execute(
        update(Job)
        .where(Job.id == job_id, Job.attempts == attempt, Job.state == "running")
        .values(state="queued", lease_until=None)
    )


def _is_free(now: datetime) -> ColumnElement[bool]:
    return or_(Job.state == "queued", and_(Job.state == "running", Job.lease_until < now))


class JobTally(NamedTuple):
    """The jobs of a kind: how many in each state, and since when the oldest unfinished one waits."""

    kind: str
    queued: int
    running: int
    done: int
    failed: int
    waits_since: datetime | None


def tally_jobs(session: Session) -> list[JobTally]:
    """Every kind of job there has been."""
    query = select(Job.kind, Job.state, func.count(), func.min(Job.created_at)).group_by(Job.kind, Job.state)
    counts: dict[str, dict[str, int]] = {}
    since: dict[str, datetime] = {}
    for kind, state, count, first in session.execute(query):
        counts.setdefault(kind, {})[state] = count
        if state in ("queued", "running"):
            since[kind] = min(first, since.get(kind, first))
    return [
        JobTally(kind, waits_since=since.get(kind), **{state: found.get(state, 0) for state in JOB_STATES})
        for kind, found in sorted(counts.items())
    ]
