"""Keeps the web processes and the worker running: one listening socket, children restarted when they die."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from waitress.server import create_server

from models import db
from settings import Settings

log = logging.getLogger("wangting.supervisor")
APP = str(Path(__file__).parent.parent / "app.py")
RESTART_PAUSE = 1.0


def supervise(settings: Settings) -> int:
    """Start everything and stay until told to stop; returns the exit code."""
    listener = socket.create_server((settings.host, settings.port), backlog=256)
    listener.set_inheritable(True)
    commands: dict[str, list[str]] = {"worker": ["worker"]}
    for number in range(settings.processes):
        core = number % (os.cpu_count() or 1)
        commands[f"web {number}"] = ["web", "--socket", str(listener.fileno()), "--core", str(core)]
    stopping: list[int] = []
    for received in (signal.SIGTERM, signal.SIGINT):
        signal.signal(received, lambda number, _frame: stopping.append(number))
    children = {name: _start(command, listener) for name, command in commands.items()}
    while not stopping:
        time.sleep(0.2)
        for name, child in children.items():
            if child.poll() is not None and not stopping:
                log.error("%s ended with %s and is started again", name, child.returncode)
                time.sleep(RESTART_PAUSE)
                children[name] = _start(commands[name], listener)
    _stop(list(children.values()))
    return 0


def serve(app: Callable[..., object], settings: Settings, descriptor: int | None, core: int | None) -> None:
    """Serve with waitress on an inherited socket or one of its own.

    A process kept on one core does not fight itself for the interpreter lock across two.
    """
    if core is not None and hasattr(os, "sched_setaffinity"):
        with contextlib.suppress(OSError):
            os.sched_setaffinity(0, {core})
    options: dict[str, object] = {
        "threads": settings.web_threads,
        "ident": None,
        "channel_timeout": 60,
        # Answer from the thread that made the page: docs/adr/0008.
        "send_bytes": 1,
    }
    if descriptor is None:
        options |= {"host": settings.host, "port": settings.port}
    else:
        options["sockets"] = [socket.socket(fileno=descriptor)]
    server = create_server(app, **options)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with contextlib.suppress(KeyboardInterrupt, SystemExit):
        server.run()
    leave()


def leave() -> None:
    """End this process now. Everything is committed; tearing the interpreter down can hang in a library."""
    db.disconnect()
    logging.shutdown()
    sys.stdout.flush()
    os._exit(0)


def _start(command: list[str], listener: socket.socket) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, APP, *command], pass_fds=[listener.fileno()])


def _stop(children: list[subprocess.Popen[bytes]]) -> None:
    for child in children:
        child.terminate()
    for child in children:
        try:
            child.wait(timeout=10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
