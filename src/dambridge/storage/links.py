"""Links, their copies, and what the copies last had in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, select

from dambridge.model.identity import AccountId, AssetKey, Copy, CopyId, CopyRole, FlowName, Link, LinkId, RemoteId
from dambridge.model.records import Agreed, AssetVersion, Digest
from dambridge.model.values import fields_from_json, fields_to_json
from dambridge.storage.keys import by_account, pieces
from dambridge.storage.search_keeping import tell_search
from dambridge.storage.tables.in_step import agreed, copies, links
from dambridge.storage.upserting import put_later
from dambridge.storage.writer import Tx

_DROP_COPIES = delete(copies).where(copies.c.link == bindparam("of"))


def put_link(tx: Tx, link: Link) -> None:
    """Write the link as it is now: its copies are exactly those given."""
    if link.id in tx.marked:
        tx.send()  # the copies of the earlier writing must be there to be dropped
    tx.marked.add(link.id)
    put_later(tx, links, [{"id": link.id, "flow": str(link.flow), "observe_only": link.observe_only}])
    tx.later(_DROP_COPIES, {"of": link.id})
    put_later(tx, copies, [_copy_values(link.id, place, it) for place, it in enumerate(link.copies)])
    tell_search(tx, [it.key for it in link.copies])


def read_links(conn: Connection, ids: Sequence[LinkId]) -> dict[LinkId, Link]:
    """Several reads: needs a snapshot."""
    found: dict[LinkId, Link] = {}
    for piece in pieces(ids):
        having: dict[str, list[Copy]] = {}
        query = select(copies).where(copies.c.link.in_(piece)).order_by(copies.c.link, copies.c.place)
        for row in conn.execute(query):
            having.setdefault(row.link, []).append(_copy(row))
        for row in conn.execute(select(links).where(links.c.id.in_(piece))):
            link = LinkId(row.id)
            found[link] = Link(link, FlowName(row.flow), tuple(having.get(row.id, ())), observe_only=row.observe_only)
    return found


def links_of(conn: Connection, keys: Sequence[AssetKey]) -> dict[AssetKey, LinkId]:
    """The link of each asset; of several (flows may share an asset) the one with the smallest id, always the same."""
    found: dict[AssetKey, LinkId] = {}
    for account, ids in by_account(keys):
        query = select(copies.c.remote_id, copies.c.link).where(
            copies.c.account == account, copies.c.remote_id.in_(ids)
        )
        for row in conn.execute(query.order_by(copies.c.link.desc())):
            found[AssetKey(account, RemoteId(row.remote_id))] = LinkId(row.link)
    return found


def put_agreed(tx: Tx, link: LinkId, state: Agreed) -> None:
    put_later(tx, agreed, [{"link": link, "body": agreed_to_json(state)}])


def read_agreed(conn: Connection, ids: Sequence[LinkId]) -> dict[LinkId, Agreed]:
    found: dict[LinkId, Agreed] = {}
    for piece in pieces(ids):
        for row in conn.execute(select(agreed).where(agreed.c.link.in_(piece))):
            found[LinkId(row.link)] = agreed_from_json(row.body)
    return found


def agreed_to_json(state: Agreed) -> dict[str, Any]:
    content = state.content
    return {
        "fields": fields_to_json(state.fields),
        "filled": fields_to_json(state.filled),
        "versions": {copy: version.to_json() for copy, version in state.versions.items()},
        "content": [content.size, content.sha256, content.md5] if content else None,
        "evidence": dict(state.evidence),
        **({"turn": state.turn} if state.turn else {}),
    }


def agreed_from_json(data: Mapping[str, Any]) -> Agreed:
    content = data["content"]
    return Agreed(
        fields=fields_from_json(data["fields"]),
        filled=fields_from_json(data["filled"]),
        versions={copy: AssetVersion.from_json(it) for copy, it in data["versions"].items()},
        content=Digest(size=content[0], sha256=content[1], md5=content[2]) if content else None,
        evidence=data["evidence"],
        turn=data.get("turn", 0),
    )


def _copy_values(link: LinkId, place: int, it: Copy) -> dict[str, Any]:
    return {
        "link": link,
        "account": it.id.account,
        "role": str(it.id.role),
        "region": it.id.region,
        "rendition": it.id.rendition,
        "remote_id": it.remote_id,
        "place": place,
    }


def _copy(row: Row[Any]) -> Copy:
    return Copy(CopyId(AccountId(row.account), CopyRole(row.role), row.region, row.rendition), RemoteId(row.remote_id))
