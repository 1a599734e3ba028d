"""The login page with the drivers of two authorities, JIT and BJCA, as far as their protocols are known."""

from __future__ import annotations

import subprocess

import pytest
from playwright.sync_api import expect

from cert.agent.files import Sm2File
from tests.browser import ukey_site
from tests.browser.drivers import JIT_CANCELLED, JIT_NO_KEY, BjcaDriver, JitDriver, bjca_running, jit_running
from tests.browser.ukey_site import NOBODY, press, shoot, signed_in, state, wait_for
from tests.unit.agent.keyrings import PIN, UNIT, make_certificate, make_sm2
from tests.unit.agent.test_agent_keys import verify

site, open_page = ukey_site.site, ukey_site.open_page


# JIT ----------------------------------------------------------------------------------------------


@pytest.fixture
def jit(tmp_path) -> JitDriver:
    return JitDriver(*make_certificate(tmp_path, "rsa"))


def test_jit_signs_a_detached_p7(site, open_page, jit, tmp_path):
    with jit_running(jit) as driver:
        site.addresses = {**NOBODY, "jit": driver}
        page = open_page()
        wait_for(page, "found")
        expect(page.get_by_text(UNIT)).to_be_visible()
        shoot(page, "jit")
        press(page)
        certificate, signature, text = signed_in(page, site, "p7")
    assert certificate == jit.certificate.read_bytes()
    assert ("AddFilter", {"ulType": 1, "strValue": "0A0B0C"}) in jit.calls
    assert jit.calls[-1][0] == "Finalize"
    (tmp_path / "p7").write_bytes(signature)
    (tmp_path / "text").write_bytes(text)
    checked = subprocess.run(
        ["openssl", "cms", "-verify", "-binary", "-noverify", "-inform", "DER", "-in", "p7", "-content", "text"],
        cwd=tmp_path, capture_output=True, check=False,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stderr.decode()


def test_an_older_jit_lists_nothing_and_signs(site, open_page, jit):
    jit.can_list = False
    with jit_running(jit) as driver:
        site.addresses = {"jit": driver}
        page = open_page()
        wait_for(page, "found")
        expect(page.get_by_text("由驱动的窗口显示")).to_be_visible()
        press(page)
        signed_in(page, site, "p7")
    assert "AddFilter" not in [name for name, _values in jit.calls]


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (JIT_CANCELLED, "cancelled"),
        (2148532331, "pin_wrong"),
        (2148532332, "pin_locked"),
        (167772161, "failed"),
    ],
)
def test_jit_says_why_not(site, open_page, jit, error, name):
    with jit_running(jit) as driver:
        site.addresses = {"jit": driver}
        page = open_page()
        wait_for(page, "found")
        jit.error = error
        press(page)
        wait_for(page, name)
        assert state(page) == [name, "found"]
        if name == "failed":
            expect(page.get_by_text("设备错误 167772161")).to_be_visible()
        shoot(page, f"jit-{name}")


def test_jit_without_a_key(site, open_page, jit):
    jit.error = JIT_NO_KEY
    with jit_running(jit) as driver:
        site.addresses = {"jit": driver}
        wait_for(open_page(), "no_key")


# BJCA ---------------------------------------------------------------------------------------------


@pytest.fixture
def bjca(tmp_path) -> BjcaDriver:
    return BjcaDriver(Sm2File(*make_sm2(tmp_path)))


def test_bjca_signs_after_a_wrong_pin(site, open_page, bjca, tmp_path):
    with bjca_running(bjca) as driver:
        site.addresses = {**NOBODY, "bjca": driver}
        page = open_page()
        wait_for(page, "found")
        expect(page.get_by_text("9135 0100 M000 100Y 43")).to_be_visible()
        shoot(page, "bjca")
        pin = page.get_by_label("UKey 的 PIN 码")
        press(page)
        expect(pin).to_be_focused()
        pin.fill("000000")
        press(page)
        wait_for(page, "pin_wrong")
        assert "还可以再试 5 次" in page.locator('[data-ukey="pin_wrong"]').inner_text()
        expect(pin).to_be_focused()
        expect(pin).to_have_value("")
        shoot(page, "bjca-pin-wrong")
        pin.fill(PIN)
        pin.press("Enter")
        certificate, signature, text = signed_in(page, site)
    verify(tmp_path, certificate, signature, text, "sm2")
    assert bjca.method == 0x00020201
    assert PIN not in str(site.posted)


def test_bjca_last_try_and_lock(site, open_page, bjca):
    bjca.tries = 2
    with bjca_running(bjca) as driver:
        site.addresses = {"bjca": driver}
        page = open_page()
        wait_for(page, "found")
        for name, words in (("pin_wrong", "只剩最后 1 次"), ("pin_locked", "UKey 已锁定")):
            page.get_by_label("UKey 的 PIN 码").fill("000000")
            press(page)
            wait_for(page, name)
            expect(page.get_by_text(words)).to_be_visible()
        shoot(page, "pin-locked")


def test_bjca_without_a_key(site, open_page, bjca):
    bjca.is_in = False
    with bjca_running(bjca) as driver:
        site.addresses = {"bjca": driver}
        page = open_page()
        wait_for(page, "no_key")
        bjca.is_in = True
        wait_for(page, "found")
