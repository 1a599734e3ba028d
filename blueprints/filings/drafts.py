"""The form of a 业务 of any kind: 保存 makes a draft, which is looked at again before 提交."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from flask import current_app, flash, redirect, render_template, request, url_for
from jinja2 import Template
from sqlmodel import Session
from werkzeug.wrappers import Response

from blueprints.filings import filings
from blueprints.shared import clock
from blueprints.shared.guards import actor, needs, operator_only
from blueprints.shared.sentences import sentence
from models.db import reading
from models.filing_parts import find_line, list_lines
from models.project import Project, find_project
from rules.filing_states import is_editable
from rules.numbers import whole_number
from rules.refusals import Conflict, Missing, Refusal
from services.filings import Faulty, asked_by, drop_line, find_own, save_line, save_new
from services.kind_list import find_kind
from services.kinds import Kind
from translations import gettext as _


def new_filing(code: str, project_id: int | None = None) -> Response | tuple[str, int] | str:
    """The empty form of a kind, and 保存; the window of each menu group calls this for its own kinds."""
    kind = find_kind(code)
    with reading() as session:
        project = _own_project(session, project_id)
        about = replace(asked_by(actor(), clock.now(), project_id), person_id=_person())
        known, recorded = kind.known(session, about), kind.recorded(session, about)
    place = {"project": project, "recorded": recorded}
    if request.method == "GET":
        asked = {name: request.args[name] for name in kind.fields if name in request.args}
        return _form(kind, known | asked, {}, **place)
    typed = typed_form(kind)
    try:
        filing_id = save_new(actor(), code, typed, clock.now(), project_id)
    except Faulty as faulty:
        return _form(kind, typed, _said(faulty.problems), **place), 422
    flash(_("已保存，还没有提交。请再核对一遍，无误后点“提交”。"), "good")
    return redirect(url_for("filings.show", filing_id=filing_id), 303)


@filings.route("/<int:filing_id>/lines/<int:seq>", methods=["GET", "POST"])
@operator_only
@needs("people")
def line(filing_id: int, seq: int) -> Response | tuple[str, int] | str:
    """One line of a draft: look, change, 保存; number 0 adds one."""
    with reading() as session:
        filing = find_own(session, actor(), filing_id)
        found = find_line(session, filing_id, seq)
        after = list_lines(session, filing_id, seq, 1, only_faulty=True)
        project = _own_project(session, filing.project_id)
        kind = find_kind(filing.kind)
        about = asked_by(actor(), clock.now(), filing.project_id, filing_id)
        recorded = kind.recorded(session, replace(about, person_id=found.person_id if found else None))
    if seq and found is None:
        raise Missing(seq)
    if not is_editable(filing.state):
        raise Conflict("filing.not_editable", state=filing.state)
    place = {"filing": filing, "seq": seq, "line": found, "project": project, "recorded": recorded}
    if request.method == "GET":
        typed = found.typed if found else {}
        return _form(kind, typed, problems_said(found.problems) if found else {}, **place)
    typed = typed_form(kind)
    try:
        save_line(actor(), filing_id, seq, sent_version(), typed, clock.now())
    except Faulty as faulty:
        return _form(kind, typed, _said(faulty.problems), **place), 422
    if found and found.is_faulty and after:
        flash(_("已保存。这是下一个要改的。"), "good")
        return redirect(url_for("filings.line", filing_id=filing_id, seq=after[0].seq), 303)
    flash(_("已保存，还没有提交。"), "good")
    return redirect(url_for("filings.show", filing_id=filing_id), 303)


@filings.post("/<int:filing_id>/lines/<int:seq>/drop")
@operator_only
@needs("people")
def drop(filing_id: int, seq: int) -> Response:
    """Take a line out of a draft."""
    drop_line(actor(), filing_id, seq, sent_version(), clock.now())
    flash(_("已从这件业务里去掉。"), "good")
    return redirect(url_for("filings.show", filing_id=filing_id), 303)


def typed_form(kind: Kind) -> dict[str, str]:
    """What was typed into a kind's form, several choices joined by a space."""
    return {name: " ".join(request.form.getlist(name)) for name in kind.fields}


def sent_version() -> int:
    """The version of the filing that the page was drawn from; raises ``Refusal`` ``form.damaged``."""
    version = whole_number(request.form.get("version", ""))
    if version is None:
        raise Refusal("form.damaged")
    return version


def problems_said(problems: list[dict[str, object]]) -> dict[str, str]:
    """A line's kept problems as sentences by field."""
    found: dict[str, str] = {}
    for one in problems:
        params = one["params"] if isinstance(one["params"], dict) else {}
        found.setdefault(str(one["field"]), sentence(Refusal(str(one["code"]), str(one["field"]), **params)))
    return found


def _said(problems: Mapping[str, Refusal]) -> dict[str, str]:
    return {name: sentence(refusal) for name, refusal in problems.items()}


def _own_project(session: Session, project_id: int | None) -> Project | None:
    """The project that is asked about, if any. Raises ``Missing`` for another unit's."""
    if project_id is None:
        return None
    project = find_project(session, actor().own_unit_id, project_id)
    if project is None:
        raise Missing(project_id)
    return project


def _form(kind: Kind, typed: Mapping[str, str], errors: Mapping[str, str], **place: object) -> str:
    values = {"filing": None, "line": None, "seq": 1, "batch": _batch_address(kind), **place}
    # A kind may have words of its own around the same form.
    templates: list[str | Template] = [f"filings/forms/{kind.code}.html", "filings/form.html"]
    return render_template(templates, kind=kind, typed=typed, errors=errors, **values)


def _person() -> int | None:
    """Whose page the form was opened from: by number, as documents do not belong in an address."""
    return whole_number(request.args.get("person", ""))


def _batch_address(kind: Kind) -> str | None:
    """Where the window of this form takes many at once from a file, if it does (blueprints/filings/batch.py)."""
    endpoint = f"{request.endpoint}_batch"
    if not kind.is_batch or endpoint not in current_app.view_functions:
        return None
    return url_for(endpoint, **(request.view_args or {}))
