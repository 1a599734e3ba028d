"""The queue only wakes: it carries job numbers, and losing one costs a minute, never a job."""

from __future__ import annotations

import logging
from pathlib import Path

from huey import Huey, PostgresHuey, SqliteHuey

log = logging.getLogger(__name__)
NAME = "wangting"


def open_queue(database_url: str, data: Path) -> Huey:
    """The queue beside the database: a SQLite file in the data folder, or tables in PostgreSQL."""
    if database_url.startswith("sqlite"):
        data.mkdir(parents=True, exist_ok=True)
        return SqliteHuey(NAME, filename=str(data / "queue.db"), results=False, utc=True, timeout=30)
    dsn = database_url.replace("postgresql+psycopg://", "postgresql://", 1)
    return PostgresHuey(NAME, dsn=dsn, results=False, utc=True)
