"""An insured employer (参保单位) and the dated rates it pays."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, UniqueConstraint, bindparam, select
from sqlmodel import Field, Session, SQLModel

from models.db import UtcDateTime
from models.ready import Ready

RATE_SCALE = Decimal(1_000_000)


class Unit(SQLModel, table=True):
    """An employer; ``serial_no`` is the 4-digit 医保序号 that some regions give beside 单位编号.

    ``opened_at``: when it opened its 险种 online (险种开通), where its region asks for that. ``office_code``: the 6
    digits of the 旗县 whose office looks after it; '' is the region's own.
    """

    __table_args__ = (
        UniqueConstraint("region_code", "unit_no", name="unit_number"),
        UniqueConstraint("region_code", "serial_no", name="unit_serial"),
    )

    id: int | None = Field(default=None, primary_key=True)
    region_code: str = Field(foreign_key="region.code")
    unit_no: str = Field(max_length=20)
    serial_no: str | None = Field(default=None, max_length=4)
    name: str
    uscc: str = Field(max_length=18)
    kind: str = ""
    funding: str = ""
    legal_representative: str = ""
    contact_name: str = ""
    contact_phone: str = ""
    bank_name: str = ""
    bank_account: str = ""
    address: str = ""
    opened_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    office_code: str = Field(default="", max_length=6, sa_column_kwargs={"server_default": ""})


class UnitRate(SQLModel, table=True):
    """What a unit and its people pay for one 险种, in millionths of the base, from day to day.

    The rate is kept, not derived: ``industry_class`` (1 to 8) and ``floating_percent`` say where 工伤 has it from, yet a
    lowered rate, such as 0.0023, fits no class and step. ``reason`` is why it is so.
    """

    __tablename__ = "unit_rate"
    __table_args__ = (
        UniqueConstraint("unit_id", "insurance", "valid_from", name="unit_rate_start"),
        CheckConstraint("employer_millionths >= 0 AND employee_millionths >= 0", name="unit_rate_sign"),
        CheckConstraint("industry_class BETWEEN 1 AND 8", name="unit_rate_class"),
    )

    id: int | None = Field(default=None, primary_key=True)
    unit_id: int = Field(foreign_key="unit.id")
    insurance: str = Field(max_length=3)
    valid_from: date
    valid_to: date
    employer_millionths: int
    employee_millionths: int = 0
    industry_class: int | None = None
    floating_percent: int | None = None
    reason: str = ""


def get_unit(session: Session, unit_id: int) -> Unit:
    return session.get_one(Unit, unit_id)


def find_unit(session: Session, region_code: str, unit_no: str) -> Unit | None:
    query = select(Unit).where(Unit.region_code == region_code, Unit.unit_no == unit_no)
    return session.scalars(query).first()


def find_unit_by_uscc(session: Session, region_code: str, uscc: str) -> Unit | None:
    """A unit of a region with this 统一社会信用代码, the first of several."""
    query = select(Unit).where(Unit.region_code == region_code, Unit.uscc == uscc).order_by(Unit.id)
    return session.scalars(query.limit(1)).first()


def list_unit_numbers(session: Session, region_code: str, beginning: str) -> list[str]:
    """The 单位编号 of a region that begin like this."""
    query = select(Unit.unit_no).where(Unit.region_code == region_code, Unit.unit_no.like(f"{beginning}%"))
    return list(session.scalars(query))


def list_dated_rates(session: Session, unit_id: int) -> list[UnitRate]:
    """Every rate that the unit had, has and will have, by 险种, the latest first."""
    query = select(UnitRate).where(UnitRate.unit_id == unit_id)
    return list(session.scalars(query.order_by(UnitRate.insurance, UnitRate.valid_from.desc())))


_RATES = Ready(
    select(UnitRate.insurance, UnitRate.employer_millionths).where(
        UnitRate.unit_id == bindparam("unit_id"),
        UnitRate.valid_from <= bindparam("on"),
        UnitRate.valid_to > bindparam("on"),
    )
)


def list_rates(session: Session, unit_id: int, on: date) -> dict[str, Decimal]:
    """The unit's own rates in force on a day, by 险种, as fractions (0.0023)."""
    return {
        insurance: Decimal(rate) / RATE_SCALE
        for insurance, rate in _RATES.rows(session, unit_id=unit_id, on=on)
    }
