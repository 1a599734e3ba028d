"""An audited write against the same write without its audit event, through the service that runs all day long."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from itertools import cycle
from statistics import median
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from bench import stand
from bench.result import Result
from models import audit, db
from models.declaration import WageRow
from services.audit_chain import verify
from services.wages import Entry, record_wages

if TYPE_CHECKING:
    from bench.inside import Room

PEOPLE, NUMBER = 20_000, 1
PAIRS, SAVES = 15, 400


def audit_append() -> list[Result]:
    """How many times as long ``record_wages`` takes with its event in the chain as without; rounds alternate.

    One wage a save and one transaction each, in one process, on a unit of 20,000 people; ``value`` and ``limit`` are
    microseconds a save, ``ratio`` the median of the pairs.
    """
    folder = stand.copy_of(stand.unit_folder(PEOPLE), "audit")
    rounds: list[list[float]] = json.loads(stand.inside(folder, "audit", NUMBER))
    audited, bare = ([pair[side] * 1e6 for pair in rounds] for side in (0, 1))
    ratio = median(ours / theirs for ours, theirs in rounds)
    return [Result("audit_append", median(audited), "us", limit=median(bare), ratio=ratio, reach=1.3)]


def measure_appends(room: Room, number: int) -> None:
    """Save wage after wage with and without the audit trail; prints seconds a save, in pairs. The chain must be whole."""
    with db.reading() as session:
        rows = session.execute(
            select(WageRow.id).where(WageRow.declaration_id == number).order_by(WageRow.seq)
        )
        walk = cycle(list(rows.scalars()))
    save = _saver(room, number, walk)
    before = _last()
    with_trail = audit.record
    save(SAVES)
    pairs = []
    for _ in range(PAIRS):
        ours = save(SAVES)
        audit.record = _nothing  # type: ignore[assignment]
        theirs = save(SAVES)
        audit.record = with_trail
        pairs.append((ours, theirs))
    verdict = verify()
    if verdict.broken is not None or verdict.reached.seq != before + SAVES * (PAIRS + 1):
        raise RuntimeError(f"{verdict} after {SAVES * (PAIRS + 1)} audited saves from {before} on")
    print(json.dumps(pairs))


def _nothing(*_arguments: object, **_values: object) -> None:
    """In place of an audit event: none."""


def _last() -> int:
    with db.reading() as session:
        return session.get_one(audit.AuditHead, 1).seq


def _saver(room: Room, number: int, walk: Any) -> Callable[[int], float]:
    actor, held = room.actor(), dict[int, tuple[int, int]]()
    with db.reading() as session:
        for row in session.execute(select(WageRow.id, WageRow.version, WageRow.wage_fen)):
            held[row[0]] = row[1], row[2]

    def save(times: int) -> float:
        entries = []
        for _ in range(times):
            row_id = next(walk)
            version, fen = held[row_id]
            held[row_id] = version + 1, fen + 100
            entries.append(Entry(row_id, f"{fen // 100 + 1}.{fen % 100:02d}", version, fen))
        start = time.perf_counter()
        for entry in entries:
            record_wages(actor, number, [entry], room.clock())
        return (time.perf_counter() - start) / times

    return save
