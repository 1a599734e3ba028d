"""Duties and offices of the bureau's staff."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# Whoever has one of these duties has no other.
ALONE = ("system", "security", "audit", "support", "vendor")


def upgrade() -> None:
    op.execute("UPDATE account SET rights = 'accept review levy parameters' WHERE role = 'reviewer'")
    only = ", ".join(f"'{duty}'" for duty in ALONE)
    without = " AND ".join(f"replace(rights, '{duty}', '') = rights" for duty in ALONE)
    # Plain ALTER TABLE with the CHECK in the column: SQLite can add nothing else without making the table anew.
    op.execute(
        "ALTER TABLE account ADD COLUMN office_code VARCHAR(6) DEFAULT '' NOT NULL "
        f"CONSTRAINT account_duties CHECK (rights IN ({only}) OR ({without}))"
    )
    op.execute("ALTER TABLE unit ADD COLUMN office_code VARCHAR(6) DEFAULT '' NOT NULL")


def downgrade() -> None:
    op.execute("ALTER TABLE unit DROP COLUMN office_code")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE account DROP CONSTRAINT account_duties")
    op.execute("ALTER TABLE account DROP COLUMN office_code")
    op.execute("UPDATE account SET rights = 'entry submit people query' WHERE role = 'reviewer'")
