"""The duties of the bureau's staff: which there are, which exclude each other, and that nobody decides alone."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rules.refusals import Conflict, Refusal

BUSINESS = ("accept", "review", "levy", "parameters")
"""受理, 复核, 征缴, 参数: duties that may be held together."""
ADMINISTRATION = ("system", "security", "audit")
"""系统管理, 安全管理, 审计: three people (三员分立, GB/T 22239-2019 8.1.5), none of whom has another duty."""
TECHNICAL = ("support", "vendor")
"""客服, 技术支持: they see the technical state, never a 业务, and hold no other duty."""
ALONE = ADMINISTRATION + TECHNICAL
DUTIES = BUSINESS + ALONE
USUAL_DUTIES = " ".join(BUSINESS)


def check_duties(wanted: Iterable[str]) -> str:
    """The duties in their order with blanks between, '' without any. Raises ``Refusal`` ``duties.alone``."""
    asked = set(wanted)
    chosen = [duty for duty in DUTIES if duty in asked]
    if len(chosen) > 1 and not asked.isdisjoint(ALONE):
        raise Refusal("duties.alone", "rights")
    return " ".join(chosen)


def check_office(code: str, region_code: str, duties: str) -> str:
    """A 盟市 (4 digits) or 旗县 (6 digits, GB/T 2260) of the region, '' for the whole of it.

    Raises ``Refusal`` ``duties.unknown_office`` (``value``), ``duties.no_office`` for a duty of the whole region.
    """
    if not code:
        return code
    if not re.fullmatch(r"[0-9]{4}([0-9]{2})?", code) or code[:2] != region_code[:2]:
        raise Refusal("duties.unknown_office", "office_code", value=code)
    if duties in ALONE:
        raise Refusal("duties.no_office", "office_code")
    return code


def check_other_person(account_id: int, *entered_by: int | None) -> None:
    """Nobody decides on what he or she entered. Raises ``Conflict`` ``duties.own_entry``."""
    if account_id in entered_by:
        raise Conflict("duties.own_entry")
