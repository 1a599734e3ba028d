"""A filing as its reviewer needs it: figures beside last year's, what stands out, a page of rows."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from sqlmodel import Session

from blueprints.bureau.draft import Draft
from blueprints.shared.sentences import sentence
from models.case import (
    CASE_FILTERS,
    CASE_PAGE,
    BaseSum,
    Case,
    CaseCounts,
    CaseRow,
    count_case,
    find_case_key_before,
    list_case_rows,
    list_rows_by_seq,
    sum_bases,
    sum_previous_bases,
    sum_previous_wages,
)
from models.filing import Filing, FilingEvent, FilingMark, Snapshot, get_snapshot, list_events, list_marks
from models.region import first_day
from models.risk_facts import list_declared, list_previous_wages
from models.unit import Unit, get_unit, list_rates
from rules.amounts import levy_amount_fen
from rules.findings import asks_explanation
from rules.statement import SECTIONS, cross_check
from rules.wages import Bounds, Summary, change_permille, is_declared, summarise
from services.prints import shown
from services.risks import case_of
from translations import gettext as _


@dataclass(frozen=True)
class Place:
    """Which page of which list: a filter ("" for the one that fits) and the 序号 it follows."""

    show: str = ""
    after: int = 0


@dataclass(frozen=True)
class Compared:
    """One 险种 this year beside last year; the rate is this year's, a levy is None without one."""

    code: str
    before: BaseSum
    now: BaseSum
    rate: Decimal | None
    levy_before_fen: int | None
    levy_fen: int | None

    @property
    def base_change(self) -> int | None:
        return change_permille(self.before.base_total_fen, self.now.base_total_fen)

    @property
    def rate_text(self) -> str:
        return f"{(self.rate * 100).normalize():f}%" if self.rate is not None else ""


@dataclass(frozen=True)
class Spread:
    """How the wages lie between floor and cap of one 险种, last year's in this year's steps."""

    code: str
    before: Summary
    now: Summary


@dataclass(frozen=True)
class Line:
    """A row of the case: ``bases`` are (险种 that share it, base in fen, adjustment)."""

    row: CaseRow
    change: int | None
    is_much: bool
    is_left: bool
    bases: list[tuple[list[str], int, str]]


@dataclass(frozen=True)
class Overview:
    """Everything above the rows of a case page."""

    filing: Filing
    unit: Unit
    snapshot: Snapshot
    counts: CaseCounts
    people_before: int
    wages_before_fen: int
    compared: list[Compared]
    spread: Spread
    warnings: list[str]
    statement: list[tuple[str, list[tuple[str, str]]]]
    events: list[FilingEvent]
    marks: list[FilingMark]

    @property
    def wage_change(self) -> int | None:
        return change_permille(self.wages_before_fen, self.filing.wage_total_fen)


@dataclass(frozen=True)
class Rows:
    """A page of rows, the marked ones that are on other pages, and the keys of the neighbours."""

    show: str
    after: int
    lines: list[Line]
    elsewhere: list[Line]
    before_key: int | None
    after_key: int | None


def describe(session: Session, filing: Filing) -> Overview:
    """The facts and figures of a filing, from its snapshot."""
    assert filing.id is not None
    snapshot = get_snapshot(session, filing.own_snapshot_id)
    people, wages = sum_previous_wages(session, filing.own_unit_id, filing.insurance_codes, filing.year - 1)
    warnings = [sentence(found) for found in cross_check(snapshot.statement, snapshot.people)]
    return Overview(
        filing=filing,
        unit=get_unit(session, filing.own_unit_id),
        snapshot=snapshot,
        counts=count_case(session, case_of(filing, snapshot)),
        people_before=people,
        wages_before_fen=wages,
        compared=[_compare(session, filing, snapshot, code) for code in filing.insurance_codes],
        spread=_spread(session, filing, snapshot),
        warnings=warnings,
        statement=_statement(snapshot),
        events=list_events(session, filing.id),
        marks=list_marks(session, filing.id),
    )


def page_of_rows(session: Session, view: Overview, place: Place, draft: Draft) -> Rows:
    """The rows of a filter after a 序号; without a filter those that stand out, or all when none does."""
    show = place.show if place.show in CASE_FILTERS else "flagged" if view.counts.flagged else "all"
    chosen = case_of(view.filing, view.snapshot)
    found = list_case_rows(session, chosen, show, place.after)
    rows = found[:CASE_PAGE]
    here = {row.seq for row in rows}
    elsewhere = [seq for seq in draft.seqs if seq not in here]
    return Rows(
        show=show,
        after=place.after,
        lines=[_line(row, chosen) for row in rows],
        elsewhere=[_line(row, chosen) for row in list_rows_by_seq(session, chosen.snapshot_id, elsewhere)],
        before_key=find_case_key_before(session, chosen, show, rows[0].seq) if rows and place.after else None,
        after_key=rows[-1].seq if len(found) > CASE_PAGE else None,
    )


def _compare(session: Session, filing: Filing, snapshot: Snapshot, code: str) -> Compared:
    now = sum_bases(session, case_of(filing, snapshot), code)
    before = sum_previous_bases(session, filing.own_unit_id, code, filing.year - 1)
    start = first_day(snapshot.effective_month)
    rate = list_rates(session, filing.own_unit_id, start).get(code)
    rate_before = list_rates(session, filing.own_unit_id, start.replace(year=start.year - 1)).get(code)
    return Compared(
        code=code,
        before=before,
        now=now,
        rate=rate,
        levy_before_fen=levy_amount_fen(before.base_total_fen, rate_before)
        if rate_before is not None
        else None,
        levy_fen=levy_amount_fen(now.base_total_fen, rate) if rate is not None else None,
    )


def _spread(session: Session, filing: Filing, snapshot: Snapshot) -> Spread:
    """Of the filing's first 险种: its bounds are those that most of the rows are held against."""
    code = filing.insurance_codes[0]
    floor, cap, step = snapshot.bounds[code]
    limits = Bounds(code, floor, cap, 0, step)
    before = list_previous_wages(session, filing.own_unit_id, filing.insurance_codes, filing.year - 1)
    now = [one.wage_fen for one in list_declared(session, case_of(filing, snapshot))]
    return Spread(
        code,
        *(summarise(((None, wage) for wage in wages), snapshot.months, limits) for wages in (before, now)),
    )


def _line(row: CaseRow, chosen: Case) -> Line:
    if row.wage_fen is None or not is_declared(row.wage_fen):
        return Line(row, None, False, True, [])
    groups: dict[tuple[int, str], list[str]] = {}
    for code in chosen.codes:
        if code in row.bases:
            base_fen, adjustment = row.bases[code]
            groups.setdefault((base_fen, adjustment), []).append(code)
    return Line(
        row=row,
        change=change_permille(row.old_wage_fen, row.wage_fen),
        is_much=asks_explanation(row.old_wage_fen, row.wage_fen),
        is_left=False,
        bases=[(codes, base_fen, adjustment) for (base_fen, adjustment), codes in groups.items()],
    )


def _statement(snapshot: Snapshot) -> list[tuple[str, list[tuple[str, str]]]]:
    """The 说明表 as it was submitted, empty fields left out."""
    sections = []
    for section in SECTIONS:
        values = [
            (_(one.label_msgid), shown(one, snapshot.statement.get(one.name))) for one in section.fields
        ]
        if filled := [(label, value) for label, value in values if value]:
            sections.append((_(section.title), filled))
    return sections
