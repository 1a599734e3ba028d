"""One engine, two ways in: ``reading()`` and ``transaction()``; SQLite and PostgreSQL behave the same."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from threading import RLock
from typing import Any, NamedTuple

from sqlalchemy import DateTime, Dialect, Engine, Text, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.types import TypeDecorator
from sqlmodel import Session

BUSY_TIMEOUT_MS = 30_000
# The worker moves the log into the database every few seconds, so that no clerk's save waits for it. Should
# nobody do it, the writer of this page (4 KiB each) does.
CHECKPOINT_PAGES = 16_000
CACHE_KIB, LARGE_CACHE_KIB = 2_000, 16_000
"""SQLite's own, and for the run of a levy: with the small one it reads and writes the same pages again and again."""

_engine: Engine | None = None
_one_writer = RLock()


_canonical = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment in UTC; SQLite stores it without its zone, so the zone is put back here."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Json(TypeDecorator[Any]):
    """A value kept as canonical JSON text: sorted keys, no spaces, Chinese as it is."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        if value is None:
            return None
        return _canonical(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)


def connect(url: str) -> Engine:
    """Open the database that every later ``reading()`` and ``transaction()`` of this process uses."""
    global _engine
    disconnect()
    _engine = make_engine(url)
    return _engine


def disconnect() -> None:
    """Close the pool, so that another database can be opened or the process can fork."""
    global _engine
    if _engine is not None:
        _engine.dispose()
    _engine = None


def make_engine(url: str) -> Engine:
    """An engine with the habits of this house; the caller owns it."""
    if url.startswith("sqlite"):
        # The connection used last has its pages at hand: SQLite keeps them for each connection.
        engine = create_engine(
            url,
            connect_args={"check_same_thread": False},
            pool_size=20,
            max_overflow=20,
            pool_use_lifo=True,
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    return create_engine(url, pool_size=10, max_overflow=20, pool_pre_ping=True)


def engine() -> Engine:
    """The engine in use; raises ``RuntimeError`` before ``connect``."""
    if _engine is None:
        raise RuntimeError("no database is connected")
    return _engine


def is_sqlite() -> bool:
    return engine().dialect.name == "sqlite"


@contextmanager
def reading() -> Iterator[Session]:
    """A session for queries only; whatever it changed is thrown away."""
    with Session(engine(), expire_on_commit=False) as session:
        yield session


Ending = dict[Callable[[Any, list[Any]], None], list[Any]]


class Direct(NamedTuple):
    """The driver's own connection, for ready queries and nothing else (models/ready.py)."""

    driver: Any
    dialect: Dialect
    ending: Ending | None = None


Source = Session | Direct
"""Where a ready query may run: in a session, or straight on the driver."""


def before_commit(source: Source, do: Callable[[Any, list[Any]], None], item: Any) -> None:
    """Have ``do(source, items)`` called as the transaction's last step, once for all that was handed over.

    For what locks a row that every writer needs: whoever takes such a lock last waits in no circle and holds it for a
    moment only. Raises ``RuntimeError`` outside a transaction, where it would be lost.
    """
    ending: Ending | None = source.ending if isinstance(source, Direct) else source.info.get("ending")
    if ending is None:
        raise RuntimeError("this can only be written in a transaction")
    ending.setdefault(do, []).append(item)


def _end(source: Source, ending: Ending) -> None:
    for do, items in ending.items():
        do(source, items)


@contextmanager
def direct() -> Iterator[Direct]:
    """A connection for a ready query or two that need no transaction around them."""
    connection = engine().raw_connection()
    try:
        yield Direct(connection.driver_connection, engine().dialect)
    finally:
        connection.close()


@contextmanager
def direct_transaction() -> Iterator[Direct]:
    """``transaction()`` without a session, for the one service that runs all day long."""
    with _turn(), direct() as opened:
        ending: Ending = {}
        source = opened._replace(ending=ending)
        if is_sqlite():
            source.driver.execute("BEGIN IMMEDIATE")
        try:
            yield source
            _end(source, ending)
        except BaseException:
            source.driver.rollback()
            raise
        source.driver.commit()


def checkpoint() -> None:
    """Move SQLite's log into the database without making anybody wait; PostgreSQL does so by itself."""
    if is_sqlite():
        with direct() as source:
            source.driver.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()


@contextmanager
def transaction(*, is_large: bool = False) -> Iterator[Session]:
    """A session that commits at its end, or leaves no trace when an exception passes through.

    ``is_large``: it reads and writes tens of thousands of rows.
    """
    with _turn(), engine().connect() as connection, _cache(connection, is_large):
        connection.execution_options(is_writer=True)
        ending: Ending = {}
        with (
            connection.begin(),
            Session(bind=connection, expire_on_commit=False, info={"ending": ending}) as session,
        ):
            yield session
            session.flush()
            _end(session, ending)


@contextmanager
def _cache(connection: Connection, is_large: bool) -> Iterator[None]:
    if not is_large or not is_sqlite():
        yield
        return
    driver: Any = connection.connection.dbapi_connection
    driver.execute(f"PRAGMA cache_size=-{LARGE_CACHE_KIB}")
    try:
        yield
    finally:
        driver.execute(f"PRAGMA cache_size=-{CACHE_KIB}")


def _turn() -> AbstractContextManager[object]:
    """SQLite has one writer at a time. Threads that queue here are woken at once; SQLite's own waiting sleeps."""
    return _one_writer if is_sqlite() else nullcontext()


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver's own BEGIN comes too late for a writer that read first; we say BEGIN ourselves.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes the lock at once: upgrading a read transaction can only fail with "database is locked".
    writes = connection.get_execution_options().get("is_writer")
    # Straight to the driver: this runs at the start of every transaction.
    connection.connection.dbapi_connection.execute("BEGIN IMMEDIATE" if writes else "BEGIN")


def insert_new(model: Any, key: list[str]) -> Any:
    """INSERT that leaves a row with the same unique key as it is: whoever was first stays."""
    dialect = sqlite if is_sqlite() else postgresql
    return dialect.insert(model.__table__).on_conflict_do_nothing(index_elements=key)


def upsert(model: Any, key: list[str]) -> Any:
    """INSERT that overwrites the row with the same unique key; both databases say it the same way."""
    dialect = sqlite if is_sqlite() else postgresql
    statement = dialect.insert(model.__table__)
    changed = {
        c.name: statement.excluded[c.name] for c in model.__table__.columns if c.name not in (*key, "id")
    }
    return statement.on_conflict_do_update(index_elements=key, set_=changed)


ROWS_AT_ONCE = 100
"""So many rows in one INSERT: twice as fast as one by one, and far below the parameters that either driver allows."""


def insert_rows(session: Session, table: str, columns: tuple[str, ...], values: list[Any]) -> None:
    """Hand rows to the driver a hundred at a time, for tables of which one job writes a hundred thousand.

    ``values`` holds row after row without a break. SQLAlchemy's insert costs more than the database's own work.
    """
    row = f"({', '.join('?' if is_sqlite() else '%s' for _ in columns)})"
    begin = f"INSERT INTO {table} ({', '.join(columns)}) VALUES "
    for rows in (ROWS_AT_ONCE, 1):
        width = rows * len(columns)
        whole = len(values) - len(values) % width
        if whole:
            given = [tuple(values[start : start + width]) for start in range(0, whole, width)]
            session.connection().exec_driver_sql(begin + ", ".join([row] * rows), given)
        values = values[whole:]
