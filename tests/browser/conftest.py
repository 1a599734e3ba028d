"""The real product, in processes of its own, and Debian's Chromium in front of it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

ROOT = Path(__file__).parents[2]
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
STARTED_WITHIN_S = 90


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without Chromium the browser tests are skipped and say so; in CI that is a failure."""
    if CHROMIUM or os.environ.get("CI") == "true":
        return
    skip = pytest.mark.skip(reason="Chromium is not installed: apt-get install chromium")
    for item in items:
        if "tests/browser" in str(item.path):
            item.add_marker(skip)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    assert CHROMIUM, "CI must run the browser tests, and there is no Chromium"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def product(folder: Path, demo_data: Path, port: int = 0, **variables: str) -> Iterator[str]:
    """A fresh product with the demo data and these variables in ``folder``; answers its address."""
    shutil.copytree(demo_data, folder / "data")
    port = port or free_port()
    own = {"PORT": str(port), "WANGTING_DATA": str(folder / "data"), "WANGTING_DEMO_AGENT": "no"}
    environment = {**os.environ, **own, **variables}
    environment.pop("WANGTING_DATABASE_URL", None)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "app.py")], env=environment, stdout=log, stderr=log
        )
        try:
            _wait_until_up(f"http://127.0.0.1:{port}/healthz", process, folder / "log")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)
    # A page that broke inside the product fails the test that saw it, however well the browser coped.
    assert "Traceback" not in (folder / "log").read_text()


@pytest.fixture
def address(tmp_path: Path, demo_data: Path) -> Iterator[str]:
    """A fresh product with the demo data; answers its address."""
    with product(tmp_path, demo_data) as where:
        yield where


@pytest.fixture(params=["with JavaScript", "without JavaScript"])
def has_script(request: pytest.FixtureRequest) -> bool:
    return bool(request.param == "with JavaScript")


@pytest.fixture
def new_page(browser: Browser) -> Iterator[object]:
    """Opens pages in contexts of their own; fails on any error that a page reports."""
    contexts: list[BrowserContext] = []
    problems: list[str] = []

    def open_page(base: str, *, has_script: bool = True, width: int = 1280) -> Page:
        context = browser.new_context(
            base_url=base,
            java_script_enabled=has_script,
            viewport={"width": width, "height": 900},
            locale="zh-CN",
            accept_downloads=True,
        )
        context.set_default_timeout(20_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda message: _note(problems, message.type, message.text))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert problems == []


def _note(problems: list[str], kind: str, text: str) -> None:
    # A refused value is answered 422 or 409, some tests break the line on purpose, and whoever leaves a page ends
    # its poll; the browser reports all three although they are as they should be.
    expected = ("status of 422", "status of 409", "net::ERR_FAILED", "htmx:afterRequest", "htmx:send")
    if kind == "error" and not any(part in text for part in expected):
        problems.append(text)


def _wait_until_up(url: str, product: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + STARTED_WITHIN_S
    while time.monotonic() < end:
        assert product.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                assert answer.status == 200
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    raise AssertionError(f"not up after {STARTED_WITHIN_S} s:\n{log.read_text()}")
