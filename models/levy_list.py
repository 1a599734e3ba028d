"""What was levied on a unit, as it is looked for: its 征集单 by month, their items, their people, one person's months.

A unit's numbers always go into the query; a draft is never found here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import and_, select
from sqlmodel import Session

from models.filing import Filing
from models.levy import Levy, LevyDetail, LevyItem
from models.levy_facts import make_rate
from models.people_list import PeopleSearch, list_people
from models.person import Person
from models.region import BaseParameter, RegionRate
from models.unit import UnitRate
from rules.levies import Item, Part

PAGE_SIZE = 100
MOST_LISTED = 120
"""征集单 of one page: three 险种 for more than three years."""
MONTHS_A_PAGE = 24


class LevySearch(NamedTuple):
    """Months YYYYMM from and to, both included, and an 险种; "" where it does not matter."""

    since: str = ""
    until: str = ""
    insurance: str = ""


class Levied(NamedTuple):
    """One person's line of a 征集单."""

    levy: Levy
    item: LevyItem
    detail: LevyDetail


class Line(NamedTuple):
    """One person of an item as a file has it; money in fen, ``receipt_no`` of the request that it goes back to."""

    kind: str
    for_month: str
    person_no: str
    name: str
    id_number: str
    wage_fen: int
    base_fen: int
    before_fen: int
    adjustment: str
    employee_fen: int
    receipt_no: str | None


class LevyPage(NamedTuple):
    """People and their lines; ``after`` and ``before`` are the person that the next and previous page go by."""

    people: list[tuple[Person, list[Levied]]]
    after: int | None
    before: int | None


def find_last_month(session: Session, unit_id: int) -> str | None:
    """The latest month that was issued to a unit."""
    query = select(Levy.month).where(Levy.unit_id == unit_id, Levy.state == "issued")
    return session.scalars(query.order_by(Levy.month.desc()).limit(1)).first()


def list_levies(
    session: Session, unit_id: int, search: LevySearch, limit: int | None = MOST_LISTED
) -> list[Levy]:
    """What counts now of a unit's months, the newest first."""
    query = select(Levy).where(Levy.unit_id == unit_id, Levy.state == "issued")
    if search.since:
        query = query.where(Levy.month >= search.since)
    if search.until:
        query = query.where(Levy.month <= search.until)
    if search.insurance:
        query = query.where(Levy.insurance == search.insurance)
    return list(session.scalars(query.order_by(Levy.month.desc(), Levy.insurance).limit(limit)))


def find_levy(session: Session, unit_id: int, levy_id: int) -> Levy | None:
    """A 征集单 of a unit that was issued, whether it was replaced since or not."""
    query = select(Levy).where(Levy.id == levy_id, Levy.unit_id == unit_id, Levy.state != "draft")
    return session.scalars(query).first()


def find_before(session: Session, unit_id: int, insurance: str, month: str) -> Levy | None:
    """What counts of a unit and 险种 for the latest month before this one."""
    query = select(Levy).where(
        Levy.unit_id == unit_id, Levy.insurance == insurance, Levy.state == "issued", Levy.month < month
    )
    return session.scalars(query.order_by(Levy.month.desc()).limit(1)).first()


def list_versions(session: Session, levy: Levy) -> list[Levy]:
    """Every version of a unit's month in one 险种 that was issued, the newest first."""
    query = select(Levy).where(
        Levy.unit_id == levy.unit_id,
        Levy.insurance == levy.insurance,
        Levy.month == levy.month,
        Levy.state != "draft",
    )
    return list(session.scalars(query.order_by(Levy.version.desc())))


def list_items(session: Session, levy_ids: Iterable[int]) -> list[LevyItem]:
    """The items of these 征集单 in their order."""
    query = select(LevyItem).where(LevyItem.levy_id.in_(list(levy_ids)))
    return list(session.scalars(query.order_by(LevyItem.levy_id, LevyItem.seq)))


def load_items(session: Session, levy_id: int) -> tuple[Item, ...]:
    """The items of a 征集单 with all their people, as rules have them."""
    query = (
        select(
            LevyDetail.seq,
            LevyDetail.person_id,
            LevyDetail.wage_fen,
            LevyDetail.base_fen,
            LevyDetail.before_fen,
            LevyDetail.adjustment,
            LevyDetail.employee_fen,
            LevyDetail.filing_id,
        )
        .where(LevyDetail.levy_id == levy_id)
        .order_by(LevyDetail.seq, LevyDetail.person_id)
    )
    parts: dict[int, list[Part]] = {}
    for seq, *values in session.execute(query):
        parts.setdefault(seq, []).append(Part(*values))
    return tuple(
        Item(
            one.kind,
            one.for_month,
            make_rate(one.employer_millionths, one.employee_millionths),
            tuple(parts.get(one.seq, ())),
            one.base_total_fen,
            one.employer_fen,
            one.employee_fen,
        )
        for one in list_items(session, [levy_id])
    )


def list_levied_people(
    session: Session,
    unit_id: int,
    items: Sequence[tuple[Levy, LevyItem]],
    words: str = "",
    after: int | None = None,
    before: int | None = None,
    limit: int = PAGE_SIZE,
) -> LevyPage:
    """A page of the people of these items by number, each with their lines; words as in ``PeopleSearch``.

    Each item is read from where the page begins, and no further than it is long.
    """
    if words:
        page = list_people(session, unit_id, PeopleSearch(words), after, before, limit)
        ids, after, before = [one.person.id or 0 for one in page.people], page.after, page.before
    else:
        ids, after, before = _page_of_numbers(session, items, after, before, limit)
    lines: dict[int, list[Levied]] = {}
    for levy, item in items:
        query = select(LevyDetail).where(
            LevyDetail.levy_id == levy.key, LevyDetail.seq == item.seq, LevyDetail.person_id.in_(ids)
        )
        for detail in session.scalars(query):
            lines.setdefault(detail.person_id, []).append(Levied(levy, item, detail))
    people = {one.id: one for one in session.scalars(select(Person).where(Person.id.in_(lines)))}
    return LevyPage([(people[one], lines[one]) for one in ids if one in lines], after, before)


def _page_of_numbers(
    session: Session,
    items: Sequence[tuple[Levy, LevyItem]],
    after: int | None,
    before: int | None,
    limit: int,
) -> tuple[list[int], int | None, int | None]:
    """The numbers of a page's people, and those that the next and the previous page go by."""
    back = before is not None
    key = LevyDetail.person_id
    found: set[int] = set()
    for levy, item in items:
        query = select(key).where(LevyDetail.levy_id == levy.key, LevyDetail.seq == item.seq)
        if (edge := before if back else after) is not None:
            query = query.where(key < edge if back else key > edge)
        found.update(session.scalars(query.order_by(key.desc() if back else key).limit(limit + 1)))
    ids = sorted(found, reverse=back)
    has_more = len(ids) > limit
    ids = sorted(ids[:limit])
    return (
        ids,
        ids[-1] if ids and (has_more or back) else None,
        ids[0] if ids and (has_more if back else after is not None) else None,
    )


def list_lines(session: Session, levy: Levy) -> list[Line]:
    """Everybody of a 征集单, item by item, by the people's numbers."""
    query = (
        select(
            LevyItem.kind,
            LevyItem.for_month,
            Person.person_no,
            Person.name,
            Person.id_number,
            LevyDetail.wage_fen,
            LevyDetail.base_fen,
            LevyDetail.before_fen,
            LevyDetail.adjustment,
            LevyDetail.employee_fen,
            Filing.receipt_no,
        )
        .join(LevyItem, and_(LevyItem.levy_id == LevyDetail.levy_id, LevyItem.seq == LevyDetail.seq))
        .join(Person, Person.id == LevyDetail.person_id)
        .outerjoin(Filing, and_(Filing.id == LevyDetail.filing_id, Filing.unit_id == levy.unit_id))
        .where(LevyDetail.levy_id == levy.key)
        .order_by(LevyDetail.seq, LevyDetail.person_id)
    )
    return [Line(*row) for row in session.execute(query)]


def list_months_of(
    session: Session, unit_id: int, person_id: int, until: str = ""
) -> tuple[list[Levied], str | None]:
    """What a person was levied on through a unit in ``MONTHS_A_PAGE`` of its months, the newest first.

    ``until``: the month that the page begins with; the second value is where the next one does. Each 征集单 is asked
    for the one person by its key.
    """
    months = select(Levy.month).where(Levy.unit_id == unit_id, Levy.state == "issued").distinct()
    if until:
        months = months.where(Levy.month <= until)
    found = list(session.scalars(months.order_by(Levy.month.desc()).limit(MONTHS_A_PAGE + 1)))
    shown = found[:MONTHS_A_PAGE]
    query = (
        select(Levy, LevyItem, LevyDetail)
        .join(LevyItem, LevyItem.levy_id == Levy.id)
        .join(
            LevyDetail,
            and_(
                LevyDetail.levy_id == LevyItem.levy_id,
                LevyDetail.seq == LevyItem.seq,
                LevyDetail.person_id == person_id,
            ),
        )
        .where(Levy.unit_id == unit_id, Levy.state == "issued", Levy.month.in_(shown))
        .order_by(Levy.month.desc(), Levy.insurance, LevyItem.seq)
    )
    lines = [Levied(levy, item, detail) for levy, item, detail in session.execute(query)]
    return lines, found[MONTHS_A_PAGE] if len(found) > MONTHS_A_PAGE else None


def find_unit_rate(session: Session, unit_id: int, insurance: str, on: date) -> UnitRate | None:
    """The rate of its own that a unit had on a day."""
    query = select(UnitRate).where(
        UnitRate.unit_id == unit_id,
        UnitRate.insurance == insurance,
        UnitRate.valid_from <= on,
        UnitRate.valid_to > on,
    )
    return session.scalars(query).first()


def find_region_rate(session: Session, region_code: str, insurance: str, on: date) -> RegionRate | None:
    """The rate that a region had on a day for units without one of their own."""
    query = select(RegionRate).where(
        RegionRate.region_code == region_code,
        RegionRate.insurance == insurance,
        RegionRate.valid_from <= on,
        RegionRate.valid_to > on,
    )
    return session.scalars(query).first()


def find_base_parameter(session: Session, region_code: str, insurance: str, on: date) -> BaseParameter | None:
    """The published bounds that held on a day."""
    query = select(BaseParameter).where(
        BaseParameter.region_code == region_code,
        BaseParameter.insurance == insurance,
        BaseParameter.valid_from <= on,
        BaseParameter.valid_to > on,
    )
    return session.scalars(query).first()
