"""A pooling region (统筹区) and its dated parameters: bounds of bases, and the window to declare in."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, UniqueConstraint, bindparam, select
from sqlmodel import Field, Session, SQLModel

from models.db import Json, Source
from models.ready import Ready, ReadyRecords
from rules.wages import Bounds

ROUNDING_FEN = {"fen": 1, "jiao": 10, "yuan": 100}


class Region(SQLModel, table=True):
    """A 统筹区; ``wage_basis`` says what a clerk types: the year's total or the monthly average.

    ``write_needs`` and ``submit_needs`` are the factors (``ca``, ``password``, ``licence``; with spaces between) by
    which an operator must have signed in to change anything, and to submit; none means that any sign-in does.
    ``signs_submission``: 申报 is signed with the certificate. ``needs_opening``: a unit opens its 险种 by its
    4-digit 医保序号 before it may declare (manual 黑龙江 二).
    """

    __table_args__ = (CheckConstraint("wage_basis IN ('annual', 'monthly')", name="region_wage_basis"),)

    code: str = Field(primary_key=True, max_length=6)
    name: str
    bureau_name: str
    wage_basis: str
    is_maternity_merged: bool = False
    write_needs: str = ""
    submit_needs: str = ""
    signs_submission: bool = False
    needs_opening: bool = False


class BaseParameter(SQLModel, table=True):
    """Published average, floor and cap of monthly bases (fen) for one 险种, from day to day."""

    __tablename__ = "base_parameter"
    __table_args__ = (
        UniqueConstraint("region_code", "insurance", "valid_from", name="base_parameter_start"),
        CheckConstraint("floor_fen <= cap_fen", name="base_parameter_bounds"),
        CheckConstraint("rounding IN ('fen', 'jiao', 'yuan')", name="base_parameter_rounding"),
        CheckConstraint("valid_from < valid_to", name="base_parameter_dates"),
    )

    id: int | None = Field(default=None, primary_key=True)
    region_code: str = Field(foreign_key="region.code")
    insurance: str = Field(max_length=3)
    valid_from: date
    valid_to: date
    average_fen: int = Field(sa_type=BigInteger)
    floor_fen: int = Field(sa_type=BigInteger)
    cap_fen: int = Field(sa_type=BigInteger)
    rounding: str = "yuan"
    source: str = ""


class RegionRate(SQLModel, table=True):
    """What units and their people pay for one 险种 where a unit has no rate of its own, in millionths, from day to day."""

    __tablename__ = "region_rate"
    __table_args__ = (
        UniqueConstraint("region_code", "insurance", "valid_from", name="region_rate_start"),
        CheckConstraint("valid_from < valid_to", name="region_rate_dates"),
        CheckConstraint("employer_millionths >= 0 AND employee_millionths >= 0", name="region_rate_sign"),
    )

    id: int | None = Field(default=None, primary_key=True)
    region_code: str = Field(foreign_key="region.code")
    insurance: str = Field(max_length=3)
    valid_from: date
    valid_to: date
    employer_millionths: int
    employee_millionths: int = 0
    source: str = ""


class RegionParameter(SQLModel, table=True):
    """A region's other rules that change with the law, by name, from day to day; ``value`` as its reader expects it.

    ``retirement_age``: {"male": years, "female": years}; ``project_formula``: {"strategy", "params"} as
    ``rules.project_dues.parse_formula`` takes them. ``levy_due_day``: the day of the month by which its levy is paid;
    ``levy_days_to_pay``: the days that a unit has at least, from the issue on;
    ``approval_people``, ``approval_total_fen``, ``approval_signers``, ``bulk_people``, ``bulk_total_fen``: whole numbers
    (``rules.approvals``). ``late_fee_per_day``: 滞纳金 as decimal text ("0.0005"); ``employee_share``: "person" or
    "sum", what is rounded.
    ``risk_limits``: from which figure on a request is flagged, as far as it differs from ``rules.risks.LIMITS``:
    {"total": [200, 400, 600]}.
    """

    __tablename__ = "region_parameter"
    __table_args__ = (
        UniqueConstraint("region_code", "name", "valid_from", name="region_parameter_start"),
        CheckConstraint("valid_from < valid_to", name="region_parameter_dates"),
    )

    id: int | None = Field(default=None, primary_key=True)
    region_code: str = Field(foreign_key="region.code")
    name: str
    valid_from: date
    valid_to: date
    value: Any = Field(sa_type=Json)
    source: str = ""


def find_parameter(session: Session, region_code: str, name: str, on: date) -> Any:
    """The value in force on a day, or None where the region has set none."""
    query = select(RegionParameter.value).where(
        RegionParameter.region_code == region_code,
        RegionParameter.name == name,
        RegionParameter.valid_from <= on,
        RegionParameter.valid_to > on,
    )
    return session.scalars(query).first()


class DeclarationWindow(SQLModel, table=True):
    """When a region's units declare a year's wages, and the month (YYYYMM) the new bases start."""

    __tablename__ = "declaration_window"
    __table_args__ = (
        UniqueConstraint("region_code", "year", name="declaration_window_year"),
        CheckConstraint("opens_on <= closes_on", name="declaration_window_dates"),
    )

    id: int | None = Field(default=None, primary_key=True)
    region_code: str = Field(foreign_key="region.code")
    year: int
    opens_on: date
    closes_on: date
    effective_month: str = Field(max_length=6)


def get_region(session: Session, code: str) -> Region:
    return session.get_one(Region, code)


def list_regions(session: Session) -> list[Region]:
    """All regions in the order of their codes."""
    return list(session.scalars(select(Region).order_by(Region.code)))


def list_windows(session: Session, region_code: str) -> list[DeclarationWindow]:
    """All windows of a region, the newest year first."""
    query = select(DeclarationWindow).where(DeclarationWindow.region_code == region_code)
    return list(session.scalars(query.order_by(DeclarationWindow.year.desc())))


_WINDOW = ReadyRecords(
    DeclarationWindow,
    lambda query: query.where(
        DeclarationWindow.region_code == bindparam("region"), DeclarationWindow.year == bindparam("year")
    ),
)


def find_window(session: Session, region_code: str, year: int) -> DeclarationWindow | None:
    """The window of one year, to read."""
    return _WINDOW.one(session, region=region_code, year=year)


def first_day(month: str) -> date:
    """The first day of a month written YYYYMM."""
    return date(int(month[:4]), int(month[4:]), 1)


_BOUNDS = Ready(
    select(
        BaseParameter.insurance,
        BaseParameter.floor_fen,
        BaseParameter.cap_fen,
        BaseParameter.average_fen,
        BaseParameter.rounding,
    ).where(
        BaseParameter.region_code == bindparam("region"),
        BaseParameter.valid_from <= bindparam("on"),
        BaseParameter.valid_to > bindparam("on"),
    )
)


def list_bounds(source: Source, region_code: str, on: date) -> dict[str, Bounds]:
    """The bounds in force on a day, by 险种; an 险种 without a row is absent."""
    return {
        insurance: Bounds(insurance, floor, cap, average, ROUNDING_FEN[rounding])
        for insurance, floor, cap, average, rounding in _BOUNDS.rows(source, region=region_code, on=on)
    }


def list_current_windows(session: Session, today: date) -> list[tuple[DeclarationWindow, Region]]:
    """The windows open on a day, with their regions."""
    query = (
        select(DeclarationWindow, Region)
        .join(Region, Region.code == DeclarationWindow.region_code)
        .where(DeclarationWindow.opens_on <= today, DeclarationWindow.closes_on >= today)
        .order_by(Region.code)
    )
    return [(window, region) for window, region in session.execute(query)]
