"""核定应缴: the units that never declared, what each would be assessed by, and what waits for its second person."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from blueprints.bureau import bureau
from blueprints.shared import clock
from blueprints.shared.guards import actor, duty, reviewer_only
from blueprints.shared.sentences import sentence
from models.assessment import list_assessments
from models.db import reading
from models.progress_list import UNITS_A_PAGE
from models.region import find_window
from rules.assessments import REASON_LENGTH
from rules.insurances import GROUPS
from rules.numbers import whole_number
from rules.refusals import Conflict, Refusal
from services.assessments import (
    drop_assessments,
    enter_assessments,
    find_terms,
    list_candidates,
    release_assessments,
)
from services.progress import scope_of
from translations import gettext as _


@bureau.get("/assessments")
@reviewer_only
@duty("levy")
def assessments() -> str:
    """Who may be assessed, what waits, what was decided."""
    return _page()


@bureau.post("/assessments")
@reviewer_only
@duty("levy")
def assessment_step() -> Response | tuple[str, int]:
    """录入; 发布 and 撤掉 of what waits."""
    step, reason, now = request.form.get("do", ""), request.form.get("reason", ""), clock.now()
    ids = [number for text in request.form.getlist("id") if (number := whole_number(text)) is not None]
    try:
        if step == "enter":
            with reading() as session:
                scope = scope_of(session, actor(), *_asked(), "", now)
            count = enter_assessments(actor(), scope, ids, reason, now)
            flash(_("已录入 %(n)s 条，还没有生效。请另一位同事核对后发布。") % {"n": count}, "good")
        elif step == "release":
            count = release_assessments(actor(), ids, now)
            flash(_("已发布 %(n)s 条，单位已收到通知。") % {"n": count}, "good")
        elif step == "drop":
            count = drop_assessments(actor(), ids, reason, now)
            flash(_("已撤掉 %(n)s 条。") % {"n": count}, "good")
        else:
            raise Conflict("form.damaged")
    except Conflict:
        raise
    except Refusal as refusal:
        return _page(step, set(ids), reason, sentence(refusal)), 422
    year, group = _asked()
    return redirect(url_for("bureau.assessments", year=year, group=group or None), 303)


def _asked() -> tuple[int | None, str]:
    return whole_number(request.values.get("year", "")), request.values.get("group", "")


def _page(step: str = "", ticked: set[int] | None = None, reason: str = "", problem: str = "") -> str:
    after = whole_number(request.args.get("after", "")) or 0
    with reading() as session:
        scope = scope_of(session, actor(), *_asked(), "", clock.now())
        terms = find_terms(session, scope.region_code)
        found = list_candidates(session, scope, terms, after) if terms and scope.is_over else []
        waiting = list_assessments(session, actor().office, ("entered",))
        decided = list_assessments(session, actor().office, ("released", "dropped"), 50)
        window = find_window(session, scope.region_code, scope.year)
    numbers = sorted({one.unit.id or 0 for one in found})
    last = numbers[UNITS_A_PAGE - 1] if len(numbers) > UNITS_A_PAGE else None
    return render_template(
        "bureau/assessments.html",
        scope=scope,
        window=window,
        terms=terms,
        groups=GROUPS,
        found=[one for one in found if last is None or (one.unit.id or 0) <= last],
        after=after,
        next_after=last,
        waiting=waiting,
        decided=decided,
        step=step,
        ticked=ticked or set(),
        reason=reason,
        problem=problem,
        limit=REASON_LENGTH,
    )
