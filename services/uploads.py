"""上传数据: a file is received, checked line by line in the background, then written all or nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlmodel import Session

from cert.digests import sm3_hex
from documents.backup_file import canonical_json
from documents.reading import Limits, RawTable, fixed_columns_unchanged, read_wage_file, uncollected
from documents.store import Store
from models import audit
from models.account import Account, Actor
from models.db import is_sqlite, reading, transaction
from models.declaration import Declaration, WageRow, find_statement, list_insurances
from models.job import drop_job
from models.unit import get_unit
from models.upload import OUTCOMES, Upload, UploadLine, find_upload
from rules.money import yuan_text
from rules.refusals import Missing, Refusal
from rules.wages import change_permille, is_declared, needs_explanation, parse_wage
from services.backups import open_backup
from services.declarations import get_open, write_statement
from services.exchange import batch_id
from services.work import LeaseLost, Task, end_job, put_job

CHECK_JOB, APPLY_JOB = "check_upload", "apply_upload"
CHUNK = 20_000
ROWS_AT_ONCE = 100
WRITTEN = ("accepted", "warned")


def receive_upload(
    actor: Actor,
    declaration_id: int,
    filename: str,
    data: bytes,
    kind: str,
    store: Store,
    limits: Limits,
    now: datetime,
) -> tuple[int, int]:
    """Keep the file and put down the job that checks it; returns the numbers of upload and job.

    The same bytes that still wait for their decision are not checked twice. Raises ``Refusal``
    ``upload.empty``, ``upload.too_large``, ``declaration.not_open``.
    """
    if not data:
        raise Refusal("upload.empty", "file")
    if len(data) > limits.upload_bytes:
        raise Refusal("upload.too_large", "file", size=len(data), limit=limits.upload_bytes)
    digest = sm3_hex(data)
    stored_name = store.save(data, ".upload")
    with transaction() as session:
        get_open(session, actor, declaration_id)
        twin = _waiting_twin(session, declaration_id, digest, kind)
        if twin is not None and twin.id is not None:
            twin.state = "checking"
            session.add(twin)
            return twin.id, put_job(session, CHECK_JOB, twin.id, actor.own_unit_id, now)
        upload = Upload(
            declaration_id=declaration_id,
            unit_id=actor.own_unit_id,
            kind=kind,
            filename=filename[:200],
            stored_name=stored_name,
            digest=digest,
            size_bytes=len(data),
            uploaded_by=actor.account_id,
            uploaded_at=now,
        )
        session.add(upload)
        session.flush()
        assert upload.id is not None
        audit.record(
            session,
            actor,
            "file_uploaded",
            "upload",
            upload.id,
            now,
            after={"filename": filename[:200], "digest": digest, "kind": kind},
        )
        return upload.id, put_job(session, CHECK_JOB, upload.id, actor.own_unit_id, now)


@uncollected()
def check_upload(task: Task, store: Store, limits: Limits) -> None:
    """The check job: read the file, hold each line against the list, stage what it would change."""
    upload, declaration = _subject(task, "checking")
    try:
        data = store.path(upload.stored_name).read_bytes()
        statement = None
        if upload.kind == "backup":
            table, statement = open_backup(data, limits)
        else:
            table = read_wage_file(data, upload.filename, limits)
        task.report(0, len(table.rows))
        with reading() as session:
            _check_head(session, table, declaration, is_backup=upload.kind == "backup")
            roster = _load_roster(session, declaration)
            statement_now = find_statement(session, upload.declaration_id)
    except Refusal as refusal:
        _refuse(task, refusal)
        return
    check = _Check(
        task.subject_id, roster, trusted=fixed_columns_unchanged(table), is_backup=upload.kind == "backup"
    )
    _stage(task, check, table)
    if statement is not None and statement_now is not None and statement_now.content == statement:
        statement = None
    _finish_check(task, check, table, statement)


def apply_upload(actor: Actor, upload_id: int, now: datetime) -> int:
    """确认写入: put down the job that writes a checked file; returns its number.

    Raises ``Refusal`` ``upload.has_refused`` while a line is refused, ``upload.not_checked`` otherwise.
    """
    with transaction() as session:
        upload = _own(session, actor, upload_id)
        get_open(session, actor, upload.declaration_id)
        if upload.state == "checked" and upload.refused:
            raise Refusal("upload.has_refused", count=upload.refused)
        if upload.state not in ("checked", "applying", "applied"):
            raise Refusal("upload.not_checked")
        if upload.state == "checked":
            upload.state = "applying"
            session.add(upload)
        params = {"by": actor.account_id}
        return (
            put_job(session, APPLY_JOB, upload_id, actor.own_unit_id, now, params)
            if upload.state == "applying"
            else 0
        )


def write_upload(task: Task) -> None:
    """The apply job: one transaction writes every staged line, or none of them."""
    upload, _ = _subject(task, "applying")
    with transaction() as session:
        account = session.get_one(Account, task.params["by"])
        assert account.id is not None
        actor = Actor(account.id, account.display_name, account.role, account.region_code, upload.unit_id, "")
        get_open(session, actor, upload.declaration_id)
        now = task.clock()
        _write_lines(session, upload, account.id, now)
        if upload.statement is not None:
            held = find_statement(session, upload.declaration_id)
            write_statement(
                session, actor, upload.declaration_id, upload.statement, held.version if held else 0, now
            )
        session.connection().execute(
            update(Upload)
            .where(Upload.id == task.subject_id)
            .values(state="applied", applied_at=now, refusal=None)
        )
        # The values before and after, line by line, stay in upload_line.
        audit.record(
            session,
            actor,
            "upload_applied",
            "upload",
            task.subject_id,
            now,
            after={"digest": upload.digest, "accepted": upload.accepted, "warned": upload.warned},
        )
        end_job(session, task, now)


def fail_upload(session: Session, task: Task, code: str, params: dict[str, Any]) -> None:
    """A check or apply job gave up: the file is refused with the reason, or goes back to be checked again."""
    state = "checking" if code == "upload.rows_changed" else "refused"
    if task.kind == APPLY_JOB and state == "refused":
        state = "checked"
    values = {"state": state, "refusal": {"code": code, "params": params}}
    session.connection().execute(
        update(Upload)
        .where(Upload.id == task.subject_id, Upload.state.in_(("checking", "applying")))
        .values(**values)
    )
    if state == "checking":
        put_job(session, CHECK_JOB, task.subject_id, task.unit_id, task.clock())


def discard_upload(actor: Actor, upload_id: int, now: datetime) -> int:
    """放弃此文件: nothing of it is written; returns its declaration's number."""
    with transaction() as session:
        upload = _own(session, actor, upload_id)
        if upload.state in ("applying", "applied"):
            raise Refusal("upload.not_checked")
        upload.state = "discarded"
        session.add(upload)
        drop_job(session, CHECK_JOB, upload_id, now)
        audit.record(session, actor, "upload_discarded", "upload", upload_id, now)
        return upload.declaration_id


# A person of the list as the check needs them: id, version, person_no, name, old_wage_fen, wage_fen. A plain
# tuple as the driver gives it, because a hundred thousand of them are made for one file.
Listed = tuple[int, int, str, str, int | None, int | None]

# The columns of upload_line in the order of the values that ``_Check.staged`` gives.
PLAIN_COLUMNS = (
    "upload_id", "line_no", "wage_row_id", "row_version", "name", "before_fen", "wage_fen", "outcome",
)  # fmt: skip
TOLD_COLUMNS = (*PLAIN_COLUMNS, "code", "column_name", "value", "params")
Value = int | str | None
Line = tuple[Value, ...]


@dataclass
class _Check:
    """Holds lines against the list; counts every line under one of four outcomes."""

    upload_id: int
    roster: dict[str, Listed]
    trusted: bool
    is_backup: bool
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(OUTCOMES, 0))
    fixes: dict[str, int] = field(default_factory=dict)
    seen: dict[int, int] = field(default_factory=dict)
    _bare: dict[str, Listed | None] | None = None

    def staged(self, rows: list[tuple[int, list[str]]]) -> tuple[list[Value], list[Value]]:
        """The values of the lines worth keeping, line after line: the plainly accepted, those with a reason."""
        plain: list[Value] = []
        told: list[Value] = []
        upload_id, find, seen = self.upload_id, self.roster.get, self.seen
        compares = not self.trusted and not self.is_backup
        for line_no, cells in rows:
            row = find(cells[1]) or self._without_zeros(cells[1])
            if row is None:
                told += self._unknown(line_no, cells)
                continue
            row_id, version, _person_no, name, old_fen, held_fen = row
            first = seen.setdefault(row_id, line_no)
            if (first != line_no or compares) and (line := self._wrong(line_no, cells, row, first)):
                told += line
                continue
            text = cells[5]
            whole, _point, part = text.partition(".")
            digits = whole + part
            try:
                # A wage written as the download writes it needs no parser; nearly all are.
                is_plain = len(part) == 2 and 0 < len(whole) < 8 and digits.isascii() and digits.isdecimal()
                fen = int(digits) if is_plain else parse_wage(text)
            except Refusal as refusal:
                told += self._line(line_no, row, name, refusal.code, "现工资", text, refusal.params)
                continue
            # A blank in a wage file leaves the wage alone; a backup puts back what was there, nothing included.
            if fen == held_fen or (fen is None and not self.is_backup):
                continue
            if fen is not None and needs_explanation(old_fen, fen) and is_declared(fen):
                told += self._warned(line_no, row, text, fen)
                continue
            plain += (upload_id, line_no, row_id, version, name[:50], held_fen, fen, "accepted")
        accepted = len(plain) // len(PLAIN_COLUMNS)
        self.counts["accepted"] += accepted
        self.counts["unchanged"] += len(rows) - accepted - len(told) // len(TOLD_COLUMNS)
        return plain, told

    def _unknown(self, line_no: int, cells: list[str]) -> Line:
        outcome = "unchanged" if self.is_backup else "refused"
        return self._line(line_no, None, cells[2], "line.unknown_person", "个人编号", cells[1], None, outcome)

    def _wrong(self, line_no: int, cells: list[str], row: Listed, first: int) -> Line | None:
        """The line as refused if it names a person twice, or says another name or former wage than the list."""
        _seq, person_no, name, _id_number, old, _new = cells
        _id, _version, _person_no, held_name, old_fen, _wage_fen = row
        if first != line_no:
            return self._line(line_no, row, name, "line.duplicate", "个人编号", person_no, {"first": first})
        if name and name != held_name:
            return self._line(line_no, row, name, "line.name_differs", "姓名", name, {"name": held_name})
        if _is_wage(old, old_fen):
            return None
        params = {"old": yuan_text(old_fen)}
        return self._line(line_no, row, held_name, "line.old_wage_changed", "原工资", old, params)

    def _warned(self, line_no: int, row: Listed, text: str, fen: int) -> Line:
        _id, _version, _person_no, name, old_fen, _wage_fen = row
        params = {"permille": change_permille(old_fen, fen), "old": yuan_text(old_fen)}
        return self._line(line_no, row, name, "wage.changed_much", "现工资", text, params, "warned", fen)

    def _line(
        self,
        line_no: int,
        row: Listed | None,
        name: str,
        code: str,
        column: str,
        value: str,
        params: Any = None,
        outcome: str = "refused",
        fen: int | None = None,
    ) -> Line:
        """A line with a reason, counted, in the order of ``TOLD_COLUMNS``."""
        self.counts[outcome] += 1
        row_id, version, _person_no, _name, _old_fen, held_fen = row or (None,) * 6
        told = None if params is None else canonical_json(params).decode()
        return (
            self.upload_id, line_no, row_id, version, name[:50], held_fen, fen, outcome,
            code, column, value[:60], told,
        )  # fmt: skip

    def _without_zeros(self, person_no: str) -> Listed | None:
        """Spreadsheets eat leading zeros; the person is found if only one number fits."""
        if self._bare is None:
            self._bare = {}
            for number, row in self.roster.items():
                bare = number.lstrip("0")
                self._bare[bare] = None if bare in self._bare else row
        found = self._bare.get(person_no.lstrip("0")) if person_no else None
        if found:
            self.fixes["zeros_padded"] = self.fixes.get("zeros_padded", 0) + 1
        return found


def _is_wage(text: str, fen: int | None) -> bool:
    try:
        return parse_wage(text) == fen
    except Refusal:
        return False


def _stage(task: Task, check: _Check, table: RawTable) -> None:
    with transaction() as session:
        session.connection().execute(delete(UploadLine).where(UploadLine.upload_id == task.subject_id))
    for start in range(0, len(table.rows), CHUNK):
        plain, told = check.staged(table.rows[start : start + CHUNK])
        with transaction() as session:
            _insert(session, PLAIN_COLUMNS, plain)
            _insert(session, TOLD_COLUMNS, told)
        task.report(min(start + CHUNK, len(table.rows)), len(table.rows))


def _insert(session: Session, columns: tuple[str, ...], values: list[Value]) -> None:
    """Hand lines to the driver a hundred at a time: SQLAlchemy's insert costs more than the database's work."""
    row = f"({', '.join('?' if is_sqlite() else '%s' for _ in columns)})"
    begin = f"INSERT INTO upload_line ({', '.join(columns)}) VALUES "
    for rows in (ROWS_AT_ONCE, 1):
        width = rows * len(columns)
        whole = len(values) - len(values) % width
        if whole:
            given = [tuple(values[start : start + width]) for start in range(0, whole, width)]
            session.connection().exec_driver_sql(begin + ", ".join([row] * rows), given)
        values = values[whole:]


def _finish_check(task: Task, check: _Check, table: RawTable, statement: dict[str, Any] | None) -> None:
    fixes = {**table.fixes, **check.fixes}
    if not check.trusted and not check.is_backup:
        fixes["fixed_columns_compared"] = len(table.rows)
    with transaction() as session:
        session.connection().execute(
            update(Upload)
            .where(Upload.id == task.subject_id, Upload.state == "checking")
            .values(
                state="checked",
                fixes=fixes,
                statement=statement,
                lines=len(table.rows),
                missing=len(check.roster) - len(check.seen),
                **check.counts,
            )
        )
        end_job(session, task, task.clock(), result={"lines": len(table.rows)})


def _refuse(task: Task, refusal: Refusal) -> None:
    with transaction() as session:
        session.connection().execute(
            update(Upload)
            .where(Upload.id == task.subject_id, Upload.state == "checking")
            .values(state="refused", refusal={"code": refusal.code, "params": refusal.params})
        )
        end_job(session, task, task.clock(), result={"code": refusal.code})


def _check_head(session: Session, table: RawTable, declaration: Declaration, *, is_backup: bool) -> None:
    head = table.head
    unit = get_unit(session, declaration.unit_id)
    assert declaration.id is not None
    if head.unit_no != unit.unit_no:
        raise Refusal("head.other_unit", value=head.unit_no, expected=unit.unit_no)
    if head.year != declaration.year:
        raise Refusal("head.other_year", value=head.year, expected=declaration.year)
    if head.wage_basis != declaration.wage_basis:
        raise Refusal("head.other_basis", value=head.wage_basis, expected=declaration.wage_basis)
    if is_backup:
        return
    if list(head.insurances) != list_insurances(session, declaration.id):
        raise Refusal("head.other_insurances", value=" ".join(head.insurances))
    if head.batch_id != batch_id(declaration):
        raise Refusal("head.old_batch", value=head.batch_id, expected=batch_id(declaration))


def _load_roster(session: Session, declaration: Declaration) -> dict[str, Listed]:
    query = select(
        WageRow.id, WageRow.version, WageRow.person_no, WageRow.name, WageRow.old_wage_fen, WageRow.wage_fen
    ).where(WageRow.declaration_id == declaration.id, WageRow.is_active)
    # Off the driver's cursor: numbers and texts need nothing done to them on their way.
    rows = session.connection().execute(query).cursor
    assert rows is not None
    return {row[2]: row for row in rows.fetchall()}


def _write_lines(session: Session, upload: Upload, account_id: int, now: datetime) -> None:
    """Write the staged wages; refuse if a row was saved, or left the list, after the check."""
    written = session.connection().execute(
        update(WageRow)
        .where(
            WageRow.id == UploadLine.wage_row_id,
            WageRow.version == UploadLine.row_version,
            WageRow.is_active,
            UploadLine.upload_id == upload.id,
            UploadLine.outcome.in_(WRITTEN),
        )
        .values(wage_fen=UploadLine.wage_fen, version=WageRow.version + 1, saved_by=account_id, saved_at=now)
        .execution_options(synchronize_session=False)
    )
    if changed := upload.accepted + upload.warned - written.rowcount:
        raise Refusal("upload.rows_changed", count=changed)


def _subject(task: Task, state: str) -> tuple[Upload, Declaration]:
    with reading() as session:
        upload = session.get_one(Upload, task.subject_id)
        if upload.state != state:
            raise LeaseLost(task.kind, task.job_id)
        return upload, session.get_one(Declaration, upload.declaration_id)


def _own(session: Session, actor: Actor, upload_id: int) -> Upload:
    upload = find_upload(session, actor.own_unit_id, upload_id, lock=True)
    if upload is None:
        raise Missing(upload_id)
    return upload


def _waiting_twin(session: Session, declaration_id: int, digest: str, kind: str) -> Upload | None:
    query = select(Upload).where(
        Upload.declaration_id == declaration_id,
        Upload.digest == digest,
        Upload.kind == kind,
        Upload.state.in_(("checking", "checked")),
    )
    return session.scalars(query.order_by(Upload.id.desc()).limit(1)).first()
