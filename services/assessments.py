"""核定应缴: units that never declared, assessed by one person of the bureau, released by another, told to the unit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlmodel import Session

from models import audit
from models.account import Actor
from models.assessment import (
    Assessment,
    list_assessed,
    list_entered,
    list_last_levies,
)
from models.db import transaction
from models.levy import Levy
from models.levy_ahead import find_last_issued
from models.progress_list import Scope, Search, list_unit_ids, list_units
from models.region import Region, find_parameter, first_day
from models.unit import Unit, get_unit
from rules.assessments import PERCENT, USUAL_PERCENT, assessed_fen, clean_reason
from rules.insurances import group_of
from rules.levies import month_before
from rules.money import yuan_text
from rules.refusals import Conflict, Refusal
from services.notices import Telling, tell
from services.progress import scope_of

LATE = Search(state="late")


class Candidate(NamedTuple):
    """A unit that has not declared: the 征集单 of its last month, that month's amount, and what it is assessed by, in fen.

    Without a last levy there is nothing to take a share of. ``is_assessed``: it is entered or released already.
    """

    unit: Unit
    levy: Levy | None = None
    last_fen: int = 0
    assessed_fen: int = 0
    is_assessed: bool = False


class Terms(NamedTuple):
    """The last month that was issued, the month that is assessed, and the percentage."""

    last_month: str
    month: str
    percent: int


def find_terms(session: Session, region_code: str) -> Terms | None:
    """None before the region's first month is issued."""
    run = find_last_issued(session, region_code)
    if run is None:
        return None
    month = month_before(run.month, -1)
    percent = find_parameter(session, region_code, PERCENT, first_day(month))
    return Terms(run.month, month, USUAL_PERCENT if percent is None else int(percent))


def list_candidates(session: Session, scope: Scope, terms: Terms, after: int = 0) -> list[Candidate]:
    """The units after a number that have not declared, one line for each 险种; units of one page and one more."""
    units = {one.unit.id or 0: one.unit for one in list_units(session, scope, LATE, after)}
    lines = _reckon(session, scope, terms, units)
    lacking = [
        Candidate(unit) for unit_id, unit in units.items() if unit_id not in {one.unit.id for one in lines}
    ]
    return sorted([*lines, *lacking], key=lambda one: (one.unit.id, one.levy.insurance if one.levy else ""))


def _reckon(session: Session, scope: Scope, terms: Terms, units: dict[int, Unit]) -> list[Candidate]:
    known = list_assessed(session, list(units), terms.month)
    return [
        Candidate(
            units[levy.unit_id],
            levy,
            last_fen,
            assessed_fen(last_fen, terms.percent),
            (levy.unit_id, levy.insurance) in known,
        )
        for levy, last_fen in list_last_levies(session, list(units), scope.group.insurances, terms.last_month)
    ]


def enter_assessments(actor: Actor, scope: Scope, levy_ids: Iterable[int], reason: str, now: datetime) -> int:
    """Put down what these units, by the 征集单 of their last month, are assessed by; returns how many.

    Raises ``Refusal`` ``assessment.no_reason``, ``assessment.long_reason``, ``assessment.none_chosen``,
    ``assessment.too_early``, ``Conflict`` ``assessment.changed`` where one of them may not be assessed (any more).
    """
    reason, chosen = clean_reason(reason), set(levy_ids)
    if not chosen:
        raise Refusal("assessment.none_chosen")
    with transaction() as session:
        session.get_one(Region, actor.region_code, with_for_update=True)
        terms = find_terms(session, actor.region_code)
        if terms is None or not scope.is_over:
            raise Refusal("assessment.too_early")
        found = _chosen(session, scope, terms, chosen)
        for one in found:
            _enter(session, actor, scope, terms, one, reason, now)
    return len(found)


def _chosen(session: Session, scope: Scope, terms: Terms, chosen: set[int]) -> list[Candidate]:
    late = set(list_unit_ids(session, scope, LATE))
    levies = [session.get(Levy, levy_id) for levy_id in sorted(chosen)]
    units = {
        levy.unit_id: get_unit(session, levy.unit_id) for levy in levies if levy and levy.unit_id in late
    }
    lines = _reckon(session, scope, terms, units)
    found = [one for one in lines if one.levy and one.levy.id in chosen and not one.is_assessed]
    if len(found) != len(chosen):
        raise Conflict("assessment.changed")
    return found


def _enter(
    session: Session, actor: Actor, scope: Scope, terms: Terms, one: Candidate, reason: str, now: datetime
) -> None:
    assert one.levy is not None
    made = Assessment(
        region_code=actor.region_code,
        unit_id=one.levy.unit_id,
        insurance=one.levy.insurance,
        year=scope.year,
        month=terms.month,
        last_levy_id=one.levy.key,
        last_fen=one.last_fen,
        percent=terms.percent,
        assessed_fen=one.assessed_fen,
        reason=reason,
        entered_by=actor.account_id,
        entered_at=now,
    )
    session.add(made)
    session.flush()
    _audit(session, actor, "assessment_entered", made, now, after=_said(made))


def release_assessments(actor: Actor, ids: Sequence[int], now: datetime) -> int:
    """发布: the units are told. All of them or none; returns how many.

    Raises ``Refusal`` ``assessment.none_chosen``, ``assessment.own``, ``assessment.declared`` (``unit_no``) where a unit
    has declared meanwhile, ``Conflict`` ``assessment.decided``.
    """
    with transaction() as session:
        found = _waiting(session, actor, ids)
        if any(one.entered_by == actor.account_id for one in found):
            raise Refusal("assessment.own")
        for one in found:
            _check_late(session, actor, one, now)
            one.state, one.decided_by, one.decided_at = "released", actor.account_id, now
            session.add(one)
            _audit(session, actor, "assessment_released", one, now, after=_said(one))
            params = {
                "year": one.year,
                "period": one.month,
                "insurances": [one.insurance],
                "percent": one.percent,
                "amount": yuan_text(one.assessed_fen, grouped=True),
                "note": one.reason,
            }
            tell(session, Telling(one.unit_id, "assessed", params, f"assessment:{one.id}"), now)
    return len(found)


def drop_assessments(actor: Actor, ids: Sequence[int], reason: str, now: datetime) -> int:
    """撤掉, with a reason; whoever entered them may do so, too. Returns how many.

    Raises ``Refusal`` as ``rules.assessments.clean_reason``, ``assessment.none_chosen``, ``Conflict`` ``assessment.decided``.
    """
    reason = clean_reason(reason)
    with transaction() as session:
        found = _waiting(session, actor, ids)
        for one in found:
            one.state, one.decided_by, one.decided_at = "dropped", actor.account_id, now
            one.drop_reason = reason
            session.add(one)
            _audit(
                session, actor, "assessment_dropped", one, now, before=_said(one), after={"reason": reason}
            )
    return len(found)


def _waiting(session: Session, actor: Actor, ids: Sequence[int]) -> list[Assessment]:
    if not ids:
        raise Refusal("assessment.none_chosen")
    session.get_one(Region, actor.region_code, with_for_update=True)
    found = list_entered(session, actor.office, sorted(set(ids)))
    if len(found) != len(set(ids)):
        raise Conflict("assessment.decided")
    return found


def _check_late(session: Session, actor: Actor, one: Assessment, now: datetime) -> None:
    scope = scope_of(session, actor, one.year, group_of(one.insurance).code, "", now)
    unit = get_unit(session, one.unit_id)
    found = list_units(session, scope, Search("late", unit.unit_no), limit=None)
    if unit.id not in {each.unit.id for each in found}:
        raise Refusal("assessment.declared", unit_no=unit.unit_no)


def _said(one: Assessment) -> dict[str, Any]:
    names = ("insurance", "year", "month", "last_levy_id", "last_fen", "percent", "assessed_fen", "reason")
    return {name: getattr(one, name) for name in names}


def _audit(
    session: Session, actor: Actor, action: str, one: Assessment, now: datetime, **values: Any
) -> None:
    audit.record(session, actor, action, "assessment", one.id, now, unit_id=one.unit_id, **values)
