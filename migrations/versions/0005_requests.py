"""One mechanism for every 业务: filings of all kinds with lines, attachments and holds; projects; notices."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
STATES = {
    "0004": ("submitting", "pending", "approved", "returned", "failed"),
    "0005": (
        "draft", "submitting", "pending", "approved", "refused", "returned", "failed", "cancelled",
    ),
}  # fmt: skip
LIVE = sa.text("state IN ('submitting', 'pending', 'approved')")
SINGLE = sa.text("state = 'active' AND (insurance = '310' OR insurance = '510')")
KEPT = (
    "id", "receipt_no", "kind", "declaration_id", "snapshot_id", "unit_id", "region_code", "group_code",
    "insurances", "year", "state", "people", "wage_total_fen", "is_late", "reason", "failure", "submitted_by",
    "submitter_name", "submitted_at", "decided_by", "decided_at",
)  # fmt: skip
# Which state may follow which; rules/filing_states.py says by which step.
WAGE_WAYS = (
    ("submitting", "pending"), ("submitting", "failed"), ("pending", "approved"), ("pending", "returned"),
)  # fmt: skip
OTHER_WAYS = (
    ("draft", "pending"), ("returned", "pending"), ("pending", "draft"), ("draft", "cancelled"),
    ("returned", "cancelled"), ("pending", "approved"), ("pending", "refused"), ("pending", "returned"),
)  # fmt: skip


def upgrade() -> None:
    _projects()
    _remake_filing("0005")
    for table, column in _columns():
        op.add_column(table, column)
    for column in ("in_filing_id", "out_filing_id"):
        op.execute(f"ALTER TABLE enrolment ADD COLUMN {column} INTEGER REFERENCES filing (id)")
    with op.batch_alter_table("person") as batch:
        batch.create_index("person_name", ["name", "id"])
        batch.create_check_constraint("person_sex", "sex IN ('male', 'female', '')")
    if op.get_bind().dialect.name == "postgresql":
        # Order and beginnings by code point, as in SQLite, whatever the cluster's language.
        op.execute('ALTER TABLE person ALTER COLUMN name TYPE VARCHAR(50) COLLATE "C"')
    op.create_index("enrolment_of_unit", "enrolment", ["unit_id", "person_id"])
    op.create_index("enrolment_by_state", "enrolment", ["unit_id", "state", "person_id"])
    op.create_index(
        "enrolment_single",
        "enrolment",
        ["person_id", "insurance"],
        unique=True,
        sqlite_where=SINGLE,
        postgresql_where=SINGLE,
    )
    _parts()
    _notices()
    _region_parameters()
    _guard_states()


def downgrade() -> None:
    _unguard_states()
    for table in (
        "region_parameter", "notice_read", "notice", "attachment", "filing_hold", "filing_line",
    ):  # fmt: skip
        op.drop_table(table)
    op.drop_index("enrolment_single", "enrolment")
    op.drop_index("enrolment_by_state", "enrolment")
    op.drop_index("enrolment_of_unit", "enrolment")
    if op.get_bind().dialect.name == "postgresql":
        op.execute('ALTER TABLE person ALTER COLUMN name TYPE VARCHAR(50) COLLATE "default"')
    with op.batch_alter_table("person") as batch:
        batch.drop_constraint("person_sex", type_="check")
        batch.drop_index("person_name")
    with op.batch_alter_table("enrolment") as batch:
        for column in ("out_filing_id", "in_filing_id"):
            batch.drop_column(column)
    for table, column in reversed(_columns()):
        op.drop_column(table, column.name)
    _remake_filing("0004")
    for table in ("project_worker", "project_charge", "project"):
        op.drop_table(table)


def _columns() -> list[tuple[str, sa.Column]]:
    def text(name: str, default: str = "") -> sa.Column:
        return sa.Column(name, sa.String(), nullable=False, server_default=default)

    def number(name: str, default: str) -> sa.Column:
        return sa.Column(name, sa.Integer(), nullable=False, server_default=default)

    return [
        ("person", text("sex")),
        ("person", sa.Column("born_on", sa.Date(), nullable=True)),
        ("person", text("mobile")),
        ("person", sa.Column("details", sa.Text(), nullable=False, server_default="{}")),
        ("person", number("version", "1")),
        ("enrolment", sa.Column("cover_from", sa.Date(), nullable=True)),
        ("enrolment", text("employment")),
        ("enrolment", sa.Column("left_on", sa.Date(), nullable=True)),
        ("enrolment", text("left_reason")),
        ("declaration", sa.Column("is_list_stale", sa.Boolean(), nullable=False, server_default=sa.false())),
        ("filing_event", number("version", "0")),
        ("account", text("email")),
        ("account", number("mailed_notice_id", "0")),
    ]


def _remake_filing(version: str) -> None:
    """SQLite cannot change a CHECK or a NOT NULL; the rows wait in a plain copy, what refers to them waits too."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    columns = ", ".join(KEPT)
    if version == "0004":
        _drop_other_kinds(is_sqlite)
    op.execute("CREATE TABLE filing_aside AS SELECT * FROM filing")
    if is_sqlite:
        op.execute("PRAGMA defer_foreign_keys = ON")
    else:
        for table, name in _referring():
            op.drop_constraint(name, table, type_="foreignkey")
    op.drop_table("filing")
    _make_filing(version)
    op.execute(f"INSERT INTO filing ({columns}) SELECT {columns} FROM filing_aside")
    op.drop_table("filing_aside")
    if not is_sqlite:
        for table, name in _referring():
            op.create_foreign_key(name, table, "filing", ["filing_id"], ["id"])
        newest = "COALESCE(MAX(id), 1), MAX(id) IS NOT NULL"
        op.execute(f"SELECT setval(pg_get_serial_sequence('filing', 'id'), {newest}) FROM filing")


def _referring() -> list[tuple[str, str]]:
    tables = ("filing_event", "filing_mark", "person_base")
    if sa.inspect(op.get_bind()).has_table("project_charge"):
        tables += ("project_charge",)
    return [(table, f"{table}_filing_id_fkey") for table in tables]


def _drop_other_kinds(is_sqlite: bool) -> None:
    """What the version before cannot hold: every kind but the wages, with its timeline."""
    op.execute("DELETE FROM project_worker")
    op.execute("DELETE FROM project_charge")
    others = "SELECT id FROM filing WHERE kind <> 'wages'"
    if is_sqlite:
        op.execute("DROP TRIGGER filing_event_no_delete")
    else:
        op.execute("ALTER TABLE filing_event DISABLE TRIGGER filing_event_frozen")
    op.execute(f"DELETE FROM filing_event WHERE filing_id IN ({others})")
    if is_sqlite:
        op.execute(
            "CREATE TRIGGER filing_event_no_delete BEFORE DELETE ON filing_event BEGIN "
            "SELECT RAISE(ABORT, 'filing_event is never changed'); END"
        )
    else:
        op.execute("ALTER TABLE filing_event ENABLE TRIGGER filing_event_frozen")
    op.execute(f"UPDATE person_base SET filing_id = NULL WHERE filing_id IN ({others})")
    op.execute("DELETE FROM filing WHERE kind <> 'wages'")


def _make_filing(version: str) -> None:
    is_new = version == "0005"
    states = ", ".join(f"'{state}'" for state in STATES[version])
    new: list[sa.schema.SchemaItem] = []
    if is_new:
        new = [
            sa.Column("project_id", sa.Integer(), sa.ForeignKey("project.id"), nullable=True),
            sa.Column("title", sa.String(), nullable=False, server_default=""),
            sa.Column("version", sa.Integer(), nullable=False, server_default="1"),
            sa.Column("taken_by", sa.Integer(), sa.ForeignKey("account.id"), nullable=True),
            sa.Column("taken_at", MOMENT, nullable=True),
            sa.CheckConstraint(
                "(kind = 'wages') = (declaration_id IS NOT NULL AND snapshot_id IS NOT NULL)",
                name="filing_wages",
            ),
            sa.CheckConstraint("unit_id IS NOT NULL OR kind = 'unit_join'", name="filing_unit"),
            sa.CheckConstraint("state = 'pending' OR taken_by IS NULL", name="filing_taken"),
        ]

    def key(name: str, table: str, nullable: bool) -> sa.Column:
        return sa.Column(name, sa.Integer(), sa.ForeignKey(f"{table}.id"), nullable=nullable)

    op.create_table(
        "filing",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("receipt_no", sa.String(length=40), nullable=False, unique=True),
        sa.Column("kind", sa.String(), nullable=False),
        key("declaration_id", "declaration", is_new),
        key("snapshot_id", "snapshot", is_new),
        key("unit_id", "unit", is_new),
        sa.Column("region_code", sa.String(), sa.ForeignKey("region.code"), nullable=False),
        sa.Column("group_code", sa.String(), nullable=False),
        sa.Column("insurances", sa.String(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("wage_total_fen", sa.BigInteger(), nullable=False),
        sa.Column("is_late", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("failure", sa.Text(), nullable=True),
        key("submitted_by", "account", is_new),
        sa.Column("submitter_name", sa.String(), nullable=False),
        sa.Column("submitted_at", MOMENT, nullable=False),
        key("decided_by", "account", True),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.CheckConstraint(f"state IN ({states})", name="filing_state"),
        *new,
    )
    op.create_index(
        "filing_live",
        "filing",
        ["declaration_id", "group_code"],
        unique=True,
        sqlite_where=LIVE,
        postgresql_where=LIVE,
    )
    op.create_index("filing_queue", "filing", ["region_code", "state", "submitted_at"])
    if is_new:
        op.create_index("filing_of_unit", "filing", ["unit_id", "id"])
        op.create_index("filing_of_unit_by_state", "filing", ["unit_id", "state", "id"])
    else:
        op.create_index("filing_of_unit", "filing", ["unit_id", "submitted_at"])


def _projects() -> None:
    def text(*names: str) -> list[sa.Column]:
        return [sa.Column(name, sa.String(), nullable=False) for name in names]

    op.create_table(
        "project",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("project_no", sa.String(length=20), nullable=False, unique=True),
        sa.Column("region_code", sa.String(), sa.ForeignKey("region.code"), nullable=False),
        sa.Column("unit_id", sa.Integer(), sa.ForeignKey("unit.id"), nullable=False),
        *text("name", "kind", "place_code", "builder", "subcontractors", "licence_no", "contract_no"),
        sa.Column("contract_fen", sa.BigInteger(), nullable=False),
        sa.Column("labour_permille", sa.Integer(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("extended_to", sa.Date(), nullable=True),
        sa.Column("completed_on", sa.Date(), nullable=True),
        *text("manager", "manager_phone", "state"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.UniqueConstraint("region_code", "contract_no", name="project_contract"),
        sa.CheckConstraint("state IN ('unpaid', 'covered', 'completed', 'ended')", name="project_state"),
        sa.CheckConstraint("ends_on > starts_on", name="project_dates"),
        sa.CheckConstraint("contract_fen > 0", name="project_price"),
    )
    op.create_index("project_of_unit", "project", ["unit_id", "id"])
    op.create_table(
        "project_charge",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("project_id", sa.Integer(), sa.ForeignKey("project.id"), nullable=False, index=True),
        *text("reason"),
        sa.Column("contract_fen", sa.BigInteger(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("terms", sa.Text(), nullable=False),
        sa.Column("filing_id", sa.Integer(), sa.ForeignKey("filing.id"), nullable=True),
        sa.Column("charged_at", MOMENT, nullable=False),
        sa.Column("paid_at", MOMENT, nullable=True),
        sa.Column("paid_by", sa.Integer(), sa.ForeignKey("account.id"), nullable=True),
        *text("voucher"),
        sa.CheckConstraint("amount_fen >= 0", name="project_charge_sign"),
        sa.CheckConstraint("reason IN ('first', 'price')", name="project_charge_reason"),
    )
    op.create_table(
        "project_worker",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("project_id", sa.Integer(), sa.ForeignKey("project.id"), nullable=False),
        *text("name", "id_kind"),
        sa.Column("id_number", sa.String(length=30), nullable=False),
        *text("team", "trade", "mobile"),
        sa.Column("in_on", sa.Date(), nullable=False),
        sa.Column("out_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.UniqueConstraint("project_id", "id_kind", "id_number", "in_on", name="project_worker_once"),
        sa.CheckConstraint("out_on IS NULL OR out_on >= in_on", name="project_worker_dates"),
    )


def _parts() -> None:
    op.create_table(
        "filing_line",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("filing_id", sa.Integer(), sa.ForeignKey("filing.id"), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("person_id", sa.Integer(), sa.ForeignKey("person.id"), nullable=True, index=True),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("typed", "content", "problems")),
        sa.Column("is_faulty", sa.Boolean(), nullable=False),
        sa.UniqueConstraint("filing_id", "seq", name="filing_line_seq"),
        sa.CheckConstraint("seq >= 1", name="filing_line_first"),
    )
    op.create_table(
        "filing_hold",
        sa.Column("key", sa.String(length=100), primary_key=True),
        sa.Column("filing_id", sa.Integer(), sa.ForeignKey("filing.id"), nullable=False, index=True),
    )
    op.create_table(
        "attachment",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("filing_id", sa.Integer(), sa.ForeignKey("filing.id"), nullable=False, index=True),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("filename", "stored_name", "media_type")),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("added_by", sa.Integer(), sa.ForeignKey("account.id"), nullable=True),
        sa.Column("added_at", MOMENT, nullable=False),
    )


def _notices() -> None:
    op.create_table(
        "notice",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("unit_id", sa.Integer(), sa.ForeignKey("unit.id"), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("params", sa.Text(), nullable=False),
        sa.Column("filing_id", sa.Integer(), sa.ForeignKey("filing.id"), nullable=True),
        sa.Column("key", sa.String(length=100), nullable=False, unique=True),
        sa.Column("at", MOMENT, nullable=False),
    )
    op.create_index("notice_of_unit", "notice", ["unit_id", "id"])
    op.create_table(
        "notice_read",
        sa.Column("notice_id", sa.Integer(), sa.ForeignKey("notice.id"), primary_key=True),
        sa.Column("account_id", sa.Integer(), sa.ForeignKey("account.id"), primary_key=True),
        sa.Column("read_at", MOMENT, nullable=False),
    )


def _region_parameters() -> None:
    op.create_table(
        "region_parameter",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("region_code", sa.String(), sa.ForeignKey("region.code"), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.UniqueConstraint("region_code", "name", "valid_from", name="region_parameter_start"),
        sa.CheckConstraint("valid_from < valid_to", name="region_parameter_dates"),
    )


def _guard_states() -> None:
    """No filing leaves its way, whoever writes: the database knows which state follows which."""

    def either(ways: tuple[tuple[str, str], ...]) -> str:
        return " OR ".join(f"(OLD.state = '{before}' AND NEW.state = '{after}')" for before, after in ways)

    allowed = (
        f"OLD.state = NEW.state OR (NEW.kind = 'wages' AND ({either(WAGE_WAYS)})) "
        f"OR (NEW.kind <> 'wages' AND ({either(OTHER_WAYS)}))"
    )
    first = "NEW.state = CASE WHEN NEW.kind = 'wages' THEN 'submitting' ELSE 'draft' END"
    if op.get_bind().dialect.name == "sqlite":
        for event, rule in (("INSERT", first), ("UPDATE", f"NEW.kind = OLD.kind AND ({allowed})")):
            op.execute(
                f"CREATE TRIGGER filing_way_{event.lower()} BEFORE {event} ON filing WHEN NOT ({rule}) "
                f"BEGIN SELECT RAISE(ABORT, 'no way leads to this state'); END"
            )
        return
    op.execute(
        f"CREATE FUNCTION filing_way() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF TG_OP = 'INSERT' THEN IF NOT ({first}) THEN RAISE EXCEPTION 'no way leads to this state'; END IF; "
        f"ELSIF NOT (NEW.kind = OLD.kind AND ({allowed})) THEN RAISE EXCEPTION 'no way leads to this state'; "
        f"END IF; RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER filing_way BEFORE INSERT OR UPDATE ON filing "
        "FOR EACH ROW EXECUTE FUNCTION filing_way()"
    )


def _unguard_states() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER filing_way_insert")
        op.execute("DROP TRIGGER filing_way_update")
        return
    op.execute("DROP TRIGGER filing_way ON filing")
    op.execute("DROP FUNCTION filing_way()")
