"""Each refusal as one sentence for a clerk: what, where, why, what now. No code reaches the screen."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from blueprints.shared.sentences import (
    audits,
    certificates,
    duties,
    entry,
    files,
    levies,
    levy_runs,
    notices,
    parameters,
    payments,
    people,
    progress,
    projects,
    queue,
    requests,
    risks,
    units,
    wages,
)
from blueprints.shared.words import (
    basis_word,
    filing_word,
    insurance_words,
    moment_text,
    right_word,
    state_word,
    yuan,
)
from rules.refusals import Refusal
from translations import gettext as _

SENTENCES = {
    **entry.SENTENCES,
    **certificates.SENTENCES,
    **requests.SENTENCES,
    **people.SENTENCES,
    **units.SENTENCES,
    **projects.SENTENCES,
    **notices.SENTENCES,
    **levies.SENTENCES,
    **levy_runs.SENTENCES,
    **parameters.SENTENCES,
    **payments.SENTENCES,
    **duties.SENTENCES,
    **audits.SENTENCES,
    **queue.SENTENCES,
    **risks.SENTENCES,
    **progress.SENTENCES,
    **wages.SENTENCES,
    **files.SENTENCES,
}


def sentence(refusal: Refusal) -> str:
    """The sentence for a refusal, in the current language."""
    return say(refusal.code, refusal.params)


def say(code: str, params: Mapping[str, Any]) -> str:
    """The sentence for a code and its values, as jobs and files keep them."""
    if code == "login.wrong" and "left" in params:
        code = "login.wrong_left"
    return _(SENTENCES[code]) % {
        name: _shown(name, value) for name, value in _with_words(code, params).items()
    }


def _with_words(code: str, params: Mapping[str, Any]) -> dict[str, Any]:
    words = dict(params)
    if "state" in params:
        state = str(params["state"])
        # Of a declaration itself, "failed" is its start; a filing's failure leaves its declaration open.
        is_start = code == "declaration.not_open" and state == "failed"
        word = filing_word if code.startswith(("filing.", "review.")) else state_word
        words["state"] = word("start_failed" if is_start else state)
    if "right" in params:
        words["right"] = right_word(params["right"])
    if "fen" in params:
        words["wage"] = yuan(params["fen"]) if params["fen"] is not None else _("空")
    if "value" in params and params["value"] in ("annual", "monthly"):
        words["basis"] = basis_word(params["value"])
    if "insurances" not in params and isinstance(params.get("value"), str):
        words["insurances"] = insurance_words(params["value"].split())
    return words


def _shown(name: str, value: Any) -> str:
    if name == "label":
        return _(str(value))
    if isinstance(value, datetime):
        return moment_text(value)
    if name in ("size", "limit") and isinstance(value, int) and value >= 2**20:
        return f"{value / 2**20:.0f} MB"
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return insurance_words(value)
    return str(value)
