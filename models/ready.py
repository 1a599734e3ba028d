"""The few queries that every request runs, compiled once and run on the driver's own cursor.

SQLAlchemy takes four to ten times as long to hand a prepared query over as SQLite takes to answer it
(docs/adr/0007). Everything else in the house goes through SQLAlchemy as usual.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Generic, NamedTuple, TypeVar

from sqlalchemy import ClauseElement, Dialect, Select, inspect, select
from sqlmodel import SQLModel

from models.db import Direct, Source

Convert = Callable[[Any], Any]
Record = TypeVar("Record", bound=SQLModel)


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

    def rows(self, source: Source, **values: Any) -> list[tuple[Any, ...]]:
        """All rows, converted as SQLAlchemy would."""
        driver, dialect = _open(source)
        compiled = self._compiled_for(dialect)
        found: list[tuple[Any, ...]] = self._run(driver, compiled, values).fetchall()
        for index, convert in compiled.out_of:
            found = [(*row[:index], convert(row[index]), *row[index + 1 :]) for row in found]
        return found

    def first(self, source: Source, **values: Any) -> tuple[Any, ...] | None:
        """The first row, or None."""
        found = self.rows(source, **values)
        return found[0] if found else None

    def execute(self, source: Source, **values: Any) -> int:
        """Run an INSERT or UPDATE; returns how many rows it changed."""
        driver, dialect = _open(source)
        cursor = self._run(driver, self._compiled_for(dialect), values)
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


class ReadyRecords(Ready, Generic[Record]):
    """A query for whole rows of one table, given as its own class and bound to no session: for reading only."""

    def __init__(self, model: type[Record], shape: Callable[[Select[Any]], Select[Any]]) -> None:
        mapper: Any = inspect(model)
        self._new = mapper.class_manager.new_instance
        self._names = [attribute.key for attribute in mapper.column_attrs]
        super().__init__(shape(select(*(getattr(model, name) for name in self._names))))

    def all(self, source: Source, **values: Any) -> list[Record]:
        """All rows, in the query's order."""
        return [self._make(row) for row in self.rows(source, **values)]

    def one(self, source: Source, **values: Any) -> Record | None:
        """The first row, or None."""
        found = self.first(source, **values)
        return None if found is None else self._make(found)

    def copy(self, record: Record, changes: Mapping[str, Any]) -> Record:
        """The record with these values in place of its own."""
        copied: Record = self._new()
        copied.__dict__.update({name: getattr(record, name) for name in self._names} | dict(changes))
        return copied

    def _make(self, row: tuple[Any, ...]) -> Record:
        record: Record = self._new()
        record.__dict__.update(zip(self._names, row, strict=True))
        return record


def _open(source: Source) -> tuple[Any, Dialect]:
    if isinstance(source, Direct):
        return source.driver, source.dialect
    connection = source.connection()
    return connection.connection.driver_connection, connection.dialect


def _compile(statement: ClauseElement, dialect: Dialect) -> _Compiled:
    compiled = statement.compile(dialect=dialect)
    into, constants = {}, {}
    for bind, name in compiled.bind_names.items():
        convert = bind.type.dialect_impl(dialect).bind_processor(dialect)
        if not bind.required:
            constants[name] = convert(bind.value) if convert else bind.value
        elif convert is not None:
            into[name] = convert
    out_of = []
    for index, column in enumerate(getattr(statement, "selected_columns", ())):
        convert = column.type.dialect_impl(dialect).result_processor(dialect, None)
        if convert is not None:
            out_of.append((index, convert))
    return _Compiled(str(compiled), compiled.positiontup, constants, into, out_of)
