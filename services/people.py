"""看完整证件号码 and 导出 of 参保人员查询: by right, for a purpose that is asked and kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from sqlmodel import Session

from cert.digests import sm3_hex
from documents.sheet_writing import cell_text, fill_sheet
from models import audit
from models.account import Actor
from models.db import transaction
from models.people_list import Listed, PeopleSearch, find_listed, list_people
from rules.id_documents import DOCUMENT_KINDS
from rules.identity import mask_id
from rules.insurances import CHOICES
from rules.people import EMPLOYMENTS, ENROLMENT_STATES
from rules.purposes import clean_purpose
from rules.refusals import Missing, Refusal
from services.filings import Faulty
from translations import gettext as _

CHUNK = 2_000
_WIDTHS = (16, 14, 26, 24, 8, 10, 12, 12, 22)


def reveal_number(actor: Actor, person_id: int, typed: Mapping[str, str], now: datetime) -> str:
    """The whole number of the document of somebody insured through the unit, with an audit event.

    Raises ``Missing``, ``Refusal`` ``right.lacking``, ``Faulty`` for a purpose that is not said.
    """
    purpose = _purpose(actor, typed)
    with transaction() as session:
        found = find_listed(session, actor.own_unit_id, person_id)
        if found is None or not found.is_active:
            raise Missing(person_id)
        audit.record(session, actor, "id_revealed", "person", person_id, now, after=purpose)
        return found.person.id_number


def export_people(
    actor: Actor, search: PeopleSearch, typed: Mapping[str, str], most: int, now: datetime
) -> bytes:
    """Everybody whom a search finds as an xlsx, a line for each 险种, numbers masked; with an audit event.

    The event has the filter, the lines and the SM3 of the file, and of the words only what kind they were: an audit
    trail is no place for names. Raises ``Refusal`` ``right.lacking``, ``people.nobody``, ``people.too_many`` above
    ``most`` people, ``Faulty`` for a purpose that is not said.
    """
    purpose = _purpose(actor, typed)
    with transaction() as session:
        lines = [line for one in _everybody(session, actor, search, most) for line in _lines(one)]
        if not lines:
            raise Refusal("people.nobody")
        data = _workbook(lines)
        words = "" if not search.words else "name" if search.is_name else "number"
        after = {
            **purpose,
            "filter": search._asdict() | {"words": words},
            "rows": len(lines),
            "digest": sm3_hex(data),
        }
        audit.record(session, actor, "people_exported", "unit", actor.own_unit_id, now, after=after)
    return data


def _purpose(actor: Actor, typed: Mapping[str, str]) -> dict[str, str]:
    if not actor.may("reveal"):
        raise Refusal("right.lacking", right="reveal")
    purpose, errors = clean_purpose(typed)
    if errors:
        raise Faulty(errors)
    return purpose


def _everybody(session: Session, actor: Actor, search: PeopleSearch, most: int) -> Iterator[Listed]:
    after: int | None = None
    count = 0
    while True:
        page = list_people(session, actor.own_unit_id, search, after, limit=CHUNK)
        count += len(page.people)
        if count > most:
            raise Refusal("people.too_many", limit=most)
        yield from page.people
        if page.after is None:
            return
        after = page.after


def _lines(one: Listed) -> Iterator[tuple[str, ...]]:
    person, states, kinds = one.person, dict(ENROLMENT_STATES), dict(DOCUMENT_KINDS)
    insurances, employments = dict(CHOICES), dict(EMPLOYMENTS)
    for enrolment in one.enrolments:
        yield (
            person.person_no,
            person.name,
            _(kinds.get(person.id_kind, "")),
            mask_id(person.id_number),
            _(insurances.get(enrolment.insurance, enrolment.insurance)),
            _(states[enrolment.state]),
            enrolment.from_month,
            enrolment.to_month or "",
            _(employments[enrolment.employment]) if enrolment.employment in employments else "",
        )


def _workbook(lines: list[tuple[str, ...]]) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet(_("参保人员"))
    for place, width in enumerate(_WIDTHS, start=1):
        sheet.column_dimensions[get_column_letter(place)].width = width
    sheet.freeze_panes = "A2"
    heading = (
        _("个人编号"), _("姓名"), _("证件类型"), _("证件号码"), _("险种"), _("状态"), _("参保月份"),
        _("终止月份"), _("用工形式"),
    )  # fmt: skip
    letters = [get_column_letter(place) for place in range(1, len(heading) + 1)]
    rows = (
        f'<row r="{number}">'
        + "".join(
            f'<c r="{letter}{number}" t="inlineStr"><is><t>{cell_text(text)}</t></is></c>'
            for letter, text in zip(letters, line, strict=True)
        )
        + "</row>"
        for number, line in enumerate((heading, *lines), start=1)
    )
    return fill_sheet(book, rows, text_cells=f"A1:{letters[-1]}{len(lines) + 1}")
