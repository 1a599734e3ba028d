"""A reviewer goes through the queue: by risk, by filters, by keyboard, many at once; with and without JavaScript."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hall import Hall
from playwright.sync_api import Page, expect


@pytest.fixture
def shots(tmp_path: Path, has_script: bool) -> Path:
    """Where pictures go: SCREENSHOTS if it is set, else away with the test."""
    folder = Path(os.environ.get("SCREENSHOTS", str(tmp_path))) / ("js" if has_script else "nojs")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def look(hall: Hall, shots: Path, name: str) -> None:
    """Pictures at both widths; nothing may stick out of a telephone."""
    hall.shoot(shots, name)
    hall.page.set_viewport_size({"width": 390, "height": 900})
    assert hall.page.evaluate("document.documentElement.scrollWidth") <= 390, hall.page.url
    hall.page.set_viewport_size({"width": 1280, "height": 900})


def test_a_reviewer_goes_through_the_queue(
    address: str, new_page: Callable[..., Page], has_script: bool, shots: Path
) -> None:
    reviewer = Hall(new_page(address, has_script=has_script), has_script=has_script)
    reviewer.sign_in("sbj_hlj")
    page = reviewer.page
    page.goto("/bureau/")
    look(reviewer, shots, "90-queue")
    rows = page.locator("#queue tbody tr")
    assert rows.count() >= 2
    page.get_by_role("combobox", name="业务").select_option("person_in")
    reviewer.press("查询")
    expect(page.locator("main")).to_contain_text("符合条件")
    name = f"新增{'脚本' if has_script else ''}"
    page.get_by_role("textbox", name="保存这组条件").fill(name)
    reviewer.press("保存")
    expect(page.locator("main")).to_contain_text("条件已保存")
    look(reviewer, shots, "91-queue-view")
    page.get_by_role("button", name="全部").first.click()
    links = page.locator("#queue tbody a")
    if has_script:
        page.keyboard.press("j")
        expect(links.nth(0)).to_be_focused()
        page.keyboard.press("j")
        page.keyboard.press("k")
        expect(links.nth(0)).to_be_focused()
        page.keyboard.press("n")
    else:
        reviewer.press("办下一件")
    expect(page.locator("main")).to_contain_text("您正在办理")
    look(reviewer, shots, "92-taken")
    reviewer.press("放回待审")
    expect(page.locator("main")).to_contain_text("已放回待审")
    reviewer.go("批量通过…")
    expect(page.get_by_role("heading", name="批量通过", exact=True)).to_be_visible()
    look(reviewer, shots, "93-bulk")
    page.goto("/bureau/")
    page.locator("form button", has_text=name).first.click()
    reviewer.press(f"删掉“{name}”")
    expect(page.locator("main")).to_contain_text("保存的条件已删掉")
