"""Who may sign in, and the server's own record of each signed-in browser."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    CheckConstraint,
    Date,
    and_,
    bindparam,
    case,
    column,
    delete,
    exists,
    func,
    select,
    table,
)
from sqlmodel import Field, Session, SQLModel

from models.db import Json, UtcDateTime, direct
from models.office import Office
from models.ready import Ready
from models.region import Region
from models.unit import Unit
from rules.duties import ALONE

RIGHTS = ("entry", "submit", "people", "query", "reveal")
"""录入, 申报, 人员, 查询, 看证件号码和导出: what a unit administrator gives an operator."""
USUAL_RIGHTS = "entry submit people query"
"""What a new operator has: whole document numbers are for few, and given to them on purpose."""

# A duty of ``rules.duties.ALONE`` is the only one, or none of them is there.
_EXCLUSIVE = "rights IN ({only}) OR ({without})".format(
    only=", ".join(f"'{duty}'" for duty in ALONE),
    without=" AND ".join(f"replace(rights, '{duty}', '') = rights" for duty in ALONE),
)


class Account(SQLModel, table=True):
    """A person's sign-in: an operator (经办人) of one unit, or a reviewer of one region's bureau.

    ``rights`` are an operator's, of ``RIGHTS``, or a reviewer's duties, of ``rules.duties``; ``is_admin`` lets an operator
    manage the unit's others. ``office_code`` narrows a reviewer to a 盟市 or 旗县 (``models.office``). Notices up
    to ``mailed_notice_id`` have gone to ``email``, if one is given.
    """

    __table_args__ = (
        CheckConstraint(
            "(role = 'operator' AND unit_id IS NOT NULL) OR (role = 'reviewer' AND unit_id IS NULL)",
            name="account_scope",
        ),
        CheckConstraint(_EXCLUSIVE, name="account_duties"),
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
    is_active: bool = True
    is_admin: bool = False
    rights: str = USUAL_RIGHTS
    office_code: str = Field(default="", max_length=6, sa_column_kwargs={"server_default": ""})
    email: str = ""
    mailed_notice_id: int = 0


class LoginSession(SQLModel, table=True):
    """One browser's session; the cookie holds the id, this row only its digest.

    ``factors`` says how strongly it was opened: ``password``, ``ca``, ``licence``, with spaces between.
    ``certificate_digest`` is the certificate used, ``acting_unit_id`` the unit that its operator acts for by
    delegation. A row here lives for minutes, so these two hold no foreign key.
    """

    __tablename__ = "login_session"

    id_digest: str = Field(primary_key=True, max_length=64)
    account_id: int | None = Field(default=None, foreign_key="account.id", index=True)
    data: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    factors: str = ""
    certificate_digest: str | None = Field(default=None, max_length=64)
    acting_unit_id: int | None = None
    seen_at: datetime = Field(sa_type=UtcDateTime, index=True)


class Actor(NamedTuple):
    """Who asks: what every service needs to know of a signed-in person.

    ``is_agent``: other units have delegated their work; ``must_open``: the unit has yet to open its 险种 online.
    """

    account_id: int
    name: str
    role: str
    region_code: str
    unit_id: int | None
    place: str
    unit_no: str | None = None
    is_admin: bool = False
    rights: str = USUAL_RIGHTS
    factors: str = ""
    write_needs: str = ""
    submit_needs: str = ""
    is_agent: bool = False
    must_open: bool = False
    office_code: str = ""

    def may(self, right: str) -> bool:
        """Whether one of ``RIGHTS`` was given to this operator, or one of ``rules.duties.DUTIES`` to this reviewer."""
        return right in self.rights.split()

    @property
    def office(self) -> Office:
        """The bureau for which a reviewer works."""
        return Office(self.region_code, self.office_code)

    def lacks(self, right: str) -> list[str]:
        """The factors still needed before this session may use a right: none for ``query``."""
        needed = [] if right == "query" else self.write_needs.split()
        if right == "submit":
            needed += self.submit_needs.split()
        held = self.factors.split()
        return [factor for factor in dict.fromkeys(needed) if factor not in held]

    @property
    def own_unit_id(self) -> int:
        """The operator's unit; a reviewer has none, and asking is a programming error."""
        if self.unit_id is None:
            raise RuntimeError("this account acts for no unit")
        return self.unit_id


# Who acts by delegation has the rights that were delegated, and nothing of the unit's administration.
_DELEGATION = table(
    "delegation", *(column(name) for name in ("unit_id", "account_id", "rights", "until", "state"))
)
_MANDATE = _DELEGATION.alias()
_SESSION = Ready(
    select(
        LoginSession.data,
        LoginSession.seen_at,
        LoginSession.factors,
        Account.id,
        Account.display_name,
        Account.role,
        Region.code,
        Unit.id,
        Unit.name,
        Unit.unit_no,
        Region.bureau_name,
        case((_DELEGATION.c.unit_id.is_(None), Account.is_admin), else_=False),
        func.coalesce(_DELEGATION.c.rights, Account.rights),
        Region.write_needs,
        Region.submit_needs,
        exists().where(
            _MANDATE.c.account_id == Account.id,
            _MANDATE.c.state == "confirmed",
            _MANDATE.c.until >= bindparam("today", type_=Date),
        ),
        and_(Region.needs_opening, Unit.opened_at.is_(None)),
        Account.office_code,
    )
    .select_from(LoginSession)
    .outerjoin(Account, and_(Account.id == LoginSession.account_id, Account.is_active))
    .outerjoin(
        _DELEGATION,
        and_(
            _DELEGATION.c.account_id == Account.id,
            _DELEGATION.c.unit_id == LoginSession.acting_unit_id,
            _DELEGATION.c.state == "confirmed",
            _DELEGATION.c.until >= bindparam("today", type_=Date),
        ),
    )
    .outerjoin(Unit, Unit.id == func.coalesce(_DELEGATION.c.unit_id, Account.unit_id))
    .outerjoin(Region, Region.code == func.coalesce(Unit.region_code, Account.region_code))
    .where(LoginSession.id_digest == bindparam("digest"), LoginSession.seen_at > bindparam("since"))
)


class OpenSession(NamedTuple):
    """A session as a request meets it; ``actor`` is None before sign-in."""

    data: dict[str, Any]
    seen_at: datetime
    actor: Actor | None


def find_open_session(id_digest: str, since: datetime, today: date) -> OpenSession | None:
    """The session with this digest, if it was used after ``since``; ``today`` ends delegations."""
    with direct() as source:
        found = _SESSION.first(source, digest=id_digest, since=since, today=today)
    if found is None:
        return None
    data, seen_at, factors, account_id, name, role, region, unit_id, unit, unit_no, bureau, *rest = found
    if account_id is None:
        return OpenSession(data, seen_at, None)
    place = unit or bureau
    is_admin, rights, *needs_and_marks = rest
    actor = Actor(
        account_id, name, role, region, unit_id, place, unit_no, is_admin, rights, factors, *needs_and_marks
    )
    return OpenSession(data, seen_at, actor)


def find_session_certificate(session: Session, id_digest: str) -> str | None:
    """The digest of the certificate with which a session was opened."""
    query = select(LoginSession.certificate_digest).where(LoginSession.id_digest == id_digest)
    return session.scalars(query).first()


def find_account(session: Session, username: str) -> Account | None:
    return session.scalars(select(Account).where(Account.username == username).with_for_update()).first()


def delete_sessions_before(session: Session, moment: datetime) -> int:
    """Forget sessions last used before a moment; returns how many."""
    result = session.connection().execute(delete(LoginSession).where(LoginSession.seen_at < moment))
    return result.rowcount
