"""申报进度: reminders, announcements, assessments, and why a declaration comes late."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
COUNTS = sa.text("state IN ('entered', 'released')")
IS_WAGES = sa.text("kind = 'wages'")
TABLES = ("reminder", "announcement", "assessment")


def upgrade() -> None:
    # Plain: made anew in SQLite, the tables would lose their triggers.
    op.add_column("declaration", sa.Column("late_reason", sa.String(), nullable=False, server_default=""))
    op.create_index(
        "filing_of_year",
        "filing",
        ["region_code", "year", "group_code", "unit_id"],
        sqlite_where=IS_WAGES,
        postgresql_where=IS_WAGES,
    )
    _reminders()
    _announcements()
    _assessments()


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    op.drop_index("filing_of_year", "filing")
    op.drop_column("declaration", "late_reason")


def _reminders() -> None:
    op.create_table(
        "reminder",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("region_code", sa.String(), sa.ForeignKey("region.code"), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("group_code", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("sent_by", sa.Integer(), sa.ForeignKey("account.id"), nullable=False),
        sa.Column("sent_at", MOMENT, nullable=False),
    )
    op.create_index("ix_reminder_region_code", "reminder", ["region_code"])


def _announcements() -> None:
    op.create_table(
        "announcement",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("region_code", sa.String(), sa.ForeignKey("region.code"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("shown_from", sa.Date(), nullable=False),
        sa.Column("shown_until", sa.Date(), nullable=False),
        sa.Column("is_pinned", sa.Boolean(), nullable=False),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.Column("is_withdrawn", sa.Boolean(), nullable=False),
        sa.Column("written_by", sa.Integer(), sa.ForeignKey("account.id"), nullable=False),
        sa.Column("written_at", MOMENT, nullable=False),
        sa.UniqueConstraint("region_code", "number", "version", name="announcement_version"),
        sa.CheckConstraint("shown_from <= shown_until", name="announcement_dates"),
    )


def _assessments() -> None:
    op.create_table(
        "assessment",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("region_code", sa.String(), sa.ForeignKey("region.code"), nullable=False),
        sa.Column("unit_id", sa.Integer(), sa.ForeignKey("unit.id"), nullable=False),
        sa.Column("insurance", sa.String(length=3), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("month", sa.String(length=6), nullable=False),
        sa.Column("last_levy_id", sa.Integer(), sa.ForeignKey("levy.id"), nullable=False),
        sa.Column("last_fen", sa.BigInteger(), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.Column("assessed_fen", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("entered_by", sa.Integer(), sa.ForeignKey("account.id"), nullable=False),
        sa.Column("entered_at", MOMENT, nullable=False),
        sa.Column("decided_by", sa.Integer(), sa.ForeignKey("account.id"), nullable=True),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("drop_reason", sa.String(), nullable=False),
        sa.CheckConstraint("state IN ('entered', 'released', 'dropped')", name="assessment_state"),
        sa.CheckConstraint("state <> 'released' OR decided_by <> entered_by", name="assessment_two"),
        sa.CheckConstraint("last_fen > 0 AND assessed_fen > 0", name="assessment_amounts"),
    )
    op.create_index(
        "assessment_once",
        "assessment",
        ["unit_id", "insurance", "month"],
        unique=True,
        sqlite_where=COUNTS,
        postgresql_where=COUNTS,
    )
    op.create_index("assessment_of_region", "assessment", ["region_code", "state", "id"])
