"""Payments as they are looked for: by what they were paid for, by voucher, by file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from sqlalchemy import and_, insert, select
from sqlalchemy.orm import aliased
from sqlmodel import Session

from models.levy import Levy, LevyPayment, LevyPaymentFile, LevyRun
from models.unit import Unit

AT_ONCE = 1_000
"""Numbers in one query; every database takes more."""

Payment = tuple[date, int]
"""The day and the amount in fen."""


def list_paid(session: Session, levy_ids: Sequence[int], until: date) -> dict[int, list[Payment]]:
    """What was paid by a day for each of these 征集单, whichever version of the same month the payer named."""
    asked, named = aliased(Levy), aliased(Levy)
    same = and_(
        named.unit_id == asked.unit_id, named.insurance == asked.insurance, named.month == asked.month
    )
    query = (
        select(asked.id, LevyPayment.paid_on, LevyPayment.amount_fen)
        .select_from(asked)
        .join(named, same)
        .join(LevyPayment, LevyPayment.levy_id == named.id)
        .where(LevyPayment.paid_on <= until)
        .order_by(LevyPayment.paid_on, LevyPayment.id)
    )
    found: dict[int, list[Payment]] = defaultdict(list)
    for start in range(0, len(levy_ids), AT_ONCE):
        for levy_id, day, amount in session.execute(
            query.where(asked.id.in_(levy_ids[start : start + AT_ONCE]))
        ):
            found[levy_id].append((day, amount))
    return found


def list_known_levies(session: Session, region_code: str, levy_ids: Sequence[int]) -> dict[int, Levy]:
    """Those of these 征集单 that this region has issued, by number; versions that were replaced, too."""
    found: dict[int, Levy] = {}
    for start in range(0, len(levy_ids), AT_ONCE):
        query = (
            select(Levy)
            .join(LevyRun, LevyRun.id == Levy.run_id)
            .where(
                LevyRun.region_code == region_code,
                Levy.state != "draft",
                Levy.id.in_(levy_ids[start : start + AT_ONCE]),
            )
        )
        found.update((levy.key, levy) for levy in session.scalars(query))
    return found


def list_known_vouchers(
    session: Session, region_code: str, vouchers: Sequence[str]
) -> dict[str, LevyPaymentFile]:
    """Those of these vouchers that have come in before, with the file that brought them."""
    found: dict[str, LevyPaymentFile] = {}
    for start in range(0, len(vouchers), AT_ONCE):
        query = (
            select(LevyPayment.voucher, LevyPaymentFile)
            .join(LevyPaymentFile, LevyPaymentFile.id == LevyPayment.file_id)
            .where(
                LevyPayment.region_code == region_code,
                LevyPayment.voucher.in_(vouchers[start : start + AT_ONCE]),
            )
        )
        found.update((voucher, file) for voucher, file in session.execute(query))
    return found


def find_file_by_digest(session: Session, region_code: str, digest: str) -> LevyPaymentFile | None:
    """The file with this content, where it has come in."""
    query = select(LevyPaymentFile).where(
        LevyPaymentFile.region_code == region_code, LevyPaymentFile.digest == digest
    )
    return session.scalars(query).first()


def find_file(session: Session, region_code: str, file_id: int) -> LevyPaymentFile | None:
    """A file of this region."""
    query = select(LevyPaymentFile).where(
        LevyPaymentFile.region_code == region_code, LevyPaymentFile.id == file_id
    )
    return session.scalars(query).first()


def list_files(
    session: Session, region_code: str, before: int | None = None, limit: int = 50
) -> list[LevyPaymentFile]:
    """A region's files, the newest first, those with lower numbers than ``before``."""
    query = select(LevyPaymentFile).where(LevyPaymentFile.region_code == region_code)
    if before is not None:
        query = query.where(LevyPaymentFile.id < before)
    return list(session.scalars(query.order_by(LevyPaymentFile.id.desc()).limit(limit)))


def list_lines(
    session: Session, file_id: int, after: int = 0, limit: int = 100
) -> list[tuple[LevyPayment, Levy, Unit]]:
    """The payments of a file behind a line, in the order of its lines, with what and who they are for."""
    query = (
        select(LevyPayment, Levy, Unit)
        .join(Levy, Levy.id == LevyPayment.levy_id)
        .join(Unit, Unit.id == Levy.unit_id)
        .where(LevyPayment.file_id == file_id, LevyPayment.line_no > after)
        .order_by(LevyPayment.line_no)
        .limit(limit)
    )
    return [(payment, levy, unit) for payment, levy, unit in session.execute(query)]


def list_payments(session: Session, levy: Levy) -> list[LevyPayment]:
    """The payments for a 征集单, also those that named another version of it, the oldest first."""
    query = (
        select(LevyPayment)
        .join(Levy, Levy.id == LevyPayment.levy_id)
        .where(
            Levy.unit_id == levy.unit_id,
            Levy.insurance == levy.insurance,
            Levy.month == levy.month,
        )
    )
    return list(session.scalars(query.order_by(LevyPayment.paid_on, LevyPayment.id)))


def add_payments(session: Session, file: LevyPaymentFile, rows: Sequence[dict[str, object]]) -> None:
    """Write the lines of a file that is in the database."""
    session.connection().execute(
        insert(LevyPayment), [{**row, "file_id": file.id, "region_code": file.region_code} for row in rows]
    )


def list_due_between(session: Session, first: date, last: date) -> list[Levy]:
    """What is issued, to be paid, and due from one day to another, unit by unit."""
    query = (
        select(Levy)
        .where(Levy.state == "issued", Levy.due_on >= first, Levy.due_on <= last, Levy.total_fen > 0)
        .order_by(Levy.unit_id, Levy.month, Levy.insurance)
    )
    return list(session.scalars(query))
