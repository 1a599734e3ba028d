"""修改密码: the old one, the new one twice."""

from __future__ import annotations

from flask import flash, redirect, render_template, session, url_for
from werkzeug.wrappers import Response

from blueprints.auth import auth
from blueprints.auth.forms import PasswordForm
from blueprints.shared import clock
from blueprints.shared.guards import actor, signed_in
from blueprints.shared.sentences import sentence
from blueprints.shared.sessions import own_session, own_session_id
from rules.refusals import Refusal
from services.password_change import change_password
from translations import gettext as _


@auth.route("/password", methods=["GET", "POST"])
@signed_in
def password() -> Response | tuple[str, int] | str:
    """The form; a new password closes the account's other sessions, and this one goes on under a new id."""
    form = PasswordForm()
    if not form.is_submitted():
        return render_template("auth/password.html", form=form)
    if not form.validate():
        return render_template("auth/password.html", form=form), 422
    try:
        old_id = own_session_id()
        now = clock.now()
        new_id = change_password(actor(), old_id, form.old.data, form.new.data, now)
    except Refusal as refusal:
        form[refusal.field].errors = [sentence(refusal)]
        return render_template("auth/password.html", form=form), 422
    values = dict(session)
    own_session().replace_with(new_id)
    session.update(values)
    flash(_("密码已修改。其他电脑或浏览器上的登录都已退出，下次请用新密码登录。"), "good")
    return redirect(url_for("home.index"), 303)
