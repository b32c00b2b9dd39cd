"""The tables. No document text stands in any of them; names and paths are personal data and stand only in ``folder`` and ``item``.

Times named ``_at`` are UTC. ``_ns`` are nanoseconds since 1970 in UTC. Paths are bytes relative to the share's root: where a share is
mounted is configuration, never catalogue, so that a catalogue survives a changed mount point.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite gives a table its fast row id only for a column declared exactly INTEGER.
Key = BigInteger().with_variant(Integer, "sqlite")
Moment = DateTime(timezone=True)


class State:
    """Values of ``item.state``: where the record is now."""

    PRESENT = 0
    GONE = 1
    RESTRICTED = 2
    DESTROYED = 3


run = Table(
    "run",
    metadata,
    Column("id", Key, primary_key=True),
    Column("key", String(250), nullable=False, unique=True),
    Column("kind", String(20), nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("report_only", Boolean, nullable=False, default=True),
    Column("shards", Integer, nullable=False, default=0),
    Column("versions", JSON, nullable=False, default=dict),
    Column("figures", JSON, nullable=False, default=dict),
)

# One row for each finished piece of work of a run, so that running the piece again can say what it did the first time.
part = Table(
    "part",
    metadata,
    Column("run_id", Key, ForeignKey("run.id"), primary_key=True),
    Column("stage", String(30), primary_key=True),
    Column("name", String(100), primary_key=True),
    Column("counts", JSON, nullable=False),
    Column("finished_at", Moment, nullable=False),
)

lease = Table(
    "lease",
    metadata,
    Column("scope", String(200), primary_key=True),
    Column("token", String(64), nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("until_at", Moment, nullable=False),
)

share = Table(
    "share",
    metadata,
    Column("id", Key, primary_key=True),
    Column("name", String(100), nullable=False, unique=True),
    Column("zones_digest", String(64), nullable=False, default=""),
    Column("crawled_run_id", Key, ForeignKey("run.id")),
)

folder = Table(
    "folder",
    metadata,
    Column("id", Key, primary_key=True),
    Column("share_id", Key, ForeignKey("share.id"), nullable=False),
    Column("path", LargeBinary, nullable=False),
    Column("digest", LargeBinary),
    Column("zone", String(100), nullable=False, default=""),
    Column("sealed", Boolean, nullable=False, default=False),
    Column("error", String(200)),
    UniqueConstraint("share_id", "path"),
)

item = Table(
    "item",
    metadata,
    Column("id", Key, primary_key=True),
    Column("folder_id", Key, ForeignKey("folder.id"), nullable=False),
    Column("name", LargeBinary, nullable=False),
    Column("kind", String(10), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("modified_ns", BigInteger, nullable=False),
    Column("changed_ns", BigInteger, nullable=False),
    # Device and inode numbers are unsigned 64-bit on Linux; they are kept as the signed number of the same bits.
    Column("device", BigInteger, nullable=False),
    Column("inode", BigInteger, nullable=False),
    Column("links", Integer, nullable=False),
    Column("uid", BigInteger, nullable=False),
    Column("gid", BigInteger, nullable=False),
    Column("mode", Integer, nullable=False),
    Column("state", SmallInteger, nullable=False, server_default="0"),
    # 0 while the item lies at its place; its own id once it has left, so that another file may take the name.
    Column("occupant", Key, nullable=False, server_default="0"),
    # Not in the last listing of its folder; ``missing`` counts the nights of that, each night once.
    Column("absent", Boolean, nullable=False, server_default=false()),
    Column("missing", SmallInteger, nullable=False, server_default="0"),
    Column("counted_run_id", Key),
    Column("excluded", String(60)),
    Column("first_run_id", Key, nullable=False),
    Column("changed_run_id", Key, nullable=False),
    Column("reading_id", Key, ForeignKey("reading.id")),
    Column("label_id", Key),
    Column("decision_id", Key),
    UniqueConstraint("folder_id", "name", "occupant"),
    # Only of items that were read: a first crawl, which writes most of the rows, pays nothing for it.
    Index(
        "ix_item_reading_id",
        "reading_id",
        sqlite_where=text("reading_id IS NOT NULL"),
        postgresql_where=text("reading_id IS NOT NULL"),
    ),
    Index("ix_item_absent", "folder_id", sqlite_where=text("absent IS 1"), postgresql_where=text("absent IS true")),
)

reading = Table(
    "reading",
    metadata,
    Column("id", Key, primary_key=True),
    # Empty when the bytes could not be read to their end (permission, crash): such a reading belongs to one item alone.
    Column("sha256", String(64)),
    Column("size", BigInteger, nullable=False),
    Column("versions", String(64), nullable=False),
    Column("format", String(30), nullable=False),
    Column("reader", String(60), nullable=False),
    Column("completeness", String(10), nullable=False),
    Column("problem_kind", String(40)),
    Column("problem_stage", String(20)),
    Column("problem_detail", String(300)),
    Column("primary", String(10)),
    Column("tier", SmallInteger),
    Column("sensitive", Float),
    Column("personal", Float),
    Column("flags", JSON, nullable=False),
    Column("by", String(80)),
    Column("because", JSON, nullable=False),
    Column("counts", JSON, nullable=False),
    Column("notes", JSON, nullable=False),
    Column("limits", JSON, nullable=False),
    Column("signature", LargeBinary),
    Column("run_id", Key, ForeignKey("run.id"), nullable=False),
    UniqueConstraint("sha256", "versions"),
)

# Append-only. The label in force is the one that item.label_id names: a person's while the bytes it was given for last.
label = Table(
    "label",
    metadata,
    Column("id", Key, primary_key=True),
    Column("item_id", Key, ForeignKey("item.id"), nullable=False, index=True),
    Column("reading_id", Key, ForeignKey("reading.id")),
    Column("primary", String(10), nullable=False),
    Column("tier", SmallInteger, nullable=False),
    Column("sensitive", Float, nullable=False),
    Column("personal", Float, nullable=False),
    Column("flags", JSON, nullable=False),
    Column("by", String(80), nullable=False),
    Column("because", JSON, nullable=False),
    Column("run_id", Key, ForeignKey("run.id")),
    Column("made_at", Moment, nullable=False),
)

# What a person or a line-of-business feed knows about an item and the file system does not.
fact = Table(
    "fact",
    metadata,
    Column("id", Key, primary_key=True),
    Column("item_id", Key, ForeignKey("item.id"), nullable=False, index=True),
    Column("kind", String(40), nullable=False),
    Column("value", String(200), nullable=False),
    Column("source", String(20), nullable=False),
    Column("confidence", Float, nullable=False, default=1.0),
    Column("by", String(80), nullable=False),
    Column("made_at", Moment, nullable=False),
)

# Append-only. The decision in force is the one that item.decision_id names.
decision = Table(
    "decision",
    metadata,
    Column("id", Key, primary_key=True),
    Column("item_id", Key, ForeignKey("item.id"), nullable=False, index=True),
    Column("run_id", Key, ForeignKey("run.id"), nullable=False),
    Column("label_id", Key),
    Column("reading_id", Key),
    Column("inputs", String(64), nullable=False),
    Column("action", String(10), nullable=False),
    Column("flagged", Boolean, nullable=False),
    Column("lane", String(2), nullable=False, default=""),
    Column("tier", SmallInteger),
    Column("clearance", SmallInteger, nullable=False),
    Column("rule", String(40), nullable=False),
    Column("schedule_version", String(60), nullable=False),
    Column("trigger", String(40), nullable=False),
    Column("start", Date),
    Column("start_source", String(20), nullable=False, default=""),
    Column("due", Date),
    Column("eligible", Date),
    Column("permanent", Boolean, nullable=False, default=False),
    Column("disposal", String(20), nullable=False, default=""),
    Column("class_by", String(20), nullable=False, default=""),
    Column("automatic", Boolean, nullable=False, default=False),
    Column("zone", String(100), nullable=False, default=""),
    Column("decided_on", Date, nullable=False),
    Column("held", JSON, nullable=False),
    Column("because", JSON, nullable=False),
    Index("ix_decision_queue", "lane", "tier"),
)

hold = Table(
    "hold",
    metadata,
    Column("id", Key, primary_key=True),
    Column("ref", String(40), nullable=False, unique=True),
    Column("title", String(200), nullable=False),
    Column("kind", String(30), nullable=False),
    Column("authority", String(200), nullable=False),
    Column("reason", Text, nullable=False, default=""),
    Column("scope", JSON, nullable=False),
    Column("placed_by", String(80), nullable=False),
    Column("placed_at", Moment, nullable=False),
    Column("approved_by", String(80)),
    Column("approved_at", Moment),
    Column("review_on", Date),
    Column("release_asked_by", String(80)),
    Column("released_by", String(80)),
    Column("released_at", Moment),
)

move = Table(
    "move",
    metadata,
    Column("id", Key, primary_key=True),
    Column("item_id", Key, ForeignKey("item.id"), nullable=False, index=True),
    Column("run_id", Key, ForeignKey("run.id"), nullable=False, index=True),
    Column("operation", String(64), nullable=False, unique=True),
    Column("share", String(100), nullable=False),
    Column("path", LargeBinary, nullable=False),
    Column("step", String(20), nullable=False),
    Column("vault", String(60), nullable=False, default=""),
    Column("object_key", String(300), nullable=False, default=""),
    Column("sha256", String(64), nullable=False, default=""),
    Column("size", BigInteger, nullable=False, default=0),
    Column("origin", JSON, nullable=False, default=dict),
    Column("pointer", LargeBinary),
    Column("lease_token", String(64), nullable=False, default=""),
    Column("lease_until_at", Moment),
    Column("fence", Integer, nullable=False, default=0),
    Column("error", String(300), nullable=False, default=""),
    Column("by", String(80), nullable=False, default=""),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
)

# The pointer notes that Strongroom left, as they were left: an entry that still looks so is known without being opened.
note = Table(
    "note",
    metadata,
    Column("share", String(100), primary_key=True),
    Column("path", LargeBinary, primary_key=True),
    Column("inode", BigInteger, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("modified_ns", BigInteger, nullable=False),
)

gate = Table(
    "gate",
    metadata,
    Column("run_id", Key, ForeignKey("run.id"), primary_key=True),
    Column("name", String(30), primary_key=True),
    Column("passed", Boolean, nullable=False),
    Column("sentence", String(600), nullable=False),
    Column("figures", JSON, nullable=False),
    Column("checked_at", Moment, nullable=False),
)

# Append-only and chained: hash = SHA-256 over the previous hash and this row's canonical JSON.
event = Table(
    "event",
    metadata,
    Column("id", Key, primary_key=True),
    Column("at", String(40), nullable=False),
    Column("actor", String(80), nullable=False),
    Column("action", String(40), nullable=False),
    Column("subject", String(80), nullable=False),
    Column("detail", JSON, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False, unique=True),
)

# A list on its way to disposal. Its body holds the paths of what is listed, for they must be the same at execution.
disposal = Table(
    "disposal",
    metadata,
    Column("id", Key, primary_key=True),
    Column("ref", String(60), nullable=False, unique=True),
    Column("state", String(20), nullable=False),
    Column("version", Integer, nullable=False),
    Column("body", JSON, nullable=False),
)

# A row without an outcome is an intention: the item was found in order and is about to be removed.
disposal_item = Table(
    "disposal_item",
    metadata,
    Column("disposal", String(60), primary_key=True),
    Column("item", String(40), primary_key=True),
    Column("outcome", String(20)),
    Column("reason", String(200), nullable=False, default=""),
)

# Append-only and chained, but for the annex, which is emptied when its time is over.
certificate = Table(
    "certificate",
    metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("ref", String(80), nullable=False, unique=True),
    Column("digest", String(64), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("page", LargeBinary, nullable=False),
    Column("annex", LargeBinary),
    Column("annex_until", Date, nullable=False),
)

# The unit of review: copies, near-copies, versions, a mail with its attachments, or one item by itself. One decision covers it.
family = Table(
    "family",
    metadata,
    Column("id", Key, primary_key=True),
    # The same for as long as the family has the same ground (content hash, version stem, folder): a later night finds it again.
    Column("key", String(80), nullable=False, unique=True),
    Column("kind", String(12), nullable=False),
    Column("state", String(10), nullable=False),
    Column("lane", String(2), nullable=False, default=""),
    Column("zone", String(100), nullable=False, default=""),
    Column("owner", String(100), nullable=False, default=""),
    Column("risk", Float, nullable=False, default=0.0),
    # How near the model is to a tie: 1 at a coin's toss, 0 when certain.
    Column("doubt", Float, nullable=False, default=0.0),
    # Why it was put before a person: by risk, for its doubt, or drawn at random.
    Column("drawn", String(10), nullable=False, default="risk"),
    Column("tier", SmallInteger),
    Column("primary", String(10)),
    Column("files", Integer, nullable=False, default=0),
    Column("size", BigInteger, nullable=False, default=0),
    Column("leader_item_id", Key, nullable=False),
    # Raised by every change to what the family holds or to what was decided on it; a page's form names the one it showed.
    Column("version", Integer, nullable=False, default=1),
    Column("run_id", Key, ForeignKey("run.id"), nullable=False),
    Column("review_on", Date),
    # The longest retention among its members: theirs ends when the last one's does.
    Column("rule", String(40), nullable=False, server_default=""),
    Column("due", Date),
    Column("permanent", Boolean, nullable=False, server_default=false()),
    Index("ix_family_queue", "state", "lane", "risk"),
    Index("ix_family_zone", "state", "zone", "risk"),
    Index("ix_family_risk", "state", "risk"),
    # Holds all that is counted above the queue, so that a count of the whole reads no row.
    Index("ix_family_counts", "state", "lane", "zone", "files"),
)

member = Table(
    "member",
    metadata,
    Column("item_id", Key, ForeignKey("item.id"), primary_key=True, autoincrement=False),
    Column("family_id", Key, ForeignKey("family.id"), nullable=False, index=True),
    Column("excepted", Boolean, nullable=False, server_default=false()),
    # What the item was when it was last put before a person. What has changed since brings a settled item back.
    Column("sha256", String(64)),
    Column("tier", SmallInteger),
    Column("rule", String(40), nullable=False, server_default=""),
    Column("lane", String(2), nullable=False, server_default=""),
)

# Append-only: what a person decided. Its token makes a form that is sent twice one decision.
choice = Table(
    "choice",
    metadata,
    Column("id", Key, primary_key=True),
    Column("token", String(64), nullable=False, unique=True),
    Column("family_id", Key, nullable=False, index=True),
    Column("at", Moment, nullable=False, index=True),
    Column("by", String(80), nullable=False),
    Column("verb", String(20), nullable=False),
    Column("detail", JSON, nullable=False),
    Column("items", Integer, nullable=False),
    Column("drawn", String(10), nullable=False, default="risk"),
    Column("undoes", Key),
    Column("undone_by", Key),
)

# What stood before the choice, so that it can be taken back.
choice_item = Table(
    "choice_item",
    metadata,
    Column("choice_id", Key, ForeignKey("choice.id"), primary_key=True, autoincrement=False),
    Column("item_id", Key, ForeignKey("item.id"), primary_key=True, autoincrement=False),
    Column("before", JSON, nullable=False),
)

person = Table(
    "person",
    metadata,
    Column("name", String(80), primary_key=True),
    Column("shown", String(120), nullable=False, default=""),
    Column("roles", JSON, nullable=False),
    Column("zones", JSON, nullable=False),
    # scrypt, salted; empty for a person who comes in through Airflow's login only.
    Column("secret", String(300), nullable=False, default=""),
    Column("active", Boolean, nullable=False),
    # Raised to end every session that the person has open.
    Column("epoch", Integer, nullable=False, default=1),
    Column("added_by", String(80), nullable=False),
    Column("added_at", Moment, nullable=False),
)

# A random draw from one pile (a zone and what was said of its items), made to bound what was missed.
sample = Table(
    "sample",
    metadata,
    Column("id", Key, primary_key=True),
    Column("run_id", Key, ForeignKey("run.id"), nullable=False),
    Column("zone", String(100), nullable=False),
    Column("pile", String(20), nullable=False),
    Column("population", Integer, nullable=False),
    Column("drawn_at", Moment, nullable=False),
    Column("seed", String(64), nullable=False),
    UniqueConstraint("run_id", "zone", "pile"),
)

sample_item = Table(
    "sample_item",
    metadata,
    Column("sample_id", Key, ForeignKey("sample.id"), primary_key=True, autoincrement=False),
    Column("item_id", Key, ForeignKey("item.id"), primary_key=True, autoincrement=False),
    # The label that was judged, and the person's answer: the primary label they gave.
    Column("label_id", Key),
    Column("answer", String(10)),
    Column("by", String(80), nullable=False, default=""),
    Column("at", Moment),
    Index("ix_sample_item_item_id", "item_id"),
)

# One training on people's decisions: what it was trained on, how it did, and whether it was let in.
trial = Table(
    "trial",
    metadata,
    Column("id", Key, primary_key=True),
    Column("run_id", Key, ForeignKey("run.id"), nullable=False),
    Column("model", String(80), nullable=False, default=""),
    Column("against", String(80), nullable=False, default=""),
    Column("promoted", Boolean, nullable=False),
    Column("because", JSON, nullable=False),
    Column("figures", JSON, nullable=False),
    Column("last_choice_id", Key, nullable=False),
    Column("made_at", Moment, nullable=False),
)
