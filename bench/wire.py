"""Bytes on the wire: status line, headers and body of real HTTP/1.1 answers, as Chromium over plain http asks.

Browsers do not offer brotli without TLS, so ``Accept-Encoding: gzip, deflate`` it is. What TCP, and what the
browser itself sends, is not counted. Where several answers are of one kind, the largest counts.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress

from bench import stand
from bench.load import Answer, Browser, Unexpected, build
from bench.result import Result
from bench.speed import GZIP, Saves, plain

HX = "HX-Request: true\r\n"


def wire() -> list[Result]:
    """The grid page cold and warm, one save, one poll; at 72 people and at 20,000, empty and filled in."""
    pages, saves, polls, assets = [], [], [], 0
    with stand.product(stand.copy_of(stand.demo_folder(), "wire")) as product:
        for username in (stand.SMALL, stand.LARGE):
            browser = product.sign_in(username)
            number = product.start(browser)
            polls += _progress_polls(browser, number)
            product.wait_until_open(number)
            form = Saves(product, browser, number)
            pages += _pages(browser, number)
            saves += [form.one().wire for _ in range(60)]
            pages += _pages(browser, number)
            assets = max(assets, _assets(browser, number))
            if username == stand.SMALL:
                for filing in json.loads(stand.inside(product.data, "submit", number)):
                    polls.append(_ask(browser, f"/filings/{filing}/state?wait=2", HX).wire)
    warm = max(pages)
    return [
        Result("bytes_grid_cold", warm + assets, "bytes", reach=45_000, note={"assets": assets}),
        Result("bytes_grid_warm", warm, "bytes", reach=10_000),
        Result("bytes_save", max(saves), "bytes", reach=1_200),
        Result("bytes_poll", max(polls), "bytes", reach=400),
    ]


def _ask(browser: Browser, path: str, headers: str = "", accept: str = "text/html,*/*;q=0.8") -> Answer:
    return browser.ask("GET", path, headers=f"{GZIP}Accept: {accept}\r\n{headers}")


def _pages(browser: Browser, number: int) -> list[int]:
    """Whole pages as a browser loads them: the first, and one from the middle, with the longer pager."""
    found = []
    for query in ("", "?after=10000"):
        with suppress(Unexpected):
            found.append(_ask(browser, f"/wages/{number}/rows{query}").wire)
    return found


def _assets(browser: Browser, number: int) -> int:
    """Every file that the page, or a style sheet of it, refers to, once."""
    page = plain(_ask(browser, f"/wages/{number}/rows")).decode()
    tags = re.findall(r"<(?:link|script|img)\b[^>]*>", page)
    wanted = {match[1] for tag in tags if (match := re.search(r'(?:href|src)="([^"]+)"', tag))}
    total = 0
    for address in sorted(wanted):
        answer = _ask(browser, address, accept="*/*")
        total += answer.wire
        if ".css" in address:
            inner = re.findall(rb"url\((?!['\"]?(?:data:|#))", plain(answer))
            if inner:
                raise Unexpected(f"{address} loads further files, which this benchmark does not fetch")
    if len(wanted) < 3:
        raise Unexpected(f"the page refers only to {wanted}")
    return total


def _progress_polls(browser: Browser, number: int) -> list[int]:
    """The polls that HTMX sends while the list is being filled; those that ask to be polled again count."""
    found = []
    for turn in range(1, 1000):
        answer = browser.send(
            build(
                "GET",
                f"/wages/{number}?turn={turn % 12}",
                browser.host,
                f"{browser.cookie}{GZIP}Accept: */*\r\n{HX}",
            )
        )
        if answer.status == 204:
            return found
        if answer.status != 200 or b"hx-trigger" not in plain(answer):
            raise Unexpected(f"{answer.status}: {answer.body[:500]!r}")
        found.append(answer.wire)
    raise Unexpected("the list is never filled")
