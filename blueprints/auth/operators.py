"""操作员: the administrator's pages for the unit's operators, their rights, passwords and certificates."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from blueprints.auth import auth
from blueprints.auth.forms import GivenPasswordForm, OperatorForm
from blueprints.shared import clock
from blueprints.shared.guards import actor, admin_only
from blueprints.shared.sentences import sentence
from models.account import RIGHTS, USUAL_RIGHTS
from models.certificate import list_account_certificates
from models.db import reading
from rules.refusals import Refusal
from services.operators import (
    bind_certificate,
    close_operator,
    get_operator,
    give_password,
    list_operators,
    list_unbound,
    make_operator,
    reopen_operator,
    set_rights,
    unbind_certificate,
)
from translations import gettext as _


@auth.get("/operators")
@admin_only
def operators() -> str:
    """Who works for the unit, and what each may do."""
    with reading() as session:
        found = list_operators(session, actor())
        bound = {one.id: len(list_account_certificates(session, one.id or 0)) for one in found}
    return render_template("auth/operators.html", operators=found, bound=bound)


@auth.route("/operators/new", methods=["GET", "POST"])
@admin_only
def operators_new() -> Response | tuple[str, int] | str:
    """A new operator with rights and a first password."""
    form = OperatorForm(data={"rights": USUAL_RIGHTS.split()})
    if not form.is_submitted():
        return render_template("auth/operators_new.html", form=form, rights=RIGHTS)
    if form.validate():
        try:
            account_id = make_operator(
                actor(), form.username.data, form.name.data, form.rights.data, form.new.data, clock.now()
            )
        except Refusal as refusal:
            form[refusal.field].errors = [sentence(refusal)]
        else:
            words = _("已增加操作员 %(name)s。请把用户名和首个密码当面告诉本人，登录后马上到“修改密码”换掉。")
            flash(words % {"name": form.name.data}, "good")
            return redirect(url_for("auth.operators_show", account_id=account_id), 303)
    return render_template("auth/operators_new.html", form=form, rights=RIGHTS), 422


@auth.get("/operators/<int:account_id>")
@admin_only
def operators_show(account_id: int) -> str:
    """One operator: rights, certificates, password, 停用."""
    return _page(account_id, {}, GivenPasswordForm())


@auth.post("/operators/<int:account_id>/rights")
@admin_only
def operators_rights(account_id: int) -> Response | tuple[str, int]:
    """Give exactly the ticked rights; make or unmake an administrator."""
    chosen, is_admin = request.form.getlist("rights"), request.form.get("is_admin") == "1"
    try:
        account = set_rights(actor(), account_id, chosen, is_admin, clock.now())
    except Refusal as refusal:
        return _page(account_id, {refusal.field or "rights": sentence(refusal)}, GivenPasswordForm()), 422
    flash(_("%(name)s 的权限已保存，马上生效。") % {"name": account.display_name}, "good")
    if account_id == actor().account_id and not is_admin:
        return redirect(url_for("home.index"), 303)
    return _back(account_id)


@auth.post("/operators/<int:account_id>/password")
@admin_only
def operators_password(account_id: int) -> Response | tuple[str, int]:
    """A new password for somebody who lost the old one."""
    form = GivenPasswordForm()
    if form.validate():
        try:
            give_password(actor(), account_id, form.new.data, clock.now())
        except Refusal as refusal:
            form.new.errors = [sentence(refusal)]
        else:
            words = _("新密码已设好，原来的登录都已退出。请当面告诉本人，登录后马上到“修改密码”换掉。")
            flash(words, "good")
            return _back(account_id)
    return _page(account_id, {}, form), 422


@auth.route("/operators/<int:account_id>/close", methods=["GET", "POST"])
@admin_only
def operators_close(account_id: int) -> Response | str:
    """停用, after a page that says what it does."""
    if request.method == "GET":
        with reading() as session:
            account = get_operator(session, actor(), account_id)
        return render_template("auth/operators_close.html", account=account)
    close_operator(actor(), account_id, clock.now())
    flash(_("账户已停用，登录已退出。需要时可以重新启用。"), "good")
    return _back(account_id)


@auth.post("/operators/<int:account_id>/reopen")
@admin_only
def operators_reopen(account_id: int) -> Response:
    """启用 again."""
    reopen_operator(actor(), account_id, clock.now())
    flash(_("账户已启用，可以登录。"), "good")
    return _back(account_id)


@auth.post("/operators/<int:account_id>/certificates")
@admin_only
def operators_bind(account_id: int) -> Response | tuple[str, int]:
    """Bind one of the offered certificates."""
    try:
        bind_certificate(actor(), account_id, request.form.get("certificate", ""), clock.now())
    except Refusal as refusal:
        return _page(account_id, {"certificate": sentence(refusal)}, GivenPasswordForm()), 422
    flash(_("证书已绑定。从现在起，它只能登录这一个账户。"), "good")
    return _back(account_id)


@auth.post("/operators/<int:account_id>/certificates/unbind")
@admin_only
def operators_unbind(account_id: int) -> Response:
    """Take a certificate away again."""
    unbind_certificate(actor(), account_id, request.form.get("certificate", ""), clock.now())
    flash(_("证书已解除绑定。UKey 丢失的，还要请发证机构注销证书。"), "good")
    return _back(account_id)


def _page(account_id: int, errors: dict[str, str], password_form: GivenPasswordForm) -> str:
    with reading() as session:
        account = get_operator(session, actor(), account_id)
        bound = list_account_certificates(session, account_id)
        offered = list_unbound(session, actor())
    is_typed = "rights" in errors or "is_admin" in errors
    return render_template(
        "auth/operators_show.html",
        account=account,
        bound=bound,
        offered=offered,
        rights=RIGHTS,
        given=request.form.getlist("rights") if is_typed else account.rights.split(),
        is_admin=request.form.get("is_admin") == "1" if is_typed else account.is_admin,
        errors=errors,
        form=password_form,
    )


def _back(account_id: int) -> Response:
    return redirect(url_for("auth.operators_show", account_id=account_id), 303)
