"""备份 and 恢复: a sealed copy of one revision of a declaration, and the way back from it."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlmodel import Session

from cert.digests import is_same, sm3_hex
from documents.backup_file import BackupParts, canonical_json, read_backup, write_backup
from documents.columns import Unsure
from documents.limits import Limits
from documents.reading import RawTable, read_wage_file
from documents.store import Store
from documents.wage_file import file_stem, write_text
from models import audit
from models.account import Actor
from models.db import reading, transaction
from models.declaration import Backup, Declaration, find_statement, get_standing, get_tally
from rules.refusals import Conflict, Refusal
from rules.statement import typed_statement, validate
from services.declarations import get_open
from services.exchange import file_head, file_lines
from translations import gettext as _


def make_backup(actor: Actor, declaration_id: int, store: Store, now: datetime) -> int:
    """备份 (manual 黑龙江 三(七)): keep a zip of rows, statement and manifest; returns its number.

    Raises ``Refusal`` ``backup.no_statement`` before the statement is saved, ``Conflict``
    ``backup.changed`` if somebody saved while the file was being made.
    """
    with reading() as session:
        declaration = get_open(session, actor, declaration_id)
        statement = find_statement(session, declaration_id)
        if statement is None:
            raise Refusal("backup.no_statement")
        revision = get_tally(session, declaration_id).revision
        parts = _parts(session, declaration, statement.content, revision, statement.version, now)
    content = write_backup(parts)
    stored_name = store.save(content, ".zip")
    with transaction() as session:
        get_open(session, actor, declaration_id)
        standing = get_standing(session, declaration_id)
        if (standing.tally.revision, standing.statement_version) != (revision, statement.version):
            raise Conflict("backup.changed")
        backup = Backup(
            declaration_id=declaration_id,
            revision=revision,
            statement_version=statement.version,
            digest=parts.manifest["digest"],
            filename=parts.wage_name.removesuffix(".txt") + f"_{_('备份')}.zip",
            stored_name=stored_name,
            size_bytes=len(content),
            created_by=actor.account_id,
            created_at=now,
        )
        session.add(backup)
        session.flush()
        assert backup.id is not None
        audit.record(
            session,
            actor,
            "backup_made",
            "backup",
            backup.id,
            now,
            after={"digest": backup.digest, "revision": revision},
        )
        return backup.id


def open_backup(data: bytes, limits: Limits) -> tuple[RawTable, dict[str, Any]]:
    """The rows and the statement of a backup; raises ``Refusal`` if it is none or was altered."""
    parts = read_backup(data, limits)
    sealed = parts.manifest.get("digest")
    if not isinstance(sealed, str) or not is_same(sealed, sm3_hex(parts.wage_text, parts.statement)):
        raise Refusal("backup.altered")
    statement = json.loads(parts.statement)
    _, refusals = (
        validate(typed_statement(statement))
        if isinstance(statement, dict)
        else ({}, {"": Refusal("backup.altered")})
    )
    if refusals:
        raise Refusal("backup.altered")
    table = read_wage_file(parts.wage_text, parts.wage_name, limits)
    if isinstance(table, Unsure):
        raise Refusal("backup.altered")
    return table, statement


def _parts(
    session: Session,
    declaration: Declaration,
    content: dict[str, Any],
    revision: int,
    version: int,
    now: datetime,
) -> BackupParts:
    head = file_head(session, declaration)
    wage_text = write_text(head, list(file_lines(session, declaration)))
    statement = canonical_json(content)
    manifest = {
        "format": 1,
        "unit_no": head.unit_no,
        "year": head.year,
        "insurances": list(head.insurances),
        "revision": revision,
        "statement_version": version,
        "digest_algorithm": "SM3",
        "digest": sm3_hex(wage_text, statement),
        "created_at": now.isoformat(),
    }
    return BackupParts(file_stem(head) + ".txt", wage_text, statement, manifest)
