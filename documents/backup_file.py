"""A backup is one zip of three parts: the wage file, the statement, and a manifest that seals both."""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from documents.limits import Limits
from rules.refusals import Refusal

MANIFEST, STATEMENT = "manifest.json", "statement.json"


@dataclass(frozen=True, slots=True)
class BackupParts:
    """The three parts of a backup as bytes and as the manifest's values."""

    wage_name: str
    wage_text: bytes
    statement: bytes
    manifest: dict[str, Any]


def canonical_json(value: Any) -> bytes:
    """One value, one sequence of bytes: sorted keys, no spaces, UTF-8."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def write_backup(parts: BackupParts) -> bytes:
    """The zip of a backup."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(parts.wage_name, parts.wage_text)
        archive.writestr(STATEMENT, parts.statement)
        archive.writestr(MANIFEST, canonical_json(parts.manifest))
    return out.getvalue()


def read_backup(data: bytes, limits: Limits) -> BackupParts:
    """The parts of a backup; raises ``Refusal`` ``backup.not_a_backup`` or ``backup.damaged``."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            entries = archive.infolist()
            wages = [entry for entry in entries if entry.filename.endswith(".txt")]
            if len(entries) != 3 or len(wages) != 1 or {STATEMENT, MANIFEST} - {e.filename for e in entries}:
                raise Refusal("backup.not_a_backup")
            if sum(entry.file_size for entry in entries) > limits.expanded_bytes:
                raise Refusal("backup.not_a_backup")
            statement, manifest = archive.read(STATEMENT), json.loads(archive.read(MANIFEST))
            wage_text = archive.read(wages[0])
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError, OSError) as error:
        raise Refusal("backup.damaged") from error
    if not isinstance(manifest, dict):
        raise Refusal("backup.damaged")
    return BackupParts(wages[0].filename, wage_text, statement, manifest)
