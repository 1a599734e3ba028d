"""参保登记 by whoever has no account yet: the form, its licence, 提交, progress by 业务编号, the first account.

What a browser has filled in or looked up is remembered in its session; elsewhere 业务编号 and 统一社会信用代码 open it.
"""

from __future__ import annotations

from collections.abc import Mapping

from flask import current_app, flash, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from blueprints.filings.drafts import sent_version, typed_form
from blueprints.shared import clock
from blueprints.shared.guards import public
from blueprints.shared.sentences import sentence
from blueprints.units import units
from blueprints.units.forms import ActivationForm
from models.db import reading
from models.filing import list_events
from models.filing_parts import list_attachments, list_lines
from models.region import get_region, list_regions
from models.unit import get_unit
from rules.fields import N_, Field
from rules.filing_states import is_editable
from rules.identity import normalise_code
from rules.numbers import whole_number
from rules.refusals import Conflict, Refusal
from services.filings import Faulty
from services.kind_list import find_kind
from services.unit_joining import (
    JOIN,
    activate,
    add_licence,
    drop_licence,
    find_joining,
    may_activate,
    open_joining,
    save_joining,
    start_joining,
    submit_joining,
    withdraw_joining,
)
from translations import gettext as _

NUMBER_LENGTH = 40


@units.route("/join", methods=["GET", "POST"])
@public
def join() -> Response | tuple[str, int] | str:
    """参保登记: the empty form, and 保存."""
    if request.method == "GET":
        return _form({}, {})
    typed, region = typed_form(find_kind(JOIN)), request.form.get("region", "")
    try:
        address = request.remote_addr or ""
        session["joining"] = start_joining(region, typed, address, clock.now())
    except Faulty as faulty:
        return _form(typed, faulty.problems, region), 422
    except Refusal as refusal:
        return _form(typed, {refusal.field or "": refusal}, region), 422
    flash(_("已保存，还没有提交。请添加营业执照的扫描件，再点“提交”。"), "good")
    return redirect(url_for("units.join_state"), 303)


@units.route("/join/find", methods=["GET", "POST"])
@public
def join_find() -> Response | tuple[str, int] | str:
    """查进度: 业务编号 and 统一社会信用代码 open what was filled in."""
    if request.method == "GET":
        return render_template("units/join_find.html", number="", uscc="", error="")
    number, uscc = request.form.get("number", "").strip(), request.form.get("uscc", "").strip()
    number, uscc = number[:NUMBER_LENGTH], uscc[:NUMBER_LENGTH]
    try:
        session["joining"] = open_joining(number.upper(), normalise_code(uscc))
    except Refusal as refusal:
        error = sentence(refusal)
        return render_template("units/join_find.html", number=number, uscc=uscc, error=error), 422
    return redirect(url_for("units.join_state"), 303)


@units.get("/join/state")
@public
def join_state() -> Response | str:
    """The receipt of a 参保登记: its number, its state, its reason, and what can be done next."""
    return _state_page() if _opened() else _to_find()


@units.route("/join/edit", methods=["GET", "POST"])
@public
def join_edit() -> Response | tuple[str, int] | str:
    """Look at a draft's form again, or at what came back, change it, 保存."""
    filing_id = _opened()
    if not filing_id:
        return _to_find()
    with reading() as database:
        filing = find_joining(database, filing_id)
        kept = list_lines(database, filing_id)[0].typed
    if not is_editable(filing.state):
        raise Conflict("filing.not_editable", state=filing.state)
    if request.method == "GET":
        return _form(kept, {}, filing.region_code, filing)
    typed = typed_form(find_kind(JOIN))
    try:
        save_joining(filing_id, sent_version(), typed, clock.now())
    except Faulty as faulty:
        return _form(typed, faulty.problems, filing.region_code, filing), 422
    flash(_("已保存，还没有提交。"), "good")
    return redirect(url_for("units.join_state"), 303)


@units.post("/join/attach")
@public
def join_attach() -> Response:
    """Add the files that were chosen."""
    filing_id, config = _opened(), current_app.config
    if not filing_id:
        return _to_find()
    limit = config["SETTINGS"].attachment_bytes
    for sent in request.files.getlist("file"):
        try:
            add_licence(filing_id, sent.filename or "", sent.read(), limit, config["STORE"], clock.now())
            flash(_("附件已添加。"), "good")
        except Conflict:
            raise
        except Refusal as refusal:
            flash(f"{sent.filename or ''} {sentence(refusal)}".strip(), "bad")
    return redirect(url_for("units.join_state"), 303)


@units.post("/join/detach")
@public
def join_detach() -> Response:
    """Take one away."""
    filing_id, number = _opened(), whole_number(request.form.get("attachment", ""))
    if not filing_id:
        return _to_find()
    if number is None:
        raise Refusal("form.damaged")
    drop_licence(filing_id, number, current_app.config["STORE"], clock.now())
    flash(_("附件已去掉。"), "good")
    return redirect(url_for("units.join_state"), 303)


@units.post("/join/submit")
@public
def join_submit() -> Response | tuple[str, int]:
    """提交; what stands against it is said on the same page."""
    filing_id = _opened()
    if not filing_id:
        return _to_find()
    try:
        submit_joining(filing_id, sent_version(), clock.now())
    except Faulty as faulty:
        return _state_page([sentence(one) for one in faulty.problems.values()]), 422
    except Refusal as refusal:
        return _state_page([sentence(refusal)]), 409 if isinstance(refusal, Conflict) else 422
    flash(_("已提交，等社保局审核。请记下业务编号，凭它和统一社会信用代码查进度。"), "good")
    return redirect(url_for("units.join_state"), 303)


@units.post("/join/withdraw")
@public
def join_withdraw() -> Response:
    """撤回 until a reviewer takes it."""
    filing_id = _opened()
    if not filing_id:
        return _to_find()
    withdraw_joining(filing_id, clock.now())
    flash(_("已撤回，现在是“待提交”。改好后可以再提交。"), "good")
    return redirect(url_for("units.join_state"), 303)


@units.route("/join/activate", methods=["GET", "POST"])
@public
def join_activate() -> Response | tuple[str, int] | str:
    """The first account of a registered unit: user name and password."""
    filing_id, form = _opened(), ActivationForm()
    if not filing_id:
        return _to_find()
    if not form.is_submitted():
        with reading() as database:
            form.username.data = list_lines(database, filing_id)[0].content["username"]
        return _activation_page(filing_id, form)
    if not form.validate():
        return _activation_page(filing_id, form), 422
    try:
        activate(filing_id, form.username.data, form.new.data, clock.now())
    except Conflict:
        raise
    except Refusal as refusal:
        form[refusal.field].errors = [sentence(refusal)]
        return _activation_page(filing_id, form), 422
    session.pop("joining", None)
    flash(_("账户已开通。请用刚才的用户名和密码登录。"), "good")
    return redirect(url_for("auth.sign_in"), 303)


def _form(
    typed: Mapping[str, str], problems: Mapping[str, Refusal], region: str = "", filing: object = None
) -> str:
    with reading() as database:
        regions = tuple((one.code, one.name) for one in list_regions(database))
    place = Field("region", N_("参保地"), "choice", True, regions)
    return render_template(
        "units/join.html",
        kind=find_kind(JOIN),
        place=place,
        typed={**typed, "region": region},
        errors={name: sentence(refusal) for name, refusal in problems.items()},
        filing=filing,
    )


def _state_page(errors: list[str] | None = None) -> str:
    filing_id = _opened()
    with reading() as database:
        filing = find_joining(database, filing_id)
        values = {
            "filing": filing,
            "kind": find_kind(JOIN),
            "content": list_lines(database, filing_id)[0].content,
            "region": get_region(database, filing.region_code),
            "unit": get_unit(database, filing.unit_id) if filing.unit_id else None,
            "attachments": list_attachments(database, filing_id),
            "events": list_events(database, filing_id),
            "may_activate": may_activate(database, filing),
        }
    return render_template("units/join_state.html", errors=errors or [], **values)


def _activation_page(filing_id: int, form: ActivationForm) -> str:
    with reading() as database:
        filing = find_joining(database, filing_id)
        if not may_activate(database, filing):
            raise Conflict("unit.active")
        unit = get_unit(database, filing.own_unit_id)
    return render_template("units/join_activate.html", form=form, unit=unit, filing=filing)


def _opened() -> int:
    """The 参保登记 that this browser may see, or 0."""
    number: int = session.get("joining", 0)
    return number


def _to_find() -> Response:
    return redirect(url_for("units.join_find"), 303)
