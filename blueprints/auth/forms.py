"""The shape of the sign-in form."""

from flask_wtf import FlaskForm
from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired, Length

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
