"""Audit events become a chain: each names the digest of the one before; the database refuses what does not follow."""

import sqlalchemy as sa
from alembic import op

from models.audit import CHAINED, GENESIS, digest_of

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ROWS = 1_000
INDEXES = {
    "audit_event_region": ["region_code", "at", "id"],
    "audit_event_actor": ["actor_id", "at", "id"],
    "audit_event_unit": ["unit_id", "at", "id"],
}
# Of the unit it concerns, else of whoever acted.
REGION = (
    "UPDATE audit_event SET region_code = COALESCE("
    "(SELECT region_code FROM unit WHERE unit.id = unit_id), "
    "(SELECT region_code FROM account WHERE account.id = actor_id), '')"
)


def upgrade() -> None:
    for name, length in (("region_code", None), ("prev", 64), ("digest", 64)):
        op.add_column("audit_event", sa.Column(name, sa.String(length), nullable=False, server_default=""))
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.CheckConstraint("id = 1", name="audit_head_single"),
    )
    op.create_table(
        "audit_checkpoint",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("public_key", sa.String(length=64), nullable=False),
        sa.Column("signature", sa.String(length=128), nullable=False),
    )
    _freeze("audit_event", False)
    op.execute(REGION)
    _chain()
    _freeze("audit_event", True)
    op.drop_index("ix_audit_event_unit_id", "audit_event")
    for name, columns in INDEXES.items():
        op.create_index(name, "audit_event", columns)
    _freeze("audit_checkpoint", True)
    if _is_sqlite():
        _sqlite()
    else:
        _postgresql()


def downgrade() -> None:
    if _is_sqlite():
        op.execute("DROP TRIGGER audit_event_chain")
    else:
        op.execute("DROP TRIGGER audit_event_chain ON audit_event")
        op.execute("DROP FUNCTION audit_event_chain()")
    for name in INDEXES:
        op.drop_index(name, "audit_event")
    op.create_index("ix_audit_event_unit_id", "audit_event", ["unit_id"])
    op.drop_table("audit_checkpoint")
    op.drop_table("audit_head")
    for name in ("digest", "prev", "region_code"):
        op.drop_column("audit_event", name)
    if not _is_sqlite():
        op.execute("DROP FUNCTION audit_head_forward()")
        # The numbers were given by the chain; from here on the sequence gives them again.
        op.execute(
            "SELECT setval('audit_event_id_seq', (SELECT COALESCE(max(id), 0) + 1 FROM audit_event), false)"
        )


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _chain() -> None:
    """Number what is there without gaps, in its old order, and chain it; a thousand rows in memory at a time."""
    connection = op.get_bind()
    names = ", ".join(CHAINED)
    page = sa.text(f"SELECT {names} FROM audit_event WHERE id > :last ORDER BY id LIMIT :most")
    link = sa.text("UPDATE audit_event SET id = :id, prev = :prev, digest = :digest WHERE id = :old")
    seq, prev, last = 0, GENESIS, -(2**31)
    while rows := connection.execute(page, {"last": last, "most": ROWS}).all():
        links = []
        for row in rows:
            seq += 1
            digest = digest_of([seq, prev, *row[2:]])
            links.append({"id": seq, "prev": prev, "digest": digest, "old": row[0]})
            prev, last = digest, row[0]
        connection.execute(link, links)
        # A row that moved to a smaller number is not met again: the walk goes on by the old ones.
    head = sa.text("INSERT INTO audit_head (id, seq, digest) VALUES (1, :seq, :digest)")
    connection.execute(head, {"seq": seq, "digest": prev})


def _freeze(table: str, is_wanted: bool) -> None:
    """The triggers of 0002: written once, never changed or deleted."""
    if not _is_sqlite():
        op.execute(
            f"CREATE TRIGGER {table}_frozen BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
            if is_wanted
            else f"DROP TRIGGER {table}_frozen ON {table}"
        )
        return
    for verb in ("UPDATE", "DELETE"):
        name = f"{table}_no_{verb.lower()}"
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {verb} ON {table} BEGIN "
            f"SELECT RAISE(ABORT, '{table} is never changed'); END"
            if is_wanted
            else f"DROP TRIGGER {name}"
        )


def _sqlite() -> None:
    op.execute(
        "CREATE TRIGGER audit_event_chain AFTER INSERT ON audit_event BEGIN "
        "UPDATE audit_head SET seq = NEW.id, digest = NEW.digest WHERE seq = NEW.id - 1 AND digest = NEW.prev; "
        "SELECT RAISE(ABORT, 'audit_event is a chain') WHERE changes() = 0; END"
    )
    op.execute(
        "CREATE TRIGGER audit_head_forward BEFORE UPDATE ON audit_head "
        "WHEN NEW.id <> OLD.id OR NEW.seq <> OLD.seq + 1 OR NOT EXISTS "
        "(SELECT 1 FROM audit_event e WHERE e.id = NEW.seq AND e.digest = NEW.digest) BEGIN "
        "SELECT RAISE(ABORT, 'audit_head only moves on with an event'); END"
    )
    for verb in ("INSERT", "DELETE"):
        op.execute(
            f"CREATE TRIGGER audit_head_no_{verb.lower()} BEFORE {verb} ON audit_head BEGIN "
            f"SELECT RAISE(ABORT, 'audit_head is one row'); END"
        )


def _postgresql() -> None:
    op.execute(
        "CREATE FUNCTION audit_event_chain() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "UPDATE audit_head SET seq = NEW.id, digest = NEW.digest WHERE seq = NEW.id - 1 AND digest = NEW.prev; "
        "IF NOT FOUND THEN RAISE EXCEPTION 'audit_event is a chain'; END IF; RETURN NULL; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_event_chain AFTER INSERT ON audit_event "
        "FOR EACH ROW EXECUTE FUNCTION audit_event_chain()"
    )
    op.execute(
        "CREATE FUNCTION audit_head_forward() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF NEW.id <> OLD.id OR NEW.seq <> OLD.seq + 1 OR NOT EXISTS "
        "(SELECT 1 FROM audit_event e WHERE e.id = NEW.seq AND e.digest = NEW.digest) THEN "
        "RAISE EXCEPTION 'audit_head only moves on with an event'; END IF; RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_head_forward BEFORE UPDATE ON audit_head "
        "FOR EACH ROW EXECUTE FUNCTION audit_head_forward()"
    )
    op.execute(
        "CREATE TRIGGER audit_head_frozen BEFORE INSERT OR DELETE OR TRUNCATE ON audit_head "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
