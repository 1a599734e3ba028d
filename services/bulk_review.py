"""批量通过: what is so plain that nobody needs to open it, by a rule that stands on the page with its figures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlmodel import Session

from models import audit
from models.account import Actor
from models.db import reading, transaction
from models.filing import Filing
from models.queue_list import is_still_clean, list_reached
from models.unit import Unit
from rules.approvals import CleanRule
from rules.refusals import Conflict, Missing, Refusal
from services.consents import find_parameters, thresholds_of
from services.reviews import approve_filing

MOST_AT_ONCE = 100


class Outcome(NamedTuple):
    """What became of one filing; ``refusal`` is why it was not approved."""

    filing: Filing
    unit: Unit | None
    refusal: Refusal | None


def clean_rule(session: Session, region_code: str, on: date) -> CleanRule:
    """The region's rule on a day, never above what one person alone may approve."""
    rule = CleanRule(**find_parameters(session, region_code, "bulk", CleanRule._fields, on))
    alone = thresholds_of(session, region_code, on)
    return CleanRule(_lower(rule.people, alone.people), _lower(rule.total_fen, alone.total_fen))


def find_chosen(
    session: Session, actor: Actor, filing_ids: Sequence[int]
) -> list[tuple[Filing, Unit | None]]:
    """What was ticked, with its units, whatever became of it since.

    Raises ``Refusal`` ``review.none_chosen``, ``review.too_many``, ``Missing`` if one is none of this office's.
    """
    if not filing_ids:
        raise Refusal("review.none_chosen")
    if len(filing_ids) > MOST_AT_ONCE:
        raise Refusal("review.too_many", limit=MOST_AT_ONCE)
    found = list_reached(session, actor.office, filing_ids)
    if missing := set(filing_ids) - {filing.key for filing, _unit in found}:
        raise Missing(min(missing))
    return found


def approve_clean(actor: Actor, filing_ids: Sequence[int], now: datetime) -> list[Outcome]:
    """Approve each in a transaction of its own, judged by the rule once more under its lock.

    Wherever it breaks off, every filing is either approved or untouched. Raises as ``find_chosen`` does.
    """
    with reading() as session:
        chosen = find_chosen(session, actor, filing_ids)
        rule = clean_rule(session, actor.region_code, now.date())
    outcomes = [Outcome(filing, unit, _approve(actor, filing, rule, now)) for filing, unit in chosen]
    approved = [one.filing.id for one in outcomes if one.refusal is None]
    with transaction() as session:
        after = {"rule": rule._asdict(), "chosen": sorted(filing_ids), "approved": approved}
        audit.record(session, actor, "filings_bulk_approved", "filing", None, now, after=after)
    return outcomes


def _approve(actor: Actor, filing: Filing, rule: CleanRule, now: datetime) -> Refusal | None:
    def check(session: Session, locked: Filing) -> None:
        if not is_still_clean(session, locked, rule):
            raise Conflict("review.not_clean")

    try:
        approve_filing(actor, filing.key, now, check)
    except Missing:
        # Withdrawn by its unit between the list and the lock.
        return Conflict("review.withdrawn")
    except Refusal as refusal:
        return refusal
    return None


def _lower(most: int, alone: int | None) -> int:
    return most if alone is None else min(most, alone)
