"""The windows of 人员管理; each form is the one mechanism of blueprints/filings with its own kind."""

from __future__ import annotations

from werkzeug.wrappers import Response

from blueprints.filings.batch import batch_page
from blueprints.filings.drafts import new_filing
from blueprints.filings.views import list_page
from blueprints.personnel import personnel
from blueprints.shared.guards import needs, operator_only
from rules.filing_states import PEOPLE
from translations import gettext as _


@personnel.route("/join", methods=["GET", "POST"])
@operator_only
@needs("people")
def join() -> Response | tuple[str, int] | str:
    """人员新增 (first manual 3.3)."""
    return new_filing("person_in")


@personnel.route("/leave", methods=["GET", "POST"])
@operator_only
@needs("people")
def leave() -> Response | tuple[str, int] | str:
    """人员减少."""
    return new_filing("person_out")


@personnel.route("/change", methods=["GET", "POST"])
@operator_only
@needs("people")
def change() -> Response | tuple[str, int] | str:
    """人员信息变更."""
    return new_filing("person_change")


@personnel.route("/join/batch", methods=["GET", "POST"])
@operator_only
@needs("people")
def join_batch() -> Response | tuple[str, int] | str:
    """批量人员新增."""
    return batch_page("person_in")


@personnel.route("/leave/batch", methods=["GET", "POST"])
@operator_only
@needs("people")
def leave_batch() -> Response | tuple[str, int] | str:
    """批量人员减少."""
    return batch_page("person_out")


@personnel.route("/change/batch", methods=["GET", "POST"])
@operator_only
@needs("people")
def change_batch() -> Response | tuple[str, int] | str:
    """批量人员信息变更."""
    return batch_page("person_change")


@personnel.get("/filings")
@operator_only
@needs("query", to_read=True)
def filings() -> str:
    """人员业务查询 (first manual 3.4)."""
    return list_page(PEOPLE, _("人员业务查询"))
