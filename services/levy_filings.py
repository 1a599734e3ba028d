"""有差异: a unit says that an amount is wrong, and the bureau looks into it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlmodel import Session

from models.account import Actor
from models.filing import Filing
from models.filing_parts import FilingLine, find_holder
from models.levy import find_run
from models.person import find_unit_person
from rules.fields import N_
from rules.insurances import ALL, CHOICES
from rules.levy_disputes import DISPUTING
from rules.refusals import Refusal
from services.kinds import Asked, Checked, Kind, held
from services.levies import next_month
from translations import gettext as _


def _check_difference(session: Session, asked: Asked, checked: Checked) -> Iterator[Refusal]:
    """Of a month that was issued, or of the one that comes next; one at a time for a month and 险种."""
    content = checked.content
    month, insurance = content["month"], content["insurance"]
    words = {"month": f"{month[:4]}-{month[4:]}", "insurance": _(dict(CHOICES)[insurance])}
    checked.title = _("%(month)s %(insurance)s") % words
    person = find_unit_person(session, asked.unit_id, id_number=content["id_number"])
    checked.person_id = person.id if person else None
    coming = next_month(session, asked.region_code, asked.today)
    run = find_run(session, asked.region_code, month)
    if month != coming and (run is None or run.state != "issued"):
        yield Refusal("levy.no_such_month", "month", value=words["month"], month=coming)
    yield from held(session, asked, [_key(asked.unit_id, month, insurance)], "insurance")


def list_pending(session: Session, unit_id: int, month: str) -> dict[str, int]:
    """The numbers of the differences of a unit's month that the bureau has yet to answer, by 险种."""
    holders = {code: find_holder(session, [_key(unit_id, month, code)]) for code in ALL}
    return {code: holder.filing_id for code, holder in holders.items() if holder}


def _known(session: Session, asked: Asked) -> dict[str, str]:
    return {"month": next_month(session, asked.region_code, asked.today)}


def _key(unit_id: int, month: str, insurance: str) -> str:
    return f"levy:{unit_id}:{month}:{insurance}"


def _hold_amount(filing: Filing, line: FilingLine) -> list[str]:
    return [_key(filing.own_unit_id, line.content["month"], line.content["insurance"])]


def _accept(
    _session: Session, _actor: Actor, _filing: Filing, _lines: list[FilingLine], _now: datetime
) -> None:
    """Nothing changes by itself: what is owed is reckoned from records, which the bureau mends by their own ways."""


KINDS: tuple[Kind, ...] = (
    Kind(
        "levy_difference",
        N_("缴费差异"),
        DISPUTING,
        _check_difference,
        _hold_amount,
        _accept,
        known=_known,
    ),
)
