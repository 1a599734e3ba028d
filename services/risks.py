"""The flags of a request, found when it reaches the bureau and again when somebody looks at it while it waits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime, tzinfo
from typing import Any

from sqlmodel import Session

from models.case import Case
from models.db import reading, transaction
from models.filing import Filing, Snapshot, get_snapshot
from models.filing_parts import FilingLine, list_lines
from models.project import Project
from models.region import find_parameter, find_window, first_day, list_bounds
from models.risk_facts import (
    count_findings,
    count_insured,
    list_declared,
    list_peer_averages,
    list_previous_wages,
)
from models.unit import Unit
from rules.filing_states import WAGES
from rules.risks import (
    LIMITS_NAME,
    Flag,
    Limits,
    Line,
    WageFacts,
    account_flags,
    joining_flags,
    leaving_flags,
    level,
    price_flags,
    read_limits,
    start_flags,
    wage_flags,
)


def find_flags(session: Session, filing: Filing, zone: tzinfo | None) -> list[Flag]:
    """Every flag of a request as things stand now, the gravest first; ``zone`` says on which day it was sent."""
    sent_on = filing.submitted_at.astimezone(zone).date()
    limits = read_limits(find_parameter(session, filing.region_code, LIMITS_NAME, sent_on))
    if filing.kind == WAGES:
        snapshot = get_snapshot(session, filing.own_snapshot_id)
        return wage_flags(_wage_facts(session, filing, snapshot, sent_on), limits)
    return _request_flags(session, filing, sent_on, limits)


def keep_flags(filing: Filing, flags: Sequence[Flag]) -> None:
    """Put what was found on the filing, in the running transaction."""
    filing.risk = _plain(flags)
    filing.risk_level = level(flags)


def look_again(filing_id: int, now: datetime) -> None:
    """Find the flags of a waiting request anew, and keep them if they differ from what was found before.

    What was decided keeps the flags that its reviewer saw; one that was never looked at is looked at once. It is for
    the caller to see that whoever looks may see the request.
    """
    with reading() as session:
        filing = session.get_one(Filing, filing_id)
        if not _is_due(filing):
            return
        flags = find_flags(session, filing, now.tzinfo)
        if filing.risk == _plain(flags):
            return
    with transaction() as session:
        filing = session.get_one(Filing, filing_id, with_for_update=True)
        if _is_due(filing):
            keep_flags(filing, flags)
            session.add(filing)


def case_of(filing: Filing, snapshot: Snapshot) -> Case:
    """The part of the snapshot that the filing is about, with the wage and the sentence that its flags name."""
    assert snapshot.id is not None
    named = {flag["code"]: flag["figures"] for flag in filing.risk or []}
    return Case(
        snapshot.id,
        tuple(filing.insurance_codes),
        snapshot.bounds,
        snapshot.months,
        named.get("risk.same_wage", {}).get("wage_fen"),
        named.get("risk.same_note", {}).get("note", ""),
    )


def _is_due(filing: Filing) -> bool:
    return filing.state == "pending" or filing.risk is None


def _plain(flags: Sequence[Flag]) -> list[dict[str, Any]]:
    return [asdict(flag) for flag in flags]


def _wage_facts(session: Session, filing: Filing, snapshot: Snapshot, sent_on: date) -> WageFacts:
    chosen = case_of(filing, snapshot)
    window = find_window(session, filing.region_code, filing.year)
    heads = count_insured(session, filing.own_unit_id)
    return WageFacts(
        declared=list_declared(session, chosen),
        **count_findings(session, chosen),
        before=list_previous_wages(session, filing.own_unit_id, filing.insurance_codes, filing.year - 1),
        peers=list_peer_averages(session, filing, first_day(snapshot.effective_month)),
        heads=heads,
        fewest=min(filing.insurance_codes, key=lambda code: heads.get(code, 0)),
        days_late=(sent_on - window.closes_on).days if window and filing.is_late else 0,
    )


def _request_flags(session: Session, filing: Filing, sent_on: date, limits: Limits) -> list[Flag]:
    """Of a request with lines; kinds that nothing is known to speak against have none."""
    lines = list_lines(session, filing.key)
    content: dict[str, Any] = lines[0].content if lines else {}
    if filing.kind == "person_in":
        return joining_flags([_joining(session, filing, line, sent_on) for line in lines], limits)
    if filing.kind == "person_out":
        insured = max(count_insured(session, filing.own_unit_id).values(), default=0)
        return leaving_flags([Line(_days(line, "left_on", sent_on)) for line in lines], insured, limits)
    if filing.kind == "project_in" and content.get("starts_on"):
        return start_flags(date.fromisoformat(content["starts_on"]), sent_on)
    if filing.kind == "project_price" and filing.project_id:
        project = session.get_one(Project, filing.project_id)
        return price_flags(project.contract_fen, content["contract"], limits)
    if filing.kind == "unit_change":
        unit = session.get_one(Unit, filing.own_unit_id)
        return account_flags(unit.bank_account, content.get("bank_account") or "")
    return []


def _joining(session: Session, filing: Filing, line: FilingLine, sent_on: date) -> Line:
    content = line.content
    bounds = list_bounds(session, filing.region_code, sent_on)
    floors = [bounds[code].floor_fen for code in content.get("insurances") or () if code in bounds]
    return Line(
        _days(line, "cover_from", sent_on),
        bool(content.get("over_age_reason")),
        content.get("wage"),
        max(floors, default=None),
    )


def _days(line: FilingLine, name: str, sent_on: date) -> int:
    """How long before the request a day of its line was; 0 for none and for days to come."""
    day = line.content.get(name)
    return max(0, (sent_on - date.fromisoformat(day)).days) if day else 0
