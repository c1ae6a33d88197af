"""What the copies of each link agree on, one row per link and group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, select, update

from dambridge.model.accords import Accord, GroupName
from dambridge.model.identity import AssetKey, CopyId, LinkId
from dambridge.ports.errors import MovedOn
from dambridge.storage.keys import pieces
from dambridge.storage.search_keeping import tell_search
from dambridge.storage.tables.in_step import accords, copies
from dambridge.storage.upserting import insert_new
from dambridge.storage.writer import Tx

_REPLACE = (
    update(accords)
    .where(
        accords.c.link == bindparam("of"),
        accords.c.group_name == bindparam("about"),
        accords.c.revision == bindparam("rests_on"),
    )
    .values(revision=accords.c.revision + 1, body=bindparam("now", type_=accords.c.body.type))
)
_DROP_COPY = delete(copies).where(
    copies.c.link == bindparam("of"),
    copies.c.account == bindparam("at"),
    copies.c.role == bindparam("as_role"),
    copies.c.region == bindparam("in_region"),
    copies.c.rendition == bindparam("of_rendition"),
)


def read_accords(conn: Connection, links: Sequence[LinkId]) -> dict[LinkId, dict[GroupName, Accord]]:
    found: dict[LinkId, dict[GroupName, Accord]] = {}
    for piece in pieces(links):
        query = select(accords).where(accords.c.link.in_(piece)).order_by(accords.c.link, accords.c.group_name)
        for row in conn.execute(query):
            accord = _accord(row)
            found.setdefault(accord.link, {})[accord.group] = accord
    return found


def put_accords(tx: Tx, wanted: Sequence[Accord]) -> list[Accord]:
    """Raises `MovedOn` for one that rests on another revision than the store's."""
    for it in wanted:
        conn = tx.conn
        if it.revision:
            row = {"of": it.link, "about": it.group, "rests_on": it.revision, "now": _body(it)}
            written = conn.execute(_REPLACE, row).rowcount == 1
        else:
            first = {"link": it.link, "group_name": it.group, "revision": 1, "body": _body(it)}
            written = conn.execute(insert_new(tx.dialect, accords), first).first() is not None
        if not written:
            raise MovedOn(
                f"What the copies of {it.link} agree on in {it.group} was written by somebody else meanwhile; it is looked "
                "at again before anything is done about it."
            )
    return [replace(it, revision=it.revision + 1) for it in wanted]


def drop_copies(tx: Tx, link: LinkId, gone: Sequence[CopyId]) -> None:
    """Take the copies out of the link and out of every accord of it."""
    conn = tx.conn
    held_together = conn.execute(select(copies.c.account, copies.c.remote_id).where(copies.c.link == link)).all()
    tell_search(tx, [AssetKey(row.account, row.remote_id) for row in held_together])
    for it in gone:
        row = {"at": it.account, "as_role": str(it.role), "in_region": it.region, "of_rendition": it.rendition}
        conn.execute(_DROP_COPY, {"of": link, **row})
    held = select(accords).where(accords.c.link == link).order_by(accords.c.group_name).with_for_update()
    for before in [_accord(row) for row in conn.execute(held)]:
        after = before
        for it in gone:
            after = after.without_copy(it)
        if after != before:
            put_accords(tx, [after])


def _body(it: Accord) -> dict[str, Any]:
    return replace(it, revision=0).to_json()


def _accord(row: Row[Any]) -> Accord:
    return replace(Accord.from_json(row.body), revision=row.revision)
