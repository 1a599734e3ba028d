"""人员新增 from the form to the bureau's answer, and every line of the menu, as people see them."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.hall import Hall
from tests.factories import id_number


def test_somebody_joins_and_the_bureau_agrees(
    address: str, new_page: Callable[..., Page], has_script: bool
) -> None:
    clerk = Hall(new_page(address, has_script=has_script), has_script=has_script)
    clerk.sign_in("xty_chen")
    clerk.page.goto("/personnel/join")
    fill_joining(clerk, id_number(880001)[:-1] + "!")
    clerk.press("保存")
    # What is wrong stands beside its field, and nothing typed is lost.
    expect(clerk.page.locator("#e-id_number")).to_be_visible()
    expect(clerk.page.get_by_label("姓名")).to_have_value("新来人")
    clerk.page.get_by_label("证件号码").fill(id_number(880001))
    clerk.press("保存")
    expect(clerk.page.get_by_text("已保存，还没有提交。").first).to_be_visible()
    clerk.go("提交…")
    clerk.press("确认提交")
    expect(clerk.page.get_by_text("社保局已经收到").first).to_be_visible()

    reviewer = Hall(new_page(address, has_script=has_script), has_script=has_script)
    reviewer.sign_in("sbj_nmg")
    reviewer.page.get_by_role("row", name="新来人").get_by_role("link", name=re.compile("审核")).click()
    reviewer.press("受理")
    clerk.page.reload()
    expect(clerk.page.get_by_text("正在审核，不能再撤回").first).to_be_visible()
    reviewer.press("通过…")
    reviewer.press("确认通过")
    expect(reviewer.page.get_by_role("status").filter(has_text="已通过")).to_be_visible()

    clerk.page.reload()
    expect(clerk.page.get_by_text("审核通过，已经生效").first).to_be_visible()


def fill_joining(clerk: Hall, number: str) -> None:
    page = clerk.page
    page.get_by_label("证件类型").select_option(label="居民身份证（户口簿）")
    page.get_by_label("证件号码").fill(number)
    page.get_by_label("姓名").fill("新来人")
    page.get_by_label("手机号").fill("13800000000")
    page.get_by_label("用工形式").select_option(label="劳动合同制")
    page.get_by_label(re.compile("缴费工资")).fill("6000")
    page.get_by_label("参保日期").fill(page.evaluate("new Date().toISOString().slice(0, 10)"))
    page.get_by_label("工伤").check()


@pytest.mark.parametrize(
    ("username", "least"), [("slb_wang", 15), ("sbj_hlj", 5)], ids=["operator", "reviewer"]
)
def test_every_line_of_the_menu_leads_to_its_page(
    address: str, new_page: Callable[..., Page], has_script: bool, username: str, least: int
) -> None:
    hall = Hall(new_page(address, has_script=has_script), has_script=has_script)
    hall.sign_in(username)
    # Folded groups, too: a menu without script is all links.
    lines = hall.page.locator("#menu a").evaluate_all(
        "all => all.map(a => [a.textContent.trim(), a.getAttribute('href')])"
    )
    lines = [(word, where) for word, where in lines if where and where.startswith("/")]
    assert len(lines) >= least, lines
    for word, where in lines:
        answer = hall.page.goto(where)
        assert answer is not None and answer.status == 200, (word, where)
        expect(hall.page.locator("h1").first).to_be_visible()
        expect(hall.page.locator("#menu [aria-current]").first).to_have_text(word)
        # Nothing sticks out sideways on a narrow screen.
        hall.page.set_viewport_size({"width": 390, "height": 900})
        assert hall.page.evaluate("document.documentElement.scrollWidth") <= 390, word
        hall.page.set_viewport_size({"width": 1280, "height": 900})
