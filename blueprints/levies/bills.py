"""缴费申报查询: what was levied, month by month, its items and people, as a page and as a file."""

from __future__ import annotations

from io import BytesIO

from flask import redirect, render_template, request, send_file
from sqlmodel import Session
from werkzeug.wrappers import Response

from blueprints.filings.batch import XLSX
from blueprints.levies import levies
from blueprints.levies.search import asked_insurance, asked_month, asked_words, keep_words
from blueprints.shared import clock
from blueprints.shared.guards import actor, needs, operator_only
from blueprints.shared.pages import address
from blueprints.shared.sentences import sentence
from models.db import reading
from models.levy import Levy
from models.levy_ahead import list_own_filings
from models.levy_list import (
    MOST_LISTED,
    LevySearch,
    find_last_month,
    find_levy,
    list_items,
    list_levied_people,
    list_levies,
    list_versions,
)
from models.region import get_region
from models.unit import get_unit
from rules.insurances import ALL
from rules.levies import ITEM_KINDS, month_before
from rules.numbers import whole_number
from rules.purposes import FIELDS
from rules.refusals import Missing
from services.filings import Faulty
from services.levy_export import export_levies, export_people
from services.levy_months import MONTHS_SHOWN, sum_months
from services.levy_payments import standing
from translations import gettext as _


@levies.get("/")
@operator_only
@needs("query", to_read=True)
def index() -> str:
    """征集单 by month and 险种, the last twelve months unless others are asked for (first manual 3.2)."""
    unit_id = actor().own_unit_id
    with reading() as session:
        search = _asked(session)
        found = list_levies(session, unit_id, search, MOST_LISTED + 1)
        values = {
            "unit": get_unit(session, unit_id),
            "standings": standing(session, found, clock.today()),
            "last_month": find_last_month(session, unit_id),
        }
    shown = found[:MOST_LISTED]
    return render_template(
        "levies/index.html",
        search=search,
        found=shown,
        is_cut=len(found) > len(shown),
        months=sum_months(shown)[-MONTHS_SHOWN:],
        insurances=ALL,
        **values,
    )


@levies.get("/export.xlsx")
@operator_only
@needs("query", to_read=True)
def export() -> Response:
    """The found list as a file; it has no people in it."""
    with reading() as session:
        data = export_levies(session, actor().own_unit_id, _asked(session))
    return send_file(BytesIO(data), XLSX, as_attachment=True, download_name=_("缴费申报查询.xlsx"))


@levies.get("/<int:levy_id>")
@operator_only
@needs("query", to_read=True)
def show(levy_id: int) -> str:
    """One 征集单: its items, how it stands, its versions."""
    with reading() as session:
        levy = own_levy(session, levy_id)
        values = {
            "unit": get_unit(session, levy.unit_id),
            "items": list_items(session, [levy_id]),
            "versions": list_versions(session, levy),
            "standing": standing(session, [levy], clock.today())[levy_id],
        }
    return render_template("levies/show.html", levy=levy, kinds=dict(ITEM_KINDS), **values)


@levies.get("/<int:levy_id>/items")
@operator_only
@needs("query", to_read=True)
def items(levy_id: int) -> str:
    """The people of a 征集单, page by page; ``item`` is one 应缴类型 of it, ``after`` and ``before`` are people."""
    seq, after, before = (whole_number(request.args.get(name, "")) for name in ("item", "after", "before"))
    words = asked_words()
    with reading() as session:
        levy = own_levy(session, levy_id)
        listed = list_items(session, [levy_id])
        wanted = [(levy, one) for one in listed if seq in (None, one.seq)]
        page = list_levied_people(session, levy.unit_id, wanted, words, after, before)
        requests = list_own_filings(
            session, levy.unit_id, (line.detail.filing_id or 0 for _p, lines in page.people for line in lines)
        )
        basis = get_region(session, actor().region_code).wage_basis
    where = {"levy_id": levy_id, "item": seq, "found": 1 if words else None}
    values = {
        "page": page,
        "listed": listed,
        "seq": seq,
        "words": words,
        "requests": requests,
        "where": where,
    }
    return render_template("levies/items.html", levy=levy, basis=basis, kinds=dict(ITEM_KINDS), **values)


@levies.post("/<int:levy_id>/items/search")
@operator_only
@needs("query")
def items_search(levy_id: int) -> Response:
    """Keep the words on the server and show whom they find."""
    seq = whole_number(request.form.get("item", ""))
    found = 1 if keep_words() else None
    return redirect(address("levies.items", levy_id=levy_id, item=seq, found=found), 303)


@levies.route("/<int:levy_id>/items/export", methods=["GET", "POST"])
@operator_only
@needs("reveal", to_read=True)
def items_export(levy_id: int) -> Response | tuple[str, int] | str:
    """Everybody of a 征集单 as a file, numbers masked, after saying what for."""
    with reading() as session:
        values = {"levy": own_levy(session, levy_id), "fields": FIELDS.values()}
    if request.method == "GET":
        return render_template("levies/items_export.html", typed={}, errors={}, **values)
    typed = {name: request.form.get(name, "") for name in FIELDS}
    try:
        data = export_people(actor(), levy_id, typed, clock.now())
    except Faulty as faulty:
        errors = {name: sentence(refusal) for name, refusal in faulty.problems.items()}
        return render_template("levies/items_export.html", typed=typed, errors=errors, **values), 422
    return send_file(BytesIO(data), XLSX, as_attachment=True, download_name=_("缴费明细.xlsx"))


def own_levy(session: Session, levy_id: int) -> Levy:
    """A 征集单 of the unit that the operator works for, as issued; raises ``Missing``."""
    found = find_levy(session, actor().own_unit_id, levy_id)
    if found is None:
        raise Missing(levy_id)
    return found


def _asked(session: Session) -> LevySearch:
    """The months of the address; where it names none, the last twelve that were issued."""
    if "since" in request.args or "until" in request.args:
        return LevySearch(asked_month("since"), asked_month("until"), asked_insurance())
    last = find_last_month(session, actor().own_unit_id)
    since = month_before(last, MONTHS_SHOWN - 1) if last else ""
    return LevySearch(since, last or "", asked_insurance())
