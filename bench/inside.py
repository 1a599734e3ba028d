"""Work on a data folder in a process of its own, through the product's services; run by ``stand.inside``."""

from __future__ import annotations

import io
import json
import resource
import sqlite3
import sys
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from python_calamine import CalamineWorkbook
from sqlalchemy import func, select

import settings as settings_module
from app import region_clock, upload_limits
from bench import audits, backlog, crowd, town
from documents.store import Store
from documents.wage_file import write_zip
from documents.workbook import write_workbook
from jobs.runner import Runner
from jobs.tasks import make_runner
from models import db, migrate
from models.account import Account, Actor, find_account
from models.declaration import Tally, get_tally
from models.job import Job
from models.upload import Upload, UploadLine
from services import backups, declarations, demo, exchange, prints, submissions, uploads

OPERATOR = "bench"
"""The operator of the unit that ``unit`` makes; its declaration is the only one in its data folder."""


@dataclass
class Room:
    """A data folder opened the way the worker opens it."""

    settings: settings_module.Settings
    store: Store
    clock: Callable[[], datetime]
    runner: Runner

    def actor(self, username: str = OPERATOR) -> Actor:
        """An operator as services know them."""
        with db.reading() as session:
            found: Account | None = find_account(session, username)
            assert found is not None and found.id is not None
            return Actor(found.id, found.display_name, found.role, found.region_code, found.unit_id, "")

    def run(self, job_id: int) -> None:
        """Do a job as the worker does; raises ``RuntimeError`` unless it is done."""
        self.runner.run(job_id)
        with db.reading() as session:
            job = session.get_one(Job, job_id)
        if job.state != "done":
            raise RuntimeError(f"job {job.kind} is {job.state}: {job.result}")


def open_room() -> Room:
    """The data folder of ``WANGTING_DATA``, made and migrated where it does not exist."""
    settings = settings_module.load()
    engine = db.connect(settings.url)
    if not settings.data.exists():
        settings.data.mkdir(parents=True)
        migrate.upgrade(engine)
        settings_module.secret_key(settings)
    clock = region_clock(settings)
    store = Store(settings.data / "files")
    return Room(settings, store, clock, make_runner(store, upload_limits(settings), clock))


def fill(room: Room) -> None:
    """Fill an empty data folder with the sample."""
    demo.fill_demo(room.clock())


def add_unit(room: Room, people: int) -> None:
    """Fill an empty data folder with one unit of so many people, in place of the sample's four.

    Its declaration is open, and every wage is last year's raised by three percent.
    """
    now = room.clock()
    unit = demo.DemoUnit(
        region=demo.HEILONGJIANG,
        unit_no="23099999",
        serial_no=None,
        name="基准测试单位（示例）",
        uscc17="91230000MA1999999",
        people=people,
        insurances=("310", "410", "510"),
        rates={"310": 75_000, "410": 9_000, "510": 5_000},
        operators=((OPERATOR, "测试员"),),
    )
    demo.UNITS = (unit,)
    demo.fill_demo(now)
    number, job_id = declarations.start_declaration(room.actor(), now.year, unit.insurances, now)
    room.run(job_id)
    with db.transaction() as session:
        session.connection().exec_driver_sql(
            "UPDATE wage_row SET wage_fen = old_wage_fen * 103 / 100 WHERE declaration_id = ?", (number,)
        )
    declarations.save_statement(room.actor(), number, {}, 0, now)


def fill_lists(room: Room, people: int) -> None:
    """Fill every list of the unit that ``unit`` made of so many people."""
    crowd.fill_lists(room.actor(), people, room.clock())


def fill_queue(room: Room, requests: int) -> None:
    """Fill the queue of the sample's bureau with so many requests."""
    backlog.fill_queue(room.actor("sbj_hlj"), requests, room.clock())


def send_file(room: Room, number: int, kind: str = "zip") -> None:
    """Send the product's own download with every wage raised by one yuan; prints the numbers of upload and job."""
    with db.reading() as session:
        declaration = declarations.get_own(session, room.actor(), number)
        head = exchange.file_head(session, declaration)
        lines = [
            replace(line, wage_fen=(line.wage_fen or 0) + 100)
            for line in exchange.file_lines(session, declaration)
        ]
    data = write_workbook(head, lines) if kind == "xlsx" else write_zip(head, lines)
    found = uploads.receive_upload(
        room.actor(),
        number,
        f"wages.{kind}",
        data,
        "wages",
        room.store,
        upload_limits(room.settings),
        room.clock(),
    )
    print(json.dumps([*found, len(lines)]))


def send_xlsx(room: Room, number: int) -> None:
    """The same as a workbook."""
    send_file(room, number, "xlsx")


def check_file(room: Room, upload_id: int, job_id: int, lines: int) -> None:
    """Stage and check a sent file; prints seconds and this process's peak memory in bytes."""
    start = time.perf_counter()
    room.run(job_id)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    with db.reading() as session:
        upload = session.get_one(Upload, upload_id)
        staged = session.scalar(select(func.count()).select_from(UploadLine)) or 0
    if upload.state != "checked" or upload.to_write != lines or staged != lines:
        raise RuntimeError(
            f"{upload.to_write} of {lines} to write, {staged} staged, the file is {upload.state}"
        )
    print(json.dumps({"seconds": seconds, "peak": peak}))


def raw_txt(room: Room, upload_id: int) -> None:
    """The limit of staging a zip/txt: unpack, decode, split, int() of the wage, ``executemany`` into a plain table.

    The table has the columns that the product fills for a line without a finding, and the primary key; there is
    no list to hold the lines against. Prints the seconds, commit included.
    """
    path = room.settings.data / "bare.db"
    path.unlink(missing_ok=True)
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=NORMAL")
    database.execute(
        "CREATE TABLE line (upload_id INTEGER, line_no INTEGER, wage_row_id INTEGER, row_version INTEGER, "
        "name TEXT, person_no TEXT, before_fen INTEGER, wage_fen INTEGER, outcome TEXT, "
        "PRIMARY KEY (upload_id, line_no))"
    )
    data = _sent(room, upload_id)
    start = time.perf_counter()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        text = archive.read(archive.namelist()[0]).decode("gb18030")
    rows = []
    for number, line in enumerate(text.split("\r\n")[2:-1], 3):
        seq, person_no, name, _masked, old, wage = line.split("\t")
        fen = int(wage.replace(".", ""))
        rows.append((1, number, int(seq), 1, name, person_no, int(old.replace(".", "")), fen, "accepted"))
    database.execute("BEGIN IMMEDIATE")
    database.executemany("INSERT INTO line VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    database.execute("COMMIT")
    print(json.dumps({"seconds": time.perf_counter() - start, "rows": len(rows)}))


def raw_xlsx(room: Room, upload_id: int) -> None:
    """The limit of staging a workbook: calamine's own read of the same bytes into Python rows."""
    data = _sent(room, upload_id)
    start = time.perf_counter()
    rows = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()
    print(json.dumps({"seconds": time.perf_counter() - start, "rows": len(rows)}))


def _sent(room: Room, upload_id: int) -> bytes:
    with db.reading() as session:
        return room.store.path(session.get_one(Upload, upload_id).stored_name).read_bytes()


def check_and_apply(room: Room, number: int, upload_id: int, job_id: int, lines: int) -> None:
    """Check and write a sent file; prints seconds and this process's peak memory in bytes."""
    with db.reading() as session:
        before = get_tally(session, number)
    start = time.perf_counter()
    room.run(job_id)
    checked = time.perf_counter()
    room.run(uploads.apply_upload(room.actor(), upload_id, "merge", 0, room.clock()))
    end = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    with db.reading() as session:
        upload, tally = session.get_one(Upload, upload_id), get_tally(session, number)
        _hold_against_rows(session, number, tally)
    if upload.state != "applied" or upload.accepted + upload.warned != lines:
        raise RuntimeError(f"{upload.accepted} lines of {lines} accepted, the file is {upload.state}")
    if tally.wage_total_fen != before.wage_total_fen + 100 * lines:
        raise RuntimeError("the wages are not those of the file")
    print(json.dumps({"check": checked - start, "apply": end - checked, "peak": peak}))


def _hold_against_rows(session: Any, number: int, tally: Tally) -> None:
    query = "SELECT count(*), sum(wage_fen >= 100), sum(wage_fen) FROM wage_row WHERE is_active AND declaration_id = ?"
    counted = session.connection().exec_driver_sql(query, (number,)).one()
    if tuple(counted) != (tally.insured, tally.entered, tally.wage_total_fen):
        raise RuntimeError(f"tally {tally} differs from count(*) {counted}")


def bare_update(room: Room, number: int) -> None:
    """The limit of an upload: the same rows as a plain table in a file of its own, updated by primary key.

    Columns, journal (WAL), synchronous (NORMAL) and the columns changed are the product's; there is no
    trigger and no further index. Prints the seconds of ``executemany`` and commit.
    """
    settings = room.settings
    path = settings.data / "bare.db"
    path.unlink(missing_ok=True)
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=NORMAL")
    database.execute("ATTACH ? AS product", (str(settings.data / "wangting.db"),))
    columns = [row[1] for row in database.execute("PRAGMA product.table_info(wage_row)") if row[1] != "id"]
    names = ", ".join(columns)
    database.execute(f"CREATE TABLE wage_row (id INTEGER PRIMARY KEY, {names})")
    query = f"INSERT INTO wage_row SELECT id, {names} FROM product.wage_row WHERE declaration_id = ?"
    database.execute(query, (number,))
    rows = database.execute("SELECT id, wage_fen + 100 FROM wage_row").fetchall()
    changes = [(wage, 7, "2026-07-01 08:00:00.000000", key) for key, wage in rows]
    start = time.perf_counter()
    database.execute("BEGIN IMMEDIATE")
    database.executemany(
        "UPDATE wage_row SET wage_fen = ?, version = version + 1, saved_by = ?, saved_at = ? WHERE id = ?",
        changes,
    )
    database.execute("COMMIT")
    print(json.dumps({"seconds": time.perf_counter() - start, "rows": len(changes)}))


def make_roster(room: Room, number: int) -> None:
    """Order the 申报表 and do the job; prints its seconds, its bytes and this process's peak memory."""
    job_id = prints.order_roster(room.actor(), number, room.clock())
    start = time.perf_counter()
    room.run(job_id)
    seconds = time.perf_counter() - start
    with db.reading() as session:
        job = session.get_one(Job, job_id)
    size = room.store.path(job.result["stored_name"]).stat().st_size
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"seconds": seconds, "bytes": size, "peak": peak}))


def submit(room: Room, number: int) -> None:
    """Take the declaration of the sample's small unit to 待审核; prints the numbers of its filings."""
    actor = room.actor("slb_wang")
    now = room.clock()
    declarations.save_statement(actor, number, {}, 0, now)
    with db.reading() as session:
        revision = get_tally(session, number).revision
    declarations.confirm_left(actor, number, revision, now)
    backups.make_backup(actor, number, room.store, now)
    filings, job_id = submissions.submit_declaration(actor, number, revision, now)
    room.run(job_id)
    print(json.dumps(filings))


COMMANDS: dict[str, Callable[..., None]] = {
    "demo": fill,
    "unit": add_unit,
    "lists": fill_lists,
    "queue": fill_queue,
    "region": town.fill_region,
    "levy": town.measure_levy,
    "bare-levy": town.bare_levy,
    "audit": audits.measure_appends,
    "send": send_file,
    "send-xlsx": send_xlsx,
    "check": check_file,
    "raw-txt": raw_txt,
    "raw-xlsx": raw_xlsx,
    "upload": check_and_apply,
    "bare": bare_update,
    "roster": make_roster,
    "submit": submit,
}


def main() -> None:
    """Do the command and leave the database without open connections."""
    try:
        COMMANDS[sys.argv[1]](open_room(), *map(int, sys.argv[2:]))
    finally:
        db.disconnect()


if __name__ == "__main__":
    main()
