"""Sweeps of whole accounts held against the known copies, page by page: the database compares, nothing is gathered here."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, and_, case, delete, exists, func, select, tuple_

from dambridge.model.identity import AccountId, AssetKey, CopyRole, FlowName, Link, LinkId, RemoteId, RunId
from dambridge.storage.keys import pieces
from dambridge.storage.links import read_links
from dambridge.storage.tables.in_step import copies, links, sightings
from dambridge.storage.tables.work import observations
from dambridge.storage.upserting import insert_new

AT_ONCE = 20_000
"""Sightings that are forgotten in one transaction, so that no other write waits for long."""


def links_in(conn: Connection, accounts: Sequence[AccountId], after: LinkId | None, limit: int) -> list[Link]:
    """Several reads: needs a snapshot. Links are taken in the order of their keys and those elsewhere passed over, which
    no database needs statistics for."""
    found: list[Link] = []
    while len(found) < limit:
        query = select(links.c.id).order_by(links.c.id).limit(limit)
        if after is not None:
            query = query.where(links.c.id > after)
        ids = [LinkId(it) for it in conn.execute(query).scalars()]
        known = read_links(conn, ids)
        found += [known[it] for it in ids if any(copy.id.account in accounts for copy in known[it].copies)]
        if len(ids) < limit:
            break
        after = ids[-1]
    return found[:limit]


def count_links(conn: Connection, accounts: Sequence[AccountId]) -> int:
    """Counted along the key: a set of all links would take memory."""
    having = select(copies.c.link).where(copies.c.account.in_(accounts)).group_by(copies.c.link).subquery()
    return int(conn.execute(select(func.count()).select_from(having)).scalar_one())


def longest_unseen(
    conn: Connection, flow: FlowName, accounts: Sequence[AccountId], limit: int
) -> list[tuple[LinkId, AssetKey]]:
    """The database sorts and keeps no more than `limit` links; what was never looked at has no instant and comes first."""
    seen, copy = observations.c, copies.c
    looked = and_(seen.flow == str(flow), seen.account == copy.account, seen.remote_id == copy.remote_id)
    unpublished = func.min(case((copy.role == str(CopyRole.PUBLISHED), 0), else_=1))
    never = func.max(case((seen.at.is_(None), 1), else_=0))
    turn = (
        select(copy.link, unpublished.label("later"), never.label("never"), func.min(seen.at).label("at"))
        .select_from(copies.outerjoin(observations, looked))
        .where(copy.account.in_(accounts))
        .group_by(copy.link)
        .order_by(unpublished, never.desc(), func.min(seen.at), copy.link)
        .limit(limit)
        .subquery()
    )
    query = (
        select(copy.link, copy.account, copy.remote_id)
        .join(turn, turn.c.link == copy.link)
        .where(copy.account.in_(accounts))
        .order_by(turn.c.later, turn.c.never.desc(), turn.c.at, copy.link, copy.place)
    )
    return [
        (LinkId(it.link), AssetKey(AccountId(it.account), RemoteId(it.remote_id)))
        for it in conn.execute(query).fetchmany(limit)
    ]


def sight(conn: Connection, run: RunId, account: AccountId, ids: Sequence[RemoteId]) -> None:
    rows = [{"run": run, "account": account, "remote_id": it} for piece in pieces(ids) for it in piece]
    if rows:
        conn.execute(insert_new(conn.dialect.name, sightings), rows)


def count_sights(conn: Connection, run: RunId, account: AccountId) -> int:
    query = select(func.count()).where(sightings.c.run == run, sightings.c.account == account)
    return int(conn.execute(query).scalar_one())


def unsighted(conn: Connection, run: RunId, account: AccountId, after: RemoteId | None, limit: int) -> list[RemoteId]:
    met = exists().where(
        sightings.c.run == run, sightings.c.account == copies.c.account, sightings.c.remote_id == copies.c.remote_id
    )
    known = copies.c.remote_id
    query = select(known).where(copies.c.account == account, ~met).distinct().order_by(known).limit(limit)
    if after is not None:
        query = query.where(known > after)
    return [RemoteId(it) for it in conn.execute(query).scalars()]


def unlinked(conn: Connection, run: RunId, account: AccountId, after: RemoteId | None, limit: int) -> list[RemoteId]:
    linked = exists().where(copies.c.account == sightings.c.account, copies.c.remote_id == sightings.c.remote_id)
    met = sightings.c.remote_id
    query = (
        select(met).where(sightings.c.run == run, sightings.c.account == account, ~linked).order_by(met).limit(limit)
    )
    if after is not None:
        query = query.where(met > after)
    return [RemoteId(it) for it in conn.execute(query).scalars()]


def forget_some_sights(conn: Connection, run: RunId) -> bool:
    """Forget up to `AT_ONCE` of them; gives whether there may be more."""
    key = (sightings.c.run, sightings.c.account, sightings.c.remote_id)
    some = select(*key).where(sightings.c.run == run).limit(AT_ONCE)
    return bool(conn.execute(delete(sightings).where(tuple_(*key).in_(some))).rowcount == AT_ONCE)
