"""What the pages of 征缴管理 are asked for: months and an 险种 from the address, names and numbers never from there."""

from __future__ import annotations

from flask import request, session

from blueprints.shared.guards import actor
from rules.fields import Field, clean_fields
from rules.insurances import ALL

KEPT = "levy_people"
"""Under this name the session keeps the words of the last search."""
_MONTH = Field("month", "", "month")
_LONGEST_WORDS = 50


def asked_month(name: str) -> str:
    """A month YYYYMM of the address, "" for what is none."""
    cleaned, _errors = clean_fields({"month": _MONTH}, {"month": request.args.get(name, "")})
    return cleaned.get("month") or ""


def asked_insurance() -> str:
    """An 险种 of the address, "" for all."""
    insurance = request.args.get("insurance", "")
    return insurance if insurance in ALL else ""


def keep_words() -> str:
    """Keep the words of a form on the server; what they were."""
    words = request.form.get("words", "").strip()[:_LONGEST_WORDS]
    session[KEPT] = {"unit": actor().own_unit_id, "words": words}
    return words


def asked_words() -> str:
    """The words kept for this unit, where the address says that they are asked for."""
    kept = session.get(KEPT) or {}
    is_kept = "found" in request.args and kept.get("unit") == actor().own_unit_id
    return str(kept.get("words", "")) if is_kept else ""
