"""House tests that walk the application borrow the fixtures of the integration tests."""

from tests.integration.conftest import app, built, clock, run_jobs, sign_in, way, world

__all__ = ["app", "built", "clock", "run_jobs", "sign_in", "way", "world"]
