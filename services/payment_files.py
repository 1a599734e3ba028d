"""到账: a file of payments is checked to its last line, and booked as a whole or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from cert.digests import sm3_hex
from documents.limits import Limits
from documents.payment_file import RawPayment, read_payment_file
from documents.store import Store
from models import audit
from models.account import Actor
from models.db import reading, transaction
from models.levy import Levy, LevyPaymentFile
from models.levy_payments import (
    add_payments,
    find_file_by_digest,
    list_known_levies,
    list_known_vouchers,
)
from models.unit import Unit
from rules.payments import FIELDS, PaymentLine, read_line
from rules.refusals import Conflict, Missing, Refusal
from services.levy_payments import Standing, standing

MOST_LINES = 20_000
FILE_BYTES = 10 * 2**20
_SUFFIX = ".pay"

_Read = tuple[RawPayment, PaymentLine | list[Refusal]]


@dataclass(frozen=True, slots=True)
class CheckedLine:
    """A line of a file: the payment it says, or everything that is wrong in it."""

    raw: RawPayment
    payment: PaymentLine | None
    problems: Sequence[Refusal]


@dataclass(frozen=True, slots=True)
class Checked:
    """A file that can be read. ``levies`` are those that its good lines name, by number."""

    filename: str
    digest: str
    lines: Sequence[CheckedLine]
    levies: dict[int, Levy]

    @property
    def faulty(self) -> list[CheckedLine]:
        """The lines with something wrong in them."""
        return [line for line in self.lines if line.problems]

    @property
    def payments(self) -> list[PaymentLine]:
        """What the good lines say."""
        return [line.payment for line in self.lines if line.payment and not line.problems]

    @property
    def amount_fen(self) -> int:
        """What the good lines come to."""
        return sum(payment.amount_fen for payment in self.payments)


class Target(NamedTuple):
    """A payment with what it is for, and how that stands before it."""

    payment: PaymentLine
    levy: Levy
    unit: Unit
    standing: Standing


def receive_file(
    actor: Actor, filename: str, data: bytes, limits: Limits, store: Store
) -> tuple[str, int | None]:
    """Keep a file until it is booked: the name it lies under; or, of one booked before, "" and its number.

    Raises ``Refusal``: what ``documents.payment_file`` raises.
    """
    with reading() as session:
        known = find_file_by_digest(session, actor.region_code, sm3_hex(data))
    if known is not None:
        return "", known.id
    read_payment_file(data, filename, FIELDS, _limits(limits))
    return store.save(data, _SUFFIX), None


def load_file(name: str, store: Store) -> bytes:
    """A file that was received and not booked yet. Raises ``Missing``."""
    try:
        return store.path(name).read_bytes()
    except (ValueError, FileNotFoundError):
        raise Missing(name) from None


def check_file(
    session: Session, actor: Actor, filename: str, data: bytes, limits: Limits, now: datetime
) -> Checked:
    """Every line of a file with what is wrong in it; the first line of a voucher is right, the next is not.

    Codes of lines: those of ``rules.payments``, ``payments.unknown_serial``, ``payments.before_issue``,
    ``payments.known_voucher``, ``payments.twin_voucher``. Raises what ``documents.payment_file`` raises.
    """
    return _check(session, actor, filename, sm3_hex(data), _read(filename, data, limits, now.date()), now)


def book_file(actor: Actor, filename: str, data: bytes, limits: Limits, now: datetime) -> tuple[int, bool]:
    """入账: the file's number, and whether it is new; a file that was booked before is found again by its digest.

    Raises ``Conflict`` ``payments.faulty`` (``count``) where lines are not right, and what ``check_file`` raises.
    """
    # Before the transaction: twenty thousand lines take seconds, and SQLite has one writer.
    digest, read = sm3_hex(data), _read(filename, data, limits, now.date())
    try:
        with transaction() as session:
            known = find_file_by_digest(session, actor.region_code, digest)
            if known is not None:
                return known.id or 0, False
            checked = _check(session, actor, filename, digest, read, now)
            if checked.faulty:
                raise Conflict("payments.faulty", count=len(checked.faulty))
            return _book(session, actor, checked, now), True
    except IntegrityError:
        # The same file, or one with the same voucher, was booked in the same moment.
        with reading() as session:
            known = find_file_by_digest(session, actor.region_code, digest)
            if known is not None:
                return known.id or 0, False
            checked = _check(session, actor, filename, digest, read, now)
        if not checked.faulty:
            raise
        raise Conflict("payments.faulty", count=len(checked.faulty)) from None


def list_targets(
    session: Session, payments: Sequence[PaymentLine], levies: dict[int, Levy], today: date
) -> list[Target]:
    """These payments with what they are for, to be looked at before they are booked."""
    named = [levies[payment.levy_id] for payment in payments]
    units = {
        unit.id: unit
        for unit in session.scalars(select(Unit).where(Unit.id.in_({levy.unit_id for levy in named})))
    }
    stand = standing(session, list({levy.key: levy for levy in named}.values()), today)
    return [
        Target(payment, levy, units[levy.unit_id], stand[levy.key])
        for payment, levy in zip(payments, named, strict=True)
    ]


def _read(filename: str, data: bytes, limits: Limits, today: date) -> list[_Read]:
    raws = read_payment_file(data, filename, FIELDS, _limits(limits))
    return [(raw, read_line(raw.line_no, raw.cells, today)) for raw in raws]


def _check(
    session: Session, actor: Actor, filename: str, digest: str, read: Sequence[_Read], now: datetime
) -> Checked:
    """What is read of a file, held against what the region has issued and booked."""
    good = [found for _raw, found in read if isinstance(found, PaymentLine)]
    levies = list_known_levies(session, actor.region_code, sorted({payment.levy_id for payment in good}))
    booked = list_known_vouchers(session, actor.region_code, [payment.voucher for payment in good])
    first: dict[str, int] = {}
    lines = []
    for raw, found in read:
        if not isinstance(found, PaymentLine):
            lines.append(CheckedLine(raw, None, found))
            continue
        problems = _against_levy(found, levies.get(found.levy_id))
        problems += _against_vouchers(found, booked.get(found.voucher), first, now)
        lines.append(CheckedLine(raw, found, problems))
    return Checked(filename, digest, lines, levies)


def _limits(limits: Limits) -> Limits:
    return replace(limits, lines=MOST_LINES, upload_bytes=min(limits.upload_bytes, FILE_BYTES))


def _against_levy(payment: PaymentLine, levy: Levy | None) -> list[Refusal]:
    if levy is None:
        return [Refusal("payments.unknown_serial", "serial", serial=f"{payment.levy_id:012d}")]
    # Nobody knows the number of a 征集单 before it is issued. Its day in UTC is never later than the hall's.
    issued = levy.issued_at.date() if levy.issued_at else payment.paid_on
    if payment.paid_on < issued:
        return [Refusal("payments.before_issue", "paid_on", day=str(payment.paid_on), issued=str(issued))]
    return []


def _against_vouchers(
    payment: PaymentLine, file: LevyPaymentFile | None, first: dict[str, int], now: datetime
) -> list[Refusal]:
    if file is not None:
        return [
            Refusal(
                "payments.known_voucher",
                "voucher",
                voucher=payment.voucher,
                day=f"{file.received_at.astimezone(now.tzinfo):%Y-%m-%d}",
                file=file.filename,
            )
        ]
    line = first.setdefault(payment.voucher, payment.line_no)
    if line != payment.line_no:
        return [Refusal("payments.twin_voucher", "voucher", voucher=payment.voucher, line=line)]
    return []


def _book(session: Session, actor: Actor, checked: Checked, now: datetime) -> int:
    file = LevyPaymentFile(
        region_code=actor.region_code,
        digest=checked.digest,
        filename=checked.filename,
        lines=len(checked.payments),
        amount_fen=checked.amount_fen,
        received_by=actor.account_id,
        received_at=now,
    )
    session.add(file)
    session.flush()
    assert file.id is not None
    add_payments(session, file, [payment._asdict() for payment in checked.payments])
    after = {"filename": file.filename, "lines": file.lines, "amount_fen": file.amount_fen}
    audit.record(
        session,
        actor,
        "payments_booked",
        "levy_payment_file",
        file.id,
        now,
        after={**after, "digest": file.digest},
    )
    return file.id
