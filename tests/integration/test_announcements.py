"""公告: written by the bureau, read by its region and, if public, by anybody; no version is lost."""

from __future__ import annotations

import pytest

from models.announcement import Announcement
from rules.refusals import Conflict
from services.announcements import edit_announcement
from tests.factories import NOW, actor
from tests.integration.clerk import Clerk
from tests.integration.way import audited, count

TYPED = {
    "title": "申报截止提醒",
    "text": "7 月 31 日截止。\r\n\r\n请尽早申报。",
    "shown_from": "2026-06-18",
    "shown_until": "2026-07-31",
}


@pytest.fixture
def gao(sign_in) -> Clerk:
    return sign_in("gao")


def write(gao: Clerk, **changes: str) -> None:
    gao.get("/bureau/announcements")
    gao.get("/bureau/announcements/new")
    page = gao.press("发布", **(TYPED | changes))
    assert page.status == 200 and "公告已发布" in page.words, page.words


def test_before_the_first_one_the_page_says_what_to_do(gao):
    page = gao.get("/bureau/announcements")
    assert "还没有写过公告" in page.words
    assert "公告" not in Clerk(gao.http.application).get("/login").words


def test_the_regions_operators_read_it_and_others_do_not(gao, sign_in, wang):
    write(gao)
    page = wang.get("/")
    assert "申报截止提醒" in page.words
    assert [one.text for one in page.all("//*[@id='announcements']//p")] == [
        "7 月 31 日截止。",
        "请尽早申报。",
    ]
    assert "申报截止提醒" not in sign_in("chen").get("/").words
    assert "申报截止提醒" not in Clerk(gao.http.application).get("/login").words


def test_a_public_one_is_read_before_sign_in(gao, app):
    write(gao, is_public="1", is_pinned="1")
    page = Clerk(app).get("/login")
    assert "申报截止提醒" in page.words and "请尽早申报" in page.words
    assert page.all("//details[@open]"), "a pinned one stands open"


def test_it_is_shown_on_its_days_only(gao, sign_in, clock):
    write(gao, shown_from="2026-06-19", shown_until="2026-06-20")
    for is_shown in (False, True, True, False):
        # A day later the session of the day before is over.
        assert ("申报截止提醒" in sign_in("wang").get("/").words) == is_shown, clock.now
        clock.move(days=1)


def test_an_edit_is_a_new_version_and_the_old_one_stays(gao, wang):
    write(gao)
    gao.get("/bureau/announcements/1")
    page = gao.press("保存修改", title="截止日期延到 8 月 15 日")
    assert "已保存为新的版本" in page.words and "第 2 版" in page.words and "第 1 版" in page.words
    assert "截止日期延到" in wang.get("/").words and "申报截止提醒" not in wang.get("/").words
    assert count(Announcement) == 2
    (event,) = audited("announcement_edited")
    assert (event.before["title"], event.after["title"]) == ("申报截止提醒", "截止日期延到 8 月 15 日")


def test_a_withdrawn_one_is_shown_nowhere_and_may_come_back(gao, wang):
    write(gao)
    gao.get("/bureau/announcements/1")
    assert "已撤下" in gao.press("撤下").words
    assert "申报截止提醒" not in wang.get("/").words
    gao.get("/bureau/announcements/1")
    gao.press("保存修改")
    assert "申报截止提醒" in wang.get("/").words


def test_of_two_edits_the_second_is_told(gao):
    write(gao)
    edit_announcement(actor("gao"), 1, 1, TYPED | {"title": "先改的"}, NOW)
    with pytest.raises(Conflict) as refused:
        edit_announcement(actor("gao"), 1, 1, TYPED | {"title": "后改的"}, NOW)
    assert refused.value.code == "announcement.changed"
    assert count(Announcement) == 2


def test_a_wrong_form_comes_back_with_what_was_typed(gao):
    gao.get("/bureau/announcements/new")
    page = gao.press("发布", **(TYPED | {"shown_until": "2026-06-01", "title": "标题<b>"}))
    assert page.status == 422 and "比第一天" in page.alert
    assert page.value("title") == "标题<b>"
    assert count(Announcement) == 0


def test_another_regions_is_not_found(gao, sign_in):
    write(gao)
    na = sign_in("na")
    assert na.get("/bureau/announcements/1").status == 404
    assert na.post("/bureau/announcements/1", {"seen": "1", "do": "withdraw"}).status == 404
    assert "申报截止提醒" not in na.get("/bureau/announcements").words
