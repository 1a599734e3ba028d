"""首页: what has to be done today, how far this year's declaration is, what happened last."""

from __future__ import annotations

from flask import redirect, render_template, url_for
from sqlmodel import Session
from werkzeug.wrappers import Response

from blueprints.home import home
from blueprints.home.notices import read_up_to, shown
from blueprints.shared import clock
from blueprints.shared.guards import actor, signed_in
from blueprints.shared.menu import first_page, menu_marks
from blueprints.wages.progress import overview
from models.announcement import list_shown
from models.db import reading
from models.declaration import list_declarations
from models.filing import FilingSearch, list_filings, list_to_finish
from models.notice import Notice, list_unread
from models.project import list_unpaid
from models.region import list_windows
from services.levy_months import list_owed, list_year, sum_months


@home.get("/")
@signed_in
def index() -> Response | str:
    """An operator's tasks; a reviewer goes straight to the first page of the menu."""
    if actor().role == "reviewer":
        return redirect(url_for(first_page()), 303)
    today = clock.today()
    with reading() as session:
        declarations = list_declarations(session, actor().own_unit_id)
        live = [overview(session, one) for one in declarations if one.state != "cancelled"]
        filings = list_filings(session, actor().own_unit_id, FilingSearch(), limit=5)
        to_finish = list_to_finish(session, actor().own_unit_id)
        unpaid = list_unpaid(session, actor().own_unit_id)
        unread = _unread(session) if actor().may("query") else []
        levies = list_year(session, actor().own_unit_id) if actor().may("query") else []
        owed = list_owed(session, levies, today)
        announcements = list_shown(session, actor().region_code, today)
        windows = [w for w in list_windows(session, actor().region_code) if w.opens_on <= today]
    return render_template(
        "home/index.html",
        live=live,
        filings=filings,
        to_finish=to_finish,
        unpaid=unpaid,
        windows=windows,
        announcements=announcements,
        unread=[shown(notice) for notice in unread],
        today=today,
        months=sum_months(levies),
        owed=owed,
        marks=menu_marks(),
    )


def _unread(session: Session) -> list[Notice]:
    return list_unread(session, actor().own_unit_id, actor().account_id, after=read_up_to())
