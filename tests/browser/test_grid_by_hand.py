"""The grid under the hands of a clerk: keys, pasting, a broken line, and a colleague on the same row."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hall import Hall
from playwright.sync_api import Page, expect

SAVE = re.compile(r"/wages/\d+/rows$")


@pytest.fixture
def clerk(address: str, new_page: Callable[..., Page]) -> Hall:
    """A clerk of the 12-person unit in front of a freshly started grid."""
    hall = Hall(new_page(address), has_script=True)
    hall.sign_in("xty_chen")
    hall.go("去开始")
    hall.press("开始")
    hall.wait_for(hall.page.get_by_role("link", name="去录入工资"))
    hall.go("去录入工资")
    return hall


def test_keys_move_and_esc_brings_back_the_value(clerk: Hall) -> None:
    first, second = clerk.wages().nth(0), clerk.wages().nth(1)
    first.fill("6000")
    with clerk.page.expect_response(SAVE):
        first.press("Enter")
    expect(second).to_be_focused()
    second.press("Shift+Enter")
    expect(first).to_be_focused()
    first.press("ArrowDown")
    second.fill("7")
    second.press("Escape")
    expect(second).to_have_value("")
    second.press("ArrowUp")
    expect(first).to_be_focused()
    assert clerk.counts() == (12, 11, 1)


def test_a_column_from_a_spreadsheet_is_pasted_and_saved(clerk: Hall) -> None:
    clerk.wages().nth(2).focus()
    clerk.page.evaluate(
        """text => {
            const data = new DataTransfer();
            data.setData('text', text);
            document.activeElement.dispatchEvent(
                new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true}));
        }""",
        "6,100.50\r\n６２００\r\n6300\r\n",
    )
    expect(clerk.page.locator("#rows .st.ok, #rows .st.ask")).to_have_count(3)
    assert [clerk.wages().nth(index).input_value() for index in (2, 3, 4)] == [
        "6100.50",
        "6200.00",
        "6300.00",
    ]
    assert clerk.counts() == (12, 9, 3)


def test_the_figures_follow_the_saves(clerk: Hall) -> None:
    clerk.type_wages(["6000"])
    expect(clerk.page.locator("#figures figcaption")).to_contain_text("6,000")


def test_a_save_that_does_not_arrive_is_kept_said_and_tried_again(clerk: Hall) -> None:
    clerk.page.route(SAVE, lambda route: route.abort())
    clerk.wages().nth(0).fill("6000")
    clerk.wages().nth(0).press("Enter")
    row = clerk.page.locator("#rows tr").first
    expect(row).to_contain_text("未保存")
    expect(clerk.page.locator("#unsaved")).to_contain_text("1 行未保存")
    expect(clerk.wages().nth(0)).to_have_value("6000")
    clerk.page.unroute(SAVE)
    # It comes back by itself; nobody presses anything.
    expect(row).not_to_contain_text("未保存", timeout=15_000)
    expect(clerk.page.locator("#unsaved")).to_be_hidden()
    expect(clerk.page.locator("#counts b").nth(1)).to_have_text("11")
    assert clerk.counts() == (12, 11, 1)


def test_retry_by_hand(clerk: Hall) -> None:
    clerk.page.route(SAVE, lambda route: route.abort())
    clerk.wages().nth(0).fill("6000")
    clerk.wages().nth(0).press("Enter")
    clerk.page.get_by_role("button", name="重试").wait_for()
    clerk.page.unroute(SAVE)
    clerk.page.get_by_role("button", name="重试").click()
    # The row says 保存中 first, and then neither.
    expect(clerk.page.locator("#counts b").nth(1)).to_have_text("11")
    expect(clerk.page.locator("#rows tr").first).not_to_contain_text("未保存")
    assert clerk.counts() == (12, 11, 1)


def test_a_colleague_on_the_same_row_is_named_and_not_overwritten(
    address: str, new_page: Callable[..., Page]
) -> None:
    first = Hall(new_page(address), has_script=True)
    first.sign_in("qh_wuyun")
    first.go("去开始")
    first.press("开始")
    first.wait_for(first.page.get_by_role("link", name="去录入工资"))
    first.go("去录入工资")
    second = Hall(new_page(address), has_script=True)
    second.sign_in("qh_zhang")
    second.page.goto(first.page.url)
    first.type_wages(["8000"])
    second.type_wages(["8100"])
    row = second.page.locator("#rows tr").first
    expect(row).to_contain_text("乌云其木格")
    expect(row).to_contain_text("8,000.00")
    expect(second.wages().first).to_have_value("8100")
    # Saving once more, now knowingly, takes the second value.
    second.wages().first.fill("8100.00")
    with second.page.expect_response(SAVE):
        second.wages().first.press("Enter")
    expect(row).not_to_contain_text("乌云其木格")
    first.page.reload()
    expect(first.wages().first).to_have_value("8100.00")


def test_the_whole_grid_fits_a_phone(clerk: Hall) -> None:
    clerk.page.set_viewport_size({"width": 390, "height": 844})
    wide = clerk.page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390
    clerk.type_wages(["6000"])
    assert clerk.counts() == (12, 11, 1)
