"""待审业务: everything that waits, by risk and age, with filters and saved views; the next one in one press."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import NamedTuple

from flask import current_app, flash, redirect, render_template, request, session, url_for
from sqlmodel import Session
from werkzeug.wrappers import Response

from blueprints.bureau import bureau
from blueprints.shared import clock
from blueprints.shared.guards import actor, duty, reviewer_only
from blueprints.shared.sentences import sentence
from models.account import Account
from models.consent import list_consents
from models.db import reading
from models.filing import Filing, count_decided_since
from models.queue_list import (
    FILINGS_A_PAGE,
    MOST_COUNTED,
    Place,
    Search,
    count_waiting,
    list_views,
    list_waiting,
)
from rules import insurances
from rules.filing_states import KINDS
from rules.numbers import whole_number
from rules.refusals import Missing, Refusal
from services.consents import consents_needed
from services.queue_views import NAME_LENGTH, drop_view, save_view, use_view
from services.reviews import take_back_consent, take_next
from translations import gettext as _

DAYS = (3, 7, 15, 30)
CHOICES: Mapping[str, tuple[str, ...]] = {
    "kind": KINDS,
    "insurance": insurances.ALL,
    "risk": ("3", "2", "1", "0"),
    "taken": ("free", "mine", "others"),
    "days": tuple(map(str, DAYS)),
}
NAMES = (*CHOICES, "unit")


@bureau.get("/")
@reviewer_only
@duty("accept", "review")
def index() -> str:
    """待审业务: the riskiest first, of these the longest waiting."""
    return queue_page()


@bureau.post("/next")
@reviewer_only
@duty("accept", "review")
def take_next_one() -> Response:
    """办下一件: the first of the current view that nobody has in hand."""
    now = clock.now()
    try:
        filing_id = take_next(actor(), read_search(current_filters(), now), now, take_minutes())
    except Refusal as refusal:
        flash(sentence(refusal), "warn")
        return redirect(url_for("bureau.index"), 303)
    return redirect(url_for("bureau.show", filing_id=filing_id), 303)


@bureau.post("/views")
@reviewer_only
@duty("accept", "review")
def queue_views() -> Response | tuple[str, int]:
    """Use, keep or drop a view of one's own."""
    step, _colon, text = request.form.get("do", "").partition(":")
    number = whole_number(text)
    if step == "use":
        session["queue"] = use_view(actor(), number)
    elif step == "drop" and number is not None:
        drop_view(actor(), number, clock.now())
        flash(_("保存的条件已删掉，业务没有变化。"), "good")
    else:
        name = request.form.get("name", "")
        try:
            save_view(actor(), name, current_filters(), clock.now())
        except Refusal as refusal:
            return queue_page(sentence(refusal), name), 422
        flash(_("条件已保存，下次登录时自动使用。"), "good")
    return redirect(url_for("bureau.index"), 303)


@bureau.post("/filings/<int:filing_id>/consent")
@reviewer_only
@duty("review")
def consent_back(filing_id: int) -> Response:
    """撤回同意, while others are still to agree."""
    take_back_consent(actor(), filing_id, clock.now())
    flash(_("已撤回您的同意。"), "good")
    return redirect(url_for("bureau.show", filing_id=filing_id), 303)


class Taking(NamedTuple):
    """Who has a filing in hand, until when, and who has agreed to it of those who must."""

    holder: str
    is_mine: bool
    until: datetime | None
    needed: int
    consents: list[tuple[str, datetime]]
    is_agreed: bool

    @property
    def lacking(self) -> int:
        """How many are still to agree."""
        return max(0, self.needed - len(self.consents))


def taking_of(database: Session, filing: Filing) -> Taking:
    """How a filing stands among its reviewers just now."""
    now = clock.now()
    holder = filing.holder(now)
    consents = list_consents(database, filing)
    return Taking(
        database.get_one(Account, holder).display_name if holder else "",
        holder == actor().account_id,
        filing.taken_until if holder else None,
        consents_needed(database, filing, now.date()),
        [(name, consent.at) for consent, name in consents],
        any(consent.account_id == actor().account_id for consent, _name in consents),
    )


def agreed_words(left: int) -> str:
    """What an approval says that is not the last one needed."""
    return _("您的同意已记下，还要另外 %(n)s 人同意才生效。") % {"n": left}


def take_minutes() -> int:
    """How long a reviewer has what he or she takes."""
    minutes: int = current_app.config["SETTINGS"].take_minutes
    return minutes


def current_filters() -> dict[str, str]:
    """The filters of the address, else those used last in this session, else of the view used last."""
    if any(name in request.args for name in NAMES):
        found = clean_filters(request.args)
        if session.get("queue") != found:
            session["queue"] = found
        return found
    if "queue" in session:
        return clean_filters(session["queue"])
    with reading() as database:
        views = list_views(database, actor().account_id)
    return next((clean_filters(view.filters) for view in views if view.is_last), {})


def clean_filters(values: Mapping[str, str]) -> dict[str, str]:
    """Those filters that say something we know."""
    found = {name: values.get(name, "") for name, known in CHOICES.items() if values.get(name) in known}
    # PostgreSQL takes no NUL in a text.
    unit = " ".join(values.get("unit", "").replace("\0", "").split())[:50]
    return {**found, "unit": unit} if unit else found


def read_search(filters: Mapping[str, str], now: datetime) -> Search:
    """Clean filters as the queries take them."""
    days = whole_number(filters.get("days", ""))
    return Search(
        actor().account_id,
        now,
        kind=filters.get("kind", ""),
        insurance=filters.get("insurance", ""),
        unit=filters.get("unit", ""),
        risk=whole_number(filters.get("risk", "")),
        taken=filters.get("taken", ""),
        before=now - timedelta(days=days) if days else None,
    )


def queue_page(error: str = "", name: str = "") -> str:
    """The queue as the current filters show it, with whatever name was typed for them."""
    now, filters = clock.now(), current_filters()
    search = read_search(filters, now)
    midnight = datetime.combine(now.date(), time(), now.tzinfo)
    with reading() as database:
        office = actor().office
        found = list_waiting(database, office, search, _place(database), FILINGS_A_PAGE + 1)
        waiting = count_waiting(database, office, Search(actor().account_id, now))
        values = {
            "waiting": waiting,
            "matching": count_waiting(database, office, search) if filters else waiting,
            "decided_today": count_decided_since(database, actor().account_id, midnight),
            "views": [
                (view, count_waiting(database, office, read_search(clean_filters(view.filters), now)))
                for view in list_views(database, actor().account_id)
            ],
        }
    shown = found[:FILINGS_A_PAGE]
    return render_template(
        "bureau/index.html",
        queue=[(one, waited(now - one.filing.submitted_at)) for one in shown],
        next_after=shown[-1].filing.id if len(found) > FILINGS_A_PAGE else None,
        filters=filters,
        choices=CHOICES,
        counted=counted,
        error=error,
        name=name,
        name_length=NAME_LENGTH,
        **values,
    )


def counted(count: int) -> str:
    """A count that ends somewhere, in words."""
    return _("%(n)s 以上") % {"n": MOST_COUNTED} if count > MOST_COUNTED else str(count)


def waited(span: timedelta) -> str:
    """A waiting time in words, no finer than a reviewer needs."""
    hours = int(span.total_seconds() // 3600)
    if hours >= 24:
        return _("%(days)s 天 %(hours)s 小时") % {"days": hours // 24, "hours": hours % 24}
    if hours >= 1:
        return _("%(hours)s 小时") % {"hours": hours}
    return _("%(minutes)s 分钟") % {"minutes": max(0, int(span.total_seconds() // 60))}


def _place(database: Session) -> Place | None:
    """Where the page before ended: that filing keeps its place, also when it was decided since."""
    number = whole_number(request.args.get("after", ""))
    if number is None:
        return None
    last = database.get(Filing, number)
    if last is None or last.region_code != actor().region_code:
        raise Missing(number)
    return Place(last.risk_level, last.submitted_at, last.key)
