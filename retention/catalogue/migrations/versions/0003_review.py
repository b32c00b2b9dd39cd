"""Review: families, choices, people, assurance samples and trainings; and an index from readings to their items."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the tables and the index."""
    op.create_table(
        "choice",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("family_id", _KEY, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("verb", sa.String(length=20), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("items", sa.Integer(), nullable=False),
        sa.Column("drawn", sa.String(length=10), nullable=False),
        sa.Column("undoes", _KEY, nullable=True),
        sa.Column("undone_by", _KEY, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_choice")),
        sa.UniqueConstraint("token", name=op.f("uq_choice_token")),
    )
    op.create_index(op.f("ix_choice_at"), "choice", ["at"], unique=False)
    op.create_index(op.f("ix_choice_family_id"), "choice", ["family_id"], unique=False)
    op.create_table(
        "person",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("shown", sa.String(length=120), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("zones", sa.JSON(), nullable=False),
        sa.Column("secret", sa.String(length=300), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("added_by", sa.String(length=80), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_person")),
    )
    op.create_table(
        "family",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("lane", sa.String(length=2), nullable=False),
        sa.Column("zone", sa.String(length=100), nullable=False),
        sa.Column("owner", sa.String(length=100), nullable=False),
        sa.Column("risk", sa.Float(), nullable=False),
        sa.Column("doubt", sa.Float(), nullable=False),
        sa.Column("drawn", sa.String(length=10), nullable=False),
        sa.Column("tier", sa.SmallInteger(), nullable=True),
        sa.Column("primary", sa.String(length=10), nullable=True),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("leader_item_id", _KEY, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("run_id", _KEY, nullable=False),
        sa.Column("review_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_family_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_family")),
        sa.UniqueConstraint("key", name=op.f("uq_family_key")),
    )
    op.create_index("ix_family_queue", "family", ["state", "lane", "risk"], unique=False)
    op.create_index("ix_family_risk", "family", ["state", "risk"], unique=False)
    op.create_index("ix_family_zone", "family", ["state", "zone", "risk"], unique=False)
    op.create_table(
        "sample",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("run_id", _KEY, nullable=False),
        sa.Column("zone", sa.String(length=100), nullable=False),
        sa.Column("pile", sa.String(length=20), nullable=False),
        sa.Column("population", sa.Integer(), nullable=False),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seed", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_sample_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sample")),
        sa.UniqueConstraint("run_id", "zone", "pile", name=op.f("uq_sample_run_id_zone_pile")),
    )
    op.create_table(
        "trial",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("run_id", _KEY, nullable=False),
        sa.Column("model", sa.String(length=80), nullable=False),
        sa.Column("against", sa.String(length=80), nullable=False),
        sa.Column("promoted", sa.Boolean(), nullable=False),
        sa.Column("because", sa.JSON(), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("last_choice_id", _KEY, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_trial_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trial")),
    )
    op.create_table(
        "choice_item",
        sa.Column("choice_id", _KEY, autoincrement=False, nullable=False),
        sa.Column("item_id", _KEY, autoincrement=False, nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["choice_id"], ["choice.id"], name=op.f("fk_choice_item_choice_id")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_choice_item_item_id")),
        sa.PrimaryKeyConstraint("choice_id", "item_id", name=op.f("pk_choice_item")),
    )
    op.create_table(
        "member",
        sa.Column("item_id", _KEY, autoincrement=False, nullable=False),
        sa.Column("family_id", _KEY, nullable=False),
        sa.Column("excepted", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(["family_id"], ["family.id"], name=op.f("fk_member_family_id")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_member_item_id")),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_member")),
    )
    op.create_index(op.f("ix_member_family_id"), "member", ["family_id"], unique=False)
    op.create_table(
        "sample_item",
        sa.Column("sample_id", _KEY, autoincrement=False, nullable=False),
        sa.Column("item_id", _KEY, autoincrement=False, nullable=False),
        sa.Column("label_id", _KEY, nullable=True),
        sa.Column("answer", sa.String(length=10), nullable=True),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_sample_item_item_id")),
        sa.ForeignKeyConstraint(["sample_id"], ["sample.id"], name=op.f("fk_sample_item_sample_id")),
        sa.PrimaryKeyConstraint("sample_id", "item_id", name=op.f("pk_sample_item")),
    )
    op.create_index("ix_sample_item_item_id", "sample_item", ["item_id"], unique=False)
    op.create_index(
        "ix_item_reading_id",
        "item",
        ["reading_id"],
        unique=False,
        sqlite_where=sa.text("reading_id IS NOT NULL"),
        postgresql_where=sa.text("reading_id IS NOT NULL"),
    )
