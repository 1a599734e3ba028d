"""The windows of 单位管理."""

from __future__ import annotations

from blueprints.filings.views import list_page
from blueprints.shared.guards import needs, operator_only
from blueprints.units import units
from rules.filing_states import UNITS
from translations import gettext as _


@units.get("/filings")
@operator_only
@needs("query", to_read=True)
def filings() -> str:
    """单位业务查询."""
    return list_page(UNITS, _("单位业务查询"))
