"""The check job: a file is read, every line held against the list, and each one staged with what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, partial
from typing import Any

from sqlalchemy import delete, update
from sqlmodel import Session

from documents.backup_file import canonical_json
from documents.columns import Columns, Unsure
from documents.limits import Limits
from documents.reading import RawTable, read_wage_file, uncollected
from documents.store import Store
from models.db import is_sqlite, reading, transaction
from models.declaration import Declaration, find_statement, list_insurances
from models.region import first_day, list_bounds
from models.unit import get_unit
from models.upload import (
    Upload,
    UploadLine,
    UploadRepair,
    list_column_choices,
    list_repairs,
)
from rules.refusals import Refusal
from rules.wages import CHANGE_TO_EXPLAIN_PERMILLE, NOT_DECLARED_BELOW_FEN, parse_wage
from services.backups import open_backup
from services.exchange import batch_id
from services.line_check import (
    NAME_KEPT,
    LineCheck,
    Staged,
    Terms,
    as_staged,
    count_lines,
    no_counts,
)
from services.matching import load_roster
from services.uploads import open_subject
from services.work import Task, end_job

CHUNK = 20_000
# What is wrong at the top of a file shows while the rest is still being checked.
FIRST_CHUNK = 2_000
ROWS_AT_ONCE = 100

# The columns of upload_line: of a line with nothing to say, and of any other.
TOLD = Staged._fields
PLAIN = TOLD[: TOLD.index("outcome") + 1]
_JSON = [TOLD.index(name) for name in ("params", "fix")]
Value = int | str | bool | None


@uncollected()
def check_upload(task: Task, store: Store, limits: Limits) -> None:
    """Read the file and stage its lines; ask for the columns, or refuse it whole, where it cannot be read."""
    upload, declaration = open_subject(task)
    try:
        table, statement = _read(upload, declaration, store, limits)
        if isinstance(table, Unsure):
            _ask(task, table)
            return
        task.report(0, len(table.rows))
        with reading() as session:
            _check_head(session, table, declaration, is_backup=upload.kind == "backup")
            staging = _Staging(session, upload, declaration, table)
            statement_now = find_statement(session, upload.declaration_id)
    except Refusal as refusal:
        _refuse(task, refusal)
        return
    staging.stage(task)
    if statement is not None and statement_now is not None and statement_now.content == statement:
        statement = None
    staging.finish(task, upload, statement)


def open_terms(session: Session, declaration: Declaration) -> Terms:
    """What the wages of a declaration are held against."""
    assert declaration.id is not None
    bounds = list_bounds(session, declaration.region_code, first_day(declaration.effective_month))
    own = {code: bounds[code] for code in list_insurances(session, declaration.id) if code in bounds}
    return Terms(declaration.months, own)


def new_check(session: Session, upload: Upload, declaration: Declaration) -> LineCheck:
    """A check for single lines of a staged upload, with the whole list at hand."""
    held = upload.columns or {}
    return LineCheck(
        load_roster(session, upload.declaration_id),
        open_terms(session, declaration),
        is_backup=upload.kind == "backup",
        is_free=bool(held.get("is_free")),
        times=int(held.get("times", 1)),
    )


class _Staging:
    """Everything one check needs, from the table to the staged lines and their counts."""

    def __init__(self, session: Session, upload: Upload, declaration: Declaration, table: RawTable) -> None:
        assert upload.id is not None
        self.upload_id, self.table = upload.id, table
        self.repairs: dict[int, UploadRepair] = list_repairs(session, upload.id)
        is_backup, is_free = upload.kind == "backup", table.head is None
        self.is_old = (
            table.head is not None and not is_backup and table.head.batch_id != batch_id(declaration)
        )
        self.check = LineCheck(
            load_roster(session, upload.declaration_id),
            open_terms(session, declaration),
            is_backup,
            is_free,
            table.columns.times,
        )
        self.counts = no_counts()
        self.named: set[int] = set()

    def stage(self, task: Task) -> None:
        """Judge line by line, and insert them a chunk at a time; a chunk is a transaction."""
        with transaction() as session:
            session.connection().execute(delete(UploadLine).where(UploadLine.upload_id == self.upload_id))
        rows = self.table.rows
        # A person chosen by hand counts after all those whom the file itself names.
        late = {line for line, repair in self.repairs.items() if repair.wage_row_id is not None}
        if late:
            rows = [row for row in rows if row[0] not in late] + [row for row in rows if row[0] in late]
        start, end = 0, FIRST_CHUNK
        while start < len(rows):
            plain, told = self.judged(rows[start:end])
            with transaction() as session:
                _insert(session, PLAIN, plain)
                _insert(session, TOLD, told)
            task.report(min(end, len(rows)), len(rows))
            start, end = end, end + CHUNK

    def judged(self, rows: Sequence[tuple[int, list[str]]]) -> tuple[list[Value], list[Value]]:
        """The values of the lines one after another: those with nothing to say about them, and the others."""
        plain: list[Value] = []
        told: list[Value] = []
        check, find, seen = self.check, self.check.roster.by_no.get, self.check.seen
        upload_id, counts, quickly = self.upload_id, self.counts, self._quickly
        slow = self.repairs.keys() | self.table.odd.keys()
        is_quick = not check.is_backup and check.times == 1
        for line_no, cells in rows:
            row = find(cells[1]) if is_quick else None
            if row is None or line_no in slow or seen.setdefault(row[0], line_no) != line_no:
                self._judge(line_no, cells, plain, told)
                continue
            outcome, fen = quickly(row, cells)
            if outcome == "":
                self._judge(line_no, cells, plain, told)
                continue
            row_id, version, person_no, name, _old_fen, held_fen, _id_number, _insurances = row
            counts[outcome] += 1
            counts["added"] += held_fen is None
            plain += (
                upload_id,
                line_no,
                row_id,
                version,
                name[:NAME_KEPT],
                person_no,
                held_fen,
                fen,
                outcome,
            )
        return plain, told

    def _quickly(self, row: tuple[Any, ...], cells: list[str]) -> tuple[str, int]:
        """Accepted or unchanged, and the wage in fen; "" for whatever takes a closer look."""
        _row_id, _version, _person_no, name, old_fen, held_fen, id_number, insurances = row
        _seq, _said_no, said_name, said_id, said_old, text = cells
        terms = self.check.terms
        if said_name != name:
            return "", 0
        if said_id not in ("", id_number) if self.check.is_free else _read_plain(said_old) != (old_fen or -1):
            return "", 0
        whole, _point, part = text.partition(".")
        digits = whole + part
        # A wage written as the download writes it needs no parser; nearly all are.
        if len(part) == 2 and 0 < len(whole) < 8 and digits.isascii() and digits.isdecimal():
            fen = int(digits)
        else:
            fen = _read_plain(text)
        if fen < NOT_DECLARED_BELOW_FEN:
            return "", 0
        if fen == held_fen:
            return "unchanged", fen
        floor, cap = terms.limits(insurances)
        moved = old_fen and abs(fen - old_fen) * 1000 > CHANGE_TO_EXPLAIN_PERMILLE * old_fen
        return (
            ("", 0) if moved or not floor * terms.months <= fen <= cap * terms.months else ("accepted", fen)
        )

    def _judge(self, line_no: int, cells: list[str], plain: list[Value], told: list[Value]) -> None:
        """The careful way, for whatever the quick one has no answer to."""
        if line_no in self.table.odd:
            cells = [*cells, "、".join(cell for cell in self.table.odd[line_no] if cell)]
        judged = self.check.judge(line_no, cells, self.repairs.get(line_no))
        self._keep(as_staged(self.upload_id, line_no, cells, judged), plain, told)

    def _keep(self, line: Staged, plain: list[Value], told: list[Value]) -> None:
        count_lines(self.counts, line)
        if line.wage_row_id is not None:
            self.named.add(line.wage_row_id)
        if line.code is None and not line.is_repaired and not line.is_skipped:
            plain += line[: len(PLAIN)]
            return
        values: list[Any] = [*line]
        for place in _JSON:
            if values[place] is not None:
                values[place] = _json_text(values[place])
        told += values

    def finish(self, task: Task, upload: Upload, statement: dict[str, Any] | None) -> None:
        """Write the counts and close the job."""
        fixes = {**self.table.fixes, **self.check.fixes}
        if self.is_old:
            fixes["old_batch"] = 1
        columns = self.table.columns.to_json()
        columns["signature"] = self.table.signature
        columns["is_free"] = self.check.is_free
        columns["is_chosen"] = bool((upload.columns or {}).get("is_chosen"))
        with transaction() as session:
            session.connection().execute(
                update(Upload)
                .where(Upload.id == task.subject_id, Upload.state == "checking")
                .values(
                    state="checked",
                    asked=None,
                    columns=columns,
                    fixes=fixes,
                    statement=statement,
                    lines=len(self.table.rows),
                    missing=len(self.check.roster) - len(self.named | self.check.seen.keys()),
                    **self.counts,
                )
            )
            end_job(session, task, task.clock(), result={"lines": len(self.table.rows)})


def _read(
    upload: Upload, declaration: Declaration, store: Store, limits: Limits
) -> tuple[RawTable | Unsure, dict[str, Any] | None]:
    data = store.path(upload.stored_name).read_bytes()
    if upload.kind == "backup":
        return open_backup(data, limits)
    with reading() as session:
        choices = list_column_choices(session, upload.unit_id)
    held = upload.columns or {}
    chosen = Columns.from_json(held) if held.get("is_chosen") else None
    return read_wage_file(
        data,
        upload.filename,
        limits,
        wage_basis=declaration.wage_basis,
        remembered=partial(_remembered, choices),
        chosen=chosen,
    ), None


def _json_text(value: dict[str, Any]) -> str:
    # Thousands of lines say nothing but the same floor.
    one = next(iter(value.items()))
    return _one_json(*one) if len(value) == 1 and isinstance(one[1], str) else canonical_json(value).decode()


@lru_cache(maxsize=1024)
def _one_json(name: str, value: str) -> str:
    return canonical_json({name: value}).decode()


def _read_plain(text: str) -> int:
    """The fen of a wage of plain digits, −1 for whatever takes a closer look."""
    if not text.isascii() or "," in text:
        return -1
    try:
        fen = parse_wage(text)
    except Refusal:
        return -1
    return -1 if fen is None else fen


def _remembered(choices: dict[str, Any], signature: str) -> Columns | None:
    return Columns.from_json(choices[signature]) if signature in choices else None


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


def _ask(task: Task, unsure: Unsure) -> None:
    """Stop, and let the clerk say which column is what."""
    asked = {
        "reason": unsure.reason,
        "guess": unsure.guess.to_json(),
        "signature": unsure.signature,
        "sheets": [
            {"name": one.name, "first_line": one.first_line, "width": one.width, "rows": one.rows}
            for one in unsure.sheets
        ],
    }
    with transaction() as session:
        session.connection().execute(
            update(Upload)
            .where(Upload.id == task.subject_id, Upload.state == "checking")
            .values(state="asking", asked=asked)
        )
        end_job(session, task, task.clock(), result={"asks": unsure.reason})


def _refuse(task: Task, refusal: Refusal) -> None:
    with transaction() as session:
        session.connection().execute(
            update(Upload)
            .where(Upload.id == task.subject_id, Upload.state == "checking")
            .values(state="refused", refusal={"code": refusal.code, "params": refusal.params})
        )
        end_job(session, task, task.clock(), result={"code": refusal.code})


def _check_head(session: Session, table: RawTable, declaration: Declaration, *, is_backup: bool) -> None:
    """Refuse a download of another unit, year, basis or set of 险种; a file without our head says none of these."""
    head = table.head
    if head is None:
        return
    unit = get_unit(session, declaration.unit_id)
    assert declaration.id is not None
    if head.unit_no != unit.unit_no:
        raise Refusal("head.other_unit", value=head.unit_no, expected=unit.unit_no)
    if head.year != declaration.year:
        raise Refusal("head.other_year", value=head.year, expected=declaration.year)
    if head.wage_basis != declaration.wage_basis:
        raise Refusal("head.other_basis", value=head.wage_basis, expected=declaration.wage_basis)
    if not is_backup and list(head.insurances) != list_insurances(session, declaration.id):
        raise Refusal("head.other_insurances", value=" ".join(head.insurances))
