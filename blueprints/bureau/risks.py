"""The flags of a request in a reviewer's words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from blueprints.bureau import bureau
from blueprints.shared.sentences import say
from blueprints.shared.words import insurance_word, percent, yuan
from translations import gettext as _

SHAPES = {1: "skip-it", 2: "ask", 3: "fail"}
CHANGES = (
    "risk.total_changed",
    "risk.median_changed",
    "risk.below_peers",
    "risk.above_peers",
    "risk.price_cut",
)
"""Flags whose ``permille`` is a change, with its sign; of all others it is a share."""


@bureau.app_template_filter("risk_text")
def risk_text(flag: Mapping[str, Any]) -> str:
    """A flag as ``filing.risk`` keeps it, in one sentence with its figures."""
    is_change = flag["code"] in CHANGES
    return say(flag["code"], {name: _said(name, value, is_change) for name, value in flag["figures"].items()})


@bureau.app_template_filter("risk_shape")
def risk_shape(severity: int) -> str:
    """The class that gives a severity its shape and colour."""
    return SHAPES[severity]


@bureau.app_template_filter("risk_word")
def risk_word(severity: int) -> str:
    """How grave a flag is, in a word; of a request without flags, that nothing was found."""
    return (_("无异常"), _("留意"), _("核对"), _("重点核对"))[severity]


def _said(name: str, value: Any, is_change: bool) -> str:
    if name.endswith("_fen"):
        return yuan(value)
    if name == "permille":
        return percent(value) if is_change else percent(value).lstrip("+")
    return insurance_word(value) if name in ("insurance", "others") else str(value)
