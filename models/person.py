"""An insured person, where they are enrolled, and the bases that were set for them."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel


class Person(SQLModel, table=True):
    """A person known to the bureau by 个人编号 and identity document."""

    __table_args__ = (UniqueConstraint("id_kind", "id_number", name="person_document"),)

    id: int | None = Field(default=None, primary_key=True)
    person_no: str = Field(unique=True, max_length=20)
    name: str = Field(max_length=50)
    id_kind: str = "01"
    id_number: str = Field(max_length=30)


class Enrolment(SQLModel, table=True):
    """A person's cover in one 险种 through one unit; months are YYYYMM, state is AAC031."""

    __table_args__ = (
        CheckConstraint("state IN ('active', 'suspended', 'ended')", name="enrolment_state"),
        Index(
            "enrolment_active",
            "unit_id",
            "person_id",
            "insurance",
            unique=True,
            sqlite_where=text("state = 'active'"),
            postgresql_where=text("state = 'active'"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    unit_id: int = Field(foreign_key="unit.id")
    person_id: int = Field(foreign_key="person.id")
    insurance: str = Field(max_length=3)
    state: str = "active"
    from_month: str = Field(max_length=6)
    to_month: str | None = Field(default=None, max_length=6)


class PersonBase(SQLModel, table=True):
    """The wage (in the region's basis) and the monthly base set for a person from a month on, in fen."""

    __tablename__ = "person_base"
    __table_args__ = (
        UniqueConstraint("unit_id", "person_id", "insurance", "effective_month", name="person_base_start"),
        CheckConstraint("adjustment IN ('none', 'floor', 'cap')", name="person_base_adjustment"),
    )

    id: int | None = Field(default=None, primary_key=True)
    unit_id: int = Field(foreign_key="unit.id")
    person_id: int = Field(foreign_key="person.id")
    insurance: str = Field(max_length=3)
    year: int
    effective_month: str = Field(max_length=6)
    wage_fen: int = Field(sa_type=BigInteger)
    base_fen: int = Field(sa_type=BigInteger)
    adjustment: str = "none"
    filing_id: int | None = Field(default=None, foreign_key="filing.id")
