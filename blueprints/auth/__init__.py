"""登录 and 退出."""

from flask import Blueprint, current_app

auth = Blueprint("auth", __name__)


@auth.context_processor
def tabs() -> dict[str, object]:
    """Which tabs the login pages show beside their own."""
    return {"has_ca": "auth.ca" in current_app.view_functions}


from blueprints.auth import ca, certificate, delegations, licence, operators, password, tls, views  # noqa: E402, F401
