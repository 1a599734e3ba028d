"""Signing in and out: passwords in argon2, a lock after five failures, a new session id at each sign-in."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, insert, update
from sqlmodel import Session

from cert.digests import sm3_hex
from models import audit
from models.account import (
    USUAL_RIGHTS,
    Account,
    Actor,
    LoginSession,
    delete_sessions_before,
    find_account,
)
from models.db import transaction
from models.region import Region, get_region
from models.unit import find_unit, get_unit
from rules.duties import BUSINESS, check_duties
from rules.refusals import Refusal
from services.passwords import check_strength

MAX_FAILURES = 5
# A session that timed out opens nothing, but says for a day whose unsent form this was.
EXPIRED_KEPT = timedelta(days=1)
LOCK = timedelta(minutes=15)
_hasher = PasswordHasher()


def hash_password(password: str) -> str:
    """An argon2id hash with its own salt and parameters."""
    return _hasher.hash(password)


def session_digest(session_id: str) -> str:
    """What the database keeps of a session id, so that a stolen copy of it opens nothing."""
    return sm3_hex(session_id.encode())


def prove_password(username: str, password: str, now: datetime) -> int:
    """The number of the account that this password opens.

    Raises ``Refusal``: ``login.wrong`` with the tries left, ``login.locked`` with the minutes to wait.
    """
    with transaction() as session:
        account = find_account(session, username)
        refusal = check_password(account, password, now)
        if account is not None:
            session.add(account)
            if refusal is not None:
                _audit_sign_in(session, account, "sign_in_refused", {"code": refusal.code}, now)
        if refusal is None:
            assert account is not None and account.id is not None
            return account.id
    # Raised after the commit: the failure itself must be remembered.
    raise refusal


def open_for(
    account_id: int,
    how: str,
    old_session_id: str | None,
    now: datetime,
    *,
    goes_on: bool = False,
    certificate_digest: str | None = None,
) -> str:
    """Open a session for a proven account under a new id, which is returned; the old session is closed.

    ``how`` is the factor that proved it: ``password``, ``ca``, ``licence``. With ``goes_on`` the old session was
    this account's and still open: what it held and how it had been opened is added to.
    """
    with transaction() as session:
        account = session.get_one(Account, account_id)
        old_digest = session_digest(old_session_id) if old_session_id else ""
        old = session.get(LoginSession, old_digest) if goes_on else None
        values = {"account_id": account_id, "data": {}, "seen_at": now, "factors": how}
        if old is not None and old.account_id == account_id:
            values["factors"] = " ".join(dict.fromkeys([*old.factors.split(), how]))
            values |= {"data": old.data, "acting_unit_id": old.acting_unit_id}
            certificate_digest = certificate_digest or old.certificate_digest
        session_id = secrets.token_urlsafe(32)
        connection = session.connection()
        connection.execute(delete(LoginSession).where(LoginSession.id_digest == old_digest))
        fixed = {"id_digest": session_digest(session_id), "certificate_digest": certificate_digest}
        connection.execute(insert(LoginSession), values | fixed)
        after = {"how": how} | ({"certificate": certificate_digest} if certificate_digest else {})
        _audit_sign_in(session, account, "signed_in", after, now)
        return session_id


def set_account(
    username: str,
    name: str,
    password: str,
    region_code: str,
    unit_no: str | None,
    now: datetime,
    *,
    duties: Iterable[str] = BUSINESS,
) -> bool:
    """Make an account, or give an existing one a new password; returns whether it is new.

    With ``unit_no`` an operator of that unit, without it a reviewer of the region with these duties. Raises
    ``Refusal`` ``account.no_region``, ``account.no_unit``, ``duties.alone``, and what ``check_strength`` raises.
    """
    chosen = check_duties(duties)
    with transaction() as session:
        if session.get(Region, region_code) is None:
            raise Refusal("account.no_region", value=region_code)
        unit = find_unit(session, region_code, unit_no) if unit_no else None
        if unit_no and unit is None:
            raise Refusal("account.no_unit", value=unit_no)
        check_strength(password, username, unit_no, unit.name if unit else None)
        account = find_account(session, username)
        is_new = account is None
        if account is None:
            account = Account(
                username=username,
                password_hash="",
                display_name=name,
                role="operator" if unit else "reviewer",
                region_code=region_code,
                unit_id=unit.id if unit else None,
                rights=USUAL_RIGHTS if unit else chosen,
            )
        account.password_hash = hash_password(password)
        account.failed_logins, account.locked_until = 0, None
        session.add(account)
        session.flush()
        # Whoever knew the old password is signed out.
        session.connection().execute(delete(LoginSession).where(LoginSession.account_id == account.id))
        action = "account_made" if is_new else "password_set"
        audit.record(session, None, action, "account", account.id, now, unit_id=account.unit_id)
        return is_new


def sign_out(actor: Actor, session_id: str, now: datetime) -> None:
    """Close the session; the cookie opens nothing any more."""
    with transaction() as session:
        session.connection().execute(
            delete(LoginSession).where(LoginSession.id_digest == session_digest(session_id))
        )
        audit.record(session, actor, "signed_out", "account", actor.account_id, now)


def open_anonymous(now: datetime) -> str:
    """A session for somebody not signed in yet, so that the sign-in form has its CSRF token."""
    session_id = secrets.token_urlsafe(32)
    with transaction() as session:
        session.connection().execute(
            insert(LoginSession), {"id_digest": session_digest(session_id), "data": {}, "seen_at": now}
        )
    return session_id


def keep_session(session_id: str, data: dict[str, object], now: datetime) -> None:
    """Store what a request left in its session, and that it was seen."""
    with transaction() as session:
        session.connection().execute(
            update(LoginSession)
            .where(LoginSession.id_digest == session_digest(session_id))
            .values(data=data, seen_at=now)
        )


def forget_idle_sessions(before: datetime) -> int:
    """Delete sessions that timed out; returns how many."""
    with transaction() as session:
        return delete_sessions_before(session, before)


@lru_cache
def _decoy_hash() -> str:
    return hash_password(secrets.token_urlsafe(16))


def check_password(account: Account | None, password: str, now: datetime) -> Refusal | None:
    """Why this password opens nothing now, or None; counts failures in ``account``, which the caller keeps."""
    if account is None:
        # The same work as for a known name, so that the answer's time does not tell which names exist.
        _is_right(_decoy_hash(), password)
        return Refusal("login.wrong", "password")
    if not account.is_active:
        return Refusal("login.closed", "password")
    if account.locked_until and account.locked_until > now:
        minutes = -(-int((account.locked_until - now).total_seconds()) // 60)
        return Refusal("login.locked", "password", minutes=minutes)
    if _is_right(account.password_hash, password):
        account.failed_logins, account.locked_until = 0, None
        return None
    account.failed_logins += 1
    left = MAX_FAILURES - account.failed_logins
    if left > 0:
        return Refusal("login.wrong", "password", left=left)
    account.failed_logins, account.locked_until = 0, now + LOCK
    return Refusal("login.locked", "password", minutes=int(LOCK.total_seconds()) // 60)


def _is_right(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def _audit_sign_in(
    session: Session, account: Account, action: str, after: dict[str, str], now: datetime
) -> None:
    place = (
        get_unit(session, account.unit_id).name
        if account.unit_id
        else get_region(session, account.region_code).bureau_name
    )
    assert account.id is not None
    actor = Actor(account.id, account.display_name, account.role, account.region_code, account.unit_id, place)
    audit.record(session, actor, action, "account", account.id, now, after=after)
