"""Numbers that nobody was given, in addresses and forms, end in an answer and never in a fault of ours."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from models.db import reading
from models.upload import UploadLine, UploadRepair
from rules.numbers import LARGEST
from services.declarations import refresh_list
from services.repairs import repair_kind
from tests.factories import actor, give_right, leave
from tests.integration.way import count, get_upload, list_rows, tally
from tests.integration.workshop import own_file, rows_of

HUGE, SQUARE = "9" * 30, "²"
EDGES = [str(LARGEST), str(LARGEST + 1), str(2**63 - 1), str(2**63)]
"""The last number that fits a column, the first that does not, and the same of the longer integers."""
ODD = [HUGE, SQUARE, "9" * 5000, *EDGES, "-1", "1_0", "1.0", "１", "", "0x1"]


@pytest.mark.parametrize("huge", [HUGE, *EDGES, "0x1", SQUARE])
def test_an_address_with_a_huge_number_leads_nowhere(app, wang, way, huge):
    way.started()
    # A right that is lacking would be said before anything is looked for.
    give_right("wang", "reveal")
    tried = 0
    for rule in app.url_map.iter_rules():
        if not rule.arguments or "GET" not in rule.methods:
            continue
        where = re.sub(r"<int:\w+>", huge, rule.rule)
        if where == rule.rule or "<" in where:
            continue
        assert wang.get(where).status == 404, where
        tried += 1
    assert tried > 20


@pytest.mark.parametrize("odd", ODD)
def test_an_odd_number_in_an_address_is_as_none(wang, way, odd):
    started = way.started()
    for where in ("rows?after=", "rows?before=", "prints?job=", "uploads?after="):
        assert wang.get(f"/wages/{started}/{where}{odd}").status in (200, 404), where


@pytest.mark.parametrize("odd", ODD)
def test_an_odd_number_in_a_form_is_refused_or_left_alone(wang, way, odd):
    started = way.entered("60000")
    before = tally(started)
    row = list_rows(started)[0].id
    upload_id = way.upload(started, "个人编号\t姓名\t现工资\r\n1\t某某\t5千\r\n".encode())
    forms = [
        (f"/wages/{started}/rows", {f"w{odd}": "61000", f"o{odd}": "1:"}),
        (f"/wages/{started}/rows", {f"w{row}": "61000", f"o{row}": f"{odd}:{odd}"}),
        (f"/wages/{started}/check", {"revision": odd, "is_read": "1"}),
        (f"/wages/{started}/notes", {f"n{odd}": "调岗"}),
        (f"/wages/{started}/statement", {"version": odd}),
        (f"/wages/{started}/submit", {"revision": odd}),
        (f"/wages/uploads/{upload_id}/lines", {f"w{odd}": "61000", f"o{odd}": ":0:0:"}),
        (f"/wages/uploads/{upload_id}/lines", {"w2": "61000", "p2": odd, "o2": ":0:0:5千"}),
        (f"/wages/uploads/{upload_id}/lines", {"s2": "1", "o2": f"{odd}:0:0:5千"}),
        (f"/wages/uploads/{upload_id}/lines", {f"f{odd}": "1", "o2": ":0:0:5千"}),
        (f"/wages/uploads/{upload_id}", {"do": "apply", "mode": "replace", "cleared": odd}),
        ("/wages/", {"year": odd, "insurances": "310"}),
        ("/mandates", {"unit": odd}),
        (
            f"/wages/uploads/{upload_id}/columns",
            {"sheet": odd, "heading": odd, "times": odd, f"c{odd}": "wage"},
        ),
        (
            f"/wages/uploads/{upload_id}/columns",
            {"sheet": "0", "heading": "1", "times": "1", f"c{odd}": "wage"},
        ),
    ]
    for where, form in forms:
        assert wang.post(where, form).status in (200, 422, 409, 404), (where, form)
    after = tally(started)
    assert (after.entered, after.wage_total_fen) == (before.entered, before.wage_total_fen)


def test_an_odd_number_in_a_reviewers_form_or_address_is_as_none(sign_in, way):
    (filing_id, *_others) = way.submitted()
    gao, case = sign_in("gao"), f"/bureau/filings/{filing_id}"
    for odd in ODD:
        for query in (f"after={odd}", f"show=all&after={odd}"):
            assert gao.get(f"{case}?{query}").status == 200, query
        for form in ({"from": odd}, {"go": f"all:{odd}"}, {f"m{odd}": "1", f"t{odd}": "请核对"}):
            assert gao.post(case, form).status == 200, form
        assert gao.get(case).status == 200, "what was kept of it can be shown"


def test_whoever_asks_for_an_odd_unit_stays_where_he_is(wang):
    for odd in filter(None, ODD):
        assert wang.post("/mandates", {"unit": odd}).status == (404 if odd == str(LARGEST) else 422), odd


@pytest.mark.parametrize("whose", ["strangers", "nobodys"])
def test_a_person_who_is_not_on_the_list_is_no_repair(wang, way, whose):
    started = way.started()
    upload_id = way.upload(started, own_file(started, "5千", "61000"))
    theirs = list_rows(way.started(["310"], by="zhao"))
    chosen = theirs[0].id if whose == "strangers" else LARGEST
    page = wang.post(f"/wages/uploads/{upload_id}/lines", {"w2": "60500", "p2": chosen, "o2": ":0:0:5千"})
    assert page.status == 200
    with reading() as session:
        line = session.get_one(UploadLine, (upload_id, 2))
        repair = session.get_one(UploadRepair, (upload_id, 2))
    assert (repair.wage, repair.wage_row_id) == ("60500", None)
    assert line.wage_row_id == list_rows(started)[0].id, "the line's own cells say who is meant"
    assert (line.wage_fen, line.outcome, get_upload(upload_id).refused) == (6_050_000, "accepted", 0)


def test_a_person_who_left_since_is_no_repair_of_a_whole_kind(wang, way, world):
    started = way.started()
    upload_id = way.upload(started, own_file(started, "5千", "6千"))
    rows = list_rows(started)
    way.repair(upload_id, 2, wage="8千", wage_row_id=rows[4].id)
    leave(world.ours.id, world.ours.people[4])
    refresh_list(actor("wang"), started, way.clock())
    assert repair_kind(actor("wang"), upload_id, "wage.unit_word", "fix", way.clock()) == 2
    with reading() as session:
        lines = session.scalars(select(UploadLine).order_by(UploadLine.line_no)).all()
    assert [(line.wage_row_id, line.wage_fen) for line in lines] == [
        (rows[0].id, 800_000),
        (rows[1].id, 600_000),
    ]


def test_a_form_with_more_lines_than_a_page_has_is_saved_in_part(wang, way):
    started = way.started()
    upload_id = way.upload(started, own_file(started, "5千", "6千"))
    form = {f"o{number}": ":0:0:5千" for number in range(2, 900)} | {"w2": "60500", "w3": "七万"}
    page = wang.post(f"/wages/uploads/{upload_id}/lines", form)
    assert page.status == 200 and [row.split()[0] for row in rows_of(page)] == ["2", "3"]
    assert count(UploadRepair) == 2
