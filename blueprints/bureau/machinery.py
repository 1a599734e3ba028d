"""技术状态: whether the hall runs, for those who keep it running; nothing of anybody's 业务."""

from __future__ import annotations

from flask import render_template

from blueprints.bureau import bureau
from blueprints.shared import clock
from blueprints.shared.guards import duty, reviewer_only
from models.db import reading
from models.job import tally_jobs


@bureau.get("/machinery")
@reviewer_only
@duty("system", "support", "vendor")
def machinery() -> str:
    """Background work by kind: how much waits, runs, is done, has failed, and since when the oldest waits."""
    with reading() as session:
        tallies = tally_jobs(session)
        database = session.connection().dialect.name
    return render_template("bureau/machinery.html", tallies=tallies, database=database, now=clock.now())
