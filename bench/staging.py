"""Wage files in the workshop: how long until they are staged, until the first bad line shows, until a repair is in."""

from __future__ import annotations

import io
import json
import re
import sqlite3
import time
import zipfile
from contextlib import closing
from statistics import median
from urllib.parse import urlencode

from bench import stand
from bench.load import Browser, Unexpected, build, token_in
from bench.result import Result
from bench.speed import Saves

ROUNDS = 3
NUMBER = 1
PEOPLE = 100_000
BAD_LINES = 200


def staging() -> list[Result]:
    """A 100,000-line file from its bytes to the staged and checked lines, each side in a fresh process, in turn.

    ``stage_txt_100000`` is held against unzip, decode, split and ``executemany`` of the same lines,
    ``stage_xlsx_100000`` against calamine's own read of the same workbook; ratios are medians of the pairs.
    ``stage_mb`` is the largest peak of resident memory of the checking processes, imports included.
    """
    found, peaks = [], []
    for name, send, raw, reach in (
        ("stage_txt_100000", "send", "raw-txt", 4),
        ("stage_xlsx_100000", "send-xlsx", "raw-xlsx", 3),
    ):
        folder = stand.copy_of(stand.unit_folder(PEOPLE), f"sent-{send}")
        upload_id, job_id, lines = json.loads(stand.inside(folder, send, NUMBER))
        rounds = []
        for _ in range(ROUNDS):
            copy = stand.copy_of(folder, "stage")
            ours = json.loads(stand.inside(copy, "check", upload_id, job_id, lines))
            rounds.append((ours["seconds"], json.loads(stand.inside(copy, raw, upload_id))["seconds"]))
            peaks.append(ours["peak"])
        ratio = median(ours / bare for ours, bare in rounds)
        value, limit = median(ours for ours, _ in rounds), median(bare for _, bare in rounds)
        found.append(Result(name, value, "s", limit=limit, ratio=ratio, reach=reach))
    return [*found, Result("stage_mb", max(peaks) / 2**20, "MB", reach=300)]


def first_error() -> list[Result]:
    """From the first byte of the POST to a page that shows the first bad line of 100,000, as a browser gets it.

    The file has a bad wage on its first line and one in five hundred behind it. The browser follows the
    redirect, and asks again as often as the page itself tells it to.
    """
    folder = stand.copy_of(stand.unit_folder(PEOPLE), "first-error")
    seconds = []
    for turn in range(3):
        with stand.product(stand.copy_of(folder, f"first-error-{turn}")) as product:
            browser = product.sign_in("bench")
            data = _with_bad_wages(browser.ask("GET", f"/wages/{NUMBER}/download/zip").body, 500)
            product.wait_for_worker()
            seconds.append(_until_shown(product, browser, data))
    return [Result("first_error_s", median(seconds), "s", reach=2)]


def repair_cell() -> list[Result]:
    """One bad wage of a 20,000-line file mended by HTMX, against a wage saved in the grid, one request at a time.

    Rounds of twenty alternate on one connection; ``ratio`` is the median of the rounds' ratios of medians.
    """
    with stand.product(stand.copy_of(stand.demo_folder(), "repair")) as product:
        browser = product.sign_in(stand.LARGE)
        number = product.start(browser)
        product.wait_until_open(number)
        saves = Saves(product, browser, number)
        address = _staged(product, browser, number)
        bad = _bad_lines(product)
        token = token_in(browser.ask("GET", address).body)
        headers = browser.cookie + "Content-Type: application/x-www-form-urlencoded\r\nHX-Request: true\r\n"
        rounds = []
        for start in range(0, BAD_LINES, 20):
            ours, theirs = [], []
            for line in bad[start : start + 20]:
                form = {"csrf_token": token, f"o{line}": ":0:0:5千", f"w{line}": f"60{line % 1000:03d}"}
                body = urlencode(form).encode()
                name = f"HX-Trigger-Name: w{line}\r\nHX-Target: u{line}\r\nHX-Trigger: w{line}\r\n"
                ours.append(
                    _timed(browser, build("POST", f"{address}/lines", browser.host, headers + name, body))
                )
                theirs.append(_timed(browser, saves.make()))
            rounds.append((median(ours), median(theirs)))
        with closing(sqlite3.connect(product.database)) as database:
            left = database.execute("SELECT refused FROM upload").fetchone()[0]
        if left != 0:
            raise Unexpected(f"{left} lines are still refused")
    value, limit = (median(side) * 1000 for side in zip(*rounds, strict=True))
    ratio = median(ours / theirs for ours, theirs in rounds)
    return [Result("repair_cell", value, "ms", limit=limit, ratio=ratio, reach=2)]


def _timed(browser: Browser, request: bytes) -> float:
    start = time.perf_counter()
    answer = browser.send(request)
    seconds = time.perf_counter() - start
    if answer.status != 200:
        raise Unexpected(f"{answer.status}: {answer.body[:500]!r}")
    return seconds


def _with_bad_wages(data: bytes, each: int) -> bytes:
    """A download with 5千 for a wage on its first line and on each so-many-th, and 60000 on all others."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        (name,) = archive.namelist()
        lines = archive.read(name).decode("gb18030").split("\r\n")
    for index in range(2, len(lines) - 1):
        bad = (index - 2) % each == 0
        lines[index] = lines[index].rpartition("\t")[0] + ("\t5千" if bad else "\t60000.00")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, "\r\n".join(lines).encode("gb18030"))
    return packed.getvalue()


def _send(browser: Browser, number: int, data: bytes) -> str:
    """Post the file as a form does; returns the address that the answer leads to."""
    page = browser.ask("GET", f"/wages/{number}/uploads").body
    mark = "----bench7MA4YWxkTrZu0gW"
    parts = [
        f'--{mark}\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{token_in(page)}\r\n'.encode(),
        f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="w.zip"\r\n\r\n'.encode(),
        data,
        f"\r\n--{mark}--\r\n".encode(),
    ]
    kind = f"Content-Type: multipart/form-data; boundary={mark}\r\n"
    path = f"/wages/{number}/uploads"
    answer = browser.send(build("POST", path, browser.host, browser.cookie + kind, b"".join(parts)))
    if answer.status != 303:
        raise Unexpected(f"{answer.status}: {answer.body[:500]!r}")
    return answer.header("Location")[0]


_WAIT = re.compile(rb"load delay:([0-9.]+)s")


def _until_shown(product: stand.Product, browser: Browser, data: bytes) -> float:
    begun = time.perf_counter()
    address = _send(browser, NUMBER, data)
    headers = ""
    while True:
        # A poll of the meter ends in HX-Refresh, upon which the browser asks for the page itself.
        page = browser.send(build("GET", address, browser.host, browser.cookie + headers))
        if "5千".encode() in page.body:
            return time.perf_counter() - begun
        wait = _WAIT.search(page.body)
        if page.status == 204 or wait is None:
            headers = ""
            continue
        time.sleep(float(wait[1]))
        headers = "HX-Request: true\r\n"


def _staged(product: stand.Product, browser: Browser, number: int) -> str:
    data = _with_bad_wages(browser.ask("GET", f"/wages/{number}/download/zip").body, 20_000 // BAD_LINES)
    address = _send(browser, number, data)
    deadline = time.monotonic() + 60
    with closing(sqlite3.connect(f"file:{product.database}?mode=ro", uri=True)) as database:
        while database.execute("SELECT state FROM upload").fetchone()[0] != "checked":
            if time.monotonic() > deadline:
                raise Unexpected("the file was not checked within a minute")
            time.sleep(0.02)
    return address


def _bad_lines(product: stand.Product) -> list[int]:
    with closing(sqlite3.connect(product.database)) as database:
        query = "SELECT line_no FROM upload_line WHERE outcome = 'refused' ORDER BY line_no"
        return [line for (line,) in database.execute(query)]
