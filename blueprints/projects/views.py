"""The windows of 项目管理."""

from __future__ import annotations

from blueprints.filings.views import list_page
from blueprints.projects import projects
from blueprints.shared.guards import needs, operator_only
from rules.filing_states import PROJECTS
from translations import gettext as _


@projects.get("/filings")
@operator_only
@needs("query", to_read=True)
def filings() -> str:
    """项目业务查询."""
    return list_page(PROJECTS, _("项目业务查询"))
