"""The whole application on a fresh database, with a clock that is set by hand and jobs that run when told."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import update

from app import create_app
from cert.demo import Demo, make_demo
from cert.folder import TrustFolder
from cert.trust import Trust, load_trust
from documents.limits import Limits
from documents.store import Store
from jobs.runner import Runner
from jobs.tasks import make_runner
from models.db import transaction
from models.unit import Unit
from services import figures
from settings import Settings
from tests.factories import NOW, World, make_world
from tests.integration.clerk import Clerk, Page
from tests.integration.moment import Clock, Jobs
from tests.integration.ukeys import FAR, OURS, STRANGERS, THEIRS
from tests.integration.way import Way


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Flask, Clock, Jobs]:
    """The application is made once: compiled templates are the slow part of it."""
    clock = Clock()
    settings = Settings(data=tmp_path_factory.mktemp("data"), demo=False, secret_key="k" * 64)
    jobs = Jobs(make_runner(Store(settings.data / "files"), Limits(), clock))
    app = create_app(settings, clock=clock, wake=lambda job_id: jobs.woken.append(job_id))
    # A bug in a view or a template should fail the test with its own traceback.
    app.config["PROPAGATE_EXCEPTIONS"] = False
    return app, clock, jobs


@pytest.fixture
def app(built: tuple[Flask, Clock, Jobs], database: str) -> Flask:
    app, clock, jobs = built
    clock.now = NOW
    jobs.woken.clear()
    # Numbers of one database mean nothing in the next.
    figures._kept.clear()
    return app


@pytest.fixture
def clock(app: Flask, built: tuple[Flask, Clock, Jobs]) -> Clock:
    return built[1]


@pytest.fixture
def run_jobs(app: Flask, built: tuple[Flask, Clock, Jobs]) -> Jobs:
    return built[2]


@pytest.fixture
def runner(run_jobs: Jobs) -> Runner:
    return run_jobs.runner


@pytest.fixture
def world(app: Flask) -> World:
    return make_world()


@pytest.fixture
def sign_in(app: Flask, world: World) -> Callable[[str], Clerk]:
    """A browser in which somebody has signed in."""

    def enter(username: str) -> Clerk:
        clerk = Clerk(app)
        clerk.sign_in(username)
        return clerk

    return enter


@pytest.fixture
def wang(sign_in: Callable[[str], Clerk]) -> Clerk:
    """An operator of our unit."""
    return sign_in("wang")


@pytest.fixture
def way(world: World, run_jobs: Jobs, clock: Clock, app: Flask) -> Way:
    """Short cuts through the services to any step of a declaration."""
    return Way(world, run_jobs, clock, app.config["STORE"])


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """A CA with keys for our unit, for the one far away, and for a firm that the hall does not know."""
    units = [("单位23000072", OURS), ("单位15010312", FAR), ("别家有限公司", STRANGERS)]
    return make_demo(tmp_path_factory.mktemp("demo-ca"), units, NOW)


@pytest.fixture
def hall(app: Flask, world: World, demo: Demo, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """The application trusts the CA, and the three units have codes of their own."""
    monkeypatch.setitem(app.config, "TRUST", TrustFolder(demo.trust))
    with transaction() as session:
        for unit, uscc in ((world.ours, OURS), (world.theirs, THEIRS), (world.far, FAR)):
            session.connection().execute(update(Unit).where(Unit.id == unit.id).values(uscc=uscc))
    return app


@pytest.fixture
def trust(demo: Demo) -> Trust:
    return load_trust(demo.trust)


@pytest.fixture
def started(way: Way) -> int:
    """A declaration with its list and no wages."""
    return way.started()


@pytest.fixture
def look(wang: Clerk, way: Way) -> Callable[..., Page]:
    """Send a file and open its result."""

    def send(declaration_id: int, data: bytes, name: str = "工资.txt") -> Page:
        upload_id = way.upload(declaration_id, data, name)
        return wang.get(f"/wages/uploads/{upload_id}")

    return send
