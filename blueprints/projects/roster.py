"""实名花名册: who is on the site and who was, one more or a change to one, and many from a file."""

from __future__ import annotations

from flask import render_template, request
from werkzeug.wrappers import Response

from blueprints.filings.batch import batch_page
from blueprints.filings.drafts import new_filing
from blueprints.projects import projects
from blueprints.projects.views import own_project
from blueprints.shared import clock
from blueprints.shared.guards import needs, operator_only
from models.db import reading
from models.project import count_workers, list_workers
from rules.numbers import whole_number

WORKERS_A_PAGE = 50


@projects.get("/<int:project_id>/roster")
@operator_only
@needs("query", to_read=True)
def roster(project_id: int) -> str:
    """The roster by key, everybody or whoever is on the site today."""
    after = whole_number(request.args.get("after", "")) or 0
    only_here = request.args.get("show") == "here"
    with reading() as session:
        project = own_project(session, project_id)
        here_on = clock.today() if only_here else None
        found = list_workers(session, project_id, after, WORKERS_A_PAGE + 1, here_on=here_on)
        count, here = count_workers(session, project_id, clock.today())
    shown = found[:WORKERS_A_PAGE]
    return render_template(
        "projects/roster.html",
        project=project,
        found=shown,
        count=count,
        here=here,
        only_here=only_here,
        is_closed=not project.is_open or clock.today() > project.covered_to,
        next_after=shown[-1].id if len(found) > WORKERS_A_PAGE else None,
        today=clock.today(),
    )


@projects.route("/<int:project_id>/roster/add", methods=["GET", "POST"])
@operator_only
@needs("people")
def roster_add(project_id: int) -> Response | tuple[str, int] | str:
    """One more on the roster; from a line of it (``?person=``) 退场 or another change to that line."""
    return new_filing("project_roster", project_id)


@projects.route("/<int:project_id>/roster/batch", methods=["GET", "POST"])
@operator_only
@needs("people")
def roster_add_batch(project_id: int) -> Response | tuple[str, int] | str:
    """Many from a file."""
    return batch_page("project_roster", project_id)
