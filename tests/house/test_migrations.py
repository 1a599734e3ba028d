"""Migrations go up and down on both databases and end where the models say."""

from __future__ import annotations

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text
from sqlmodel import SQLModel

import models.tables  # noqa: F401  every table registers itself
from models import migrate
from models.db import make_engine


@pytest.fixture
def engine(empty_database):
    engine = make_engine(empty_database)
    yield engine
    engine.dispose()


def tables(engine) -> set[str]:
    return set(inspect(engine).get_table_names()) - {"alembic_version"}


def differences(engine) -> list[object]:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, SQLModel.metadata))


def test_migrations_make_every_table_and_differ_from_the_models_in_nothing(engine):
    migrate.upgrade(engine)
    assert tables(engine) == set(SQLModel.metadata.tables)
    assert differences(engine) == []


def test_the_comparison_sees_a_difference(engine):
    migrate.upgrade(engine)
    with engine.connect() as connection:
        connection.execution_options(is_writer=True)
        with connection.begin():
            connection.execute(text("ALTER TABLE job ADD COLUMN surplus INTEGER"))
    assert differences(engine)


def test_migrations_go_down_to_nothing_and_up_again(engine):
    migrate.upgrade(engine)
    migrate.downgrade(engine, "base")
    assert tables(engine) == set()
    migrate.upgrade(engine)
    assert differences(engine) == []


def test_each_migration_goes_down_by_itself(engine):
    script = ScriptDirectory(str(migrate.FOLDER))
    for revision in reversed(list(script.walk_revisions())):
        migrate.upgrade(engine, revision.revision)
        migrate.downgrade(engine, revision.down_revision or "base")
        migrate.upgrade(engine, revision.revision)
    assert differences(engine) == []


def test_migrating_twice_changes_nothing(engine):
    migrate.upgrade(engine)
    migrate.upgrade(engine)
    assert differences(engine) == []


def test_there_is_one_newest_migration():
    assert len(ScriptDirectory(str(migrate.FOLDER)).get_heads()) == 1
