"""One's own password: the old one proves who asks, the new one closes every other session of the account."""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlalchemy import delete, update
from sqlmodel import Session

from models import audit
from models.account import Account, Actor, LoginSession
from models.db import reading, transaction
from models.unit import get_unit
from rules.refusals import Refusal
from services.accounts import check_password, hash_password, session_digest
from services.passwords import check_strength


def change_password(actor: Actor, session_id: str, old: str, new: str, now: datetime) -> str:
    """Give one's own account a new password; returns the id under which this session goes on.

    Raises ``Refusal``: ``password.wrong_old`` with the tries left, ``login.locked`` with the minutes to wait,
    ``password.same``, and what ``check_strength`` raises.
    """
    with reading() as session:
        names = _names(session, actor)
    check_strength(new, *names)
    if new == old:
        raise Refusal("password.same", "new")
    with transaction() as session:
        account = session.get_one(Account, actor.account_id, with_for_update=True)
        refusal = check_password(account, old, now)
        session.add(account)
        if refusal is None:
            account.password_hash = hash_password(new)
            audit.record(session, actor, "password_changed", "account", actor.account_id, now)
            return _close_others(session, actor.account_id, session_id)
        after = {"code": refusal.code}
        audit.record(session, actor, "password_change_refused", "account", actor.account_id, now, after=after)
    # Raised after the commit: the failure itself must be remembered.
    if refusal.code == "login.wrong":
        raise Refusal("password.wrong_old", "old", left=refusal.params["left"])
    raise Refusal(refusal.code, "old", **refusal.params)


def _names(session: Session, actor: Actor) -> list[str]:
    """What others know of an account, and would try first."""
    names = [session.get_one(Account, actor.account_id).username]
    if actor.unit_id is not None:
        unit = get_unit(session, actor.unit_id)
        names += [unit.name, unit.unit_no]
    return names


def _close_others(session: Session, account_id: int, session_id: str) -> str:
    """Close the account's sessions but this one, which gets a new id and keeps what it holds."""
    new_id = secrets.token_urlsafe(32)
    connection = session.connection()
    own = LoginSession.id_digest == session_digest(session_id)
    connection.execute(delete(LoginSession).where(LoginSession.account_id == account_id, ~own))
    connection.execute(update(LoginSession).where(own).values(id_digest=session_digest(new_id)))
    return new_id
