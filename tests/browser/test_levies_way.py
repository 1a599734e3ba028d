"""A month from 缴费申报 through 征集 to its notice, and a difference about it, with and without JavaScript."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hall import Hall
from playwright.sync_api import Page, expect

from rules.levies import month_before


@pytest.fixture
def shots(tmp_path: Path, has_script: bool) -> Path:
    """Where pictures go: SCREENSHOTS if it is set, else away with the test."""
    folder = Path(os.environ.get("SCREENSHOTS", str(tmp_path))) / ("js" if has_script else "nojs")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def test_a_month_from_its_declaration_to_its_notice(
    address: str, new_page: Callable[..., Page], has_script: bool, shots: Path
) -> None:
    clerk = Hall(new_page(address, has_script=has_script), has_script=has_script)
    clerk.sign_in("slb_wang")
    reviewer = Hall(new_page(address, has_script=has_script), has_script=has_script)
    reviewer.sign_in("sbj_hlj")
    month = declare(clerk, shots)
    levy(reviewer, shots, month)
    clerk.page.goto("/levies/declare")
    expect(clerk.page.locator("main")).to_contain_text(f"{month} 已签发")
    expect(clerk.page.locator("main")).to_contain_text(shown(month_before(month.replace("-", ""), -1)))
    expect(clerk.page.get_by_role("heading", name=f"与 {month} 相比")).to_be_visible()
    look(clerk, shots, "83-declare-next")
    queries(clerk, shots)
    differ(clerk, reviewer, shots, month)


def shown(month: str) -> str:
    return f"{month[:4]}-{month[4:]}"


def look(hall: Hall, shots: Path, name: str) -> None:
    """Pictures at both widths; nothing may stick out of a telephone."""
    hall.shoot(shots, name)
    hall.page.set_viewport_size({"width": 390, "height": 900})
    assert hall.page.evaluate("document.documentElement.scrollWidth") <= 390, hall.page.url
    hall.page.set_viewport_size({"width": 1280, "height": 900})


def declare(clerk: Hall, shots: Path) -> str:
    """Look at the month that comes next and confirm it; returns it as it is shown."""
    clerk.page.goto("/levies/declare")
    words = clerk.page.locator(".head").inner_text()
    month = words.split("费款所属期 ")[1][:7]
    look(clerk, shots, "80-declare")
    clerk.go("为什么是这个数")
    expect(clerk.page.locator("h1")).to_contain_text("为什么是")
    look(clerk, shots, "80-why-ahead")
    clerk.page.goto("/levies/declare")
    clerk.go("确认申报…")
    look(clerk, shots, "81-declare-confirm")
    clerk.press("确认申报")
    expect(clerk.page.locator("main")).to_contain_text("到现在没有变化")
    expect(clerk.page.get_by_role("link", name="确认申报…")).to_have_count(0)
    look(clerk, shots, "82-declare-confirmed")
    return month


def levy(reviewer: Hall, shots: Path, month: str) -> None:
    """The bureau levies the month and issues it."""
    reviewer.page.goto("/bureau/levies")
    reviewer.page.get_by_label("费款所属期").fill(month.replace("-", ""))
    reviewer.press("开始征集")
    reviewer.wait_for(reviewer.page.get_by_role("button", name="签发…"))
    look(reviewer, shots, "84-levy-run")
    reviewer.press("签发…")
    look(reviewer, shots, "84-levy-sure")
    reviewer.press("确认签发")
    expect(reviewer.page.locator(".note.good")).to_contain_text("已签发")
    reviewer.page.goto("/bureau/levies")
    look(reviewer, shots, "84-levies")


def queries(clerk: Hall, shots: Path) -> None:
    """缴费申报查询, the details, why it is what it is, the bases, the notices."""
    for where, name in (
        ("缴费申报查询", "85-levies"),
        ("人员缴费基数查询", "88-bases"),
        ("缴费通知单打印", "89-notices"),
    ):
        clerk.page.goto("/")
        open_menu(clerk)
        clerk.go(where)
        expect(clerk.page.locator("h1")).to_have_text(where)
        look(clerk, shots, name)
    clerk.page.goto("/levies/")
    number = clerk.page.locator("tbody a[href^='/levies/']").first.get_attribute("href")
    assert number is not None
    for tail, name in (("", "86-levy"), ("/items", "86-items"), ("/why", "87-why")):
        answer = clerk.page.goto(f"/levies/{number.split('/')[2]}{tail}")
        assert answer is not None and answer.status == 200, clerk.page.url
        look(clerk, shots, name)
    clerk.page.goto("/levies/bases")
    person = clerk.page.locator("tbody a[href^='/levies/bases/']").first.get_attribute("href")
    clerk.page.goto(person or "")
    look(clerk, shots, "88-person")


def open_menu(clerk: Hall) -> None:
    """The group of the menu that the lines stand in, if it is closed."""
    clerk.page.locator("summary", has_text="征缴管理").click()


def differ(clerk: Hall, reviewer: Hall, shots: Path, month: str) -> None:
    """A difference about what was issued, told and answered."""
    clerk.page.goto("/levies/declare")
    clerk.go("有差异…")
    clerk.page.locator("#f-month").fill(month)
    clerk.page.locator("#f-wrong").select_option(label="金额")
    clerk.press("保存")
    expect(clerk.page.locator(".note.bad")).to_contain_text("说明")
    look(clerk, shots, "90-dispute-refused")
    clerk.page.locator("#f-explanation").fill("与手工计算相差 0.02 元，请核实。")
    clerk.press("保存")
    clerk.go("提交…")
    clerk.press("确认提交")
    expect(clerk.page.locator("main")).to_contain_text("社保局已经收到")
    title = f"缴费差异：{month} 医疗"
    expect(clerk.page.locator("h1")).to_have_text(title)
    reviewer.page.goto("/bureau/")
    reviewer.page.get_by_role("row").filter(has_text=title).get_by_role("link").first.click()
    expect(reviewer.page.locator("main")).to_contain_text("金额不会自动改变")
    look(reviewer, shots, "91-dispute-case")
    reviewer.press("通过…")
    reviewer.press("确认通过")
    expect(reviewer.page.locator(".note.good")).to_be_visible()
    clerk.page.reload()
    expect(clerk.page.locator("main")).to_contain_text("社保局同意您的意见")
    look(clerk, shots, "92-dispute-answered")
    clerk.page.goto("/filings/")
    expect(clerk.page.get_by_role("row").filter(has_text=title)).to_contain_text("审核通过")
