"""Every kind of 业务 with a form, in one list."""

from __future__ import annotations

from rules.refusals import Missing
from services import levy_filings, person_filings, project_filings, unit_filings
from services.kinds import Kind

KINDS: dict[str, Kind] = {
    kind.code: kind
    for kind in (
        *person_filings.KINDS,
        *unit_filings.KINDS,
        *project_filings.KINDS,
        *levy_filings.KINDS,
    )
}


def find_kind(code: str) -> Kind:
    """The kind with this code; raises ``Missing``."""
    kind = KINDS.get(code)
    if kind is None:
        raise Missing(code)
    return kind
