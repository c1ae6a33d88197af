"""What pairing keeps: assets as they were looked at, the latest comparison, persons' words, links that are watched only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from dambridge.model.identity import AccountId, AssetKey, Link, LinkId, RemoteId
from dambridge.model.pairing import Bucket, Decided, Pair, Pairing, Subject, Verdict
from dambridge.model.records import Agreed
from dambridge.ports.ledger import AuditEntry
from dambridge.ports.pairing import Accounts, StoredPairing
from dambridge.storage.keys import by_account, pieces
from dambridge.storage.ledger import SqlLedger
from dambridge.storage.links import put_agreed, put_link, read_links
from dambridge.storage.search_keeping import tell_search
from dambridge.storage.tables.in_step import agreed, copies, links
from dambridge.storage.tables.words import match_assets, match_decisions, match_pairs, matches
from dambridge.storage.tables.work import actions
from dambridge.storage.upserting import put
from dambridge.storage.writer import Tx

_PAGE = 2000


class SqlPairingStore:
    """Implements `ports.pairing.PairingStore` through the ledger's own writer and readers."""

    def __init__(self, ledger: SqlLedger) -> None:
        self._ledger = ledger

    async def subjects(self, account: AccountId) -> Sequence[Subject]:
        return await self._ledger.read(lambda conn: _subjects(conn, account))

    async def keep_subjects(self, subjects: Sequence[Subject]) -> None:
        rows = [{"account": it.key.account, "remote_id": it.key.remote_id, "body": it.to_json()} for it in subjects]
        await self._ledger.write(lambda tx: put(tx.conn, match_assets, rows))

    async def forget_subjects(self, keys: Sequence[AssetKey]) -> None:
        await self._ledger.write(lambda tx: _forget(tx.conn, keys))

    async def keep_pairing(self, accounts: Accounts, made: StoredPairing) -> None:
        await self._ledger.write(lambda tx: _keep(tx.conn, accounts, made))

    async def pairing(self, accounts: Accounts) -> StoredPairing | None:
        return await self._ledger.read(lambda conn: _pairing(conn, accounts), snapshot=True)

    async def decide(self, decided: Decided, audit: AuditEntry) -> None:
        def both(tx: Tx) -> None:
            put(tx.conn, match_decisions, [_decision_row(decided)])
            tx.audit.append(audit)

        await self._ledger.write(both)

    async def decided(self, accounts: Accounts, verdict: Verdict) -> Sequence[Decided]:
        return await self._ledger.read(lambda conn: _decided(conn, accounts, verdict))

    async def adopt(self, links: Sequence[tuple[Link, Agreed]], audit: Sequence[AuditEntry]) -> None:
        await self._ledger.write(lambda tx: _adopt(tx, links, audit))

    async def drop_adopted(self, links: Sequence[LinkId], audit: Sequence[AuditEntry]) -> None:
        await self._ledger.write(lambda tx: _drop(tx, links, audit))

    async def watched(self, accounts: Accounts) -> Sequence[Link]:
        return await self._ledger.read(lambda conn: _watched(conn, accounts), snapshot=True)

    async def activate(self, entries: Mapping[LinkId, AuditEntry], approved: AuditEntry) -> int:
        return await self._ledger.write(lambda tx: _activate(tx, entries, approved))


def _subjects(conn: Connection, account: AccountId) -> list[Subject]:
    query = select(match_assets.c.body).where(match_assets.c.account == account).order_by(match_assets.c.remote_id)
    return [Subject.from_json(body) for body in conn.execute(query).scalars()]


def _forget(conn: Connection, keys: Sequence[AssetKey]) -> None:
    for account, ids in by_account(keys):
        conn.execute(delete(match_assets).where(match_assets.c.account == account, match_assets.c.remote_id.in_(ids)))


def _keep(conn: Connection, accounts: Accounts, made: StoredPairing) -> None:
    one, other = accounts
    conn.execute(delete(match_pairs).where(match_pairs.c.one == one, match_pairs.c.other == other))
    pairs = (*made.pairing.certain, *made.pairing.review)
    rows = [
        {
            "one": one,
            "other": other,
            "one_id": it.one.remote_id,
            "other_id": it.other.remote_id,
            "bucket": str(it.bucket),
            "confidence": it.confidence,
            "body": it.to_json(),
        }
        for it in pairs
    ]
    for start in range(0, len(rows), _PAGE):
        conn.execute(insert(match_pairs), rows[start : start + _PAGE])
    body = {"summary": made.summary, "unpaired": [[it.account, it.remote_id] for it in made.pairing.unpaired]}
    put(conn, matches, [{"one": one, "other": other, "made_at": made.made_at, "body": body}])


def _pairing(conn: Connection, accounts: Accounts) -> StoredPairing | None:
    one, other = accounts
    row = conn.execute(select(matches).where(matches.c.one == one, matches.c.other == other)).one_or_none()
    if row is None:
        return None
    table = match_pairs.c
    query = select(table.body).where(table.one == one, table.other == other)
    query = query.order_by(table.confidence.desc(), table.one_id, table.other_id)
    pairs = [Pair.from_json(body) for body in conn.execute(query).scalars()]
    pairing = Pairing(
        certain=tuple(sorted(it for it in pairs if it.bucket is Bucket.CERTAIN)),
        review=tuple(it for it in pairs if it.bucket is Bucket.REVIEW),
        unpaired=tuple(AssetKey(AccountId(account), RemoteId(it)) for account, it in row.body["unpaired"]),
    )
    return StoredPairing(made_at=row.made_at, pairing=pairing, summary=row.body["summary"])


def _decision_row(it: Decided) -> dict[str, Any]:
    return {
        "one": it.one.account,
        "other": it.other.account,
        "one_id": it.one.remote_id,
        "other_id": it.other.remote_id,
        "verdict": str(it.verdict),
        "decided_by": it.by,
        "decided_at": it.at,
    }


def _decided(conn: Connection, accounts: Accounts, verdict: Verdict) -> list[Decided]:
    table = match_decisions.c
    query = select(match_decisions).where(table.one == accounts[0], table.other == accounts[1])
    query = query.where(table.verdict == str(verdict)).order_by(table.one_id, table.other_id)
    return [_decision(row) for row in conn.execute(query)]


def _decision(row: Row[Any]) -> Decided:
    return Decided(
        one=AssetKey(AccountId(row.one), RemoteId(row.one_id)),
        other=AssetKey(AccountId(row.other), RemoteId(row.other_id)),
        verdict=Verdict(row.verdict),
        by=row.decided_by,
        at=row.decided_at,
    )


def _adopt(tx: Tx, adopted: Sequence[tuple[Link, Agreed]], audit: Sequence[AuditEntry]) -> None:
    known: set[str] = set()
    for piece in pieces(link.id for link, _ in adopted):
        known |= set(tx.conn.execute(select(links.c.id).where(links.c.id.in_(piece))).scalars())
    for link, common in adopted:
        if link.id not in known:
            put_link(tx, link)
            put_agreed(tx, link.id, common)
    tx.audit.extend(it for it in audit if it.subject not in known)


def _drop(tx: Tx, ids: Sequence[LinkId], audit: Sequence[AuditEntry]) -> None:
    dropped: set[str] = set()
    worked_on = select(actions.c.id).where(actions.c.link == links.c.id).exists()  # by a flow, which made them then
    for piece in pieces(ids):
        gone = delete(links).where(links.c.id.in_(piece), links.c.observe_only.is_(True), ~worked_on)
        dropped |= set(tx.conn.execute(gone.returning(links.c.id)).scalars())
    for some in pieces(sorted(dropped)):
        alone = tx.conn.execute(select(copies.c.account, copies.c.remote_id).where(copies.c.link.in_(some)))
        tell_search(tx, [AssetKey(row.account, row.remote_id) for row in alone])
        tx.conn.execute(delete(copies).where(copies.c.link.in_(some)))
        tx.conn.execute(delete(agreed).where(agreed.c.link.in_(some)))
    tx.audit.extend(it for it in audit if it.subject in dropped)


def _watched(conn: Connection, accounts: Accounts) -> list[Link]:
    one, other = copies.alias(), copies.alias()
    query = (
        select(links.c.id)
        .join(one, one.c.link == links.c.id)
        .join(other, other.c.link == links.c.id)
        .where(links.c.observe_only.is_(True), one.c.account == accounts[0], other.c.account == accounts[1])
        .order_by(links.c.id)
    )
    ids = [LinkId(it) for it in conn.execute(query).scalars()]
    found = read_links(conn, ids)
    return [found[it] for it in ids]


def _activate(tx: Tx, entries: Mapping[LinkId, AuditEntry], approved: AuditEntry) -> int:
    changed: set[str] = set()
    for piece in pieces(entries):
        change = update(links).where(links.c.id.in_(piece), links.c.observe_only.is_(True)).values(observe_only=False)
        changed |= set(tx.conn.execute(change.returning(links.c.id)).scalars())
    tx.audit.append(approved)
    tx.audit.extend(entry for link, entry in entries.items() if link in changed)
    return len(changed)
