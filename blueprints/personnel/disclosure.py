"""看完整证件号码 and 导出名单: by right, for a purpose, and never without a trace."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO

from flask import current_app, render_template, request, send_file
from werkzeug.wrappers import Response

from blueprints.filings.batch import XLSX
from blueprints.personnel import personnel
from blueprints.personnel.people import asked_search, where_asked
from blueprints.shared import clock
from blueprints.shared.guards import actor, needs, operator_only
from blueprints.shared.sentences import sentence
from models.db import reading
from models.people_list import find_listed
from rules.purposes import FIELDS
from rules.refusals import Missing, Refusal
from services.filings import Faulty
from services.people import export_people, reveal_number
from translations import gettext as _


@personnel.route("/people/<int:person_id>/number", methods=["GET", "POST"])
@operator_only
@needs("reveal", to_read=True)
def person_number(person_id: int) -> tuple[str, int] | str:
    """The whole number, once, after saying what for."""
    with reading() as session:
        found = find_listed(session, actor().own_unit_id, person_id)
    if found is None or not found.is_active:
        raise Missing(person_id)
    values = {"person": found.person, "fields": FIELDS.values(), "typed": {}, "errors": {}, "number": ""}
    if request.method == "GET":
        return render_template("personnel/number.html", **values)
    typed = _typed()
    try:
        number = reveal_number(actor(), person_id, typed, clock.now())
    except Faulty as faulty:
        shown = values | {"typed": typed, "errors": _said(faulty)}
        return render_template("personnel/number.html", **shown), 422
    return render_template("personnel/number.html", **values | {"number": number})


@personnel.route("/people/export", methods=["GET", "POST"])
@operator_only
@needs("reveal", to_read=True)
def people_export() -> Response | tuple[str, int] | str:
    """The list that was asked for as a file, numbers masked, after saying what for."""
    if request.method == "GET":
        return _export_page({}, {})
    typed, config = _typed(), current_app.config
    try:
        data = export_people(actor(), asked_search(), typed, config["LIMITS"].lines, config["CLOCK"]())
    except Faulty as faulty:
        return _export_page(typed, _said(faulty)), 422
    except Refusal as refusal:
        return _export_page(typed, {"": sentence(refusal)}), 422
    return send_file(BytesIO(data), XLSX, as_attachment=True, download_name=_("参保人员.xlsx"))


def _export_page(typed: Mapping[str, str], errors: Mapping[str, str]) -> str:
    values = {"search": asked_search(), "where": where_asked(), "fields": FIELDS.values()}
    return render_template("personnel/export.html", typed=typed, errors=errors, **values)


def _typed() -> dict[str, str]:
    return {name: request.form.get(name, "") for name in FIELDS}


def _said(faulty: Faulty) -> dict[str, str]:
    return {name: sentence(refusal) for name, refusal in faulty.problems.items()}
