"""The way of a declaration as short cuts through the services, and the queries that its promises are held against."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import func, select

from documents.limits import Limits
from documents.store import Store
from models.account import Actor
from models.audit import AuditEvent
from models.db import reading
from models.declaration import Counts, Declaration, WageRow, get_tally
from models.filing import Filing
from models.job import Job
from models.upload import Upload
from models.wage_rows import Row, iterate_rows
from rules.statement import validate
from services.backups import make_backup
from services.declarations import confirm_left, save_statement, start_declaration
from services.notes import explain_rest
from services.repairs import Repair, Repaired, repair_lines
from services.reviews import approve_filing, return_filing
from services.submissions import submit_declaration
from services.uploads import apply_upload, receive_upload, undo_upload
from services.wages import Entry, Recorded, record_wages
from tests.factories import ALL, YEAR, World, actor, statement
from tests.integration.moment import Clock, Jobs


class Way:
    """Each method is one step, taken by wang of our unit unless another name is given."""

    def __init__(self, world: World, jobs: Jobs, clock: Clock, store: Store) -> None:
        self.world, self.jobs, self.clock, self.store = world, jobs, clock, store

    def started(self, insurances: Iterable[str] = ALL, by: str = "wang") -> int:
        """开始申报, the list filled."""
        declaration_id, job_id = start_declaration(actor(by), YEAR, insurances, self.clock())
        self.jobs.runner.run(job_id)
        return declaration_id

    def entered(self, *yuan: str, insurances: Iterable[str] = ALL, by: str = "wang") -> int:
        """Started, with wages typed for the first people; everybody's where none are given."""
        declaration_id = self.started(insurances, by)
        rows = list_rows(declaration_id)
        self.save(declaration_id, dict(zip(rows, yuan or ["60000"] * len(rows), strict=False)), by)
        return declaration_id

    def save(self, declaration_id: int, wages: Mapping[Row, str], by: str = "wang") -> Recorded:
        entries = [Entry(row.id, text, row.version, row.wage_fen) for row, text in wages.items()]
        return record_wages(actor(by), declaration_id, entries, self.clock())

    def type_wage(self, declaration_id: int, seq: int, text: str, by: str = "wang") -> Recorded:
        """One wage, typed on a page drawn just now."""
        return self.save(declaration_id, {list_rows(declaration_id)[seq - 1]: text}, by)

    def stated(self, declaration_id: int, by: str = "wang", version: int = 0, **changes: str) -> int:
        content, refusals = validate(statement(**changes))
        assert not refusals
        save_statement(actor(by), declaration_id, content, version, self.clock())
        return declaration_id

    def backed_up(self, declaration_id: int, by: str = "wang") -> int:
        return make_backup(actor(by), declaration_id, self.store, self.clock())

    def ready(self, *yuan: str, insurances: Iterable[str] = ALL, by: str = "wang") -> int:
        """Everything done but 申报."""
        declaration_id = self.stated(self.entered(*yuan, insurances=insurances, by=by), by)
        self.explain(declaration_id, by)
        self.confirm(declaration_id, by)
        self.backed_up(declaration_id, by)
        return declaration_id

    def explain(self, declaration_id: int, by: str = "wang", note: str = "调岗") -> int:
        """One 说明 for everybody whose wage moved much."""
        return explain_rest(actor(by), declaration_id, note, self.clock())

    def confirm(self, declaration_id: int, by: str = "wang") -> None:
        confirm_left(actor(by), declaration_id, tally(declaration_id).revision, self.clock())

    def submit(self, declaration_id: int, by: str = "wang") -> list[int]:
        """申报 without the hand-over."""
        revision = tally(declaration_id).revision
        numbers, _ = submit_declaration(actor(by), declaration_id, revision, self.clock())
        return sorted(numbers)

    def submitted(self, *yuan: str, insurances: Iterable[str] = ALL, by: str = "wang") -> list[int]:
        """申报 and handed over: the filings wait for their reviewer."""
        declaration_id = self.ready(*yuan, insurances=insurances, by=by)
        numbers, job_id = submit_declaration(
            actor(by), declaration_id, tally(declaration_id).revision, self.clock()
        )
        self.jobs.runner.run(job_id)
        return sorted(numbers)

    def approve(self, filing_id: int, by: str = "gao") -> None:
        approve_filing(actor(by), filing_id, self.clock())

    def send_back(
        self, filing_id: int, reason: str = "请核对", marks: Mapping[int, str] | None = None, by: str = "gao"
    ) -> None:
        return_filing(actor(by), filing_id, reason, marks or {}, self.clock())

    def upload(
        self, declaration_id: int, data: bytes, name: str = "工资.txt", kind: str = "wages", by: str = "wang"
    ) -> int:
        """A file sent and checked."""
        upload_id, job_id = receive_upload(
            actor(by), declaration_id, name, data, kind, self.store, Limits(), self.clock()
        )
        self.jobs.runner.run(job_id)
        return upload_id

    def apply(self, upload_id: int, by: str = "wang", mode: str = "merge", cleared: int = 0) -> None:
        """确认写入, and written."""
        job_id = apply_upload(actor(by), upload_id, mode, cleared, self.clock())
        if job_id:
            self.jobs.runner.run(job_id)

    def undo(self, upload_id: int, by: str = "wang") -> None:
        """撤销这次写入, and taken back."""
        self.jobs.runner.run(undo_upload(actor(by), upload_id, self.clock()))

    def repair(self, upload_id: int, line_no: int, by: str = "wang", **changes: Any) -> Repaired:
        """One line mended."""
        return repair_lines(actor(by), upload_id, [Repair(line_no, **changes)], self.clock())


def list_rows(declaration_id: int) -> list[Row]:
    """Everybody on the list in order."""
    with reading() as session:
        return list(iterate_rows(session, declaration_id))


def wages(declaration_id: int) -> list[int | None]:
    return [row.wage_fen for row in list_rows(declaration_id)]


def tally(declaration_id: int) -> Counts:
    with reading() as session:
        return get_tally(session, declaration_id)


def get_declaration(declaration_id: int) -> Declaration:
    with reading() as session:
        return session.get_one(Declaration, declaration_id)


def get_filing(filing_id: int) -> Filing:
    with reading() as session:
        return session.get_one(Filing, filing_id)


def get_upload(upload_id: int) -> Upload:
    with reading() as session:
        return session.get_one(Upload, upload_id)


def get_job(job_id: int) -> Job:
    with reading() as session:
        return session.get_one(Job, job_id)


def count(model: Any, *conditions: Any) -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(model).where(*conditions)) or 0


def audited(action: str) -> list[AuditEvent]:
    """The events of one kind, oldest first."""
    with reading() as session:
        query = select(AuditEvent).where(AuditEvent.action == action).order_by(AuditEvent.id)
        return list(session.scalars(query))


def check_counts(declaration_id: int) -> Counts:
    """The three counts and the sums equal a query, and 参保 = 录入 + 未录入."""
    with reading() as session:
        query = select(WageRow.wage_fen, WageRow.old_wage_fen).where(
            WageRow.declaration_id == declaration_id, WageRow.is_active
        )
        rows = session.execute(query).all()
        kept = get_tally(session, declaration_id)
    declared = [(wage, old or 0) for wage, old in rows if wage is not None and wage >= 100]
    left = [wage for wage, _ in rows if wage is None or wage < 100]
    found = Counts(
        declaration_id=declaration_id,
        insured=len(rows),
        entered=len(declared),
        excluded=sum(wage is not None for wage in left),
        wage_total_fen=sum(wage for wage, _ in declared),
        old_total_fen=sum(old or 0 for _, old in rows),
        entered_old_total_fen=sum(old for _, old in declared),
        revision=kept.revision,
    )
    assert kept == found
    assert kept.insured == kept.entered + len(left)
    return kept


def actor_of(username: str) -> Actor:
    return actor(username)
