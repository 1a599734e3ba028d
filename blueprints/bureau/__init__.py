"""社保局: what waits for a reviewer, a case with everything that speaks for or against it, the decision."""

from flask import Blueprint

bureau = Blueprint("bureau", __name__, url_prefix="/bureau")

from blueprints.bureau import (  # noqa: E402
    corrections,  # noqa: F401
    delegations,  # noqa: F401
    levies,  # noqa: F401
    parameters,  # noqa: F401
    payments,  # noqa: F401
    projects,  # noqa: F401
    requests,  # noqa: F401
    views,  # noqa: F401
)
