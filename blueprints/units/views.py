"""The windows of 单位管理 for whoever has signed in; 参保登记 is in ``joining``."""

from __future__ import annotations

from flask import render_template
from werkzeug.wrappers import Response

from blueprints.auth.ca import WARN_DAYS
from blueprints.filings.drafts import new_filing
from blueprints.filings.views import list_page
from blueprints.shared import clock
from blueprints.shared.guards import actor, needs, operator_only
from blueprints.units import units
from models.db import reading
from rules.filing_states import UNITS
from rules.units import CHANGING_AT_ONCE, CHANGING_REVIEWED
from services.operators import list_operators
from services.units import read_sheet
from translations import gettext as _


@units.get("/")
@operator_only
@needs("query", to_read=True)
def show() -> str:
    """单位信息查询: the record, 险种 and rates with their dates, contacts, operators, certificates."""
    with reading() as session:
        sheet = read_sheet(session, actor(), clock.now())
    return render_template(
        "units/show.html",
        sheet=sheet,
        reviewed=CHANGING_REVIEWED,
        at_once=CHANGING_AT_ONCE,
        warn_days=WARN_DAYS,
    )


@units.route("/contact", methods=["GET", "POST"])
@operator_only
@needs("people")
def contact() -> Response | tuple[str, int] | str:
    """单位信息变更 that takes effect at once: contact, telephone, address."""
    return new_filing("unit_contact")


@units.route("/change", methods=["GET", "POST"])
@operator_only
@needs("people")
def change() -> Response | tuple[str, int] | str:
    """单位信息变更 that the bureau reviews; for the unit's administrators."""
    if actor().is_admin:
        return new_filing("unit_change")
    with reading() as session:
        admins = [one for one in list_operators(session, actor()) if one.is_admin and one.is_active]
    return render_template("units/admins_only.html", admins=admins)


@units.get("/filings")
@operator_only
@needs("query", to_read=True)
def filings() -> str:
    """单位业务查询."""
    return list_page(UNITS, _("单位业务查询"))
