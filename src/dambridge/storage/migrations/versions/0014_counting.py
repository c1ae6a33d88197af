"""What pages count is counted from indexes alone, however large the library.

Written once and never changed: later releases add revisions after it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0012"
branch_labels = None
depends_on = None

_WAITS = sa.text("outcome IN ('waiting', 'quarantined', 'failed')")
_UNPROVEN = sa.text("verified_at IS NULL")
_NEW = {
    "conflicts": [["flow", "state", "code"]],
    "publications": [["flow", "in_sight", "until", "account", "outlet"], ["flow", "outlet", "stage"]],
    "submissions": [["flow", "shoot", "status"]],
    "term_uses": [["target", "attribute", "word", "waiting"]],
}
_OLD = {
    "publications": ["flow", "in_sight", "until"],
    "submissions": ["flow", "shoot"],
    "term_uses": ["target", "attribute", "word"],
}
"""What the new ones begin with."""


def upgrade() -> None:
    """Indexes come and go; no row is touched."""
    for table, several in _NEW.items():
        for columns in several:
            op.create_index(_name(table, columns), table, columns, unique=False)
    for table, columns in _OLD.items():
        op.drop_index(_name(table, columns), table_name=table)
    waits = ["flow", "code", "outcome", "waits_for"]
    op.create_index(_name("observations", waits), "observations", waits, sqlite_where=_WAITS, postgresql_where=_WAITS)
    unproven = ["verified_at", "decided_at", "id"]
    op.create_index(
        _name("withdrawals", unproven), "withdrawals", unproven, sqlite_where=_UNPROVEN, postgresql_where=_UNPROVEN
    )


def _name(table: str, columns: list[str]) -> str:
    return str(op.f(f"ix_{table}_" + "_".join(columns)))
