"""工作人员: a bureau's system administrator makes and closes accounts, its security administrator gives duties."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from models import audit
from models.account import Account, Actor
from models.db import reading, transaction
from models.region import Region, get_region
from rules.duties import ADMINISTRATION, check_duties, check_office
from rules.refusals import Missing, Refusal
from services.accounts import hash_password
from services.operators import end_sessions, set_active
from services.passwords import check_strength


def list_staff(session: Session, actor: Actor) -> list[Account]:
    """The bureau's people: those who may sign in first, in the order in which they came."""
    query = select(Account).where(Account.region_code == actor.region_code, Account.role == "reviewer")
    return list(session.scalars(query.order_by(Account.is_active.desc(), Account.id)))


def get_staff(session: Session, actor: Actor, account_id: int, *, lock: bool = False) -> Account:
    """One of the people of the actor's own bureau; raises ``Missing``."""
    query = select(Account).where(
        Account.id == account_id, Account.region_code == actor.region_code, Account.role == "reviewer"
    )
    found = session.scalars(query.with_for_update() if lock else query).first()
    if found is None:
        raise Missing(account_id)
    return found


def make_staff(actor: Actor, username: str, name: str, password: str, now: datetime) -> int:
    """Make an account without any duty and with a first password; returns its number.

    Raises ``Refusal`` ``duties.name_taken`` (``username``), and what ``check_strength`` raises.
    """
    with reading() as session:
        _check_password(session, actor, username, password)
    account = Account(
        username=username,
        password_hash=hash_password(password),
        display_name=name,
        role="reviewer",
        region_code=actor.region_code,
        rights="",
    )
    try:
        with transaction() as session:
            session.add(account)
            session.flush()
            assert account.id is not None
            after = {"username": username, "name": name}
            audit.record(session, actor, "staff_made", "account", account.id, now, after=after)
            return account.id
    except IntegrityError as error:
        # The name is unique in the whole hall, and somebody, perhaps of a unit, has it.
        raise Refusal("duties.name_taken", "username", username=username) from error


def set_duties(
    actor: Actor, account_id: int, duties: Iterable[str], office_code: str, now: datetime
) -> Account:
    """Give somebody else exactly these duties, which may be none, in this office; they hold from the next page on.

    Raises ``Missing``, or ``Refusal`` ``duties.own_account``, ``duties.alone``, ``duties.last_one``, and what
    ``check_office`` raises.
    """
    chosen = check_duties(duties)
    office = check_office(office_code, actor.region_code, chosen)
    with transaction() as session:
        account = _other(session, actor, account_id)
        if account.rights not in ("", chosen):
            _check_not_last(session, account)
        before = _powers(account)
        account.rights, account.office_code = chosen, office
        session.add(account)
        if before != (after := _powers(account)):
            audit.record(
                session, actor, "duties_changed", "account", account_id, now, before=before, after=after
            )
        return account


def close_staff(actor: Actor, account_id: int, now: datetime) -> None:
    """停用: the account opens nothing any more, and its sessions end at once.

    Raises ``Missing``, or ``Refusal`` ``duties.own_account``, ``duties.last_one``.
    """
    with transaction() as session:
        account = _other(session, actor, account_id)
        _check_not_last(session, account)
        set_active(session, actor, account, False, now)
        end_sessions(session, account_id)


def reopen_staff(actor: Actor, account_id: int, now: datetime) -> None:
    """启用: the account can be signed in to again. Raises ``Missing``, ``Refusal`` ``duties.own_account``."""
    with transaction() as session:
        set_active(session, actor, _other(session, actor, account_id), True, now)


def give_staff_password(actor: Actor, account_id: int, password: str, now: datetime) -> None:
    """Give somebody else a new password; the lock, and whoever is signed in with the old one, go.

    Raises ``Missing``, ``Refusal`` ``duties.own_account``, and what ``check_strength`` raises.
    """
    with reading() as session:
        _check_password(session, actor, get_staff(session, actor, account_id).username, password)
    password_hash = hash_password(password)
    with transaction() as session:
        account = _other(session, actor, account_id)
        account.password_hash = password_hash
        account.failed_logins, account.locked_until = 0, None
        session.add(account)
        end_sessions(session, account_id)
        audit.record(session, actor, "password_given", "account", account_id, now)


def _other(session: Session, actor: Actor, account_id: int) -> Account:
    """Somebody else's account, to be changed: nobody manages his or her own."""
    # The bureau's row is locked first: two administrators cannot take away each other at once.
    session.get_one(Region, actor.region_code, with_for_update=True)
    account = get_staff(session, actor, account_id, lock=True)
    if account_id == actor.account_id:
        raise Refusal("duties.own_account", "rights")
    return account


def _check_not_last(session: Session, account: Account) -> None:
    """A bureau keeps one of each administrator: without, nobody could give back what was taken."""
    if account.rights not in ADMINISTRATION or not account.is_active:
        return
    others = select(Account.id).where(
        Account.region_code == account.region_code,
        Account.rights == account.rights,
        Account.is_active,
        Account.id != account.id,
    )
    if session.scalars(others.limit(1)).first() is None:
        raise Refusal("duties.last_one", "rights")


def _powers(account: Account) -> dict[str, Any]:
    return {"duties": account.rights.split(), "office": account.office_code}


def _check_password(session: Session, actor: Actor, username: str, password: str) -> None:
    check_strength(password, username, get_region(session, actor.region_code).bureau_name)
