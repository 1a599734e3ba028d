"""A person's row of the grid: what it shows, and its HTML, drawn many times a second from one template."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple

from flask import current_app
from jinja2 import Environment
from markupsafe import Markup, escape

from blueprints.shared.pages import address
from blueprints.shared.sentences import sentence
from blueprints.shared.words import moment_text, percent, whole_yuan, yuan
from models.wage_rows import Row
from rules.findings import asks_explanation
from rules.identity import mask_id
from rules.refusals import Conflict, Refusal
from rules.wages import Bounds, change_permille, contribution_base, is_declared
from services.wages import Outcome
from translations import locale


class Line(NamedTuple):
    """A row as the grid draws it: what stands in the field, its base, and what there is to say."""

    row: Row
    text: str
    base_fen: int | None
    adjustment: str
    change: int | None
    error: str
    state: str


def draw(row: Row, months: int, bounds: Bounds | None, outcome: Outcome | None = None) -> Line:
    """A row, or what became of a save, as a line of the grid."""
    wage = row.wage_fen
    base_fen, adjustment, change, state = None, "none", None, "left"
    if wage is not None:
        state = "excluded"
        if is_declared(wage):
            state = "saved"
            if bounds is not None and bounds.insurance in row.insurances:
                base = contribution_base(wage, months, bounds)
                base_fen, adjustment = base.base_fen, base.adjustment
            if asks_explanation(row.old_wage_fen, wage):
                change = change_permille(row.old_wage_fen, wage)
                state = "saved" if row.note else "explain"
    if outcome is not None and outcome.refusal is not None:
        state = "conflict" if isinstance(outcome.refusal, Conflict) else "refused"
        return Line(row, outcome.text, base_fen, adjustment, change, _error(outcome.refusal), state)
    text = "" if wage is None else f"{wage // 100}.{wage % 100:02d}"
    return Line(row, text, base_fen, adjustment, change, "", state)


class Place(NamedTuple):
    """What is the same for every row of a page: whether it can be written to, and two addresses."""

    is_open: bool
    save: str
    check: str


def place_of(declaration_id: int, is_open: bool) -> Place:
    """The place of a declaration's rows."""
    return Place(
        is_open,
        address("wages.rows", declaration_id=declaration_id),
        address("wages.check", declaration_id=declaration_id),
    )


class Look(NamedTuple):
    """What decides which parts of ``wages/_row.html`` a row has; its texts are the rest."""

    state: str
    adjustment: str
    has_change: bool
    has_error: bool
    is_open: bool
    is_focused: bool


class Texts(NamedTuple):
    """What ``wages/_row.html`` writes into a row, escaped where a person typed it."""

    id: object
    seq: object
    name: str
    masked: str
    old: str
    text: str
    seen: str
    wage: str
    base: str
    change: str
    error: str
    save: str
    check: str


class _Form(NamedTuple):
    """A %-format, and what picks its values out of a row's texts."""

    text: str
    values: Callable[[tuple[object, ...]], tuple[object, ...]]


def draw_rows(lines: Iterable[Line], place: Place, focus: int | None = None) -> Markup:
    """The rows' HTML; ``focus`` is the id of the row whose field the cursor stands in, if one does."""
    environment, spoken = current_app.jinja_env, locale()
    is_open, save, check = place
    forms: dict[tuple[object, ...], _Form] = {}
    drawn = []
    for row, text, base_fen, adjustment, change, error, state in lines:
        look = (state, adjustment, change is not None, error != "", is_open, row.id == focus)
        form = forms.get(look)
        if form is None:
            form = forms[look] = _form_of(environment, spoken, Look(*look))
        wage = row.wage_fen
        texts = (
            row.id,
            row.seq,
            escape(row.name),
            escape(mask_id(row.id_number)),
            yuan(row.old_wage_fen),
            escape(text) if error else text,
            f"{row.version}:" if wage is None else f"{row.version}:{wage}",
            "" if is_open else yuan(wage),
            whole_yuan(base_fen),
            percent(change) if change is not None else "",
            escape(error) if error else "",
            save,
            check,
        )
        drawn.append(form.text % form.values(texts))
    return Markup("".join(drawn))


@lru_cache(maxsize=512)
def _form_of(environment: Environment, _locale: str, look: Look) -> _Form:
    """``wages/_row.html`` for one look, drawn once with a mark in each text's place.

    Fifty rows share a handful of looks, and filling a form takes a fifth of what the template does.
    """
    marks = Texts(*(f"\x01{name}\x02" for name in Texts._fields))
    html: str = environment.get_template("wages/_row.html").render(look=look, **marks._asdict())
    parts = re.split("\x01([a-z_]+)\x02", html)
    indexes = [Texts._fields.index(name) for name in parts[1::2]]
    text = "%s".join(part.replace("%", "%%") for part in parts[::2])
    return _Form(text, itemgetter(*indexes))


def _error(refusal: Refusal) -> str:
    if "at" in refusal.params:
        at = str(refusal.params["at"])
        refusal.params["time"] = moment_text(datetime.fromisoformat(at), "%H:%M") if at else ""
    return sentence(refusal)
