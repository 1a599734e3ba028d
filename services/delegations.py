"""委托: a unit asks, the bureau decides, either side ends it, and the agent chooses whom to act for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from models import audit
from models.account import RIGHTS, Account, Actor, LoginSession
from models.db import reading, transaction
from models.delegation import Delegation, list_mandates
from models.office import Office, within
from models.unit import Unit
from rules.duties import check_other_person
from rules.refusals import Conflict, Missing, Refusal
from services.accounts import session_digest
from services.notices import Telling, tell

LONGEST, USUAL = timedelta(days=365), timedelta(days=180)
"""A delegation lasts a year at most, and half of one unless another last day is given."""
REASON_LENGTH = 200
MAX_WRONG_NAMES = 10
WRONG_NAMES_WITHIN = timedelta(hours=1)


class Agent(NamedTuple):
    """Who would act: no more than the names of person and firm is told before the bureau has confirmed."""

    account_id: int
    name: str
    firm: str


class Ask(NamedTuple):
    """What an administrator asks for; ``until`` is the last day."""

    username: str
    rights: Sequence[str]
    until: date


def check_ask(actor: Actor, ask: Ask, now: datetime) -> Agent:
    """Whom an ask means, to be shown before it is sent.

    Raises ``Refusal``: ``delegation.too_many`` after ten wrong names in an hour, ``delegation.no_agent``,
    ``delegation.own_people``, ``delegation.no_right``, ``delegation.until_past``, ``delegation.until_far``.
    """
    if not actor.is_admin:
        raise Missing(actor.own_unit_id)
    if not set(ask.rights) & set(RIGHTS):
        raise Refusal("delegation.no_right", "rights")
    if ask.until < now.date():
        raise Refusal("delegation.until_past", "until")
    if ask.until > now.date() + LONGEST:
        raise Refusal("delegation.until_far", "until", latest=(now.date() + LONGEST).isoformat())
    return _find_agent(actor, ask.username, now)


def ask_delegation(actor: Actor, ask: Ask, now: datetime) -> int:
    """Ask the bureau to confirm a delegation; returns its number.

    Raises what ``check_ask`` raises, and ``Refusal`` ``delegation.exists`` while one to the same person runs.
    """
    agent = check_ask(actor, ask, now)
    delegation = Delegation(
        unit_id=actor.own_unit_id,
        account_id=agent.account_id,
        rights=" ".join(right for right in RIGHTS if right in ask.rights),
        until=ask.until,
        asked_by=actor.account_id,
        asked_at=now,
    )
    try:
        with transaction() as session:
            _end_expired(session, actor.own_unit_id, agent.account_id, now)
            session.add(delegation)
            session.flush()
            assert delegation.id is not None
            after = {"agent": agent.name, "firm": agent.firm, **_terms(delegation)}
            audit.record(session, actor, "delegation_asked", "delegation", delegation.id, now, after=after)
            return delegation.id
    except IntegrityError as error:
        # The partial unique index speaks: one asked for or confirmed at a time.
        raise Refusal("delegation.exists", "username", agent=agent.name) from error


def get_region_delegation(
    session: Session, office: Office, delegation_id: int, *, lock: bool = False
) -> Delegation:
    """A delegation by a unit of a reviewer's office; raises ``Missing``."""
    query = select(Delegation).join(Unit, Unit.id == Delegation.unit_id)
    query = query.where(Delegation.id == delegation_id, within(office, Unit.region_code, Unit.id))
    found = session.scalars(query.with_for_update(of=Delegation) if lock else query).first()
    if found is None:
        raise Missing(delegation_id)
    return found


def confirm_delegation(actor: Actor, delegation_id: int, now: datetime) -> None:
    """The bureau agrees: from now to its last day the agent may act for the unit.

    Raises ``Missing``, ``Conflict`` ``delegation.decided``, ``Refusal`` ``delegation.over`` after its last day.
    """
    with transaction() as session:
        delegation = _waiting(session, actor, delegation_id)
        if delegation.until < now.date():
            raise Refusal("delegation.over", until=delegation.until.isoformat())
        _move(session, actor, delegation, "confirmed", now)
        for telling in tell_sides(session, delegation, "confirmed"):
            tell(session, telling, now)


def refuse_delegation(actor: Actor, delegation_id: int, reason: str, now: datetime) -> None:
    """The bureau does not agree, and says why.

    Raises ``Missing``, ``Conflict`` ``delegation.decided``, ``Refusal`` ``delegation.no_reason``,
    ``delegation.reason_too_long``.
    """
    reason = reason.strip()
    if not reason:
        raise Refusal("delegation.no_reason", "reason")
    if len(reason) > REASON_LENGTH:
        raise Refusal("delegation.reason_too_long", "reason", limit=REASON_LENGTH)
    with transaction() as session:
        delegation = _waiting(session, actor, delegation_id)
        delegation.reason = reason
        _move(session, actor, delegation, "refused", now)
        # The agent was never told that somebody had asked.
        tell(session, tell_sides(session, delegation, "refused")[0], now)


def get_party_delegation(
    session: Session, actor: Actor, delegation_id: int, *, lock: bool = False
) -> Delegation:
    """A delegation to one of its sides: the unit's administrator, or the agent in person; raises ``Missing``."""
    found = session.get(Delegation, delegation_id, with_for_update=lock)
    is_unit = found is not None and actor.is_admin and found.unit_id == actor.unit_id
    if found is None or not (is_unit or found.account_id == actor.account_id):
        raise Missing(delegation_id)
    return found


def end_delegation(actor: Actor, delegation_id: int, now: datetime) -> int:
    """Either side ends it, before it was confirmed or after; returns the number of the unit that had delegated.

    Raises ``Missing``, ``Conflict`` ``delegation.decided`` when it is over already.
    """
    with transaction() as session:
        delegation = get_party_delegation(session, actor, delegation_id, lock=True)
        if delegation.state not in ("asked", "confirmed"):
            raise Conflict("delegation.decided")
        _move(session, actor, delegation, "ended", now)
        return delegation.unit_id


def act_for(actor: Actor, session_id: str, unit_id: int | None, now: datetime) -> str:
    """Work for another unit from now on, or (None) for the own one again; returns the unit's name.

    Raises ``Missing`` where no confirmed delegation reaches to today.
    """
    with transaction() as session:
        account = session.get_one(Account, actor.account_id)
        if account.unit_id is None:
            raise Missing(unit_id)
        if unit_id in (None, account.unit_id):
            unit, acting_for = session.get_one(Unit, account.unit_id), None
        else:
            mandates = list_mandates(session, actor.account_id, now.date())
            units = [unit for _delegation, unit in mandates if unit.id == unit_id]
            if not units:
                raise Missing(unit_id)
            unit, acting_for = units[0], unit_id
        own = LoginSession.id_digest == session_digest(session_id)
        session.connection().execute(update(LoginSession).where(own).values(acting_unit_id=acting_for))
        before, after = {"unit_id": actor.unit_id}, {"unit_id": unit.id}
        audit.record(
            session,
            actor,
            "acting_changed",
            "account",
            actor.account_id,
            now,
            unit_id=unit.id,
            before=before,
            after=after,
        )
        return unit.name


def list_firms(session: Session, accounts: Iterable[Account]) -> dict[int, str]:
    """The names of the firms that accounts belong to, by the number of the unit."""
    wanted = {account.unit_id for account in accounts}
    return {unit.id or 0: unit.name for unit in session.scalars(select(Unit).where(Unit.id.in_(wanted)))}


def tell_sides(session: Session, delegation: Delegation, event: str, about: str = "") -> list[Telling]:
    """What the two sides are told: the unit as ``delegation_…``, then the agent's unit as ``mandate_…``."""
    unit = session.get_one(Unit, delegation.unit_id)
    agent = session.get_one(Account, delegation.account_id)
    firm = session.get_one(Unit, agent.unit_id)
    params = {
        "unit": unit.name,
        "firm": firm.name,
        "agent": agent.display_name,
        "day": delegation.until.isoformat(),
        "note": delegation.reason,
    }
    return [
        Telling(side.id or 0, f"{name}_{event}", params, f"{name}:{delegation.id}:{event}:{about}")
        for side, name in ((unit, "delegation"), (firm, "mandate"))
    ]


def _find_agent(actor: Actor, username: str, now: datetime) -> Agent:
    query = (
        select(Account.id, Account.display_name, Unit.name, Unit.id)
        .join(Unit, Unit.id == Account.unit_id)
        .where(Account.username == username, Account.is_active, Account.role == "operator")
    )
    with reading() as session:
        # The question tells whose a user name is, so it is not for trying out.
        tried = audit.count_since(session, actor.own_unit_id, "agent_not_found", now - WRONG_NAMES_WITHIN)
        if tried >= MAX_WRONG_NAMES:
            raise Refusal("delegation.too_many", "username", tries=MAX_WRONG_NAMES)
        found = session.execute(query).first()
    if found is None:
        with transaction() as session:
            after = {"username": username}
            audit.record(session, actor, "agent_not_found", "delegation", None, now, after=after)
        raise Refusal("delegation.no_agent", "username", username=username)
    account_id, name, firm, unit_id = found
    if unit_id == actor.unit_id:
        raise Refusal("delegation.own_people", "username", agent=name)
    return Agent(account_id, name, firm)


def _waiting(session: Session, actor: Actor, delegation_id: int) -> Delegation:
    delegation = get_region_delegation(session, actor.office, delegation_id, lock=True)
    check_other_person(actor.account_id, delegation.asked_by, delegation.account_id)
    if delegation.state != "asked":
        raise Conflict("delegation.decided")
    return delegation


def _move(session: Session, actor: Actor | None, delegation: Delegation, state: str, now: datetime) -> None:
    before = {"state": delegation.state}
    delegation.state = state
    if state != "ended":
        delegation.decided_by, delegation.decided_at = actor.account_id if actor else None, now
    session.add(delegation)
    after = {"state": state, **_terms(delegation)}
    if delegation.reason:
        after["reason"] = delegation.reason
    audit.record(
        session,
        actor,
        f"delegation_{state}",
        "delegation",
        delegation.id,
        now,
        unit_id=delegation.unit_id,
        before=before,
        after=after,
    )


def _end_expired(session: Session, unit_id: int, account_id: int, now: datetime) -> None:
    """What ended by itself is marked so, that it does not stand in the way of the next."""
    query = select(Delegation).where(
        Delegation.unit_id == unit_id,
        Delegation.account_id == account_id,
        Delegation.state.in_(("asked", "confirmed")),
        Delegation.until < now.date(),
    )
    for delegation in session.scalars(query.with_for_update()):
        _move(session, None, delegation, "ended", now)
    session.flush()


def _terms(delegation: Delegation) -> dict[str, str]:
    return {"rights": delegation.rights, "until": delegation.until.isoformat()}
