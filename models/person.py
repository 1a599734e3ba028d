"""An insured person, where they are enrolled, and the bases that were set for them."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, exists, select, text
from sqlmodel import Field, Session, SQLModel

from models.db import Json
from rules.id_documents import DOCUMENT_KINDS, spellings

KIND_CODES = tuple(code for code, _label in DOCUMENT_KINDS)
"""Named in a query by number alone, so that the index of documents, which begins with the kind, can be used."""
SINGLE = "state = 'active' AND (insurance = '310' OR insurance = '510')"


class Person(SQLModel, table=True):
    """A person known to the bureau by 个人编号 and identity document.

    ``details`` holds what is asked for and never searched by: 民族, 户口, 文化程度, 地址, 参加工作日期, 个人身份.
    In PostgreSQL, ``name`` is collated "C": its order, and so where a beginning stands, is that of SQLite.
    """

    __table_args__ = (
        UniqueConstraint("id_kind", "id_number", name="person_document"),
        Index("person_name", "name", "id"),
        CheckConstraint("sex IN ('male', 'female', '')", name="person_sex"),
    )

    id: int | None = Field(default=None, primary_key=True)
    person_no: str = Field(unique=True, max_length=20)
    name: str = Field(max_length=50)
    id_kind: str = "01"
    id_number: str = Field(max_length=30)
    sex: str = ""
    born_on: date | None = None
    mobile: str = ""
    details: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    version: int = 1


class Enrolment(SQLModel, table=True):
    """A person's cover in one 险种 through one unit; months are YYYYMM, state is AAC031.

    ``cover_from`` is the first day of cover, ``from_month`` the first month that is paid for: 工伤 begins the next
    day, payment with the month. 医疗 and 生育 are had through one unit only; 工伤 through as many as employ.
    """

    __table_args__ = (
        CheckConstraint("state IN ('active', 'suspended', 'ended')", name="enrolment_state"),
        Index("enrolment_of_unit", "unit_id", "person_id"),
        Index("enrolment_by_state", "unit_id", "state", "person_id"),
        Index(
            "enrolment_by_in_filing",
            "in_filing_id",
            sqlite_where=text("in_filing_id IS NOT NULL"),
            postgresql_where=text("in_filing_id IS NOT NULL"),
        ),
        Index(
            "enrolment_by_out_filing",
            "out_filing_id",
            sqlite_where=text("out_filing_id IS NOT NULL"),
            postgresql_where=text("out_filing_id IS NOT NULL"),
        ),
        Index(
            "enrolment_single",
            "person_id",
            "insurance",
            unique=True,
            sqlite_where=text(SINGLE),
            postgresql_where=text(SINGLE),
        ),
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
    cover_from: date | None = None
    employment: str = ""
    left_on: date | None = None
    left_reason: str = ""
    in_filing_id: int | None = Field(default=None, foreign_key="filing.id")
    out_filing_id: int | None = Field(default=None, foreign_key="filing.id")


class PersonBase(SQLModel, table=True):
    """The wage (in the region's basis) and the monthly base set for a person from a month on, in fen."""

    __tablename__ = "person_base"
    __table_args__ = (
        UniqueConstraint("unit_id", "person_id", "insurance", "effective_month", name="person_base_start"),
        CheckConstraint("adjustment IN ('none', 'floor', 'cap')", name="person_base_adjustment"),
        Index(
            "person_base_by_filing",
            "filing_id",
            sqlite_where=text("filing_id IS NOT NULL"),
            postgresql_where=text("filing_id IS NOT NULL"),
        ),
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


def find_person(session: Session, id_kind: str, id_number: str) -> Person | None:
    """The person with this document, in either of its two spellings."""
    query = select(Person).where(Person.id_kind == id_kind, Person.id_number.in_(spellings(id_number)))
    return session.scalars(query.limit(1)).first()


def find_unit_person(
    session: Session, unit_id: int, *, person_id: int | None = None, id_number: str = "", person_no: str = ""
) -> Person | None:
    """Somebody insured through a unit now, by everything that is given: at least one must be."""
    query = select(Person)
    if person_id is not None:
        query = query.where(Person.id == person_id)
    if id_number:
        query = query.where(Person.id_kind.in_(KIND_CODES), Person.id_number.in_(spellings(id_number)))
    if person_no:
        query = query.where(Person.person_no == person_no)
    if person_id is None and not id_number and not person_no:
        return None
    insured = exists().where(
        Enrolment.unit_id == unit_id, Enrolment.person_id == Person.id, Enrolment.state == "active"
    )
    return session.scalars(query.where(insured).limit(1)).first()


def list_active(session: Session, person_id: int) -> dict[tuple[int, str], Enrolment]:
    """The enrolments of a person in force, by unit and 险种."""
    query = select(Enrolment).where(Enrolment.person_id == person_id, Enrolment.state == "active")
    return {(one.unit_id, one.insurance): one for one in session.scalars(query)}
