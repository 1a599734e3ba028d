"""The login page with a UKey, in the real browser: our agent before a real token, and nobody at all."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from cert.agent.files import Pkcs12File, Sm2File
from tests.browser import ukey_site
from tests.browser.conftest import CHROMIUM, FLAGS
from tests.browser.ukey_site import (
    NOBODY,
    answer_agent,
    press,
    press_and_open,
    shoot,
    signed_in,
    state,
    wait_for,
)
from tests.unit.agent.keyrings import (
    LIBRARY,
    PIN,
    UNIT,
    SoftToken,
    make_certificate,
    make_p12,
    make_sm2,
    needs_token,
    running,
    started,
)
from tests.unit.agent.test_agent_keys import verify

site, open_page = ukey_site.site, ukey_site.open_page


@pytest.fixture
def rsa(tmp_path) -> Pkcs12File:
    return Pkcs12File(make_p12(tmp_path), PIN)


# Our agent ----------------------------------------------------------------------------------------


@needs_token
def test_a_key_in_a_token_signs_in(site, open_page, tmp_path):
    token = SoftToken(tmp_path / "token")
    token.init()
    token.add(*make_certificate(tmp_path, "rsa", 21))
    with started("--pkcs11", LIBRARY, environment=token.environment, origin=site.address) as agent:
        site.addresses = {"agent": agent}
        page = open_page()
        wait_for(page, "found")
        expect(page.get_by_text(UNIT)).to_be_visible()
        expect(page.get_by_text("9135 0100 M000 100Y 43")).to_be_visible()
        assert "! 剩 20 天，请续期" in page.locator(".cert").inner_text()
        shoot(page, "found")
        popup = press_and_open(page)
        wait_for(page, "signing")
        shoot(page, "signing")
        expect(popup.get_by_text(site.address, exact=True)).to_be_visible()
        shoot(popup, "agent")
        answer_agent(popup, "000000")
        wait_for(page, "pin_wrong")
        assert state(page) == ["signing", "pin_wrong"]
        shoot(page, "pin-wrong")
        shoot(popup, "agent-pin-wrong")
        with popup.expect_event("close"):
            answer_agent(popup, PIN)
        verify(tmp_path, *signed_in(page, site), "rsa")


def test_an_sm2_key_signs_in(site, open_page, tmp_path):
    with running(Sm2File(*make_sm2(tmp_path)), origins=(site.address,)) as agent:
        site.addresses = {**NOBODY, "agent": agent.address}
        page = open_page()
        wait_for(page, "found")
        answer_agent(press_and_open(page), PIN)
        verify(tmp_path, *signed_in(page, site), "sm2")


def test_refused_closed_and_tried_again(site, open_page, rsa, tmp_path):
    with running(rsa, origins=(site.address,)) as agent:
        site.addresses = {"agent": agent.address}
        page = open_page()
        wait_for(page, "found")
        answer_agent(press_and_open(page), None, "拒绝")
        wait_for(page, "cancelled")
        assert state(page) == ["cancelled", "found"]
        shoot(page, "cancelled")
        popup = press_and_open(page)
        expect(popup.get_by_role("heading", name="是否允许这次签名？")).to_be_visible()
        popup.close()
        wait_for(page, "cancelled")
        answer_agent(press_and_open(page), PIN)
        verify(tmp_path, *signed_in(page, site), "rsa")


def test_several_certificates_one_is_chosen(site, open_page, rsa, tmp_path):
    (tmp_path / "sm2").mkdir()
    with running(rsa, Sm2File(*make_sm2(tmp_path / "sm2")), origins=(site.address,)) as agent:
        site.addresses = {"agent": agent.address}
        page = open_page()
        wait_for(page, "found")
        expect(page.get_by_role("radio")).to_have_count(2)
        expect(page.get_by_text("读到几张证书")).to_be_visible()
        page.get_by_role("radio").nth(1).check()
        shoot(page, "several")
        answer_agent(press_and_open(page), PIN)
        verify(tmp_path, *signed_in(page, site), "sm2")


def test_a_key_that_comes_later_is_found(site, open_page, tmp_path):
    class Drawer:
        """A source that is empty until its key is put in."""

        def __init__(self):
            self.held = []

        def certificates(self):
            return list(self.held)

    drawer = Drawer()
    with running(drawer, origins=(site.address,)) as agent:
        site.addresses = {"agent": agent.address}
        page = open_page()
        wait_for(page, "no_key")
        shoot(page, "no-key")
        drawer.held = Pkcs12File(make_p12(tmp_path), PIN).certificates()
        wait_for(page, "found")


def test_an_agent_that_does_not_know_the_site_says_so(site, open_page, rsa):
    with running(rsa) as agent:
        site.addresses = {"agent": agent.address}
        page = open_page()
        wait_for(page, "refused")
        expect(page.get_by_text(site.address)).to_be_visible()
        shoot(page, "refused")


def test_a_popup_that_is_held_back_has_a_link(site, open_page, rsa, tmp_path):
    with running(rsa, origins=(site.address,)) as agent:
        site.addresses = {"agent": agent.address}
        page = open_page()
        wait_for(page, "found")
        page.evaluate("window.open = () => null")
        press(page)
        with page.expect_popup() as opened:
            page.get_by_role("link", name="没有看到窗口").click()
        answer_agent(opened.value, PIN)
        verify(tmp_path, *signed_in(page, site), "rsa")


def test_what_nobody_answers_expires(site, open_page, rsa):
    with running(rsa, origins=(site.address,)) as agent:
        site.addresses = {"agent": agent.address}
        page = open_page()
        wait_for(page, "found")
        with page.expect_request(lambda sent: sent.method == "GET" and "/signatures/" in sent.url) as polled:
            press(page)
        agent.agent.items.withdraw(polled.value.url.rsplit("/", 1)[1], site.address)
        wait_for(page, "expired")
        assert state(page) == ["expired", "found"]
        shoot(page, "expired")


def test_an_old_page_takes_a_new_challenge(site, open_page, rsa, tmp_path):
    with running(rsa, origins=(site.address,)) as agent:
        site.addresses = {"agent": agent.address}
        page = open_page("/login/ca?next=/wages")
        wait_for(page, "found")
        page.clock.install()
        page.reload()
        wait_for(page, "found")
        old = site.challenges
        page.clock.fast_forward(120_000)
        with page.expect_popup() as opened:
            press(page)
        page.clock.resume()
        answer_agent(opened.value, PIN)
        verify(tmp_path, *signed_in(page, site), "rsa")
        assert site.posted[0]["challenge_id"] == f"c{old + 1}"


# Nothing there ------------------------------------------------------------------------------------


def test_without_any_driver_the_page_says_what_to_install(site, open_page):
    site.addresses = NOBODY
    page = open_page()
    wait_for(page, "none")
    assert state(page) == ["none"]
    expect(page.get_by_role("link", name="CA 驱动 38.7 MB")).to_be_visible()
    shoot(page, "none")
    page.get_by_role("link", name="重新检测").locator("visible=true").click()
    wait_for(page, "none")


def test_a_refused_post_says_why_and_looks_again(site, open_page, rsa):
    site.problem = "这张证书已被吊销，不能登录。"
    site.downloads = []
    site.addresses = NOBODY
    page = open_page()
    expect(page.get_by_role("alert").get_by_text("已被吊销")).to_be_visible()
    wait_for(page, "none")
    shoot(page, "problem")


def test_without_javascript_the_page_says_what_it_needs(site, open_page):
    site.tls_address = "https://tls.example/"
    page = open_page(has_script=False)
    expect(page.get_by_text("使用 UKey 需要浏览器脚本")).to_be_visible()
    assert state(page) == ["plain"]
    shoot(page, "no-script")
    page.get_by_role("link", name="用浏览器里的证书登录").click()
    assert page.url.endswith("/login/tls")


@pytest.fixture
def public_page(browser, site):
    """The site as if it lay on the public net, for browsers that ask before it may reach this machine."""
    port = site.address.rsplit(":", 1)[1]
    site.address = f"http://hall.test:{port}"
    chromium = browser.browser_type.launch(
        executable_path=CHROMIUM,
        args=[
            *FLAGS,
            f"--ip-address-space-overrides=127.0.0.1:{port}=public",
            "--host-resolver-rules=MAP hall.test 127.0.0.1",
            f"--unsafely-treat-insecure-origin-as-secure={site.address}",
        ],
    )
    yield chromium.new_context(base_url=site.address, viewport={"width": 1280, "height": 900})
    chromium.close()


def test_a_browser_that_keeps_pages_from_this_machine_is_explained(site, public_page, rsa):
    with running(rsa, origins=(site.address,)) as agent:
        site.addresses = {"agent": agent.address}
        page = public_page.new_page()
        page.goto("/login/ca")
        wait_for(page, "blocked")  # a browser without a window says no to what it cannot ask
        shoot(page, "blocked")


def test_a_browser_that_was_given_leave_finds_the_key(site, public_page, rsa):
    public_page.grant_permissions(["local-network-access"], origin=site.address)
    with running(rsa, origins=(site.address,)) as agent:
        site.addresses = {"agent": agent.address}
        page = public_page.new_page()
        page.goto("/login/ca")
        wait_for(page, "found")


def test_an_address_off_this_machine_is_never_asked(site, open_page):
    asked = []
    site.addresses = {
        "agent": "https://evil.example",
        "jit": "http://10.0.0.1:10086/",
        "bjca": "ws://evil.example/",
    }
    page = open_page()
    page.on("request", lambda sent: asked.append(sent.url))
    page.reload()
    wait_for(page, "none")
    assert [url for url in asked if not url.startswith(site.address)] == []
