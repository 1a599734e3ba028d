"""Step 3, 核对: totals, distribution, who moved, who is left out; and their explanations."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from blueprints.shared import clock
from blueprints.shared.guards import actor, needs, operator_only
from blueprints.shared.pages import send_to
from blueprints.wages import wages
from blueprints.wages.lines import Line, draw
from blueprints.wages.progress import overview
from models.db import reading
from models.wage_rows import PAGE_SIZE, Search, list_first, list_page
from rules.numbers import whole_number
from rules.refusals import Refusal
from services.declarations import confirm_left, get_own
from services.figures import figures
from services.notes import count_unexplained, explain_rest, save_note
from translations import gettext as _

# A list longer than this is turned over page by page in the grid; nobody reads it here on a slow line.
SHOWN_NAMES = 1000


@wages.get("/<int:declaration_id>/check")
@operator_only
def check(declaration_id: int) -> str:
    """The figures of every 险种, and the lists of people to look at."""
    with reading() as session:
        declaration = get_own(session, actor(), declaration_id)
        view = overview(session, declaration)
        totals = figures(session, declaration)
        figure = next(iter(totals.by_insurance.values()), None)
        bounds = figure.bounds if figure else None
        lists = {
            show: [
                draw(row, declaration.months, bounds)
                for row in list_page(session, declaration_id, _search(show, bounds, declaration.months)).rows
            ]
            for show in ("below", "above", "unexplained", "changed")
        }
        lists["changed"] = _silent_first(lists.pop("unexplained"), lists["changed"])
        unexplained = count_unexplained(session, declaration_id)
        left = list_first(session, declaration_id, Search("left"), SHOWN_NAMES)
    return render_template(
        "wages/check.html",
        view=view,
        totals=totals,
        figure=figure,
        lists=lists,
        left=left,
        unexplained=unexplained,
    )


@wages.post("/<int:declaration_id>/check")
@operator_only
@needs("entry")
def confirm(declaration_id: int) -> Response:
    """The clerk read the names of those left out and goes on without them."""
    revision = whole_number(request.form.get("revision", ""))
    if revision is None:
        raise Refusal("form.damaged")
    if request.form.get("is_read") != "1":
        flash(_("请先看名单，再勾选确认。"), "bad")
        return send_to(url_for("wages.check", declaration_id=declaration_id) + "#left")
    confirm_left(actor(), declaration_id, revision, clock.now())
    return redirect(url_for("wages.statement", declaration_id=declaration_id), 303)


@wages.post("/<int:declaration_id>/notes")
@operator_only
@needs("entry")
def notes(declaration_id: int) -> Response:
    """Explanations of large changes, one field a person, and one for all the rest; all that were typed are saved."""
    now = clock.now()
    for name, text in request.form.items():
        if name[:1] == "n" and (row_id := whole_number(name[1:])) is not None:
            save_note(actor(), declaration_id, row_id, text, now)
    if rest := request.form.get("rest", "").strip():
        explain_rest(actor(), declaration_id, rest, now)
    flash(_("说明已保存。"), "good")
    return redirect(url_for("wages.check", declaration_id=declaration_id) + "#changed", 303)


def _silent_first(silent: list[Line], changed: list[Line]) -> list[Line]:
    """Who still needs a 说明 before those who have one, a page of them in all."""
    seen = {line.row.id for line in silent}
    return (silent + [line for line in changed if line.row.id not in seen])[:PAGE_SIZE]


def _search(show: str, bounds: object, months: int) -> Search:
    return Search(show, "", bounds, months)  # type: ignore[arg-type]
