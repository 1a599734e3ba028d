"""What a 业务 consists of: its lines, its attachments, and the keys that it holds while it is pending."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, UniqueConstraint, func, select
from sqlmodel import Field, Session, SQLModel

from models.db import Json, UtcDateTime

LINES_A_PAGE = 50


class FilingLine(SQLModel, table=True):
    """One person, unit or project of a filing. ``content`` is the form's cleaned values.

    ``problems`` is a list of {field, code, params}: what stands against submitting it; empty when all is well.
    ``typed`` keeps what was typed or read from a file where it could not be made clean.
    """

    __tablename__ = "filing_line"
    __table_args__ = (
        UniqueConstraint("filing_id", "seq", name="filing_line_seq"),
        CheckConstraint("seq >= 1", name="filing_line_first"),
    )

    id: int | None = Field(default=None, primary_key=True)
    filing_id: int = Field(foreign_key="filing.id")
    seq: int
    title: str = ""
    person_id: int | None = Field(default=None, foreign_key="person.id", index=True)
    typed: dict[str, str] = Field(default_factory=dict, sa_type=Json)
    content: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    problems: list[dict[str, Any]] = Field(default_factory=list, sa_type=Json)
    is_faulty: bool = False


class FilingHold(SQLModel, table=True):
    """What a pending filing keeps others from asking for: the primary key lets one of them have it."""

    __tablename__ = "filing_hold"

    key: str = Field(primary_key=True, max_length=100)
    filing_id: int = Field(foreign_key="filing.id", index=True)


class Attachment(SQLModel, table=True):
    """A file that goes with a filing; ``digest`` is SM3 over its bytes."""

    id: int | None = Field(default=None, primary_key=True)
    filing_id: int = Field(foreign_key="filing.id", index=True)
    filename: str
    stored_name: str
    media_type: str
    size_bytes: int
    digest: str = Field(max_length=64)
    added_by: int | None = Field(default=None, foreign_key="account.id")
    added_at: datetime = Field(sa_type=UtcDateTime)


def list_lines(
    session: Session, filing_id: int, after: int = 0, limit: int | None = None, *, only_faulty: bool = False
) -> list[FilingLine]:
    """The lines of a filing in order, those after a 序号."""
    query = select(FilingLine).where(FilingLine.filing_id == filing_id, FilingLine.seq > after)
    if only_faulty:
        query = query.where(FilingLine.is_faulty)
    return list(session.scalars(query.order_by(FilingLine.seq).limit(limit)))


def find_line(session: Session, filing_id: int, seq: int) -> FilingLine | None:
    query = select(FilingLine).where(FilingLine.filing_id == filing_id, FilingLine.seq == seq)
    return session.scalars(query).first()


def count_lines(session: Session, filing_id: int) -> tuple[int, int]:
    """How many lines there are, and how many of them something stands against."""
    query = select(func.count(), func.count().filter(FilingLine.is_faulty)).where(
        FilingLine.filing_id == filing_id
    )
    lines, faulty = session.execute(query).one()
    return lines, faulty


def list_attachments(session: Session, filing_id: int) -> list[Attachment]:
    query = select(Attachment).where(Attachment.filing_id == filing_id).order_by(Attachment.id)
    return list(session.scalars(query))


def find_attachment(session: Session, filing_id: int, attachment_id: int) -> Attachment | None:
    query = select(Attachment).where(Attachment.filing_id == filing_id, Attachment.id == attachment_id)
    return session.scalars(query).first()


def find_holder(session: Session, keys: list[str]) -> FilingHold | None:
    """One of the pending filings that hold any of these keys."""
    return session.scalars(select(FilingHold).where(FilingHold.key.in_(keys)).limit(1)).first()
