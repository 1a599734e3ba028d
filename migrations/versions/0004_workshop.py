"""Wage files that are mended on the screen: columns asked for, repairs, replacing, undo.

Files that were checked but not written yet are put aside, to be checked again by 重新检查: until now a line
that changed nothing was not kept, and the difference against the list needs every line.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
STATES = {
    "0003": ("checking", "checked", "refused", "applying", "applied", "discarded"),
    "0004": (
        "checking", "asking", "checked", "refused", "applying", "applied", "undoing", "undone", "discarded",
    ),
}  # fmt: skip
# What a state of one version is called in the other.
RENAMED_UP = {"checked": "discarded", "refused": "discarded"}
RENAMED_DOWN = {"asking": "discarded", "undoing": "applied", "undone": "discarded"}
KEPT = (
    "id", "declaration_id", "unit_id", "kind", "filename", "stored_name", "digest", "size_bytes", "refusal",
    "fixes", "statement", "missing", "uploaded_by", "uploaded_at", "applied_at",
)  # fmt: skip
COUNTS = ("lines", "accepted", "unchanged", "warned", "refused")
LINE_KEPT = (
    "upload_id", "line_no", "wage_row_id", "row_version", "name", "before_fen", "wage_fen", "outcome", "code",
    "column_name", "value", "params",
)  # fmt: skip


def upgrade() -> None:
    lines = _put_aside("upload_line")
    uploads = _put_aside("upload")
    _make_upload("0004")
    _make_line("0004")
    _bring_back(uploads, "upload", KEPT, RENAMED_UP)
    _bring_back(lines, "upload_line", LINE_KEPT, None)
    op.create_table(
        "upload_repair",
        sa.Column("upload_id", sa.Integer(), sa.ForeignKey("upload.id"), primary_key=True),
        sa.Column("line_no", sa.Integer(), primary_key=True),
        sa.Column("wage", sa.String(), nullable=True),
        sa.Column("wage_row_id", sa.Integer(), sa.ForeignKey("wage_row.id"), nullable=True),
        sa.Column("is_skipped", sa.Boolean(), nullable=False),
        sa.Column("repaired_by", sa.Integer(), sa.ForeignKey("account.id"), nullable=False),
        sa.Column("repaired_at", MOMENT, nullable=False),
    )
    op.create_table(
        "upload_cleared",
        sa.Column("upload_id", sa.Integer(), sa.ForeignKey("upload.id"), primary_key=True),
        sa.Column("wage_row_id", sa.Integer(), sa.ForeignKey("wage_row.id"), primary_key=True),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.Column("before_fen", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "column_choice",
        sa.Column("unit_id", sa.Integer(), sa.ForeignKey("unit.id"), primary_key=True),
        sa.Column("signature", sa.String(length=16), primary_key=True),
        sa.Column("columns", sa.Text(), nullable=False),
        sa.Column("chosen_by", sa.Integer(), sa.ForeignKey("account.id"), nullable=False),
        sa.Column("chosen_at", MOMENT, nullable=False),
    )


def downgrade() -> None:
    for table in ("column_choice", "upload_cleared", "upload_repair"):
        op.drop_table(table)
    lines = _put_aside("upload_line")
    uploads = _put_aside("upload")
    _make_upload("0003")
    _make_line("0003")
    _bring_back(uploads, "upload", KEPT, RENAMED_DOWN)
    _bring_back(lines, "upload_line", LINE_KEPT, None)


def _put_aside(table: str) -> str:
    """SQLite cannot change a CHECK, so the tables are made anew; their rows wait in a plain copy."""
    op.execute(f"CREATE TABLE {table}_aside AS SELECT * FROM {table}")
    op.drop_table(table)
    return f"{table}_aside"


def _bring_back(aside: str, table: str, columns: tuple[str, ...], renamed: dict[str, str] | None) -> None:
    names, values = list(columns), list(columns)
    if renamed is not None:
        cases = " ".join(f"WHEN '{old}' THEN '{new}'" for old, new in renamed.items())
        names += ["state", *COUNTS]
        values += [f"CASE state {cases} ELSE state END", *_adding_up()]
    op.execute(f"INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(values)} FROM {aside}")
    op.drop_table(aside)
    if table == "upload" and op.get_bind().dialect.name == "postgresql":
        newest = "COALESCE(MAX(id), 1), MAX(id) IS NOT NULL"
        op.execute(f"SELECT setval(pg_get_serial_sequence('upload', 'id'), {newest}) FROM upload")


def _adding_up() -> tuple[str, ...]:
    # A file given up while it was being checked again has counts of no use; the sum must hold from now on.
    adds_up = "accepted + unchanged + warned + refused = lines"
    return tuple(f"CASE WHEN {adds_up} THEN {name} ELSE 0 END" for name in COUNTS)


def _make_upload(version: str) -> None:
    new: list[sa.schema.SchemaItem] = []
    if version == "0004":
        new = [
            *(sa.Column(name, sa.Text(), nullable=True) for name in ("asked", "columns", "statement_before")),
            sa.Column("mode", sa.String(), nullable=False, server_default="merge"),
            *(
                sa.Column(name, sa.Integer(), nullable=False, server_default="0")
                for name in ("skipped", "blank", "added", "zero", "under_one", "cleared", "kept")
            ),
            sa.Column("undone_at", MOMENT, nullable=True),
            sa.CheckConstraint("mode IN ('merge', 'replace')", name="upload_mode"),
            sa.CheckConstraint("accepted + unchanged + warned + refused = lines", name="upload_adds_up"),
            sa.CheckConstraint("added <= accepted + warned", name="upload_added"),
            sa.CheckConstraint(
                "skipped BETWEEN 0 AND refused AND blank BETWEEN 0 AND unchanged", name="upload_parts"
            ),
        ]
    states = ", ".join(f"'{state}'" for state in STATES[version])
    op.create_table(
        "upload",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("declaration_id", sa.Integer(), sa.ForeignKey("declaration.id"), nullable=False),
        sa.Column("unit_id", sa.Integer(), sa.ForeignKey("unit.id"), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("kind", "filename", "stored_name")),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=True) for name in ("refusal", "fixes", "statement")),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in (*COUNTS, "missing")),
        sa.Column("uploaded_by", sa.Integer(), sa.ForeignKey("account.id"), nullable=False),
        sa.Column("uploaded_at", MOMENT, nullable=False),
        sa.Column("applied_at", MOMENT, nullable=True),
        sa.CheckConstraint("kind IN ('wages', 'backup')", name="upload_kind"),
        sa.CheckConstraint(f"state IN ({states})", name="upload_state"),
        *new,
    )
    op.create_index("upload_list", "upload", ["declaration_id", "id"])


def _make_line(version: str) -> None:
    new: list[sa.Column] = []
    if version == "0004":
        new = [
            *(
                sa.Column(name, sa.String(), nullable=False, server_default="")
                for name in ("person_no", "severity", "wage_text")
            ),
            sa.Column("fix", sa.Text(), nullable=True),
            sa.Column("cells", sa.String(), nullable=True),
            *(
                sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false())
                for name in ("is_repaired", "is_skipped")
            ),
        ]
    op.create_table(
        "upload_line",
        sa.Column("upload_id", sa.Integer(), sa.ForeignKey("upload.id"), primary_key=True),
        sa.Column("line_no", sa.Integer(), primary_key=True),
        sa.Column("wage_row_id", sa.Integer(), sa.ForeignKey("wage_row.id"), nullable=True),
        sa.Column("row_version", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=True) for name in ("before_fen", "wage_fen")),
        sa.Column("outcome", sa.String(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=True) for name in ("code", "column_name", "value")),
        sa.Column("params", sa.Text(), nullable=True),
        *new,
        sa.CheckConstraint(
            "outcome = 'accepted' OR outcome = 'unchanged' OR outcome = 'warned' OR outcome = 'refused'",
            name="upload_line_outcome",
        ),
    )
    if version == "0004":
        part = sa.text("outcome <> 'refused'")
        op.create_index(
            "upload_line_person",
            "upload_line",
            ["upload_id", "wage_row_id"],
            unique=True,
            sqlite_where=part,
            postgresql_where=part,
        )
