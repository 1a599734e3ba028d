"""The reviewer's queue over 1,000,000 requests against the same queue over 1,000: no page of it may grow with them."""

from __future__ import annotations

from pathlib import Path
from statistics import median

from bench import stand
from bench.backlog import SMALL_UNIT
from bench.load import Answer, Browser, Load, Unexpected, build, drive, on_core
from bench.result import Result

MANY, FEW = 1_000_000, 1_000
PAIRS, SECONDS, WARM_UP = 7, 0.4, 0.5
REVIEWER = "sbj_hlj"
# What the note calls it, the page, and what it must hold to be the one that was asked for. Every page is full.
PAGES = (
    ("queue", "/bureau/?kind=", 'rel="next"'),
    ("second_page", "/bureau/?kind=&after={middle}", 'rel="next"'),
    ("of_kind", "/bureau/?kind=person_out", 'rel="next"'),
    ("of_risk", "/bureau/?risk=1", 'rel="next"'),
    ("of_unit", "/bureau/?unit={unit}", "符合条件"),
    ("mine", "/bureau/?taken=mine", "符合条件"),
    ("free", "/bureau/?taken=free", 'rel="next"'),
    ("waiting_long", "/bureau/?days=3", 'rel="next"'),
)


def queue_growth() -> list[Result]:
    """How many times as long the worst page of the queue takes; rounds of the two alternate, signed in, over HTTP."""
    with stand.product(_folder(MANY)) as many, stand.product(_folder(FEW)) as few:
        sides = [(one.port, one.sign_in(REVIEWER), count) for one, count in ((many, MANY), (few, FEW))]
        found = {}
        with on_core(stand.LOAD_CORE):
            for name, address, mark in PAGES:
                for side in sides:
                    _round(*side, address, mark, WARM_UP)
                rounds = [
                    [_round(*side, address, mark, SECONDS).rate for side in sides] for _ in range(PAIRS)
                ]
                found[name] = median(small / large for large, small in rounds)
    note = {name: round(ratio, 2) for name, ratio in found.items()}
    return [Result("queue_growth", max(found.values()), "times", reach=2, note=note)]


def _folder(requests: int) -> Path:
    folder = stand.copy_of(stand.demo_folder(), f"queue-{requests}")
    stand.inside(folder, "queue", requests)
    return folder


def _round(port: int, browser: Browser, requests: int, address: str, mark: str, seconds: float) -> Load:
    path = address.format(middle=requests // 4, unit=SMALL_UNIT)
    request = build("GET", path, browser.host, browser.cookie)
    wanted = mark.encode()

    def check(_request: bytes, answer: Answer) -> None:
        if answer.status != 200 or wanted not in answer.body:
            raise Unexpected(f"{path}: {answer.status} without {mark}")

    return drive(port, seconds, lambda: request, check)
