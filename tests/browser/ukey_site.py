"""A small site with the real login page and script, but without the hall behind it: what was posted is kept."""

from __future__ import annotations

import os
import re
import threading
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from flask import Blueprint, Flask, render_template, request, url_for
from playwright.sync_api import Page, expect
from werkzeug.serving import make_server

from translations import gettext

ROOT = Path(__file__).parents[2]
DOWNLOADS = [("CA 驱动", "38.7 MB", "/driver.exe"), ("浏览器插件", "15.3 MB", "/plugin.exe")]

NOBODY = {"agent": "http://127.0.0.1:9", "jit": "http://127.0.0.1:9/", "bjca": "ws://127.0.0.1:9/xtxapp/"}
EXPECTED = ("net::ERR_", "WebSocket connection", "CORS policy", "status of 4")
SHOTS = os.environ.get("SCREENSHOTS")


@dataclass
class Site:
    """The site: what its page is told, and what came back."""

    address: str = ""
    addresses: dict[str, str] = field(default_factory=dict)
    downloads: list[tuple[str, str, str]] = field(default_factory=lambda: DOWNLOADS)
    problem: str = ""
    tls_address: str = ""
    challenges: int = 0
    posted: list[dict[str, str]] = field(default_factory=list)

    def text(self, challenge: str) -> str:
        """What is to be signed under a challenge's id."""
        return f"网厅登录\n{self.address}\n随机数 {challenge}"

    def page(self) -> str:
        self.challenges += 1
        challenge = f"c{self.challenges}"
        return render_template(
            "auth/ca.html",
            challenge={"id": challenge, "text": self.text(challenge)},
            next="/wages",
            has_ca=True,
            addresses=self.addresses,
            downloads=self.downloads,
            problem=self.problem,
            tls_address=self.tls_address,
        )

    def signed(self) -> tuple[dict[str, str], bytes, bytes, bytes]:
        """The one form that was posted: itself, the certificate, the signature, and what had to be signed."""
        [form] = self.posted
        text = self.text(form["challenge_id"]).encode()
        return form, b64decode(form["certificate"]), b64decode(form["signature"]), text


@contextmanager
def site_running() -> Iterator[Site]:
    site = Site()
    server = make_server("127.0.0.1", 0, _application(site), threaded=True)
    site.address = f"http://127.0.0.1:{server.port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()


def _application(site: Site) -> Flask:
    app = Flask("site", root_path=str(ROOT))
    app.secret_key = "of this test"
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(gettext, lambda one, many, n: one, newstyle=True)
    app.jinja_env.globals["asset"] = lambda name: url_for("static", filename=name)
    app.jinja_env.globals["csrf_token"] = lambda: f"csrf{site.challenges}"
    auth = Blueprint("auth", "site")

    @auth.route("/login/ca", methods=["GET", "POST"])
    def ca() -> str:
        if request.method == "POST":
            site.posted.append(request.form.to_dict())
            return "<!DOCTYPE html><title>in</title><h1>已登录</h1>"
        return site.page()

    for name in ("sign_in", "licence", "tls"):
        auth.add_url_rule(f"/login/{name}", name, lambda: "<!DOCTYPE html><title>other</title>")
    app.register_blueprint(auth)
    app.add_url_rule("/", "home.index", lambda: "")
    for endpoint in ("filings.verify", "units.join", "units.join_find"):
        app.add_url_rule(f"/{endpoint}", endpoint, lambda: "")

    @app.after_request
    def guard(response):
        drivers = " ".join(site.addresses.values())
        response.headers["Content-Security-Policy"] = (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; "
            f"base-uri 'none'; frame-ancestors 'none'; connect-src 'self' {drivers} http://127.0.0.1:*"
        )
        return response

    return app


def state(page: Page) -> list[str]:
    """The pieces that are shown now, in the page's order."""
    shown = "parts => parts.filter(part => !part.hidden).map(part => part.getAttribute('data-ukey'))"
    return list(page.locator("form [data-ukey]").evaluate_all(shown))


def wait_for(page: Page, name: str) -> None:
    expect(page.locator(f'[data-ukey="{name}"]')).to_be_visible()


def answer_agent(popup: Page, pin: str | None, button: str = "允许") -> None:
    """What a person does in the agent's window."""
    expect(popup.get_by_role("heading", name="是否允许这次签名？")).to_be_visible()
    if pin is not None:
        popup.get_by_label(re.compile("PIN 码")).fill(pin)
    popup.get_by_role("button", name=button).click()


def shoot(page: Page, name: str) -> None:
    """Pictures at both widths, for people to look at."""
    for width in (1280, 390) if SHOTS else ():
        page.set_viewport_size({"width": width, "height": 900})
        page.screenshot(path=Path(SHOTS or "") / f"ukey-{name}-{width}.png", full_page=True)
    page.set_viewport_size({"width": 1280, "height": 900})


def press(page: Page) -> None:
    page.get_by_role("button", name="用此证书登录").click()


def press_and_open(page: Page) -> Page:
    with page.expect_popup() as opened:
        press(page)
    return opened.value


def signed_in(page: Page, site: Site, kind: str = "raw") -> tuple[bytes, bytes, bytes]:
    expect(page.get_by_role("heading", name="已登录")).to_be_visible()
    form, certificate, signature, text = site.signed()
    assert set(form) == {"csrf_token", "challenge_id", "next", "certificate", "signature", "kind"}
    assert (form["kind"], form["next"]) == (kind, "/wages")
    assert form["csrf_token"] == "csrf" + form["challenge_id"][1:]
    return certificate, signature, text


@pytest.fixture
def site() -> Iterator[Site]:
    with site_running() as site:
        yield site


@pytest.fixture
def open_page(browser, site):
    contexts, problems = [], []

    def open_at(path: str = "/login/ca?next=/wages", has_script: bool = True) -> Page:
        context = browser.new_context(
            base_url=site.address,
            java_script_enabled=has_script,
            viewport={"width": 1280, "height": 900},
            locale="zh-CN",
        )
        context.set_default_timeout(20_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda said: problems.append(said.text) if said.type == "error" else None)
        page.goto(path)
        return page

    yield open_at
    for context in contexts:
        context.close()
    # A driver that is not there, or refuses, is a line in the browser's console whatever a page does.
    assert [text for text in problems if not any(part in text for part in EXPECTED)] == []
