"""业务: the list and progress of every request, its form, 提交, 撤回, 作废, its attachments; and 单据核验."""

from flask import Blueprint

filings = Blueprint("filings", __name__, url_prefix="/filings")

from blueprints.filings import (  # noqa: E402
    attachments,  # noqa: F401
    batch,  # noqa: F401
    drafts,  # noqa: F401
    steps,  # noqa: F401
    views,  # noqa: F401
)
