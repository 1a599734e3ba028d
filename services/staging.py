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
from models.db import insert_rows, reading, transaction
from models.declaration import Declaration, find_statement, list_insurances
from models.unit import get_unit
from models.upload import (
    Upload,
    UploadLine,
    UploadRepair,
    list_column_choices,
    list_repairs,
)
from rules.findings import find
from rules.refusals import Refusal
from rules.wages import NOT_DECLARED_BELOW_FEN
from services.backups import open_backup
from services.exchange import batch_id
from services.figures import own_bounds
from services.line_check import (
    NAME_KEPT,
    Bands,
    Staged,
    as_staged,
    count_lines,
    new_check,
    no_counts,
    staged_finding,
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


class _Staging:
    """Everything one check needs, from the table to the staged lines and their counts."""

    def __init__(self, session: Session, upload: Upload, declaration: Declaration, table: RawTable) -> None:
        assert upload.id is not None
        self.upload_id, self.table, self.lines = upload.id, table, len(table.rows)
        self.repairs: dict[int, UploadRepair] = list_repairs(session, upload.id)
        head, is_backup = table.head, upload.kind == "backup"
        self.is_old = head is not None and not is_backup and head.batch_id != batch_id(declaration)
        self.columns = {
            **table.columns.to_json(),
            "signature": table.signature,
            "is_free": head is None,
            "is_chosen": bool((upload.columns or {}).get("is_chosen")),
        }
        roster = load_roster(session, upload.declaration_id)
        bands = Bands(declaration.months, own_bounds(session, declaration))
        self.check = new_check(upload.kind, self.columns, roster, bands)
        self.counts = no_counts()
        self.named: set[int] = set()

    def stage(self, task: Task) -> None:
        """Judge line by line, and insert them a chunk at a time; a chunk is a transaction."""
        with transaction() as session:
            session.connection().execute(delete(UploadLine).where(UploadLine.upload_id == self.upload_id))
        rows = self.table.rows
        # A person chosen by hand counts after all those whom the file itself names.
        if late := {line for line, repair in self.repairs.items() if repair.wage_row_id is not None}:
            rows.sort(key=lambda row: row[0] in late)
        size = FIRST_CHUNK
        while rows:
            plain, told = self.judged(rows[:size])
            # What was judged makes room for what is still to come.
            del rows[:size]
            with transaction() as session:
                insert_rows(session, "upload_line", PLAIN, plain)
                insert_rows(session, "upload_line", TOLD, told)
            task.report(self.lines - len(rows), self.lines)
            size = CHUNK

    def judged(self, rows: Sequence[tuple[int, list[str]]]) -> tuple[list[Value], list[Value]]:
        """The values of the lines one after another: those with nothing to say about them, and the others."""
        plain: list[Value] = []
        told: list[Value] = []
        check, find_row, seen = self.check, self.check.roster.by_no.get, self.check.seen
        limits, months = check.bands.limits, check.bands.months
        upload_id, counts, quickly = self.upload_id, self.counts, self._quickly
        slow = self.repairs.keys() | self.table.odd.keys()
        is_quick = not check.is_backup and check.times == 1
        for line_no, cells in rows:
            row = find_row(cells[1]) if is_quick else None
            if row is None or line_no in slow or seen.setdefault(row[0], line_no) != line_no:
                self._judge(line_no, cells, plain, told)
                continue
            fen = quickly(row, cells)
            if fen < NOT_DECLARED_BELOW_FEN:
                self._judge(line_no, cells, plain, told)
                continue
            row_id, version, person_no, name, old_fen, held_fen, _id_number, insurances = row
            outcome = "unchanged"
            if fen != held_fen:
                if finding := find(old_fen, fen, months, *limits(insurances)):
                    self._keep(staged_finding(upload_id, line_no, cells, row, fen, finding), plain, told)
                    continue
                outcome = "accepted"
                counts["added"] += held_fen is None
            counts[outcome] += 1
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

    def _quickly(self, row: tuple[Any, ...], cells: list[str]) -> int:
        """The wage in fen of a line that says of its person what the list says; −1 for one to be looked at."""
        _row_id, _version, _person_no, name, old_fen, _held_fen, id_number, _insurances = row
        _seq, _said_no, said_name, said_id, said_old, text = cells
        if said_name != name:
            return -1
        if self.check.is_free:
            agrees = said_id in ("", id_number)
        else:
            agrees = plain_fen(said_old) == old_fen if said_old else old_fen is None
        return plain_fen(text) if agrees else -1

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
        with transaction() as session:
            session.connection().execute(
                update(Upload)
                .where(Upload.id == task.subject_id, Upload.state == "checking")
                .values(
                    state="checked",
                    asked=None,
                    columns=self.columns,
                    fixes=fixes,
                    statement=statement,
                    lines=self.lines,
                    missing=len(self.check.roster) - len(self.named | self.check.seen.keys()),
                    **self.counts,
                )
            )
            end_job(session, task, task.clock(), result={"lines": self.lines})


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


def plain_fen(text: str) -> int:
    """The fen of a wage of plain digits, as ``parse_wage`` would say; −1 for whatever is to be looked at.

    Nearly all wages of a file are written so, and two hundred thousand are read for one.
    """
    whole, point, part = text.partition(".")
    digits = whole + part
    if not 0 < len(whole) < 8 or not digits.isascii() or not digits.isdecimal():
        return -1
    if len(part) == 2:
        return int(digits)
    if len(part) == 1:
        return int(digits) * 10
    return -1 if point else int(digits) * 100


def _remembered(choices: dict[str, Any], signature: str) -> Columns | None:
    return Columns.from_json(choices[signature]) if signature in choices else None


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
