"""操作员: a unit's administrator makes its operators, gives and takes rights, closes accounts, binds certificates."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Text, delete, exists, select, type_coerce
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from cert.codes import Codes
from cert.match import codes_match
from models import audit
from models.account import RIGHTS, Account, Actor, LoginSession
from models.audit import AuditEvent
from models.certificate import AccountCertificate, CertificateRecord
from models.db import reading, transaction
from models.unit import get_unit
from rules.refusals import Missing, Refusal
from services.accounts import hash_password
from services.passwords import check_strength


def list_operators(session: Session, actor: Actor) -> list[Account]:
    """The unit's operators: those who may sign in first, in the order in which they came."""
    query = select(Account).where(Account.unit_id == actor.own_unit_id, Account.role == "operator")
    return list(session.scalars(query.order_by(Account.is_active.desc(), Account.id)))


def get_operator(session: Session, actor: Actor, account_id: int, *, lock: bool = False) -> Account:
    """An operator of the administrator's own unit; raises ``Missing``."""
    query = select(Account).where(Account.id == account_id, Account.unit_id == actor.own_unit_id)
    found = session.scalars(query.with_for_update() if lock else query).first()
    if found is None or not actor.is_admin:
        raise Missing(account_id)
    return found


def make_operator(
    actor: Actor, username: str, name: str, rights: Iterable[str], password: str, now: datetime
) -> int:
    """Make an operator of the own unit with a first password; returns the account's number.

    Raises ``Refusal``: ``operator.no_right``, ``operator.name_taken`` with the ``username``, and what
    ``check_strength`` raises.
    """
    if not actor.is_admin:
        raise Missing(actor.own_unit_id)
    account = Account(
        username=username,
        password_hash="",
        display_name=name,
        role="operator",
        region_code=actor.region_code,
        unit_id=actor.own_unit_id,
        rights=_chosen(rights),
    )
    with reading() as session:
        _check_password(session, account, password)
    account.password_hash = hash_password(password)
    try:
        with transaction() as session:
            session.add(account)
            session.flush()
            assert account.id is not None
            after = {"username": username, "name": name, **_powers(account)}
            audit.record(session, actor, "operator_made", "account", account.id, now, after=after)
            return account.id
    except IntegrityError as error:
        # The name is unique in the whole hall, and somebody, perhaps of another unit, has it.
        raise Refusal("operator.name_taken", "username", username=username) from error


def set_rights(
    actor: Actor, account_id: int, rights: Iterable[str], is_admin: bool, now: datetime
) -> Account:
    """Give an operator these rights and no others, and make or unmake an administrator.

    Raises ``Missing``, or ``Refusal`` ``operator.no_right``, ``operator.last_admin``.
    """
    chosen = _chosen(rights)
    with transaction() as session:
        admins = _lock_admins(session, actor)
        account = get_operator(session, actor, account_id, lock=True)
        if not is_admin and admins == [account_id]:
            raise Refusal("operator.last_admin", "is_admin")
        before = _powers(account)
        account.rights, account.is_admin = chosen, is_admin
        session.add(account)
        if before != (after := _powers(account)):
            audit.record(
                session, actor, "rights_changed", "account", account_id, now, before=before, after=after
            )
        return account


def close_operator(actor: Actor, account_id: int, now: datetime) -> None:
    """停用: the account opens nothing any more, and its sessions end at once.

    Raises ``Missing``, or ``Refusal`` ``operator.own_account``, ``operator.last_admin``.
    """
    if account_id == actor.account_id:
        raise Refusal("operator.own_account")
    with transaction() as session:
        admins = _lock_admins(session, actor)
        account = get_operator(session, actor, account_id, lock=True)
        if admins == [account_id]:
            raise Refusal("operator.last_admin")
        set_active(session, actor, account, False, now)
        end_sessions(session, account_id)


def reopen_operator(actor: Actor, account_id: int, now: datetime) -> None:
    """启用: the account can be signed in to again; raises ``Missing``."""
    with transaction() as session:
        set_active(session, actor, get_operator(session, actor, account_id, lock=True), True, now)


def give_password(actor: Actor, account_id: int, password: str, now: datetime) -> None:
    """Give another operator a new password; the lock, and whoever is signed in with the old one, go.

    Raises ``Missing``, ``Refusal`` ``operator.own_password``, and what ``check_strength`` raises.
    """
    if account_id == actor.account_id:
        raise Refusal("operator.own_password", "new")
    with reading() as session:
        _check_password(session, get_operator(session, actor, account_id), password)
    password_hash = hash_password(password)
    with transaction() as session:
        account = get_operator(session, actor, account_id, lock=True)
        account.password_hash = password_hash
        account.failed_logins, account.locked_until = 0, None
        session.add(account)
        end_sessions(session, account_id)
        audit.record(session, actor, "password_given", "account", account_id, now)


def bind_certificate(actor: Actor, account_id: int, digest: str, now: datetime) -> None:
    """Bind a certificate of the unit to one operator: it opens this account and no other.

    Raises ``Missing``, or ``Refusal`` ``operator.not_offered`` when it is bound already or not this unit's.
    """
    try:
        with transaction() as session:
            account = get_operator(session, actor, account_id, lock=True)
            if digest not in [one.digest for one in list_unbound(session, actor)]:
                raise Refusal("operator.not_offered", "certificate")
            session.add(
                AccountCertificate(
                    account_id=account_id,
                    certificate_digest=digest,
                    bound_by=actor.account_id,
                    bound_at=now,
                )
            )
            session.flush()
            after = {"certificate": digest, "name": account.display_name}
            audit.record(session, actor, "certificate_bound", "account", account_id, now, after=after)
    except IntegrityError as error:
        # The partial unique index speaks: another administrator was first.
        raise Refusal("operator.not_offered", "certificate") from error


def unbind_certificate(actor: Actor, account_id: int, digest: str, now: datetime) -> None:
    """Take a certificate from an operator; raises ``Missing`` when it is not bound to this one."""
    with transaction() as session:
        get_operator(session, actor, account_id, lock=True)
        query = select(AccountCertificate).where(
            AccountCertificate.account_id == account_id,
            AccountCertificate.certificate_digest == digest,
            AccountCertificate.is_live,
        )
        bound = session.scalars(query.with_for_update()).first()
        if bound is None:
            raise Missing(digest)
        bound.is_live = False
        session.add(bound)
        before = {"certificate": digest}
        audit.record(session, actor, "certificate_unbound", "account", account_id, now, before=before)


def list_unbound(session: Session, actor: Actor) -> list[CertificateRecord]:
    """Certificates that opened a session of this unit, carry its codes, and are bound to nobody yet."""
    # As text, since the database cannot look into it; the trail of one unit is found by its index.
    after = type_coerce(AuditEvent.after, Text)
    seen = select(AuditEvent.after).where(
        AuditEvent.unit_id == actor.own_unit_id,
        AuditEvent.action == "signed_in",
        after.like('%"certificate"%'),
    )
    digests = {event["certificate"] for event in session.scalars(seen.distinct())}
    is_bound = exists().where(
        AccountCertificate.certificate_digest == CertificateRecord.digest, AccountCertificate.is_live
    )
    query = select(CertificateRecord).where(CertificateRecord.digest.in_(digests), ~is_bound)
    uscc = get_unit(session, actor.own_unit_id).uscc
    found = session.scalars(query.order_by(CertificateRecord.first_seen_at.desc()))
    return [one for one in found if codes_match(Codes(**one.codes), uscc)]


def _chosen(rights: Iterable[str]) -> str:
    wanted = set(rights)
    chosen = [right for right in RIGHTS if right in wanted]
    if not chosen:
        raise Refusal("operator.no_right", "rights")
    return " ".join(chosen)


def _powers(account: Account) -> dict[str, Any]:
    return {"rights": account.rights.split(), "is_admin": account.is_admin}


def _lock_admins(session: Session, actor: Actor) -> list[int]:
    """The unit's active administrators, locked together, so that two cannot take away each other at once."""
    query = select(Account.id).where(
        Account.unit_id == actor.own_unit_id, Account.is_admin, Account.is_active
    )
    return list(session.scalars(query.order_by(Account.id).with_for_update()))


def set_active(session: Session, actor: Actor, account: Account, is_active: bool, now: datetime) -> None:
    """Close or reopen an account in the running transaction, with its audit event."""
    if account.is_active == is_active:
        return
    before, after = {"is_active": account.is_active}, {"is_active": is_active}
    account.is_active = is_active
    session.add(account)
    action = "reopened" if is_active else "closed"
    audit.record(
        session, actor, f"{account.role}_{action}", "account", account.id, now, before=before, after=after
    )


def end_sessions(session: Session, account_id: int) -> None:
    """Sign an account out everywhere, in the running transaction."""
    session.connection().execute(delete(LoginSession).where(LoginSession.account_id == account_id))


def _check_password(session: Session, account: Account, password: str) -> None:
    unit = get_unit(session, account.unit_id or 0)
    check_strength(password, account.username, unit.name, unit.unit_no)
