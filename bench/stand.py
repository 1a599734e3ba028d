"""Where a benchmark stands: a data folder of its own, and the product's real processes serving it."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import cache
from pathlib import Path

from bench.load import Browser, Unexpected, sign_in, token_in
from services.demo import PASSWORD

ROOT = Path(__file__).parent.parent
# The web process on one core, the load on another: neither side's figures are shared work.
WEB_CORE, LOAD_CORE = 0, 1
LARGE, SMALL = "bdh_zhao", "slb_wang"
"""Operators of the sample's units of 20,000 and of 72 people."""

_shelves: list[Path] = []


@contextmanager
def temporary_shelf() -> Iterator[None]:
    """A temporary folder for everything that this run leaves behind; gone at the end."""
    with tempfile.TemporaryDirectory(prefix="wangting-bench-", ignore_cleanup_errors=True) as folder:
        _shelves.append(Path(folder))
        try:
            yield
        finally:
            _shelves.pop()


def shelf() -> Path:
    """This run's folder."""
    return _shelves[-1]


def environment(data: Path, port: int = 0) -> dict[str, str]:
    """The environment of a child: the product's own defaults, whatever the caller's shell has set."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("WANGTING_")}
    return clean | {"PORT": str(port), "WANGTING_DATA": str(data), "WANGTING_LOG_LEVEL": "WARNING"}


def inside(data: Path, *command: object) -> str:
    """Run ``bench.inside`` on a data folder in a process of its own; returns what it printed.

    Raises ``Unexpected`` with its last words when it fails.
    """
    line = [sys.executable, "-m", "bench.inside", *map(str, command)]
    done = subprocess.run(line, cwd=ROOT, env=environment(data), capture_output=True, text=True, check=False)
    if done.returncode:
        raise Unexpected(f"{' '.join(line[1:])} ended with {done.returncode}:\n{done.stderr[-3000:]}")
    return done.stdout


@cache
def demo_folder() -> Path:
    """A migrated data folder with the sample, made once a run; work on copies."""
    folder = shelf() / "demo"
    inside(folder, "demo")
    return folder


@cache
def unit_folder(people: int) -> Path:
    """A data folder with one unit of so many people and its declaration open; made once a run."""
    folder = shelf() / f"unit-{people}"
    inside(folder, "unit", people)
    return folder


def copy_of(folder: Path, name: str) -> Path:
    """A copy of a data folder, in place of one of that name; nobody may have the original open."""
    copy = shelf() / name
    shutil.rmtree(copy, ignore_errors=True)
    return Path(shutil.copytree(folder, copy))


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@contextmanager
def process(*command: str, data: Path, port: int = 0) -> Iterator[subprocess.Popen[bytes]]:
    """A child in the project's folder, stopped at the end however that comes; its words go to a file."""
    words = shelf() / f"{'-'.join(command[:3]).replace('/', '_')}.log"
    with words.open("ab") as out:
        child = subprocess.Popen(
            [sys.executable, *command], cwd=ROOT, env=environment(data, port), stdout=out, stderr=out
        )
    try:
        yield child
    except Exception as error:
        error.add_note(words.read_text(errors="replace")[-3000:])
        raise
    finally:
        child.terminate()
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def wait_for(port: int, child: subprocess.Popen[bytes]) -> None:
    """Wait until a child accepts connections; raises ``Unexpected`` when it does not or ends."""
    for _ in range(600):
        if child.poll() is not None:
            raise Unexpected(f"the server ended with {child.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise Unexpected("the server did not start")


class Product:
    """The product as it serves: one web process of the supervisor's kind on one core, and the worker."""

    def __init__(self, data: Path, port: int) -> None:
        self.data, self.port = data, port
        self.database = data / "wangting.db"

    def sign_in(self, username: str) -> Browser:
        """A browser signed in as a sample operator."""
        return sign_in(self.port, username, PASSWORD)

    def start(self, browser: Browser) -> int:
        """Press 开始 for all 险种 on offer; returns the declaration's number at once, while it fills."""
        page = browser.ask("GET", "/wages/").body
        year = page.partition(b'name="year" value="')[2][:4].decode()
        form = [("csrf_token", token_in(page)), ("year", year)]
        form += [("insurances", code) for code in ("310", "410", "510")]
        answer = browser.ask("POST", "/wages/", form, expect=303)
        return int(answer.header("Location")[0].rpartition("/")[2])

    def wait_for_worker(self) -> None:
        """Wait until the worker has opened its queue, so that its start is not part of a job's time."""
        for _ in range(600):
            if (self.data / "queue.db-wal").exists() or (self.data / "queue.db").exists():
                break
            time.sleep(0.05)
        time.sleep(1)

    def wait_until_open(self, declaration_id: int) -> None:
        """Wait for the worker, looking into the database every 5 ms so as not to disturb the web process."""
        deadline = time.monotonic() + 120
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as database:
            query = "SELECT state FROM declaration WHERE id = ?"
            while (state := database.execute(query, (declaration_id,)).fetchone()[0]) != "open":
                if state != "starting" or time.monotonic() > deadline:
                    raise Unexpected(f"the declaration is {state}")
                time.sleep(0.005)


@contextmanager
def product(data: Path) -> Iterator[Product]:
    """The product serving a data folder with its default settings."""
    port = free_port()
    with ExitStack() as stack:
        web = stack.enter_context(process("app.py", "web", "--core", str(WEB_CORE), data=data, port=port))
        stack.enter_context(process("app.py", "worker", data=data))
        wait_for(port, web)
        yield Product(data, port)


@contextmanager
def bare(page: bytes, saved: bytes, kind: str = "plain") -> Iterator[int]:
    """The bare Flask answering these bytes, served as the product is; yields its port."""
    folder = shelf() / f"bare-{kind}"
    folder.mkdir(exist_ok=True)
    (folder / "page").write_bytes(page)
    (folder / "saved").write_bytes(saved)
    port = free_port()
    with process(
        "-m", "bench.bare", str(port), str(WEB_CORE), str(folder), kind, data=folder, port=port
    ) as child:
        wait_for(port, child)
        yield port
