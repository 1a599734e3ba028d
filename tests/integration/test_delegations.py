"""委托: asked by the unit, confirmed by its bureau, ended by either side or by its day; the agent gets that and no more."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select, update

from models.account import Account, LoginSession
from models.db import reading, transaction
from models.declaration import Declaration
from models.delegation import Delegation
from rules.refusals import Missing, Refusal
from services.delegations import Ask, act_for, ask_delegation, confirm_delegation, end_delegation
from tests.factories import NOW, actor
from tests.integration.clerk import Clerk
from tests.integration.way import audited, count, list_rows

UNTIL = date(2026, 9, 30)


@pytest.fixture
def admin(sign_in, world) -> Clerk:
    """wang, who administers our unit."""
    with transaction() as session:
        session.connection().execute(update(Account).where(Account.username == "wang").values(is_admin=True))
    return sign_in("wang")


@pytest.fixture
def gao(sign_in) -> Clerk:
    return sign_in("gao")


def administrator(username: str = "wang"):
    return actor(username)._replace(is_admin=True)


def ask(username: str = "zhao", rights: str = "entry query", until: date = UNTIL, by: str = "wang") -> int:
    return ask_delegation(administrator(by), Ask(username, rights.split(), until), NOW)


def confirmed(rights: str = "entry query", username: str = "zhao") -> int:
    number = ask(username, rights)
    confirm_delegation(actor("gao"), number, NOW)
    return number


def get(number: int) -> Delegation:
    with reading() as session:
        return session.get_one(Delegation, number)


def choose(agent: Clerk, world):
    """The agent works for our unit from now on."""
    agent.get("/mandates")
    page = agent.press("为它办理")
    assert "单位23000072" in page.one("//header//dl/div[1]/dd").text_content()
    return page


def test_the_whole_way_from_asking_to_acting(admin, gao, sign_in, world, way):
    admin.get("/delegations/new")
    page = admin.press("下一步", username="zhao", rights=["entry"], until="2026-09-30")
    assert "单位23000099" in page.words and "赵经办" in page.words and count(Delegation) == 0
    page = admin.press("送社保局确认")
    assert page.path == "/delegations" and "等社保局确认" in page.words
    zhao = sign_in("zhao")
    assert "代办单位" not in zhao.get("/").words
    page = gao.get("/bureau/delegations")
    assert "单位23000072" in page.words and "单位23000099" in page.words and "赵经办" in page.words
    gao.get(page.one("//tbody//a").get("href"))
    assert "委托已确认" in gao.press("确认委托").words
    assert "有效" in admin.get("/delegations").words
    # At the next click the agent may choose.
    assert "代办单位" in zhao.get("/").one("//nav[@id='menu']").text_content()
    page = choose(zhao, world)
    assert "代办" in page.one("//header//dl/div[1]/dd").text_content() and "单位编号 23000072" in page.words
    zhao.get("/wages/")
    zhao.press("开始")
    way.jobs()
    with reading() as session:
        started = session.scalars(select(Declaration)).one()
    assert started.unit_id == world.ours.id
    event = audited("declaration_started")[-1]
    assert (event.actor_name, event.unit_id) == ("赵经办", world.ours.id)
    assert zhao.press("回本单位").path == "/"
    assert "单位编号 23000099" in zhao.page.words and "代办" not in zhao.page.one("//header").text_content()
    assert zhao.get(f"/wages/{started.id}/rows").status == 404
    assert [event.after["unit_id"] for event in audited("acting_changed")] == [world.ours.id, world.theirs.id]
    for action in ("delegation_asked", "delegation_confirmed"):
        assert audited(action)[-1].unit_id == world.ours.id
        assert audited(action)[-1].after["rights"] == "entry"


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"username": "nobody"}, "没有找到用户名“nobody”"),
        ({"username": "gao"}, "没有找到用户名“gao”"),
        ({"username": "ZHAO"}, "没有找到用户名“ZHAO”"),
        ({"username": "li"}, "李经办 是本单位的操作员"),
        ({"username": ""}, "请填写受托人的用户名"),
        ({"until": "2026-06-17"}, "最后一天已经过去"),
        ({"until": "2027-06-19"}, "不能晚于 2027-06-18"),
        ({"until": "明天"}, "应填日期"),
        ({"until": ""}, "请填写最后一天"),
        ({"rights": [None]}, "请至少勾选一项"),
    ],
)
def test_what_cannot_be_asked_is_said_and_nothing_is_lost(admin, typed, words):
    admin.get("/delegations/new")
    page = admin.press("下一步", **{"username": "zhao", "until": "2026-09-30", **typed})
    assert page.status == 422 and words in page.alert
    assert page.value("username") == typed.get("username", "zhao")
    assert count(Delegation) == 0


def test_closed_accounts_are_nobodys_agents_and_back_keeps_what_was_typed(admin):
    admin.get("/delegations/new")
    admin.press("下一步", username="zhao", rights=["submit"], until="2026-10-01")
    page = admin.press("不对，返回修改")
    assert (page.value("username"), page.value("until")) == ("zhao", "2026-10-01")
    assert page.all("//input[@name='rights' and @checked]/@value") == ["submit"]
    with transaction() as session:
        session.connection().execute(
            update(Account).where(Account.username == "zhao").values(is_active=False)
        )
    assert "没有找到" in admin.press("下一步").alert


def test_user_names_are_not_for_trying_out(admin, clock):
    admin.get("/delegations/new")
    for attempt in range(10):
        assert "没有找到" in admin.press("下一步", username=f"guess{attempt}").alert
    assert "一小时内已有 10 次" in admin.press("下一步", username="zhao").alert
    clock.move(minutes=20)
    admin.get("/delegations/new")
    assert "一小时内已有" in admin.press("下一步", username="zhao").alert
    clock.move(minutes=20)
    admin.get("/")
    clock.move(minutes=21)
    admin.get("/delegations/new")
    assert "赵经办" in admin.press("下一步", username="zhao").words


def test_one_delegation_to_a_person_at_a_time(admin, clock):
    number = confirmed()
    with pytest.raises(Refusal) as refused:
        ask()
    assert refused.value.code == "delegation.exists"
    # One that ended by itself does not stand in the way.
    later = NOW + timedelta(days=200)
    again = ask_delegation(administrator(), Ask("zhao", ["entry"], later.date()), later)
    assert (get(number).state, get(again).state) == ("ended", "asked")
    assert audited("delegation_ended")[-1].actor_name == "系统"


def test_only_administrators_ask_and_only_the_own_bureau_decides(admin, sign_in, gao):
    number = ask()
    assert sign_in("li").get("/delegations").status == 404
    assert sign_in("li").get("/delegations/new").status == 404
    with pytest.raises(Missing):
        ask_delegation(actor("li"), Ask("zhao", ["entry"], UNTIL), NOW)
    na = sign_in("na")
    assert "单位23000072" not in na.get("/bureau/delegations").words
    assert na.get(f"/bureau/delegations/{number}").status == 404
    assert na.post(f"/bureau/delegations/{number}", {"do": "confirm"}).status == 404
    assert admin.post(f"/bureau/delegations/{number}", {"do": "confirm"}).status == 404
    assert get(number).state == "asked"
    assert gao.get(f"/bureau/delegations/{number}").status == 200


def test_a_refusal_needs_a_reason_that_the_unit_reads(admin, gao, sign_in):
    number = ask()
    gao.get(f"/bureau/delegations/{number}")
    assert "要写原因" in gao.press("不予确认", reason="  ").alert
    assert "最多 200 字" in gao.press("不予确认", reason="字" * 201).alert
    assert gao.press("不予确认", reason="请先补交委托书").path == "/bureau/delegations"
    assert "请先补交委托书" in admin.get("/delegations").words
    assert audited("delegation_refused")[-1].after["reason"] == "请先补交委托书"
    page = gao.post(f"/bureau/delegations/{number}", {"do": "confirm"})
    assert page.status == 409 and "已经处理过" in page.words
    assert "现在没有单位委托您代办" in sign_in("zhao").get("/mandates").words


def test_after_its_last_day_it_cannot_be_confirmed(world, gao, clock):
    number = ask(until=NOW.date())
    clock.move(days=1)
    gao.sign_in("gao")
    gao.get(f"/bureau/delegations/{number}")
    assert "已经过去，不能确认" in gao.press("确认委托").alert
    assert get(number).state == "asked"


def test_the_agent_may_do_what_was_delegated_and_no_more(world, sign_in, way):
    declaration_id = way.ready()
    confirmed("entry")
    zhao = sign_in("zhao")
    choose(zhao, world)
    row = list_rows(declaration_id)[0]
    token = {f"w{row.id}": "61000", f"o{row.id}": f"{row.version}:{row.wage_fen}"}
    assert zhao.post(f"/wages/{declaration_id}/rows", token).status == 200
    assert list_rows(declaration_id)[0].wage_fen == 6_100_000
    assert "没有“申报”的权限" in zhao.post(f"/wages/{declaration_id}/submit", {"revision": "1"}).words
    with transaction() as session:
        session.connection().execute(update(Account).values(is_admin=True))
    for closed in ("/operators", "/operators/new", "/delegations", "/delegations/new"):
        assert zhao.get(closed).status == 404, closed
    menu = zhao.get("/").one("//nav[@id='menu']").text_content()
    assert "操作员" not in menu and "代办单位" in menu
    zhao.press("回本单位")
    assert zhao.get("/operators").status == 200, "at home the agent is an administrator"


def test_nobody_acts_without_a_confirmed_delegation(world, sign_in):
    ask()
    zhao, chen, gao = sign_in("zhao"), sign_in("chen"), sign_in("gao")
    for clerk in (zhao, chen, gao):
        assert clerk.post("/mandates", {"unit": world.ours.id}).status == 404
        assert clerk.post("/mandates", {"unit": 999}).status == 404
    assert gao.get("/mandates").status == 404
    with pytest.raises(Missing):
        act_for(actor("zhao"), "no-session", world.ours.id, NOW)
    assert count(LoginSession, LoginSession.acting_unit_id.is_not(None)) == 0


@pytest.mark.parametrize("by", ["unit", "agent", "day", "bureau"])
def test_what_has_ended_stops_at_the_next_click(admin, world, sign_in, clock, by):
    number = confirmed()
    zhao = sign_in("zhao")
    choose(zhao, world)
    zhao.get("/wages/")
    stale = zhao.page
    if by == "unit":
        admin.get(f"/delegations/{number}/end")
        assert "委托已结束" in admin.press("结束委托").words
    elif by == "agent":
        end_delegation(actor("zhao"), number, NOW)
    elif by == "day":
        # The last day itself still counts.
        clock.now = clock.now.replace(month=9, day=30, hour=23, minute=50)
        with transaction() as session:
            session.connection().execute(update(LoginSession).values(seen_at=clock.now))
        assert "单位23000072" in zhao.get("/wages/").one("//header//dl/div[1]/dd").text_content()
        stale = zhao.page
        clock.move(minutes=15)
    else:
        with transaction() as session:
            session.connection().execute(
                update(Delegation).values(state="ended", reason="ended by the bureau")
            )
    zhao.page = stale
    page = zhao.press("开始")
    assert page.path == "/" and "委托已经结束" in page.words and "单位编号 23000099" in page.words
    assert count(Declaration) == 0, "nothing was done in the wrong unit's name"
    assert count(LoginSession, LoginSession.acting_unit_id.is_not(None)) == 0
    assert "单位23000072" not in zhao.get("/mandates").words


def test_the_agent_ends_it_in_person_and_is_home_again(world, sign_in):
    number = confirmed()
    zhao = sign_in("zhao")
    choose(zhao, world)
    zhao.get("/mandates")
    zhao.get(zhao.page.one("//a[contains(@href, '/end')]").get("href"))
    page = zhao.press("结束委托")
    assert page.path == "/mandates" and "委托已结束" in page.words
    assert "刚才的操作没有办理" not in page.words
    assert get(number).state == "ended"
    assert zhao.post(f"/delegations/{number}/end").status == 409


def test_strangers_do_not_end_it(world, sign_in):
    number = confirmed()
    for who in ("li", "chen", "gao"):
        clerk = sign_in(who)
        assert clerk.get(f"/delegations/{number}/end").status == 404
        assert clerk.post(f"/delegations/{number}/end").status == 404
    assert get(number).state == "confirmed"


def test_a_form_drawn_for_one_unit_is_not_sent_in_the_name_of_another(world, sign_in):
    confirmed()
    zhao = sign_in("zhao")
    choose(zhao, world)
    zhao.get("/wages/")
    drawn_for_ours = zhao.page
    zhao.press("回本单位")
    zhao.page = drawn_for_ours
    page = zhao.press("开始")
    assert page.status == 400 and "页面已过期" in page.words
    assert count(Declaration) == 0


def test_signing_out_works_even_when_the_delegation_has_ended(world, sign_in):
    number = confirmed()
    zhao = sign_in("zhao")
    choose(zhao, world)
    end_delegation(actor("zhao"), number, NOW)
    assert zhao.press("退出").path == "/login"


def test_a_new_sign_in_begins_in_the_own_unit(world, sign_in):
    confirmed()
    zhao = sign_in("zhao")
    choose(zhao, world)
    zhao.press("退出")
    page = zhao.sign_in("zhao")
    assert "单位编号 23000099" in page.words
