"""The shapes of the forms for signing in, for passwords, for operators and for delegations."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import DateField, HiddenField, PasswordField, SelectMultipleField, StringField
from wtforms.validators import DataRequired, EqualTo, InputRequired, Length, Regexp

from models.account import RIGHTS
from rules.identity import USERNAME
from translations import gettext as _


class SignInForm(FlaskForm):  # type: ignore[misc]
    """User name, password, and the page to return to."""

    username = StringField(filters=[lambda text: (text or "").strip()])
    password = PasswordField()
    next = HiddenField()

    def __init__(self, **values: object) -> None:
        super().__init__(**values)
        self.username.validators = [
            InputRequired(_("请填写用户名")),
            Length(max=60, message=_("用户名最多 60 字")),
        ]
        self.password.validators = [
            InputRequired(_("请填写密码")),
            Length(max=200, message=_("密码最多 200 字")),
        ]


class PasswordForm(FlaskForm):  # type: ignore[misc]
    """The old password, and the new one twice."""

    old = PasswordField()
    new = PasswordField()
    again = PasswordField()

    def __init__(self, **values: object) -> None:
        super().__init__(**values)
        self.old.validators = [
            InputRequired(_("请填写原密码")),
            Length(max=200, message=_("密码最多 200 字")),
        ]
        self.new.validators = [InputRequired(_("请填写新密码"))]
        self.again.validators = [
            InputRequired(_("请再填写一次新密码")),
            EqualTo("new", message=_("两次填写的新密码不一样，请重新填写")),
        ]


class OperatorForm(FlaskForm):  # type: ignore[misc]
    """A new operator: user name, name, rights, and the first password twice."""

    username = StringField(filters=[lambda text: (text or "").strip()])
    name = StringField(filters=[lambda text: (text or "").strip()])
    rights = SelectMultipleField(choices=list(RIGHTS), validate_choice=False)
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
        self.name.validators = [
            DataRequired(_("请填写姓名")),
            Length(max=50, message=_("姓名最多 50 字")),
        ]
        _ask_twice(self)


class GivenPasswordForm(FlaskForm):  # type: ignore[misc]
    """A new password for somebody else, twice."""

    new = PasswordField()
    again = PasswordField()

    def __init__(self, **values: object) -> None:
        super().__init__(**values)
        _ask_twice(self)


class DelegationForm(FlaskForm):  # type: ignore[misc]
    """Whom to delegate to, by user name; what they may do; the last day."""

    username = StringField(filters=[lambda text: (text or "").strip()])
    rights = SelectMultipleField(choices=list(RIGHTS), validate_choice=False)
    until = DateField()

    def __init__(self, **values: object) -> None:
        super().__init__(**values)
        self.username.validators = [
            DataRequired(_("请填写受托人的用户名")),
            Length(max=60, message=_("用户名最多 60 字")),
        ]
        self.until.validators = [
            InputRequired(_("请填写最后一天")),
            DataRequired(_("“最后一天”应填日期，如 2026-12-31")),
        ]


def _ask_twice(form: OperatorForm | GivenPasswordForm) -> None:
    form.new.validators = [InputRequired(_("请填写密码"))]
    form.again.validators = [
        InputRequired(_("请再填写一次密码")),
        EqualTo("new", message=_("两次填写的密码不一样，请重新填写")),
    ]
