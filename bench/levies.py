"""The monthly levy of a region against the least that a database can do for it."""

from __future__ import annotations

import json
from statistics import median

from bench import stand
from bench.result import Result

PEOPLE, ROUNDS = 200_000, 3


def levy_200000() -> list[Result]:
    """A monthly run over 2,000 units and 200,000 people, details written and every sum checked.

    The note ``issue`` is what 签发 takes after it: everything checked once more, issued, and each unit told.

    ``limit`` is the INSERT … SELECT of ``bench.town.bare_levy`` on the same database, ``ratio`` the median of the
    pairs, each side in a fresh process. ``levy_mb`` is the peak resident memory of the run's process, imports included.
    """
    folder = stand.shelf() / "region"
    stand.inside(folder, "region", PEOPLE)
    rounds = []
    for _ in range(ROUNDS):
        copy = stand.copy_of(folder, "levy")
        bare = json.loads(stand.inside(copy, "bare-levy"))
        done = json.loads(stand.inside(stand.copy_of(folder, "levy"), "levy"))
        if not PEOPLE <= bare["details"] <= done["details"]:
            raise RuntimeError(f"{done['details']} details, {bare['details']} bare ones")
        rounds.append((done, bare["seconds"]))
    ratio = median(done["seconds"] / bare for done, bare in rounds)
    value, limit = median(done["seconds"] for done, _ in rounds), median(bare for _, bare in rounds)
    issue = median(done["issue"] for done, _ in rounds)
    peak = max(done["peak"] for done, _ in rounds) / 2**20
    return [
        Result("levy_200000", value, "s", limit=limit, ratio=ratio, reach=3, note={"issue": round(issue, 2)}),
        Result("levy_mb", peak, "MB", reach=200),
    ]
