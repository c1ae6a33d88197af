"""Numbers that count up without gaps. The row's lock orders the writers of one kind."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, update

from dambridge.storage.tables.work import counters
from dambridge.storage.upserting import add_if_new

_RAISE = (
    update(counters)
    .where(counters.c.name == bindparam("counter"))
    .values(value=counters.c.value + bindparam("by"))
    .returning(counters.c.value)
)


def next_number(conn: Connection, name: str, *, by: int = 1) -> int:
    """The next number of `name`, from 1; the last of `by` numbers where several are taken at once."""
    while True:
        raised = conn.execute(_RAISE, {"counter": name, "by": by}).scalar_one_or_none()
        if raised is not None:
            return int(raised)
        add_if_new(conn, counters, {"name": name, "value": 0})
