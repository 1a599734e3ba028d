"""What speaks for a closer look at a request, with its figures."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Plain ALTER TABLE with the CHECK in the column: SQLite can add nothing else, and the triggers stay.
    op.execute("ALTER TABLE filing ADD COLUMN risk TEXT")
    op.execute(
        "ALTER TABLE filing ADD COLUMN risk_level INTEGER DEFAULT 0 NOT NULL "
        "CONSTRAINT filing_risk_level CHECK (risk_level BETWEEN 0 AND 3)"
    )


def downgrade() -> None:
    op.execute("ALTER TABLE filing DROP COLUMN risk_level")
    op.execute("ALTER TABLE filing DROP COLUMN risk")
