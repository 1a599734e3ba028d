"""Pages of lists in a unit of 100,000 people against the same pages in a unit of 100: none may grow with its people."""

from __future__ import annotations

from pathlib import Path
from statistics import median

from bench import crowd, stand
from bench.inside import OPERATOR
from bench.load import Answer, Browser, Load, Unexpected, build, drive, on_core, token_in
from bench.result import Result

MANY, FEW = 100_000, 100
PAIRS, SECONDS, WARM_UP = 7, 0.4, 0.5
REVIEWER = "sbj_hlj"
# What the note calls it, who asks, where, and what the page must hold to be the one that was asked for.
PAGES = (
    ("people", OPERATOR, "/personnel/people", 'rel="next"'),
    ("people_by_name", OPERATOR, "/personnel/people?found=1", crowd.NAME),
    ("people_by_state", OPERATOR, "/personnel/people?state=suspended", 'rel="next"'),
    ("filings", OPERATOR, "/filings/", "BENCH-"),
    ("people_filings", OPERATOR, "/personnel/filings?state=approved", "BENCH-"),
    ("notices", OPERATOR, "/notices", "某人"),
    ("queue", REVIEWER, "/bureau/", "某人"),
)


def people_list_growth() -> list[Result]:
    """How many times as long the worst list page takes, signed in, over HTTP; rounds of the two units alternate.

    Both pages are full, so both draw the same number of lines: 60 people bear the name and 60 the state that is
    asked for, spread over either list, and there are more 业务 and 通知 than a page holds.
    """
    with stand.product(_folder(MANY)) as many, stand.product(_folder(FEW)) as few:
        browsers = {
            (product.port, who): product.sign_in(who)
            for product in (many, few)
            for who in (OPERATOR, REVIEWER)
        }
        for product in (many, few):
            _search(browsers[product.port, OPERATOR])
        found = {}
        with on_core(stand.LOAD_CORE):
            for name, who, path, mark in PAGES:
                sides = [(one.port, browsers[one.port, who], path, mark) for one in (many, few)]
                for side in sides:
                    _round(*side, WARM_UP)
                rounds = [[_round(*side, SECONDS).rate for side in sides] for _ in range(PAIRS)]
                found[name] = median(small / large for large, small in rounds)
    worst = max(found.values())
    note = {name: round(ratio, 2) for name, ratio in found.items()}
    return [Result("people_list_growth", worst, "times", reach=2, note=note)]


def _folder(people: int) -> Path:
    folder = stand.copy_of(stand.unit_folder(people), f"lists-{people}")
    stand.inside(folder, "lists", people)
    return folder


def _search(browser: Browser) -> None:
    """The words of a search stay on the server, so the search itself comes first."""
    form = {"csrf_token": token_in(browser.ask("GET", "/personnel/people").body), "words": crowd.NAME}
    browser.ask("POST", "/personnel/people/search", form, expect=303)


def _round(port: int, browser: Browser, path: str, mark: str, seconds: float) -> Load:
    request = build("GET", path, browser.host, browser.cookie)
    wanted = mark.encode()

    def check(_request: bytes, answer: Answer) -> None:
        if answer.status != 200 or wanted not in answer.body:
            raise Unexpected(f"{path}: {answer.status} without {mark}")

    return drive(port, seconds, lambda: request, check)
