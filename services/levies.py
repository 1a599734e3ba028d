"""缴费申报: a unit looks at its next month before it is issued, beside the last one, and confirms what it saw."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, NamedTuple

from sqlmodel import Session

from cert.digests import sm3_hex
from models import audit
from models.account import Account, Actor
from models.db import reading, transaction, upsert
from models.filing import Filing
from models.levy import Levy, LevyConfirmation, LevyRun, list_issued
from models.levy_ahead import (
    find_confirmation,
    find_last_issued,
    list_approved_since,
    list_covers,
    list_levied,
    list_named,
    list_own_filings,
)
from models.levy_facts import list_due
from models.person import Person
from rules.levies import Item, Part, month_before
from rules.levy_changes import Changes, Why, compare
from rules.refusals import Conflict, Refusal
from services.levy_sums import Bill, Problem, Reckoned, reckon

What = Literal["came", "left", "moved", "lacking"]
LISTS: tuple[What, ...] = ("came", "left", "moved", "lacking")
PEOPLE_A_PAGE = 100
FILINGS_AN_ITEM = 3


@dataclass(frozen=True)
class Beside:
    """One 险种 of the month beside the last issued one; either may lack. Money in fen, over all items."""

    insurance: str
    bill: Bill | None
    levy: Levy | None
    changes: Changes

    @property
    def difference_fen(self) -> int:
        """How much more is due than last month."""
        return (self.bill.total_fen if self.bill else 0) - (self.levy.total_fen if self.levy else 0)


@dataclass(frozen=True)
class Ahead:
    """What a unit would owe for the month that comes next, as is known now.

    ``last`` is the run of the month issued last, ``beside`` compares with it; ``digest`` is of what is due, to be
    confirmed. ``confirmed`` is what somebody (``confirmer``) confirmed, ``since`` what was approved after that.
    """

    month: str
    last: LevyRun | None
    bills: list[Bill]
    problems: list[Problem]
    beside: list[Beside]
    digest: str
    confirmed: LevyConfirmation | None
    confirmer: str
    since: list[Filing]

    @property
    def people(self) -> int:
        """Everybody who is levied for the month itself, in whatever 险种, once."""
        return len({part.person_id for bill in self.bills for part in _month_parts(bill)})

    @property
    def total_fen(self) -> int:
        """应缴合计 of all 险种."""
        return sum(bill.total_fen for bill in self.bills)

    @property
    def due_on(self) -> date:
        """The last day to pay; of a month without bills there is none, and asking is an error."""
        return self.bills[0].due_on

    @property
    def is_confirmed(self) -> bool:
        """Whether what is due now is what was confirmed."""
        return self.confirmed is not None and self.confirmed.digest == self.digest


class Listed(NamedTuple):
    """Somebody of a list of changes; bases in fen, ``filing`` the request that it goes back to, if there is one."""

    person: Person
    old_fen: int | None
    new_fen: int | None
    why: Why | None
    filing: Filing | None


@dataclass(frozen=True)
class ListedPage:
    """A page of a list of changes; ``after`` is the person that the next one goes by, ``count`` is of all."""

    month: str
    people: list[Listed]
    count: int
    after: int | None


def next_month(session: Session, region_code: str, today: date) -> str:
    """The month YYYYMM that is not issued yet: after the last issued one, the current one where there is none."""
    last = find_last_issued(session, region_code)
    return month_before(last.month, -1) if last else f"{today:%Y%m}"


def look_ahead(session: Session, actor: Actor, now: datetime) -> Ahead:
    """The next month of the actor's unit, reckoned from what is known now."""
    unit_id = actor.own_unit_id
    last = find_last_issued(session, actor.region_code)
    month = next_month(session, actor.region_code, now.date())
    reckoned = _reckon(session, actor, month)
    confirmed = find_confirmation(session, unit_id, month)
    confirmer = session.get_one(Account, confirmed.confirmed_by).display_name if confirmed else ""
    return Ahead(
        month,
        last,
        reckoned.bills,
        reckoned.problems,
        _beside(session, unit_id, last.month, reckoned.bills) if last else [],
        digest_of(month, reckoned.bills),
        confirmed,
        confirmer,
        list_approved_since(session, unit_id, confirmed.confirmed_at) if confirmed else [],
    )


def requests_of(session: Session, unit_id: int, bills: Iterable[Bill]) -> dict[int, Filing]:
    """The requests that the items go back to, by number: a few of each item, the newest."""
    named = (number for bill in bills for item in bill.items for number in filings_of(item)[:FILINGS_AN_ITEM])
    return list_own_filings(session, unit_id, named)


def filings_of(item: Item) -> list[int]:
    """The numbers of the requests that an item goes back to, the newest first."""
    return sorted({part.filing_id for part in item.parts if part.filing_id is not None}, reverse=True)


def list_changes(
    session: Session, actor: Actor, insurance: str, what: What, now: datetime, after: int = 0
) -> ListedPage:
    """One of the ``LISTS`` of an 险种 by the people's numbers, those behind ``after``.

    ``lacking`` are those without a wage; the others are what is different from the month issued last.
    """
    month = next_month(session, actor.region_code, now.date())
    rows = sorted(_changed(session, actor, month, insurance, what), key=lambda row: row.person_id)
    shown = [row for row in rows if row.person_id > after][: PEOPLE_A_PAGE + 1]
    has_more, shown = len(shown) > PEOPLE_A_PAGE, shown[:PEOPLE_A_PAGE]
    ids = [row.person_id for row in shown]
    people = list_named(session, ids)
    if what in ("came", "left"):
        covers = list_covers(session, actor.own_unit_id, insurance, ids).values()
        of_cover = {
            one.person_id: one.in_filing_id if what == "came" else one.out_filing_id for one in covers
        }
        shown = [row._replace(filing_id=of_cover.get(row.person_id)) for row in shown]
    filings = list_own_filings(
        session, actor.own_unit_id, (row.filing_id for row in shown if row.filing_id is not None)
    )
    found = [
        Listed(people[row.person_id], row.old_fen, row.new_fen, row.why, filings.get(row.filing_id or 0))
        for row in shown
    ]
    return ListedPage(month, found, len(rows), ids[-1] if has_more else None)


def confirm_month(actor: Actor, month: str, digest: str, now: datetime) -> None:
    """确认 what a page showed (``digest``); a second press changes nothing.

    Raises ``Conflict`` ``levy.other_month`` (``month``: the one that is open) where the month was issued meanwhile,
    ``levy.changed`` where something else is due than the page showed, ``Refusal`` ``levy.nothing_due``.
    """
    with reading() as session:
        ahead = look_ahead(session, actor, now)
    if ahead.month != month:
        raise Conflict("levy.other_month", month=ahead.month)
    if not ahead.bills:
        raise Refusal("levy.nothing_due", month=month)
    if ahead.digest != digest:
        raise Conflict("levy.changed")
    values = {"digest": ahead.digest, "people": ahead.people, "total_fen": ahead.total_fen}
    with transaction() as session:
        before = find_confirmation(session, actor.own_unit_id, month)
        if before is not None and before.digest == ahead.digest:
            return
        session.connection().execute(
            upsert(LevyConfirmation, ["unit_id", "month"]),
            {
                "unit_id": actor.own_unit_id,
                "month": month,
                "confirmed_by": actor.account_id,
                "confirmed_at": now,
                **values,
            },
        )
        audit.record(
            session,
            actor,
            "levy_confirmed",
            "levy_confirmation",
            actor.own_unit_id,
            now,
            before={"digest": before.digest, "total_fen": before.total_fen} if before else None,
            after={"month": month, **values},
        )


def digest_of(month: str, bills: Iterable[Bill]) -> str:
    """SM3 over what is due in one spelling: each 险种, its items with their rates and amounts, each person's base."""
    return sm3_hex("\n".join(_spelled(month, bills)).encode())


def _spelled(month: str, bills: Iterable[Bill]) -> Iterator[str]:
    yield month
    for bill in bills:
        yield f"{bill.insurance} {bill.due_on}"
        for item in bill.items:
            yield (
                f"{item.kind} {item.for_month} {item.rate.employer:.6f} {item.rate.employee:.6f}"
                f" {item.employer_fen} {item.employee_fen}"
            )
            for part in item.parts:
                yield f"{part.person_id} {part.base_fen}"


def _reckon(session: Session, actor: Actor, month: str) -> Reckoned:
    return reckon(session, actor.region_code, month, actor.own_unit_id, actor.own_unit_id)


def _beside(session: Session, unit_id: int, last_month: str, bills: list[Bill]) -> list[Beside]:
    levied = list_levied(session, unit_id, last_month)
    levies = {one.insurance: one for one in list_issued(session, unit_id, last_month)}
    now = {bill.insurance: bill for bill in bills}
    return [
        Beside(code, now.get(code), levies.get(code), _compare(levied, now, code))
        for code in sorted({*levies, *now})
    ]


def _compare(levied: dict[str, dict[int, Part]], bills: dict[str, Bill], insurance: str) -> Changes:
    parts = _month_parts(bills[insurance]) if insurance in bills else ()
    return compare(levied.get(insurance, {}), {part.person_id: part for part in parts})


def _month_parts(bill: Bill) -> Iterator[Part]:
    return (part for item in bill.items if item.kind == "normal" for part in item.parts)


class _Row(NamedTuple):
    person_id: int
    old_fen: int | None
    new_fen: int | None
    why: Why | None
    filing_id: int | None


def _changed(session: Session, actor: Actor, month: str, insurance: str, what: What) -> Iterator[_Row]:
    unit_id = actor.own_unit_id
    if what == "lacking":
        due = list_due(session, actor.region_code, month, unit_id, unit_id)
        # Somebody who left and came back within the month is due twice.
        lacking = {one.person_id for one in due if one.insurance == insurance and one.wage_fen is None}
        yield from (_Row(person_id, None, None, None, None) for person_id in lacking)
        return
    last = find_last_issued(session, actor.region_code)
    if last is None:
        return
    bills = {bill.insurance: bill for bill in _reckon(session, actor, month).bills}
    changes = _compare(list_levied(session, unit_id, last.month), bills, insurance)
    if what == "moved":
        for one in changes.moved:
            yield _Row(one.new.person_id, one.old.base_fen, one.new.base_fen, one.why, one.new.filing_id)
    elif what == "came":
        yield from (_Row(part.person_id, None, part.base_fen, None, None) for part in changes.came)
    else:
        yield from (_Row(part.person_id, part.base_fen, None, None, None) for part in changes.left)
