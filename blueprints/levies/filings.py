"""工资申报业务查询: what the unit declared of its wages, and what became of it."""

from __future__ import annotations

from blueprints.filings.views import list_page
from blueprints.levies import levies
from blueprints.shared.guards import needs, operator_only
from rules.filing_states import WAGES
from translations import gettext as _


@levies.get("/filings")
@operator_only
@needs("query", to_read=True)
def filings() -> str:
    """工资申报业务查询 (first manual 3.2)."""
    return list_page((WAGES,), _("工资申报业务查询"))
