"""A declaration frozen: its rows with their bases, its statement, and a digest that seals them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select
from sqlmodel import Session

from cert.digests import sm3_of
from documents.backup_file import canonical_json
from models.declaration import Declaration, find_statement, get_tally
from models.filing import Snapshot, SnapshotRow
from models.wage_rows import iterate_rows
from rules.refusals import Refusal
from rules.wages import Bounds, contribution_base, is_declared
from services.figures import bounds_on

COLUMNS = ("seq", "person_no", "name", "id_number", "old_wage_fen", "wage_fen", "bases", "note")


def take_snapshot(
    session: Session, declaration: Declaration, insurances: list[str], now: datetime
) -> Snapshot:
    """Freeze the declaration for these 险种 in the running transaction; the declaration is locked.

    Raises ``Refusal`` ``submit.no_bounds`` for an 险种 without published floor and cap.
    """
    snapshot, rows = _freeze(session, declaration, insurances, now)
    session.add(snapshot)
    session.flush()
    for row in rows:
        row["snapshot_id"] = snapshot.id
    session.connection().execute(insert(SnapshotRow.__table__), rows)
    return snapshot


def digest_ahead(session: Session, declaration: Declaration, insurances: list[str], now: datetime) -> str:
    """The digest that ``take_snapshot`` would give out now: what is signed before anything is stored.

    The seal covers nothing that only the submission itself decides, its moment least of all. Raises
    ``Refusal`` ``submit.no_bounds``.
    """
    return _freeze(session, declaration, insurances, now)[0].digest


def seal(snapshot: Snapshot, rows: list[dict[str, Any]]) -> str:
    """SM3 over the snapshot's facts and then each row, one canonical JSON value a line."""
    return sm3_of(_sealed_lines(snapshot, rows))


def is_intact(session: Session, snapshot: Snapshot) -> bool:
    """Whether the stored rows still have the digest that was given out."""
    query = select(*(getattr(SnapshotRow, name) for name in COLUMNS))
    query = query.where(SnapshotRow.snapshot_id == snapshot.id).order_by(SnapshotRow.seq)
    rows = [dict(row._mapping) for row in session.connection().execute(query)]
    return seal(snapshot, rows) == snapshot.digest


def plain_bounds(bounds: dict[str, Bounds]) -> dict[str, list[int]]:
    """Bounds as a snapshot keeps them: [floor, cap, rounding step] in fen, by 险种."""
    return {code: [limit.floor_fen, limit.cap_fen, limit.rounding_fen] for code, limit in bounds.items()}


def _freeze(
    session: Session, declaration: Declaration, insurances: list[str], now: datetime
) -> tuple[Snapshot, list[dict[str, Any]]]:
    """The sealed snapshot and its rows, neither of them stored yet."""
    assert declaration.id is not None
    bounds = {code: limit for code, limit in bounds_on(session, declaration).items() if code in insurances}
    if lacking := [code for code in insurances if code not in bounds]:
        raise Refusal("submit.no_bounds", insurances=lacking)
    statement = find_statement(session, declaration.id)
    assert statement is not None
    rows = list(_frozen_rows(session, declaration, bounds))
    tally = get_tally(session, declaration.id)
    version = session.scalar(select(func.count()).where(Snapshot.declaration_id == declaration.id)) or 0
    snapshot = Snapshot(
        declaration_id=declaration.id,
        unit_id=declaration.unit_id,
        version=version + 1,
        revision=tally.revision,
        year=declaration.year,
        effective_month=declaration.effective_month,
        wage_basis=declaration.wage_basis,
        months=declaration.months,
        insurances=" ".join(insurances),
        statement=statement.content,
        bounds=plain_bounds(bounds),
        people=tally.entered,
        excluded=tally.insured - tally.entered,
        wage_total_fen=tally.wage_total_fen,
        digest="",
        created_at=now,
    )
    snapshot.digest = seal(snapshot, rows)
    return snapshot, rows


def _frozen_rows(
    session: Session, declaration: Declaration, bounds: dict[str, Bounds]
) -> Iterator[dict[str, Any]]:
    assert declaration.id is not None
    for row in iterate_rows(session, declaration.id):
        bases = {}
        if row.wage_fen is not None and is_declared(row.wage_fen):
            for code, limit in bounds.items():
                if code in row.insurances:
                    base = contribution_base(row.wage_fen, declaration.months, limit)
                    bases[code] = [base.base_fen, base.adjustment]
        yield {
            "seq": row.seq,
            "person_id": row.person_id,
            "person_no": row.person_no,
            "name": row.name,
            "id_number": row.id_number,
            "old_wage_fen": row.old_wage_fen,
            "wage_fen": row.wage_fen,
            "bases": bases,
            "note": row.note,
        }


def _sealed_lines(snapshot: Snapshot, rows: list[dict[str, Any]]) -> Iterator[bytes]:
    facts = {
        "unit_id": snapshot.unit_id,
        "version": snapshot.version,
        "year": snapshot.year,
        "effective_month": snapshot.effective_month,
        "wage_basis": snapshot.wage_basis,
        "months": snapshot.months,
        "insurances": snapshot.insurances,
        "statement": snapshot.statement,
        "bounds": snapshot.bounds,
    }
    yield canonical_json(facts) + b"\n"
    for row in rows:
        yield canonical_json([row[name] for name in COLUMNS]) + b"\n"
