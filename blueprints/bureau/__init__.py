"""社保局: what waits for a reviewer, a case with everything that speaks for or against it, the decision."""

from flask import Blueprint

bureau = Blueprint("bureau", __name__, url_prefix="/bureau")

from blueprints.bureau import (  # noqa: E402
    announcements,  # noqa: F401
    assessments,  # noqa: F401
    audits,  # noqa: F401
    bulk,  # noqa: F401
    corrections,  # noqa: F401
    delegations,  # noqa: F401
    levies,  # noqa: F401
    machinery,  # noqa: F401
    parameters,  # noqa: F401
    payments,  # noqa: F401
    progress,  # noqa: F401
    projects,  # noqa: F401
    queue,  # noqa: F401
    requests,  # noqa: F401
    risks,  # noqa: F401
    staff,  # noqa: F401
    views,  # noqa: F401
    windows,  # noqa: F401
)
