"""登录 and 退出."""

from flask import Blueprint

auth = Blueprint("auth", __name__)

from blueprints.auth import views  # noqa: E402, F401
