"""参保人员查询: a page of a unit's people by name, number, state, 险种 and month, at a cost that does not grow.

Pages go by the number of a person, or by name and number where a name is asked for: an index leads to the first
line of a page however many there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Select, exists, select, tuple_
from sqlmodel import Session

from models.filing import Filing
from models.filing_parts import FilingLine
from models.person import KIND_CODES, Enrolment, Person, PersonBase
from rules.id_documents import spellings
from rules.identity import normalise_code

PAGE_SIZE = 50
SHORTEST_TAIL = 4
STATES = ("active", "suspended", "ended")
# Behind every character that a name may have.
_LAST = "\U0010ffff"


class PeopleSearch(NamedTuple):
    """What is asked for; ``words`` are the beginning of a name, a 个人编号, a document's number or its last 4 or more.

    ``since`` and ``until`` are months YYYYMM of joining, both included.
    """

    words: str = ""
    state: str = ""
    insurance: str = ""
    since: str = ""
    until: str = ""

    @property
    def is_name(self) -> bool:
        """Whether the words are a name's: numbers of any kind have a digit."""
        return bool(self.words) and not any(sign.isdigit() for sign in self.words)


class Listed(NamedTuple):
    """A person with their enrolments through the unit, the 险种 in order, the newest of each first."""

    person: Person
    enrolments: list[Enrolment]

    @property
    def is_active(self) -> bool:
        """Whether the unit insures them now."""
        return any(one.state == "active" for one in self.enrolments)

    @property
    def latest(self) -> dict[str, Enrolment]:
        """The newest enrolment of each 险种."""
        found: dict[str, Enrolment] = {}
        for one in self.enrolments:
            found.setdefault(one.insurance, one)
        return found


class PeoplePage(NamedTuple):
    """A page; ``after`` and ``before`` are the person that the next and the previous one go by, if there is any."""

    people: list[Listed]
    after: int | None
    before: int | None


def list_people(
    session: Session,
    unit_id: int,
    search: PeopleSearch,
    after: int | None = None,
    before: int | None = None,
    limit: int = PAGE_SIZE,
) -> PeoplePage:
    """The people of a unit that a search finds: those behind ``after``, or those in front of ``before``."""
    back = before is not None
    query, key = _found(session, unit_id, search)
    if (edge := before if back else after) is not None:
        place = _place(session, search, edge)
        query = query.where(key < place if back else key > place)
    order = [column.desc() if back else column for column in key]
    ids = list(session.scalars(query.order_by(*order).limit(limit + 1)))
    has_more = len(ids) > limit
    ids = ids[:limit][::-1] if back else ids[:limit]
    return PeoplePage(
        _with_enrolments(session, unit_id, ids),
        after=ids[-1] if ids and (has_more or back) else None,
        before=ids[0] if ids and (has_more if back else after is not None) else None,
    )


def _found(session: Session, unit_id: int, search: PeopleSearch) -> tuple[Select[tuple[int]], Any]:
    """The numbers of the people found, and the columns that they are ordered by."""
    wanted = _wanted(unit_id, search)
    if search.is_name:
        # The names lead, as a beginning of a name is a stretch of their index.
        query = select(Person.id).where(
            Person.name >= search.words,
            Person.name < search.words + _LAST,
            exists().where(Enrolment.person_id == Person.id, *wanted),
        )
        return query, tuple_(Person.name, Person.id)
    query = select(Enrolment.person_id).where(*wanted).group_by(Enrolment.person_id)
    if search.words:
        query = query.where(Enrolment.person_id.in_(_numbered(session, unit_id, search.words)))
    return query, tuple_(Enrolment.person_id)


def _wanted(unit_id: int, search: PeopleSearch) -> list[Any]:
    wanted = [Enrolment.unit_id == unit_id]
    if search.state:
        wanted.append(Enrolment.state == search.state)
    if search.insurance:
        wanted.append(Enrolment.insurance == search.insurance)
    if search.since:
        wanted.append(Enrolment.from_month >= search.since)
    if search.until:
        wanted.append(Enrolment.from_month <= search.until)
    return wanted


def _place(session: Session, search: PeopleSearch, person_id: int) -> Any:
    """Where a person stands in the order; names do not belong in an address, so the number stands there."""
    if not search.is_name:
        return tuple_(person_id)
    name = session.scalar(select(Person.name).where(Person.id == person_id)) or ""
    return tuple_(name, person_id)


def _numbered(session: Session, unit_id: int, words: str) -> Sequence[int]:
    """Whoever has this number; where it is nobody's, those of the unit whose document ends so.

    Only the last is looked for among everybody of the unit, one after the other.
    """
    code = normalise_code(words)
    document = select(Person.id).where(Person.id_kind.in_(KIND_CODES), Person.id_number.in_(spellings(code)))
    own_no = select(Person.id).where(Person.person_no == code)
    found = [number for query in (document, own_no) for number in session.scalars(query)]
    if found or len(code) < SHORTEST_TAIL:
        return found
    query = select(Person.id).join(Enrolment, Enrolment.person_id == Person.id)
    ends_so = Person.id_number.like("%" + code.replace("%", "").replace("_", ""))
    return list(session.scalars(query.where(Enrolment.unit_id == unit_id, ends_so).distinct()))


def _with_enrolments(session: Session, unit_id: int, ids: Sequence[int]) -> list[Listed]:
    people = {one.id: one for one in session.scalars(select(Person).where(Person.id.in_(ids)))}
    found: dict[int, list[Enrolment]] = {number: [] for number in ids}
    query = select(Enrolment).where(Enrolment.unit_id == unit_id, Enrolment.person_id.in_(ids))
    for one in session.scalars(query.order_by(Enrolment.insurance, Enrolment.id.desc())):
        found[one.person_id].append(one)
    return [Listed(people[number], found[number]) for number in ids]


def find_listed(session: Session, unit_id: int, person_id: int) -> Listed | None:
    """Somebody who is or was insured through the unit."""
    listed = _with_enrolments(session, unit_id, [person_id]) if session.get(Person, person_id) else []
    return listed[0] if listed and listed[0].enrolments else None


def list_bases(session: Session, unit_id: int, person_id: int) -> list[PersonBase]:
    """The bases set for a person through a unit, the newest month first."""
    query = select(PersonBase).where(PersonBase.unit_id == unit_id, PersonBase.person_id == person_id)
    return list(session.scalars(query.order_by(PersonBase.effective_month.desc(), PersonBase.insurance)))


def list_person_filings(session: Session, unit_id: int, person_id: int, limit: int = 50) -> list[Filing]:
    """The unit's 业务 in which a person has a line, the newest first."""
    lines = select(FilingLine.filing_id).where(FilingLine.person_id == person_id)
    query = select(Filing).where(Filing.unit_id == unit_id, Filing.id.in_(lines))
    return list(session.scalars(query.order_by(Filing.id.desc()).limit(limit)))
