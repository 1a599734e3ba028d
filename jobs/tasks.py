"""Which service does which kind of job."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from documents.limits import Limits
from documents.store import Store
from jobs.runner import Handler, Runner
from services import declarations, prints, submissions, uploads


def make_runner(store: Store, limits: Limits, clock: Callable[[], datetime]) -> Runner:
    """The runner with every kind of job this product has."""
    return Runner(
        {
            declarations.START_JOB: Handler(declarations.fill_list, declarations.fail_list),
            uploads.CHECK_JOB: Handler(
                partial(uploads.check_upload, store=store, limits=limits), uploads.fail_upload
            ),
            uploads.APPLY_JOB: Handler(uploads.write_upload, uploads.fail_upload),
            submissions.HAND_OVER_JOB: Handler(submissions.hand_over, submissions.fail_hand_over),
            prints.ROSTER_JOB: Handler(partial(prints.make_roster, store=store), prints.fail_roster),
        },
        clock,
    )
