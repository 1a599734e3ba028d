"""Who may sign in, and the server's own record of each signed-in browser."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import CheckConstraint, bindparam, delete, select
from sqlmodel import Field, Session, SQLModel

from models.db import Json, UtcDateTime, direct
from models.ready import Ready
from models.region import Region
from models.unit import Unit


class Account(SQLModel, table=True):
    """A person's sign-in: an operator (经办人) of one unit, or a reviewer of one region's bureau."""

    __table_args__ = (
        CheckConstraint(
            "(role = 'operator' AND unit_id IS NOT NULL) OR (role = 'reviewer' AND unit_id IS NULL)",
            name="account_scope",
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    username: str = Field(unique=True, max_length=60)
    password_hash: str
    display_name: str
    role: str
    region_code: str = Field(foreign_key="region.code")
    unit_id: int | None = Field(default=None, foreign_key="unit.id")
    failed_logins: int = 0
    locked_until: datetime | None = Field(default=None, sa_type=UtcDateTime)


class LoginSession(SQLModel, table=True):
    """One browser's session; the cookie holds the id, this row only its digest."""

    __tablename__ = "login_session"

    id_digest: str = Field(primary_key=True, max_length=64)
    account_id: int | None = Field(default=None, foreign_key="account.id", index=True)
    data: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    seen_at: datetime = Field(sa_type=UtcDateTime, index=True)


class Actor(NamedTuple):
    """Who asks: what every service needs to know of a signed-in person."""

    account_id: int
    name: str
    role: str
    region_code: str
    unit_id: int | None
    place: str
    unit_no: str | None = None

    @property
    def own_unit_id(self) -> int:
        """The operator's unit; a reviewer has none, and asking is a programming error."""
        if self.unit_id is None:
            raise RuntimeError("this account acts for no unit")
        return self.unit_id


_SESSION = Ready(
    select(
        LoginSession.data,
        LoginSession.seen_at,
        Account.id,
        Account.display_name,
        Account.role,
        Account.region_code,
        Account.unit_id,
        Unit.name,
        Unit.unit_no,
        Region.bureau_name,
    )
    .select_from(LoginSession)
    .outerjoin(Account, Account.id == LoginSession.account_id)
    .outerjoin(Unit, Unit.id == Account.unit_id)
    .outerjoin(Region, Region.code == Account.region_code)
    .where(LoginSession.id_digest == bindparam("digest"), LoginSession.seen_at > bindparam("since"))
)


class OpenSession(NamedTuple):
    """A session as a request meets it; ``actor`` is None before sign-in."""

    data: dict[str, Any]
    seen_at: datetime
    actor: Actor | None


def find_open_session(id_digest: str, since: datetime) -> OpenSession | None:
    """The session with this digest, if it was used after ``since``."""
    with direct() as source:
        found = _SESSION.first(source, digest=id_digest, since=since)
    if found is None:
        return None
    data, seen_at, account_id, name, role, region, unit_id, unit_name, unit_no, bureau = found
    actor = None
    if account_id is not None:
        actor = Actor(account_id, name, role, region, unit_id, unit_name or bureau, unit_no)
    return OpenSession(data, seen_at, actor)


def find_account(session: Session, username: str) -> Account | None:
    return session.scalars(select(Account).where(Account.username == username).with_for_update()).first()


def delete_sessions_before(session: Session, moment: datetime) -> int:
    """Forget sessions last used before a moment; returns how many."""
    result = session.connection().execute(delete(LoginSession).where(LoginSession.seen_at < moment))
    return result.rowcount
