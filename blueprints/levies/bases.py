"""人员缴费基数查询: what each person was levied on, month by month, and why."""

from __future__ import annotations

from flask import redirect, render_template, request
from werkzeug.wrappers import Response

from blueprints.levies import levies
from blueprints.levies.search import asked_insurance, asked_month, asked_words, keep_words
from blueprints.shared.guards import actor, needs, operator_only
from blueprints.shared.pages import address
from models.db import reading
from models.levy_ahead import list_own_filings
from models.levy_list import (
    PAGE_SIZE,
    LevySearch,
    find_last_month,
    list_items,
    list_levied_people,
    list_levies,
    list_months_of,
)
from models.people_list import find_listed
from models.region import get_region
from rules.insurances import ALL
from rules.levies import ITEM_KINDS
from rules.numbers import whole_number
from rules.refusals import Missing


@levies.get("/bases")
@operator_only
@needs("query", to_read=True)
def bases() -> str:
    """Everybody's wage and base of a month, the newest issued unless another is asked for (first manual 3.2)."""
    unit_id, insurance, words = actor().own_unit_id, asked_insurance(), asked_words()
    after, before = (whole_number(request.args.get(name, "")) for name in ("after", "before"))
    with reading() as session:
        last = find_last_month(session, unit_id)
        month = asked_month("month") or last or ""
        found = {one.key: one for one in list_levies(session, unit_id, LevySearch(month, month, insurance))}
        items = [(found[one.levy_id], one) for one in list_items(session, found) if one.kind == "normal"]
        people_a_page = PAGE_SIZE // max(len(items), 1)
        page = list_levied_people(session, unit_id, items, words, after, before, people_a_page)
        basis = get_region(session, actor().region_code).wage_basis
    where = {"month": month or None, "insurance": insurance or None, "found": 1 if words else None}
    values = {"page": page, "month": month, "last": last, "insurance": insurance, "words": words}
    return render_template("levies/bases.html", basis=basis, where=where, insurances=ALL, **values)


@levies.post("/bases/search")
@operator_only
@needs("query")
def bases_search() -> Response:
    """Keep the words on the server and show whom they find."""
    filters = {name: request.form.get(name, "") or None for name in ("month", "insurance")}
    return redirect(address("levies.bases", found=1 if keep_words() else None, **filters), 303)


@levies.get("/bases/<int:person_id>")
@operator_only
@needs("query", to_read=True)
def person(person_id: int) -> str:
    """A person's months through the unit: wage, base, what moved it, their share, and the request it goes back to."""
    unit_id = actor().own_unit_id
    with reading() as session:
        found = find_listed(session, unit_id, person_id)
        if found is None:
            raise Missing(person_id)
        lines, older = list_months_of(session, unit_id, person_id, asked_month("until"))
        requests = list_own_filings(session, unit_id, (line.detail.filing_id or 0 for line in lines))
        basis = get_region(session, actor().region_code).wage_basis
    values = {"lines": lines, "older": older, "requests": requests, "kinds": dict(ITEM_KINDS)}
    return render_template("levies/person.html", person=found.person, basis=basis, **values)
