"""Runs, what they found, and the work that comes of it."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from dambridge.storage.columns import Instant, JsonText
from dambridge.storage.tables.schema import clustered, metadata

_OUTCOMES = "outcome IN ('done', 'unchanged', 'skipped', 'waiting', 'quarantined', 'failed')"
WAITS = text("outcome IN ('waiting', 'quarantined', 'failed')")
_STAGES = "stage IN ('open', 'done', 'left', 'superseded')"

counters = clustered("counters", Column("name", Text, primary_key=True), Column("value", BigInteger, nullable=False))

runs = Table(
    "runs",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("id", Text, nullable=False, unique=True),
    Column("flow", Text, nullable=False),
    Column("command", Text),
    Column("claim", Integer, nullable=False),
    Column("plan", Text),
    Column("started_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("state", Text, nullable=False),
    Column("summary", JsonText),
    Column("configuration", Text),
    Index(None, "flow", "ended_at"),
)

items = clustered(
    "items",
    Column("run", Text, primary_key=True),
    Column("account", Text, primary_key=True),
    Column("remote_id", Text, primary_key=True),
    Column("link", Text),
    Column("outcome", Text, nullable=False),
    Column("reason", JsonText, nullable=False),
    Column("waits_for", Text, nullable=False),
    Column("bytes_moved", BigInteger, nullable=False),
    Column("lag", Float),
    CheckConstraint(_OUTCOMES, name="outcome"),
)

observations = clustered(
    "observations",
    Column("flow", Text, primary_key=True),
    Column("account", Text, primary_key=True),
    Column("remote_id", Text, primary_key=True),
    Column("outcome", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("waits_for", Text, nullable=False),
    Column("run", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("seen", JsonText, nullable=False),
    CheckConstraint(_OUTCOMES, name="outcome"),
    Index(None, "flow", "outcome", "at"),
    Index(None, "flow", "code", "outcome", "waits_for", sqlite_where=WAITS, postgresql_where=WAITS),
)

batches = Table(
    "batches",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False, unique=True),
    Column("run", Text, nullable=False),
    Column("flow", Text, nullable=False),
)

actions = clustered(
    "actions",
    Column("id", Text, primary_key=True),
    Column("link", Text, nullable=False),
    Column("run", Text, nullable=False),
    Column("plan", Text, nullable=False),
    Column("batch", Text, nullable=False),
    Column("place", Integer, nullable=False),
    Column("stage", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("not_before", Instant),
    Column("body", JsonText, nullable=False),
    CheckConstraint(_STAGES, name="stage"),
    Index(None, "stage", "batch", "place"),
    Index(None, "link"),
)

steps = clustered(
    "steps",
    Column("action", Text, primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("step", Text, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("intent", JsonText, nullable=False),
    Column("outcome", JsonText),
    Column("begun_at", Instant, nullable=False),
    Column("ended_at", Instant),
    UniqueConstraint("action", "step", "attempt"),
)

berths = clustered(
    "berths",
    Column("account", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("action", Text, nullable=False),
    UniqueConstraint("account", "action"),
)

due = clustered(
    "due",
    Column("kind", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("payload", JsonText, nullable=False),
    Column("worker", Text),
    Column("lease", Instant),
    Index(None, "kind", "at"),
)

cursors = clustered(
    "cursors",
    Column("account", Text, primary_key=True),
    Column("stream", Text, primary_key=True),
    Column("position", Text, nullable=False),
)

plans = clustered(
    "plans",
    Column("id", Text, primary_key=True),
    Column("flow", Text, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("state", Text, nullable=False),
    Column("header", JsonText, nullable=False),
    Column("approved_by", Text, nullable=False),
    CheckConstraint("state IN ('made', 'applied', 'refused', 'expired')", name="state"),
    Index(None, "made_at"),
)

plan_parts = Table(
    "plan_parts",
    metadata,
    Column("plan", Text, ForeignKey("plans.id", ondelete="CASCADE"), primary_key=True),
    Column("part", Integer, primary_key=True, autoincrement=False),
    Column("lines", JsonText, nullable=False),
)

commands = Table(
    "commands",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("id", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("via", Text, nullable=False),
    Column("scope", JsonText, nullable=False),
    Column("idempotency_key", Text, unique=True),
    Column("state", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("result", JsonText),
    Column("worker", Text),
    Column("claims", Integer, nullable=False),
    CheckConstraint("state IN ('queued', 'running', 'done', 'failed')", name="state"),
    Index(None, "state", "seq"),
)

workers = clustered(
    "workers",
    Column("name", Text, primary_key=True),
    Column("serving", Boolean, nullable=False),
    Column("beat", Float, nullable=False),
)

controls = clustered("controls", Column("name", Text, primary_key=True), Column("value", Text, nullable=False))

pace = clustered(
    "pace",
    Column("account", Text, primary_key=True),
    Column("tokens", Float, nullable=False),
    Column("stamp", Float, nullable=False),
    Column("blocked_until", Float, nullable=False),
    Column("window_ends", Float, nullable=False),
    Column("window_limit", Integer, nullable=False),
    Column("window_used", Integer, nullable=False),
    Column("window_told", Boolean, nullable=False),
)
