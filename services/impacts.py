"""估算影响: what a change of parameters would do to the month it begins with, by the arithmetic of the levy itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session

from models.db import reading, transaction
from models.levy_facts import Due, list_due, list_unit_ids, make_rate
from models.parameter_change import ParameterChange
from models.region import ROUNDING_FEN
from models.unit import Unit
from rules.levies import Item, due_date
from rules.parameters import BOUNDS, DUE_DAY, REGION_RATE, SHARE, UNIT_RATE, millionths
from rules.wages import Bounds
from services.levy_sums import Problem, Terms, load_terms, reckon_month
from services.work import Task, end_job, put_job

IMPACT_JOB = "parameter_impact"
UNITS_AT_ONCE = 50
MOST_CHANGED = 10


@dataclass
class UnitImpact:
    """What one unit would owe for the month before and after, in fen."""

    unit_id: int
    people: int = 0
    before_fen: int = 0
    after_fen: int = 0

    @property
    def difference_fen(self) -> int:
        """After less before."""
        return self.after_fen - self.before_fen


@dataclass
class Impact:
    """What a change would do in all: units and people with another amount, base or share, and the sums in fen."""

    units: int = 0
    people: int = 0
    before_fen: int = 0
    after_fen: int = 0
    most: list[UnitImpact] = field(default_factory=list)

    def add(self, one: UnitImpact) -> None:
        """Count one unit in."""
        self.before_fen += one.before_fen
        self.after_fen += one.after_fen
        if one.people or one.difference_fen:
            self.units += 1
            self.people += one.people
            ordered = sorted([*self.most, one], key=lambda each: (-abs(each.difference_fen), each.unit_id))
            self.most = ordered[:MOST_CHANGED]


def put_reckoning(session: Session, change: ParameterChange, now: datetime) -> int:
    """Put down the job that reckons what a change would do; returns its number."""
    return put_job(session, IMPACT_JOB, change.key, None, now, total=_count_units(session, change))


def reckon_impact(task: Task) -> None:
    """The job: unit after unit, some at a time, old terms against new; nothing but the change itself is written."""
    # What is released meanwhile may or may not have been reckoned with: the moment that counts is the first.
    begun = task.clock()
    with reading() as session:
        change = session.get_one(ParameterChange, task.subject_id)
        total = _count_units(session, change)
    impact, done, last = Impact(), 0, 0
    while ids := _next_units(change, last):
        with reading() as session:
            for one in _reckon_units(session, change, ids[0], ids[-1]):
                impact.add(one)
        done, last = done + len(ids), ids[-1]
        task.report(min(done, total), total)
    with transaction() as session:
        change = session.get_one(ParameterChange, task.subject_id, with_for_update=True)
        if change.state == "entered":
            change.impact = {"at": begun.isoformat(), **asdict(impact)}
            session.add(change)
        end_job(session, task, task.clock())


def fail_impact(session: Session, task: Task, code: str, params: dict[str, Any]) -> None:
    """Nothing to undo: the job's row carries the reason, and it may be reckoned again."""


def _count_units(session: Session, change: ParameterChange) -> int:
    if change.unit_id is not None:
        return 1
    query = select(func.count()).select_from(Unit).where(Unit.region_code == change.region_code)
    return session.scalar(query) or 0


def _next_units(change: ParameterChange, last: int) -> list[int]:
    if change.unit_id is not None:
        return [change.unit_id] if last < change.unit_id else []
    with reading() as session:
        return list_unit_ids(session, change.region_code, last, UNITS_AT_ONCE)


def _reckon_units(session: Session, change: ParameterChange, first: int, last: int) -> Iterator[UnitImpact]:
    month = f"{change.valid_from:%Y%m}"
    old = load_terms(session, change.region_code, month, first, last)
    due = [
        one
        for one in list_due(session, change.region_code, month, first, last)
        if change.insurance in ("", one.insurance)
    ]
    before, after = _by_unit(old, due), _by_unit(changed_terms(old, change), due)
    for unit_id in sorted({*before, *after}):
        one = UnitImpact(unit_id)
        ours, theirs = before.get(unit_id, {}), after.get(unit_id, {})
        one.before_fen = sum(item.total_fen for item in ours.values())
        one.after_fen = sum(item.total_fen for item in theirs.values())
        one.people = len({person_id for person_id, *_rest in _shares(ours) ^ _shares(theirs)})
        yield one


def changed_terms(terms: Terms, change: ParameterChange) -> Terms:
    """The terms of a month as they would be with a change; one that moves no amount leaves them as they are."""
    content, insurance = change.content, change.insurance
    if change.kind == BOUNDS:
        step = ROUNDING_FEN[content["rounding"]]
        bounds = Bounds(insurance, content["floor"], content["cap"], content["average"], step)
        return replace(terms, bounds={**terms.bounds, insurance: bounds})
    if change.kind in (REGION_RATE, UNIT_RATE):
        rate = make_rate(millionths(content["employer"]), millionths(content["employee"]))
        if change.unit_id is None:
            return replace(terms, region_rates={**terms.region_rates, insurance: rate})
        return replace(terms, own_rates={**terms.own_rates, (change.unit_id, insurance): rate})
    if change.kind == SHARE:
        return replace(terms, share_by_person=content["value"] != "sum")
    if change.kind == DUE_DAY:
        return replace(terms, due_on=due_date(terms.month, content["value"]))
    return terms


def _by_unit(terms: Terms, due: list[Due]) -> dict[int, dict[str, Item]]:
    """The items of the month by unit and 险种; what cannot be levied is left out."""
    found: dict[int, dict[str, Item]] = {}
    for one in reckon_month(terms, due):
        if not isinstance(one, Problem):
            unit_id, insurance, item = one
            found.setdefault(unit_id, {})[insurance] = item
    return found


def _shares(items: dict[str, Item]) -> set[tuple[int, str, int, int]]:
    """Base and share of everybody, by person and 险种."""
    return {
        (part.person_id, insurance, part.base_fen, part.employee_fen)
        for insurance, item in items.items()
        for part in item.parts
    }
