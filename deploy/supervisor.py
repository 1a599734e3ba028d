"""Keeps the web processes and the worker running: shared listening sockets, children restarted when they die."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

from waitress.server import create_server

from deploy.doors import App, certificate_door, common_door, open_certificate_socket
from models import db
from settings import Settings

log = logging.getLogger("wangting.supervisor")
ROOT = Path(__file__).parent.parent
RESTART_PAUSE = 1.0
CERTIFICATE_THREADS = 2
"""Beside the others: a sign-in by certificate takes some milliseconds, and many do not come at once."""


def supervise(settings: Settings) -> int:
    """Start everything and stay until told to stop; returns the exit code."""
    listener = socket.create_server((settings.host, settings.port), backlog=256)
    certificates = open_certificate_socket(settings.tls_socket) if settings.tls_socket else None
    sockets = [one for one in (listener, certificates) if one is not None]
    for one in sockets:
        one.set_inheritable(True)
    stopping: list[int] = []
    for received in (signal.SIGTERM, signal.SIGINT):
        signal.signal(received, lambda number, _frame: stopping.append(number))
    commands = _commands(settings, listener, certificates)
    children = {name: _start(command, sockets) for name, command in commands.items()}
    while not stopping:
        time.sleep(0.2)
        for name, child in list(children.items()):
            if child.poll() is None or stopping:
                continue
            if name == "agent" and child.returncode == os.EX_TEMPFAIL:
                del children[name]
                continue
            log.error("%s ended with %s and is started again", name, child.returncode)
            time.sleep(RESTART_PAUSE)
            children[name] = _start(commands[name], sockets)
    _stop(list(children.values()))
    if certificates is not None:
        Path(settings.tls_socket).unlink(missing_ok=True)
    return 0


def _commands(
    settings: Settings, listener: socket.socket, certificates: socket.socket | None
) -> dict[str, list[str]]:
    """The command of each child by its name."""
    app = str(ROOT / "app.py")
    commands = {"worker": [app, "worker"]}
    handed = ["--socket", str(listener.fileno())]
    if certificates is not None:
        handed += ["--certificate-socket", str(certificates.fileno())]
    for number in range(settings.processes):
        core = number % (os.cpu_count() or 1)
        commands[f"web {number}"] = [app, "web", *handed, "--core", str(core)]
    agent_port = urlsplit(settings.ukey_agent).port
    if settings.demo and settings.demo_agent and agent_port:
        units = (settings.demo_ca / "units").resolve()
        commands["agent"] = ["-m", "deploy.demo_agent", str(units), "--port", str(agent_port)]
        for host in ("127.0.0.1", "localhost"):
            commands["agent"] += ["--origin", f"http://{host}:{settings.port}"]
    return commands


def serve(
    app: App,
    settings: Settings,
    descriptor: int | None,
    core: int | None,
    certificate_descriptor: int | None = None,
) -> None:
    """Serve with waitress on inherited sockets or those of its own.

    A process kept on one core does not fight itself for the interpreter lock across two. What comes by the
    certificate socket (``WANGTING_TLS_SOCKET``) goes through its own door, with its own threads: waitress does not
    tell an application which of several sockets a request came by.
    """
    if core is not None and hasattr(os, "sched_setaffinity"):
        with contextlib.suppress(OSError):
            os.sched_setaffinity(0, {core})
    options: dict[str, object] = {
        "ident": None,
        "channel_timeout": 60,
        # Without proxies nobody's X-Forwarded-* counts; with them app.py judges, and must get to see them.
        "clear_untrusted_proxy_headers": not settings.proxies,
        # Answer from the thread that made the page: docs/adr/0008.
        "send_bytes": 1,
    }
    if descriptor is None:
        place: dict[str, object] = {"host": settings.host, "port": settings.port}
    else:
        place = {"sockets": [socket.socket(fileno=descriptor)]}
    watched: dict[int, object] = {}
    server = create_server(common_door(app), watched, threads=settings.web_threads, **options, **place)
    certificates = _certificate_socket(settings, certificate_descriptor)
    if certificates is not None:
        door = certificate_door(app)
        # One loop watches the sockets of both.
        create_server(door, watched, threads=CERTIFICATE_THREADS, **options, sockets=[certificates])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with contextlib.suppress(KeyboardInterrupt, SystemExit):
        server.run()
    leave()


def _certificate_socket(settings: Settings, descriptor: int | None) -> socket.socket | None:
    if descriptor is not None:
        return socket.socket(fileno=descriptor)
    return open_certificate_socket(settings.tls_socket) if settings.tls_socket else None


def leave() -> None:
    """End this process now. Everything is committed; tearing the interpreter down can hang in a library."""
    db.disconnect()
    logging.shutdown()
    sys.stdout.flush()
    os._exit(0)


def _start(command: list[str], sockets: list[socket.socket]) -> subprocess.Popen[bytes]:
    # A module is found from here; a script keeps the folder from which the product was started.
    folder = ROOT if command[0] == "-m" else None
    handed = [one.fileno() for one in sockets] if "web" in command else []
    return subprocess.Popen([sys.executable, *command], cwd=folder, pass_fds=handed)


def _stop(children: list[subprocess.Popen[bytes]]) -> None:
    for child in children:
        child.terminate()
    for child in children:
        try:
            child.wait(timeout=10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
