"""What comes to its end soon, told to the units that it concerns: once early, once when it is nearly too late."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from sqlalchemy import exists, func, select
from sqlmodel import Session

from cert.codes import Codes
from models.account import Account
from models.certificate import AccountCertificate, CertificateRecord
from models.db import reading
from models.delegation import Delegation
from models.filing import Filing
from models.person import Enrolment
from models.project import Project
from models.region import DeclarationWindow, list_current_windows
from models.unit import Unit, UnitRate
from rules.filing_states import WAGES
from services.ca_login import find_units
from services.delegations import tell_sides
from services.levy_notices import due_tellings
from services.notices import Telling, tell_many

# Each: told when so many days are left, and again at the smaller number.
WINDOW_DAYS = (14, 3)
"""Two weeks to enter a large unit's wages, three days for whoever put it off."""
CERTIFICATE_DAYS = (30, 7)
"""A CA takes some weeks to renew a key by post, some days over its counter."""
DELEGATION_DAYS = (14, 3)
"""A new one waits for the bureau's confirmation."""
PROJECT_DAYS = (30, 15)
"""延期 is reviewed by the bureau, and has to be in force before the cover ends."""
LIVE = ("submitting", "pending", "approved")


def tell_deadlines(now: datetime) -> int:
    """Tell what ends soon and has not been told; returns how many notices that were.

    Safe to run at any time, again, and by two workers at once: the key of a notice says what ends, when, and which
    of the two steps it is, and the database keeps keys unique. A day without a worker is made up for on the next.
    """
    today = now.date()
    with reading() as session:
        found = [
            *_windows(session, today),
            *_certificates(session, now),
            *_delegations(session, today),
            *_projects(session, today),
            *due_tellings(session, today),
        ]
    return tell_many(found, now)


def step_reached(left: int, steps: tuple[int, ...]) -> int | None:
    """The smallest step that ``left`` days have come down to; None while it is far off, or over."""
    if left < 0:
        return None
    return min((step for step in steps if left <= step), default=None)


def _windows(session: Session, today: date) -> Iterator[Telling]:
    for window, region in list_current_windows(session, today):
        step = step_reached((window.closes_on - today).days, WINDOW_DAYS)
        if step is None:
            continue
        day = window.closes_on.isoformat()
        sent = _sent(session, window)
        for unit_id, insurances in _obliged(session, region.code, today).items():
            left = sorted(insurances - sent.get(unit_id, set()))
            if left:
                params = {"year": window.year, "day": day, "insurances": left}
                yield Telling(
                    unit_id, "window_closes", params, f"window:{window.year}:{day}:{step}:{unit_id}"
                )


def _obliged(session: Session, region_code: str, today: date) -> dict[int, set[str]]:
    """The 险种 that each unit of a region has open and people in."""
    has_people = exists().where(
        Enrolment.unit_id == UnitRate.unit_id,
        Enrolment.insurance == UnitRate.insurance,
        Enrolment.state == "active",
    )
    query = (
        select(UnitRate.unit_id, UnitRate.insurance)
        .join(Unit, Unit.id == UnitRate.unit_id)
        .where(
            Unit.region_code == region_code,
            UnitRate.valid_from <= today,
            UnitRate.valid_to > today,
            has_people,
        )
    )
    found: dict[int, set[str]] = defaultdict(set)
    for unit_id, insurance in session.execute(query):
        found[unit_id].add(insurance)
    return found


def _sent(session: Session, window: DeclarationWindow) -> dict[int, set[str]]:
    """The 险种 of the window's year that each unit has declared."""
    query = select(Filing.unit_id, Filing.insurances).where(
        Filing.region_code == window.region_code,
        Filing.kind == WAGES,
        Filing.year == window.year,
        Filing.state.in_(LIVE),
    )
    found: dict[int, set[str]] = defaultdict(set)
    for unit_id, insurances in session.execute(query):
        found[unit_id] |= set(insurances.split())
    return found


def _certificates(session: Session, now: datetime) -> Iterator[Telling]:
    """The certificates that opened a unit's door and end soon, unless the same holder has a later one."""
    query = select(CertificateRecord).where(
        CertificateRecord.not_after > now,
        CertificateRecord.not_after <= now + timedelta(days=max(CERTIFICATE_DAYS) + 1),
    )
    for certificate in session.scalars(query):
        ends = certificate.not_after.astimezone(now.tzinfo).date()
        step = step_reached((ends - now.date()).days, CERTIFICATE_DAYS)
        if step is None or _is_renewed(session, certificate):
            continue
        params = {"subject": certificate.subject_name, "day": ends.isoformat()}
        for unit_id in _units_of(session, certificate):
            key = f"certificate:{certificate.digest[:40]}:{step}:{unit_id}"
            yield Telling(unit_id, "certificate_expires", params, key)


def _is_renewed(session: Session, certificate: CertificateRecord) -> bool:
    """Whether a later certificate with the same name and codes has been used, too."""
    query = select(CertificateRecord.codes).where(
        CertificateRecord.subject_name == certificate.subject_name,
        CertificateRecord.not_after > certificate.not_after,
    )
    return any(codes == certificate.codes for codes in session.scalars(query))


def _units_of(session: Session, certificate: CertificateRecord) -> list[int]:
    """The unit of the operator that it is bound to, else the units whose codes it carries."""
    query = (
        select(Account.unit_id)
        .join(AccountCertificate, AccountCertificate.account_id == Account.id)
        .where(
            AccountCertificate.certificate_digest == certificate.digest,
            AccountCertificate.is_live,
            Account.unit_id.is_not(None),
        )
    )
    bound = list(session.scalars(query))
    return bound or [unit.id or 0 for unit in find_units(session, Codes(**certificate.codes))]


def _delegations(session: Session, today: date) -> Iterator[Telling]:
    """To the unit that delegated and to the agent's, each in its own words."""
    query = select(Delegation).where(
        Delegation.state == "confirmed",
        Delegation.until >= today,
        Delegation.until <= today + timedelta(days=max(DELEGATION_DAYS)),
    )
    for delegation in session.scalars(query):
        step = step_reached((delegation.until - today).days, DELEGATION_DAYS)
        yield from tell_sides(session, delegation, "ends", f"{delegation.until}:{step}")


def _projects(session: Session, today: date) -> Iterator[Telling]:
    ends = func.coalesce(Project.completed_on, Project.extended_to, Project.ends_on)
    query = select(Project).where(
        Project.state == "covered", ends >= today, ends <= today + timedelta(days=max(PROJECT_DAYS))
    )
    for project in session.scalars(query):
        step = step_reached((project.covered_to - today).days, PROJECT_DAYS)
        day = project.covered_to.isoformat()
        params = {"name": project.name, "number": project.project_no, "day": day, "project_id": project.id}
        yield Telling(project.unit_id, "project_ends", params, f"project:{project.id}:{day}:{step}")
