"""注销名单: fetched again and again, loaded from a file, and their state told to whoever runs the hall."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import select

from cert.certificate import Certificate
from cert.crl import Crl
from cert.digests import sm3_hex
from cert.fetch import accept_list, put_list, refresh_lists
from cert.folder import TrustFolder
from cert.trust import Trust
from models import audit
from models.audit import AuditEvent
from models.db import reading, transaction
from rules.refusals import Refusal

log = logging.getLogger(__name__)

SUBJECT = "revocation_list"


@dataclass(frozen=True)
class AuthorityState:
    """One CA of the trust folder; ``rank`` is "anchor" or "intermediate", ``crl`` its newest list, if it has one.

    ``problems`` are words for whoever runs the hall, in English like the log.
    """

    rank: str
    issuer: str
    not_after: datetime
    crl: Crl | None
    problems: tuple[str, ...]


def fetch_lists(trusted: TrustFolder, addresses: Iterable[str], now: datetime) -> bool:
    """Fetch each address's list into the trust folder; whether all of them are as they should be.

    A problem is logged each time; the audit trail has it when it begins, when it becomes another, and when it
    ends. Raises ``ValueError`` where the trust folder cannot be read, or nothing is trusted yet.
    """
    trust = _trust(trusted)
    known = _known_problems()
    problems: dict[str, str] = {}
    for fetched in refresh_lists(trusted.folder / "crls", addresses, trust):
        problems[fetched.address] = fetched.problem.code if fetched.problem else ""
        if fetched.problem:
            log.error("list of %s: %s", fetched.address, fetched.problem.code)
        elif fetched.crl:
            log.info(
                "list of %s: %s, %d revoked", fetched.address, _ends(fetched.crl), len(fetched.crl.revoked)
            )
    changes = {address: code for address, code in problems.items() if code != known.get(address, "")}
    if changes:
        with transaction() as session:
            for address, code in changes.items():
                action = "list_refused" if code else "list_recovered"
                after = {"address": address, "code": code}
                audit.record(session, None, action, SUBJECT, None, now, after=after)
    return not any(problems.values())


def load_list(trusted: TrustFolder, file: Path) -> Crl:
    """Put a list from a file (DER or PEM) into the trust folder, in place of this issuer's last loaded one.

    Raises ``Refusal`` as ``cert.fetch.refresh_lists`` does: ``crl.damaged``, ``crl.unsigned``, ``crl.older`` (than
    any list of the issuer that is in use); ``ValueError`` as ``fetch_lists``, ``OSError`` for the file.
    """
    trust = _trust(trusted)
    fresh = accept_list(file.read_bytes(), trust, file.name)
    # Parts of a list (issuingDistributionPoint) lie side by side; each replaces its own kind only.
    same = [
        crl
        for crl in trust.crls.get(fresh.issuer, ())
        if (crl.scope, crl.key_id) == (fresh.scope, fresh.key_id)
    ]
    if any(crl.this_update > fresh.this_update for crl in same):
        raise Refusal("crl.older", None, address=file.name)
    part = fresh.scope.public_bytes() if fresh.scope else b""
    key = sm3_hex(fresh.issuer + (fresh.key_id or b"") + part)[:16]
    put_list(trusted.folder / "crls" / f"loaded-{key}.crl", fresh)
    return fresh


def list_states(trusted: TrustFolder, now: datetime) -> list[AuthorityState]:
    """Every trusted CA and its list, at a moment (aware); raises ``ValueError`` as ``fetch_lists``."""
    trust = _trust(trusted)
    ranks = (("anchor", trust.anchors), ("intermediate", trust.intermediates))
    return [_state(rank, authority, trust, now) for rank, found in ranks for authority in found]


def _state(rank: str, authority: Certificate, trust: Trust, now: datetime) -> AuthorityState:
    named = [
        crl
        for crl in trust.crls.get(authority.subject, ())
        if not (crl.key_id and authority.key_id) or crl.key_id == authority.key_id
    ]
    signed = [crl for crl in named if crl.is_signed_by(authority)]
    problems = []
    if not authority.not_before <= now <= authority.not_after:
        problems.append("its own certificate is not valid now")
    if not signed:
        problems.append("its list is signed by somebody else" if named else "it has no list")
    elif signed[0].next_update is None or now > signed[0].next_update:
        problems.append("its list is past its nextUpdate")
    crl = signed[0] if signed else None
    return AuthorityState(rank, authority.subject_name, authority.not_after, crl, tuple(problems))


def _trust(trusted: TrustFolder) -> Trust:
    trust = trusted.current()
    if trust is None:
        raise ValueError(f"{trusted.folder}: nothing is trusted yet")
    return trust


def _known_problems() -> dict[str, str]:
    """The last word of the audit trail on each address; a handful of rows, asked for every few hours."""
    query = select(AuditEvent.after).where(AuditEvent.subject == SUBJECT).order_by(AuditEvent.id)
    with reading() as session:
        return {after["address"]: after["code"] for after in session.scalars(query)}


def _ends(crl: Crl) -> str:
    return f"next on {crl.next_update:%Y-%m-%d %H:%M} UTC" if crl.next_update else "without its next date"
