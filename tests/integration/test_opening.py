"""险种开通: number and name agree, or nothing opens; the name is the UKey's, tries are counted, start waits for it."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from models.account import LoginSession
from models.certificate import CertificateRecord
from models.db import reading, transaction
from models.delegation import Delegation
from models.region import Region
from models.unit import Unit
from tests.factories import NORTH, NOW, actor
from tests.integration.clerk import Clerk
from tests.integration.ukeys import signed
from tests.integration.way import audited


@pytest.fixture
def closed(hall, world):
    """Units of the north open their 险种 first; ours is 0072, theirs 0099."""
    with transaction() as session:
        connection = session.connection()
        connection.execute(update(Region).where(Region.code == NORTH).values(needs_opening=True))
        for unit, serial in ((world.ours, "0072"), (world.theirs, "0099")):
            connection.execute(update(Unit).where(Unit.id == unit.id).values(serial_no=serial))
    return hall


@pytest.fixture
def keyed(closed, demo) -> Clerk:
    """wang, who came in with the unit's UKey."""
    clerk = Clerk(closed)
    signed(clerk, demo.units[0].sign["SM2"], "SM2")
    clerk.press("王经办")
    return clerk


def rename(unit_id: int, name: str) -> None:
    with transaction() as session:
        session.connection().execute(update(Unit).where(Unit.id == unit_id).values(name=name))


def unit_of(world) -> Unit:
    with reading() as session:
        return session.get_one(Unit, world.ours.id)


def try_number(clerk: Clerk, number: str):
    clerk.get("/opening")
    return clerk.press("开通", serial_no=number)


def test_before_it_nothing_can_be_started_and_the_way_is_shown(closed, sign_in):
    wang = sign_in("wang")
    assert "险种开通" in wang.page.words and "去开通" in wang.page.words
    assert "险种开通" in wang.page.one("//nav[@id='menu']").text_content()
    wang.get("/wages/")
    page = wang.press("开始")
    assert page.status == 422 and "险种开通" in page.alert


def test_number_and_name_agree_so_it_opens_and_one_signs_in_again(keyed, world, sign_in):
    page = try_number(keyed, "0072")
    assert page.path == "/login" and "医疗、工伤、生育险种已开通" in page.words and "重新登录" in page.words
    assert keyed.get("/").path == "/login"
    assert unit_of(world).opened_at == NOW
    event = audited("insurances_opened")[-1]
    assert event.unit_id == world.ours.id and event.before == {"opened_at": None}
    assert event.after["insurances"] == ["310", "410", "510"] and event.after["serial_no"] == "0072"
    wang = sign_in("wang")
    assert "险种开通" not in wang.page.words
    wang.get("/wages/")
    assert wang.press("开始").status == 200
    assert "已于 2026-06-18 开通" in wang.get("/opening").words
    assert wang.post("/opening", {"serial_no": "0072"}).status == 422, "no key in this session"


@pytest.mark.parametrize("name", ["单位２３０００072", " 单位23000072　"])
def test_width_and_blanks_make_no_difference(keyed, world, name):
    rename(world.ours.id, name)
    assert try_number(keyed, "0072").path == "/login"


@pytest.mark.parametrize("name", ["单位23000073", "单位23000072（示例）", "单 位23000072", "单位 23000072"])
def test_anything_else_goes_to_the_window_with_both_names(keyed, world, name):
    rename(world.ours.id, name)
    page = try_number(keyed, "0072")
    assert page.status == 422
    assert "“单位23000072”" in page.alert and "窗口核实和修改单位名称" in page.alert
    assert "0072" in page.value("serial_no")
    assert unit_of(world).opened_at is None
    assert audited("opening_refused")[-1].after["code"] == "opening.names_differ"


def test_another_units_number_opens_nothing_and_its_name_is_masked(keyed, world):
    rename(world.theirs.id, "哈尔滨市道里区秘密工厂")
    page = try_number(keyed, "0099")
    assert page.status == 422 and "秘密" not in page.text and "哈********工厂" in page.alert
    rename(world.theirs.id, "单位23000072")
    assert "另一个同名单位" in try_number(keyed, "0099").alert
    assert unit_of(world).opened_at is None
    with reading() as session:
        assert session.get_one(Unit, world.theirs.id).opened_at is None


@pytest.mark.parametrize("typed", ["", "72", "00072", "００７２", "+072", "007a", " 0072 x"])
def test_a_number_is_four_digits_with_its_zeros(keyed, typed):
    page = try_number(keyed, typed)
    assert page.status == 422 and "4 位数字" in page.alert
    assert audited("opening_refused") == [], "a slip of the finger counts as no try"


def test_an_unknown_number_is_said_so(keyed):
    assert "没有医保序号 1234" in try_number(keyed, "1234").alert


def test_a_region_has_numbers_of_its_own(keyed, world):
    with transaction() as session:
        session.connection().execute(update(Unit).where(Unit.id == world.far.id).values(serial_no="0312"))
    assert "没有医保序号 0312" in try_number(keyed, "0312").alert


def test_ten_refusals_in_an_hour_are_enough(keyed, world, clock):
    for number in range(10):
        assert "没有医保序号" in try_number(keyed, f"9{number:03d}").alert
    assert "一小时内已有 10 次" in try_number(keyed, "0072").alert
    assert unit_of(world).opened_at is None
    assert len(audited("opening_refused")) == 10
    clock.move(minutes=29)
    keyed.get("/")
    clock.move(minutes=29)
    assert "一小时内已有 10 次" in try_number(keyed, "0072").alert
    clock.move(minutes=3)
    assert try_number(keyed, "0072").path == "/login"


def test_without_the_key_the_page_leads_to_it_and_back(closed, sign_in, demo, world):
    wang = sign_in("wang")
    page = wang.get("/opening")
    assert "这次登录没有用 UKey" in page.words and not page.all("//input[@name='serial_no']")
    assert page.one("//main//a").get("href") == "/login/ca?next=/opening"
    assert wang.post("/opening", {"serial_no": "0072"}).status == 422
    assert unit_of(world).opened_at is None
    form = wang.get("/login/ca?next=/opening")
    assert form.path == "/login/ca"
    page = signed(wang, demo.units[0].sign["SM2"], "SM2", next="/opening")
    assert page.path == "/opening" and "单位23000072" in page.words
    assert wang.press("开通", serial_no="0072").path == "/login"


def test_regions_that_do_not_ask_for_it_do_not_show_it(wang, world):
    assert "险种开通" not in wang.page.words
    assert "不需要开通" in wang.get("/opening").words
    wang.get("/wages/")
    assert wang.press("开始").status == 200


def test_an_agent_does_not_open_for_the_unit(closed, sign_in, world, demo):
    with transaction() as session:
        session.add(
            Delegation(
                unit_id=world.ours.id,
                account_id=actor("zhao").account_id,
                rights="entry",
                until=NOW.date(),
                state="confirmed",
                asked_by=actor("wang").account_id,
                asked_at=NOW,
            )
        )
    zhao = sign_in("zhao")
    zhao.post("/mandates", {"unit": world.ours.id})
    assert "代办单位不能代开" in zhao.get("/opening").words
    assert "去开通" not in zhao.get("/").words
    zhao.get("/wages/")
    assert "险种开通" in zhao.press("开始").alert
    # Not even with a certificate of the unit itself in the session.
    signed(Clerk(closed), demo.units[0].sign["SM2"], "SM2")
    with transaction() as session:
        digest = session.scalars(select(CertificateRecord.digest)).one()
        session.connection().execute(update(LoginSession).values(certificate_digest=digest))
    assert zhao.post("/opening", {"serial_no": "0072"}).status == 404
    assert unit_of(world).opened_at is None
