"""首页: what waits for the clerk."""

from flask import Blueprint

home = Blueprint("home", __name__)

from blueprints.home import opening, views  # noqa: E402, F401
