"""A project comes into being with a number, is billed by the region's formula, and is in force once it is paid."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from models import audit
from models.account import Actor
from models.filing import Filing
from models.notice import Notice
from models.project import (
    Project,
    ProjectCharge,
    find_by_contract,
    find_formula,
    find_last_number,
    list_charges,
)
from rules.money import yuan_text
from rules.project_dues import Formula, Line, due_fen, explain, explain_difference, parse_formula
from rules.projects import project_no
from rules.refusals import Refusal

TRIES = 50
"""How many projects of one place may be approved at the same moment before one has to be pressed again."""


def formula_on(session: Session, region_code: str, on: date) -> Formula | None:
    """The region's formula for projects that begin on a day, or None where it set none."""
    parameter = find_formula(session, region_code, on)
    return parse_formula(**parameter.value) if parameter else None


def add_project(session: Session, project: Project, day: date) -> None:
    """Keep a new project under the next number of its place and day, in the running transaction.

    The database lets a number be given once; who comes second takes the next. Raises ``Refusal``
    ``project.contract_taken``.
    """
    for _try in range(TRIES):
        project.project_no = _next_number(session, project, day)
        try:
            with session.begin_nested():
                session.add(project)
                session.flush()
            return
        except IntegrityError:
            if find_by_contract(session, project.region_code, project.contract_no):
                raise Refusal("project.contract_taken", "contract_no") from None
    raise Refusal("project.busy")


def _next_number(session: Session, project: Project, day: date) -> str:
    first = project_no(project.region_code, project.place_code, day, 1)
    last = find_last_number(session, first[:-4])
    return project_no(project.region_code, project.place_code, day, int(last[-4:]) + 1) if last else first


def charge_project(
    session: Session, actor: Actor, project: Project, reason: str, filing: Filing, now: datetime
) -> ProjectCharge:
    """Bill what the project owes for its present price, less what was billed before, never less than 0.

    The formula is the one in force when the project began. What was billed and is too much is not given back.
    Raises ``Refusal`` ``project.no_formula``, ``project.labour_missing``.
    """
    parameter = find_formula(session, project.region_code, project.starts_on)
    if parameter is None:
        raise Refusal("project.no_formula", "starts_on", starts_on=project.starts_on.isoformat())
    due = due_fen(parse_formula(**parameter.value), project.contract_fen, project.labour_permille)
    billed = sum(charge.amount_fen for charge in list_charges(session, project.key))
    charge = ProjectCharge(
        project_id=project.key,
        reason=reason,
        contract_fen=project.contract_fen,
        amount_fen=max(0, due - billed),
        terms={
            "formula": parameter.value,
            "source": parameter.source,
            "valid_from": parameter.valid_from.isoformat(),
            "valid_to": parameter.valid_to.isoformat(),
            "labour_permille": project.labour_permille,
            "billed_fen": billed,
        },
        filing_id=filing.key,
        charged_at=now,
    )
    session.add(charge)
    session.flush()
    after = {"charge": charge.id, "reason": reason, "amount_fen": charge.amount_fen, **charge.terms}
    audit_project(session, actor, "project_charged", project, now, after=after)
    settle_project(session, project)
    if charge.is_owed:
        kind = "project_charged" if reason == "first" else "project_charged_more"
        tell_project(session, project, charge, kind, now)
    return charge


def explain_charge(charge: ProjectCharge) -> list[Line]:
    """为什么是这个数: the formula with its numbers as they were when it was billed."""
    terms = charge.terms
    formula, permille = parse_formula(**terms["formula"]), terms["labour_permille"]
    lines = explain(formula, charge.contract_fen, permille)
    if charge.reason == "first":
        return lines
    due = due_fen(formula, charge.contract_fen, permille)
    return [*lines, explain_difference(due, terms["billed_fen"])]


def settle_project(session: Session, project: Project) -> None:
    """A project with nothing owed is in force; a later charge does not take that away."""
    if project.state == "unpaid" and not any(one.is_owed for one in list_charges(session, project.key)):
        project.state = "covered"
    project.version += 1
    session.add(project)
    session.flush()


def audit_project(
    session: Session,
    actor: Actor,
    action: str,
    project: Project,
    now: datetime,
    *,
    before: object = None,
    after: object = None,
) -> None:
    """What happened to a project, among the events of its unit."""
    audit.record(
        session,
        actor,
        action,
        "project",
        project.id,
        now,
        unit_id=project.unit_id,
        before=before,
        after=after,
    )


def tell_project(session: Session, project: Project, charge: ProjectCharge, kind: str, now: datetime) -> None:
    """The unit is told of a charge, or that it was paid, once each."""
    params = {
        "project_id": project.key,
        "number": project.project_no,
        "name": project.name,
        "amount": yuan_text(charge.amount_fen, grouped=True),
    }
    key = f"{kind}:{charge.id}"
    session.add(Notice(unit_id=project.unit_id, kind=kind, params=params, key=key, at=now))
