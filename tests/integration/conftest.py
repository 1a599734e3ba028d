"""The whole application on a fresh database, with a clock that is set by hand and jobs that run when told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask

from app import create_app
from documents.limits import Limits
from documents.store import Store
from jobs.runner import Runner
from jobs.tasks import make_runner
from services import figures
from settings import Settings
from tests.factories import NOW, World, make_world
from tests.integration.clerk import Clerk
from tests.integration.way import Way


class Clock:
    """The present moment, as the test says."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def move(self, **span: float) -> None:
        self.now += timedelta(**span)


class Jobs:
    """What ``wake`` announced, and a runner that does it here and now."""

    def __init__(self, runner: Runner) -> None:
        self.runner = runner
        self.woken: list[int] = []

    def __call__(self) -> None:
        """Do everything that was announced."""
        while self.woken:
            self.runner.run(self.woken.pop(0))

    def sweep(self) -> int:
        """What the worker does once a minute."""
        self.woken.clear()
        return self.runner.sweep()


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
