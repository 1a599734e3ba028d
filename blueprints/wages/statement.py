"""Step 4, 说明信息: the fields of the 说明表, with a message beside each that is not right."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from blueprints.shared import clock
from blueprints.shared.guards import actor, needs, operator_only
from blueprints.shared.sentences import sentence
from blueprints.wages import wages
from blueprints.wages.progress import overview
from models.db import reading
from models.declaration import Declaration, find_statement
from models.unit import get_unit
from rules.numbers import whole_number
from rules.refusals import Conflict, Refusal
from rules.statement import FIELDS, SECTIONS, cross_check, typed_statement, validate
from services.declarations import get_own, save_statement
from translations import gettext as _


@wages.get("/<int:declaration_id>/statement")
@operator_only
def statement(declaration_id: int) -> str:
    """The form, filled with what was saved, or with what the bureau knows of the unit."""
    with reading() as session:
        declaration = get_own(session, actor(), declaration_id)
        saved = find_statement(session, declaration_id)
        typed = typed_statement(saved.content) if saved else _known(session, declaration)
    return _page(declaration_id, typed, saved.version if saved else 0, {}, saved.content if saved else None)


@wages.post("/<int:declaration_id>/statement")
@operator_only
@needs("entry")
def keep_statement(declaration_id: int) -> Response | tuple[str, int]:
    """保存; nothing that was typed is lost when something is not right."""
    typed = {name: request.form.get(name, "") for name in FIELDS}
    version = whole_number(request.form.get("version", ""))
    if version is None:
        raise Refusal("form.damaged")
    content, refusals = validate(typed)
    errors = {name: sentence(refusal) for name, refusal in refusals.items()}
    if errors:
        return _page(declaration_id, typed, version, errors, None), 422
    try:
        save_statement(actor(), declaration_id, content, version, clock.now())
    except Conflict as conflict:
        with reading() as session:
            held = find_statement(session, declaration_id)
        return _page(declaration_id, typed, held.version if held else 0, {"": sentence(conflict)}, None), 409
    flash(_("说明信息已保存。"), "good")
    return redirect(url_for("wages.statement", declaration_id=declaration_id), 303)


def _page(
    declaration_id: int, typed: dict[str, str], version: int, errors: dict[str, str], content: object
) -> str:
    with reading() as session:
        view = overview(session, get_own(session, actor(), declaration_id))
        unit = get_unit(session, actor().own_unit_id)
    warnings = (
        [sentence(w) for w in cross_check(content, view.tally.entered)] if isinstance(content, dict) else []
    )
    return render_template(
        "wages/statement.html",
        view=view,
        unit=unit,
        sections=SECTIONS,
        fields=FIELDS,
        typed=typed,
        version=version,
        errors=errors,
        warnings=warnings,
    )


def _known(session: object, declaration: Declaration) -> dict[str, str]:
    unit = get_unit(session, declaration.unit_id)  # type: ignore[arg-type]
    today = clock.today()
    return {
        "legal_representative": unit.legal_representative,
        "contact_person": unit.contact_name,
        "phone": unit.contact_phone,
        "bank_name": unit.bank_name,
        "bank_account": unit.bank_account,
        "address": unit.address,
        "unit_type": unit.kind,
        "funding_source": unit.funding,
        "filled_by": actor().name,
        "filled_on": today.isoformat(),
    }
