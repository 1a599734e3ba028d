"""The queue: its order, saved views, locks that expire, approvals of two."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
PENDING = sa.text("state = 'pending'")
LAST = sa.text("is_last")
INDEXES = (
    ("filing_waiting", ["region_code", "risk_level", "submitted_at", "id"], PENDING),
    ("filing_waiting_of_kind", ["region_code", "kind", "risk_level", "submitted_at", "id"], PENDING),
    ("filing_taken_by", ["taken_by"], sa.text("taken_by IS NOT NULL")),
    ("filing_decided_by", ["decided_by", "decided_at"], sa.text("decided_by IS NOT NULL")),
)


def upgrade() -> None:
    # Whatever was taken before locks had an end is free at once.
    op.add_column("filing", sa.Column("taken_until", MOMENT, nullable=True))
    for name, columns, where in INDEXES:
        op.create_index(name, "filing", columns, sqlite_where=where, postgresql_where=where)
    op.create_table(
        "queue_view",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("account_id", sa.Integer(), sa.ForeignKey("account.id"), nullable=False),
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("filters", sa.Text(), nullable=False),
        sa.Column("is_last", sa.Boolean(), nullable=False),
        sa.UniqueConstraint("account_id", "name", name="queue_view_name"),
    )
    op.create_index(
        "queue_view_last", "queue_view", ["account_id"], unique=True, sqlite_where=LAST, postgresql_where=LAST
    )
    op.create_table(
        "filing_consent",
        sa.Column("filing_id", sa.Integer(), sa.ForeignKey("filing.id"), primary_key=True),
        sa.Column("submitted_at", MOMENT, primary_key=True),
        sa.Column("account_id", sa.Integer(), sa.ForeignKey("account.id"), primary_key=True),
        sa.Column("at", MOMENT, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("filing_consent")
    op.drop_table("queue_view")
    for name, _columns, _where in INDEXES:
        op.drop_index(name, "filing")
    # Not in a batch: SQLite would copy the table and lose its triggers.
    op.drop_column("filing", "taken_until")
