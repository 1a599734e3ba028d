"""Another unit's object is the same 404 as none at all, at every address that takes a number."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import update
from werkzeug.routing import Rule

from blueprints.shared.guards import access_of
from models.account import RIGHTS, Account
from models.audit import AuditEvent
from models.db import transaction
from models.filing_parts import Attachment
from services.filings import save_new
from tests.factories import NOW, actor, make_project
from tests.integration.levy_desk import get_levy, issue_month
from tests.integration.test_person_requests import form
from tests.integration.way import count, get_declaration, get_filing, tally

METHODS = ("GET", "POST")
# What is asked of a 业务 with lines, and never of a wage declaration.
OF_DRAFTS = tuple(
    f"filings.{name}"
    for name in ("line", "drop", "submit", "withdraw", "cancel", "attach", "detach", "result")
)


def numbered(app: Flask, access: str) -> list[tuple[Rule, str]]:
    """Every address of a role that takes a number, with each of its methods."""
    return [
        (rule, method)
        for rule in app.url_map.iter_rules()
        for method in METHODS
        if rule.arguments
        and method in (rule.methods or ())
        and access_of(app.view_functions[rule.endpoint]) == access
    ]


def address(app: Flask, rule: Rule, numbers: dict[str, object]) -> str:
    with app.test_request_context():
        return app.url_for(rule.endpoint, **{name: numbers[name] for name in rule.arguments})


@pytest.fixture
def foreign(way, world, sign_in) -> dict[str, object]:
    """Numbers of the other unit's objects, all of which exist."""
    way.submitted(by="zhao")
    way.send_back(1)
    way.type_wage(1, 1, "61000", by="zhao")
    zhao = sign_in("zhao")
    data = zhao.http.get("/wages/1/download/zip").data
    upload_id = way.upload(1, data, "工资.zip", by="zhao")
    zhao.get("/wages/1/prints")
    zhao.press("打印申报表")
    way.jobs()
    page = zhao.get("/wages/1/prints")
    roster = page.one("//*[@id='roster']//a[@download]").get("href")
    job_id = int(roster.rsplit("/", 1)[1].removesuffix(".pdf"))
    issue_month(way.jobs.runner, "202606")
    return {
        "declaration_id": 1,
        "backup_id": 1,
        "upload_id": upload_id,
        "filing_id": 2,
        "job_id": job_id,
        "notice_id": 1,
        "project_id": make_project(world.theirs),
        "levy_id": get_levy(world.theirs.id, "202606", "410").id,
        "kind": "zip",
        "person_id": world.theirs.people[0],
        "draft_id": _draft(),
        "seq": 1,
        "attachment_id": 1,
    }


def _draft() -> int:
    """A 业务 with a line and an attachment; both sides may do everything in their own unit."""
    with transaction() as session:
        session.connection().execute(
            update(Account).where(Account.username.in_(("wang", "zhao"))).values(rights=" ".join(RIGHTS))
        )
    typed = {
        name: " ".join(value) if isinstance(value, list) else str(value) for name, value in form().items()
    }
    filing_id = save_new(actor("zhao"), "person_in", typed, NOW)
    with transaction() as session:
        session.add(
            Attachment(
                filing_id=filing_id,
                filename="a.pdf",
                stored_name="none",
                media_type="application/pdf",
                size_bytes=1,
                digest="0",
                added_at=NOW,
            )
        )
    return filing_id


def test_another_units_numbers_are_not_found_anywhere(app, foreign, wang, sign_in):
    zhao = sign_in("zhao")
    # Its own people may leave a trace by looking; a stranger leaves none.
    strangers = AuditEvent.actor_name == actor("wang").name
    before = tally(1).revision, get_declaration(1).state, count(AuditEvent, strangers)
    tried = 0
    for rule, method in numbered(app, "operator"):
        is_drafts = rule.endpoint in OF_DRAFTS
        where = address(app, rule, foreign | ({"filing_id": foreign["draft_id"]} if is_drafts else {}))
        if method == "GET":
            # 422 is the answer of a page whose step has nothing to do yet, 303 that of a piece of another page.
            assert zhao.http.get(where).status_code in (200, 303, 422), f"{where} is there for its own unit"
            assert wang.get(where).status == 404, where
            assert wang.htmx(where).status == 404, where
        else:
            page = wang.post(where, {"revision": "1", "version": "1", "is_read": "1", "do": "apply"})
            # A word searched for is kept in the searcher's own session only; the page that follows is the 404.
            assert page.status == 404, where
        tried += 1
    assert tried > 25
    assert (tally(1).revision, get_declaration(1).state, count(AuditEvent, strangers)) == before


def test_another_units_backup_under_our_own_declaration_is_not_found(way, wang):
    ours, _theirs = way.ready(), way.ready(by="zhao")
    assert wang.http.get(f"/wages/{ours}/backups/1.zip").status_code == 200
    assert wang.get(f"/wages/{ours}/backups/2.zip").status == 404


def test_another_units_row_under_our_own_declaration_is_not_saved(way, wang):
    ours, theirs = way.started(), way.started(by="zhao")
    wang.get(f"/wages/{ours}/rows")
    foreign_row = 6
    page = wang.post(f"/wages/{ours}/rows", {f"w{foreign_row}": "1", f"o{foreign_row}": "1:"})
    assert page.status == 200
    assert tally(theirs).entered == 0
    assert wang.post(f"/wages/{ours}/notes", {f"n{foreign_row}": "x"}).status == 404


def test_another_regions_filings_are_not_found_by_a_reviewer(app, way, sign_in):
    number = way.submitted()[0]
    gao, na = sign_in("gao"), sign_in("na")
    for rule, method in numbered(app, "reviewer"):
        if "filing_id" not in rule.arguments:
            continue  # 核对单 and 委托: test_ca_login, test_delegations
        where = address(app, rule, {"filing_id": number})
        if method == "GET":
            assert gao.get(where).status == 200, where
            assert na.get(where).status == 404, where
        else:
            assert na.post(where, {"reason": "x", "do": "ask"}).status == 404, where
            assert na.post(where, {"reason": "x"}).status == 404, where
    assert get_filing(number).state == "pending"


def test_a_reviewer_sees_nothing_before_it_is_handed_over(way, sign_in):
    number = way.submit(way.ready())[0]
    assert sign_in("gao").get(f"/bureau/filings/{number}").status == 404


def test_lists_hold_only_what_is_ones_own(way, wang, sign_in):
    way.submitted(by="zhao")
    theirs = get_filing(1).receipt_no
    for where in ("/", "/wages/", "/filings/"):
        assert theirs not in wang.get(where).text
        assert "单位23000099" not in wang.get(where).text
    assert theirs not in sign_in("na").get("/bureau/").text


def test_a_search_does_not_reach_into_another_declaration(way, wang):
    first = way.started(("310",))
    second = way.started(("410",))
    wang.get(f"/wages/{first}/rows")
    wang.press("查询", words="王秀兰")
    assert wang.get(f"/wages/{second}/rows?found=1").value("words") == ""
