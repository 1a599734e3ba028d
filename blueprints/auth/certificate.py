"""证书信息 (manual 内蒙古, figure 4-6): the certificate with which this session was opened."""

from __future__ import annotations

from flask import render_template

from blueprints.auth import auth
from blueprints.auth.ca import WARN_DAYS
from blueprints.shared import clock
from blueprints.shared.guards import actor, operator_only
from blueprints.shared.sessions import own_session_id
from models.account import find_session_certificate
from models.certificate import get_certificate, list_account_certificates
from models.db import reading
from services.accounts import session_digest


@auth.get("/certificate")
@operator_only
def certificate() -> str:
    """Issuer, holder, dates and codes; where this session has none, the ones bound to the account."""
    with reading() as database:
        digest = find_session_certificate(database, session_digest(own_session_id()))
        own = get_certificate(database, digest) if digest else None
        bound = list_account_certificates(database, actor().account_id)
    now = clock.now()
    shown = ([own] if own else []) + [other for other in bound if other.digest != digest]
    days = {one.digest: (one.not_after - now).days for one in shown}
    return render_template(
        "auth/certificate.html", certificates=shown, own=digest, days=days, warn_days=WARN_DAYS
    )
