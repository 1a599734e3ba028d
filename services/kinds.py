"""What a kind of 业务 is: one form, one rule set, one effect. A new kind is a new entry in ``KINDS``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlmodel import Session

from models.account import Actor
from models.filing import Filing
from models.filing_parts import FilingLine, find_holder
from rules.fields import Field, Section, clean_fields, fields_of
from rules.refusals import Refusal

Content = Mapping[str, Any]


@dataclass(frozen=True)
class Asked:
    """Who asks, where, when: what a rule set needs to know besides the form. ``unit_id`` is 0 for a unit to be.

    ``kept`` is what the line held since it was saved, when it is checked again; None while somebody saves it.
    ``person_id`` is whom the form was opened for, if it was opened from a person's page.
    """

    unit_id: int
    region_code: str
    today: date
    project_id: int | None = None
    filing_id: int | None = None
    kept: Content | None = None
    person_id: int | None = None


@dataclass
class Checked:
    """A line as it is now: ``content`` clean, ``problems`` by field, the person it is about, its name in lists."""

    typed: dict[str, str]
    content: dict[str, Any]
    problems: dict[str, Refusal] = field(default_factory=dict)
    person_id: int | None = None
    title: str = ""


def no_attachment(_content: Content) -> bool:
    """Nothing has to be attached."""
    return False


def always(_content: Content) -> bool:
    """Every line needs it."""
    return True


def no_values(_session: Session, _asked: Asked) -> dict[str, str]:
    """The form begins empty."""
    return {}


class Change(NamedTuple):
    """A field that a request makes different; both values as they are kept."""

    field: Field
    old: Any
    new: Any


def no_changes(_session: Session, _line: FilingLine) -> list[Change]:
    """Nothing that is known becomes different."""
    return []


@dataclass(frozen=True)
class Kind:
    """One kind of 业务.

    ``check`` says of clean content what stands against it, sets ``person_id`` and ``title``; ``holds`` are the keys
    that only one pending filing may have; ``effect`` is what approval does, inside its transaction, and may refuse.
    ``known`` fills the form with what the hall knows, ``recorded`` stands beside its fields; ``compare`` says what a
    line makes different, for a table of before and after. ``is_batch``: many lines may come at once, from a file.
    ``is_reviewed`` False: it takes effect as soon as it is submitted. ``is_admins``: for the unit's administrators.
    """

    code: str
    label_msgid: str
    sections: tuple[Section, ...]
    check: Callable[[Session, Asked, Checked], Iterable[Refusal]]
    holds: Callable[[Filing, FilingLine], list[str]]
    effect: Callable[[Session, Actor, Filing, list[FilingLine], datetime], None]
    needs_attachment: Callable[[Content], bool] = no_attachment
    known: Callable[[Session, Asked], dict[str, str]] = no_values
    recorded: Callable[[Session, Asked], dict[str, str]] = no_values
    compare: Callable[[Session, FilingLine], list[Change]] = no_changes
    is_batch: bool = False
    is_reviewed: bool = True
    is_admins: bool = False

    @property
    def fields(self) -> dict[str, Field]:
        """The form's fields by name."""
        return fields_of(self.sections)


def check_line(session: Session, kind: Kind, asked: Asked, typed: Mapping[str, str]) -> Checked:
    """A form or a line of a file, judged by its fields and, where these are all right, by the kind's rule set."""
    kept = {name: typed.get(name, "") for name in kind.fields}
    content, problems = clean_fields(kind.fields, kept)
    checked = Checked(kept, content, problems)
    checked.title = str(content.get("name") or kept.get("name", ""))[:50]
    if not problems:
        for refusal in kind.check(session, asked, checked):
            checked.problems.setdefault(refusal.field or "", refusal)
    return checked


def held(
    session: Session, asked: Asked, keys: list[str], field: str = "", elsewhere: str = "filing.held_elsewhere"
) -> Iterator[Refusal]:
    """What another pending filing asks for already: this unit's by its number, another's by nothing."""
    holder = find_holder(session, keys)
    if holder is None or holder.filing_id == asked.filing_id:
        return
    other = session.get_one(Filing, holder.filing_id)
    if other.unit_id == asked.unit_id:
        yield Refusal("filing.held_here", field, number=other.receipt_no)
    else:
        yield Refusal(elsewhere, field)
