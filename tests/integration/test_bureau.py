"""社保局 and 业务状态查询: a case seen, marked, returned or approved; its state, its receipt, its proof."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from models.case import sum_bases
from models.db import reading
from models.filing import find_filing, get_snapshot, list_marks, list_snapshot_rows
from models.person import PersonBase
from services.risks import case_of
from tests.factories import YEAR
from tests.integration.clerk import Clerk
from tests.integration.moment import Clock
from tests.integration.way import Way, count, get_declaration, get_filing

SignIn = Callable[[str], Clerk]


@pytest.fixture
def gao(sign_in: SignIn) -> Clerk:
    return sign_in("gao")


def test_what_waits_is_listed_with_the_longest_waiting_first(way: Way, gao: Clerk, clock: Clock) -> None:
    medical, injury = way.submitted()
    clock.move(minutes=5)
    page = gao.get("/bureau/")
    assert "未审 2 件" in page.words and "5 分钟" in page.words
    assert page.all("//tbody//a/@href") == [f"/bureau/filings/{medical}", f"/bureau/filings/{injury}"]


def test_a_case_adds_up_as_its_rows_do(way: Way, gao: Clerk) -> None:
    for number in way.submitted():
        filing = get_filing(number)
        with reading() as session:
            snapshot = get_snapshot(session, filing.snapshot_id)
            rows = list_snapshot_rows(session, filing.snapshot_id)
            for code in filing.insurance_codes:
                bases = [row.bases[code] for row in rows if code in row.bases]
                assert sum_bases(session, case_of(filing, snapshot), code) == (
                    len(bases),
                    sum(base for base, _ in bases),
                    sum(adjustment == "floor" for _, adjustment in bases),
                    sum(adjustment == "cap" for _, adjustment in bases),
                )
        for show in ("", "flagged", "clipped", "all", "changed", "silent", "below", "above", "left", "?"):
            assert gao.get(f"/bureau/filings/{number}?show={show}").status == 200


def test_enter_keeps_what_was_typed_and_decides_nothing(way: Way, gao: Clerk) -> None:
    number = way.submitted()[0]
    page = gao.get(f"/bureau/filings/{number}?show=all")
    first = page.one("//form[@id='case']").xpath(".//button")[0]
    assert first.get("formaction") is None and first.get("name") is None
    page = gao.press("保存标记", m1="1", t1="请附工资表", t2="没有勾选", reason="意见")
    assert page.status == 200 and get_filing(number).state == "pending"
    page = gao.get(f"/bureau/filings/{number}?show=above")
    assert page.one("//input[@name='m1']").get("checked") is not None, "kept, though on another page"
    assert (page.value("t1"), page.value("t2")) == ("请附工资表", "没有勾选")


def test_a_return_without_a_reason_loses_nothing(way: Way, gao: Clerk) -> None:
    number = way.submitted()[0]
    gao.get(f"/bureau/filings/{number}?show=all")
    page = gao.press("退回…", m2="1", t2="疑似漏计奖金")
    assert page.status == 422 and "退回要写意见" in page.alert
    assert "退回要写意见" in page.one("//*[@id='say-e']").text_content()
    assert page.one("//input[@name='m2']").get("checked") is not None and page.value("t2") == "疑似漏计奖金"
    assert get_filing(number).state == "pending"


def test_a_return_is_confirmed_and_opens_the_declaration(way: Way, gao: Clerk, wang: Clerk) -> None:
    number = way.submitted()[0]
    gao.get(f"/bureau/filings/{number}?show=all")
    page = gao.press("退回…", m2="1", t2="疑似漏计奖金", reason="请补充材料。\n其余无误。")
    assert "指明 1 行" in page.words and get_filing(number).state == "pending"
    page = gao.press("确认退回")
    filing = get_filing(number)
    assert (filing.state, filing.reason) == ("returned", "请补充材料。\n其余无误。")
    assert get_declaration(filing.declaration_id).state == "open"
    with reading() as session:
        assert [(mark.seq, mark.reason) for mark in list_marks(session, number)] == [(2, "疑似漏计奖金")]
    page = wang.get(f"/filings/{number}")
    assert "疑似漏计奖金" in page.words and "请补充材料。" in page.words
    assert f"/wages/{filing.declaration_id}/rows?show=all&after=1" in page.all("//a/@href")
    assert "退回" in gao.get("/bureau/decided").words


def test_marks_stand_in_the_way_of_an_approval(way: Way, gao: Clerk) -> None:
    number = way.submitted()[0]
    gao.get(f"/bureau/filings/{number}?show=all")
    page = gao.press("通过…", m1="1")
    assert page.status == 422 and "已标记 1 行" in page.alert and get_filing(number).state == "pending"


def test_an_approval_says_what_it_does_and_sets_the_bases(way: Way, gao: Clerk) -> None:
    number = way.submitted()[0]
    gao.get(f"/bureau/filings/{number}")
    page = gao.press("通过…")
    filing = get_filing(number)
    assert f"{filing.people} 人的新基数从" in page.words and filing.state == "pending"
    gao.press("确认通过")
    assert get_filing(number).state == "approved"
    assert count(PersonBase, PersonBase.filing_id == number) == filing.people
    assert gao.get(f"/bureau/filings/{number}").all("//textarea") == []


def test_the_second_reviewer_is_told(way: Way, gao: Clerk) -> None:
    number = way.submitted()[0]
    gao.get(f"/bureau/filings/{number}")
    gao.press("通过…")
    way.send_back(number)
    page = gao.press("确认通过")
    assert page.status == 409 and "这件业务已经是“退回”" in page.words
    assert get_filing(number).state == "returned"


def test_others_find_no_bureau(way: Way, wang: Clerk, gao: Clerk) -> None:
    number = way.submitted()[0]
    assert wang.get("/bureau/").status == 404
    assert wang.get(f"/bureau/filings/{number}").status == 404
    assert gao.get(f"/bureau/filings/{number + 1000}").status == 404
    assert gao.get(f"/filings/{number}").status == 404


def test_a_state_is_polled_until_it_is_final(way: Way, wang: Clerk) -> None:
    number = way.submit(way.ready())[0]
    piece = wang.htmx(f"/filings/{number}/state?wait=2")
    assert "提交中" in piece.words and len(piece.body) < 150
    span = piece.one(f"//span[@id='s{number}']")
    assert span.get("hx-trigger") == "load delay:3s" and span.get("hx-get").endswith("wait=3")
    way.jobs.sweep()
    way.approve(number)
    span = wang.htmx(f"/filings/{number}/state?wait=60").one(f"//span[@id='s{number}']")
    assert "审核通过" in span.text and span.get("hx-get") is None and span.get("hx-trigger") is None


def test_the_list_is_filtered_and_says_what_to_do_when_empty(way: Way, wang: Clerk) -> None:
    assert "去工资申报" in wang.get("/filings/").words
    number = way.submitted(insurances=("310",))[0]
    assert len(wang.get("/filings/?sent=1").all("//tbody/tr")) == 1
    assert "不要重复申报" in wang.page.words
    assert len(wang.get(f"/filings/?kind=wages&state=pending&since={YEAR}-01-01").all("//tbody/tr")) == 1
    assert "看全部业务" in wang.get("/filings/?state=approved").words
    assert wang.get(f"/filings/{number}").status == 200


def test_anyone_can_hold_a_receipt_against_the_record(way: Way, app: Flask) -> None:
    number = way.submitted()[0]
    filing = get_filing(number)
    with reading() as session:
        assert find_filing(session, filing.unit_id, number) is not None
        digest = get_snapshot(session, filing.snapshot_id).digest
    nobody = Clerk(app)
    nobody.get("/filings/verify")
    page = nobody.press("核验", number=filing.receipt_no.lower())
    assert page.status == 200 and digest in page.words.replace(" ", "")
    assert way.world and "*" in page.words
    page = nobody.get("/filings/verify?number=0000")
    assert page.status == 404 and "没有找到这个回执号" in page.alert
