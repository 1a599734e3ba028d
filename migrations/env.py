"""Alembic's entry: migrates the connection it is handed, so that no URL is written down twice."""

from alembic import context
from sqlmodel import SQLModel

import models.tables  # noqa: F401  every table registers itself

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
