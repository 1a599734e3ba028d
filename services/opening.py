"""险种开通 (manual 黑龙江 二): by its 4-digit 医保序号 and the name in its certificate a unit opens its 险种."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlmodel import Session

from cert.match import compare, names_equal
from models import audit
from models.account import Account, Actor, find_session_certificate
from models.certificate import CertificateRecord, get_certificate
from models.db import reading, transaction
from models.region import Region
from models.unit import Unit
from rules.insurances import ALL
from rules.refusals import Conflict, Missing, Refusal
from services.accounts import session_digest

MAX_TRIES = 10
TRIES_WITHIN = timedelta(hours=1)
_SERIAL = re.compile(r"[0-9]{4}")


def find_certificate(session_id: str) -> CertificateRecord | None:
    """The certificate with which a session was opened, or None for a session opened otherwise."""
    with reading() as session:
        digest = find_session_certificate(session, session_digest(session_id))
        return get_certificate(session, digest) if digest else None


def open_insurances(actor: Actor, session_id: str, serial_no: str, now: datetime) -> None:
    """Open 医疗, 工伤 and 生育 for the unit whose 医保序号 this is.

    The unit of that number in the region must be the operator's own, and bear the name in the certificate that
    opened the session (NFKC, one kind of brackets, nothing fuzzy).

    Raises ``Missing`` while acting for another unit, ``Conflict`` ``opening.not_due``, and ``Refusal``:
    ``opening.no_certificate``, ``opening.serial``, ``opening.too_many`` after ten refusals in an hour,
    ``opening.unknown``, ``opening.names_differ`` with both names, the bureau's partly masked.
    """
    certificate = find_certificate(session_id)
    if certificate is None:
        raise Refusal("opening.no_certificate", "serial_no")
    if not _SERIAL.fullmatch(serial_no):
        raise Refusal("opening.serial", "serial_no", typed=serial_no[:20])
    with transaction() as session:
        unit = _own_unit(session, actor)
        if audit.count_since(session, actor.own_unit_id, "opening_refused", now - TRIES_WITHIN) >= MAX_TRIES:
            raise Refusal("opening.too_many", "serial_no", tries=MAX_TRIES)
        refusal = _judge(session, unit, serial_no, certificate)
        if refusal is None:
            _open(session, actor, unit, certificate, now)
            return
        after = {"code": refusal.code, "serial_no": serial_no, "certificate": certificate.digest}
        audit.record(session, actor, "opening_refused", "unit", unit.id, now, after=after)
    # Raised after the commit: the try itself must be remembered.
    raise refusal


def _own_unit(session: Session, actor: Actor) -> Unit:
    """The operator's own unit, locked, so that tries are counted one after another."""
    if session.get_one(Account, actor.account_id).unit_id != actor.unit_id:
        raise Missing(actor.unit_id)
    unit = session.get_one(Unit, actor.own_unit_id, with_for_update=True)
    region = session.get_one(Region, unit.region_code)
    if not region.needs_opening or unit.opened_at is not None:
        raise Conflict("opening.not_due")
    return unit


def _judge(session: Session, unit: Unit, serial_no: str, certificate: CertificateRecord) -> Refusal | None:
    query = select(Unit).where(Unit.region_code == unit.region_code, Unit.serial_no == serial_no)
    found = session.scalars(query).first()
    if found is None:
        return Refusal("opening.unknown", "serial_no", serial_no=serial_no)
    name = certificate.subject_name
    if found.id == unit.id and names_equal(found.name, name):
        return None
    if names_equal(found.name, name):
        # Two units of one name: the number is the other's.
        return Refusal("opening.other_unit", "serial_no", serial_no=serial_no, name=name)
    kept = "".join(text for text, _differs in compare(name, found.name)[1])
    return Refusal("opening.names_differ", "serial_no", serial_no=serial_no, shown=name, kept=kept)


def _open(session: Session, actor: Actor, unit: Unit, certificate: CertificateRecord, now: datetime) -> None:
    unit.opened_at = now
    session.add(unit)
    before = {"opened_at": None}
    after = {
        "opened_at": now.isoformat(),
        "insurances": list(ALL),
        "serial_no": unit.serial_no,
        "certificate": certificate.digest,
    }
    audit.record(session, actor, "insurances_opened", "unit", unit.id, now, before=before, after=after)
