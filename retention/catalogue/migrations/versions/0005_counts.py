"""The queue is counted by lane and zone from an index alone."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the index."""
    op.create_index("ix_family_counts", "family", ["state", "lane", "zone", "files"])
