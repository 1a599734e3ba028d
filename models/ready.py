"""The few queries that every request runs, compiled once and run on the driver's own cursor.

SQLAlchemy takes four to ten times as long to hand a prepared query over as SQLite takes to answer it
(docs/adr/0007). Everything else in the house goes through SQLAlchemy as usual.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from sqlalchemy import ClauseElement, Dialect
from sqlmodel import Session

Convert = Callable[[Any], Any]


class _Compiled(NamedTuple):
    """A statement in one dialect: its text, its parameters in order (none: by name), its conversions."""

    sql: str
    order: list[str] | None
    constants: dict[str, Any]
    into: dict[str, Convert]
    out_of: list[tuple[int, Convert]]


class Ready:
    """A Core statement with ``bindparam`` for its values; no expanding IN.

    ``rows`` gives plain tuples in the order of the selected columns, ``execute`` the number of rows changed.
    """

    def __init__(self, statement: ClauseElement) -> None:
        self._statement = statement
        self._compiled: dict[str, _Compiled] = {}

    def rows(self, session: Session, **values: Any) -> list[tuple[Any, ...]]:
        """All rows, converted as SQLAlchemy would."""
        connection = session.connection()
        compiled = self._compiled_for(connection.dialect)
        found: list[tuple[Any, ...]]
        found = self._run(connection.connection.driver_connection, compiled, values).fetchall()
        for index, convert in compiled.out_of:
            found = [(*row[:index], convert(row[index]), *row[index + 1 :]) for row in found]
        return found

    def first(self, session: Session, **values: Any) -> tuple[Any, ...] | None:
        """The first row, or None."""
        found = self.rows(session, **values)
        return found[0] if found else None

    def execute(self, session: Session, **values: Any) -> int:
        """Run an INSERT or UPDATE; returns how many rows it changed."""
        connection = session.connection()
        compiled = self._compiled_for(connection.dialect)
        cursor = self._run(connection.connection.driver_connection, compiled, values)
        return int(cursor.rowcount)

    def _run(self, driver: Any, compiled: _Compiled, values: dict[str, Any]) -> Any:
        given = {**compiled.constants, **values} if compiled.constants else values
        for name, convert in compiled.into.items():
            given[name] = convert(given[name])
        cursor = driver.cursor()
        cursor.execute(compiled.sql, given if compiled.order is None else [given[n] for n in compiled.order])
        return cursor

    def _compiled_for(self, dialect: Dialect) -> _Compiled:
        found = self._compiled.get(dialect.name)
        if found is None:
            found = self._compiled[dialect.name] = _compile(self._statement, dialect)
        return found


def _compile(statement: ClauseElement, dialect: Dialect) -> _Compiled:
    compiled = statement.compile(dialect=dialect)
    required = {name for name, bind in compiled.binds.items() if bind.required}
    into = {}
    for name, bind in compiled.binds.items():
        convert = bind.type.dialect_impl(dialect).bind_processor(dialect)
        if convert is not None:
            into[name] = convert
    out_of = []
    for index, column in enumerate(getattr(statement, "selected_columns", ())):
        convert = column.type.dialect_impl(dialect).result_processor(dialect, None)
        if convert is not None:
            out_of.append((index, convert))
    constants = {name: value for name, value in compiled.params.items() if name not in required}
    return _Compiled(str(compiled), compiled.positiontup, constants, into, out_of)
