"""The chain of the audit trail: walk it to the first broken link, and sign where it stands (docs/adr/0014)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlmodel import Session

from cert.digests import is_same
from cert.seal import Seal, is_sealed
from models import audit
from models.account import Actor
from models.audit import AuditCheckpoint, digest_of
from models.audit_list import ORIGIN, Ends, Point, list_checkpoints, list_sealed, read_ends, walk
from models.db import reading, transaction
from models.job import Job
from rules.refusals import Refusal
from services.work import Task, end_job, put_job

VERIFY_JOB, SUBJECT = "audit_verify", 1
"""The chain is one, so its job has one subject."""
EVENTS_A_REPORT = 5_000
_ID, _PREV = 0, 1
_START = -(2**31)
_FORMAT = "wangting-audit-1"
_PARTS = ("format", "seq", "digest", "at", "public_key")


@dataclass(frozen=True)
class Break:
    """The first link that does not hold: ``code`` says how, ``seq`` which event.

    "changed": the event is not what was written; "missing": events from here on to ``until`` are not there; "order":
    it does not follow the one before; "surplus": the head knows nothing of it; "cut": the chain ends before ``until``,
    where its head says it ends; "head": head and last event differ; "no_head": the head is gone; "rewritten": another
    digest than a checkpoint has.
    """

    code: str
    seq: int
    until: int = 0


@dataclass(frozen=True)
class Verdict:
    """What a walk found: the place that it reached, and the first broken link, if there is one."""

    reached: Point
    broken: Break | None = None


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint as a file carries it; ``at`` is ISO 8601 in UTC, keys and signature are hex."""

    seq: int
    digest: str
    at: str
    public_key: str
    signature: str

    def text(self) -> str:
        """What is signed."""
        values = (_FORMAT, self.seq, self.digest, self.at, self.public_key)
        return json.dumps(dict(zip(_PARTS, values, strict=True)), sort_keys=True, separators=(",", ":"))

    def to_file(self) -> bytes:
        """The checkpoint with its signature, as one JSON object."""
        return (json.dumps(json.loads(self.text()) | {"signature": self.signature}, indent=1) + "\n").encode()


def verify(
    start: Point = ORIGIN,
    report: Callable[[int, int], None] = lambda done, total: None,
    outside: Checkpoint | None = None,
) -> Verdict:
    """Walk the chain from a known place to its end and name the first broken link; memory does not grow with it.

    It ends where the chain ended when it began; meanwhile others go on writing. The hall's own checkpoints and the one
    from ``outside`` must lie on the chain. ``report`` is told events done and in all.
    """
    with reading() as session:
        ends = read_ends(session)
        sealed = {one.seq: one.digest for one in reversed(list_sealed(session, start.seq, 2**31 - 1))}
    broken = _look_at_ends(ends)
    if broken is not None and broken.code == "no_head":
        return Verdict(start, broken)
    if outside is not None:
        sealed[outside.seq] = outside.digest
    assert ends.head is not None
    point = start
    for point, found in _links(start, ends.head.seq, sealed):
        if found is not None:
            return Verdict(point, found)
        if point.seq % EVENTS_A_REPORT == 0:
            report(point.seq, ends.head.seq)
    return Verdict(point, _look_at_end(point, ends.head, max(sealed, default=0)) or broken)


def _look_at_ends(ends: Ends) -> Break | None:
    if ends.head is None:
        return Break("no_head", ends.last)
    return Break("surplus", ends.head.seq + 1, ends.last) if ends.last > ends.head.seq else None


def _look_at_end(point: Point, head: Point, farthest: int) -> Break | None:
    if point.seq < max(head.seq, farthest):
        return Break("cut", point.seq + 1, max(head.seq, farthest))
    return None if is_same(point.digest, head.digest) else Break("head", head.seq)


def _links(start: Point, last: int, sealed: dict[int, str]) -> Iterator[tuple[Point, Break | None]]:
    """Each place that was reached, and what is wrong with the next link."""
    point = start
    with reading() as session:
        # From below the first number, if it begins there: nothing may stand before it either.
        for *values, digest in walk(session, start.seq or _START, last):
            broken = _look_at_link(point, values, digest, sealed)
            if broken is None:
                point = Point(values[_ID], digest)
            yield point, broken


def _look_at_link(point: Point, values: list[Any], digest: Any, sealed: dict[int, str]) -> Break | None:
    seq = values[_ID]
    if seq > point.seq + 1:
        return Break("missing", point.seq + 1, seq - 1)
    if seq <= point.seq:
        return Break("order", seq)
    if digest_of(values) != digest:
        return Break("changed", seq)
    if values[_PREV] != point.digest:
        return Break("order", seq)
    return Break("rewritten", seq) if sealed.get(seq, digest) != digest else None


def put_verify(actor: Actor, now: datetime) -> int:
    """Put down a walk along the whole chain; returns its job's number, or that of one that is under way."""
    with transaction() as session:
        audit.record(session, actor, "audit_verify_asked", "audit", None, now)
        return put_job(session, VERIFY_JOB, SUBJECT, None, now, {"by": actor.name})


def run_verify(task: Task) -> None:
    """The job: the whole chain; its result holds the place reached and the broken link."""
    verdict = verify(report=task.report)
    broken = verdict.broken
    result = {
        "seq": verdict.reached.seq,
        "digest": verdict.reached.digest,
        "broken": vars(broken) if broken else None,
    }
    now = task.clock()
    with transaction() as session:
        audit.record(session, None, "audit_verified", "audit", None, now, after=result)
        end_job(session, task, now, result=result)


def fail_verify(session: Session, task: Task, code: str, params: dict[str, Any]) -> None:
    """Nothing to undo: the job's row carries the reason."""


def seal_verified(actor: Actor, job: Job | None, seal: Seal, now: datetime) -> int:
    """Sign the place that the last walk reached; returns the checkpoint's number.

    Raises ``Refusal`` ``audits.not_verified`` where there is no walk that is over and found nothing.
    """
    if job is None or job.state != "done" or job.result["broken"] is not None:
        raise Refusal("audits.not_verified")
    return _keep(actor, actor.name, Point(job.result["seq"], job.result["digest"]), seal, now)


def seal_head(seal: Seal, now: datetime) -> tuple[AuditCheckpoint | None, Verdict]:
    """Walk from the last checkpoint to the end, and sign the end if every link holds; the checkpoint and the walk."""
    with reading() as session:
        latest = list_checkpoints(session, limit=1)
    verdict = verify(Point(latest[0].seq, latest[0].digest) if latest else ORIGIN)
    if verdict.broken is not None:
        return None, verdict
    made = _keep(None, audit.SYSTEM, verdict.reached, seal, now)
    with reading() as session:
        return session.get_one(AuditCheckpoint, made), verdict


def _keep(actor: Actor | None, made_by: str, point: Point, seal: Seal, now: datetime) -> int:
    bare = Checkpoint(point.seq, point.digest, _moment(now), seal.public_key, "")
    with transaction() as session:
        kept = AuditCheckpoint(
            seq=point.seq,
            digest=point.digest,
            at=now,
            made_by=made_by,
            public_key=seal.public_key,
            signature=seal.sign(bare.text()),
        )
        session.add(kept)
        session.flush()
        assert kept.id is not None
        after = {"seq": point.seq, "digest": point.digest}
        audit.record(session, actor, "audit_sealed", "audit_checkpoint", kept.id, now, after=after)
        return kept.id


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def export_checkpoint(actor: Actor, kept: AuditCheckpoint, now: datetime) -> bytes:
    """A checkpoint as a file to be kept outside, with an audit event."""
    with transaction() as session:
        audit.record(session, actor, "audit_checkpoint_exported", "audit_checkpoint", kept.id, now)
    return as_file(kept).to_file()


def as_file(kept: AuditCheckpoint) -> Checkpoint:
    """A kept checkpoint as its file has it."""
    return Checkpoint(kept.seq, kept.digest, _moment(kept.at), kept.public_key, kept.signature)


def read_checkpoint(data: bytes, public_key: str) -> Checkpoint:
    """A checkpoint from its file, if this key of the hall signed it.

    Raises ``Refusal`` ``audits.no_checkpoint`` for another file, ``audits.other_key``, ``audits.bad_signature``.
    """
    try:
        found = json.loads(data)
        checkpoint = Checkpoint(*(found[name] for name in ("seq", "digest", "at", "public_key", "signature")))
        is_ours = found["format"] == _FORMAT and type(checkpoint.seq) is int
    except (ValueError, KeyError, TypeError):
        is_ours = False
    if not is_ours or not all(isinstance(one, str) for one in list(vars(checkpoint).values())[1:]):
        raise Refusal("audits.no_checkpoint")
    if checkpoint.public_key != public_key:
        raise Refusal("audits.other_key")
    if not is_sealed(public_key, checkpoint.text(), checkpoint.signature):
        raise Refusal("audits.bad_signature")
    return checkpoint
