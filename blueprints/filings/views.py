"""业务状态查询: what was submitted, how far it is, why it came back, its receipt; and 单据核验 for everybody."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from flask import render_template, request, url_for
from sqlmodel import Session
from werkzeug.wrappers import Response

from blueprints.filings import filings
from blueprints.filings.drafts import problems_said
from blueprints.shared import clock
from blueprints.shared.guards import actor, needs, operator_only, public
from blueprints.shared.pages import answer
from blueprints.shared.sentences import say, sentence
from blueprints.shared.ukey import find_trust
from blueprints.shared.words import filing_word, moment_text
from blueprints.wages.files import attachment
from models.db import reading
from models.filing import (
    Filing,
    FilingSearch,
    count_ahead,
    find_by_receipt,
    find_filing,
    get_snapshot,
    list_events,
    list_filings,
    list_marks,
)
from models.filing_parts import LINES_A_PAGE, count_lines, list_attachments, list_lines
from models.project import Project, list_unpaid
from models.unit import get_unit
from rules.filing_states import STATES, WAGES
from rules.identity import mask_name
from rules.numbers import whole_number
from rules.refusals import Missing
from services.kind_list import KINDS, find_kind
from services.prints import receipt_pdf
from services.signing import verify_signature
from translations import gettext as _

FIRST_WAIT, LONGEST_WAIT = 2, 60


@filings.get("/")
@operator_only
@needs("query", to_read=True)
def index() -> str:
    """业务状态查询: every kind, by time, kind and state."""
    return list_page((WAGES, *KINDS), _("业务状态查询"))


def list_page(kinds: tuple[str, ...], heading: str) -> str:
    """The list of these kinds; 人员业务查询 and its like are the same page of fewer kinds."""
    kinds = tuple(kind for kind in kinds if kind == WAGES or kind in KINDS)
    with reading() as session:
        found = list_filings(session, actor().own_unit_id, _search(kinds))
        unpaid = list_unpaid(session, actor().own_unit_id)
    values = {"found": found, "states": STATES, "kinds": kinds, "heading": heading, "wait": FIRST_WAIT}
    return render_template("filings/index.html", here=request.path, unpaid=unpaid, **values)


@filings.get("/<int:filing_id>")
@operator_only
@needs("query", to_read=True)
def show(filing_id: int) -> str:
    """One filing: its facts, its timeline, what it was returned for."""
    with reading() as session:
        filing = _own(session, filing_id)
        if filing.kind != WAGES:
            return render_template("filings/request.html", wait=FIRST_WAIT, **_request(session, filing))
        values: dict[str, Any] = {
            "filing": filing,
            "events": list_events(session, filing_id),
            "marks": list_marks(session, filing_id),
            "snapshot": get_snapshot(session, filing.own_snapshot_id),
            "ahead": count_ahead(session, filing),
        }
    values |= signature_of(filing)
    return render_template("filings/show.html", wait=FIRST_WAIT, failure=_failure(filing), **values)


@filings.get("/<int:filing_id>/state")
@operator_only
@needs("query", to_read=True)
def state(filing_id: int) -> Response:
    """The state alone, polled with back-off; a final state is drawn without a trigger."""
    waited = whole_number(request.args.get("wait", "")) or FIRST_WAIT
    wait = min(max(waited, FIRST_WAIT) * 3 // 2, LONGEST_WAIT)
    with reading() as session:
        filing = _own(session, filing_id)
    return answer("filings/state.html", "filings/_state.html", filing=filing, wait=wait)


@filings.get("/<int:filing_id>/receipt.pdf")
@operator_only
@needs("query", to_read=True)
def receipt(filing_id: int) -> Response:
    """The numbered receipt of a wage declaration, from the snapshot."""
    with reading() as session:
        filing = _own(session, filing_id)
        if filing.kind != WAGES:
            raise Missing(filing_id)
        events = list_events(session, filing_id)
        file = receipt_pdf(
            session,
            filing,
            events,
            {name: filing_word(name) for name in STATES},
            [moment_text(event.at, "%Y-%m-%d %H:%M:%S") for event in events],
            url_for("filings.verify", _external=True),
            _signature_line(filing),
        )
    return attachment(file)


@filings.get("/verify")
@public
def verify() -> tuple[str, int] | str:
    """单据核验: a receipt's number gives the digest it was issued with, to anybody."""
    number = request.args.get("number", "").strip().upper()[:40]
    if not number:
        return render_template("filings/verify.html", number="", filing=None)
    with reading() as session:
        filing = find_by_receipt(session, number)
        # Only what was frozen has a digest to compare; of other kinds nothing is told to strangers.
        if filing is None or filing.kind != WAGES:
            return render_template("filings/verify.html", number=number, filing=None), 404
        snapshot = get_snapshot(session, filing.own_snapshot_id)
        unit_name = mask_name(get_unit(session, filing.own_unit_id).name)
    return render_template(
        "filings/verify.html",
        number=number,
        filing=filing,
        snapshot=snapshot,
        unit_name=unit_name,
        **signature_of(filing),
    )


def _own(session: object, filing_id: int) -> Filing:
    filing = find_filing(session, actor().own_unit_id, filing_id)  # type: ignore[arg-type]
    if filing is None:
        raise Missing(filing_id)
    return filing


def _request(session: Session, filing: Filing) -> dict[str, Any]:
    """What the page of a filing with lines shows: a page of them after a 序号, or only the faulty ones."""
    shown_after = whole_number(request.args.get("after", "")) or 0
    only_faulty = request.args.get("show") == "faulty"
    lines = list_lines(session, filing.key, shown_after, LINES_A_PAGE + 1, only_faulty=only_faulty)
    count, faulty = count_lines(session, filing.key)
    kind = find_kind(filing.kind)
    return {
        "filing": filing,
        "kind": kind,
        "project": session.get(Project, filing.project_id) if filing.project_id else None,
        "changes": kind.compare(session, lines[0]) if len(lines) == 1 else [],
        "lines": lines[:LINES_A_PAGE],
        "next_after": lines[LINES_A_PAGE - 1].seq if len(lines) > LINES_A_PAGE else None,
        "only_faulty": only_faulty,
        "count": count,
        "faulty": faulty,
        "attachments": list_attachments(session, filing.key),
        "events": list_events(session, filing.key),
        "ahead": count_ahead(session, filing),
        "said": problems_said,
    }


def signature_of(filing: Filing) -> dict[str, Any]:
    """The submission's signature, checked again for whoever looks; ``flaw`` says what is wrong with it."""
    found = verify_signature(filing.own_snapshot_id, find_trust(), clock.now())
    if found is None:
        return {"signature": None}
    flaw = sentence(found.refusal) if found.refusal else ""
    return {"signature": found, "flaw": flaw, "signer": mask_name(found.subject_name)}


def _signature_line(filing: Filing) -> str:
    """The signature as the receipt prints it."""
    found = signature_of(filing)["signature"]
    if found is None:
        return ""
    words = _("%(name)s，%(time)s，证书序列号 %(serial)s，%(state)s")
    return words % {
        "name": found.subject_name,
        "time": moment_text(found.signed_at, "%Y-%m-%d %H:%M:%S"),
        "serial": found.serial,
        "state": _("验证通过") if found.is_good else _("验证未通过"),
    }


def _failure(filing: Filing) -> str:
    return say(filing.failure["code"], filing.failure["params"]) if filing.failure else ""


def _search(kinds: tuple[str, ...]) -> FilingSearch:
    since, until = _day("since"), _day("until")
    state = request.args.get("state", "")
    return FilingSearch(
        since=since,
        until=until + timedelta(days=1) if until else None,
        kinds=(kind,) if (kind := request.args.get("kind", "")) in kinds else kinds,
        state=state if state in STATES else "",
    )


def _day(name: str) -> datetime | None:
    """The local midnight that begins a day given as YYYY-MM-DD; a date that is none filters nothing."""
    try:
        day = date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None
    return datetime.combine(day, time(), clock.now().tzinfo)
