"""The sample's UKey agent: a child of the product, restarted, asked by its own pages only, never in production."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
import requests
from gateway import PATIENCE_S, Product, free_port, wait_until

from cert.demo import PIN
from deploy.supervisor import _commands
from settings import Settings


@pytest.fixture(scope="module")
def agent_port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def product(agent_port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    running = Product(
        tmp_path_factory.mktemp("hall"),
        WANGTING_DEMO_AGENT="yes",
        WANGTING_UKEY_AGENT=f"http://127.0.0.1:{agent_port}",
        WANGTING_TLS_SOCKET="",
    )
    try:
        running.wait()
        yield running
    finally:
        running.stop()


def ask(port: int, origin: str) -> requests.Response:
    return requests.get(
        f"http://127.0.0.1:{port}/certificates", headers={"Origin": origin}, timeout=PATIENCE_S
    )


def is_there(port: int, origin: str) -> bool:
    try:
        return ask(port, origin).ok
    except requests.ConnectionError:
        return False


def agent_of(product: Product) -> psutil.Process | None:
    for child in psutil.Process(product.process.pid).children():
        with contextlib.suppress(psutil.NoSuchProcess):
            if "deploy.demo_agent" in child.cmdline():
                return child
    return None


def test_it_holds_every_sample_unit_s_keys_for_our_pages_only(product, agent_port):
    own = f"http://127.0.0.1:{product.port}"
    wait_until(lambda: is_there(agent_port, own), product.process, product.log)
    for origin in (own, f"http://localhost:{product.port}"):
        found = ask(agent_port, origin).json()["certificates"]
        assert len(found) == 8 and len({one["uscc"] for one in found}) == 4
        assert {one["algorithm"] for one in found} == {"RSA", "SM2"}
    assert ask(agent_port, "http://localhost:1").status_code == 403
    started = product.log.read_text()
    assert f"PIN: {PIN}" in started and "UNATTENDED" not in started


def test_it_asks_before_it_signs(product, agent_port):
    own = f"http://127.0.0.1:{product.port}"
    wait_until(lambda: is_there(agent_port, own), product.process, product.log)
    one = ask(agent_port, own).json()["certificates"][0]
    made = requests.post(
        f"http://127.0.0.1:{agent_port}/signatures",
        json={"certificate": one["id"], "text": "hello"},
        headers={"Origin": own},
        timeout=PATIENCE_S,
    )
    assert made.status_code == 201
    window = requests.get(made.json()["page"], timeout=PATIENCE_S).text
    assert 'type="password"' in window and "hello" in window


def test_it_is_started_again_when_it_dies(product, agent_port):
    own = f"http://127.0.0.1:{product.port}"
    wait_until(lambda: is_there(agent_port, own), product.process, product.log)
    agent = agent_of(product)
    agent.kill()
    wait_until(lambda: not agent.is_running(), product.process, product.log)
    wait_until(lambda: is_there(agent_port, own), product.process, product.log)


def test_a_port_that_is_taken_is_said_and_left(product, agent_port):
    own = f"http://127.0.0.1:{product.port}"
    wait_until(lambda: is_there(agent_port, own), product.process, product.log)
    agent_of(product).kill()
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        wait_until(lambda: is_bound(other, agent_port), product.process, product.log)
        wait_until(lambda: "is taken" in product.log.read_text(), product.process, product.log)
        wait_until(lambda: agent_of(product) is None, product.process, product.log)
    assert requests.get(f"{own}/healthz", timeout=PATIENCE_S).ok
    # Started once in vain; the end that means "taken" is not followed by another start.
    assert f"ended with {os.EX_TEMPFAIL}" not in product.log.read_text()


def is_bound(other: socket.socket, port: int) -> bool:
    try:
        other.bind(("127.0.0.1", port))
    except OSError:
        return False
    other.listen()
    return True


@pytest.mark.parametrize("changes", [{"demo": False}, {"demo_agent": False}, {"ukey_agent": ""}])
def test_without_the_sample_there_is_no_agent(changes, tmp_path: Path):
    settings = Settings(data=tmp_path)
    with socket.socket() as listener:
        assert "agent" in _commands(settings, listener, None)
        assert set(_commands(replace(settings, web_processes=1, **changes), listener, None)) == {
            "worker",
            "web 0",
        }
