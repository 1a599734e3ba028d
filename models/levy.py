"""征集: what a unit owes for a month, one 征集单 for each 险种, its items and its people, as issued and never changed."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, select, text
from sqlmodel import Field, Session, SQLModel

from models.db import Json, UtcDateTime

RUN_STATES = ("calculating", "ready", "failed", "issued")


class LevyRun(SQLModel, table=True):
    """The levy of one month over all units of a region; one each. Months are YYYYMM.

    ``cursor`` is the last unit that is calculated: whoever goes on after a break begins behind it. ``problems`` lists
    what could not be levied: {"unit_id", "insurance", "code", "people"}. ``failure`` is {"code", "params"}.
    """

    __tablename__ = "levy_run"
    __table_args__ = (
        UniqueConstraint("region_code", "month", name="levy_run_month"),
        CheckConstraint("state IN ('calculating', 'ready', 'failed', 'issued')", name="levy_run_state"),
    )

    id: int | None = Field(default=None, primary_key=True)
    region_code: str = Field(foreign_key="region.code")
    month: str = Field(max_length=6)
    state: str = "calculating"
    cursor: int = 0
    problems: list[dict[str, Any]] = Field(default_factory=list, sa_type=Json)
    failure: Any = Field(default=None, sa_type=Json, nullable=True)
    started_by: int = Field(foreign_key="account.id")
    started_at: datetime = Field(sa_type=UtcDateTime)
    issued_by: int | None = Field(default=None, foreign_key="account.id")
    issued_at: datetime | None = Field(default=None, sa_type=UtcDateTime)

    @property
    def key(self) -> int:
        """The number of a run that is in the database."""
        assert self.id is not None
        return self.id


class LevySettled(SQLModel, table=True):
    """That a run has levied, or given back, what an approved request changes in past months."""

    __tablename__ = "levy_settled"

    filing_id: int = Field(foreign_key="filing.id", primary_key=True)
    run_id: int = Field(foreign_key="levy_run.id", index=True)


class Levy(SQLModel, table=True):
    """A 征集单: what one unit owes in one 险种 for the run of one month; money in fen.

    A draft is seen by the bureau alone. What is issued stays; a new version, with its reason, replaces it.
    ``people`` are those of the month itself; the sums are over all items.
    """

    __table_args__ = (
        UniqueConstraint("unit_id", "insurance", "month", "version", name="levy_version"),
        CheckConstraint("state IN ('draft', 'issued', 'replaced')", name="levy_state"),
        CheckConstraint("total_fen = employer_fen + employee_fen", name="levy_total"),
        CheckConstraint("version = 1 OR reason <> ''", name="levy_reason"),
        Index("levy_of_run", "run_id", "unit_id"),
        Index(
            "levy_issued",
            "unit_id",
            "insurance",
            "month",
            unique=True,
            sqlite_where=text("state = 'issued'"),
            postgresql_where=text("state = 'issued'"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    run_id: int = Field(foreign_key="levy_run.id")
    unit_id: int = Field(foreign_key="unit.id")
    insurance: str = Field(max_length=3)
    month: str = Field(max_length=6)
    version: int = 1
    state: str = "draft"
    people: int
    base_total_fen: int = Field(sa_type=BigInteger)
    employer_fen: int = Field(sa_type=BigInteger)
    employee_fen: int = Field(sa_type=BigInteger)
    total_fen: int = Field(sa_type=BigInteger)
    due_on: date
    reason: str = ""
    issued_at: datetime | None = Field(default=None, sa_type=UtcDateTime)

    @property
    def key(self) -> int:
        """The number of a levy that is in the database."""
        assert self.id is not None
        return self.id

    @property
    def serial_no(self) -> str:
        """征集流水号, 12 digits (AAE063)."""
        return f"{self.key:012d}"


class LevyItem(SQLModel, table=True):
    """One 应缴类型 of one month within a 征集单, with the rates it was reckoned by, in millionths."""

    __tablename__ = "levy_item"
    __table_args__ = (
        UniqueConstraint("levy_id", "kind", "for_month", name="levy_item_once"),
        CheckConstraint("kind IN ('normal', 'arrears', 'difference', 'refund')", name="levy_item_kind"),
    )

    levy_id: int = Field(foreign_key="levy.id", primary_key=True)
    seq: int = Field(primary_key=True)
    kind: str
    for_month: str = Field(max_length=6)
    people: int
    base_total_fen: int = Field(sa_type=BigInteger)
    employer_millionths: int
    employee_millionths: int
    employer_fen: int = Field(sa_type=BigInteger)
    employee_fen: int = Field(sa_type=BigInteger)


class LevyDetail(SQLModel, table=True):
    """One person of an item, as ``rules.levies.Part``."""

    __tablename__ = "levy_detail"
    __table_args__ = (
        CheckConstraint("adjustment IN ('none', 'floor', 'cap')", name="levy_detail_adjustment"),
        {"sqlite_with_rowid": False},
    )

    levy_id: int = Field(foreign_key="levy.id", primary_key=True)
    person_id: int = Field(foreign_key="person.id", primary_key=True)
    seq: int = Field(primary_key=True)
    wage_fen: int = Field(sa_type=BigInteger)
    base_fen: int = Field(sa_type=BigInteger)
    before_fen: int = Field(sa_type=BigInteger)
    adjustment: str
    employee_fen: int = Field(sa_type=BigInteger)
    filing_id: int | None = Field(default=None, foreign_key="filing.id")


class LevyConfirmation(SQLModel, table=True):
    """缴费申报: that a unit has seen and confirmed its month before it was issued; ``digest`` is of what it saw."""

    __tablename__ = "levy_confirmation"

    unit_id: int = Field(foreign_key="unit.id", primary_key=True)
    month: str = Field(max_length=6, primary_key=True)
    digest: str = Field(max_length=64)
    people: int
    total_fen: int = Field(sa_type=BigInteger)
    confirmed_by: int = Field(foreign_key="account.id")
    confirmed_at: datetime = Field(sa_type=UtcDateTime)


class LevyPaymentFile(SQLModel, table=True):
    """A file of payments from the bank or the tax office; the same file comes in once."""

    __tablename__ = "levy_payment_file"
    __table_args__ = (UniqueConstraint("region_code", "digest", name="levy_payment_file_once"),)

    id: int | None = Field(default=None, primary_key=True)
    region_code: str = Field(foreign_key="region.code")
    digest: str = Field(max_length=64)
    filename: str
    lines: int
    amount_fen: int = Field(sa_type=BigInteger)
    received_by: int = Field(foreign_key="account.id")
    received_at: datetime = Field(sa_type=UtcDateTime)


class LevyPayment(SQLModel, table=True):
    """One payment towards a 征集单; the payer's voucher comes in once in a region."""

    __tablename__ = "levy_payment"
    __table_args__ = (
        UniqueConstraint("region_code", "voucher", name="levy_payment_once"),
        CheckConstraint("amount_fen > 0", name="levy_payment_amount"),
    )

    id: int | None = Field(default=None, primary_key=True)
    file_id: int = Field(foreign_key="levy_payment_file.id")
    line_no: int
    region_code: str = Field(foreign_key="region.code")
    voucher: str = Field(max_length=40)
    levy_id: int = Field(foreign_key="levy.id", index=True)
    amount_fen: int = Field(sa_type=BigInteger)
    paid_on: date


def find_run(session: Session, region_code: str, month: str) -> LevyRun | None:
    """The run of a month, in whatever state."""
    query = select(LevyRun).where(LevyRun.region_code == region_code, LevyRun.month == month)
    return session.scalars(query).first()


def find_last_run(session: Session, region_code: str) -> LevyRun | None:
    """The run of the latest month."""
    query = select(LevyRun).where(LevyRun.region_code == region_code)
    return session.scalars(query.order_by(LevyRun.month.desc()).limit(1)).first()


def list_issued(session: Session, unit_id: int, month: str) -> list[Levy]:
    """What a unit owes for a month, by 险种."""
    query = select(Levy).where(Levy.unit_id == unit_id, Levy.month == month, Levy.state == "issued")
    return list(session.scalars(query.order_by(Levy.insurance)))
