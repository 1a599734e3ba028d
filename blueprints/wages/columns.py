"""列对应: the clerk says once which column of the own file is what; the unit's files with these headings follow."""

from __future__ import annotations

from typing import Any, NamedTuple

from flask import current_app, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from blueprints.shared import clock
from blueprints.shared.guards import actor, needs, operator_only
from blueprints.shared.sentences import say, sentence
from blueprints.wages import wages
from blueprints.wages.files import own_upload
from blueprints.wages.progress import overview
from documents.cells import column_letters
from documents.columns import ROLES, Columns, Sample, sample_sheets
from models.db import reading
from models.upload import Upload
from rules.numbers import whole_number
from rules.refusals import Refusal
from services.declarations import get_own
from services.uploads import choose_columns
from translations import gettext as _

WIDEST = 100
NOTHING = (None,) * len(ROLES)
# What a wage of the file is multiplied by to be yuan of the declaration's basis.
TIMES = {"annual": (1, 12, 1000, 10000), "monthly": (1, 1000, 10000)}


class Choice(NamedTuple):
    """What the form shows as chosen: the sheet's place, the heading's line, a role for each column, the unit."""

    sheet: int
    heading: int
    roles: dict[int, str]
    times: int


@wages.get("/uploads/<int:upload_id>/columns")
@operator_only
def columns(upload_id: int) -> str | Response:
    """Why the columns are asked for, the first lines of the file, and a choice above each column."""
    return _page(upload_id)


@wages.post("/uploads/<int:upload_id>/columns")
@operator_only
@needs("entry")
def send_columns(upload_id: int) -> str | Response | tuple[str | Response, int]:
    """The answer; the file is checked again by it."""
    with reading() as database:
        sheets = _sheets(own_upload(database, upload_id))
    choice = _chosen(request.form, len(sheets))
    try:
        chosen = _as_columns(choice, sheets[choice.sheet].name)
        job_id = choose_columns(actor(), upload_id, chosen, clock.now())
    except Refusal as refusal:
        return _page(upload_id, choice, refusal), 422
    current_app.config["WAKE"](job_id)
    return redirect(url_for("wages.upload", upload_id=upload_id), 303)


def _page(upload_id: int, choice: Choice | None = None, refusal: Refusal | None = None) -> str | Response:
    with reading() as database:
        found = own_upload(database, upload_id)
        view = overview(database, get_own(database, actor(), found.declaration_id))
    if found.kind == "backup" or found.state not in ("asking", "checked", "refused"):
        return redirect(url_for("wages.upload", upload_id=upload_id), 303)
    sheets = _sheets(found)
    choice = choice or _guessed(found, sheets)
    asked = found.asked or {}
    return render_template(
        "wages/columns.html",
        view=view,
        upload=found,
        sheets=sheets,
        sheet=sheets[choice.sheet],
        choice=choice,
        lines=_lines(sheets[choice.sheet]),
        letters=[column_letters(place) for place in range(_width(sheets[choice.sheet]))],
        roles=_role_words(),
        units=_unit_words(view.declaration.wage_basis),
        reason=say(asked["reason"], {}) if asked else "",
        error=sentence(refusal) if refusal else "",
    )


def _sheets(found: Upload) -> list[Sample]:
    """The first lines of each sheet: kept with the question, or read again from the file."""
    if found.asked:
        return [
            Sample(one["name"], one["first_line"], tuple(map(tuple, one["rows"])), one["width"])
            for one in found.asked["sheets"]
        ]
    config = current_app.config
    return list(
        sample_sheets(config["STORE"].path(found.stored_name).read_bytes(), found.filename, config["LIMITS"])
    )


def _guessed(found: Upload, sheets: list[Sample]) -> Choice:
    """What was guessed, or chosen before; another sheet than that begins empty."""
    held = found.asked["guess"] if found.asked else found.columns
    guess = Columns.from_json(held) if held else Columns(sheets[0].first_line, NOTHING, sheets[0].name)
    names = [one.name for one in sheets]
    own = names.index(guess.sheet) if guess.sheet in names else 0
    sheet = whole_number(request.args.get("sheet", ""))
    if sheet is None or sheet >= len(sheets) or sheet == own:
        roles = {
            place: role
            for role, place in zip(ROLES, guess.places, strict=True)
            if place is not None and role != "seq"
        }
        return Choice(own, guess.heading_line, roles, guess.times)
    return Choice(sheet, sheets[sheet].first_line, {}, 1)


def _chosen(form: MultiDict[str, str], sheets: int) -> Choice:
    sheet, heading, times = (whole_number(form.get(name, "")) for name in ("sheet", "heading", "times"))
    if sheet is None or sheet >= sheets or heading is None or times not in TIMES["annual"]:
        raise Refusal("form.damaged")
    roles = {
        place: role
        for name, role in form.items()
        if name[:1] == "c" and (place := whole_number(name[1:])) is not None
    }
    chosen = {place: role for place, role in roles.items() if place < WIDEST and role in ROLES}
    return Choice(sheet, heading, chosen, times)


def _as_columns(choice: Choice, sheet: str) -> Columns:
    """The choice as the reader takes it; raises ``Refusal`` ``columns.role_twice``."""
    places: dict[str, int] = {}
    for place, role in sorted(choice.roles.items()):
        if role in places:
            raise Refusal(
                "columns.role_twice", role, label=_role_words()[role], columns=_pair(places[role], place)
            )
        places[role] = place
    return Columns(choice.heading, tuple(places.get(role) for role in ROLES), sheet, choice.times)


def _lines(sheet: Sample) -> list[tuple[int, list[str]]]:
    """The sample's lines with their numbers, each as wide as the sheet; blank ones left out."""
    width = _width(sheet)
    numbered = enumerate(sheet.rows, sheet.first_line)
    return [(number, [*row, *[""] * (width - len(row))]) for number, row in numbered if any(row)]


def _width(sheet: Sample) -> int:
    return min(sheet.width, WIDEST)


def _role_words() -> dict[str, str]:
    return {
        "person_no": _("个人编号"),
        "name": _("姓名"),
        "id_number": _("证件号码"),
        "old_wage": _("原工资"),
        "wage": _("现工资"),
    }


def _unit_words(basis: str) -> list[tuple[int, str]]:
    words: dict[str, dict[int, str]] = {
        "annual": {
            1: _("全年工资，单位元"),
            12: _("一个月的工资，单位元：乘以 12"),
            1000: _("全年工资，单位千元：乘以 1000"),
            10000: _("全年工资，单位万元：乘以 10000"),
        },
        "monthly": {
            1: _("一个月的工资，单位元"),
            1000: _("一个月的工资，单位千元：乘以 1000"),
            10000: _("一个月的工资，单位万元：乘以 10000"),
        },
    }
    return [(times, words[basis][times]) for times in TIMES[basis]]


def _pair(first: int, second: int) -> Any:
    letters = {"first": column_letters(first), "second": column_letters(second)}
    return _("%(first)s 列和 %(second)s 列") % letters
