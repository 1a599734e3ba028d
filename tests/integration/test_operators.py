"""操作员: the administrator makes, empowers and closes; nobody else sees the page; every act is in the trail."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import select, update

from models.account import Account, LoginSession
from models.certificate import find_bound_account
from models.db import reading, transaction
from models.region import Region
from models.unit import Unit
from rules.refusals import Missing, Refusal
from services.operators import bind_certificate, close_operator, make_operator, set_rights
from tests.factories import NORTH, NOW, PASSWORD, actor
from tests.integration.clerk import Clerk
from tests.integration.ukeys import signed
from tests.integration.way import audited, count, list_rows

STRONG = "窗台-kettle-七月流火"


@pytest.fixture
def admin(sign_in, world) -> Clerk:
    """wang, who administers our unit."""
    promote("wang")
    return sign_in("wang")


def promote(username: str) -> None:
    with transaction() as session:
        session.connection().execute(
            update(Account).where(Account.username == username).values(is_admin=True)
        )


def account(username: str) -> Account:
    with reading() as session:
        return session.scalars(select(Account).where(Account.username == username)).one()


def number(username: str) -> int:
    return account(username).id or 0


def administrator(username: str = "wang"):
    return actor(username)._replace(is_admin=True)


def add(admin: Clerk, username: str = "xin", **changes):
    admin.get("/operators/new")
    typed = {"username": username, "name": "新来人", "new": STRONG, "again": STRONG}
    return admin.press("增加", **{**typed, **changes})


def test_only_an_administrator_sees_the_page_and_its_line_in_the_menu(admin, sign_in):
    assert "操作员" in admin.get("/").one("//nav[@id='menu']").text_content()
    page = admin.get("/operators")
    assert "王经办" in page.words and "李经办" in page.words and "赵经办" not in page.words
    for clerk in (sign_in("li"), sign_in("gao")):
        assert clerk.get("/operators").status == 404
        assert clerk.get(f"/operators/{number('wang')}").status == 404
        menu = clerk.get("/").one("//nav[@id='menu']").text_content()
        assert "操作员" not in menu and "修改密码" in menu


def test_another_units_operator_and_a_reviewer_are_not_there(admin):
    for stranger in ("zhao", "chen", "gao"):
        where = f"/operators/{number(stranger)}"
        assert admin.get(where).status == 404
        assert admin.get(f"{where}/close").status == 404
        for act in ("rights", "password", "close", "reopen", "certificates", "certificates/unbind"):
            data = {"rights": "entry", "new": STRONG, "again": STRONG, "certificate": "0" * 64}
            assert admin.post(f"{where}/{act}", data).status == 404, act
    assert account("zhao").is_active


def test_a_new_operator_signs_in_with_the_first_password_and_has_the_ticked_rights(admin, app):
    page = add(admin, rights=["entry", "query"])
    assert page.status == 200 and "已增加操作员 新来人" in page.words and "修改密码" in page.words
    made = account("xin")
    assert (made.rights, made.is_admin, made.unit_id) == ("entry query", False, actor("wang").unit_id)
    event = audited("operator_made")[-1]
    assert event.subject_id == made.id and event.after["rights"] == ["entry", "query"]
    assert STRONG not in str(event.after)
    clerk = Clerk(app)
    assert clerk.sign_in("xin", STRONG).path == "/"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"username": "zhao"}, "用户名“zhao”已经有人用了"),
        ({"username": "有 空格"}, "3 到 60 个字母"),
        ({"username": ""}, "请填写用户名"),
        ({"name": " "}, "请填写姓名"),
        ({"new": "short", "again": "short"}, "至少 10 位"),
        ({"new": "23000072-kettle-七月", "again": "23000072-kettle-七月"}, "别人容易想到"),
        ({"again": "else"}, "两次填写的密码不一样"),
        ({"rights": []}, "请至少勾选一项"),
        ({"rights": ["everything"]}, "请至少勾选一项"),
    ],
)
def test_what_is_wrong_with_a_new_operator_is_said_beside_the_field(admin, changes, words):
    if "rights" in changes:
        page = admin.post(
            "/operators/new",
            {"username": "xin", "name": "新来人", "new": STRONG, "again": STRONG, **changes},
        )
    else:
        page = add(admin, **changes)
    assert page.status == 422 and words in page.alert
    assert page.all("//input[@type='password']/@value") in ([], ["", ""])
    assert count(Account, Account.display_name == "新来人") == 0


def test_rights_are_given_and_taken_at_once_and_kept_with_before_and_after(admin, sign_in, way):
    declaration_id = way.started()
    li = sign_in("li")
    row = list_rows(declaration_id)[0]
    admin.get(f"/operators/{number('li')}")
    page = admin.press("保存权限", rights=["query"])
    assert "李经办 的权限已保存" in page.words
    event = audited("rights_changed")[-1]
    assert event.before == {"rights": ["entry", "submit", "people", "query"], "is_admin": False}
    assert event.after == {"rights": ["query"], "is_admin": False}
    page = li.post(f"/wages/{declaration_id}/rows", {f"w{row.id}": "1", f"o{row.id}": "1:"})
    assert page.status == 422 and "没有“录入”的权限" in page.words
    admin.press("保存权限", rights=["query"])
    assert len(audited("rights_changed")) == 1, "nothing changed, nothing to tell"


def test_no_right_at_all_is_refused_and_the_ticks_stay_as_typed(admin):
    admin.get(f"/operators/{number('li')}")
    page = admin.press("保存权限", rights=[None], is_admin="1")
    assert page.status == 422 and "请至少勾选一项" in page.alert
    assert page.one("//input[@name='is_admin']").get("checked") is not None
    assert account("li").rights == "entry submit people query" and not account("li").is_admin


def test_a_unit_is_never_left_without_an_administrator(admin, sign_in):
    admin.get(f"/operators/{number('wang')}")
    page = admin.press("保存权限", is_admin=None)
    assert page.status == 422 and "只有这一位管理员" in page.alert
    admin.get(f"/operators/{number('li')}")
    admin.press("保存权限", is_admin="1")
    li = sign_in("li")
    assert li.get("/operators").status == 200
    admin.get(f"/operators/{number('wang')}")
    assert admin.press("保存权限", is_admin=None).path == "/"
    assert admin.get("/operators").status == 404
    # A closed administrator is none.
    with pytest.raises(Refusal) as refused:
        set_rights(administrator("wang"), number("li"), ["query"], False, NOW)
    assert refused.value.code == "operator.last_admin"
    with pytest.raises(Refusal) as refused:
        close_operator(administrator("wang"), number("li"), NOW)
    assert refused.value.code == "operator.last_admin"


def test_two_administrators_who_unmake_each_other_at_once_leave_one(admin):
    promote("li")
    together = Barrier(2)

    def unmake(who: str, whom: str) -> str:
        actor_of, target = administrator(who), number(whom)
        together.wait()
        try:
            set_rights(actor_of, target, ["query"], False, NOW)
        except Refusal as refusal:
            return refusal.code
        return ""

    with ThreadPoolExecutor(2) as pool:
        answers = [pool.submit(unmake, *pair) for pair in (("wang", "li"), ("li", "wang"))]
        codes = sorted(answer.result() for answer in answers)
    assert codes == ["", "operator.last_admin"]
    assert count(Account, Account.is_admin) == 1


def test_closing_asks_first_then_ends_the_sessions_and_the_account_opens_again(admin, sign_in, app):
    li = sign_in("li")
    admin.get(f"/operators/{number('li')}/close")
    assert account("li").is_active and "停用 李经办 的账户" in admin.page.words
    page = admin.press("停用账户")
    assert "账户已停用" in page.words and "已停用" in admin.get("/operators").words
    assert count(LoginSession, LoginSession.account_id == number("li")) == 0
    assert li.get("/").path == "/login"
    assert "已经停用" in li.press("登录", username="li", password=PASSWORD).alert
    assert audited("operator_closed")[-1].before == {"is_active": True}
    admin.get(f"/operators/{number('li')}")
    admin.press("启用账户")
    assert Clerk(app).sign_in("li").path == "/"
    assert audited("operator_reopened")[-1].after == {"is_active": True}


def test_nobody_closes_the_account_in_use(admin):
    promote("li")
    page = admin.post(f"/operators/{number('wang')}/close")
    assert page.status == 422 and "不能停用自己" in page.words
    assert not admin.get(f"/operators/{number('wang')}").all("//a[contains(@href, '/close')]")


def test_a_new_password_ends_what_was_open_lifts_the_lock_and_is_strong(admin, sign_in, app):
    li = sign_in("li")
    with transaction() as session:
        session.connection().execute(update(Account).where(Account.username == "li").values(failed_logins=4))
    admin.get(f"/operators/{number('li')}")
    assert "至少 10 位" in admin.press("设置新密码", new="short", again="short").alert
    assert "新密码已设好" in admin.press("设置新密码", new=STRONG, again=STRONG).words
    assert li.get("/").path == "/login"
    assert account("li").failed_logins == 0
    assert Clerk(app).sign_in("li", STRONG).path == "/"
    assert audited("password_given")[-1].subject_id == number("li")


def test_ones_own_password_is_changed_with_the_old_one_only(admin):
    where = f"/operators/{number('wang')}"
    assert "设置新密码" not in admin.get(where).words
    page = admin.post(f"{where}/password", {"new": STRONG, "again": STRONG})
    assert page.status == 422 and "先填原密码" in page.words
    assert account("wang").password_hash == account("li").password_hash


def test_a_weakly_opened_session_is_asked_for_the_other_factor_before_the_page(admin):
    with transaction() as session:
        session.connection().execute(update(Region).where(Region.code == NORTH).values(write_needs="ca"))
    answer = admin.http.get("/operators")
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/login/ca?next=/operators"
    assert admin.http.post("/operators/new", data={"csrf_token": admin.token()}).status_code == 303


def test_no_password_is_kept_with_a_form_whose_session_ran_out(admin, clock):
    admin.get("/operators/new")
    clock.move(minutes=31)
    form = {"username": "xin", "name": "新来人", "rights": "entry", "new": STRONG, "again": STRONG}
    answer = admin.http.post("/operators/new", data=form, headers={"Origin": "http://localhost"})
    admin.get(answer.headers["Location"])
    with reading() as session:
        kept = str(session.scalars(select(LoginSession.data)).all())
    assert "新来人" in kept and STRONG not in kept
    page = admin.press("登录", username="wang", password=PASSWORD)
    assert page.path == "/resume"
    page = admin.press("继续提交")
    assert page.status == 422 and page.value("name") == "新来人" and "请填写密码" in page.alert


def test_a_certificate_that_opened_this_unit_is_offered_bound_and_unbound(admin, hall, demo):
    assert not admin.get(f"/operators/{number('li')}").all("//input[@name='certificate']")
    visitor = Clerk(hall)
    signed(visitor, demo.units[0].sign["SM2"], "SM2")
    visitor.press("王经办")
    page = admin.get(f"/operators/{number('li')}")
    digest = page.value("certificate")
    assert "单位23000072" in page.words and "可以绑定" in page.words
    assert "证书已绑定" in admin.press("绑定").words
    with reading() as session:
        assert find_bound_account(session, digest).username == "li"
    assert audited("certificate_bound")[-1].after == {"certificate": digest, "name": "李经办"}
    assert not admin.get(f"/operators/{number('wang')}").all("//input[@name='certificate']"), "taken"
    page = admin.post(f"/operators/{number('wang')}/certificates", {"certificate": digest})
    assert page.status == 422 and "不能绑定" in page.alert
    visitor = Clerk(hall)
    assert "李经办" in signed(visitor, demo.units[0].sign["SM2"], "SM2").words
    admin.get(f"/operators/{number('li')}")
    assert "证书已解除绑定" in admin.press("解除绑定").words
    assert audited("certificate_unbound")[-1].before == {"certificate": digest}
    with reading() as session:
        assert find_bound_account(session, digest) is None
    assert admin.page.value("certificate") == digest, "and it is offered again"
    assert admin.post(f"/operators/{number('li')}/certificates/unbind", {"certificate": digest}).status == 404


def test_another_units_certificate_is_not_offered(admin, hall, demo, world):
    visitor = Clerk(hall)
    signed(visitor, demo.units[1].sign["SM2"], "SM2")
    with reading() as session:
        digest = audited("signed_in")[-1].after["certificate"]
        assert session.get_one(Unit, world.far.id).name == "单位15010312"
    with pytest.raises(Refusal) as refused:
        bind_certificate(administrator(), number("li"), digest, NOW)
    assert refused.value.code == "operator.not_offered"
    # Nor one that opened ours once and whose code is no more ours.
    visitor = Clerk(hall)
    signed(visitor, demo.units[0].sign["SM2"], "SM2")
    visitor.press("王经办")
    with transaction() as session:
        session.connection().execute(
            update(Unit).where(Unit.id == world.ours.id).values(uscc="91230000MA1900020X")
        )
    assert not admin.get(f"/operators/{number('li')}").all("//input[@name='certificate']")


def test_services_refuse_whoever_is_no_administrator(world):
    with pytest.raises(Missing):
        make_operator(actor("wang"), "xin", "新来人", ["entry"], STRONG, NOW)
    with pytest.raises(Missing):
        set_rights(actor("wang"), number("li"), ["entry"], True, NOW)
    with pytest.raises(Missing):
        close_operator(actor("wang"), number("li"), NOW)
    assert count(Account) == 6


def test_without_the_right_to_query_the_list_of_filings_stays_shut(admin, sign_in, way):
    number = way.submitted()[0]
    admin.get(f"/operators/{actor('li').account_id}")
    admin.press("保存权限", rights=["entry", "submit"])
    li = sign_in("li")
    for where in ("/filings/", f"/filings/{number}", f"/filings/{number}/state"):
        page = li.get(where)
        assert page.status == 422 and "没有“查询”的权限" in page.words, where
    assert li.http.head("/wages/").status_code == 200
    assert li.get("/wages/").status == 200
    admin.press("保存权限", rights=["query"])
    assert sign_in("li").get("/filings/").status == 200
