"""The real processes: a worker killed in the middle of a job is replaced, and its job is finished and right."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, build_opener

import lxml.html
import psutil
import pytest

ROOT = Path(__file__).parents[2]
PATIENCE_S = 90
LARGE_UNIT = ("bdh_zhao", "demo-2026")
PEOPLE = 20_000


class Product:
    """``python app.py`` with a data folder of its own, and a browser in front of it."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.database = folder / "data" / "wangting.db"
        self.log = folder / "log"
        environment = {name: value for name, value in os.environ.items() if not name.startswith("WANGTING_")}
        environment |= {
            "PORT": str(self.port),
            "WANGTING_DATA": str(folder / "data"),
            "WANGTING_DEMO_AGENT": "no",
            "WANGTING_WEB_PROCESSES": "2",
        }
        with self.log.open("wb") as log:
            command = [sys.executable, str(ROOT / "app.py")]
            self.process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=ROOT)
        self.browser: OpenerDirector = build_opener(HTTPCookieProcessor(CookieJar()))

    def children(self, word: str) -> list[psutil.Process]:
        """The running children whose command line holds a word."""
        found = []
        for child in psutil.Process(self.process.pid).children(recursive=True):
            try:
                if word in child.cmdline() and child.status() != psutil.STATUS_ZOMBIE:
                    found.append(child)
            except psutil.NoSuchProcess:
                continue
        return found

    def page(self, path: str, **fields: str) -> str:
        """The text of a page; with fields it is a POST with the token of the page before."""
        data = urlencode({"csrf_token": self.token, **fields}).encode() if fields else None
        with self.browser.open(f"http://127.0.0.1:{self.port}{path}", data, timeout=30) as answer:
            text: str = answer.read().decode()
        tokens = lxml.html.fromstring(text).xpath("//input[@name='csrf_token']/@value")
        self.token = tokens[0] if tokens else ""
        return text

    def is_up(self) -> bool:
        try:
            with self.browser.open(f"http://127.0.0.1:{self.port}/healthz", timeout=5) as answer:
                return bool(answer.read() == b"ok\n")
        except (URLError, OSError):
            return False

    def ask(self, query: str) -> tuple[object, ...]:
        """One row of the database."""
        with closing(sqlite3.connect(self.database, timeout=30)) as connection, connection:
            row: tuple[object, ...] = connection.execute(query).fetchone() or ()
        return row

    def change(self, statement: str) -> None:
        with closing(sqlite3.connect(self.database, timeout=30)) as connection, connection:
            connection.execute(statement)


def wait_until(is_so: Callable[[], object], what: str, product: Product, pause: float = 0.05) -> None:
    """Ask until it is so; the test fails when it never is, or when the product ends meanwhile."""
    until = time.monotonic() + PATIENCE_S
    while not is_so():
        assert product.process.poll() is None, product.log.read_text()
        assert time.monotonic() < until, f"waited in vain for {what}\n{product.log.read_text()[-3000:]}"
        time.sleep(pause)


@pytest.fixture
def product(tmp_path: Path, demo_data: Path) -> Iterator[Product]:
    shutil.copytree(demo_data, tmp_path / "data")
    product = Product(tmp_path)
    wait_until(product.is_up, "the first answer", product)
    wait_until(lambda: product.children("worker"), "the worker", product)
    yield product
    if product.process.poll() is None:
        left = psutil.Process(product.process.pid).children(recursive=True)
        product.process.terminate()
        product.process.wait(timeout=30)
        for child in left:
            if child.is_running():
                child.kill()


def stop(product: Product) -> None:
    """SIGTERM ends the product and everything that it started."""
    family = psutil.Process(product.process.pid).children(recursive=True)
    assert len(family) == 3
    product.process.send_signal(signal.SIGTERM)
    assert product.process.wait(timeout=30) == 0
    _gone, left = psutil.wait_procs(family, timeout=30)
    assert left == []
    assert not product.is_up()


def test_a_job_survives_the_death_of_its_worker(product):
    product.page("/login")
    product.page("/login", username=LARGE_UNIT[0], password=LARGE_UNIT[1])
    (first,) = product.children("worker")
    product.page("/wages/")
    year = time.localtime().tm_year
    product.page("/wages/", year=str(year), insurances="410")
    wait_until(
        lambda: (product.ask("SELECT done FROM job WHERE kind = 'start'") or (0,))[0],
        "the job's first people",
        product,
        pause=0.002,
    )
    first.suspend()
    state, attempts = product.ask("SELECT state, attempts FROM job WHERE kind = 'start'")
    assert (state, attempts) == ("running", 1), "the job was too quick to be interrupted"
    first.kill()
    # The lease would run for a minute: let the clock go on.
    product.change("UPDATE job SET lease_until = '2000-01-01 00:00:00.000000' WHERE kind = 'start'")
    wait_until(
        lambda: [one for one in product.children("worker") if one.pid != first.pid], "a new worker", product
    )
    wait_until(
        lambda: product.ask("SELECT state FROM job WHERE kind = 'start'") == ("done",),
        "the job's end",
        product,
    )
    assert product.ask("SELECT attempts FROM job WHERE kind = 'start'") == (2,)
    assert f"参保人数 {PEOPLE}，未录入人数 {PEOPLE}" in product.page("/wages/1")
    assert product.ask("SELECT count(*), count(DISTINCT person_id), min(seq), max(seq) FROM wage_row") == (
        PEOPLE,
        PEOPLE,
        1,
        PEOPLE,
    )
    assert product.ask("SELECT insured, entered FROM tally") == (PEOPLE, 0)
    stop(product)


def test_a_web_process_that_dies_is_started_again_and_sessions_survive(product):
    product.page("/login")
    product.page("/login", username=LARGE_UNIT[0], password=LARGE_UNIT[1])
    before = product.children("web")
    assert len(before) == 2
    for one in before:
        one.kill()
    wait_until(
        lambda: len([one for one in product.children("web") if one not in before]) == 2,
        "two new web processes",
        product,
    )
    wait_until(product.is_up, "an answer", product)
    assert "赵海燕" in product.page("/")
    stop(product)
