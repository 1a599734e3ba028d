"""CA 登录 from end to end: the product, our agent, a key in a token or a file, and the real browser."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from cert.demo import PIN as DEMO_PIN
from cert.demo import Demo, make_demo
from rules.identity import uscc_check_char
from services.demo import UNITS
from tests.browser.conftest import free_port, product
from tests.browser.ukey_site import answer_agent, press_and_open, shoot, wait_for
from tests.unit.agent.keyrings import LIBRARY, PIN, SoftToken, needs_token, started

SMALL = next(unit for unit in UNITS if unit.people == 72)


@pytest.fixture(scope="session")
def demo_ca(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """Keys of the sample's unit of 72 people."""
    uscc = SMALL.uscc17 + uscc_check_char(SMALL.uscc17)
    return make_demo(tmp_path_factory.mktemp("demo-ca"), [(SMALL.name, uscc)], datetime.now(UTC))


class Hall:
    """Where the product will stand, so that the agent can be told before it starts."""

    def __init__(self, folder: Path, data: Path, demo: Demo) -> None:
        self.folder, self.data, self.demo, self.port = folder, data, demo, free_port()
        self.address = f"http://127.0.0.1:{self.port}"

    def open(self, agent: str):
        return product(
            self.folder,
            self.data,
            self.port,
            WANGTING_TRUST=str(self.demo.trust),
            WANGTING_UKEY_AGENT=agent,
            WANGTING_UKEY_JIT="-",
            WANGTING_UKEY_BJCA="-",
        )


@pytest.fixture
def hall(tmp_path: Path, demo_data: Path, demo_ca: Demo) -> Iterator[Hall]:
    (tmp_path / "hall").mkdir()
    yield Hall(tmp_path / "hall", demo_data, demo_ca)


def sign_in(page: Page, pin: str) -> None:
    """From the certificate on the screen to the grid's unit."""
    page.goto("/login/ca")
    wait_for(page, "found")
    expect(page.get_by_text(SMALL.name)).to_be_visible()
    shoot(page, "hall-found")
    answer_agent(press_and_open(page), pin)
    expect(page.get_by_text("证书已核对")).to_be_visible()
    shoot(page, "hall-choice")
    page.get_by_role("button", name=SMALL.operators[0][1]).click()
    expect(page.get_by_role("heading", name="工资申报", exact=False).first).to_be_visible()
    page.goto("/certificate")
    expect(page.get_by_text("本次登录使用的证书")).to_be_visible()
    shoot(page, "hall-certificate")


@needs_token
def test_an_rsa_key_in_a_token_opens_the_hall(hall, new_page, tmp_path):
    token = SoftToken(tmp_path / "token")
    token.init()
    holder = hall.demo.units[0].sign["RSA"]
    key = tmp_path / "rsa.key"
    line = ["openssl", "pkcs12", "-in", holder.key, "-nocerts", "-nodes", "-out", key]
    subprocess.run([*line, "-passin", f"pass:{DEMO_PIN}"], check=True, capture_output=True)
    token.add(key, holder.certificate)
    with (
        started("--pkcs11", LIBRARY, environment=token.environment, origin=hall.address) as agent,
        hall.open(agent) as address,
    ):
        sign_in(new_page(address), PIN)


def test_an_sm2_key_opens_the_hall(hall, new_page):
    holder = hall.demo.units[0].sign["SM2"]
    with (
        started("--sm2", holder.key, "--cert", holder.certificate, origin=hall.address) as agent,
        hall.open(agent) as address,
    ):
        sign_in(new_page(address), DEMO_PIN)
