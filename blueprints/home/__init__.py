"""首页, 通知, 邮件提醒, 险种开通: what waits for the clerk, and what the clerk should know."""

from flask import Blueprint

home = Blueprint("home", __name__)

from blueprints.home import mail, notices, opening, views  # noqa: E402, F401
