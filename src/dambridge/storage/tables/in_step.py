"""Links, what their copies agree on, and what contends, is gone or was seen elsewhere."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    Text,
    UniqueConstraint,
    text,
)

from dambridge.storage.columns import Instant, JsonText
from dambridge.storage.tables.schema import clustered

_CONFLICT_STATES = "state IN ('open', 'ruled', 'settled', 'moot')"
_STANDS = text("state IN ('open', 'ruled')")

links = clustered(
    "links",
    Column("id", Text, primary_key=True),
    Column("flow", Text, nullable=False),
    Column("observe_only", Boolean, nullable=False),
)

copies = clustered(
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

agreed = clustered("agreed", Column("link", Text, primary_key=True), Column("body", JsonText, nullable=False))

accords = clustered(
    "accords",
    Column("link", Text, primary_key=True),
    Column("group_name", Text, primary_key=True),
    Column("revision", BigInteger, nullable=False),
    Column("body", JsonText, nullable=False),
)

conflicts = clustered(
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

tombstones = clustered(
    "tombstones",
    Column("account", Text, primary_key=True),
    Column("remote_id", Text, primary_key=True),
    Column("link", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("body", JsonText, nullable=False),
    Index(None, "link"),
)

tombstone_kin = clustered(
    "tombstone_kin",
    Column("account", Text, primary_key=True),
    Column("remote_id", Text, primary_key=True),
    Column("gone_account", Text, primary_key=True),
    Column("gone_id", Text, primary_key=True),
    Index(None, "gone_account", "gone_id"),
)

sightings = clustered(
    "sightings",
    Column("run", Text, primary_key=True),
    Column("account", Text, primary_key=True),
    Column("remote_id", Text, primary_key=True),
)

facets = clustered(
    "facets",
    Column("link", Text, primary_key=True),
    Column("galleries", JsonText, nullable=False),
    Column("contributor", Text, nullable=False),
    Column("looked_for", JsonText, nullable=False),
    Column("first_filled", JsonText, nullable=False),
    Column("now_filled", JsonText, nullable=False),
)

coverage_reports = clustered(
    "coverage_reports",
    Column("run", Text, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("body", JsonText, nullable=False),
)
