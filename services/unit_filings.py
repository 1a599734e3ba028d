"""单位信息变更 and 参保登记: what stands against each, what it holds, and what approval does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from sqlmodel import Session

from models import audit
from models.account import Actor
from models.filing import Filing
from models.filing_parts import FilingLine, find_holder
from models.region import Region
from models.unit import Unit, find_unit_by_uscc, get_unit, list_unit_numbers
from rules.fields import N_, Section, as_typed, fields_of
from rules.refusals import Refusal
from rules.units import (
    CHANGING_AT_ONCE,
    CHANGING_FIELDS,
    CHANGING_REVIEWED,
    PROVED_FIELDS,
    REGISTERING_UNIT,
    check_unit,
    completed,
    differences,
    kept_account,
    next_unit_no,
)
from services.kinds import Asked, Change, Checked, Content, Kind, always
from services.prints import shown

BEFORE = "before"
"""In a change's content: the record of the form's fields as it was when the form was saved."""


def _check_change(session: Session, asked: Asked, checked: Checked) -> Iterator[Refusal]:
    """What becomes different, and whether the record is still what it was when the form was saved."""
    record = _record(get_unit(session, asked.unit_id), checked.content)
    content = kept_account(completed(checked.content), record)
    found = differences(record, content, CHANGING_FIELDS)
    checked.content = {one.name: one.new for one in found} | {BEFORE: record}
    checked.title = ""
    yield from check_unit(content)
    for name, old in ((asked.kept or {}).get(BEFORE) or {}).items():
        if record.get(name) != old:
            yield _changed_since(name, record.get(name))
    if not found:
        yield Refusal("unit.nothing_changed")


def _record(unit: Unit, names: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(unit, name) for name in names}


def _changed_since(name: str, value: Any) -> Refusal:
    field = CHANGING_FIELDS[name]
    return Refusal("unit.changed_since", name, label=field.label_msgid, kept=shown(field, value))


def _compare(_session: Session, line: FilingLine) -> list[Change]:
    before = line.content.get(BEFORE, {})
    return [
        Change(field, before.get(name), line.content[name])
        for name, field in CHANGING_FIELDS.items()
        if name in line.content
    ]


def _hold_record(filing: Filing, _line: FilingLine) -> list[str]:
    return [f"unit:{filing.unit_id}:record"]


def _hold_nothing(_filing: Filing, _line: FilingLine) -> list[str]:
    return []


def _change(session: Session, actor: Actor, filing: Filing, lines: list[FilingLine], now: datetime) -> None:
    """Put the new values into the record, if it still is what the unit saw. Raises ``unit.changed_since``."""
    unit = session.get_one(Unit, filing.own_unit_id, with_for_update=True)
    changes = _compare(session, lines[0])
    for change in changes:
        name = change.field.name
        if getattr(unit, name) != change.old:
            raise _changed_since(name, getattr(unit, name))
        setattr(unit, name, change.new)
    session.add(unit)
    before = {change.field.name: change.old for change in changes}
    after = {change.field.name: change.new for change in changes}
    audit.record(
        session, actor, "unit_changed", "unit", unit.id, now, unit_id=unit.id, before=before, after=after
    )


def _needs_proof(content: Content) -> bool:
    return any(name in content for name in PROVED_FIELDS)


def _known_contacts(session: Session, asked: Asked) -> dict[str, str]:
    return _known(session, asked, CHANGING_AT_ONCE)


def _known_reviewed(session: Session, asked: Asked) -> dict[str, str]:
    """The record without its bank account, which is shown to nobody whole."""
    return _known(session, asked, CHANGING_REVIEWED) | {"bank_account": ""}


def _known(session: Session, asked: Asked, sections: tuple[Section, ...]) -> dict[str, str]:
    fields = fields_of(sections)
    return as_typed(fields, _record(get_unit(session, asked.unit_id), fields))


def _recorded(session: Session, asked: Asked) -> dict[str, str]:
    """What stands in the record, the account in part. A fresh form holds the rest of it already."""
    unit = get_unit(session, asked.unit_id)
    names = ("bank_account",) if asked.filing_id is None else tuple(CHANGING_FIELDS)
    return {name: shown(CHANGING_FIELDS[name], getattr(unit, name)) for name in names}


def _check_join(session: Session, asked: Asked, checked: Checked) -> Iterator[Refusal]:
    """参保登记: a unit that the region does not have yet, and for which nobody else is asking."""
    content = checked.content = completed(checked.content)
    checked.title = content["name"]
    yield from check_unit(content)
    if find_unit_by_uscc(session, asked.region_code, content["uscc"]) is not None:
        yield Refusal("unit.registered", "uscc")
        return
    holder = find_holder(session, [_join_key(asked.region_code, content["uscc"])])
    if holder is not None and holder.filing_id != asked.filing_id:
        yield Refusal("unit.join_pending", "uscc")


def _join_key(region_code: str, uscc: str) -> str:
    return f"unit_join:{region_code}:{uscc}"


def _hold_code(filing: Filing, line: FilingLine) -> list[str]:
    return [_join_key(filing.region_code, line.content["uscc"])]


def _register(session: Session, actor: Actor, filing: Filing, lines: list[FilingLine], now: datetime) -> None:
    """The unit with a number of its own. Its rates are the bureau's to set; its first account comes by activation.

    Raises ``Refusal`` ``unit.registered`` when the region got a unit with this code meanwhile.
    """
    content = lines[0].content
    # Numbers are given one after another.
    session.get_one(Region, filing.region_code, with_for_update=True)
    if find_unit_by_uscc(session, filing.region_code, content["uscc"]) is not None:
        raise Refusal("unit.registered", "uscc")
    numbers = list_unit_numbers(session, filing.region_code, filing.region_code[:4])
    unit = Unit(
        region_code=filing.region_code,
        unit_no=next_unit_no(filing.region_code, numbers),
        uscc=content["uscc"],
        # Opening by 医保序号 is for units that are insured already; this one's 险种 the bureau approves here.
        opened_at=now,
        **{name: content[name] or "" for name in CHANGING_FIELDS},
    )
    session.add(unit)
    session.flush()
    filing.unit_id = unit.id
    after = {"unit_no": unit.unit_no, "name": unit.name, "uscc": unit.uscc}
    audit.record(session, actor, "unit_registered", "unit", unit.id, now, unit_id=unit.id, after=after)


KINDS: tuple[Kind, ...] = (
    Kind(
        "unit_contact",
        N_("单位联系方式变更"),
        CHANGING_AT_ONCE,
        _check_change,
        _hold_nothing,
        _change,
        known=_known_contacts,
        recorded=_recorded,
        compare=_compare,
        is_reviewed=False,
    ),
    Kind(
        "unit_change",
        N_("单位信息变更"),
        CHANGING_REVIEWED,
        _check_change,
        _hold_record,
        _change,
        needs_attachment=_needs_proof,
        known=_known_reviewed,
        recorded=_recorded,
        compare=_compare,
        is_admins=True,
    ),
    Kind(
        "unit_join",
        N_("参保登记"),
        REGISTERING_UNIT,
        _check_join,
        _hold_code,
        _register,
        needs_attachment=always,
    ),
)
