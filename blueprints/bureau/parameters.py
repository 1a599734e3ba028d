"""参数: what holds from when, changes that one person enters and another releases, and what each would do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import current_app, flash, redirect, render_template, request, url_for
from sqlmodel import Session
from werkzeug.wrappers import Response

from blueprints.bureau import bureau
from blueprints.shared import clock
from blueprints.shared.guards import actor, duty, reviewer_only
from blueprints.shared.pages import progress_answer
from blueprints.shared.sentences import say, sentence
from models.account import Account
from models.db import reading
from models.job import find_latest_job
from models.levy_run_list import find_units
from models.parameter_change import ParameterChange
from models.parameter_list import (
    Row,
    content_of,
    find_in_force,
    find_last_month,
    list_changes,
    list_rows,
    source_of,
)
from models.region import first_day, get_region
from models.unit import Unit, find_unit
from rules.insurances import ALL, MATERNITY
from rules.levies import month_before
from rules.parameters import (
    BOUNDS,
    KINDS,
    REGION_RATE,
    RULES,
    UNIT_RATE,
    ChangeKind,
    as_form,
    list_oddities,
    percent_text,
    subject_of,
)
from rules.refusals import Conflict, Missing, Refusal
from services.filings import Faulty
from services.impacts import IMPACT_JOB
from services.parameters import (
    REASON_LENGTH,
    check_reason,
    check_release,
    drop_change,
    enter_change,
    get_change,
    reckon_again,
    release_change,
)
from services.prints import shown
from translations import gettext as _

CHANGES_SHOWN = 50


@dataclass(frozen=True)
class Line:
    """A parameter as a table shows it; ``row`` None where nothing is set, ``later`` when another row begins."""

    kind: ChangeKind
    insurance: str
    row: Row | None
    later: date | None = None

    @property
    def texts(self) -> list[tuple[str, str]]:
        """Label and value of each field."""
        return [] if self.row is None else texts_of(self.kind, content_of(self.row))

    @property
    def source(self) -> str:
        """依据 or 理由."""
        return "" if self.row is None else source_of(self.row)


def texts_of(kind: ChangeKind, content: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Label and value of each field of a content; a rate as percent and as the fraction it is."""
    return [(_(field.label_msgid), _text(kind, content, field.name)) for field in kind.fields]


def _text(kind: ChangeKind, content: Mapping[str, Any], name: str) -> str:
    value = content.get(name)
    if name not in kind.percents:
        return shown(next(field for field in kind.fields if field.name == name), value)
    return _("%(percent)s，即 %(fraction)s") % {"percent": percent_text(str(value)), "fraction": value}


@bureau.get("/parameters")
@reviewer_only
@duty("parameters", whole_region=True)
def parameters() -> str:
    """Changes that wait for release, and what is in force today."""
    today = clock.today()
    region_code = actor().region_code
    with reading() as session:
        is_merged = get_region(session, region_code).is_maternity_merged
        waiting = list_changes(session, region_code, ("entered",), CHANGES_SHOWN)
        rows = {code: list_rows(session, region_code, code) for code in KINDS if code != UNIT_RATE}
    insurances = [code for code in ALL if not (is_merged and code == MATERNITY)]
    groups = [
        (KINDS[code], [_line(KINDS[code], rows[code], today, one) for one in insurances])
        for code in (BOUNDS, REGION_RATE)
    ]
    return render_template(
        "bureau/parameters.html",
        waiting=waiting,
        groups=groups,
        rules=[_line(KINDS[code], rows[code], today) for code in RULES],
        kinds=KINDS,
        unit_rate=KINDS[UNIT_RATE],
    )


def _line(kind: ChangeKind, rows: list[Row], today: date, insurance: str = "") -> Line:
    """What is in force today, and when something else will be."""
    own = [row for row in rows if getattr(row, "insurance", "") == insurance]
    present = next((row for row in own if row.valid_from <= today < row.valid_to), None)
    later = min((row.valid_from for row in own if row.valid_from > today), default=None)
    return Line(kind, insurance, present, later)


@bureau.get("/parameters/history/<kind>")
@reviewer_only
@duty("parameters", whole_region=True)
def parameter_history(kind: str) -> str:
    """Every row of one parameter, and who entered and released its changes; of units by their 单位编号."""
    found = _kind(kind)
    insurance, unit_no = request.args.get("insurance", "")[:3], request.args.get("unit_no", "").strip()[:20]
    region_code = actor().region_code
    with reading() as session:
        unit = find_unit(session, region_code, unit_no) if found.has_unit and unit_no else None
        unit_id = unit.id if unit else None
        rows = list_rows(session, region_code, kind, insurance, unit_id)
        subject = subject_of(kind, insurance, unit_id)
        changes = list_changes(session, region_code, ("released", "dropped"), CHANGES_SHOWN, subject)
    return render_template(
        "bureau/parameter_history.html",
        kind=found,
        lines=[Line(found, getattr(row, "insurance", ""), row) for row in rows],
        insurance=insurance,
        unit_no=unit_no,
        unit=unit,
        changes=changes,
        without_end=date.max,
        today=clock.today(),
    )


@bureau.route("/parameters/new/<kind>", methods=["GET", "POST"])
@reviewer_only
@duty("parameters", whole_region=True)
def parameter_new(kind: str) -> Response | tuple[str, int] | str:
    """Enter a change; what is in force now stands in the form."""
    found = _kind(kind)
    if request.method == "GET":
        return _form(found, _prefilled(found), {})
    typed = {name: request.form.get(name, "") for name in found.form}
    try:
        change_id, job_id = enter_change(actor(), found, typed, clock.now())
    except Faulty as faulty:
        return _form(found, typed, {name: sentence(one) for name, one in faulty.problems.items()}), 422
    current_app.config["WAKE"](job_id)
    flash(_("变更已录入，还没有生效。影响正在估算，请另一位同事核对后发布。"), "good")
    return redirect(url_for("bureau.parameter_show", change_id=change_id), 303)


def _form(kind: ChangeKind, typed: Mapping[str, str], errors: Mapping[str, str]) -> str:
    return render_template(
        "bureau/parameter_new.html", kind=kind, fields=kind.form.values(), typed=typed, errors=errors
    )


def _prefilled(kind: ChangeKind) -> dict[str, str]:
    """The first day that a change may begin, and what holds then."""
    region_code, today = actor().region_code, clock.today()
    insurance, unit_no = request.args.get("insurance", "")[:3], request.args.get("unit_no", "").strip()[:20]
    with reading() as session:
        last = find_last_month(session, region_code) or ""
        start = first_day(max(month_before(last, -1) if last else "", month_before(f"{today:%Y%m}", -1)))
        unit = find_unit(session, region_code, unit_no) if kind.has_unit else None
        rows = list_rows(session, region_code, kind.code, insurance, unit.id if unit else None)
    typed = {"insurance": insurance, "unit_no": unit_no, "valid_from": start.isoformat()}
    present = next((row for row in rows if row.valid_from <= start < row.valid_to), None)
    if present is not None and bool(insurance) == kind.has_insurance:
        typed |= as_form(kind, content_of(present))
    return typed


@bureau.get("/parameters/<int:change_id>")
@reviewer_only
@duty("parameters", whole_region=True)
def parameter_show(change_id: int) -> Response:
    """A change: now and then, what looks odd, what it would do, and the buttons."""
    return _show(change_id)


@bureau.post("/parameters/<int:change_id>")
@reviewer_only
@duty("parameters", whole_region=True)
def parameter_step(change_id: int) -> Response | tuple[str, int] | str:
    """估算影响; 发布 and 撤掉, each after a page that says what will happen."""
    step, reason, now = request.form.get("do", ""), request.form.get("reason", ""), clock.now()
    if step == "reckon":
        current_app.config["WAKE"](reckon_again(actor(), change_id, now))
        return redirect(url_for("bureau.parameter_show", change_id=change_id), 303)
    if step not in ("release", "drop"):
        raise Refusal("form.damaged")
    try:
        if "sure" not in request.form:
            return _sure_page(change_id, step, reason)
        if step == "release":
            release_change(actor(), change_id, now)
            flash(_("已发布，从生效日期起使用。"), "good")
        else:
            drop_change(actor(), change_id, reason, now)
            flash(_("已撤掉，参数没有变。"), "good")
    except Conflict:
        raise
    except Refusal as refusal:
        return _refused_page(change_id, reason, refusal)
    return redirect(url_for("bureau.parameters"), 303)


def _sure_page(change_id: int, step: str, reason: str) -> str:
    with reading() as session:
        change = get_change(session, actor(), change_id)
        if change.state != "entered":
            raise Conflict("parameter.decided")
        if step == "release":
            check_release(session, actor(), change, clock.now())
        else:
            reason = check_reason(reason)
        values = _values(session, change)
    return render_template("bureau/parameter_sure.html", step=step, reason=reason, **values)


def _refused_page(change_id: int, reason: str, refusal: Refusal) -> Response:
    response = _show(change_id, reason, {refusal.field or "": sentence(refusal)})
    response.status_code = 422
    return response


def _show(change_id: int, reason: str = "", errors: Mapping[str, str] | None = None) -> Response:
    with reading() as session:
        change = get_change(session, actor(), change_id)
        job = find_latest_job(session, IMPACT_JOB, change_id)
        values = _values(session, change)
    is_busy = change.state == "entered" and job is not None and not job.is_over
    failure = say(job.result["code"], job.result["params"]) if job and job.state == "failed" else ""
    return progress_answer(
        "bureau/parameter_show.html",
        "wages/_meter.html",
        is_busy,
        job=job,
        doing=_("正在估算影响"),
        failure=failure,
        reason=reason,
        errors=errors or {},
        limit=REASON_LENGTH,
        **values,
    )


def _values(session: Session, change: ParameterChange) -> dict[str, Any]:
    """What the pages of a change show."""
    kind = KINDS[change.kind]
    # Of what is decided the rows have moved on; the history shows them.
    old = find_in_force(session, change) if change.state == "entered" else None
    before = dict(texts_of(kind, content_of(old))) if old else {}
    impact: dict[str, Any] = change.impact or {}
    return {
        "change": change,
        "kind": kind,
        "old": old,
        "texts": [(label, before.get(label, ""), text) for label, text in texts_of(kind, change.content)],
        "oddities": [sentence(one) for one in list_oddities(kind, change.insurance, change.content)],
        "impact": impact,
        "reckoned_at": datetime.fromisoformat(impact["at"]) if impact else None,
        "units": find_units(session, [one["unit_id"] for one in impact.get("most", ())]),
        "unit": session.get(Unit, change.unit_id) if change.unit_id else None,
        "entered_by": session.get_one(Account, change.entered_by).display_name,
        "decided_by": session.get_one(Account, change.decided_by).display_name if change.decided_by else "",
    }


def _kind(code: str) -> ChangeKind:
    found = KINDS.get(code)
    if found is None:
        raise Missing(code)
    return found
