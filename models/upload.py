"""A file that a clerk sent: staged line by line, checked whole, written all or nothing."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index, select
from sqlmodel import Field, Session, SQLModel

from models.db import Json, UtcDateTime

OUTCOMES = ("accepted", "unchanged", "warned", "refused")


class Upload(SQLModel, table=True):
    """One uploaded wage file or backup. ``refusal`` holds the code and values of a file refused whole."""

    __table_args__ = (
        CheckConstraint(
            "state IN ('checking', 'checked', 'refused', 'applying', 'applied', 'discarded')",
            name="upload_state",
        ),
        CheckConstraint("kind IN ('wages', 'backup')", name="upload_kind"),
        Index("upload_list", "declaration_id", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    declaration_id: int = Field(foreign_key="declaration.id")
    unit_id: int = Field(foreign_key="unit.id")
    kind: str = "wages"
    filename: str
    stored_name: str
    digest: str = Field(max_length=64)
    size_bytes: int
    state: str = "checking"
    refusal: Any = Field(default=None, sa_type=Json, nullable=True)
    fixes: Any = Field(default=None, sa_type=Json, nullable=True)
    statement: Any = Field(default=None, sa_type=Json, nullable=True)
    lines: int = 0
    accepted: int = 0
    unchanged: int = 0
    warned: int = 0
    refused: int = 0
    missing: int = 0
    uploaded_by: int = Field(foreign_key="account.id")
    uploaded_at: datetime = Field(sa_type=UtcDateTime)
    applied_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class UploadLine(SQLModel, table=True):
    """One line of an upload and what the check said; ``before_fen`` is the row's wage at the check.

    ``column_name`` and ``value`` say which cell a ``code`` is about; without a code there are none.
    """

    __tablename__ = "upload_line"
    __table_args__ = (
        # SQLite builds the list of an IN anew for every row inserted, which doubles the time.
        CheckConstraint(" OR ".join(f"outcome = '{one}'" for one in OUTCOMES), name="upload_line_outcome"),
    )

    upload_id: int = Field(foreign_key="upload.id", primary_key=True)
    line_no: int = Field(primary_key=True)
    wage_row_id: int | None = Field(default=None, foreign_key="wage_row.id")
    row_version: int | None = None
    name: str
    before_fen: int | None = Field(default=None, sa_type=BigInteger)
    wage_fen: int | None = Field(default=None, sa_type=BigInteger)
    outcome: str
    code: str | None = None
    column_name: str | None = None
    value: str | None = None
    params: Any = Field(default=None, sa_type=Json, nullable=True)


def find_upload(session: Session, unit_id: int, upload_id: int, *, lock: bool = False) -> Upload | None:
    query = select(Upload).where(Upload.id == upload_id, Upload.unit_id == unit_id)
    return session.scalars(query.with_for_update() if lock else query).first()


def list_uploads(session: Session, declaration_id: int) -> list[Upload]:
    """The uploads of a declaration, the newest first."""
    query = select(Upload).where(Upload.declaration_id == declaration_id).order_by(Upload.id.desc())
    return list(session.scalars(query.limit(20)))


def find_applied_twin(session: Session, declaration_id: int, digest: str) -> Upload | None:
    """An earlier upload of the very same bytes that was written."""
    query = select(Upload).where(
        Upload.declaration_id == declaration_id, Upload.digest == digest, Upload.state == "applied"
    )
    return session.scalars(query.order_by(Upload.id.desc()).limit(1)).first()


def list_lines(session: Session, upload_id: int, outcome: str, limit: int) -> list[UploadLine]:
    """The first lines with this outcome, in file order."""
    query = select(UploadLine).where(UploadLine.upload_id == upload_id, UploadLine.outcome == outcome)
    return list(session.scalars(query.order_by(UploadLine.line_no).limit(limit)))


def list_changes(session: Session, upload_id: int, *, is_new: bool, limit: int) -> list[UploadLine]:
    """Lines that would fill an empty wage (``is_new``) or change an entered one."""
    query = select(UploadLine).where(
        UploadLine.upload_id == upload_id,
        UploadLine.outcome.in_(("accepted", "warned")),
    )
    query = query.where(UploadLine.before_fen.is_(None) if is_new else UploadLine.before_fen.is_not(None))
    return list(session.scalars(query.order_by(UploadLine.line_no).limit(limit)))
