"""What the database keeps true by itself: counts of a declaration, and records that never change."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# What a wage row adds to its declaration's tally; the same words in SQLite and PostgreSQL.
SUMS = {
    "insured": "CASE WHEN {row}.is_active THEN 1 ELSE 0 END",
    "entered": "CASE WHEN {row}.is_active AND {row}.wage_fen >= 100 THEN 1 ELSE 0 END",
    "excluded": "CASE WHEN {row}.is_active AND {row}.wage_fen < 100 THEN 1 ELSE 0 END",
    "wage_total_fen": "CASE WHEN {row}.is_active AND {row}.wage_fen >= 100 THEN {row}.wage_fen ELSE 0 END",
    "old_total_fen": "CASE WHEN {row}.is_active THEN COALESCE({row}.old_wage_fen, 0) ELSE 0 END",
    "entered_old_total_fen": (
        "CASE WHEN {row}.is_active AND {row}.wage_fen >= 100 THEN COALESCE({row}.old_wage_fen, 0) ELSE 0 END"
    ),
}
COUNTED = "declaration_id, seq, insurances, old_wage_fen, wage_fen, note, is_active"

# Written once, never changed or deleted.
FROZEN = ("audit_event", "snapshot", "snapshot_row", "filing_event", "filing_mark")


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _sqlite()
    else:
        _postgresql()


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for name in ("insert", "update", "delete"):
            op.execute(f"DROP TRIGGER wage_row_tally_{name}")
        for table in FROZEN:
            op.execute(f"DROP TRIGGER {table}_no_update")
            op.execute(f"DROP TRIGGER {table}_no_delete")
        return
    for name in ("insert", "update", "delete"):
        op.execute(f"DROP TRIGGER wage_row_tally_{name} ON wage_row")
        op.execute(f"DROP FUNCTION wage_row_tally_{name}()")
    for table in FROZEN:
        op.execute(f"DROP TRIGGER {table}_frozen ON {table}")
    op.execute("DROP FUNCTION refuse_change()")


def _sqlite() -> None:
    def change(*signed_rows: tuple[str, str]) -> str:
        sums = [
            f"{name} = {name}"
            + "".join(f" {sign} ({expression.format(row=row)})" for sign, row in signed_rows)
            for name, expression in SUMS.items()
        ]
        return ", ".join(sums) + ", revision = revision + 1"

    for event, rows, key in (
        ("INSERT", [("+", "NEW")], "NEW"),
        (f"UPDATE OF {COUNTED}", [("+", "NEW"), ("-", "OLD")], "NEW"),
        ("DELETE", [("-", "OLD")], "OLD"),
    ):
        op.execute(
            f"CREATE TRIGGER wage_row_tally_{event.split()[0].lower()} AFTER {event} ON wage_row BEGIN "
            f"UPDATE tally SET {change(*rows)} WHERE declaration_id = {key}.declaration_id; END"
        )
    for table in FROZEN:
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} BEGIN "
                f"SELECT RAISE(ABORT, '{table} is never changed'); END"
            )


def _postgresql() -> None:
    # Once a statement, not once a row: twenty thousand updates of one tally row in one transaction crawl.

    def side(sign: str, table: str) -> str:
        sums = ", ".join(
            f"{sign}sum({expression.format(row='r')}) AS {name}" for name, expression in SUMS.items()
        )
        return f"SELECT r.declaration_id, {sums} FROM {table} r GROUP BY r.declaration_id"

    for event, tables, sides in (
        ("insert", "NEW TABLE AS new_rows", [side("", "new_rows")]),
        (
            "update",
            "OLD TABLE AS old_rows NEW TABLE AS new_rows",
            [side("", "new_rows"), side("-", "old_rows")],
        ),
        ("delete", "OLD TABLE AS old_rows", [side("-", "old_rows")]),
    ):
        totals = ", ".join(f"sum({name}) AS {name}" for name in SUMS)
        sets = ", ".join(f"{name} = t.{name} + d.{name}" for name in SUMS)
        op.execute(
            f"CREATE FUNCTION wage_row_tally_{event}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"UPDATE tally t SET {sets}, revision = t.revision + 1 FROM ("
            f"SELECT declaration_id, {totals} FROM ({' UNION ALL '.join(sides)}) u GROUP BY declaration_id"
            f") d WHERE t.declaration_id = d.declaration_id; RETURN NULL; END $$"
        )
        op.execute(
            f"CREATE TRIGGER wage_row_tally_{event} AFTER {event} ON wage_row "
            f"REFERENCING {tables} FOR EACH STATEMENT EXECUTE FUNCTION wage_row_tally_{event}()"
        )
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION '% is never changed', TG_TABLE_NAME; END $$"
    )
    for table in FROZEN:
        op.execute(
            f"CREATE TRIGGER {table}_frozen BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
