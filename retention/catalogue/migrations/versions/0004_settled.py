"""Families keep their longest retention; members keep what they were when they were last put before a person."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the columns."""
    op.add_column("family", sa.Column("rule", sa.String(length=40), server_default="", nullable=False))
    op.add_column("family", sa.Column("due", sa.Date(), nullable=True))
    op.add_column("family", sa.Column("permanent", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("member", sa.Column("sha256", sa.String(length=64), nullable=True))
    op.add_column("member", sa.Column("tier", sa.SmallInteger(), nullable=True))
    op.add_column("member", sa.Column("rule", sa.String(length=40), server_default="", nullable=False))
    op.add_column("member", sa.Column("lane", sa.String(length=2), server_default="", nullable=False))
