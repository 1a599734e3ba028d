"""Which service does which kind of job, and which is done again and again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from cert.folder import TrustFolder
from documents.limits import Limits
from documents.mail import MailServer
from documents.store import Store
from jobs.runner import Handler, Runner
from services import (
    audit_chain,
    deadlines,
    declarations,
    digests,
    impacts,
    levy_runs,
    notices,
    prints,
    revocation_lists,
    staging,
    submissions,
    uploads,
)


def make_runner(store: Store, limits: Limits, clock: Callable[[], datetime]) -> Runner:
    """The runner with every kind of job this product has."""
    return Runner(
        {
            declarations.START_JOB: Handler(declarations.fill_list, declarations.fail_list),
            uploads.CHECK_JOB: Handler(
                partial(staging.check_upload, store=store, limits=limits), uploads.fail_upload
            ),
            uploads.APPLY_JOB: Handler(uploads.write_upload, uploads.fail_upload),
            uploads.UNDO_JOB: Handler(uploads.take_back, uploads.fail_upload),
            submissions.HAND_OVER_JOB: Handler(submissions.hand_over, submissions.fail_hand_over),
            levy_runs.LEVY_JOB: Handler(levy_runs.calculate, levy_runs.fail_run),
            impacts.IMPACT_JOB: Handler(impacts.reckon_impact, impacts.fail_impact),
            audit_chain.VERIFY_JOB: Handler(audit_chain.run_verify, audit_chain.fail_verify),
            prints.ROSTER_JOB: Handler(partial(prints.make_roster, store=store), prints.fail_roster),
        },
        clock,
    )


def make_refresher(
    trusted: TrustFolder, addresses: Sequence[str], clock: Callable[[], datetime]
) -> Callable[[], bool] | None:
    """What fetches the lists of revoked certificates; None where no address is configured."""
    if not addresses:
        return None
    return lambda: revocation_lists.fetch_lists(trusted, addresses, clock())


def make_rounds(
    server: MailServer | None, notice_days: int, clock: Callable[[], datetime]
) -> dict[str, Callable[[], object]]:
    """What is due once a day, by name, in this order; each may be run at any time and does nothing twice.

    Digests only where a mail server is configured.
    """
    rounds: dict[str, Callable[[], object]] = {
        "deadlines": lambda: deadlines.tell_deadlines(clock()),
        "forgetting": lambda: notices.forget_notices(clock(), notice_days),
    }
    if server is not None:
        send = server.send
        rounds["digests"] = lambda: digests.send_digests(send, clock())
    return rounds
