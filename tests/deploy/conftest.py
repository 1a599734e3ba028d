"""nginx where it is, once for all tests of this folder."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from gateway import NGINX, Gateway, Product

from tests.integration.conftest import app, built, clock, run_jobs, sign_in, world

__all__ = ["app", "built", "clock", "run_jobs", "sign_in", "world"]


@pytest.fixture(scope="session")
def nginx() -> None:
    """Without nginx a test is skipped and says so; in CI that is a failure."""
    if NGINX is None and os.environ.get("CI") != "true":
        pytest.skip("nginx is not installed: apt-get install nginx-light")


@pytest.fixture(scope="session")
def product(nginx: None, demo_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    folder = tmp_path_factory.mktemp("hall")
    shutil.copytree(demo_data, folder / "data")
    running = Product(folder)
    try:
        running.wait()
        yield running
    finally:
        running.stop()
    assert not running.socket.exists()


@pytest.fixture(scope="session")
def gateway(product: Product, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    running = Gateway(tmp_path_factory.mktemp("nginx"), product.port, product.socket)
    running.start()
    try:
        running.wait()
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="session")
def demo_ca(product: Product) -> Path:
    return product.folder / "data" / "demo-ca"
