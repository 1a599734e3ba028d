"""What every page that asks a UKey for a signature needs: services to ask, for whom it signs, what is trusted."""

from __future__ import annotations

import logging
import secrets

from flask import current_app, request, session

from blueprints.shared.pages import allow_connections
from cert.trust import Trust
from rules.refusals import Refusal

log = logging.getLogger(__name__)


def current_trust() -> Trust:
    """What this hall trusts; raises ``Refusal`` ``ca.not_open`` where nothing is set up, ``ca.broken``."""
    try:
        trust: Trust | None = current_app.config["TRUST"].current()
    except ValueError:
        log.exception("the trust folder cannot be read")
        raise Refusal("ca.broken") from None
    if trust is None:
        raise Refusal("ca.not_open")
    return trust


def find_trust() -> Trust | None:
    """What signatures are checked against; None where it is not set up, or (as the log says) unreadable."""
    try:
        return current_trust()
    except Refusal:
        return None


def ukey_addresses() -> dict[str, str]:
    """The UKey services that this page may ask; its Content-Security-Policy is told, too."""
    settings = current_app.config["SETTINGS"]
    configured = {"agent": settings.ukey_agent, "jit": settings.ukey_jit, "bjca": settings.ukey_bjca}
    found = {name: "" if addresses == "-" else addresses for name, addresses in configured.items()}
    allow_connections(address for addresses in found.values() for address in addresses.split())
    return found


def ukey_downloads() -> list[tuple[str, str, str]]:
    """The drivers to offer, as (name, size, address)."""
    lines = current_app.config["SETTINGS"].ukey_downloads.split(";")
    parts = [tuple(part.strip() for part in line.split("|")) for line in lines if line.strip()]
    return [(part[0], part[1], part[2]) for part in parts if len(part) == 3]


def origin() -> str:
    """The page's origin, as the browser knows it: what is signed here is good here only."""
    return request.host_url.rstrip("/")


def browser_id() -> str:
    """Something secret of this browser's session; a question is put to it alone."""
    known: str = session.setdefault("browser", secrets.token_urlsafe(16))
    session.modified = True
    return known
