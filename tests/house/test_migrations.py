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


def test_files_sent_before_the_workshop_are_kept(engine):
    """0004 makes two tables anew: written files stay as they were, those that wait are put aside."""
    migrate.upgrade(engine, "0003")
    with engine.connect() as connection:
        connection.execution_options(is_writer=True)
        with connection.begin():
            for statement in OLD_ROWS:
                connection.execute(text(statement))
    migrate.upgrade(engine)
    states = "SELECT id, state, lines, accepted FROM upload ORDER BY id"
    with engine.connect() as connection:
        kept = [tuple(row) for row in connection.execute(text(states))]
        lines = [tuple(row) for row in connection.execute(text("SELECT upload_id, line_no FROM upload_line"))]
    assert kept == [(1, "applied", 1, 1), (2, "discarded", 3, 3), (3, "discarded", 0, 0)]
    assert lines == [(1, 3)]
    migrate.downgrade(engine, "0003")
    with engine.connect() as connection:
        assert [tuple(row) for row in connection.execute(text(states))] == kept


UPLOAD = (
    "INSERT INTO upload (id, declaration_id, unit_id, kind, filename, stored_name, digest, size_bytes, state, lines, "
    "accepted, unchanged, warned, refused, missing, uploaded_by, uploaded_at) VALUES ({}, 1, 1, 'wages', 'a', 'b', "
    "'c', 1, '{}', {}, {}, 0, 0, 0, 0, 1, '2026-06-18 09:00:00+00:00')"
)
OLD_ROWS = (
    "INSERT INTO region (code, name, bureau_name, wage_basis, is_maternity_merged) VALUES "
    "('230000', 'r', 'b', 'annual', false)",
    "INSERT INTO unit (id, region_code, unit_no, name, uscc, kind, funding, legal_representative, contact_name, "
    "contact_phone, bank_name, bank_account, address) "
    "VALUES (1, '230000', '1', 'u', 'x', '', '', '', '', '', '', '', '')",
    "INSERT INTO account (id, username, display_name, role, region_code, unit_id, password_hash, "
    "failed_logins) VALUES (1, 'wang', 'w', 'operator', '230000', 1, 'x', 0)",
    "INSERT INTO declaration (id, unit_id, region_code, year, effective_month, wage_basis, months, state, "
    "roster_version, started_by, started_at) VALUES (1, 1, '230000', 2026, '202607', 'annual', 12, 'open', 1, 1, "
    "'2026-06-18 09:00:00+00:00')",
    UPLOAD.format(1, "applied", 1, 1),
    UPLOAD.format(2, "checked", 3, 3),
    # Given up while it was being checked again: its counts are of no use.
    UPLOAD.format(3, "refused", 7, 2),
    "INSERT INTO upload_line (upload_id, line_no, name, outcome) VALUES (1, 3, 'n', 'accepted')",
)
