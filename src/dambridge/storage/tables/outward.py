"""What stands outside, what was taken out, and what is handed in and held."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Index, Text, text

from dambridge.storage.columns import Instant, JsonText
from dambridge.storage.tables.schema import clustered

_UNPROVEN = text("verified_at IS NULL")
_PUBLISHED = "stage IN ('staged', 'visible', 'leaving', 'withdrawn', 'adopted')"

publications = clustered(
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

submissions = clustered(
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

holds = clustered(
    "holds",
    Column("account", Text, primary_key=True),
    Column("remote_id", Text, primary_key=True),
    Column("by", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("at", Instant, nullable=False),
)

outlet_orders = clustered(
    "outlet_orders",
    Column("outlet", Text, primary_key=True),
    Column("account", Text, primary_key=True),
    Column("remote_id", Text, primary_key=True),
    Column("flow", Text, nullable=False),
    Column("said_at", Instant, nullable=False),
    Column("ended", Boolean, nullable=False),
    Column("body", JsonText, nullable=False),
    Index(None, "account", "remote_id"),
    Index(None, "flow", "ended", "outlet", "account", "remote_id"),
)

withdrawals = clustered(
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

agreed_audiences = clustered(
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
