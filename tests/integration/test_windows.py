"""申报时间: entered by one person, released by another; late is allowed, with a reason that the reviewer reads."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy.exc import IntegrityError

from models.db import reading, transaction
from models.filing import list_events
from models.parameter_change import ParameterChange
from models.region import find_window
from rules.refusals import Refusal
from services.windows import release_window
from tests.factories import NORTH, NOW, YEAR, actor, make_account
from tests.integration.clerk import Clerk
from tests.integration.way import audited, get_filing

TYPED = {
    "year": "2026",
    "opens_on": "2026-03-01",
    "closes_on": "2026-08-15",
    "effective_month": "202607",
    "source": "延期通知",
}


@pytest.fixture
def gao(sign_in) -> Clerk:
    return sign_in("gao")


@pytest.fixture
def tao(world, sign_in) -> Clerk:
    """A second person of the same bureau."""
    make_account("tao", "陶审核", NORTH, None)
    return sign_in("tao")


def closes() -> date:
    with reading() as session:
        window = find_window(session, NORTH, YEAR)
    assert window is not None
    return window.closes_on


def enter(gao: Clerk, **changes: str):
    gao.get("/bureau/windows")
    return gao.press("保存", **(TYPED | changes))


def test_one_enters_and_another_releases(gao, tao):
    page = enter(gao)
    assert "还没有生效" in page.words and closes() == date(2026, 7, 31)
    assert not page.all("//button[@value='release']"), "nobody releases what is his or her own"
    page = tao.get("/bureau/windows")
    assert "等待发布" in page.words and "延期通知" in page.words
    tao.get("/bureau/windows/1")
    assert "已发布" in tao.press("发布").words
    assert closes() == date(2026, 8, 15)
    (event,) = audited("window_released")
    assert (event.before["closes_on"], event.after["closes_on"]) == ("2026-07-31", "2026-08-15")


def test_the_form_begins_with_the_newest_window(gao):
    page = gao.get("/bureau/windows")
    assert (page.value("year"), page.value("closes_on")) == ("2026", "2026-07-31")


def test_nobody_releases_what_is_ones_own(gao):
    enter(gao)
    with pytest.raises(Refusal) as refused:
        release_window(actor("gao"), 1, NOW)
    assert refused.value.code == "window.own"
    with pytest.raises(IntegrityError), transaction() as session:
        change = session.get_one(ParameterChange, 1)
        change.state, change.decided_by = "released", change.entered_by
        session.add(change)
    assert closes() == date(2026, 7, 31)


def test_a_new_year_is_opened_the_same_way(gao, tao):
    enter(gao, year="2027", opens_on="2027-03-01", closes_on="2027-07-31", effective_month="2027-07")
    tao.get("/bureau/windows/1")
    tao.press("发布")
    with reading() as session:
        window = find_window(session, NORTH, 2027)
    assert window is not None and window.effective_month == "202707"


def test_it_is_dropped_with_a_reason_only(gao):
    enter(gao)
    page = gao.press("撤掉")
    assert page.status == 422 and page.alert
    page = gao.press("撤掉", reason="填错了")
    assert "已撤掉" in page.words and closes() == date(2026, 7, 31)
    assert enter(gao).status == 200, "and another may be entered"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"closes_on": "2026-06-17"}, "已经过去"),
        ({"closes_on": "2026-07-31"}, "没有变更"),
        ({"closes_on": "2026-02-01"}, "还早"),
        ({"year": ""}, "申报年度"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(gao, changes, said):
    page = enter(gao, **changes)
    assert page.status == 422 and said in page.alert
    assert page.value("source") == "延期通知"


def test_the_first_month_of_begun_declarations_stays(gao, started):
    page = enter(gao, effective_month="202608")
    assert page.status == 422 and "不能再改" in page.alert


def test_one_change_of_a_year_waits_at_a_time(gao):
    enter(gao)
    page = enter(gao, closes_on="2026-09-01")
    assert page.status == 422 and "等待发布" in page.alert


def test_a_window_is_no_parameter_and_another_regions_is_nobodys(gao, sign_in):
    enter(gao)
    assert "没有等待发布的变更" in gao.get("/bureau/parameters").words
    assert gao.get("/bureau/parameters/1").status == 404
    assert sign_in("na").get("/bureau/windows/1").status == 404


def test_late_asks_for_a_reason_and_the_reviewer_reads_it(way, clock, sign_in):
    declaration_id = way.ready()
    clock.move(days=60)
    wang = sign_in("wang")
    page = wang.get(f"/wages/{declaration_id}/submit")
    assert "为什么现在才申报" in page.words
    page = wang.press("确认申报")
    assert page.status == 422 and "逾期的原因" in page.alert
    assert wang.press("保存原因", late_reason=" ").status == 422
    assert "审核的人会看到" in wang.press("保存原因", late_reason="经办人住院").words
    assert wang.press("确认申报").status == 200
    way.jobs()
    filing = get_filing(1)
    assert filing.is_late
    with reading() as session:
        assert "经办人住院" in [event.note for event in list_events(session, 1)]
    assert "经办人住院" in sign_in("gao").get("/bureau/filings/1").words
    assert [event.after for event in audited("lateness_explained")] == [{"late_reason": "经办人住院"}]


def test_in_time_nothing_is_asked_nor_of_what_came_back(way, clock, wang):
    declaration_id = way.ready()
    assert "逾期的原因" not in wang.get(f"/wages/{declaration_id}/submit").words
    wang.press("确认申报")
    way.jobs()
    way.send_back(1)
    way.confirm(declaration_id)
    way.backed_up(declaration_id)
    clock.move(days=60)
    assert way.submit(declaration_id), "handed in on time, and came back: no reason is asked"
