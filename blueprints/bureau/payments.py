"""到账: the bank's or tax office's file of payments, looked through before it is booked."""

from __future__ import annotations

from flask import current_app, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from blueprints.bureau import bureau
from blueprints.shared import clock
from blueprints.shared.guards import actor, duty, reviewer_only
from blueprints.shared.sentences import sentence
from models.db import reading
from models.levy_payments import find_file, find_file_by_digest, list_files, list_lines
from rules.numbers import whole_number
from rules.payments import FIELDS
from rules.refusals import Conflict, Missing, Refusal
from services.payment_files import MOST_LINES, book_file, check_file, list_targets, load_file, receive_file
from translations import gettext as _

FILES_A_PAGE, LINES_A_PAGE, FAULTY_SHOWN = 30, 100, 500


@bureau.route("/payments", methods=["GET", "POST"])
@reviewer_only
@duty("levy", whole_region=True)
def payments() -> Response | tuple[str, int]:
    """Send a file; and the files booked so far with their sums."""
    if request.method == "GET":
        return _page(), 200
    sent, config = request.files.get("file"), current_app.config
    name, data = (sent.filename or "", sent.read()) if sent else ("", b"")
    try:
        stored, known = receive_file(actor(), name, data, config["LIMITS"], config["STORE"])
    except Refusal as refusal:
        return _page(sentence(refusal)), 422
    if known is not None:
        return _to_file(known, is_new=False)
    return redirect(url_for("bureau.payment_check", name=stored, file=name), 303)


@bureau.get("/payments/check/<name>")
@reviewer_only
@duty("levy", whole_region=True)
def payment_check(name: str) -> str:
    """Every line of a file that waits to be booked, those that are not right first."""
    return _checked(name)


@bureau.post("/payments/check/<name>")
@reviewer_only
@duty("levy", whole_region=True)
def payment_book(name: str) -> Response | tuple[str, int]:
    """确认入账, or 放弃."""
    config = current_app.config
    if request.form.get("do") == "drop":
        load_file(name, config["STORE"])
        config["STORE"].delete(name)
        flash(_("文件已放弃，没有入账。"), "good")
        return redirect(url_for("bureau.payments"), 303)
    with reading() as session:
        known = find_file_by_digest(session, actor().region_code, request.form.get("digest", ""))
    if known is not None:
        return _to_file(known.id or 0, is_new=False)
    data = load_file(name, config["STORE"])
    try:
        file_id, is_new = book_file(actor(), _filename(), data, config["LIMITS"], clock.now())
    except Conflict as conflict:
        return _checked(name, sentence(conflict)), 409
    config["STORE"].delete(name)
    return _to_file(file_id, is_new=is_new)


@bureau.get("/payments/<int:file_id>")
@reviewer_only
@duty("levy", whole_region=True)
def payment_file(file_id: int) -> str:
    """What a file brought, line by line."""
    after = whole_number(request.args.get("after", "")) or 0
    with reading() as session:
        file = find_file(session, actor().region_code, file_id)
        if file is None:
            raise Missing(file_id)
        found = list_lines(session, file_id, after, LINES_A_PAGE + 1)
    shown = found[:LINES_A_PAGE]
    more = shown[-1][0].line_no if len(found) > LINES_A_PAGE else None
    return render_template("bureau/payment_file.html", file=file, found=shown, after=after, more=more)


def _page(error: str = "") -> str:
    before = whole_number(request.args.get("before", ""))
    with reading() as session:
        found = list_files(session, actor().region_code, before, FILES_A_PAGE + 1)
    more = found[FILES_A_PAGE - 1].id if len(found) > FILES_A_PAGE else None
    return render_template(
        "bureau/payments.html",
        found=found[:FILES_A_PAGE],
        before=before,
        more=more,
        error=error,
        fields=FIELDS.values(),
        most=MOST_LINES,
    )


def _checked(name: str, error: str = "") -> str:
    data, now = load_file(name, current_app.config["STORE"]), clock.now()
    with reading() as session:
        checked = check_file(session, actor(), _filename(), data, current_app.config["LIMITS"], now)
        targets = list_targets(session, checked.payments[:LINES_A_PAGE], checked.levies, now.date())
    faulty = [
        (line.raw, [sentence(problem) for problem in line.problems]) for line in checked.faulty[:FAULTY_SHOWN]
    ]
    return render_template(
        "bureau/payment_check.html",
        name=name,
        checked=checked,
        targets=targets,
        faulty=faulty,
        error=error,
        fields=FIELDS.values(),
    )


def _filename() -> str:
    return request.args.get("file", "")[:200]


def _to_file(file_id: int, *, is_new: bool) -> Response:
    if is_new:
        flash(_("已入账。单位的缴费状态已经更新。"), "good")
    else:
        flash(_("这个文件以前已经入账，就是这一份，没有重复入账。"), "warn")
    return redirect(url_for("bureau.payment_file", file_id=file_id), 303)
