"""A change of dated parameters: entered by one person of the bureau, released by another, never of the past."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from models.db import Json, UtcDateTime


class ParameterChange(SQLModel, table=True):
    """What shall hold from ``valid_from`` on; ``kind`` and ``content`` as ``rules.parameters`` has them.

    ``subject`` is what it is about (kind, 险种, unit or name): one change of it waits at a time. ``impact`` is what it
    would change, as reckoned before release: None until that is known. ``reason`` is why it was dropped.
    """

    __tablename__ = "parameter_change"
    __table_args__ = (
        CheckConstraint("state IN ('entered', 'released', 'dropped')", name="parameter_change_state"),
        CheckConstraint("state <> 'released' OR decided_by <> entered_by", name="parameter_change_two"),
        Index(
            "parameter_change_waiting",
            "region_code",
            "subject",
            unique=True,
            sqlite_where=text("state = 'entered'"),
            postgresql_where=text("state = 'entered'"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    region_code: str = Field(foreign_key="region.code")
    kind: str
    subject: str = Field(max_length=60)
    insurance: str = ""
    unit_id: int | None = Field(default=None, foreign_key="unit.id")
    valid_from: date
    content: dict[str, Any] = Field(sa_type=Json)
    source: str = ""
    state: str = "entered"
    impact: Any = Field(default=None, sa_type=Json, nullable=True)
    entered_by: int = Field(foreign_key="account.id")
    entered_at: datetime = Field(sa_type=UtcDateTime)
    decided_by: int | None = Field(default=None, foreign_key="account.id")
    decided_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    reason: str = ""

    @property
    def key(self) -> int:
        """The number of a change that is in the database."""
        assert self.id is not None
        return self.id
