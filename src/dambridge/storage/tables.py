"""The tables of the ledger and the pacer. `migrations` builds them; a test holds the two equal."""

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
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from dambridge.storage.columns import Instant, JsonText

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)
_OUTCOMES = "outcome IN ('done', 'unchanged', 'skipped', 'waiting', 'quarantined', 'failed')"
_CONFLICT_STATES = "state IN ('open', 'ruled', 'settled', 'moot')"
WAITS = text("outcome IN ('waiting', 'quarantined', 'failed')")
_UNPROVEN = text("verified_at IS NULL")
_STANDS = text("state IN ('open', 'ruled')")
_PUBLISHED = "stage IN ('staged', 'visible', 'leaving', 'withdrawn', 'adopted')"
_STAGES = "stage IN ('open', 'done', 'left', 'superseded')"


def _clustered(name: str, *columns: Column[object] | CheckConstraint | UniqueConstraint | Index) -> Table:
    """A table that SQLite stores in the order of its primary key: one tree to write instead of two."""
    return Table(name, metadata, *columns, sqlite_with_rowid=False)


counters = _clustered("counters", Column("name", Text, primary_key=True), Column("value", BigInteger, nullable=False))

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
    Index(None, "flow", "ended_at"),
)

items = _clustered(
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

observations = _clustered(
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

links = _clustered(
    "links",
    Column("id", Text, primary_key=True),
    Column("flow", Text, nullable=False),
    Column("observe_only", Boolean, nullable=False),
)

copies = _clustered(
    "copies",
    Column("link", Text, ForeignKey("links.id", ondelete="CASCADE"), primary_key=True),
    Column("account", Text, primary_key=True),
    Column("role", Text, primary_key=True),
    Column("region", Text, primary_key=True),
    Column("rendition", Text, primary_key=True),
    Column("remote_id", Text, nullable=False),
    Column("place", Integer, nullable=False),
    Index(None, "account", "remote_id"),
)

agreed = _clustered("agreed", Column("link", Text, primary_key=True), Column("body", JsonText, nullable=False))

accords = _clustered(
    "accords",
    Column("link", Text, primary_key=True),
    Column("group_name", Text, primary_key=True),
    Column("revision", BigInteger, nullable=False),
    Column("body", JsonText, nullable=False),
)

conflicts = _clustered(
    "conflicts",
    Column("id", Text, primary_key=True),
    Column("link", Text, nullable=False),
    Column("group_name", Text, nullable=False),
    Column("serial", Integer, nullable=False),
    Column("flow", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("body", JsonText, nullable=False),
    CheckConstraint(_CONFLICT_STATES, name="state"),
    UniqueConstraint("link", "group_name", "serial"),
    Index(None, "link", "group_name", unique=True, sqlite_where=_STANDS, postgresql_where=_STANDS),
    Index(None, "state", "opened_at", "id"),
    Index(None, "flow", "state", "code"),
)

tombstones = _clustered(
    "tombstones",
    Column("account", Text, primary_key=True),
    Column("remote_id", Text, primary_key=True),
    Column("link", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("body", JsonText, nullable=False),
    Index(None, "link"),
)

tombstone_kin = _clustered(
    "tombstone_kin",
    Column("account", Text, primary_key=True),
    Column("remote_id", Text, primary_key=True),
    Column("gone_account", Text, primary_key=True),
    Column("gone_id", Text, primary_key=True),
    Index(None, "gone_account", "gone_id"),
)

sightings = _clustered(
    "sightings",
    Column("run", Text, primary_key=True),
    Column("account", Text, primary_key=True),
    Column("remote_id", Text, primary_key=True),
)

facets = _clustered(
    "facets",
    Column("link", Text, primary_key=True),
    Column("galleries", JsonText, nullable=False),
    Column("contributor", Text, nullable=False),
    Column("looked_for", JsonText, nullable=False),
    Column("first_filled", JsonText, nullable=False),
    Column("now_filled", JsonText, nullable=False),
)

coverage_reports = _clustered(
    "coverage_reports",
    Column("run", Text, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("body", JsonText, nullable=False),
)

publications = _clustered(
    "publications",
    Column("link", Text, primary_key=True),
    Column("copy", Text, primary_key=True),
    Column("flow", Text, nullable=False),
    Column("outlet", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("remote_id", Text),
    Column("former", Text),
    Column("stage", Text, nullable=False),
    Column("in_sight", Boolean, nullable=False),
    Column("until", Instant),
    Column("checked_at", Instant),
    Column("revision", BigInteger, nullable=False),
    Column("body", JsonText, nullable=False),
    CheckConstraint(_PUBLISHED, name="stage"),
    Index(None, "account", "remote_id"),
    Index(None, "account", "former"),
    Index(None, "flow", "in_sight", "until", "account", "outlet"),
    Index(None, "flow", "outlet", "stage"),
    Index(None, "flow", "in_sight", "checked_at"),
)

submissions = _clustered(
    "submissions",
    Column("flow", Text, primary_key=True),
    Column("account", Text, primary_key=True),
    Column("remote_id", Text, primary_key=True),
    Column("shoot", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("unfinished", Boolean, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("body", JsonText, nullable=False),
    Index(None, "flow", "status"),
    Index(None, "flow", "shoot", "status"),
    Index(None, "flow", "unfinished"),
)

holds = _clustered(
    "holds",
    Column("account", Text, primary_key=True),
    Column("remote_id", Text, primary_key=True),
    Column("by", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("at", Instant, nullable=False),
)

search_news = _clustered(
    "search_news",
    Column("account", Text, primary_key=True),
    Column("remote_id", Text, primary_key=True),
)

saved_searches = _clustered(
    "saved_searches",
    Column("owner", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("body", JsonText, nullable=False),
)

withdrawals = _clustered(
    "withdrawals",
    Column("id", Text, primary_key=True),
    Column("flow", Text, nullable=False),
    Column("link", Text, nullable=False),
    Column("decided_at", Instant, nullable=False),
    Column("verified_at", Instant),
    Column("body", JsonText, nullable=False),
    Index(None, "decided_at", "id"),
    Index(None, "verified_at", "decided_at", "id", sqlite_where=_UNPROVEN, postgresql_where=_UNPROVEN),
    Index(None, "link"),
)

agreed_audiences = _clustered(
    "agreed_audiences",
    Column("outlet", Text, primary_key=True),
    Column("account", Text, nullable=False),
    Column("gallery", Text, nullable=False),
    Column("own", Text, nullable=False),
    Column("effective", Text, nullable=False),
    Column("grants", JsonText, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", Instant, nullable=False),
)

batches = Table(
    "batches",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False, unique=True),
    Column("run", Text, nullable=False),
    Column("flow", Text, nullable=False),
)

actions = _clustered(
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

steps = _clustered(
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

berths = _clustered(
    "berths",
    Column("account", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("action", Text, nullable=False),
    UniqueConstraint("account", "action"),
)

due = _clustered(
    "due",
    Column("kind", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("payload", JsonText, nullable=False),
    Column("worker", Text),
    Column("lease", Instant),
    Index(None, "kind", "at"),
)

cursors = _clustered(
    "cursors",
    Column("account", Text, primary_key=True),
    Column("stream", Text, primary_key=True),
    Column("position", Text, nullable=False),
)

plans = _clustered(
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

workers = _clustered(
    "workers",
    Column("name", Text, primary_key=True),
    Column("serving", Boolean, nullable=False),
    Column("beat", Float, nullable=False),
)

controls = _clustered("controls", Column("name", Text, primary_key=True), Column("value", Text, nullable=False))

audit_log = Table(
    "audit_log",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("actor", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("salt", Text),
    Column("detail", JsonText),
    Column("detail_digest", Text, nullable=False),
    Column("previous", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Index(None, "subject", "seq"),
)

audit_head = _clustered(
    "audit_head",
    Column("id", Integer, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("hash", Text, nullable=False),
    CheckConstraint("id = 1", name="one"),
)

match_assets = _clustered(
    "match_assets",
    Column("account", Text, primary_key=True),
    Column("remote_id", Text, primary_key=True),
    Column("body", JsonText, nullable=False),
)

matches = _clustered(
    "matches",
    Column("one", Text, primary_key=True),
    Column("other", Text, primary_key=True),
    Column("made_at", Instant, nullable=False),
    Column("body", JsonText, nullable=False),
)

match_pairs = _clustered(
    "match_pairs",
    Column("one", Text, primary_key=True),
    Column("other", Text, primary_key=True),
    Column("one_id", Text, primary_key=True),
    Column("other_id", Text, primary_key=True),
    Column("bucket", Text, nullable=False),
    Column("confidence", Integer, nullable=False),
    Column("body", JsonText, nullable=False),
    CheckConstraint("bucket IN ('certain', 'review')", name="bucket"),
)

match_decisions = _clustered(
    "match_decisions",
    Column("one", Text, primary_key=True),
    Column("other", Text, primary_key=True),
    Column("one_id", Text, primary_key=True),
    Column("other_id", Text, primary_key=True),
    Column("verdict", Text, nullable=False),
    Column("decided_by", Text, nullable=False),
    Column("decided_at", Instant, nullable=False),
    CheckConstraint("verdict IN ('accepted', 'refused')", name="verdict"),
)

vocabularies = _clustered(
    "vocabularies",
    Column("account", Text, primary_key=True),
    Column("attribute", Text, primary_key=True),
    Column("origin", Text, primary_key=True),
    Column("by", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("terms", JsonText, nullable=False),
    CheckConstraint("origin IN ('live', 'kept')", name="origin"),
)

term_uses = _clustered(
    "term_uses",
    Column("flow", Text, primary_key=True),
    Column("account", Text, primary_key=True),
    Column("remote_id", Text, primary_key=True),
    Column("target", Text, primary_key=True),
    Column("attribute", Text, primary_key=True),
    Column("word", Text, primary_key=True),
    Column("under", Text, nullable=False),
    Column("waiting", Boolean, nullable=False),
    Column("spellings", JsonText, nullable=False),
    Index(None, "target", "attribute", "word", "waiting"),
)

term_decisions = _clustered(
    "term_decisions",
    Column("target", Text, primary_key=True),
    Column("attribute", Text, primary_key=True),
    Column("word", Text, primary_key=True),
    Column("verdict", Text, nullable=False),
    Column("order_id", Text, nullable=False),
    Column("body", JsonText, nullable=False),
    CheckConstraint("verdict IN ('map', 'add', 'drop')", name="verdict"),
)

pace = _clustered(
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

name_numbers = _clustered(
    "name_numbers",
    Column("account", Text, primary_key=True),
    Column("series", Text, primary_key=True),
    Column("number", BigInteger, primary_key=True),
    Column("link", Text, nullable=False),
    UniqueConstraint("account", "series", "link"),
)

people = _clustered(
    "people",
    Column("name", Text, primary_key=True),
    Column("display", Text, nullable=False),
    Column("roles", JsonText, nullable=False),
    Column("scope", JsonText, nullable=False),
    Column("password", Text),
    Column("subject", Text, nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("added_at", Instant, nullable=False),
    Index(None, "subject"),
)

sessions = _clustered(
    "sessions",
    Column("id", Text, primary_key=True),
    Column("person", Text, nullable=False),
    Column("begun_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Index(None, "person"),
    Index(None, "ends_at"),
)

api_tokens = _clustered(
    "api_tokens",
    Column("id", Text, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("roles", JsonText, nullable=False),
    Column("scope", JsonText, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("revoked", Boolean, nullable=False),
    Index(None, "person"),
)

webhook_endpoints = _clustered(
    "webhook_endpoints",
    Column("name", Text, primary_key=True),
    Column("cursor", BigInteger, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("failing_since", Instant),
    Column("rest_until", Instant),
    Column("disabled_at", Instant),
    Column("why", Text, nullable=False),
)

webhook_deliveries = _clustered(
    "webhook_deliveries",
    Column("endpoint", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("type", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("next_at", Instant, nullable=False),
    Column("last_at", Instant),
    Column("status", Integer),
    Column("error", Text, nullable=False),
    CheckConstraint("state IN ('waiting', 'done', 'failed')", name="state"),
    Index(None, "endpoint", "state", "next_at"),
    Index(None, "made_at"),
)

hints_heard = _clustered(
    "hints_heard",
    Column("account", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("until", Instant, nullable=False),
    Index(None, "until"),
)

selections = _clustered(
    "selections",
    Column("id", Text, primary_key=True),
    Column("account", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("action", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("assets", JsonText, nullable=False),
    Index(None, "at"),
)

panel_tokens = _clustered(
    "panel_tokens",
    Column("id", Text, primary_key=True),
    Column("key", Text, nullable=False),
    Column("parent", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("body", JsonText, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Index(None, "ends_at"),
)
