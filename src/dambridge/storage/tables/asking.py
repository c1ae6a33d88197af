"""Who asks and is told: people, their tokens, other programs, kept questions."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Index, Integer, Text

from dambridge.storage.columns import Instant, JsonText
from dambridge.storage.tables.schema import clustered

search_news = clustered(
    "search_news",
    Column("account", Text, primary_key=True),
    Column("remote_id", Text, primary_key=True),
)

saved_searches = clustered(
    "saved_searches",
    Column("owner", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("body", JsonText, nullable=False),
)

people = clustered(
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

sessions = clustered(
    "sessions",
    Column("id", Text, primary_key=True),
    Column("person", Text, nullable=False),
    Column("begun_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Index(None, "person"),
    Index(None, "ends_at"),
)

api_tokens = clustered(
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

webhook_endpoints = clustered(
    "webhook_endpoints",
    Column("name", Text, primary_key=True),
    Column("cursor", BigInteger, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("failing_since", Instant),
    Column("rest_until", Instant),
    Column("disabled_at", Instant),
    Column("why", Text, nullable=False),
)

webhook_deliveries = clustered(
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

hints_heard = clustered(
    "hints_heard",
    Column("account", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("until", Instant, nullable=False),
    Index(None, "until"),
)

selections = clustered(
    "selections",
    Column("id", Text, primary_key=True),
    Column("account", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("action", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("assets", JsonText, nullable=False),
    Index(None, "at"),
)

panel_tokens = clustered(
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
