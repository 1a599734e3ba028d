"""参保人员查询: the unit's people by name, number, state, 险种 and month, and the page of each."""

from __future__ import annotations

from flask import redirect, render_template, request, session
from werkzeug.wrappers import Response

from blueprints.personnel import personnel
from blueprints.shared.guards import actor, needs, operator_only
from blueprints.shared.pages import address
from models.db import reading
from models.people_list import (
    STATES,
    Listed,
    PeopleSearch,
    find_listed,
    list_bases,
    list_people,
    list_person_filings,
)
from rules.fields import Field, clean_fields
from rules.insurances import ALL
from rules.numbers import whole_number
from rules.people import JOINING_FIELDS
from rules.refusals import Missing
from services.person_effects import DETAILS, recorded_value
from services.prints import shown

KEPT = "people"
"""Under this name the session keeps the words of the last search: names and numbers do not belong in an address."""
_MONTH = Field("month", "", "month")
_LONGEST_WORDS = 50


@personnel.get("/people")
@operator_only
@needs("query", to_read=True)
def people() -> str:
    """A page of the list; ``after`` and ``before`` are people's numbers."""
    search = asked_search()
    after, before = (whole_number(request.args.get(name, "")) for name in ("after", "before"))
    with reading() as database:
        page = list_people(database, actor().own_unit_id, search, after, before)
    return render_template(
        "personnel/people.html",
        page=page,
        search=search,
        states=STATES,
        insurances=ALL,
        where=where_asked(),
        is_filtered=any(search),
    )


@personnel.post("/people/search")
@operator_only
@needs("query")
def people_search() -> Response:
    """Keep the words on the server and show what they find."""
    words = request.form.get("words", "").strip()[:_LONGEST_WORDS]
    session[KEPT] = {"unit": actor().own_unit_id, "words": words}
    filters = {name: request.form.get(name, "") or None for name in ("state", "insurance", "since", "until")}
    return redirect(address("personnel.people", found=1 if words else None, **filters), 303)


@personnel.get("/people/<int:person_id>")
@operator_only
@needs("query", to_read=True)
def person(person_id: int) -> str:
    """A person as far as the unit may see: its own enrolments and bases, and the record while it insures them."""
    unit_id = actor().own_unit_id
    with reading() as database:
        found = find_listed(database, unit_id, person_id)
        if found is None:
            raise Missing(person_id)
        values = {
            "bases": list_bases(database, unit_id, person_id),
            "filings": list_person_filings(database, unit_id, person_id),
        }
    return render_template("personnel/person.html", found=found, record=_record(found), **values)


def asked_search() -> PeopleSearch:
    """What the address and the session ask for; what is nonsense is left out."""
    kept = session.get(KEPT) or {}
    is_kept = "found" in request.args and kept.get("unit") == actor().own_unit_id
    state, insurance = request.args.get("state", ""), request.args.get("insurance", "")
    return PeopleSearch(
        str(kept.get("words", "")) if is_kept else "",
        state if state in STATES else "",
        insurance if insurance in ALL else "",
        _month("since"),
        _month("until"),
    )


def where_asked() -> dict[str, str | None]:
    """The filters of the address, to be carried on."""
    names = ("state", "insurance", "since", "until", "found")
    return {name: request.args.get(name) or None for name in names}


def _month(name: str) -> str:
    cleaned, _errors = clean_fields({"month": _MONTH}, {"month": request.args.get(name, "")})
    return cleaned.get("month") or ""


def _record(found: Listed) -> list[tuple[str, str]]:
    """Label and value of what the bureau's record says; of somebody who left, it is not the unit's any more."""
    if not found.is_active:
        return []
    names = ("sex", "mobile", *DETAILS)
    return [
        (JOINING_FIELDS[name].label_msgid, shown(JOINING_FIELDS[name], recorded_value(found.person, name)))
        for name in names
    ]
