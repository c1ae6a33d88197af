"""Rows of publications: one for each link and copy, written only where nobody else wrote it meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, func, select, update

from dambridge.model.identity import AccountId, AssetKey, CopyId, FlowName, LinkId, RemoteId
from dambridge.model.publications import Publication, Stage
from dambridge.ports.errors import MovedOn
from dambridge.storage.keys import behind, by_account, pieces
from dambridge.storage.tables.outward import publications
from dambridge.storage.upserting import insert_new
from dambridge.storage.writer import Tx

_TABLE = publications.c
SORTED = 5000
"""Rows that are sorted for a page."""
_ROW: tuple[ColumnElement[Any], ...] = (_TABLE.body, _TABLE.revision)
_CHANGING = ("remote_id", "former", "stage", "in_sight", "until", "checked_at", "body")
_REPLACE = (
    update(publications)
    .where(
        _TABLE.link == bindparam("of"),
        _TABLE.copy == bindparam("as_copy"),
        _TABLE.revision == bindparam("rests_on"),
    )
    .values(
        revision=_TABLE.revision + 1,
        **{it: bindparam(f"now_{it}", type_=publications.c[it].type) for it in _CHANGING},
    )
)


def put_publications(tx: Tx, wanted: Sequence[Publication]) -> list[Publication]:
    """Raises `MovedOn` for one that rests on another revision than the store's."""
    for it in wanted:
        conn = tx.conn
        row = _columns(it)
        if it.revision:
            changed = {f"now_{name}": row[name] for name in _CHANGING}
            where = {"of": it.link, "as_copy": row["copy"], "rests_on": it.revision}
            written = conn.execute(_REPLACE, {**where, **changed}).rowcount == 1
        else:
            written = conn.execute(insert_new(tx.dialect, publications), row).first() is not None
        if not written:
            raise MovedOn(
                f"What stands of {it.link} in {it.outlet} was written by somebody else meanwhile; it is looked at again "
                "before anything is done about it."
            )
    return [replace(it, revision=it.revision + 1) for it in wanted]


def read_publications(conn: Connection, links: Sequence[LinkId]) -> dict[LinkId, dict[CopyId, Publication]]:
    found: dict[LinkId, dict[CopyId, Publication]] = {}
    for piece in pieces(links):
        query = select(*_ROW).where(_TABLE.link.in_(piece)).order_by(_TABLE.link, _TABLE.copy)
        for it in map(_publication, conn.execute(query)):
            found.setdefault(it.link, {})[it.copy] = it
    return found


def publications_at(conn: Connection, keys: Sequence[AssetKey]) -> dict[AssetKey, Publication]:
    """The file that stands for a publication now counts before one whose place was taken."""
    found: dict[AssetKey, Publication] = {}
    for column in (_TABLE.former, _TABLE.remote_id):
        for account, ids in by_account(keys):
            query = select(*_ROW, column.label("met")).where(_TABLE.account == account, column.in_(ids))
            for row in conn.execute(query):
                found[AssetKey(account, RemoteId(row.met))] = _publication(row)
    return found


def page_of_publications(
    conn: Connection,
    flow: FlowName,
    *,
    outlet: str | None,
    stages: Sequence[Stage],
    after: tuple[LinkId, CopyId] | None,
    limit: int,
) -> list[Publication]:
    query = select(*_ROW).where(_TABLE.stage.in_([str(it) for it in stages]))
    if outlet is not None:
        query = query.where(_TABLE.flow == str(flow), _TABLE.outlet == outlet)
    else:
        query = query.where(_in_order(conn, flow))
    if after is not None:
        link, copy = after
        query = query.where(behind([(_TABLE.link, link), (_TABLE.copy, str(copy))]))
    return [_publication(it) for it in conn.execute(query.order_by(_TABLE.link, _TABLE.copy).limit(limit))]


def _in_order(conn: Connection, flow: FlowName) -> ColumnElement[bool]:
    """The condition that they are of the flow. Where many are, it is said so that no index of the flow is chosen: the order
    asked for is that of the table itself, and sorting all of them for each page would cost more with every page."""
    some = select(_TABLE.outlet).where(_TABLE.flow == str(flow)).limit(SORTED + 1).subquery()
    many = conn.execute(select(func.count()).select_from(some)).scalar_one() > SORTED
    return (_TABLE.flow.concat("") if many else _TABLE.flow) == str(flow)


def longest_unchecked(conn: Connection, flow: FlowName, limit: int) -> list[Publication]:
    order = (_TABLE.checked_at.nulls_first(), _TABLE.link, _TABLE.copy)
    return [_publication(it) for it in conn.execute(select(*_ROW).where(*_seen(flow)).order_by(*order).limit(limit))]


def ends(conn: Connection, flow: FlowName, before: datetime) -> dict[AccountId, list[tuple[datetime, int]]]:
    query = (
        select(_TABLE.account, _TABLE.until, func.count().label("files"))
        .where(*_seen(flow), _TABLE.until < before)
        .group_by(_TABLE.account, _TABLE.until)
        .order_by(_TABLE.account, _TABLE.until)
    )
    found: dict[AccountId, list[tuple[datetime, int]]] = {}
    for row in conn.execute(query):
        found.setdefault(AccountId(row.account), []).append((row.until, row.files))
    return found


def ending(
    conn: Connection,
    flow: FlowName,
    account: AccountId,
    before: datetime,
    *,
    outlets: Sequence[str] | None,
    limit: int,
) -> list[Publication]:
    query = select(*_ROW).where(*_seen(flow), _TABLE.account == account, _TABLE.until <= before)
    if outlets is not None:
        query = query.where(_TABLE.outlet.in_(outlets))
    return [
        _publication(it) for it in conn.execute(query.order_by(_TABLE.until, _TABLE.link, _TABLE.copy).limit(limit))
    ]


def count_ending(conn: Connection, flow: FlowName, before: datetime) -> dict[str, int]:
    # Said so that no index is chosen for its order of outlets: those that end soon are few, and an index has them together
    outlet = _TABLE.outlet.concat("").label("named")
    query = select(outlet, func.count()).where(*_seen(flow), _TABLE.until <= before).group_by(outlet).order_by(outlet)
    return {row[0]: row[1] for row in conn.execute(query)}


def next_end(conn: Connection, flow: FlowName) -> datetime | None:
    found: datetime | None = conn.execute(select(func.min(_TABLE.until)).where(*_seen(flow))).scalar_one()
    return found


def count_publications(conn: Connection, flow: FlowName) -> dict[tuple[str, Stage], int]:
    columns = (_TABLE.outlet, _TABLE.stage)
    query = select(*columns, func.count()).where(_TABLE.flow == str(flow)).group_by(*columns).order_by(*columns)
    return {(row[0], Stage(row[1])): row[2] for row in conn.execute(query)}


def _seen(flow: FlowName) -> tuple[ColumnElement[bool], ...]:
    return (_TABLE.flow == str(flow), _TABLE.in_sight.is_(True))


def _columns(it: Publication) -> dict[str, Any]:
    return {
        "link": it.link,
        "copy": str(it.copy),
        "flow": str(it.flow),
        "outlet": it.outlet,
        "account": it.copy.account,
        "remote_id": it.remote_id,
        "former": it.former,
        "stage": str(it.stage),
        "in_sight": it.in_sight,
        "until": it.until,
        "checked_at": it.checked_at,
        "revision": 1,
        "body": replace(it, revision=0).to_json(),
    }


def _publication(row: Any) -> Publication:
    return replace(Publication.from_json(row.body), revision=row.revision)
