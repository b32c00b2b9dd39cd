"""Disposal: lists on their way, what became of each item, and the chain of certificates."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the three tables; one that is there already is left as it is."""
    op.create_table(
        "disposal",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("ref", sa.String(length=60), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disposal")),
        sa.UniqueConstraint("ref", name=op.f("uq_disposal_ref")),
        if_not_exists=True,
    )
    op.create_table(
        "disposal_item",
        sa.Column("disposal", sa.String(length=60), nullable=False),
        sa.Column("item", sa.String(length=40), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("disposal", "item", name=op.f("pk_disposal_item")),
        if_not_exists=True,
    )
    op.create_table(
        "certificate",
        sa.Column("sequence", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("ref", sa.String(length=80), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("page", sa.LargeBinary(), nullable=False),
        sa.Column("annex", sa.LargeBinary(), nullable=True),
        sa.Column("annex_until", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_certificate")),
        sa.UniqueConstraint("ref", name=op.f("uq_certificate_ref")),
        if_not_exists=True,
    )
