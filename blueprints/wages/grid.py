"""Step 2, 录入工资: the grid, its saves, its filters and its figures."""

from __future__ import annotations

from typing import Any

from flask import (
    flash,
    make_response,
    redirect,
    render_template,
    request,
    session,
)
from werkzeug.wrappers import Response

from blueprints.shared import clock
from blueprints.shared.guards import actor, needs, operator_only
from blueprints.shared.pages import address, answer, is_partial, trigger_name
from blueprints.wages import wages
from blueprints.wages.lines import Line, draw, draw_rows, place_of
from blueprints.wages.progress import overview
from models.db import reading
from models.declaration import Counts, Declaration
from models.wage_rows import FILTERS, PAGE_SIZE, WHOLE_LIST, Page, Search, count_found, list_page
from rules.numbers import whole_number
from rules.refusals import Refusal
from rules.wages import Bounds
from services.declarations import get_own
from services.figures import Figures, figures
from services.wages import Outcome, Recorded, entries_from, record_wages
from translations import gettext as _


@wages.get("/<int:declaration_id>/rows")
@operator_only
def rows(declaration_id: int) -> Response:
    """A page of the list: ``show`` filters, ``after`` and ``before`` are 序号, ``base`` an 险种."""
    return _list(declaration_id, [])


@wages.post("/<int:declaration_id>/rows")
@operator_only
@needs("entry")
def save(declaration_id: int) -> Response:
    """One field from HTMX, or the page of rows from a plain form."""
    entries = entries_from(request.form.items(), request.form)
    if is_partial():
        entries = [entry for entry in entries if f"w{entry.row_id}" == trigger_name()]
        if len(entries) != 1:
            raise Refusal("form.damaged")
    recorded = record_wages(actor(), declaration_id, entries, clock.now())
    if is_partial():
        return _saved_row(recorded)
    if recorded.refused:
        return _list(declaration_id, recorded.refused)
    flash(_("本页已保存。"), "good")
    return redirect(address("wages.rows", declaration_id=declaration_id, saved=1, **_where()), 303)


@wages.post("/<int:declaration_id>/search")
@operator_only
@needs("query")
def search(declaration_id: int) -> Response:
    """Keep the words to search for on the server: names and ID numbers do not belong in an address."""
    words = request.form.get("words", "").strip()[:50]
    session["words"] = {"in": declaration_id, "words": words}
    show = request.form.get("show", "all")
    found = 1 if words else None
    return redirect(address("wages.rows", declaration_id=declaration_id, show=show, found=found), 303)


@wages.get("/<int:declaration_id>/figures")
@operator_only
def figures_panel(declaration_id: int) -> Response:
    """Bases, expected levy and distribution; fetched again a moment after the last save."""
    with reading() as database:
        declaration = get_own(database, actor(), declaration_id)
        totals = figures(database, declaration)
    code = _insurance(totals)
    figure = totals.by_insurance.get(code)
    return make_response(
        render_template(
            "wages/_figures.html",
            declaration_id=declaration_id,
            figure=figure,
            code=code,
        )
    )


def _list(declaration_id: int, refused: list[Outcome]) -> Response:
    with reading() as database:
        declaration = get_own(database, actor(), declaration_id)
        view = overview(database, declaration)
        totals = figures(database, declaration)
        code = _insurance(totals)
        figure = totals.by_insurance.get(code)
        bounds = figure.bounds if figure else None
        wanted = _wanted(declaration, bounds)
        page = list_page(database, declaration_id, wanted, **_keys())
        count = (
            _count(view.tally, wanted)
            if wanted.show in ("all", "left", "done") and not wanted.words
            else None
        )
        if count is None:
            count = count_found(database, declaration_id, wanted)
    outcomes = {outcome.row.id: outcome for outcome in refused}
    lines = [draw(row, declaration.months, bounds, outcomes.get(row.id)) for row in page.rows]
    place = place_of(declaration_id, view.is_open)
    focus = _first_empty(lines) if request.args.get("saved") else None
    return answer(
        "wages/rows.html",
        "wages/_listed.html",
        422 if refused else 200,
        view=view,
        lines=lines,
        rows=draw_rows(lines, place, focus),
        page=page,
        count=count,
        pages=_page_numbers(page, wanted, count),
        show=wanted.show,
        words=wanted.words,
        found=request.args.get("found"),
        code=code,
        figure=figure,
        totals=totals,
        place=place,
        where=_where(),
        refused=[line for line in lines if line.error],
    )


def _saved_row(recorded: Recorded) -> Response:
    if not recorded.outcomes:
        raise Refusal("form.damaged")
    outcome = recorded.outcomes[0]
    code = _chosen_code(list(recorded.bounds))
    line = draw(outcome.row, recorded.terms.months, recorded.bounds.get(code), outcome)
    place = place_of(recorded.terms.id, True)
    status = 200 if outcome.refusal is None else 409 if line.state == "conflict" else 422
    return make_response(
        render_template(
            "wages/_saved.html",
            row=draw_rows([line], place),
            is_saved=outcome.refusal is None,
            tally=recorded.tally,
            declaration=recorded.terms,
            place=place,
            show="",
        ),
        status,
    )


def _insurance(totals: Figures) -> str:
    return _chosen_code(list(totals.by_insurance))


def _chosen_code(codes: list[str]) -> str:
    """The 险种 whose bases are shown: asked for now, or chosen last, or the first."""
    asked = request.args.get("base")
    if asked in codes and session.get("base") != asked:
        session["base"] = asked
    last = session.get("base")
    return last if last in codes else (codes[0] if codes else "")


def _wanted(declaration: Declaration, bounds: Bounds | None) -> Search:
    show = request.args.get("show", "all")
    kept = session.get("words") or {}
    words = kept.get("words", "") if request.args.get("found") and kept.get("in") == declaration.id else ""
    if show not in FILTERS or (show == "all" and not words):
        return WHOLE_LIST
    return Search(show, words, bounds, declaration.months)


def _keys() -> dict[str, Any]:
    before = whole_number(request.args.get("before", ""))
    return {"before": before} if before else {"after": whole_number(request.args.get("after", "")) or 0}


def _where() -> dict[str, Any]:
    """The part of the address that says which page of which list this is."""
    return {name: request.args[name] for name in ("show", "after", "before", "found") if name in request.args}


def _count(tally: Counts, wanted: Search) -> int:
    return {"all": tally.insured, "done": tally.entered, "left": tally.insured - tally.entered}[wanted.show]


def _page_numbers(page: Page, wanted: Search, count: int) -> list[tuple[int, int, bool]]:
    """(number, after, is current) of some pages; only the whole list has 序号 without gaps."""
    if wanted.show != "all" or wanted.words or not page.rows:
        return []
    last = -(-count // PAGE_SIZE)
    current = (page.rows[0].seq - 1) // PAGE_SIZE + 1
    shown = sorted({1, last, *range(max(1, current - 2), min(last, current + 2) + 1)})
    return [(number, (number - 1) * PAGE_SIZE, number == current) for number in shown]


def _first_empty(lines: list[Line]) -> int | None:
    return next((line.row.id for line in lines if line.row.wage_fen is None), None)
