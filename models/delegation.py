"""委托: a unit lets an operator of another firm act for it until a day, once the bureau has confirmed it."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index, select, text
from sqlmodel import Field, Session, SQLModel

from models.account import Account
from models.db import UtcDateTime
from models.office import Office, within
from models.unit import Unit

LIVE = "state IN ('asked', 'confirmed')"


class Delegation(SQLModel, table=True):
    """``unit_id`` is who delegates, ``account_id`` who may act; ``until`` is the last day."""

    __table_args__ = (
        CheckConstraint("state IN ('asked', 'confirmed', 'refused', 'ended')", name="delegation_state"),
        Index(
            "delegation_live",
            "unit_id",
            "account_id",
            unique=True,
            sqlite_where=text(LIVE),
            postgresql_where=text(LIVE),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    unit_id: int = Field(foreign_key="unit.id")
    account_id: int = Field(foreign_key="account.id", index=True)
    rights: str
    until: date
    state: str = "asked"
    asked_by: int = Field(foreign_key="account.id")
    asked_at: datetime = Field(sa_type=UtcDateTime)
    decided_by: int | None = Field(default=None, foreign_key="account.id")
    decided_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    reason: str = ""


def list_delegations(session: Session, unit_id: int) -> list[tuple[Delegation, Account, Unit]]:
    """A unit's delegations with the agent's account and firm, the newest first."""
    query = (
        select(Delegation, Account, Unit)
        .join(Account, Account.id == Delegation.account_id)
        .join(Unit, Unit.id == Account.unit_id)
        .where(Delegation.unit_id == unit_id)
        .order_by(Delegation.id.desc())
    )
    return [(delegation, account, unit) for delegation, account, unit in session.execute(query)]


def list_mandates(session: Session, account_id: int, today: date) -> list[tuple[Delegation, Unit]]:
    """The units that an account may act for today, by confirmed delegations."""
    query = (
        select(Delegation, Unit)
        .join(Unit, Unit.id == Delegation.unit_id)
        .where(
            Delegation.account_id == account_id,
            Delegation.state == "confirmed",
            Delegation.until >= today,
        )
        .order_by(Unit.name)
    )
    return [(delegation, unit) for delegation, unit in session.execute(query)]


def list_region_delegations(
    session: Session, office: Office, limit: int = 200
) -> list[tuple[Delegation, Unit, Account]]:
    """The delegations by an office's units with who delegates and the agent's account, those that wait first."""
    query = (
        select(Delegation, Unit, Account)
        .join(Unit, Unit.id == Delegation.unit_id)
        .join(Account, Account.id == Delegation.account_id)
        .where(within(office, Unit.region_code, Unit.id))
        .order_by(Delegation.state, Delegation.id.desc())
        .limit(limit)
    )
    return [(delegation, unit, account) for delegation, unit, account in session.execute(query)]
