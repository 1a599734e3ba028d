"""What the worker does, in seconds: 开始, a large upload, long rosters; each in a fresh process."""

from __future__ import annotations

import json
import time
from statistics import median

from bench import stand
from bench.load import Browser
from bench.result import Result

ROUNDS = 3
# The only declaration of a data folder that ``inside unit`` made.
NUMBER = 1


def start_20000() -> list[Result]:
    """From the POST of 开始 for 20,000 people to the open declaration; web process and worker, idle before."""
    seconds = []
    for turn in range(ROUNDS):
        with stand.product(stand.copy_of(stand.demo_folder(), f"start-{turn}")) as product:
            browser: Browser = product.sign_in(stand.LARGE)
            product.wait_for_worker()
            begun = time.perf_counter()
            product.wait_until_open(product.start(browser))
            seconds.append(time.perf_counter() - begun)
    return [Result("start_20000", median(seconds), "s", reach=3)]


def upload_100000() -> list[Result]:
    """Check and apply of a 100,000-line zip against a raw ``executemany`` UPDATE of the same 100,000 rows.

    The file is the product's own download with every wage changed by one yuan, so that every line is
    written. Both sides run in a fresh process each, in turn; ``ratio`` is the median of three pairs.
    ``upload_100000_mb`` is the peak resident memory of the process that does both jobs, imports included.
    """
    folder = stand.copy_of(stand.unit_folder(100_000), "upload-sent")
    upload_id, job_id, lines = json.loads(stand.inside(folder, "send", NUMBER))
    rounds = []
    for _ in range(ROUNDS):
        copy = stand.copy_of(folder, "upload")
        done = json.loads(stand.inside(copy, "upload", NUMBER, upload_id, job_id, lines))
        rounds.append((done, json.loads(stand.inside(copy, "bare", NUMBER))["seconds"]))
    totals = [(done["check"] + done["apply"], bare) for done, bare in rounds]
    note = {part: round(median(done[part] for done, _ in rounds), 2) for part in ("check", "apply")}
    value, limit = median(total for total, _ in totals), median(bare for _, bare in totals)
    ratio = median(total / bare for total, bare in totals)
    return [
        Result("upload_100000", value, "s", limit=limit, ratio=ratio, reach=6, note=note),
        Result("upload_100000_mb", max(done["peak"] for done, _ in rounds) / 2**20, "MB", reach=300),
    ]


def roster_pdf() -> list[Result]:
    """The worker's job that prints the 申报表 of 10,000 and of 1,000 people, from database to stored file.

    ``roster_pdf_growth`` is the time for 10,000 over ten times the time for 1,000; the rounds alternate,
    each in a fresh process that pays for its imports before and for its fonts within the time.
    """
    large, small = stand.unit_folder(10_000), stand.unit_folder(1_000)
    rounds = []
    for _ in range(ROUNDS):
        rounds.append([json.loads(stand.inside(folder, "roster", NUMBER)) for folder in (large, small)])
    pairs = [(one["seconds"], other["seconds"]) for one, other in rounds]
    note = {"mb": round(max(one["peak"] for one, _ in rounds) / 2**20)}
    seconds = median(one for one, _ in pairs)
    growth = median(one / (10 * other) for one, other in pairs)
    return [
        Result("roster_pdf_10000", seconds, "s", reach=3, note=note),
        Result("roster_pdf_growth", growth, "times", reach=1.3),
    ]
