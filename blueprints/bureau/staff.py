"""工作人员: who works at the bureau, with which duties, in which office."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from blueprints.auth.forms import GivenPasswordForm, OperatorForm
from blueprints.bureau import bureau
from blueprints.shared import clock
from blueprints.shared.guards import actor, duty, reviewer_only
from blueprints.shared.sentences import sentence
from models.db import reading
from rules.duties import DUTIES
from rules.refusals import Refusal
from services.staff import (
    close_staff,
    get_staff,
    give_staff_password,
    list_staff,
    make_staff,
    reopen_staff,
    set_duties,
)
from translations import gettext as _


@bureau.get("/staff")
@reviewer_only
@duty("system", "security", whole_region=True)
def staff() -> str:
    """Who may sign in, and what each may do."""
    with reading() as session:
        found = list_staff(session, actor())
    return render_template("bureau/staff.html", staff=found)


@bureau.route("/staff/new", methods=["GET", "POST"])
@reviewer_only
@duty("system", whole_region=True)
def staff_new() -> Response | tuple[str, int] | str:
    """A new account with a first password; its duties come from the security administrator."""
    form = OperatorForm()
    if not form.is_submitted():
        return render_template("bureau/staff_new.html", form=form)
    if form.validate():
        try:
            account_id = make_staff(actor(), form.username.data, form.name.data, form.new.data, clock.now())
        except Refusal as refusal:
            form[refusal.field].errors = [sentence(refusal)]
        else:
            words = _("已增加 %(name)s。还没有职责：请安全管理员来给。首个密码请当面告诉本人。")
            flash(words % {"name": form.name.data}, "good")
            return redirect(url_for("bureau.staff_show", account_id=account_id), 303)
    return render_template("bureau/staff_new.html", form=form), 422


@bureau.get("/staff/<int:account_id>")
@reviewer_only
@duty("system", "security", whole_region=True)
def staff_show(account_id: int) -> str:
    """One of the staff, with the forms of whoever looks."""
    return _page(account_id, {}, GivenPasswordForm())


@bureau.post("/staff/<int:account_id>/duties")
@reviewer_only
@duty("security", whole_region=True)
def staff_duties(account_id: int) -> Response | tuple[str, int]:
    """Give exactly the ticked duties, in this office."""
    office = request.form.get("office_code", "").strip()
    try:
        account = set_duties(actor(), account_id, request.form.getlist("rights"), office, clock.now())
    except Refusal as refusal:
        return _page(account_id, {refusal.field or "rights": sentence(refusal)}, GivenPasswordForm()), 422
    flash(_("%(name)s 的职责已保存，马上生效。") % {"name": account.display_name}, "good")
    return _back(account_id)


@bureau.post("/staff/<int:account_id>/password")
@reviewer_only
@duty("system", whole_region=True)
def staff_password(account_id: int) -> Response | tuple[str, int]:
    """A new password for somebody who lost the old one."""
    form = GivenPasswordForm()
    if form.validate():
        try:
            give_staff_password(actor(), account_id, form.new.data, clock.now())
        except Refusal as refusal:
            form.new.errors = [sentence(refusal)]
        else:
            flash(_("新密码已设好，原来的登录都已退出。请当面告诉本人，登录后马上到“修改密码”换掉。"), "good")
            return _back(account_id)
    return _page(account_id, {}, form), 422


@bureau.route("/staff/<int:account_id>/close", methods=["GET", "POST"])
@reviewer_only
@duty("system", whole_region=True)
def staff_close(account_id: int) -> Response | tuple[str, int] | str:
    """停用, after a page that says what it does."""
    if request.method == "GET":
        with reading() as session:
            account = get_staff(session, actor(), account_id)
        return render_template("bureau/staff_close.html", account=account)
    try:
        close_staff(actor(), account_id, clock.now())
    except Refusal as refusal:
        return _page(account_id, {"close": sentence(refusal)}, GivenPasswordForm()), 422
    flash(_("账户已停用，登录已退出。需要时可以重新启用。"), "good")
    return _back(account_id)


@bureau.post("/staff/<int:account_id>/reopen")
@reviewer_only
@duty("system", whole_region=True)
def staff_reopen(account_id: int) -> Response:
    """启用 again."""
    reopen_staff(actor(), account_id, clock.now())
    flash(_("账户已启用，可以登录。"), "good")
    return _back(account_id)


def _page(account_id: int, errors: dict[str, str], password_form: GivenPasswordForm) -> str:
    with reading() as session:
        account = get_staff(session, actor(), account_id)
    is_typed = "rights" in errors or "office_code" in errors
    return render_template(
        "bureau/staff_show.html",
        account=account,
        duties=DUTIES,
        given=request.form.getlist("rights") if is_typed else account.rights.split(),
        office_code=request.form.get("office_code", "") if is_typed else account.office_code,
        errors=errors,
        form=password_form,
    )


def _back(account_id: int) -> Response:
    return redirect(url_for("bureau.staff_show", account_id=account_id), 303)
