"""The shape of the form by which a newly registered unit gets its first account."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField
from wtforms.validators import DataRequired, EqualTo, InputRequired, Regexp

from rules.identity import USERNAME
from translations import gettext as _


class ActivationForm(FlaskForm):  # type: ignore[misc]
    """A user name, and the password twice."""

    username = StringField(filters=[lambda text: (text or "").strip()])
    new = PasswordField()
    again = PasswordField()

    def __init__(self, **values: object) -> None:
        super().__init__(**values)
        self.username.validators = [
            DataRequired(_("请填写用户名")),
            Regexp(
                rf"{USERNAME}\Z",
                message=_("用户名用 3 到 60 个字母、数字、下划线、点或短横，不用汉字和空格"),
            ),
        ]
        self.new.validators = [InputRequired(_("请填写密码"))]
        self.again.validators = [
            InputRequired(_("请再填写一次密码")),
            EqualTo("new", message=_("两次填写的密码不一样，请重新填写")),
        ]
