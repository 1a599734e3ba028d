"""The hall as a person finds their way in it: by the names of buttons, links and fields."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

PASSWORD = "demo-2026"


class Hall:
    """One browser window of one person."""

    def __init__(self, page: Page, *, has_script: bool) -> None:
        self.page = page
        self.has_script = has_script

    def sign_in(self, username: str, password: str = PASSWORD) -> None:
        self.page.goto("/login")
        self.page.get_by_role("textbox", name="用户名").fill(username)
        self.page.get_by_role("textbox", name="密码").fill(password)
        self.page.get_by_role("button", name="登录").click()
        expect(self.page.get_by_role("button", name="退出")).to_be_visible()

    def go(self, name: str) -> None:
        self.page.get_by_role("link", name=name, exact=True).first.click()

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).first.click()

    def wait_for(self, found: Locator) -> None:
        """Wait for something that background work brings; without JavaScript by looking again."""
        if self.has_script:
            expect(found.first).to_be_visible(timeout=40_000)
            return
        for _ in range(60):
            if found.count() and found.first.is_visible():
                return
            self.page.wait_for_timeout(500)
            self.page.reload()
        raise AssertionError(f"never came: {found}")

    def counts(self) -> tuple[int, int, int]:
        """参保人数, 未录入人数, 录入人数 as the page shows them."""
        numbers = [int(text) for text in self.page.locator("#counts b").all_inner_texts()]
        insured, left, entered = numbers
        assert insured == left + entered
        return insured, left, entered

    def wages(self) -> Locator:
        return self.page.locator("#rows .wage input.in")

    def type_wages(self, values: list[str]) -> None:
        """Type into the first rows of the page and save them the way this browser can."""
        for index, value in enumerate(values):
            field = self.wages().nth(index)
            field.fill(value)
            if self.has_script:
                with self.page.expect_response(re.compile(r"/wages/\d+/rows")):
                    field.press("Enter")
        if not self.has_script:
            self.press("保存本页")

    def download(self, name: str | re.Pattern[str], folder: Path) -> Path:
        with self.page.expect_download() as started:
            self.page.get_by_role("link", name=name).first.click()
        target = folder / started.value.suggested_filename
        started.value.save_as(target)
        return target

    def upload(self, label: str, file: Path, button: str) -> None:
        self.page.get_by_label(label).set_input_files(file)
        self.press(button)

    def shoot(self, folder: Path, name: str) -> None:
        """Pictures at both widths, for people to look at."""
        for width in (1280, 390):
            self.page.set_viewport_size({"width": width, "height": 900})
            self.page.screenshot(path=folder / f"{name}-{width}.png", full_page=True)
        self.page.set_viewport_size({"width": 1280, "height": 900})
