"""参保登记 of a unit without an account: filled in, sent, looked up, decided, and its first account."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from threading import Barrier

import pytest
from sqlalchemy import func, select

from models.account import Account
from models.audit import AuditEvent
from models.db import reading
from models.filing import Filing
from models.filing_parts import FilingHold
from models.unit import Unit
from rules.identity import uscc_check_char
from rules.refusals import Refusal
from services.filings import Faulty
from services.reviews import approve_filing
from services.unit_joining import MOST_AN_HOUR, activate, submit_joining
from tests.factories import NOW, actor
from tests.integration.clerk import Clerk, Page

PICTURE = b"\x89PNG\r\n\x1a\n" + b"x" * 50 + b"IEND\xaeB`\x82"
PASSWORD = "河边-青草-七辆红马车"


def code(number: int) -> str:
    first = f"91230100MA{number:07d}"
    return first + uscc_check_char(first)


OURS, OTHER = code(1), code(2)


def form(**other: object) -> dict[str, object]:
    """A 参保登记 that is right in every field."""
    return {
        "region": "230000",
        "uscc": OURS,
        "name": "哈尔滨新来商贸有限公司",
        "legal_representative": "金星",
        "kind": "enterprise",
        "funding": "own_funds",
        "contact_name": "金经办",
        "contact_phone": "13900000000",
        "address": "新来路 2 号",
        "insurances": ["310", "410"],
        "headcount": "12",
        "operator_name": "金经办",
        "username": "jin",
        **other,
    }


@pytest.fixture
def stranger(app, world) -> Clerk:
    """A browser of somebody who has no account."""
    return Clerk(app)


def save(browser: Clerk, **other: object) -> Page:
    browser.get("/units/join")
    return browser.press("保存", **form(**other))


def send(browser: Clerk, **other: object) -> int:
    """Fill in, add the licence, submit; returns the number of the filing."""
    page = save(browser, **other)
    assert page.path == "/units/join/state", page.words[:900]
    browser.press("添加", file=("执照.png", PICTURE))
    page = browser.press("提交")
    assert "等社保局审核" in page.words, page.words[:900]
    return newest().key


def newest() -> Filing:
    with reading() as session:
        return session.scalars(select(Filing).order_by(Filing.id.desc()).limit(1)).one()


def decide(reviewer: Clerk, filing_id: int, button: str, reason: str = "") -> Page:
    reviewer.get(f"/bureau/filings/{filing_id}")
    reviewer.press(f"{button}…", reason=reason)
    return reviewer.press(f"确认{button}")


def actions() -> list[str]:
    with reading() as session:
        return list(session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)))


def find(browser: Clerk, number: str, uscc: str = OURS) -> Page:
    browser.get("/units/join/find")
    return browser.press("查进度", number=number, uscc=uscc)


def test_from_the_form_to_the_first_sign_in(stranger, sign_in, app):
    stranger.get("/login")
    assert stranger.page.all("//a[@href='/units/join']")
    filing_id = send(stranger)
    found = newest()
    assert found.unit_id is None and found.receipt_no in stranger.page.words
    gao = sign_in("gao")
    assert "哈尔滨新来商贸有限公司" in gao.get("/bureau/").words
    page = gao.get(f"/bureau/filings/{filing_id}")
    assert "新单位" in page.words and OURS in page.words and "执照.png" in page.words
    assert gao.http.get(f"/filings/{filing_id}/attachments/1").data == PICTURE
    decide(gao, filing_id, "通过")
    with reading() as session:
        unit = session.scalars(select(Unit).where(Unit.uscc == OURS)).one()
        assert unit.unit_no == "23000100" and unit.contact_phone == "13900000000" and unit.bank_account == ""
        assert session.scalars(select(FilingHold)).all() == []

    page = find(Clerk(app), found.receipt_no.lower(), f" {OURS.lower()} ")
    assert "23000100" in page.words
    stranger.get("/units/join/activate")
    assert stranger.page.value("username") == "jin"
    page = stranger.press("开通账户", new="12345678901", again="12345678901")
    assert page.status == 422 and "容易猜到" in page.words
    page = stranger.press("开通账户", username="wang", new=PASSWORD, again=PASSWORD)
    assert page.status == 422 and "已经有人用了" in page.words
    page = stranger.press("开通账户", username="jin", new=PASSWORD, again=PASSWORD)
    assert page.path == "/login" and "账户已开通" in page.words
    stranger.sign_in("jin", PASSWORD)
    page = stranger.get("/units/")
    assert "哈尔滨新来商贸有限公司" in page.words and "还没有核定" in page.words
    assert stranger.get("/operators").status == 200
    assert "参保登记" in stranger.get("/units/filings").words
    assert {
        "joining_started",
        "attachment_added",
        "filing_submit",
        "unit_registered",
        "account_activated",
    } <= set(actions())


def test_the_first_account_is_made_once(stranger, sign_in, app):
    filing_id = send(stranger)
    decide(sign_in("gao"), filing_id, "通过")
    second = Clerk(app)
    find(second, newest().receipt_no)
    second.get("/units/join/activate")
    stranger.get("/units/join/activate")
    stranger.press("开通账户", new=PASSWORD, again=PASSWORD)
    page = second.press("开通账户", username="second", new=PASSWORD, again=PASSWORD)
    assert page.status == 409 and "已经开通过" in page.words
    with reading() as session:
        assert session.scalar(select(func.count()).where(Account.username.in_(("jin", "second")))) == 1
    assert "已经开通" in find(second, newest().receipt_no).words


def test_no_account_before_approval(stranger):
    send(stranger)
    page = stranger.get("/units/join/activate")
    assert page.status == 409
    page = stranger.post("/units/join/activate", {"username": "jin", "new": PASSWORD, "again": PASSWORD})
    assert page.status == 409
    with reading() as session:
        assert session.scalars(select(Account).where(Account.username == "jin")).first() is None


def faults(page: Page) -> set[str]:
    return {one.get("id") for one in page.all("//p[@class='err']")}


def test_what_is_wrong_is_said_beside_its_field(stranger):
    page = save(stranger, uscc="91230100MA00000001", region="", headcount="多")
    assert page.status == 422 and faults(page) == {"e-region", "e-uscc", "e-headcount"}
    page = stranger.press("保存", region="230000", headcount="0")
    assert page.status == 422 and faults(page) == {"e-uscc"}
    assert page.value("name") == "哈尔滨新来商贸有限公司"
    page = stranger.press("保存", uscc=OURS)
    assert page.status == 422 and "没有人可以参保" in page.words


def test_a_licence_must_be_there(stranger):
    save(stranger)
    page = stranger.press("提交")
    assert page.status == 422 and "营业执照" in page.alert
    stranger.press("添加", file=("脚本.png", b"<script>"))
    assert "只收 pdf" in stranger.page.words
    stranger.press("添加", file=("执照.png", PICTURE))
    stranger.press("去掉 执照.png")
    assert newest().state == "draft" and stranger.press("提交").status == 422


def test_what_came_back_is_mended_by_number_and_code(stranger, sign_in, app):
    filing_id = send(stranger)
    gao = sign_in("gao")
    decide(gao, filing_id, "退回", "住所与执照不符")
    other = Clerk(app)
    page = find(other, newest().receipt_no)
    assert "住所与执照不符" in page.words
    other.get("/units/join/edit")
    page = other.press("保存", address="新来路 3 号")
    assert "新来路 3 号" in page.words
    page = other.press("提交")
    assert newest().state == "pending"
    decide(gao, filing_id, "不通过", "不在本地")
    assert "不在本地" in find(other, newest().receipt_no).words
    assert other.get("/units/join/edit").status == 409


def test_a_stale_page_overwrites_nothing(stranger, app):
    save(stranger)
    other = Clerk(app)
    find(other, newest().receipt_no)
    stranger.get("/units/join/edit")
    other.get("/units/join/edit")
    other.press("保存", address="甲路 1 号")
    page = stranger.press("保存", address="乙路 1 号")
    assert page.status == 409
    assert "甲路 1 号" in stranger.get("/units/join/state").words


def test_withdrawn_until_it_is_taken(stranger, sign_in):
    filing_id = send(stranger)
    gao = sign_in("gao")
    gao.get(f"/bureau/filings/{filing_id}")
    gao.press("受理")
    page = stranger.press("撤回")
    assert page.status == 409 and "已经受理" in page.words
    gao.press("放回待审")
    stranger.get("/units/join/state")
    stranger.press("撤回")
    assert newest().state == "draft"
    stranger.press("提交")
    assert newest().state == "pending"


def test_one_code_is_pending_once_in_a_region(stranger, sign_in, app):
    filing_id = send(stranger)
    page = save(Clerk(app))
    assert page.status == 422 and "正在审核" in page.words
    # Saved before the first was sent, it meets the key at 提交.
    decide(sign_in("gao"), filing_id, "退回", "补执照")
    second = Clerk(app)
    save(second)
    second.press("添加", file=("执照.png", PICTURE))
    stranger.get("/units/join/state")
    stranger.press("提交")
    page = second.press("提交")
    assert page.status in (409, 422) and "正在审核" in page.alert
    assert newest().state == "draft"


def test_the_same_code_in_another_region_is_another_unit(stranger, sign_in, app):
    send(stranger)
    second = send(Clerk(app), region="150000")
    page = decide(sign_in("na"), second, "通过")
    assert page.status == 200
    with reading() as session:
        assert session.scalars(select(Unit.unit_no).where(Unit.uscc == OURS)).all() == ["15000001"]


def test_a_registered_code_is_told_so(stranger, world):
    with reading() as session:
        uscc = session.get_one(Unit, world.ours.id).uscc
    page = save(stranger, uscc=uscc)
    assert page.status == 422
    assert page.one("//p[@id='e-uscc']").text_content()


def test_number_and_code_must_both_be_right(stranger, app, way):
    save(stranger)
    number = newest().receipt_no
    other = Clerk(app)
    for typed, uscc in ((number, OTHER), ("2300-20260618-0000-0000", OURS), ("", ""), (number, "")):
        page = find(other, typed, uscc)
        assert page.status == 422 and "对不上" in page.words
        assert other.get("/units/join/state").path == "/units/join/find"
    # A receipt of another kind opens nothing here.
    way.submitted()
    assert find(other, newest().receipt_no).status == 422


def test_strangers_addresses_lead_to_the_question(stranger):
    for where in ("state", "edit", "activate"):
        assert stranger.get(f"/units/join/{where}").path == "/units/join/find"
    for where in ("attach", "detach", "submit", "withdraw", "activate"):
        assert stranger.post(f"/units/join/{where}").path == "/units/join/find"


def test_one_address_starts_only_so_many_within_an_hour(stranger, app, clock):
    for number in range(MOST_AN_HOUR):
        assert save(Clerk(app), uscc=code(number + 10)).path == "/units/join/state"
    page = save(stranger)
    assert page.status == 422 and "过一小时" in page.words
    assert page.value("name") == "哈尔滨新来商贸有限公司"
    clock.now += timedelta(minutes=61)
    assert save(stranger).path == "/units/join/state"


def test_a_page_that_is_too_old_says_so(stranger):
    stranger.get("/units/join")
    page = stranger.post("/units/join", {"name": "x"}, token="forged")
    assert page.status == 400 and "过期" in page.words


def test_other_regions_reviewers_do_not_see_it(stranger, sign_in):
    filing_id = send(stranger)
    na = sign_in("na")
    assert na.get(f"/bureau/filings/{filing_id}").status == 404
    assert na.http.get(f"/filings/{filing_id}/attachments/1").status_code == 404
    assert sign_in("wang").get(f"/filings/{filing_id}").status == 404


def race(*acts: Callable[[], object]) -> list[str]:
    """Do all at the same moment; the code of what each was refused, or "" where it was done."""
    start = Barrier(len(acts))

    def run(act: Callable[[], object]) -> str:
        start.wait()
        try:
            act()
        except Refusal as refusal:
            return refusal.code
        except Faulty as faulty:
            return next(iter(faulty.problems.values())).code
        return ""

    with ThreadPoolExecutor(len(acts)) as pool:
        return sorted(pool.map(run, acts))


def test_two_that_send_one_code_at_the_same_moment(app, world):
    """The database lets one of them have it; the other is told, whichever check it met first."""
    filings = []
    for _ in range(2):
        browser = Clerk(app)
        save(browser)
        browser.press("添加", file=("执照.png", PICTURE))
        filings.append(newest())
    found = race(*(partial(submit_joining, one.key, one.version, NOW) for one in filings))
    assert found == ["", "unit.join_pending"]
    with reading() as session:
        states = session.scalars(select(Filing.state).where(Filing.kind == "unit_join"))
        assert sorted(states) == ["draft", "pending"]


def test_two_units_that_are_registered_at_the_same_moment_get_two_numbers(app, world):
    numbers = [send(Clerk(app), uscc=one) for one in (OURS, OTHER)]
    assert race(*(partial(approve_filing, actor("gao"), one, NOW) for one in numbers)) == ["", ""]
    with reading() as session:
        found = session.scalars(select(Unit.unit_no).where(Unit.uscc.in_((OURS, OTHER))))
        assert sorted(found) == ["23000100", "23000101"]


def test_two_that_activate_at_the_same_moment(stranger):
    filing_id = send(stranger)
    approve_filing(actor("gao"), filing_id, NOW)
    found = race(*(partial(activate, filing_id, name, PASSWORD, NOW) for name in ("eins", "zwei")))
    assert found == ["", "unit.active"]
