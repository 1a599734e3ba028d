"""上传数据: a file is received, its fate decided; written all or nothing, and taken back with one press."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlmodel import Session

from cert.digests import sm3_hex
from documents.columns import Columns
from documents.limits import Limits
from documents.store import Store
from models import audit
from models.account import Account, Actor
from models.db import reading, transaction, upsert
from models.declaration import Declaration, WageRow, find_statement
from models.job import drop_job
from models.upload import WRITTEN, ColumnChoice, Upload, UploadCleared, UploadLine, UploadRepair, find_upload
from models.upload_people import clears_of, count_clears
from rules.refusals import Missing, Refusal
from services.declarations import get_open, write_statement
from services.work import LeaseLost, Task, end_job, put_job

CHECK_JOB, APPLY_JOB, UNDO_JOB = "check_upload", "apply_upload", "undo_upload"
_AGAIN = ("checked", "undone", "discarded", "refused")


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

    The same bytes that still wait for their decision are found again by their digest, with all that was mended.
    Raises ``Refusal`` ``upload.empty``, ``upload.too_large``, ``declaration.not_open``.
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
        after = {"filename": filename[:200], "digest": digest, "kind": kind}
        audit.record(session, actor, "file_uploaded", "upload", upload.id, now, after=after)
        return upload.id, put_job(session, CHECK_JOB, upload.id, actor.own_unit_id, now)


def choose_columns(actor: Actor, upload_id: int, columns: Columns, now: datetime) -> int:
    """列对应: the clerk says which column is what; kept for every file of the unit with these headings.

    Returns the number of the job that checks the file again; what was mended under other columns is forgotten.
    Raises ``Refusal`` ``columns.no_wage``, ``columns.no_person``, ``columns.twice``, ``upload.not_checked``.
    """
    _check_columns(columns)
    with transaction() as session:
        upload = _open_upload(session, actor, upload_id, ("asking", "checked", "refused"))
        signature = (upload.asked or upload.columns or {}).get("signature", "")
        upload.columns = {**columns.to_json(), "signature": signature, "is_chosen": True}
        upload.state, upload.asked, upload.refusal = "checking", None, None
        session.add(upload)
        session.connection().execute(delete(UploadRepair).where(UploadRepair.upload_id == upload_id))
        if signature:
            choice = {"unit_id": upload.unit_id, "signature": signature, "columns": columns.to_json()}
            values = {**choice, "chosen_by": actor.account_id, "chosen_at": now}
            session.connection().execute(upsert(ColumnChoice, ["unit_id", "signature"]), values)
        audit.record(session, actor, "columns_chosen", "upload", upload_id, now, after=columns.to_json())
        return put_job(session, CHECK_JOB, upload_id, upload.unit_id, now)


def recheck_upload(actor: Actor, upload_id: int, now: datetime) -> int:
    """重新检查: hold the kept file against the list as it is now; returns the job's number."""
    with transaction() as session:
        upload = _open_upload(session, actor, upload_id, _AGAIN)
        upload.state, upload.refusal = "checking", None
        session.add(upload)
        audit.record(session, actor, "upload_rechecked", "upload", upload_id, now)
        return put_job(session, CHECK_JOB, upload_id, upload.unit_id, now)


def apply_upload(actor: Actor, upload_id: int, mode: str, cleared: int, now: datetime) -> int:
    """确认写入: put down the job that writes a checked file; returns its number, 0 where it was written before.

    ``mode`` is "merge" (the file's wages are written, all others stay) or "replace" (entered wages that the file
    does not have are emptied too). ``cleared`` is how many of those the clerk was told of. Raises ``Refusal``
    ``upload.has_refused`` while a refused line is neither mended nor left out, ``upload.cleared_differs``,
    ``upload.not_checked``.
    """
    if mode not in ("merge", "replace"):
        raise Refusal("form.damaged")
    with transaction() as session:
        upload = _open_upload(session, actor, upload_id, ("checked", "applying", "applied"))
        if upload.state == "applied":
            return 0
        if upload.state == "checked":
            if upload.unsettled:
                raise Refusal("upload.has_refused", count=upload.unsettled)
            _check_cleared(session, upload, mode, cleared)
            upload.state, upload.mode, upload.refusal = "applying", mode, None
            session.add(upload)
        params = {"by": actor.account_id, "cleared": cleared}
        return put_job(session, APPLY_JOB, upload_id, actor.own_unit_id, now, params)


def write_upload(task: Task) -> None:
    """The apply job: one transaction writes every staged line, and empties what a replace empties, or nothing."""
    upload = _subject(task, "applying")
    with transaction() as session:
        actor = _author(session, task, upload)
        get_open(session, actor, upload.declaration_id)
        now = task.clock()
        if upload.mode == "replace":
            _clear_others(session, upload, task.params["cleared"], actor, now)
        _write_lines(session, upload, actor, now)
        before = _put_statement(session, actor, upload, upload.statement, now)
        session.connection().execute(
            update(Upload)
            .where(Upload.id == task.subject_id)
            .values(
                state="applied",
                applied_at=now,
                refusal=None,
                statement_before=before,
                cleared=task.params["cleared"] if upload.mode == "replace" else 0,
            )
        )
        # The values before and after, line by line, stay in upload_line and upload_cleared.
        after = {
            "digest": upload.digest,
            "accepted": upload.accepted,
            "warned": upload.warned,
            "mode": upload.mode,
        }
        audit.record(session, actor, "upload_applied", "upload", task.subject_id, now, after=after)
        end_job(session, task, now)


def undo_upload(actor: Actor, upload_id: int, now: datetime) -> int:
    """撤销这次写入: put down the job that puts back what was there before; returns its number.

    Raises ``Refusal`` ``upload.not_applied``, and ``declaration.not_open`` once 申报 was pressed.
    """
    with transaction() as session:
        upload = _own(session, actor, upload_id)
        get_open(session, actor, upload.declaration_id)
        if upload.state not in ("applied", "undoing"):
            raise Refusal("upload.not_applied")
        upload.state = "undoing"
        session.add(upload)
        return put_job(session, UNDO_JOB, upload_id, actor.own_unit_id, now, {"by": actor.account_id})


def take_back(task: Task) -> None:
    """The undo job: every wage as it was before the file, but for those changed again since, which stay."""
    upload = _subject(task, "undoing")
    with transaction() as session:
        actor = _author(session, task, upload)
        get_open(session, actor, upload.declaration_id)
        now = task.clock()
        restored = _restore(session, UploadLine, upload, actor, now, UploadLine.outcome.in_(WRITTEN))
        restored += _restore(session, UploadCleared, upload, actor, now)
        kept = upload.to_write + upload.cleared - restored
        _put_statement(session, actor, upload, upload.statement_before, now, only_over=upload.statement)
        session.connection().execute(
            update(Upload)
            .where(Upload.id == task.subject_id)
            .values(state="undone", undone_at=now, kept=kept, refusal=None)
        )
        session.connection().execute(delete(UploadCleared).where(UploadCleared.upload_id == task.subject_id))
        after = {"restored": restored, "kept": kept}
        audit.record(session, actor, "upload_undone", "upload", task.subject_id, now, after=after)
        end_job(session, task, now)


def fail_upload(session: Session, task: Task, code: str, params: dict[str, Any]) -> None:
    """A job gave up: the file is refused with the reason, or is where it was, or goes back to be checked again."""
    state = {CHECK_JOB: "refused", APPLY_JOB: "checked", UNDO_JOB: "applied"}[task.kind]
    if code == "upload.rows_changed":
        state = "checking"
    session.connection().execute(
        update(Upload)
        .where(Upload.id == task.subject_id, Upload.state.in_(("checking", "applying", "undoing")))
        .values(state=state, refusal={"code": code, "params": params})
    )
    if state == "checking":
        put_job(session, CHECK_JOB, task.subject_id, task.unit_id, task.clock())


def discard_upload(actor: Actor, upload_id: int, now: datetime) -> int:
    """放弃此文件: nothing of it is written; returns its declaration's number."""
    with transaction() as session:
        upload = _own(session, actor, upload_id)
        if upload.state not in ("checking", "asking", "checked", "refused", "discarded"):
            raise Refusal("upload.not_checked")
        upload.state = "discarded"
        session.add(upload)
        drop_job(session, CHECK_JOB, upload_id, now)
        audit.record(session, actor, "upload_discarded", "upload", upload_id, now)
        return upload.declaration_id


def _check_columns(columns: Columns) -> None:
    _seq, *person, _old, wage = columns.places
    if wage is None:
        raise Refusal("columns.no_wage", "wage")
    if all(place is None for place in person):
        raise Refusal("columns.no_person", "person_no")
    used = [place for place in columns.places if place is not None]
    if len(set(used)) != len(used):
        raise Refusal("columns.twice")


def _check_cleared(session: Session, upload: Upload, mode: str, cleared: int) -> None:
    expected = count_clears(session, upload) if mode == "replace" else 0
    if cleared != expected:
        raise Refusal("upload.cleared_differs", count=cleared, expected=expected)


def _write_lines(session: Session, upload: Upload, actor: Actor, now: datetime) -> None:
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
        .values(
            wage_fen=UploadLine.wage_fen, version=WageRow.version + 1, saved_by=actor.account_id, saved_at=now
        )
        .execution_options(synchronize_session=False)
    )
    if changed := upload.to_write - written.rowcount:
        raise Refusal("upload.rows_changed", count=changed)


def _clear_others(session: Session, upload: Upload, told: int, actor: Actor, now: datetime) -> None:
    """Empty the wages that the file does not have, remembering each; refuse if they are not those told of."""
    others = select(upload.id, WageRow.id, WageRow.version, WageRow.wage_fen).where(clears_of(upload))
    names = ["upload_id", "wage_row_id", "row_version", "before_fen"]
    session.connection().execute(insert(UploadCleared).from_select(names, others))
    # Counted, because an INSERT … SELECT does not say how many rows it made on both databases.
    kept = select(func.count()).select_from(UploadCleared).where(UploadCleared.upload_id == upload.id)
    if changed := abs(session.connection().execute(kept).scalar_one() - told):
        raise Refusal("upload.rows_changed", count=changed)
    session.connection().execute(
        update(WageRow)
        .where(WageRow.id == UploadCleared.wage_row_id, UploadCleared.upload_id == upload.id)
        .values(wage_fen=None, version=WageRow.version + 1, saved_by=actor.account_id, saved_at=now)
        .execution_options(synchronize_session=False)
    )


def _restore(
    session: Session,
    source: type[UploadLine] | type[UploadCleared],
    upload: Upload,
    actor: Actor,
    now: datetime,
    *conditions: Any,
) -> int:
    """Put wages back where nobody changed them since; how many."""
    restored = session.connection().execute(
        update(WageRow)
        .where(
            WageRow.id == source.wage_row_id,
            WageRow.version == source.row_version + 1,
            source.upload_id == upload.id,
            *conditions,
        )
        .values(
            wage_fen=source.before_fen, version=WageRow.version + 1, saved_by=actor.account_id, saved_at=now
        )
        .execution_options(synchronize_session=False)
    )
    return int(restored.rowcount)


def _put_statement(
    session: Session, actor: Actor, upload: Upload, content: Any, now: datetime, only_over: Any = None
) -> Any:
    """Save a backup's 说明信息 over the one that is there; returns what was there, None where nothing was done."""
    if content is None:
        return None
    held = find_statement(session, upload.declaration_id)
    before = held.content if held else None
    if only_over is not None and before != only_over:
        return None
    write_statement(session, actor, upload.declaration_id, content, held.version if held else 0, now)
    return before


def _author(session: Session, task: Task, upload: Upload) -> Actor:
    account = session.get_one(Account, task.params["by"])
    assert account.id is not None
    return Actor(account.id, account.display_name, account.role, account.region_code, upload.unit_id, "")


def _subject(task: Task, state: str) -> Upload:
    with reading() as session:
        upload = session.get_one(Upload, task.subject_id)
        if upload.state != state:
            raise LeaseLost(task.kind, task.job_id)
        return upload


def open_subject(task: Task) -> tuple[Upload, Declaration]:
    """The upload that a check job is about, and its declaration; ``LeaseLost`` if it is no longer to be checked."""
    upload = _subject(task, "checking")
    with reading() as session:
        return upload, session.get_one(Declaration, upload.declaration_id)


def _own(session: Session, actor: Actor, upload_id: int) -> Upload:
    upload = find_upload(session, actor.own_unit_id, upload_id, lock=True)
    if upload is None:
        raise Missing(upload_id)
    return upload


def _open_upload(session: Session, actor: Actor, upload_id: int, states: Collection[str]) -> Upload:
    upload = _own(session, actor, upload_id)
    get_open(session, actor, upload.declaration_id)
    if upload.state not in states:
        raise Refusal("upload.not_checked")
    return upload


def _waiting_twin(session: Session, declaration_id: int, digest: str, kind: str) -> Upload | None:
    query = select(Upload).where(
        Upload.declaration_id == declaration_id,
        Upload.digest == digest,
        Upload.kind == kind,
        Upload.state.in_(("checking", "asking", "checked")),
    )
    return session.scalars(query.order_by(Upload.id.desc()).limit(1)).first()
