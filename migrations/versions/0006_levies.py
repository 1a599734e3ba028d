"""What a month is owed: levies with their items and people, payments, and parameters that two people change."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
ISSUED = sa.text("state = 'issued'")
ENTERED = sa.text("state = 'entered'")
UNFINISHED = sa.text("state IN ('queued', 'running')")
# What of a levy stays as it was issued; the state may still become "replaced".
FIXED = (
    "run_id", "unit_id", "insurance", "month", "version", "people", "base_total_fen", "employer_fen",
    "employee_fen", "total_fen", "due_on", "reason", "issued_at",
)  # fmt: skip


def upgrade() -> None:
    _let_the_bureau_have_jobs(True)
    with op.batch_alter_table("unit_rate") as batch:
        batch.add_column(sa.Column("industry_class", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("floating_percent", sa.Integer(), nullable=True))
        batch.create_check_constraint("unit_rate_class", "industry_class BETWEEN 1 AND 8")
    op.create_table(
        "region_rate",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("region_code", sa.String(), sa.ForeignKey("region.code"), nullable=False),
        sa.Column("insurance", sa.String(length=3), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("employer_millionths", sa.Integer(), nullable=False),
        sa.Column("employee_millionths", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.UniqueConstraint("region_code", "insurance", "valid_from", name="region_rate_start"),
        sa.CheckConstraint("valid_from < valid_to", name="region_rate_dates"),
        sa.CheckConstraint("employer_millionths >= 0 AND employee_millionths >= 0", name="region_rate_sign"),
    )
    _requests_behind_facts(True)
    _runs()
    _levies()
    _confirmations_and_payments()
    _parameter_changes()
    _guard()


def downgrade() -> None:
    _unguard()
    for table in (
        "parameter_change", "levy_payment", "levy_payment_file", "levy_confirmation", "levy_detail", "levy_item",
        "levy", "levy_settled", "levy_run", "region_rate",
    ):  # fmt: skip
        op.drop_table(table)
    _requests_behind_facts(False)
    with op.batch_alter_table("unit_rate") as batch:
        batch.drop_constraint("unit_rate_class", type_="check")
        batch.drop_column("floating_percent")
        batch.drop_column("industry_class")
    op.execute("DELETE FROM job WHERE unit_id IS NULL")
    _let_the_bureau_have_jobs(False)


def _let_the_bureau_have_jobs(is_allowed: bool) -> None:
    # SQLite copies the table, and would forget what the index is limited to.
    op.drop_index("job_one_at_a_time", "job")
    with op.batch_alter_table("job") as batch:
        batch.alter_column("unit_id", existing_type=sa.Integer(), nullable=is_allowed)
    op.create_index(
        "job_one_at_a_time",
        "job",
        ["kind", "subject_id"],
        unique=True,
        sqlite_where=UNFINISHED,
        postgresql_where=UNFINISHED,
    )


def _requests_behind_facts(is_wanted: bool) -> None:
    """From an approved request to what it changed, without a look at everybody of its unit."""
    for name, table, column in (
        ("enrolment_by_in_filing", "enrolment", "in_filing_id"),
        ("enrolment_by_out_filing", "enrolment", "out_filing_id"),
        ("person_base_by_filing", "person_base", "filing_id"),
    ):
        if is_wanted:
            known = sa.text(f"{column} IS NOT NULL")
            op.create_index(name, table, [column], sqlite_where=known, postgresql_where=known)
        else:
            op.drop_index(name, table)


def _runs() -> None:
    op.create_table(
        "levy_run",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("region_code", sa.String(), sa.ForeignKey("region.code"), nullable=False),
        sa.Column("month", sa.String(length=6), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("cursor", sa.Integer(), nullable=False),
        sa.Column("problems", sa.Text(), nullable=False),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("started_by", sa.Integer(), sa.ForeignKey("account.id"), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("issued_by", sa.Integer(), sa.ForeignKey("account.id"), nullable=True),
        sa.Column("issued_at", MOMENT, nullable=True),
        sa.UniqueConstraint("region_code", "month", name="levy_run_month"),
        sa.CheckConstraint("state IN ('calculating', 'ready', 'failed', 'issued')", name="levy_run_state"),
    )
    op.create_table(
        "levy_settled",
        sa.Column("filing_id", sa.Integer(), sa.ForeignKey("filing.id"), primary_key=True),
        sa.Column("run_id", sa.Integer(), sa.ForeignKey("levy_run.id"), nullable=False),
    )
    op.create_index("ix_levy_settled_run_id", "levy_settled", ["run_id"])


def _levies() -> None:
    def fen(*names: str) -> list[sa.Column]:
        return [sa.Column(name, sa.BigInteger(), nullable=False) for name in names]

    op.create_table(
        "levy",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("run_id", sa.Integer(), sa.ForeignKey("levy_run.id"), nullable=False),
        sa.Column("unit_id", sa.Integer(), sa.ForeignKey("unit.id"), nullable=False),
        sa.Column("insurance", sa.String(length=3), nullable=False),
        sa.Column("month", sa.String(length=6), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        *fen("base_total_fen", "employer_fen", "employee_fen", "total_fen"),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("issued_at", MOMENT, nullable=True),
        sa.UniqueConstraint("unit_id", "insurance", "month", "version", name="levy_version"),
        sa.CheckConstraint("state IN ('draft', 'issued', 'replaced')", name="levy_state"),
        sa.CheckConstraint("total_fen = employer_fen + employee_fen", name="levy_total"),
        sa.CheckConstraint("version = 1 OR reason <> ''", name="levy_reason"),
    )
    op.create_index("levy_of_run", "levy", ["run_id", "unit_id"])
    op.create_index(
        "levy_issued",
        "levy",
        ["unit_id", "insurance", "month"],
        unique=True,
        sqlite_where=ISSUED,
        postgresql_where=ISSUED,
    )
    op.create_table(
        "levy_item",
        sa.Column("levy_id", sa.Integer(), sa.ForeignKey("levy.id"), primary_key=True),
        sa.Column("seq", sa.Integer(), primary_key=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("for_month", sa.String(length=6), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        *fen("base_total_fen"),
        sa.Column("employer_millionths", sa.Integer(), nullable=False),
        sa.Column("employee_millionths", sa.Integer(), nullable=False),
        *fen("employer_fen", "employee_fen"),
        sa.UniqueConstraint("levy_id", "kind", "for_month", name="levy_item_once"),
        sa.CheckConstraint("kind IN ('normal', 'arrears', 'difference', 'refund')", name="levy_item_kind"),
    )
    op.create_table(
        "levy_detail",
        sa.Column("levy_id", sa.Integer(), sa.ForeignKey("levy.id"), primary_key=True),
        sa.Column("person_id", sa.Integer(), sa.ForeignKey("person.id"), primary_key=True),
        sa.Column("seq", sa.Integer(), primary_key=True),
        *fen("wage_fen", "base_fen", "before_fen"),
        sa.Column("adjustment", sa.String(), nullable=False),
        *fen("employee_fen"),
        sa.Column("filing_id", sa.Integer(), sa.ForeignKey("filing.id"), nullable=True),
        sa.CheckConstraint("adjustment IN ('none', 'floor', 'cap')", name="levy_detail_adjustment"),
        sqlite_with_rowid=False,
    )


def _confirmations_and_payments() -> None:
    op.create_table(
        "levy_confirmation",
        sa.Column("unit_id", sa.Integer(), sa.ForeignKey("unit.id"), primary_key=True),
        sa.Column("month", sa.String(length=6), primary_key=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("total_fen", sa.BigInteger(), nullable=False),
        sa.Column("confirmed_by", sa.Integer(), sa.ForeignKey("account.id"), nullable=False),
        sa.Column("confirmed_at", MOMENT, nullable=False),
    )
    op.create_table(
        "levy_payment_file",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("region_code", sa.String(), sa.ForeignKey("region.code"), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("filename", sa.String(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("received_by", sa.Integer(), sa.ForeignKey("account.id"), nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.UniqueConstraint("region_code", "digest", name="levy_payment_file_once"),
    )
    op.create_table(
        "levy_payment",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("file_id", sa.Integer(), sa.ForeignKey("levy_payment_file.id"), nullable=False),
        sa.Column("line_no", sa.Integer(), nullable=False),
        sa.Column("region_code", sa.String(), sa.ForeignKey("region.code"), nullable=False),
        sa.Column("voucher", sa.String(length=40), nullable=False),
        sa.Column("levy_id", sa.Integer(), sa.ForeignKey("levy.id"), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.UniqueConstraint("region_code", "voucher", name="levy_payment_once"),
        sa.CheckConstraint("amount_fen > 0", name="levy_payment_amount"),
    )
    op.create_index("ix_levy_payment_levy_id", "levy_payment", ["levy_id"])


def _parameter_changes() -> None:
    op.create_table(
        "parameter_change",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("region_code", sa.String(), sa.ForeignKey("region.code"), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(length=60), nullable=False),
        sa.Column("insurance", sa.String(), nullable=False),
        sa.Column("unit_id", sa.Integer(), sa.ForeignKey("unit.id"), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("impact", sa.Text(), nullable=True),
        sa.Column("entered_by", sa.Integer(), sa.ForeignKey("account.id"), nullable=False),
        sa.Column("entered_at", MOMENT, nullable=False),
        sa.Column("decided_by", sa.Integer(), sa.ForeignKey("account.id"), nullable=True),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.CheckConstraint("state IN ('entered', 'released', 'dropped')", name="parameter_change_state"),
        sa.CheckConstraint("state <> 'released' OR decided_by <> entered_by", name="parameter_change_two"),
    )
    op.create_index(
        "parameter_change_waiting",
        "parameter_change",
        ["region_code", "subject"],
        unique=True,
        sqlite_where=ENTERED,
        postgresql_where=ENTERED,
    )


def _guard() -> None:
    """What was issued is never changed, only replaced by a new version; drafts come and go."""
    kept = " AND ".join(f"NEW.{name} IS NOT DISTINCT FROM OLD.{name}" for name in FIXED)
    allowed = f"OLD.state = 'draft' OR (OLD.state = 'issued' AND NEW.state = 'replaced' AND {kept})"
    is_draft = "(SELECT state FROM levy WHERE id = {row}.levy_id) = 'draft'"
    if op.get_bind().dialect.name == "sqlite":
        allowed = allowed.replace("IS NOT DISTINCT FROM", "IS")
        _sqlite_trigger("levy_kept_update", "UPDATE", "levy", allowed)
        _sqlite_trigger("levy_kept_delete", "DELETE", "levy", "OLD.state = 'draft'")
        for table in ("levy_item", "levy_detail"):
            _sqlite_trigger(f"{table}_kept_insert", "INSERT", table, is_draft.format(row="NEW"))
            _sqlite_trigger(f"{table}_kept_update", "UPDATE", table, "0")
            _sqlite_trigger(f"{table}_kept_delete", "DELETE", table, is_draft.format(row="OLD"))
        return
    op.execute(
        "CREATE FUNCTION levy_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF TG_OP = 'DELETE' THEN IF OLD.state = 'draft' THEN RETURN OLD; END IF; "
        f"ELSIF {allowed} THEN RETURN NEW; END IF; "
        "RAISE EXCEPTION 'a levy that was issued is never changed'; END $$"
    )
    op.execute(
        "CREATE TRIGGER levy_kept BEFORE UPDATE OR DELETE ON levy FOR EACH ROW EXECUTE FUNCTION levy_kept()"
    )
    op.execute(
        "CREATE FUNCTION levy_part_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF TG_OP = 'INSERT' THEN IF {is_draft.format(row='NEW')} THEN RETURN NEW; END IF; "
        f"ELSIF TG_OP = 'DELETE' THEN IF {is_draft.format(row='OLD')} THEN RETURN OLD; END IF; END IF; "
        "RAISE EXCEPTION 'a levy that was issued is never changed'; END $$"
    )
    for table in ("levy_item", "levy_detail"):
        op.execute(
            f"CREATE TRIGGER {table}_kept BEFORE INSERT OR UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION levy_part_kept()"
        )


def _sqlite_trigger(name: str, event: str, table: str, allowed: str) -> None:
    op.execute(
        f"CREATE TRIGGER {name} BEFORE {event} ON {table} WHEN NOT ({allowed}) "
        "BEGIN SELECT RAISE(ABORT, 'a levy that was issued is never changed'); END"
    )


def _unguard() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for name in ("levy_kept_update", "levy_kept_delete"):
            op.execute(f"DROP TRIGGER {name}")
        for table in ("levy_item", "levy_detail"):
            for event in ("insert", "update", "delete"):
                op.execute(f"DROP TRIGGER {table}_kept_{event}")
        return
    op.execute("DROP TRIGGER levy_kept ON levy")
    for table in ("levy_item", "levy_detail"):
        op.execute(f"DROP TRIGGER {table}_kept ON {table}")
    op.execute("DROP FUNCTION levy_kept()")
    op.execute("DROP FUNCTION levy_part_kept()")
