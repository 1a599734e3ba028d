"""``python -m bench [NAME]``: measure everything, or one figure, and print one JSON object a line.

Ends with 0 also where a figure is not reached, since this measures and does not judge; with 1 when a
benchmark fails, with 2 for a name that does not exist.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback

from bench import audits, levies, login, people, queue, speed, staging, stand, wire, work

# Each benchmark with the figures that it yields; asking for one of them runs it.
BENCHMARKS = {
    speed.wage_save: ("wage_save",),
    speed.grid_page: ("grid_page", "grid_page_gzip"),
    work.start_20000: ("start_20000",),
    work.upload_100000: ("upload_100000", "upload_100000_mb"),
    staging.staging: ("stage_txt_100000", "stage_xlsx_100000", "stage_mb"),
    staging.first_error: ("first_error_s",),
    staging.repair_cell: ("repair_cell",),
    people.people_list_growth: ("people_list_growth",),
    queue.queue_growth: ("queue_growth",),
    levies.levy_200000: ("levy_200000", "levy_mb"),
    audits.audit_append: ("audit_append",),
    work.roster_pdf: ("roster_pdf_10000", "roster_pdf_growth"),
    login.login_sm2: ("login_sm2",),
    login.login_rsa: ("login_rsa",),
    wire.wire: ("bytes_grid_cold", "bytes_grid_warm", "bytes_save", "bytes_poll"),
}


def main() -> int:
    """Run what was asked for; returns the exit code."""
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    chosen = [run for run, names in BENCHMARKS.items() if not name or name in names]
    if not chosen:
        known = " ".join(name for names in BENCHMARKS.values() for name in names)
        print(f"there is no {name}; there are: {known}", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    failed = False
    with stand.temporary_shelf():
        for run in chosen:
            try:
                for result in run():
                    if name in ("", result.name):
                        print(result.line(), flush=True)
            except Exception:  # noqa: BLE001
                # The other figures are still worth having; the exit code tells.
                traceback.print_exc()
                failed = True
    return int(failed)


if __name__ == "__main__":
    os.chdir(stand.ROOT)
    sys.exit(main())
