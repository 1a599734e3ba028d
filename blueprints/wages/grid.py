"""Step 2, 录入工资: the grid, its saves, its filters and its figures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import current_app, flash, make_response, redirect, render_template, request, session, url_for
from markupsafe import Markup, escape
from werkzeug.wrappers import Response

from blueprints.shared.guards import actor, operator_only
from blueprints.shared.pages import answer, is_partial, trigger_name
from blueprints.shared.sentences import sentence
from blueprints.shared.words import moment_text
from blueprints.wages import wages
from blueprints.wages.progress import overview
from models.db import reading
from models.declaration import Counts, Declaration
from models.wage_rows import FILTERS, PAGE_SIZE, WHOLE_LIST, Page, Row, Search, count_found, list_page
from rules.refusals import Conflict, Refusal
from rules.wages import Bounds, change_permille, contribution_base, is_declared, needs_explanation
from services.declarations import get_own
from services.figures import Figures, figures
from services.wages import Outcome, Recorded, entries_from, record_wages
from translations import gettext as _

SHAPES = {
    "saved": "ok",
    "explain": "ask",
    "excluded": "skip-it",
    "left": "",
    "refused": "fail",
    "conflict": "fail",
}


@dataclass(frozen=True)
class Line:
    """A row as the grid draws it: what stands in the field, its base, and what there is to say."""

    row: Row
    text: str
    base_fen: int | None
    adjustment: str
    change: int | None
    error: str
    is_conflict: bool

    @property
    def shape(self) -> str:
        """The class that gives the state its shape."""
        return SHAPES[self.state]

    @property
    def state(self) -> str:
        if self.error:
            return "conflict" if self.is_conflict else "refused"
        if self.row.wage_fen is None:
            return "left"
        if not is_declared(self.row.wage_fen):
            return "excluded"
        if self.change is not None and not self.row.note:
            return "explain"
        return "saved"


def draw(row: Row, months: int, bounds: Bounds | None, outcome: Outcome | None = None) -> Line:
    """A row, or what became of a save, as a line of the grid."""
    wage = row.wage_fen
    base_fen, adjustment, change = None, "none", None
    if wage is not None and is_declared(wage):
        if bounds is not None and bounds.insurance in row.insurances:
            base = contribution_base(wage, months, bounds)
            base_fen, adjustment = base.base_fen, base.adjustment
        if needs_explanation(row.old_wage_fen, wage):
            change = change_permille(row.old_wage_fen, wage)
    refusal = outcome.refusal if outcome else None
    text = (
        outcome.text if outcome and refusal else ("" if wage is None else f"{wage // 100}.{wage % 100:02d}")
    )
    return Line(row, text, base_fen, adjustment, change, _error(refusal), isinstance(refusal, Conflict))


@dataclass(frozen=True)
class Place:
    """What is the same for every row of a page: whether it can be written to, two addresses, the words."""

    is_open: bool
    save: str
    check: str
    words: dict[str, Markup]


def _place_of(declaration_id: int, is_open: bool) -> Place:
    words = {
        "old": _("原工资"),
        "wage": _("现工资"),
        "base": _("缴费基数"),
        "saved": _("已保存"),
        "explain": _("需说明"),
        "excluded": _("此次不申报"),
        "left": _("未录入"),
        "refused": _("未保存"),
        "conflict": _("未保存"),
    }
    return Place(
        is_open,
        url_for("wages.rows", declaration_id=declaration_id),
        url_for("wages.check", declaration_id=declaration_id),
        {name: escape(word) for name, word in words.items()},
    )


@wages.get("/<int:declaration_id>/rows")
@operator_only
def rows(declaration_id: int) -> Response:
    """A page of the list: ``show`` filters, ``after`` and ``before`` are 序号, ``base`` an 险种."""
    return _list(declaration_id, [])


@wages.post("/<int:declaration_id>/rows")
@operator_only
def save(declaration_id: int) -> Response:
    """One field from HTMX, or the page of rows from a plain form."""
    entries = entries_from(request.form.items(), request.form)
    if is_partial():
        entries = [entry for entry in entries if f"w{entry.row_id}" == trigger_name()]
        if len(entries) != 1:
            raise Refusal("form.damaged")
    recorded = record_wages(actor(), declaration_id, entries, current_app.config["CLOCK"]())
    if is_partial():
        return _saved_row(recorded)
    if recorded.refused:
        return _list(declaration_id, recorded.refused)
    flash(_("本页已保存。"), "good")
    address = url_for("wages.rows", declaration_id=declaration_id, saved=1, **_where())
    return redirect(address, 303)


@wages.post("/<int:declaration_id>/search")
@operator_only
def search(declaration_id: int) -> Response:
    """Keep the words to search for on the server: names and ID numbers do not belong in an address."""
    words = request.form.get("words", "").strip()[:50]
    session["words"] = {"in": declaration_id, "words": words}
    show = request.form.get("show", "all")
    address = url_for("wages.rows", declaration_id=declaration_id, show=show, found=1 if words else None)
    return redirect(address, 303)


@wages.get("/<int:declaration_id>/figures")
@operator_only
def figures_panel(declaration_id: int) -> Response:
    """Bases, expected levy and distribution; fetched again a moment after the last save."""
    with reading() as database:
        declaration = get_own(database, actor(), declaration_id)
        totals = figures(database, declaration)
    code = _insurance(totals)
    return make_response(
        render_template(
            "wages/_figures.html",
            declaration_id=declaration_id,
            figure=totals.by_insurance.get(code),
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
    return answer(
        "wages/rows.html",
        "wages/_listed.html",
        422 if refused else 200,
        view=view,
        lines=lines,
        page=page,
        count=count,
        pages=_page_numbers(page, wanted, count),
        show=wanted.show,
        words=wanted.words,
        found=request.args.get("found"),
        code=code,
        figure=figure,
        totals=totals,
        place=_place_of(declaration_id, view.is_open),
        where=_where(),
        refused=[line for line in lines if line.error],
        focus=_first_empty(lines) if request.args.get("saved") else None,
    )


def _saved_row(recorded: Recorded) -> Response:
    if not recorded.outcomes:
        raise Refusal("form.damaged")
    outcome = recorded.outcomes[0]
    code = _chosen_code(list(recorded.bounds))
    line = draw(outcome.row, recorded.terms.months, recorded.bounds.get(code), outcome)
    status = 200 if outcome.refusal is None else 409 if line.is_conflict else 422
    return make_response(
        render_template(
            "wages/_saved.html",
            line=line,
            tally=recorded.tally,
            declaration=recorded.terms,
            place=_place_of(recorded.terms.id, True),
            show="",
        ),
        status,
    )


def _error(refusal: Refusal | None) -> str:
    if refusal is None:
        return ""
    if "at" in refusal.params:
        at = str(refusal.params["at"])
        refusal.params["time"] = moment_text(datetime.fromisoformat(at), "%H:%M") if at else ""
    return sentence(refusal)


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
    before = request.args.get("before", None, int)
    return {"before": before} if before else {"after": max(0, request.args.get("after", 0, int))}


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
