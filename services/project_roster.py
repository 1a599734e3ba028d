"""实名花名册: who works on a project, from when to when; a line takes effect as soon as it is submitted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any

from sqlmodel import Session

from models.account import Actor
from models.filing import Filing
from models.filing_parts import FilingLine
from models.project import (
    Project,
    ProjectWorker,
    find_project,
    find_worker,
    list_namesakes,
    list_stays,
)
from rules.fields import fields_of
from rules.id_documents import IDENTITY_CARD, check_name, normalise_name
from rules.identity import mask_id
from rules.projects import ROSTER, check_roster_line, roster_document
from rules.refusals import Missing, Refusal
from services.kinds import Asked, Checked, Content
from services.projects import audit_project

_NAME = fields_of(ROSTER)["name"]
_KEPT = ("name", "team", "trade", "mobile")
"""What a line says of a worker besides document and dates."""


def check_roster(session: Session, asked: Asked, checked: Checked) -> Iterator[Refusal]:
    """One worker: the project still open, document and name right, no other time on the site within this one."""
    project = find_project(session, asked.unit_id, asked.project_id or 0)
    if project is None:
        raise Missing(asked.project_id)
    content = checked.content = _completed(session, project, checked.content)
    checked.title = content["name"]
    if not project.is_open:
        yield Refusal("roster.closed", ends_on=project.covered_to.isoformat())
        return
    if "*" in content["id_number"]:
        yield Refusal("roster.masked", "id_number")
        return
    found = check_roster_line(content, project.starts_on, project.covered_to, asked.today)
    yield from found
    yield from check_name(_NAME, content["name"], content["id_kind"])
    if not found:
        content["id_number"] = roster_document(content).number
        yield from _overlaps(
            list_stays(session, project.key, content["id_kind"], content["id_number"]), content
        )


def known_worker(session: Session, asked: Asked) -> dict[str, str]:
    """What the roster says of the line that the form was opened from, its document's number masked."""
    worker = find_worker(session, asked.project_id or 0, asked.person_id or 0)
    if worker is None:
        return {}
    typed = {name: str(getattr(worker, name) or "") for name in fields_of(ROSTER)}
    return typed | {"id_number": mask_id(worker.id_number)}


def roster_holds(filing: Filing, line: FilingLine) -> list[str]:
    """Somebody begins on a day once in a project: a second line for the same is a twin."""
    content = line.content
    return [f"roster:{filing.project_id}:{content.get('id_number')}:{content.get('in_on')}"]


def change_roster(
    session: Session, actor: Actor, filing: Filing, lines: list[FilingLine], now: datetime
) -> None:
    """Whoever began on that day is changed, anybody else is added. Raises ``Refusal`` ``roster.*``."""
    project = find_project(session, filing.own_unit_id, filing.project_id or 0, lock=True)
    if project is None:
        raise Missing(filing.project_id)
    session.refresh(project)
    if not project.is_open:
        raise Refusal("roster.closed", ends_on=project.covered_to.isoformat())
    changes = [_change(session, project, line.content) for line in lines]
    audit_project(
        session, actor, "roster_changed", project, now, after={"filing": filing.key, "lines": changes}
    )


def _change(session: Session, project: Project, content: Content) -> dict[str, object]:
    """Keep one line; what it changed, for the audit trail, without the number of the document."""
    in_on = date.fromisoformat(content["in_on"])
    stays = list_stays(session, project.key, content["id_kind"], content["id_number"])
    for refusal in _overlaps(stays, content):
        raise refusal
    worker = next((one for one in stays if one.in_on == in_on), None)
    before = _facts(worker) if worker else None
    if worker is None:
        key = {"id_kind": content["id_kind"], "id_number": content["id_number"], "in_on": in_on}
        worker = ProjectWorker(project_id=project.key, name=content["name"], **key)
    else:
        worker.version += 1
    for name in _KEPT:
        setattr(worker, name, content[name])
    worker.out_on = date.fromisoformat(content["out_on"]) if content["out_on"] else None
    session.add(worker)
    session.flush()
    return {"worker": worker.id, "before": before, "after": _facts(worker)}


def _facts(worker: ProjectWorker) -> dict[str, str | None]:
    out_on = worker.out_on.isoformat() if worker.out_on else None
    return {name: getattr(worker, name) for name in _KEPT} | {
        "in_on": worker.in_on.isoformat(),
        "out_on": out_on,
    }


def _completed(session: Session, project: Project, content: Content) -> dict[str, Any]:
    """The line with a kind of document, the name in one spelling, and the number behind a masked one.

    Nobody need see a whole number to say when its bearer left: as the roster shows it, with the name, it will do.
    """
    id_kind = content["id_kind"] or IDENTITY_CARD
    found = dict(content) | {"id_kind": id_kind, "name": normalise_name(content["name"], id_kind)}
    if "*" in content["id_number"]:
        namesakes = list_namesakes(session, project.key, found["name"])
        meant = {
            (one.id_kind, one.id_number)
            for one in namesakes
            if mask_id(one.id_number) == content["id_number"]
        }
        if len(meant) == 1:
            ((found["id_kind"], found["id_number"]),) = meant
    return found


def _overlaps(stays: Iterable[ProjectWorker], content: Content) -> Iterator[Refusal]:
    """Another time on the site that has a day in common with this one; the same first day is the same time."""
    in_on = date.fromisoformat(content["in_on"])
    out_on = date.fromisoformat(content["out_on"]) if content["out_on"] else date.max
    for one in stays:
        if one.in_on != in_on and one.in_on <= out_on and in_on <= (one.out_on or date.max):
            yield Refusal("roster.overlap", "in_on", in_on=one.in_on.isoformat())
