"""A keep-alive HTTP/1.1 client on raw sockets: one request at a time as a browser, or a steady load."""

from __future__ import annotations

import os
import re
import selectors
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple
from urllib.parse import urlencode

CONNECTIONS = 4
TIMEOUT = 30.0
CHROMIUM = (
    "User-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/86.0.4240.198 Safari/537.36\r\nAccept-Language: zh-CN,zh;q=0.9\r\n"
)
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Answer(NamedTuple):
    """What came back; ``wire`` counts every byte: status line, headers, body."""

    status: int
    head: bytes
    body: bytes
    wire: int

    def header(self, name: str) -> list[str]:
        """The values of a header, in order."""
        pattern = re.compile(rb"\r\n" + name.encode() + rb": *([^\r]*)", re.IGNORECASE)
        return [value.decode("latin-1") for value in pattern.findall(self.head)]


class Unexpected(Exception):
    """An answer that is not what the benchmark asked for: nothing measured so far counts."""


def parse(data: bytes) -> Answer | None:
    """The answer that the bytes are, or None while it is incomplete; needs Content-Length, as waitress sends."""
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return None
    head = data[: end + 2]
    found = _LENGTH.search(head)
    status = int(head[9:12])
    if found is None and status not in (204, 304):
        raise Unexpected(f"no Content-Length: {head!r}")
    size = end + 4 + (int(found[1]) if found else 0)
    return Answer(status, head, data[end + 4 : size], size) if len(data) >= size else None


def build(method: str, path: str, host: str, headers: str = "", body: bytes = b"") -> bytes:
    """A request as Chromium words it; ``headers`` are further lines, each ended by CRLF."""
    length = f"Content-Length: {len(body)}\r\n" if method == "POST" else ""
    start = (
        f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: keep-alive\r\n{length}{CHROMIUM}{headers}"
    )
    return start.encode() + b"\r\n" + body


class Browser:
    """One keep-alive connection with cookies; follows nothing by itself."""

    def __init__(self, port: int) -> None:
        self.port, self.host = port, f"127.0.0.1:{port}"
        self.cookies: dict[str, str] = {}
        self._socket: socket.socket | None = None

    @property
    def cookie(self) -> str:
        """The Cookie header's line, or nothing."""
        text = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return f"Cookie: {text}\r\n" if text else ""

    def ask(
        self,
        method: str,
        path: str,
        form: dict[str, str] | list[tuple[str, str]] | None = None,
        headers: str = "",
        expect: int = 200,
    ) -> Answer:
        """Send one request; raises ``Unexpected`` unless the answer has the expected status."""
        body = urlencode(form).encode() if form is not None else b""
        kind = "Content-Type: application/x-www-form-urlencoded\r\n" if form is not None else ""
        answer = self.send(build(method, path, self.host, self.cookie + kind + headers, body))
        for value in answer.header("Set-Cookie"):
            name, _, rest = value.partition("=")
            self.cookies[name] = rest.partition(";")[0]
        if answer.status != expect:
            raise Unexpected(f"{method} {path}: {answer.status}, expected {expect}\n{answer.body[:2000]!r}")
        return answer

    def send(self, request: bytes) -> Answer:
        """The answer to a request made by ``build``, whatever its status."""
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self.port), TIMEOUT)
        self._socket.sendall(request)
        data = b""
        while (answer := parse(data)) is None:
            piece = self._socket.recv(65536)
            if not piece:
                raise Unexpected(f"the server closed the connection after {data[:200]!r}")
            data += piece
        if "close" in answer.header("Connection"):
            self.close()
        return answer

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        if self._socket is not None:
            self._socket.close()
        self._socket = None


def token_in(page: bytes) -> str:
    """The CSRF token of a page."""
    found = re.search(rb'name="csrf_token"[^>]*value="([^"]+)"', page)
    if not found:
        raise Unexpected("a page without a CSRF token")
    return found[1].decode()


def sign_in(port: int, username: str, password: str) -> Browser:
    """A browser signed in through the form."""
    browser = Browser(port)
    form = {"csrf_token": token_in(browser.ask("GET", "/login").body), "next": ""}
    browser.ask("POST", "/login", form | {"username": username, "password": password}, expect=303)
    return browser


class Load(NamedTuple):
    """What one round did: answers, seconds, and the share of its core that the client itself needed."""

    answers: int
    seconds: float
    busy: float

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.answers / self.seconds


Make = Callable[[], bytes]
Check = Callable[[bytes, Answer], None]


def drive(port: int, seconds: float, make: Make, check: Check) -> Load:
    """Keep four connections busy for some seconds, each with its next request as soon as it was answered.

    ``make`` gives the next request; ``check`` gets it back with its answer and raises if that is wrong.
    Requests still on their way at the end are waited for and counted.
    """
    selector = selectors.DefaultSelector()
    links = [socket.create_connection(("127.0.0.1", port), TIMEOUT) for _ in range(CONNECTIONS)]
    try:
        sent: dict[socket.socket, bytes] = {}
        got: dict[socket.socket, bytes] = {}
        answers, cpu, start = 0, time.process_time(), time.perf_counter()
        for link in links:
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            selector.register(link, selectors.EVENT_READ)
            sent[link], got[link] = make(), b""
            link.sendall(sent[link])
        while sent:
            ready = selector.select(TIMEOUT)
            if not ready:
                raise Unexpected(f"no answer within {TIMEOUT} s to {next(iter(sent.values()))[:300]!r}")
            for key, _ in ready:
                link: socket.socket = key.fileobj  # type: ignore[assignment,no-redef]
                piece = link.recv(262144)
                if not piece:
                    raise Unexpected(f"the server closed the connection on {sent[link][:300]!r}")
                got[link] += piece
                answer = parse(got[link])
                if answer is None:
                    continue
                check(sent[link], answer)
                answers += 1
                got[link] = b""
                if time.perf_counter() - start < seconds:
                    sent[link] = make()
                    link.sendall(sent[link])
                else:
                    del sent[link]
        passed = time.perf_counter() - start
        return Load(answers, passed, (time.process_time() - cpu) / passed)
    finally:
        selector.close()
        for link in links:
            link.close()


@contextmanager
def on_core(core: int) -> Iterator[None]:
    """Keep this process on one processor core for a while, where the system can do that."""
    if not hasattr(os, "sched_setaffinity") or core not in os.sched_getaffinity(0):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
