"""The windows of 项目管理: the unit's projects, what each owes and why, and what may be asked of it."""

from __future__ import annotations

from flask import render_template, request
from sqlmodel import Session
from werkzeug.wrappers import Response

from blueprints.filings.drafts import new_filing
from blueprints.filings.views import list_page
from blueprints.projects import projects
from blueprints.shared import clock
from blueprints.shared.guards import actor, needs, operator_only
from models.db import reading
from models.filing import Filing
from models.project import (
    Project,
    count_workers,
    find_project,
    list_charges,
    list_project_filings,
    list_projects,
    sum_projects,
)
from rules.filing_states import OPEN, PROJECTS
from rules.numbers import whole_number
from rules.projects import REGISTERING
from rules.refusals import Missing
from services.projects import explain_charge
from translations import gettext as _

PROJECTS_A_PAGE = 50


@projects.get("/")
@operator_only
@needs("query", to_read=True)
def index() -> str:
    """项目查询: the unit's projects, the newest first."""
    before = whole_number(request.args.get("before", ""))
    with reading() as session:
        found = list_projects(session, actor().own_unit_id, before, PROJECTS_A_PAGE + 1)
        shown = found[:PROJECTS_A_PAGE]
        sums = sum_projects(session, shown, clock.today())
    next_before = shown[-1].id if len(found) > PROJECTS_A_PAGE else None
    return render_template("projects/index.html", found=shown, sums=sums, next_before=next_before)


@projects.get("/<int:project_id>")
@operator_only
@needs("query", to_read=True)
def show(project_id: int) -> str:
    """One project: its record, its charges and why, its roster in short, its requests, what may be asked next."""
    with reading() as session:
        project = own_project(session, project_id)
        charges = list_charges(session, project_id)
        values = {
            "project": project,
            "charges": [(charge, explain_charge(charge)) for charge in charges],
            "sums": sum_projects(session, [project], clock.today())[project_id],
            "workers": count_workers(session, project_id, clock.today()),
            "filings": list_project_filings(session, actor().own_unit_id, project_id),
        }
    pending = {filing.kind: filing for filing in values["filings"] if is_under_way(filing)}  # type: ignore[attr-defined]
    kinds = dict(next(field for field in REGISTERING[0].fields if field.name == "kind").choices)
    return render_template("projects/show.html", pending=pending, kinds=kinds, **values)


@projects.route("/register", methods=["GET", "POST"])
@operator_only
@needs("people")
def register() -> Response | tuple[str, int] | str:
    """项目参保登记 (人社部发〔2014〕103号)."""
    return new_filing("project_in")


@projects.route("/<int:project_id>/change", methods=["GET", "POST"])
@operator_only
@needs("people")
def change(project_id: int) -> Response | tuple[str, int] | str:
    """项目信息变更."""
    return new_filing("project_change", project_id)


@projects.route("/<int:project_id>/extend", methods=["GET", "POST"])
@operator_only
@needs("people")
def extend(project_id: int) -> Response | tuple[str, int] | str:
    """项目延期."""
    return new_filing("project_extend", project_id)


@projects.route("/<int:project_id>/price", methods=["GET", "POST"])
@operator_only
@needs("people")
def price(project_id: int) -> Response | tuple[str, int] | str:
    """造价变更."""
    return new_filing("project_price", project_id)


@projects.route("/<int:project_id>/end", methods=["GET", "POST"])
@operator_only
@needs("people")
def end(project_id: int) -> Response | tuple[str, int] | str:
    """竣工."""
    return new_filing("project_end", project_id)


@projects.get("/filings")
@operator_only
@needs("query", to_read=True)
def filings() -> str:
    """项目业务查询."""
    return list_page(PROJECTS, _("项目业务查询"))


def own_project(session: Session, project_id: int) -> Project:
    """A project of the actor's unit. Raises ``Missing``."""
    project = find_project(session, actor().own_unit_id, project_id)
    if project is None:
        raise Missing(project_id)
    return project


def is_under_way(filing: Filing) -> bool:
    """Whether something is still being asked for."""
    return filing.state in OPEN
