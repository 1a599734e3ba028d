"""附件: files that go with a request, kept outside the web root, shown to those concerned only."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from sqlmodel import Session

from cert.digests import sm3_hex
from documents.attachment import attachment_type
from documents.store import Store
from models import audit
from models.account import Actor
from models.db import reading, transaction
from models.filing import Filing, find_region_filing
from models.filing_parts import Attachment, find_attachment, list_attachments
from rules.filing_states import is_editable
from rules.refusals import Conflict, Missing, Refusal
from services.filings import find_own

MOST = 10
NAME_LENGTH = 100


class Finder(Protocol):
    """Finds a filing of whoever asks, or raises ``Missing``."""

    def __call__(self, session: Session, filing_id: int, *, lock: bool = False) -> Filing: ...


def add_attachment(
    actor: Actor, filing_id: int, filename: str, data: bytes, limit: int, store: Store, now: datetime
) -> None:
    """Keep a file with a draft; the same file a second time changes nothing.

    Raises ``Refusal`` ``attachment.*``, ``Conflict`` ``filing.not_editable``.
    """
    keep_attachment(_own(actor), actor, filing_id, filename, data, limit, store, now)


def keep_attachment(
    find: Finder,
    actor: Actor | None,
    filing_id: int,
    filename: str,
    data: bytes,
    limit: int,
    store: Store,
    now: datetime,
) -> None:
    """``add_attachment`` for whoever may find the filing; ``actor`` is None for a unit to be."""
    with reading() as session:
        _check_open(find(session, filing_id))
    media_type, suffix = attachment_type(data, limit)
    digest = sm3_hex(data)
    # The file first, its row second: a row never names a file that is not there.
    stored_name = store.save(data, suffix)
    with transaction() as session:
        _check_open(find(session, filing_id, lock=True))
        there = list_attachments(session, filing_id)
        if any(one.digest == digest for one in there):
            is_kept = False
        elif len(there) >= MOST:
            raise Refusal("attachment.too_many", "file", limit=MOST)
        else:
            is_kept = True
            attachment = Attachment(
                filing_id=filing_id,
                filename=filename.replace("\\", "/").rsplit("/", 1)[-1][-NAME_LENGTH:],
                stored_name=stored_name,
                media_type=media_type,
                size_bytes=len(data),
                digest=digest,
                added_by=actor.account_id if actor else None,
                added_at=now,
            )
            session.add(attachment)
            after = {"filename": attachment.filename, "digest": digest}
            audit.record(session, actor, "attachment_added", "filing", filing_id, now, after=after)
    if not is_kept:
        store.delete(stored_name)


def drop_attachment(actor: Actor, filing_id: int, attachment_id: int, store: Store, now: datetime) -> None:
    """Take a file from a draft. Raises ``Missing``, ``Conflict`` ``filing.not_editable``."""
    drop_kept(_own(actor), actor, filing_id, attachment_id, store, now)


def drop_kept(
    find: Finder, actor: Actor | None, filing_id: int, attachment_id: int, store: Store, now: datetime
) -> None:
    """``drop_attachment`` for whoever may find the filing; ``actor`` is None for a unit to be."""
    with transaction() as session:
        _check_open(find(session, filing_id, lock=True))
        found = find_attachment(session, filing_id, attachment_id)
        if found is None:
            raise Missing(attachment_id)
        session.delete(found)
        before = {"filename": found.filename, "digest": found.digest}
        audit.record(session, actor, "attachment_dropped", "filing", filing_id, now, before=before)
    store.delete(found.stored_name)


def get_attachment(session: Session, actor: Actor, filing_id: int, attachment_id: int) -> Attachment:
    """A file of the unit's own filing, or for a reviewer of the office's. Raises ``Missing``."""
    filing: Filing | None
    if actor.role == "reviewer":
        may_look = actor.may("accept") or actor.may("review")
        filing = find_region_filing(session, actor.office, filing_id) if may_look else None
    else:
        filing = find_own(session, actor, filing_id)
    found = find_attachment(session, filing_id, attachment_id) if filing else None
    if found is None:
        raise Missing(attachment_id)
    return found


def _own(actor: Actor) -> Finder:
    def find(session: Session, filing_id: int, *, lock: bool = False) -> Filing:
        return find_own(session, actor, filing_id, lock=lock)

    return find


def _check_open(filing: Filing) -> None:
    if not is_editable(filing.state):
        raise Conflict("filing.not_editable", state=filing.state)
