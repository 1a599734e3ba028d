"""Answers a second over HTTP in the 20,000-person declaration, against a bare Flask + waitress.

Both sides are served by ``deploy.supervisor.serve`` (waitress, 4 threads) on core 0, alone while they are
measured; the client has four keep-alive connections from core 1 and sends both sides the same bytes.
Rounds alternate, and the ratio is the median of the pairs' ratios, so that a busy machine slows both.
"""

from __future__ import annotations

import gzip
import re
import sqlite3
from collections import deque
from collections.abc import Callable
from contextlib import closing
from itertools import cycle
from statistics import median
from typing import Any

from bench import stand
from bench.load import Answer, Browser, Check, Load, Unexpected, build, drive, on_core, token_in
from bench.result import Result
from models.wage_rows import PAGE_SIZE

# Rounds of each side, and seconds of a round; a busy machine needs many short ones.
PAIRS, SECONDS, WARM_UP = 11, 0.6, 1.0
PEOPLE = 20_000
# Names differ in length, so pages do; a page without its rows would be far smaller.
SLACK = 0.05
GZIP = "Accept-Encoding: gzip, deflate\r\n"


def pairs(product: Callable[[float], Load], bare: Callable[[float], Load]) -> dict[str, Any]:
    """Alternate rounds on both sides; the fields value, limit, ratio and note of a result."""
    with on_core(stand.LOAD_CORE):
        product(WARM_UP), bare(WARM_UP)
        rounds = [(product(SECONDS), bare(SECONDS)) for _ in range(PAIRS)]
    return {
        "value": median(ours.rate for ours, _ in rounds),
        "limit": median(theirs.rate for _, theirs in rounds),
        "ratio": median(ours.rate / theirs.rate for ours, theirs in rounds),
        "note": {"client_busy": round(median(theirs.busy for _, theirs in rounds), 2)},
    }


def grid_page() -> list[Result]:
    """Pages of 50 rows through the whole list, signed in, against a constant string of the first one's bytes.

    ``grid_page`` asks without Accept-Encoding, so neither side compresses: the pages compared are of about the
    same size on the wire. ``grid_page_gzip`` asks as browsers do and lets the bare side compress the very
    same page with flask-compress; it is printed for information.
    """
    with stand.product(stand.copy_of(stand.demo_folder(), "grid")) as product:
        browser = product.sign_in(stand.LARGE)
        number = product.start(browser)
        product.wait_until_open(number)
        address = f"/wages/{number}/rows"
        page = browser.ask("GET", address)
        found = []
        for name, kind, accept, reach in (
            ("grid_page", "plain", "", 0.15),
            ("grid_page_gzip", "gzip", GZIP, None),
        ):
            # Page after page through the whole list, as nobody asks for one page again and again.
            walk = cycle(
                build("GET", f"{address}?after={after}", browser.host, browser.cookie + accept)
                for after in range(0, PEOPLE, PAGE_SIZE)
            )
            make, wanted = walk.__next__, len(page.body) if kind == "plain" else None
            with stand.bare(page.body, b"", kind) as port:
                figures = pairs(
                    lambda seconds, m=make, w=wanted: drive(product.port, seconds, m, _same_size(w, SLACK)),
                    lambda seconds, m=make, w=wanted, p=port: drive(p, seconds, m, _same_size(w)),
                )
            found.append(Result(name, unit="pages/s", reach=reach, at_most=False, **figures))
        return found


def _same_size(size: int | None, slack: float = 0.0) -> Check:
    def check(_request: bytes, answer: Answer) -> None:
        differs = size is not None and abs(len(answer.body) - size) > slack * size
        if answer.status != 200 or differs:
            raise Unexpected(f"{answer.status} with {len(answer.body)} bytes, expected {size}")

    return check


def wage_save() -> list[Result]:
    """One field saved by HTMX: a changed wage for another row each time, as grid.js sends it.

    Session, CSRF token, version check, audit and counts are all on; each answer must be 200, and
    one in twenty is unpacked and must hold the row's new version and wage. Afterwards the counts must equal ``count(*)`` and the audit trail hold one event a save. Both sides
    get Accept-Encoding: gzip, as from a browser; the bare side reads the form and answers as many bytes as
    the product's compressed answer has, without compressing.
    """
    with stand.product(stand.copy_of(stand.demo_folder(), "save")) as product:
        browser = product.sign_in(stand.LARGE)
        number = product.start(browser)
        product.wait_until_open(number)
        saves = Saves(product, browser, number)
        first = saves.one()
        saves.mark()
        with stand.bare(b"", first.body) as port:
            figures = pairs(
                lambda seconds: drive(product.port, seconds, saves.make, saves.check),
                lambda seconds: drive(port, seconds, saves.make_again, _same_size(len(first.body))),
            )
        saves.verify()
    return [Result("wage_save", unit="saves/s", reach=0.35, at_most=False, **figures)]


_ROW = re.compile(rb"HX-Target: r(\d+)")


class Saves:
    """Makes saves row after row, each with the version and wage that the row has by then."""

    def __init__(self, product: stand.Product, browser: Browser, number: int) -> None:
        self.product, self.browser, self.number = product, browser, number
        self.address = f"/wages/{number}/rows"
        self.token = token_in(browser.ask("GET", self.address).body)
        query = (
            "SELECT id, version, wage_fen, old_wage_fen FROM wage_row WHERE declaration_id = ? ORDER BY seq"
        )
        self.rows = deque(self._ask(query))
        self.sent: dict[int, tuple[int, int, int]] = {}
        self.done = self.events = 0

    def _ask(self, query: str) -> list[Any]:
        with closing(sqlite3.connect(self.product.database)) as database:
            return database.execute(query, (self.number,) if "?" in query else ()).fetchall()

    def make(self) -> bytes:
        """The next row's save; its wage is last year's with a raise, or one yuan more than it was."""
        row, version, wage, old = self.rows.popleft()
        fen = (old * 103 // 100) // 100 * 100 if wage is None else wage + 100
        self.sent[row] = (version, fen, old)
        return self._request(row, version, wage, fen)

    def make_again(self) -> bytes:
        """The same kind of request for the bare side; nothing changes by it."""
        row, version, wage, old = self.rows[0]
        self.rows.rotate(-1)
        return self._request(row, version, wage, old)

    def _request(self, row: int, version: int, wage: int | None, fen: int) -> bytes:
        seen = "" if wage is None else wage
        text = f"csrf_token={self.token}&w{row}={fen // 100}.{fen % 100:02d}&o{row}={version}%3A{seen}"
        host = self.browser.host
        headers = (
            f"{self.browser.cookie}{GZIP}Accept: */*\r\nHX-Request: true\r\nHX-Trigger: w{row}\r\n"
            f"HX-Trigger-Name: w{row}\r\nHX-Target: r{row}\r\nHX-Current-URL: http://{host}{self.address}\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\nOrigin: http://{host}\r\n"
            f"Referer: http://{host}{self.address}\r\n"
        )
        return build("POST", self.address, host, headers, text.encode())

    def check(self, request: bytes, answer: Answer) -> None:
        """Hold an answer against its row, and put the row back with its new version."""
        row = int(_ROW.search(request)[1])  # type: ignore[index]
        version, fen, old = self.sent.pop(row)
        if answer.status != 200:
            raise Unexpected(f"save of row {row}: {answer.status} {answer.body[:500]!r}")
        # Unpacking every answer would make the client the slower side; one in twenty is looked into.
        if self.done % 20 == 0 and f'value="{version + 1}:{fen}"'.encode() not in plain(answer):
            raise Unexpected(f"the answer does not hold row {row}: {plain(answer)[:500]!r}")
        self.rows.append((row, version + 1, fen, old))
        self.done += 1

    def one(self) -> Answer:
        """A single save, outside of any round."""
        got: list[Answer] = []
        drive(
            self.product.port,
            0,
            self.make,
            lambda request, answer: got.append(answer) or self.check(request, answer),
        )  # type: ignore[func-returns-value]
        return got[-1]

    def mark(self) -> None:
        """Remember how many events there are before the rounds."""
        self.done, self.events = 0, self._ask("SELECT count(*) FROM audit_event")[0][0]

    def verify(self) -> None:
        """Raise ``Unexpected`` unless the counts are true and every save left its event."""
        kept = self._ask("SELECT insured, entered, wage_total_fen FROM tally WHERE declaration_id = ?")
        counted = self._ask(
            "SELECT count(*), sum(wage_fen >= 100), sum(wage_fen) FROM wage_row WHERE is_active AND declaration_id = ?"
        )
        if kept != counted:
            raise Unexpected(f"tally {kept} differs from count(*) {counted}")
        events = self._ask("SELECT count(*) FROM audit_event")[0][0] - self.events
        if events != self.done:
            raise Unexpected(f"{self.done} saves left {events} audit events")


def plain(answer: Answer) -> bytes:
    """The body, uncompressed."""
    return gzip.decompress(answer.body) if "gzip" in answer.header("Content-Encoding") else answer.body
