"""登录: five failures lock, the session is a row whose id is hashed, renewed at sign-in, forgotten when idle."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from models.account import LoginSession
from models.db import reading
from models.declaration import WageRow
from services.accounts import forget_idle_sessions, session_digest
from tests.factories import PASSWORD
from tests.integration.clerk import HTMX, Clerk
from tests.integration.way import audited, count, list_rows


@pytest.fixture
def door(app, world) -> Clerk:
    """A browser before the sign-in form."""
    clerk = Clerk(app)
    clerk.get("/login")
    return clerk


def test_a_right_password_leads_home(door):
    page = door.press("登录", username="wang", password=PASSWORD)
    assert page.path == "/" and "王经办" in page.words


def test_a_reviewer_is_led_to_the_queue(door):
    assert door.press("登录", username="gao", password=PASSWORD).path == "/bureau/"


def test_a_wrong_password_says_how_many_tries_are_left_and_keeps_the_name(door):
    page = door.press("登录", username="wang", password="wrong")
    assert page.status == 422
    assert "还可再试 4 次" in page.alert
    assert page.value("username") == "wang"
    assert page.value("password") == ""


def test_an_unknown_name_is_not_told_apart_before_the_count(door):
    page = door.press("登录", username="nobody", password="wrong")
    assert page.status == 422 and "用户名或密码不正确" in page.alert


def test_five_failures_lock_the_account_for_fifteen_minutes_and_say_so(door, app, clock):
    for _ in range(4):
        door.press("登录", username="wang", password="wrong")
    page = door.press("登录", username="wang", password="wrong")
    assert "账户已锁定" in page.alert and "15 分钟后再试" in page.alert
    clock.move(minutes=14)
    page = door.press("登录", username="wang", password=PASSWORD)
    assert page.status == 422 and "1 分钟后再试" in page.alert
    assert Clerk(app).sign_in("li").path == "/", "another account is not locked"
    clock.move(minutes=1, seconds=1)
    assert door.press("登录", username="wang", password=PASSWORD).path == "/"


def test_a_success_forgets_the_failures_before_it(door, app):
    for _ in range(4):
        door.press("登录", username="wang", password="wrong")
    door.press("登录", username="wang", password=PASSWORD)
    other = Clerk(app)
    other.get("/login")
    assert "还可再试 4 次" in other.press("登录", username="wang", password="wrong").alert


@pytest.mark.parametrize(("username", "password"), [("", "x"), ("wang", ""), ("w" * 61, "x")])
def test_an_incomplete_form_counts_as_no_try(door, username, password):
    page = door.press("登录", username=username, password=password)
    assert page.status == 422 and page.alert
    assert audited("sign_in_refused") == []


def test_the_database_keeps_only_the_digest_of_a_session_id(wang):
    with reading() as session:
        kept = session.scalars(select(LoginSession.id_digest).where(LoginSession.account_id == 1)).all()
    assert kept == [session_digest(wang.cookie)]
    assert wang.cookie not in kept[0]


def test_signing_in_gives_a_new_id_and_closes_the_old_one(door):
    before = door.cookie
    assert before
    door.press("登录", username="wang", password=PASSWORD)
    assert door.cookie != before
    assert count(LoginSession, LoginSession.id_digest == session_digest(before)) == 0


def test_an_id_that_a_stranger_planted_is_not_taken_over(app, world):
    clerk = Clerk(app)
    clerk.http.set_cookie("wt", "planted-by-somebody-else")
    clerk.sign_in("wang")
    assert clerk.cookie != "planted-by-somebody-else"


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(door):
    door.press("登录", username="wang", password=PASSWORD)
    cookie = door.http.get_cookie("wt")
    assert cookie.http_only
    assert cookie.same_site == "Lax"


def test_a_session_ends_after_thirty_idle_minutes(wang, clock):
    clock.move(minutes=29)
    assert wang.get("/").path == "/"
    clock.move(minutes=29)
    assert wang.get("/").path == "/", "each use starts the half hour again"
    clock.move(minutes=30)
    page = wang.get("/")
    assert page.path == "/login" and "登录已过期" in page.words


def test_idle_sessions_are_swept_away(wang, clock):
    clock.move(hours=1)
    assert forget_idle_sessions(clock()) >= 1
    assert count(LoginSession) == 0


def test_signing_out_closes_the_session_on_the_server(wang):
    cookie = wang.cookie
    wang.get("/")
    assert wang.press("退出").path == "/login"
    wang.http.set_cookie("wt", cookie)
    assert wang.get("/").path == "/login"
    assert len(audited("signed_out")) == 1


def test_after_signing_in_the_clerk_is_where_they_wanted_to_be(door):
    door.get("/wages/?x=1")
    assert door.page.path == "/login"
    assert door.press("登录", username="wang", password=PASSWORD).path == "/wages/"


@pytest.mark.parametrize(
    "address",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "\thttps://evil.example", "javascript:x"],
)
def test_a_link_cannot_send_a_clerk_to_another_site(app, world, address):
    clerk = Clerk(app)
    clerk.get("/login?" + "next=" + address.replace("\\", "%5C").replace("\t", "%09"))
    assert clerk.press("登录", username="wang", password=PASSWORD).path == "/"
    clerk = Clerk(app)
    clerk.get("/login")
    assert clerk.press("登录", username="wang", password=PASSWORD, next=address).path == "/"


def test_an_expired_session_on_a_partial_is_a_401_that_leads_to_sign_in(wang, way, clock):
    declaration_id = way.started()
    wang.get(f"/wages/{declaration_id}/rows")
    clock.move(hours=1)
    referrer = {"Referer": f"http://localhost/wages/{declaration_id}/rows"}
    answer = wang.http.get(f"/wages/{declaration_id}/figures", headers={**HTMX, **referrer})
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] == f"/login?next=/wages/{declaration_id}/rows"


def test_a_page_of_wages_that_met_an_expired_session_is_kept_for_its_clerk(wang, way, clock):
    declaration_id = way.started()
    row_id = list_rows(declaration_id)[0].id
    expire_while_typing(wang, clock, declaration_id, row_id)
    page = wang.press("登录", username="wang", password=PASSWORD)
    assert page.path == "/resume" and "共 1 项" in page.words
    wang.press("继续提交")
    with reading() as session:
        assert session.get_one(WageRow, row_id).wage_fen == 6_543_210


def test_a_kept_page_is_not_shown_to_another_account(wang, way, clock):
    declaration_id = way.started()
    expire_while_typing(wang, clock, declaration_id, list_rows(declaration_id)[0].id)
    assert wang.press("登录", username="li", password=PASSWORD).path == "/"
    assert wang.get("/resume").path == "/"


def expire_while_typing(wang, clock, declaration_id: int, row_id: int) -> None:
    """Send a page of wages, as a browser does without JavaScript, after half an hour of silence."""
    clock.move(minutes=31)
    fields = {f"w{row_id}": "65432.10", f"o{row_id}": "1:"}
    answer = wang.http.post(
        f"/wages/{declaration_id}/rows", data=fields, headers={"Origin": "http://localhost"}
    )
    assert answer.status_code == 303
    wang.get(answer.headers["Location"])


def test_a_form_without_its_token_is_refused_and_changes_nothing(wang):
    page = wang.post("/logout", token="")
    assert page.status == 400 and "页面已过期" in page.words
    assert wang.get("/").path == "/"


def test_a_token_of_another_session_is_refused(wang, sign_in):
    li = sign_in("li")
    li.get("/")
    assert wang.post("/logout", token=li.token()).status == 400


def test_sign_ins_and_refusals_are_audited(door):
    door.press("登录", username="wang", password="wrong")
    door.press("登录", username="wang", password=PASSWORD)
    assert [event.after for event in audited("sign_in_refused")] == [{"code": "login.wrong"}]
    assert [event.actor_name for event in audited("signed_in")] == ["王经办"]


def test_a_signed_in_browser_does_not_see_the_form_again(wang):
    assert wang.get("/login").path == "/"


def test_the_health_page_answers_to_anybody(app):
    answer = Clerk(app).http.get("/healthz")
    assert (answer.status_code, answer.data) == (200, b"ok\n")
