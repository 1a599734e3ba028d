"""单位管理 in the real browser: the sheet, contacts at once, a change to the bureau, and a new unit's way in."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hall import Hall
from playwright.sync_api import Page, expect

from rules.identity import uscc_check_char

PICTURE = b"\x89PNG\r\n\x1a\n" + b"x" * 50 + b"IEND\xaeB`\x82"
CODE = "91230100MA0000001"
PASSWORD = "河边-青草-七辆红马车"

OpenHall = Callable[[], Hall]


@pytest.fixture
def open_hall(address: str, new_page: Callable[..., Page], has_script: bool) -> OpenHall:
    """One browser for each person who takes part."""
    return lambda: Hall(new_page(address, has_script=has_script), has_script=has_script)


@pytest.fixture
def shots(tmp_path: Path, has_script: bool) -> Path:
    """Where pictures go: SCREENSHOTS if it is set, else away with the test."""
    folder = Path(os.environ.get("SCREENSHOTS", str(tmp_path))) / ("js" if has_script else "nojs")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def licence(tmp_path: Path) -> Path:
    file = tmp_path / "营业执照.png"
    file.write_bytes(PICTURE)
    return file


def approve(reviewer: Hall, what: str) -> None:
    """Find it in the queue by its unit, and say yes twice."""
    reviewer.page.goto("/bureau/")
    reviewer.page.get_by_role("row").filter(has_text=what).get_by_role("link").first.click()
    reviewer.press("受理")
    reviewer.press("通过…")
    reviewer.press("确认通过")
    expect(reviewer.page.locator(".note.good")).to_contain_text("已通过")


def test_contacts_at_once_and_a_change_through_the_bureau(
    open_hall: OpenHall, licence: Path, shots: Path
) -> None:
    clerk, reviewer = open_hall(), open_hall()
    clerk.sign_in("slb_wang")
    clerk.page.goto("/units/")
    clerk.go("改联系方式")
    expect(clerk.page.get_by_label("单位地址")).to_have_value("示例路 1 号")
    clerk.page.get_by_label("联系电话").fill("138 0000 1111")
    clerk.shoot(shots, "60-contact")
    clerk.press("保存")
    clerk.go("提交…")
    clerk.press("确认提交")
    expect(clerk.page.get_by_text("已提交，已经生效。")).to_be_visible()

    clerk.page.goto("/units/change")
    clerk.page.get_by_label("单位名称").fill("黑龙江省松北水文勘测中心（示例）")
    clerk.page.get_by_label("法定代表人").fill("周立春")
    clerk.shoot(shots, "61-change")
    clerk.press("保存")
    clerk.upload("添加附件", licence, "添加")
    clerk.go("提交…")
    clerk.press("确认提交")
    expect(clerk.page.get_by_text("等社保局审核").first).to_be_visible()

    reviewer.sign_in("sbj_hlj")
    reviewer.page.goto("/bureau/")
    row = reviewer.page.get_by_role("row").filter(has_text="单位信息变更").first
    row.get_by_role("link").click()
    expect(reviewer.page.get_by_role("row").filter(has_text="法定代表人")).to_contain_text("周立春")
    reviewer.shoot(shots, "62-before-and-after")
    approve(reviewer, "单位信息变更")
    clerk.page.goto("/units/")
    for text in ("13800001111", "黑龙江省松北水文勘测中心（示例）", "周立春"):
        expect(clerk.page.locator("main")).to_contain_text(text)
    clerk.shoot(shots, "63-unit")


def test_a_new_unit_finds_its_way_in(open_hall: OpenHall, licence: Path, shots: Path) -> None:
    stranger, reviewer = open_hall(), open_hall()
    stranger.page.goto("/login")
    stranger.go("参保登记")
    fill_in(stranger)
    stranger.shoot(shots, "64-join")
    stranger.press("保存")
    stranger.upload("添加附件", licence, "添加")
    stranger.press("提交")
    expect(stranger.page.get_by_text("已提交，等社保局审核").first).to_be_visible()
    stranger.shoot(shots, "65-joined")
    number = stranger.page.locator(".head b.code").inner_text()

    reviewer.sign_in("sbj_hlj")
    approve(reviewer, "哈尔滨新来商贸有限公司")

    later = open_hall()
    later.page.goto("/login")
    later.go("查进度")
    later.page.get_by_label("业务编号").fill(number)
    later.page.get_by_label("统一社会信用代码").fill(CODE + uscc_check_char(CODE))
    later.press("查进度")
    later.shoot(shots, "66-approved")
    later.go("设置账户和密码")
    later.page.get_by_label("用户名").fill("xinlai")
    later.page.get_by_label("密码", exact=True).fill(PASSWORD)
    later.page.get_by_label("再输入一次密码").fill(PASSWORD)
    later.shoot(shots, "67-activate")
    later.press("开通账户")
    later.sign_in("xinlai", PASSWORD)
    later.page.goto("/units/")
    expect(later.page.locator("main")).to_contain_text("还没有核定本单位的险种和费率")
    later.shoot(shots, "68-new-unit")


def fill_in(hall: Hall) -> None:
    choices = (("参保地", "230000"), ("单位类型", "enterprise"), ("经费来源", "own_funds"))
    for label, value in choices:
        hall.page.get_by_label(label).select_option(value)
    texts = {
        "统一社会信用代码": CODE + uscc_check_char(CODE),
        "单位名称": "哈尔滨新来商贸有限公司",
        "法定代表人": "金星",
        "联系人": "金经办",
        "联系电话": "13900000000",
        "单位地址": "新来路 2 号",
        "职工人数": "12",
        "经办人姓名": "金经办",
    }
    for label, text in texts.items():
        hall.page.get_by_label(label).fill(text)
    hall.page.get_by_label("工伤").check()
