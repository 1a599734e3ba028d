"""From a certificate that passed every check to the account it opens, or to the record it disagrees with."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import exists, func, or_, select
from sqlmodel import Session

from cert.codes import Codes
from cert.identity import Identity
from cert.match import codes_match, compare, names_equal, organisation_code
from models.account import Account, Actor
from models.certificate import AccountCertificate, CertificateRecord, find_bound_account
from models.db import reading
from models.unit import Unit
from rules.refusals import Refusal


class Door(NamedTuple):
    """An account that a certificate opens, with its unit."""

    account_id: int
    name: str
    unit_name: str
    unit_no: str


class Compared(NamedTuple):
    """One line of 组织机构代码异常: both texts as runs of (text, differs), the bureau's partly masked."""

    label: str
    shown: list[tuple[str, bool]]
    kept: list[tuple[str, bool]]
    differs: bool


def find_doors(identity: Identity, actor: Actor | None) -> list[Door]:
    """The accounts that a certificate opens: the one it is bound to, else the unit's operators.

    Several 单位编号 under one code, or several operators, are for the person to choose from. Whoever is signed
    in already (``actor``) proves one factor more and gets the own account only. An operator with certificates of
    his or her own is opened by those alone. Empty when no unit has the certificate's codes: 组织机构代码异常.

    Raises ``Refusal`` ``ca.no_operator`` with the ``unit``, ``ca.other_account`` for another's certificate.
    """
    with reading() as session:
        bound = find_bound_account(session, identity.digest)
        units = find_units(session, identity.codes)
        if bound is None:
            doors = _doors_of(session, units)
        else:
            # A closed operator's key opens nothing, least of all a colleague's account.
            doors = [_door(session, bound)] if bound.is_active else []
    if actor is not None:
        own = [door for door in doors if door.account_id == actor.account_id]
        if not own:
            raise Refusal("ca.other_account", name=actor.name)
        return own
    if not doors and (units or bound):
        raise Refusal("ca.no_operator", unit=units[0].name if units else identity.subject_name)
    return doors


def find_units(session: Session, codes: Codes) -> list[Unit]:
    """The units whose 统一社会信用代码 or 组织机构代码 a certificate carries; its 单位编号 narrow them down."""
    organisations = {code for code in (codes.org_code, organisation_code(codes.uscc)) if code}
    if not codes.uscc and not organisations:
        return []
    wanted = or_(Unit.uscc == codes.uscc, func.substr(Unit.uscc, 9, 9).in_(organisations))
    found = session.scalars(select(Unit).where(wanted).order_by(Unit.unit_no))
    units = [unit for unit in found if codes_match(codes, unit.uscc)]
    named = [unit for unit in units if unit.unit_no in codes.unit_nos]
    return named or units


def find_other_unit(certificate: CertificateRecord, unit_no: str) -> Unit | None:
    """The unit to hold a certificate against that matches none: by 单位编号, its own or a typed one, or by name."""
    codes = certificate.codes
    numbers = [unit_no] if unit_no else list(codes["unit_nos"])
    with reading() as session:
        for number in numbers:
            found = list(session.scalars(select(Unit).where(Unit.unit_no == number).limit(2)))
            if len(found) == 1:
                return found[0]
        if numbers:
            return None
        named = session.scalars(select(Unit).where(Unit.name == certificate.subject_name).limit(2)).all()
    return named[0] if len(named) == 1 and names_equal(named[0].name, certificate.subject_name) else None


def compare_records(certificate: CertificateRecord, unit: Unit) -> list[Compared]:
    """单位名称, 统一社会信用代码 and 组织机构代码 of the certificate beside the bureau's."""
    shown, kept = shown_values(certificate), kept_values(unit)
    lines = []
    for label in kept:
        ours, theirs = compare(shown[label], kept[label])
        differs = shown[label] != kept[label]
        if label == "name":
            differs = not names_equal(shown[label], kept[label])
        lines.append(Compared(label, ours, theirs, differs))
    return lines


def shown_values(certificate: CertificateRecord) -> dict[str, str]:
    """What a certificate says of its unit."""
    codes: dict[str, Any] = certificate.codes
    organisation = codes["org_code"] or organisation_code(codes["uscc"])
    return {"name": certificate.subject_name, "uscc": codes["uscc"], "org_code": organisation}


def kept_values(unit: Unit) -> dict[str, str]:
    """What the bureau has on record."""
    return {"name": unit.name, "uscc": unit.uscc, "org_code": organisation_code(unit.uscc)}


def _doors_of(session: Session, units: list[Unit]) -> list[Door]:
    has_own = exists().where(AccountCertificate.account_id == Account.id, AccountCertificate.is_live)
    query = (
        select(Account.id, Account.display_name, Unit.name, Unit.unit_no)
        .join(Unit, Unit.id == Account.unit_id)
        .where(Unit.id.in_([unit.id for unit in units]), Account.is_active, ~has_own)
        .order_by(Unit.unit_no, Account.id)
    )
    return [Door(*row) for row in session.execute(query)]


def _door(session: Session, account: Account) -> Door:
    unit = session.get_one(Unit, account.unit_id)
    assert account.id is not None
    return Door(account.id, account.display_name, unit.name, unit.unit_no)
