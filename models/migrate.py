"""Brings a database to the newest shape, or back; Alembic does the work."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine

FOLDER = Path(__file__).parent.parent / "migrations"


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Run the missing migrations in one transaction."""
    with engine.connect() as connection:
        connection.execution_options(is_writer=True)
        with connection.begin():
            command.upgrade(_config(connection), revision)


def downgrade(engine: Engine, revision: str) -> None:
    """Take migrations back to a revision (``base`` for none)."""
    with engine.connect() as connection:
        connection.execution_options(is_writer=True)
        with connection.begin():
            command.downgrade(_config(connection), revision)


def _config(connection: object) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    return config
