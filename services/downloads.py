"""下载: that somebody took a file away, which is a fact to be kept like a change."""

from __future__ import annotations

from datetime import datetime

from models import audit
from models.account import Actor
from models.db import transaction


def note_download(actor: Actor, endpoint: str, address: str, now: datetime) -> None:
    """Record that a file left the hall: by its address, since its name may be that of a person."""
    after = {"endpoint": endpoint, "address": address}
    with transaction() as session:
        audit.record(session, actor, "file_downloaded", "file", None, now, after=after)
