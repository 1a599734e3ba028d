"""Certificates, what a session and an operator may do, delegation, and what a region asks of a sign-in."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
FROZEN = ("certificate", "snapshot_signature")


def upgrade() -> None:
    for table, column in _columns():
        op.add_column(table, column)
    _certificates()
    _corrections()
    _delegations()
    freeze = _freeze_sqlite if op.get_bind().dialect.name == "sqlite" else _freeze_postgresql
    for table in FROZEN:
        freeze(table)


def downgrade() -> None:
    for name in (
        "snapshot_signature",
        "record_correction",
        "challenge",
        "account_certificate",
        "delegation",
        "certificate",
    ):
        op.drop_table(name)
    for table, column in reversed(_columns()):
        op.drop_column(table, column.name)


def _columns() -> list[tuple[str, sa.Column]]:
    return [
        ("account", sa.Column("is_active", sa.Boolean(), nullable=False, server_default=sa.true())),
        ("account", sa.Column("is_admin", sa.Boolean(), nullable=False, server_default=sa.false())),
        (
            "account",
            sa.Column("rights", sa.String(), nullable=False, server_default="entry submit people query"),
        ),
        ("login_session", sa.Column("factors", sa.String(), nullable=False, server_default="")),
        ("login_session", sa.Column("certificate_digest", sa.String(length=64), nullable=True)),
        ("login_session", sa.Column("acting_unit_id", sa.Integer(), nullable=True)),
        ("region", sa.Column("write_needs", sa.String(), nullable=False, server_default="")),
        ("region", sa.Column("submit_needs", sa.String(), nullable=False, server_default="")),
        ("region", sa.Column("signs_submission", sa.Boolean(), nullable=False, server_default=sa.false())),
        ("region", sa.Column("needs_opening", sa.Boolean(), nullable=False, server_default=sa.false())),
        ("unit", sa.Column("opened_at", MOMENT, nullable=True)),
    ]


def _certificates() -> None:
    op.create_table(
        "certificate",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("der", sa.LargeBinary(), nullable=False),
        sa.Column("subject_name", sa.String(), nullable=False),
        sa.Column("issuer_name", sa.String(), nullable=False),
        sa.Column("serial", sa.String(), nullable=False),
        sa.Column("algorithm", sa.String(), nullable=False),
        sa.Column("not_before", MOMENT, nullable=False),
        sa.Column("not_after", MOMENT, nullable=False),
        sa.Column("codes", sa.Text(), nullable=False),
        sa.Column("first_seen_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_table(
        "account_certificate",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("certificate_digest", sa.String(length=64), nullable=False),
        sa.Column("is_live", sa.Boolean(), nullable=False),
        sa.Column("bound_by", sa.Integer(), nullable=False),
        sa.Column("bound_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"]),
        sa.ForeignKeyConstraint(["bound_by"], ["account.id"]),
        sa.ForeignKeyConstraint(["certificate_digest"], ["certificate.digest"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_account_certificate_account_id", "account_certificate", ["account_id"])
    _live("account_certificate_live", "account_certificate", ["certificate_digest"], "is_live")
    op.create_table(
        "challenge",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("session_digest", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("nonce", sa.LargeBinary(), nullable=False),
        sa.Column("issued_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_challenge_issued_at", "challenge", ["issued_at"])
    op.create_table(
        "snapshot_signature",
        sa.Column("snapshot_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("certificate_digest", sa.String(length=64), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("signed_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"]),
        sa.ForeignKeyConstraint(["certificate_digest"], ["certificate.digest"]),
        sa.ForeignKeyConstraint(["snapshot_id"], ["snapshot.id"]),
        sa.PrimaryKeyConstraint("snapshot_id"),
    )


def _corrections() -> None:
    op.create_table(
        "record_correction",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=30), nullable=False),
        sa.Column("region_code", sa.String(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("certificate_digest", sa.String(length=64), nullable=False),
        sa.Column("shown", sa.Text(), nullable=False),
        sa.Column("kept", sa.Text(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("sent_at", MOMENT, nullable=False),
        sa.Column("settled_by", sa.Integer(), nullable=True),
        sa.Column("settled_at", MOMENT, nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.CheckConstraint("state IN ('pending', 'settled')", name="record_correction_state"),
        sa.ForeignKeyConstraint(["certificate_digest"], ["certificate.digest"]),
        sa.ForeignKeyConstraint(["region_code"], ["region.code"]),
        sa.ForeignKeyConstraint(["settled_by"], ["account.id"]),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number"),
    )
    op.create_index("ix_record_correction_region_code", "record_correction", ["region_code"])
    keys = ["unit_id", "certificate_digest"]
    _live("record_correction_live", "record_correction", keys, "state = 'pending'")


def _delegations() -> None:
    op.create_table(
        "delegation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("rights", sa.String(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("asked_by", sa.Integer(), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.CheckConstraint("state IN ('asked', 'confirmed', 'refused', 'ended')", name="delegation_state"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"]),
        sa.ForeignKeyConstraint(["asked_by"], ["account.id"]),
        sa.ForeignKeyConstraint(["decided_by"], ["account.id"]),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_delegation_account_id", "delegation", ["account_id"])
    _live("delegation_live", "delegation", ["unit_id", "account_id"], "state IN ('asked', 'confirmed')")


def _live(name: str, table: str, columns: list[str], condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, table, columns, unique=True, sqlite_where=where, postgresql_where=where)


def _freeze_sqlite(table: str) -> None:
    for action in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{action.lower()} BEFORE {action} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is never changed'); END"
        )


def _freeze_postgresql(table: str) -> None:
    op.execute(
        f"CREATE TRIGGER {table}_frozen BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
