"""社保局: what waits for a reviewer, a case with everything that speaks for or against it, the decision."""

from flask import Blueprint

bureau = Blueprint("bureau", __name__, url_prefix="/bureau")

from blueprints.bureau import corrections, delegations, projects, requests, views  # noqa: E402, F401
