"""Everything that is asked of a project: what stands against it, what it holds, and what approval does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from cert.digests import sm3_hex
from models.account import Actor
from models.filing import Filing
from models.filing_parts import FilingLine
from models.project import Project, ProjectWorker, count_arrivals_after, find_by_contract, find_project
from rules.fields import N_, as_typed, fields_of
from rules.projects import (
    DETAILS,
    ENDING,
    EXTENDING,
    PRICING,
    REGISTERING,
    ROSTER,
    check_ending,
    check_extension,
    check_price,
    check_project,
    normalise_contract_no,
    read_labour_permille,
)
from rules.refusals import Missing, Refusal
from services.kinds import Asked, Change, Checked, Kind, always, held
from services.project_roster import change_roster, check_roster, known_worker, roster_holds
from services.projects import add_project, audit_project, charge_project, formula_on

BEFORE = "before"
"""In a line's content: what the form's fields were before, to be compared with what is asked for."""
_DETAILS = tuple(name for name in fields_of(DETAILS) if name != "reason")


def _check_in(session: Session, asked: Asked, checked: Checked) -> Iterator[Refusal]:
    """项目参保登记: the form, a formula for the day it begins on, and a contract that is insured once."""
    content = checked.content
    content["contract_no"] = normalise_contract_no(content["contract_no"])
    starts_on = date.fromisoformat(content["starts_on"])
    formula = formula_on(session, asked.region_code, starts_on)
    if formula is None:
        yield Refusal("project.no_formula", "starts_on", starts_on=content["starts_on"])
    yield from check_project(content, asked.today, region_code=asked.region_code, formula=formula)
    yield from _contract_taken(session, asked, content["contract_no"])


def _check_change(session: Session, asked: Asked, checked: Checked) -> Iterator[Refusal]:
    """项目信息变更: something becomes different, and no other project has the contract."""
    project, content = _project(session, asked), checked.content
    yield from _still_open(project)
    content["contract_no"] = normalise_contract_no(content["contract_no"])
    content[BEFORE] = _details(project)
    if all(content[name] == old for name, old in content[BEFORE].items()):
        yield Refusal("project.nothing_changed")
    if content["contract_no"] != project.contract_no:
        yield from _contract_taken(session, asked, content["contract_no"])
    yield from held(session, asked, [_one_at_a_time(project.key, "project_change")])


def _check_extend(session: Session, asked: Asked, checked: Checked) -> Iterator[Refusal]:
    """项目延期: later than now, and in time or with a reason."""
    project = _project(session, asked)
    checked.title = project.name
    checked.content[BEFORE] = {"extended_to": project.covered_to.isoformat()}
    yield from _still_open(project)
    yield from check_extension(checked.content, project.covered_to, asked.today)
    yield from held(session, asked, [_one_at_a_time(project.key, "project_extend")])


def _check_price(session: Session, asked: Asked, checked: Checked) -> Iterator[Refusal]:
    """造价变更: another price than now."""
    project = _project(session, asked)
    checked.title = project.name
    checked.content[BEFORE] = {"contract": project.contract_fen}
    yield from _still_open(project)
    yield from check_price(project.contract_fen, checked.content["contract"])
    yield from held(session, asked, [_one_at_a_time(project.key, "project_price")])


def _check_end(session: Session, asked: Asked, checked: Checked) -> Iterator[Refusal]:
    """竣工: a day that was, within the cover; one that was never paid for may be given up before it began."""
    project = _project(session, asked)
    checked.title = project.name
    yield from _still_open(project)
    starts_on = project.starts_on if project.state == "covered" else date.min
    yield from check_ending(checked.content, starts_on, asked.today)
    completed_on = date.fromisoformat(checked.content["completed_on"])
    later = count_arrivals_after(session, project.key, completed_on)
    if later:
        yield Refusal("project.workers_after_end", "completed_on", count=later)
    yield from held(session, asked, [_one_at_a_time(project.key, "project_end")])


def _project(session: Session, asked: Asked) -> Project:
    project = find_project(session, asked.unit_id, asked.project_id or 0)
    if project is None:
        raise Missing(asked.project_id)
    return project


def _still_open(project: Project) -> Iterator[Refusal]:
    if not project.is_open:
        yield Refusal("project.over", name=project.name)


def _contract_taken(session: Session, asked: Asked, contract_no: str) -> Iterator[Refusal]:
    """A contract is insured once in a region, and asked for once; another unit's project is not named."""
    if find_by_contract(session, asked.region_code, contract_no):
        yield Refusal("project.contract_taken", "contract_no")
        return
    yield from held(
        session,
        asked,
        [_contract_key(asked.region_code, contract_no)],
        "contract_no",
        "project.contract_pending",
    )


def _contract_key(region_code: str, contract_no: str) -> str:
    # A key holds 100 characters, and a contract's number may have as many by itself.
    return f"contract:{region_code}:{sm3_hex(contract_no.encode())}"


def _one_at_a_time(project_id: int, code: str) -> str:
    return f"project:{project_id}:{code}"


def _holds_contract(filing: Filing, line: FilingLine) -> list[str]:
    return [_contract_key(filing.region_code, line.content.get("contract_no") or "")]


def _holds_change(filing: Filing, line: FilingLine) -> list[str]:
    contract_no = line.content.get("contract_no") or ""
    is_same = contract_no == line.content.get(BEFORE, {}).get("contract_no")
    return _holds_project(filing, line) + (
        [] if is_same else [_contract_key(filing.region_code, contract_no)]
    )


def _holds_project(filing: Filing, _line: FilingLine) -> list[str]:
    return [_one_at_a_time(filing.project_id or 0, filing.kind)]


def _register(session: Session, actor: Actor, filing: Filing, lines: list[FilingLine], now: datetime) -> None:
    """The project exists, with a number and its first charge; it is in force as soon as that is paid."""
    content = lines[0].content
    project = Project(
        region_code=filing.region_code,
        unit_id=filing.own_unit_id,
        place_code=content["place"],
        contract_fen=content["contract"],
        labour_permille=read_labour_permille(content["labour_percent"]),
        starts_on=date.fromisoformat(content["starts_on"]),
        ends_on=date.fromisoformat(content["ends_on"]),
        created_at=now,
        **{name: content[name] for name in _DETAILS},
    )
    add_project(session, project, now.date())
    filing.project_id = project.key
    session.add(filing)
    session.flush()
    after = {"project_no": project.project_no, "contract_no": project.contract_no, "filing": filing.key}
    audit_project(session, actor, "project_registered", project, now, after=after)
    charge_project(session, actor, project, "first", filing, now)


def _change(session: Session, actor: Actor, filing: Filing, lines: list[FilingLine], now: datetime) -> None:
    """The record says the new values."""
    project, content = _locked(session, filing), lines[0].content
    before = _details(project)
    for name in _DETAILS:
        setattr(project, name, content[name])
    try:
        _keep(session, project)
    except IntegrityError:
        raise Refusal("project.contract_taken", "contract_no") from None
    audit_project(session, actor, "project_changed", project, now, before=before, after=_details(project))


def _extend(session: Session, actor: Actor, filing: Filing, lines: list[FilingLine], now: datetime) -> None:
    """The cover goes on to the new day."""
    project = _locked(session, filing)
    before = project.covered_to
    extended_to = date.fromisoformat(lines[0].content["extended_to"])
    if extended_to <= before:
        raise Refusal("review.no_longer", name=project.name)
    project.extended_to = extended_to
    _keep(session, project)
    audit_project(
        session,
        actor,
        "project_extended",
        project,
        now,
        before={"covered_to": before.isoformat()},
        after={"covered_to": extended_to.isoformat()},
    )


def _price(session: Session, actor: Actor, filing: Filing, lines: list[FilingLine], now: datetime) -> None:
    """The new price holds, and what more is owed is billed; the cover stands meanwhile."""
    project = _locked(session, filing)
    before = {"contract_fen": project.contract_fen}
    project.contract_fen = lines[0].content["contract"]
    _keep(session, project)
    after = {"contract_fen": project.contract_fen}
    audit_project(session, actor, "project_priced", project, now, before=before, after=after)
    charge_project(session, actor, project, "price", filing, now)


def _end(session: Session, actor: Actor, filing: Filing, lines: list[FilingLine], now: datetime) -> None:
    """The cover ends that day, the roster is closed, and everybody has left; what was never paid for is given up."""
    project = _locked(session, filing)
    before = {"state": project.state}
    completed_on = date.fromisoformat(lines[0].content["completed_on"])
    project.completed_on = completed_on
    project.state = "completed" if project.state == "covered" else "ended"
    _keep(session, project)
    if count_arrivals_after(session, project.key, completed_on):
        raise Refusal("review.no_longer", name=project.name)
    leaving = update(ProjectWorker).where(
        ProjectWorker.project_id == project.key,
        ProjectWorker.out_on.is_(None) | (ProjectWorker.out_on > completed_on),
    )
    left = session.connection().execute(
        leaving.values(out_on=completed_on, version=ProjectWorker.version + 1)
    )
    after = {"state": project.state, "completed_on": completed_on.isoformat(), "workers_left": left.rowcount}
    audit_project(session, actor, "project_ended", project, now, before=before, after=after)


def _locked(session: Session, filing: Filing) -> Project:
    """The filing's project, as it is now, still open. Raises ``Refusal`` ``review.no_longer``."""
    project = session.get_one(Project, filing.project_id, with_for_update=True, populate_existing=True)
    if not project.is_open:
        raise Refusal("review.no_longer", name=project.name)
    return project


def _keep(session: Session, project: Project) -> None:
    project.version += 1
    session.add(project)
    session.flush()


def _details(project: Project) -> dict[str, str]:
    return {name: getattr(project, name) for name in _DETAILS}


def _known_details(session: Session, asked: Asked) -> dict[str, str]:
    return as_typed(fields_of(DETAILS), _details(_project(session, asked)))


def _known_price(session: Session, asked: Asked) -> dict[str, str]:
    return as_typed(fields_of(PRICING), {"contract": _project(session, asked).contract_fen})


def _compare(_session: Session, line: FilingLine) -> list[Change]:
    """What a line makes different, as it was when the line was last checked."""
    fields = fields_of((*DETAILS, *EXTENDING, *PRICING))
    before: dict[str, Any] = line.content.get(BEFORE, {})
    return [
        Change(fields[name], old, line.content[name])
        for name, old in before.items()
        if line.content.get(name) != old
    ]


KINDS = (
    Kind(
        "project_in",
        N_("项目参保登记"),
        REGISTERING,
        _check_in,
        _holds_contract,
        _register,
        needs_attachment=always,
    ),
    Kind(
        "project_change",
        N_("项目信息变更"),
        DETAILS,
        _check_change,
        _holds_change,
        _change,
        known=_known_details,
        compare=_compare,
    ),
    Kind(
        "project_extend", N_("项目延期"), EXTENDING, _check_extend, _holds_project, _extend, compare=_compare
    ),
    Kind(
        "project_price",
        N_("造价变更"),
        PRICING,
        _check_price,
        _holds_project,
        _price,
        known=_known_price,
        compare=_compare,
    ),
    Kind("project_end", N_("竣工"), ENDING, _check_end, _holds_project, _end),
    Kind(
        "project_roster",
        N_("实名花名册"),
        ROSTER,
        check_roster,
        roster_holds,
        change_roster,
        known=known_worker,
        is_batch=True,
        is_reviewed=False,
    ),
)
