"""What the samples of requests are made with: who asks, who decides, when, and papers to attach."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from documents.store import Store
from models.account import Actor
from models.db import reading
from models.filing import Filing
from services.attachments import add_attachment
from services.filings import submit_filing

# The smallest file that is a picture: one white point.
_PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8ffff3f0005fe02fe"
    "dccc59e70000000049454e44ae426082"
)


@dataclass(frozen=True)
class Sample:
    """Who asks and who decides, some days ago."""

    clerk: Actor
    reviewer: Actor
    now: datetime
    store: Store

    def ago(self, days: int, minutes: int = 0) -> datetime:
        return self.now - timedelta(days=days, minutes=-minutes)


def attach(sample: Sample, filing_id: int, filename: str) -> None:
    """The picture that stands for every paper of the sample."""
    with reading() as session:
        at = session.get_one(Filing, filing_id).submitted_at
    add_attachment(sample.clerk, filing_id, filename, _PICTURE, len(_PICTURE), sample.store, at)


def send(sample: Sample, filing_id: int) -> None:
    with reading() as session:
        filing = session.get_one(Filing, filing_id)
    submit_filing(sample.clerk, filing_id, filing.version, filing.submitted_at + timedelta(minutes=5))
