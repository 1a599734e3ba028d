"""营业执照登录 in the real browser: to a provider on another origin and back, by links and plain forms."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import oidc_provider_mock
import pytest
from hall import Hall
from playwright.sync_api import Page, expect

from rules.identity import uscc_check_char

KINDERGARTEN, SURVEYORS = "52150104MJ0000012", "12230000414000072"


@pytest.fixture
def shots(tmp_path: Path, has_script: bool) -> Path:
    """Where pictures go: SCREENSHOTS if it is set, else away with the test."""
    folder = Path(os.environ.get("SCREENSHOTS", str(tmp_path))) / ("js" if has_script else "nojs")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def issuer(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A provider with two licences, on a port of its own; the product that starts after it knows it."""
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
    users = [
        oidc_provider_mock.User(sub=name, claims={"uscc": code + uscc_check_char(code)})
        for name, code in (("kindergarten", KINDERGARTEN), ("surveyors", SURVEYORS))
    ]
    with oidc_provider_mock.run_server_in_thread(require_nonce=True, user_claims=users) as server:
        address = f"http://localhost:{server.server_port}"
        monkeypatch.setenv("WANGTING_LICENCE_ISSUER", address)
        monkeypatch.setenv("WANGTING_LICENCE_CLIENT_ID", "wangting")
        monkeypatch.setenv("WANGTING_LICENCE_CLIENT_SECRET", "the-secret-of-the-hall")
        yield address


def test_to_the_provider_and_back(
    issuer: str, address: str, new_page: Callable[..., Page], has_script: bool, shots: Path
) -> None:
    hall = Hall(new_page(address, has_script=has_script), has_script=has_script)
    # The provider's own pages want a stylesheet from far away; tests stay at home.
    hall.page.route(re.compile("^https://"), lambda route: route.abort())
    hall.page.goto("/wages/")
    hall.go("营业执照登录")
    hall.shoot(shots, "30-licence")
    hall.go("用电子营业执照登录")
    hall.page.wait_for_url(issuer + "/**")
    hall.page.get_by_role("button", name="Deny").first.click()
    expect(hall.page.get_by_role("alert")).to_contain_text("没有同意授权")
    hall.shoot(shots, "31-licence-denied")
    hall.page.goto("/wages/")
    hall.go("营业执照登录")
    hall.go("用电子营业执照登录")
    hall.page.get_by_role("button", name="kindergarten").click()
    expect(hall.page.get_by_role("heading", name="工资申报").first).to_be_visible()
    expect(hall.page.locator("header")).to_contain_text("陈静")
    hall.press("退出")

    hall.go("营业执照登录")
    hall.go("用电子营业执照登录")
    hall.page.get_by_role("button", name="surveyors").click()
    expect(hall.page.get_by_text("请选择您是哪一位经办人")).to_be_visible()
    hall.shoot(shots, "32-licence-choose")
    hall.press("李敏")
    expect(hall.page.locator("header")).to_contain_text("李敏")

    hall.page.goto("/password")
    hall.page.get_by_label("原密码").fill("wrong")
    hall.page.get_by_label("新密码", exact=True).fill("qwertyuiop[]")
    hall.page.get_by_label("再输入一次新密码").fill("qwertyuiop[]")
    hall.press("修改密码")
    expect(hall.page.locator(".note.bad")).to_contain_text("键盘上相邻的键")
    hall.shoot(shots, "33-password")


def test_a_hall_without_a_provider_says_so(
    address: str, new_page: Callable[..., Page], has_script: bool, shots: Path
) -> None:
    hall = Hall(new_page(address, has_script=has_script), has_script=has_script)
    hall.page.goto("/login/licence")
    expect(hall.page.get_by_text("这里还没有开通营业执照登录")).to_be_visible()
    hall.shoot(shots, "34-licence-closed")
    hall.go("改用账户密码登录")
    expect(hall.page.get_by_label("用户名")).to_be_visible()
    hall.shoot(shots, "35-password-tab")
