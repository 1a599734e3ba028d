"""修改密码: the old one proves who asks, a weak one is refused with its reason, other sessions are closed."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from models.account import Account, LoginSession
from models.db import reading
from rules.refusals import Refusal
from services.accounts import session_digest, set_account
from services.passwords import LONGEST, LOOKED_AT, check_strength
from tests.factories import NORTH, PASSWORD
from tests.integration.clerk import Clerk
from tests.integration.way import audited, count

NEW = "窗台-kettle-七月流火"


def change(clerk: Clerk, old: str = PASSWORD, new: str = NEW, again: str | None = None):
    clerk.get("/password")
    return clerk.press("修改密码", old=old, new=new, again=new if again is None else again)


def password_hash(username: str) -> str:
    with reading() as session:
        return session.scalars(select(Account.password_hash).where(Account.username == username)).one()


def test_the_new_password_opens_and_the_old_one_does_not(wang, app):
    page = change(wang)
    assert page.path == "/" and "密码已修改" in page.words
    assert len(audited("password_changed")) == 1
    other = Clerk(app)
    other.get("/login")
    assert other.press("登录", username="wang", password=PASSWORD).status == 422
    assert other.press("登录", username="wang", password=NEW).path == "/"


def test_a_reviewer_changes_theirs_too(sign_in):
    assert change(sign_in("gao")).path == "/bureau/"


def test_the_own_session_goes_on_under_a_new_id_and_all_others_of_the_account_end(wang, sign_in, app):
    elsewhere, colleague = sign_in("wang"), sign_in("li")
    wang.get("/wages/")
    stale_form = wang.page
    before = wang.cookie
    change(wang)
    assert wang.cookie != before
    assert wang.get("/wages/").path == "/wages/"
    assert elsewhere.get("/").path == "/login"
    assert colleague.get("/").path == "/"
    assert count(LoginSession, LoginSession.id_digest == session_digest(before)) == 0
    stranger = Clerk(app)
    stranger.http.set_cookie("wt", before)
    assert stranger.get("/").path == "/login"
    # A page that was open before is still good: its token belongs to what the session holds.
    wang.page = stale_form
    assert wang.press("退出").path == "/login"


def test_a_wrong_old_password_is_counted_and_changes_nothing(wang):
    before = password_hash("wang")
    page = change(wang, old="wrong")
    assert page.status == 422 and "还可再试 4 次" in page.alert
    assert page.one("//input[@name='old']").get("aria-invalid") == "true"
    assert page.value("new") == ""
    assert password_hash("wang") == before
    assert [event.after for event in audited("password_change_refused")] == [{"code": "login.wrong"}]


def test_five_wrong_old_passwords_lock_as_at_sign_in(wang, app, clock):
    for _ in range(4):
        change(wang, old="wrong")
    assert "账户已锁定" in change(wang, old="wrong").alert
    assert "15 分钟后再试" in change(wang).alert, "the right one comes too late"
    other = Clerk(app)
    other.get("/login")
    assert "账户已锁定" in other.press("登录", username="wang", password=PASSWORD).alert
    clock.move(minutes=15, seconds=1)
    assert change(wang).path == "/"


@pytest.mark.parametrize(
    ("new", "reason"),
    [
        ("Ab3!xyz", "太短"),
        ("窗" * (LONGEST + 1), "太长"),
        ("wang-窗台-kettle-七月", "“wang”"),
        ("窗台ＷＡＮＧkettle七月", "“wang”"),
        ("上班23000072好久了-窗台", "“23000072”"),
        ("窗台单位23000072流火", "单位23000072"),
        ("password2026", "常用的密码或词"),
        ("qwertyuiop[]", "键盘上相邻"),
        ("ababababababab", "重复的字符"),
        ("abcdefghijkl", "连续的字母"),
        ("1987-06-05", "日期或年份"),
        (PASSWORD, "原密码一样"),
    ],
)
def test_a_password_that_will_not_do_is_refused_with_its_reason(wang, new, reason):
    page = change(wang, new=new)
    assert page.status == 422 and reason in page.alert
    assert page.one("//input[@name='new']").get("aria-invalid") == "true"
    assert audited("password_change_refused") == [], "the old password was not even tried"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"old": ""}, "请填写原密码"),
        ({"new": "", "again": ""}, "请填写新密码"),
        ({"again": "窗台-kettle-八月"}, "不一样"),
        ({"again": ""}, "再填写一次"),
    ],
)
def test_an_incomplete_form_is_refused_beside_its_field(wang, fields, reason):
    page = change(wang, **fields)
    assert page.status == 422 and reason in page.alert
    assert audited("password_changed") == []


def test_the_command_line_keeps_to_the_same_rule(world, clock):
    with pytest.raises(Refusal, match=r"password\.weak_word"):
        set_account("new", "新来", "password2026", NORTH, "23000072", clock())
    with pytest.raises(Refusal, match=r"password\.has_name"):
        set_account("new", "新来", "窗台-单位23000072-kettle", NORTH, "23000072", clock())
    assert set_account("new", "新来", NEW, NORTH, "23000072", clock())


def test_a_long_password_is_measured_by_its_beginning():
    # Characters that each stand for several letters: zxcvbn would try all readings of all 200 for minutes.
    check_strength(("4@8({[<369&#!1/|0$5+7%2" * 9)[:LONGEST])
    with pytest.raises(Refusal, match=r"password\.weak_repeat"):
        check_strength("a" * LOOKED_AT + NEW)


def test_short_names_forbid_nothing():
    check_strength("believing-窗台-七月流火", "li", "", None)
