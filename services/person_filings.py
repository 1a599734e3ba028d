"""人员新增, 人员减少 and 人员信息变更: what stands against each, what it holds, what is known beforehand."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from datetime import date

from sqlmodel import Session

from models.filing import Filing
from models.filing_parts import FilingLine
from models.person import Person, find_person, find_unit_person, list_active
from models.region import find_parameter, first_day, list_bounds
from models.unit import list_rates
from rules.fields import N_
from rules.id_documents import IDENTITY_CARD, document_key, normalise_name
from rules.identity import mask_id
from rules.insurances import ALL, INJURY
from rules.people import (
    CHANGING,
    CHANGING_FIELDS,
    JOINING,
    LEAVING,
    NEW,
    check_changing,
    check_joining,
    check_leaving,
    completed,
    needs_attachment,
)
from rules.refusals import Missing, Refusal
from services.kinds import Asked, Change, Checked, Content, Kind, held
from services.person_effects import (
    change,
    changes_of,
    changes_shown,
    month_of,
    recorded_value,
    take_in,
    take_out,
)
from services.prints import shown


def retirement_ages(session: Session, region_code: str, on: date) -> Mapping[str, int]:
    """The ages in force in a region on a day, by sex; empty where it set none."""
    found: Mapping[str, int] | None = find_parameter(session, region_code, "retirement_age", on)
    return found or {}


# 人员新增 ------------------------------------------------------------------------------------------


def _check_in(session: Session, asked: Asked, checked: Checked) -> Iterator[Refusal]:
    """The form, then what the bureau's records say, without telling what is another unit's."""
    content = checked.content = completed(checked.content)
    covered = date.fromisoformat(content["cover_from"])
    yield from check_joining(content, asked.today, retirement_ages(session, asked.region_code, covered))
    checked.title = content["name"]
    person = find_person(session, content["id_kind"], content["id_number"])
    if person is not None:
        if normalise_name(person.name, person.id_kind) != content["name"]:
            yield Refusal("person.name_differs", "name")
            return
        checked.person_id = person.id
    bounds = list_bounds(session, asked.region_code, first_day(month_of(content["cover_from"])))
    if missing := [code for code in content["insurances"] if code not in bounds]:
        yield Refusal("submit.no_bounds", "insurances", insurances=missing)
    if person is not None:
        yield from _already_insured(session, asked, person, content["insurances"])
    yield from held(session, asked, _keys(content, asked.unit_id))


def _already_insured(
    session: Session, asked: Asked, person: Person, insurances: list[str]
) -> Iterator[Refusal]:
    active = list_active(session, person.id or 0)
    here = [code for code in insurances if (asked.unit_id, code) in active]
    if here:
        yield Refusal("person.already_here", "insurances", insurances=here)
    elsewhere = [
        code
        for code in insurances
        if code != INJURY and code not in here and any(c == code for _u, c in active)
    ]
    if elsewhere:
        yield Refusal("person.insured_elsewhere", "insurances", insurances=elsewhere)


# 人员减少 ------------------------------------------------------------------------------------------


def _check_out(session: Session, asked: Asked, checked: Checked) -> Iterator[Refusal]:
    """Somebody insured here, in the 险种 that are to end."""
    content = checked.content = completed(checked.content)
    yield from check_leaving(content, asked.today)
    person = yield from _whom(session, asked, checked)
    if person is None:
        return
    # Whoever was named by 个人编号 holds the same key as by document.
    content["id_number"] = person.id_number
    active = list_active(session, person.id or 0)
    absent = [code for code in content["insurances"] if (asked.unit_id, code) not in active]
    if absent:
        yield Refusal("person.not_insured", "insurances", insurances=absent)
        return
    starts = [active[asked.unit_id, code].from_month for code in content["insurances"]]
    if starts and content["last_month"] < max(starts):
        yield Refusal("person.last_before_first", "last_month", month=max(starts))
    yield from held(session, asked, _keys(content, asked.unit_id))


def _known_joining(session: Session, asked: Asked) -> dict[str, str]:
    """What most who join have in common: an identity card, the unit's own 险种, cover from today."""
    return {
        "id_kind": IDENTITY_CARD,
        "insurances": " ".join(sorted(list_rates(session, asked.unit_id, asked.today))),
        "cover_from": asked.today.isoformat(),
    }


def _known_leaving(session: Session, asked: Asked) -> dict[str, str]:
    """Whose page the form was opened from, and in what they are insured here."""
    person = _asked_person(session, asked)
    if person is None:
        return {}
    active = list_active(session, person.id or 0)
    codes = [code for code in ALL if (asked.unit_id, code) in active]
    return {"person_no": person.person_no, "name": person.name, "insurances": " ".join(codes)}


# 人员信息变更 ---------------------------------------------------------------------------------------


def _check_change(session: Session, asked: Asked, checked: Checked) -> Iterator[Refusal]:
    """Somebody insured here, and something that becomes different."""
    content = checked.content = completed(checked.content)
    yield from check_changing(content, asked.today)
    person = yield from _whom(session, asked, checked)
    if person is None:
        return
    if not changes_of(person, content):
        yield Refusal("person.nothing_changed")
    if content["new_id_number"]:
        other = find_person(session, content["new_id_kind"] or person.id_kind, content["new_id_number"])
        if other is not None and other.id != person.id:
            yield Refusal("person.number_taken", "new_id_number")
    yield from held(session, asked, [_change_key(person.id)])


def _known_changing(session: Session, asked: Asked) -> dict[str, str]:
    person = _asked_person(session, asked)
    return {"person_no": person.person_no, "name": person.name} if person else {}


def _recorded(session: Session, asked: Asked) -> dict[str, str]:
    """What the record says of whoever is insured here, numbers masked, beside the fields of what is to be."""
    if asked.person_id is None:
        return {}
    person = find_unit_person(session, asked.unit_id, person_id=asked.person_id)
    if person is None:
        return {}
    fields = {name.removeprefix(NEW): one for name, one in CHANGING_FIELDS.items() if name.startswith(NEW)}
    said = {NEW + name: shown(field, recorded_value(person, name)) for name, field in fields.items()}
    return said | {"id_number": mask_id(person.id_number)}


def _compare(session: Session, line: FilingLine) -> list[Change]:
    return changes_shown(session, line, CHANGING_FIELDS)


# Both who leave and who change ----------------------------------------------------------------------


def _asked_person(session: Session, asked: Asked) -> Person | None:
    """Whoever the form was opened for; raises ``Missing`` for anybody who is not insured here."""
    if asked.person_id is None:
        return None
    person = find_unit_person(session, asked.unit_id, person_id=asked.person_id)
    if person is None:
        raise Missing(asked.person_id)
    return person


def _whom(session: Session, asked: Asked, checked: Checked) -> Generator[Refusal, None, Person | None]:
    """What stands against whom the form names by 个人编号, document, or both; returns who that is."""
    content = checked.content
    checked.title = content["name"]
    number, own_no = content["id_number"], content["person_no"]
    person = find_unit_person(session, asked.unit_id, id_number=number, person_no=own_no)
    if person is None:
        if number and own_no and find_unit_person(session, asked.unit_id, person_no=own_no):
            yield Refusal("person.two_people", "id_number")
        elif number or own_no:
            yield Refusal("person.not_here", "id_number" if number else "person_no")
        return None
    checked.person_id = person.id
    if normalise_name(person.name, person.id_kind) != normalise_name(content["name"], person.id_kind):
        yield Refusal("person.other_name", "name", name=person.name)
        return None
    checked.title = person.name
    return person


# Holds ---------------------------------------------------------------------------------------------


def _keys(content: Content, unit_id: int | None) -> list[str]:
    """医疗 and 生育 may be asked for once everywhere, 工伤 once in each unit."""
    person = document_key(content.get("id_number") or "")
    return [
        f"person:{person}:{code}" + (f":{unit_id}" if code == INJURY else "")
        for code in content.get("insurances") or ()
    ]


def _change_key(person_id: int | None) -> str:
    return f"person:{person_id}:record"


def _holds(filing: Filing, line: FilingLine) -> list[str]:
    return _keys(line.content, filing.unit_id)


def _holds_change(_filing: Filing, line: FilingLine) -> list[str]:
    return [_change_key(line.person_id)] if line.person_id else []


KINDS = (
    Kind(
        "person_in", N_("人员新增"), JOINING, _check_in, _holds, take_in, known=_known_joining, is_batch=True
    ),
    Kind(
        "person_out",
        N_("人员减少"),
        LEAVING,
        _check_out,
        _holds,
        take_out,
        known=_known_leaving,
        is_batch=True,
    ),
    Kind(
        "person_change",
        N_("人员信息变更"),
        CHANGING,
        _check_change,
        _holds_change,
        change,
        needs_attachment=needs_attachment,
        known=_known_changing,
        recorded=_recorded,
        compare=_compare,
        is_batch=True,
    ),
)
