"""A file that a clerk sent: staged line by line, mended on the screen, written all or nothing, and taken back."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ColumnElement,
    Index,
    and_,
    bindparam,
    case,
    func,
    not_,
    or_,
    select,
    text,
)
from sqlmodel import Field, Session, SQLModel

from models.db import Json, UtcDateTime
from models.ready import ReadyRecords

OUTCOMES = ("accepted", "unchanged", "warned", "refused")
WRITTEN = ("accepted", "warned")
STATES = (
    "checking", "asking", "checked", "refused", "applying", "applied", "undoing", "undone", "discarded",
)  # fmt: skip
LISTS = ("todo", *OUTCOMES, "added", "changed", "blank", "zero", "under_one", "skipped", "repaired")
LINES_A_PAGE = 50


class Upload(SQLModel, table=True):
    """One uploaded wage file or backup. ``refusal`` holds the code and values of a file refused whole.

    ``asked`` is what the clerk has to say about the columns (``documents.columns.Unsure``), ``columns`` the
    ``Columns`` that the file was read by. ``skipped`` is the part of ``refused`` that 本行不导入 settled, ``blank``
    the part of ``unchanged`` that says no wage, ``added`` the part of the written that fills an empty wage;
    ``zero`` and ``under_one`` count wages of 0 and of less than 1 yuan, wherever they are not refused.
    ``cleared`` counts wages that a 替换 emptied, ``kept`` those that an undo left alone because they were changed
    since.
    """

    __table_args__ = (
        CheckConstraint(f"state IN ({', '.join(repr(one) for one in STATES)})", name="upload_state"),
        CheckConstraint("kind IN ('wages', 'backup')", name="upload_kind"),
        CheckConstraint("mode IN ('merge', 'replace')", name="upload_mode"),
        CheckConstraint("accepted + unchanged + warned + refused = lines", name="upload_adds_up"),
        CheckConstraint(
            "skipped BETWEEN 0 AND refused AND blank BETWEEN 0 AND unchanged", name="upload_parts"
        ),
        CheckConstraint("added <= accepted + warned", name="upload_added"),
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
    asked: Any = Field(default=None, sa_type=Json, nullable=True)
    columns: Any = Field(default=None, sa_type=Json, nullable=True)
    fixes: Any = Field(default=None, sa_type=Json, nullable=True)
    statement: Any = Field(default=None, sa_type=Json, nullable=True)
    statement_before: Any = Field(default=None, sa_type=Json, nullable=True)
    mode: str = "merge"
    lines: int = 0
    accepted: int = 0
    unchanged: int = 0
    warned: int = 0
    refused: int = 0
    skipped: int = 0
    blank: int = 0
    added: int = 0
    zero: int = 0
    under_one: int = 0
    missing: int = 0
    cleared: int = 0
    kept: int = 0
    uploaded_by: int = Field(foreign_key="account.id")
    uploaded_at: datetime = Field(sa_type=UtcDateTime)
    applied_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    undone_at: datetime | None = Field(default=None, sa_type=UtcDateTime)

    @property
    def is_busy(self) -> bool:
        return self.state in ("checking", "applying", "undoing")

    @property
    def to_write(self) -> int:
        """How many people's wages the lines would write."""
        return self.accepted + self.warned

    @property
    def unsettled(self) -> int:
        """Refused lines that are neither mended nor left out."""
        return self.refused - self.skipped


class UploadLine(SQLModel, table=True):
    """One line of an upload and what the check said; ``before_fen`` is the row's wage at the check.

    ``column_name`` and ``value`` say which cell a ``code`` is about; without a code there are none. ``cells`` are
    the cells of a line with a code, in the order of ``documents.columns.ROLES``, parted by tabs; ``fix`` is what
    was probably meant: ``{"wage": yuan}``, ``{"row": wage_row_id}`` or ``{"skip": true}``.
    """

    __tablename__ = "upload_line"
    __table_args__ = (
        # SQLite builds the list of an IN anew for every row inserted, which doubles the time.
        CheckConstraint(" OR ".join(f"outcome = '{one}'" for one in OUTCOMES), name="upload_line_outcome"),
        # Whoever is written is written by one line.
        Index(
            "upload_line_person",
            "upload_id",
            "wage_row_id",
            unique=True,
            sqlite_where=text("outcome <> 'refused'"),
            postgresql_where=text("outcome <> 'refused'"),
        ),
    )

    upload_id: int = Field(foreign_key="upload.id", primary_key=True)
    line_no: int = Field(primary_key=True)
    wage_row_id: int | None = Field(default=None, foreign_key="wage_row.id")
    row_version: int | None = None
    name: str
    person_no: str = ""
    before_fen: int | None = Field(default=None, sa_type=BigInteger)
    wage_fen: int | None = Field(default=None, sa_type=BigInteger)
    outcome: str
    severity: str = ""
    code: str | None = None
    column_name: str | None = None
    value: str | None = None
    params: Any = Field(default=None, sa_type=Json, nullable=True)
    fix: Any = Field(default=None, sa_type=Json, nullable=True)
    cells: str | None = None
    wage_text: str = ""
    is_repaired: bool = False
    is_skipped: bool = False


class UploadRepair(SQLModel, table=True):
    """What the clerk put in place of a line's cell; it outlives every new check of the file."""

    __tablename__ = "upload_repair"

    upload_id: int = Field(foreign_key="upload.id", primary_key=True)
    line_no: int = Field(primary_key=True)
    wage: str | None = None
    wage_row_id: int | None = Field(default=None, foreign_key="wage_row.id")
    is_skipped: bool = False
    repaired_by: int = Field(foreign_key="account.id")
    repaired_at: datetime = Field(sa_type=UtcDateTime)


class UploadCleared(SQLModel, table=True):
    """A wage that a 替换 emptied, as it was before; ``row_version`` is the version before."""

    __tablename__ = "upload_cleared"

    upload_id: int = Field(foreign_key="upload.id", primary_key=True)
    wage_row_id: int = Field(foreign_key="wage_row.id", primary_key=True)
    row_version: int
    before_fen: int = Field(sa_type=BigInteger)


class ColumnChoice(SQLModel, table=True):
    """How a unit reads files with these headings; the newest answer counts."""

    __tablename__ = "column_choice"

    unit_id: int = Field(foreign_key="unit.id", primary_key=True)
    signature: str = Field(primary_key=True, max_length=16)
    columns: Any = Field(sa_type=Json)
    chosen_by: int = Field(foreign_key="account.id")
    chosen_at: datetime = Field(sa_type=UtcDateTime)


def find_upload(session: Session, unit_id: int, upload_id: int, *, lock: bool = False) -> Upload | None:
    query = select(Upload).where(Upload.id == upload_id, Upload.unit_id == unit_id)
    return session.scalars(query.with_for_update() if lock else query).first()


# A repair of one wage is as quick as a save in the grid (docs/adr/0007).
READY_UPLOAD = ReadyRecords(
    Upload,
    lambda query: query.where(
        Upload.id == bindparam("id"), Upload.unit_id == bindparam("unit_id")
    ).with_for_update(),
)
READY_LINE = ReadyRecords(
    UploadLine,
    lambda query: query.where(UploadLine.upload_id == bindparam("of"), UploadLine.line_no == bindparam("at")),
)


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


def list_column_choices(session: Session, unit_id: int) -> dict[str, Any]:
    """The unit's answers by the headings' signature."""
    query = select(ColumnChoice.signature, ColumnChoice.columns).where(ColumnChoice.unit_id == unit_id)
    return {signature: columns for signature, columns in session.execute(query)}


def list_repairs(
    session: Session, upload_id: int, numbers: Collection[int] | None = None
) -> dict[int, UploadRepair]:
    """What was mended, by line: all of an upload's repairs, or those of the lines asked for."""
    query = select(UploadRepair).where(UploadRepair.upload_id == upload_id)
    if numbers is not None:
        query = query.where(UploadRepair.line_no.in_(numbers))
    return {repair.line_no: repair for repair in session.scalars(query)}


def count_repaired(session: Session, upload_id: int) -> int:
    """How many lines were mended and not left out."""
    query = select(func.count()).select_from(UploadRepair)
    query = query.where(UploadRepair.upload_id == upload_id, not_(UploadRepair.is_skipped))
    return session.connection().execute(query).scalar_one()


def list_lines(
    session: Session,
    upload_id: int,
    show: str,
    code: str = "",
    after: int = 0,
    limit: int = LINES_A_PAGE,
) -> list[UploadLine]:
    """Lines in file order after line ``after``; ``show`` is one of ``LISTS``, ``code`` a finding's, or ""."""
    query = _lines(upload_id, show).where(UploadLine.line_no > after)
    if code:
        query = query.where(UploadLine.code == code)
    return list(session.scalars(query.order_by(UploadLine.line_no).limit(limit)))


def get_lines(session: Session, upload_id: int, numbers: list[int]) -> dict[int, UploadLine]:
    """These lines of an upload, by number."""
    query = select(UploadLine).where(UploadLine.upload_id == upload_id, UploadLine.line_no.in_(numbers))
    return {line.line_no: line for line in session.scalars(query)}


def _lines(upload_id: int, show: str) -> Any:
    wage: Any = UploadLine.wage_fen
    is_written = UploadLine.outcome.in_(WRITTEN)
    conditions: dict[str, ColumnElement[bool]] = {
        "todo": or_(
            and_(UploadLine.outcome == "refused", not_(UploadLine.is_skipped)), UploadLine.outcome == "warned"
        ),
        "added": and_(is_written, UploadLine.before_fen.is_(None)),
        "changed": and_(is_written, UploadLine.before_fen.is_not(None)),
        "blank": and_(UploadLine.outcome == "unchanged", wage.is_(None)),
        "zero": and_(UploadLine.outcome != "refused", wage == 0),
        "under_one": and_(UploadLine.outcome != "refused", wage > 0, wage < 100),
        "skipped": UploadLine.is_skipped.is_(True),
        "repaired": and_(UploadLine.is_repaired, not_(UploadLine.is_skipped)),
    }
    if show in OUTCOMES:
        return select(UploadLine).where(UploadLine.upload_id == upload_id, UploadLine.outcome == show)
    return select(UploadLine).where(UploadLine.upload_id == upload_id, conditions[show])


@dataclass(frozen=True, slots=True)
class Kind:
    """Lines that say the same: how many, for how many a proposal is at hand, how many are left out."""

    outcome: str
    severity: str
    code: str
    count: int
    fixable: int
    skipped: int


def count_kinds(session: Session, upload_id: int) -> list[Kind]:
    """The findings of an upload, the most serious first, each with how often."""
    is_open = not_(UploadLine.is_skipped)
    query = (
        select(
            UploadLine.outcome,
            UploadLine.severity,
            UploadLine.code,
            func.count(),
            func.sum(case((and_(UploadLine.fix.is_not(None), is_open), 1), else_=0)),
            func.sum(case((UploadLine.is_skipped, 1), else_=0)),
        )
        .where(UploadLine.upload_id == upload_id, UploadLine.code.is_not(None))
        .group_by(UploadLine.outcome, UploadLine.severity, UploadLine.code)
    )
    kinds = [Kind(*row) for row in session.connection().execute(query)]
    order = {"block": 0, "explain": 1, "notice": 2}
    return sorted(kinds, key=lambda kind: (order.get(kind.severity, 3), -kind.count, kind.code))
