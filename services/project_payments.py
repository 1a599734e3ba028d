"""到账: the bureau notes that a project's charge was paid; with the last one the project is in force."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time

from sqlmodel import Session

from models.account import Actor
from models.db import transaction
from models.project import Project, ProjectCharge, find_region_charge
from rules.fields import clean_fields, fields_of
from rules.projects import PAYING, check_payment
from rules.refusals import Conflict, Missing
from services.filings import Faulty
from services.projects import audit_project, settle_project, tell_project


def read_payment(charge: ProjectCharge, typed: Mapping[str, str], now: datetime) -> dict[str, str]:
    """凭证号 and 到账日期 made clean. Raises ``Faulty``."""
    content, problems = clean_fields(fields_of(PAYING), typed)
    if not problems:
        charged_on = charge.charged_at.astimezone(now.tzinfo).date()
        problems = {one.field or "": one for one in check_payment(content, charged_on, now.date())}
    if problems:
        raise Faulty(problems)
    return content


def get_charge(session: Session, actor: Actor, charge_id: int) -> tuple[ProjectCharge, Project]:
    """A charge of the reviewer's office. Raises ``Missing``."""
    found = find_region_charge(session, actor.office, charge_id)
    if found is None:
        raise Missing(charge_id)
    return found


def pay_charge(actor: Actor, charge_id: int, typed: Mapping[str, str], now: datetime) -> None:
    """到账: a charge is paid; with the last one the project is in force. The unit is told.

    Raises ``Missing``, ``Faulty``, ``Conflict`` ``payment.done`` (``voucher``), ``payment.void``.
    """
    with transaction() as session:
        _charge, project = get_charge(session, actor, charge_id)
        session.refresh(project, with_for_update=True)
        charge = session.get_one(ProjectCharge, charge_id, with_for_update=True, populate_existing=True)
        if charge.paid_at is not None:
            raise Conflict("payment.done", voucher=charge.voucher)
        if project.state == "ended":
            raise Conflict("payment.void")
        content = read_payment(charge, typed, now)
        paid_on = date.fromisoformat(content["paid_on"])
        charge.paid_at = datetime.combine(paid_on, time(), now.tzinfo)
        charge.paid_by, charge.voucher = actor.account_id, content["voucher"]
        session.add(charge)
        session.flush()
        before = {"state": project.state}
        settle_project(session, project)
        after = {"charge": charge_id, "amount_fen": charge.amount_fen, "state": project.state, **content}
        audit_project(session, actor, "project_paid", project, now, before=before, after=after)
        is_new = project.state != before["state"]
        tell_project(session, project, charge, "project_covered" if is_new else "project_paid", now)
