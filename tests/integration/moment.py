"""The present of a test: a clock that is set by hand, and jobs that run when told."""

from __future__ import annotations

from datetime import datetime, timedelta

from jobs.runner import Runner
from tests.factories import NOW


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
