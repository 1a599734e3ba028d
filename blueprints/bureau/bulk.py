"""批量通过: the list that the rule calls clean, the rule in words, a page to be sure, and what became of each."""

from __future__ import annotations

from flask import render_template, request

from blueprints.bureau import bureau
from blueprints.shared import clock
from blueprints.shared.guards import actor, duty, reviewer_only
from blueprints.shared.sentences import sentence
from models.db import reading
from models.queue_list import list_clean
from rules.numbers import whole_number
from rules.refusals import Refusal
from services.bulk_review import MOST_AT_ONCE, approve_clean, clean_rule, find_chosen


@bureau.route("/bulk", methods=["GET", "POST"])
@reviewer_only
@duty("review")
def bulk() -> str | tuple[str, int]:
    """Choose, be sure, approve. Sending the last form again changes nothing: it says what was decided already."""
    if request.method == "GET":
        return _list_page()
    chosen = [whole_number(text) for text in request.form.getlist("pick")]
    numbers = [number for number in chosen if number is not None]
    if len(numbers) < len(chosen):
        raise Refusal("form.damaged")
    try:
        if request.form.get("do") != "sure":
            return _sure_page(numbers)
        outcomes = approve_clean(actor(), numbers, clock.now())
    except Refusal as refusal:
        return _list_page(sentence(refusal)), 422
    return render_template("bureau/bulk_done.html", outcomes=outcomes, sentence=sentence)


def _list_page(error: str = "") -> str:
    now = clock.now()
    with reading() as session:
        rule = clean_rule(session, actor().region_code, now.date())
        found = list_clean(session, actor().office, rule, actor().account_id, now, MOST_AT_ONCE)
    return render_template("bureau/bulk.html", rule=rule, found=found, most=MOST_AT_ONCE, error=error)


def _sure_page(numbers: list[int]) -> str:
    with reading() as session:
        rule = clean_rule(session, actor().region_code, clock.now().date())
        chosen = find_chosen(session, actor(), numbers)
    return render_template("bureau/bulk_sure.html", rule=rule, chosen=chosen)
