"""Words in the store: who uses which, what was decided, and the vocabularies of accounts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, bindparam, case, delete, distinct, func, or_, select

from dambridge.model.identity import AccountId, AssetKey, FlowName, RemoteId
from dambridge.model.terms import StoredVocabulary, TermDecision, TermKey, TermTally, TermUse, UnknownTerm
from dambridge.ports.ledger import AuditEntry, Observation
from dambridge.storage.keys import by_account, pieces
from dambridge.storage.store import SqlStore
from dambridge.storage.tables.words import term_decisions, term_uses, vocabularies
from dambridge.storage.upserting import add_if_new, put
from dambridge.storage.writer import Tx

_U = term_uses.c
_ASSET = _U.account + "/" + _U.remote_id
_FORGET = delete(term_uses).where(
    _U.flow == bindparam("of_flow"), _U.account == bindparam("of_account"), _U.remote_id == bindparam("of_id")
)
KEYS = 100
"""Words looked up in one query: each takes four values."""


class SqlTerms(SqlStore):
    """Implements `ports.terms.TermLedger`."""

    # the queue ---------------------------------------------------------------------------------------------------
    async def unknown_terms(
        self, *, account: AccountId | None = None, attribute: str | None = None, waiting_only: bool = True
    ) -> Sequence[UnknownTerm]:
        return await self._read(lambda c: _entries(c, account, attribute, waiting_only), snapshot=True)

    async def count_unknown_terms(self) -> int:
        keys = select(_U.target, _U.attribute, _U.word).where(_U.waiting.is_(True)).distinct().subquery()
        query = select(func.count()).select_from(keys)
        return await self._read(lambda c: int(c.execute(query).scalar_one()))

    async def unknown_term(self, key: TermKey, *, samples: int) -> UnknownTerm | None:
        return await self._read(lambda c: _entry(c, key, samples), snapshot=True)

    async def term_tallies(self, flow: FlowName, account: AccountId) -> Sequence[TermTally]:
        return await self._read(lambda c: _tallies(c, flow, account))

    async def assets_using(self, flow: FlowName, tallies: Sequence[TermTally]) -> Sequence[AssetKey]:
        return await self._read(lambda c: _assets_using(c, flow, tallies))

    async def term_uses(self, flow: FlowName, assets: Sequence[AssetKey]) -> Mapping[AssetKey, Sequence[TermUse]]:
        return await self._read(lambda c: _uses_of(c, flow, assets))

    # decisions ---------------------------------------------------------------------------------------------------
    async def term_decisions(self, account: AccountId) -> Sequence[TermDecision]:
        return await self._read(lambda c: _decisions(c, account))

    async def term_decision(self, key: TermKey) -> TermDecision | None:
        return await self._read(lambda c: _decision_of(c, key))

    async def decide_term(self, decision: TermDecision, audit: Sequence[AuditEntry] = ()) -> bool:
        def decide(tx: Tx) -> bool:
            written = add_if_new(tx.conn, term_decisions, _decision_row(decision))
            if written:
                tx.audit.extend(audit)
            return written

        return await self._writer.run(decide)

    async def undo_term(self, key: TermKey, *, order: str, audit: Sequence[AuditEntry] = ()) -> bool:
        def undo(tx: Tx) -> bool:
            query = delete(term_decisions).where(_about(term_decisions.c, key), term_decisions.c.order_id == order)
            gone = tx.conn.execute(query).rowcount == 1
            if gone:
                tx.audit.extend(audit)
            return gone

        return await self._writer.run(undo)

    # vocabularies ------------------------------------------------------------------------------------------------
    async def vocabularies(
        self, account: AccountId, *, origin: str | None = None, attribute: str | None = None
    ) -> Sequence[StoredVocabulary]:
        return await self._read(lambda c: _vocabularies(c, account, origin, attribute))

    async def put_vocabularies(
        self, vocabularies: Sequence[StoredVocabulary], audit: Sequence[AuditEntry] = ()
    ) -> None:
        def write(tx: Tx) -> None:
            _put_vocabularies(tx.conn, vocabularies)
            tx.audit.extend(audit)

        await self._writer.run(write)


def put_uses(tx: Tx, seen: Sequence[Observation]) -> None:
    """Write the words of those observations that say some, in the place of what was known of these assets."""
    for it in seen:
        if it.words is None:
            continue
        asset = {"of_flow": str(it.flow), "of_account": it.key.account, "of_id": it.key.remote_id}
        tx.conn.execute(_FORGET, asset)
        put(tx.conn, term_uses, [_use_row(it, use) for use in it.words])


def _use_row(seen: Observation, use: TermUse) -> dict[str, Any]:
    return {
        "flow": str(seen.flow),
        "account": seen.key.account,
        "remote_id": seen.key.remote_id,
        "target": use.key.account,
        "attribute": use.key.attribute,
        "word": use.key.word,
        "under": use.under,
        "waiting": use.waiting,
        "spellings": list(use.spellings),
    }


def _about(columns: Any, key: TermKey) -> ColumnElement[bool]:
    return and_(columns.target == key.account, columns.attribute == key.attribute, columns.word == key.word)


def _key(row: Row[Any]) -> TermKey:
    return TermKey(AccountId(row.target), row.attribute, row.word)


# reading the queue ---------------------------------------------------------------------------------------------------
def _counted() -> tuple[ColumnElement[int], ColumnElement[int]]:
    """Assets that use a word, and those that wait for it: an asset that two flows bring is one."""
    waits = case((_U.waiting, _ASSET), else_=None)
    return func.count(distinct(_ASSET)).label("assets"), func.count(distinct(waits)).label("waiting")


def _entries(
    conn: Connection, account: AccountId | None, attribute: str | None, waiting_only: bool
) -> list[UnknownTerm]:
    assets, waiting = _counted()
    query = select(_U.target, _U.attribute, _U.word, assets, waiting).group_by(_U.target, _U.attribute, _U.word)
    query = query.where(*_narrowed(_U, account, attribute))
    if waiting_only:
        query = query.having(waiting > 0)
    spelt = _spellings(conn, account, attribute)
    decided = {it.key: it for it in _decisions(conn, account, attribute)}
    found = {
        (key := _key(row)): UnknownTerm(
            key=key,
            assets=row.assets,
            waiting=row.waiting,
            spellings=spelt[key],
            decision=decided.get(key),
        )
        for row in conn.execute(query)
    }
    if not waiting_only:
        for key in decided.keys() - found.keys():
            found[key] = UnknownTerm(key=key, assets=0, waiting=0, spellings=(), decision=decided[key])
    return sorted(found.values(), key=lambda it: (-it.waiting, it.key))


def _narrowed(columns: Any, account: AccountId | None, attribute: str | None) -> list[ColumnElement[bool]]:
    wanted = [(columns.target, account), (columns.attribute, attribute)]
    return [column == value for column, value in wanted if value is not None]


def _spellings(
    conn: Connection, account: AccountId | None, attribute: str | None, *more: ColumnElement[bool]
) -> dict[TermKey, tuple[tuple[str, int], ...]]:
    query = (
        select(_U.target, _U.attribute, _U.word, _U.spellings, func.count(distinct(_ASSET)).label("assets"))
        .where(*_narrowed(_U, account, attribute), *more)
        .group_by(_U.target, _U.attribute, _U.word, _U.spellings)
    )
    found: dict[TermKey, Counter[str]] = {}
    for row in conn.execute(query):
        counter = found.setdefault(_key(row), Counter())
        for text in row.spellings:
            counter[text] += row.assets
    return {key: tuple(sorted(it.items(), key=lambda pair: (-pair[1], pair[0]))) for key, it in found.items()}


def _entry(conn: Connection, key: TermKey, samples: int) -> UnknownTerm | None:
    assets, waiting = _counted()
    row = conn.execute(select(assets, waiting).where(_about(_U, key))).one()
    decision = _decision_of(conn, key)
    if not row.assets and decision is None:
        return None
    query = (
        select(_U.flow, _U.account, _U.remote_id)
        .where(_about(_U, key))
        .order_by(_U.waiting.desc(), _U.account, _U.remote_id, _U.flow)
        .limit(samples)
    )
    return UnknownTerm(
        key=key,
        assets=row.assets,
        waiting=row.waiting,
        spellings=_spellings(conn, key.account, key.attribute, _U.word == key.word).get(key, ()),
        samples=tuple((FlowName(it.flow), AssetKey(it.account, it.remote_id)) for it in conn.execute(query)),
        decision=decision,
    )


def _tallies(conn: Connection, flow: FlowName, account: AccountId) -> list[TermTally]:
    assets, waiting = _counted()
    query = (
        select(_U.target, _U.attribute, _U.word, _U.under, assets, waiting)
        .where(_U.flow == str(flow), _U.target == account)
        .group_by(_U.target, _U.attribute, _U.word, _U.under)
        .order_by(_U.attribute, _U.word, _U.under)
    )
    return [
        TermTally(key=_key(row), under=row.under, assets=row.assets, waiting=row.waiting) for row in conn.execute(query)
    ]


def _assets_using(conn: Connection, flow: FlowName, tallies: Sequence[TermTally]) -> list[AssetKey]:
    found: set[AssetKey] = set()
    for start in range(0, len(tallies), KEYS):
        about = or_(*(and_(_about(_U, it.key), _U.under == it.under) for it in tallies[start : start + KEYS]))
        query = select(_U.account, _U.remote_id).where(_U.flow == str(flow), about).distinct()
        found |= {AssetKey(AccountId(row.account), RemoteId(row.remote_id)) for row in conn.execute(query)}
    return sorted(found, key=lambda it: (it.account, it.remote_id))


def _uses_of(conn: Connection, flow: FlowName, assets: Sequence[AssetKey]) -> dict[AssetKey, list[TermUse]]:
    found: dict[AssetKey, list[TermUse]] = {}
    for account, ids in by_account(assets):
        query = (
            select(term_uses)
            .where(_U.flow == str(flow), _U.account == account, _U.remote_id.in_(ids))
            .order_by(_U.remote_id, _U.target, _U.attribute, _U.word)
        )
        for row in conn.execute(query):
            use = TermUse(key=_key(row), spellings=tuple(row.spellings), under=row.under, waiting=bool(row.waiting))
            found.setdefault(AssetKey(account, RemoteId(row.remote_id)), []).append(use)
    return found


# decisions and vocabularies ------------------------------------------------------------------------------------------
def _decision_row(it: TermDecision) -> dict[str, Any]:
    return {
        "target": it.key.account,
        "attribute": it.key.attribute,
        "word": it.key.word,
        "verdict": str(it.verdict),
        "order_id": it.order,
        "body": it.to_json(),
    }


def _decisions(conn: Connection, account: AccountId | None, attribute: str | None = None) -> list[TermDecision]:
    table = term_decisions.c
    query = select(term_decisions).where(*_narrowed(table, account, attribute))
    rows = conn.execute(query.order_by(table.target, table.attribute, table.word))
    return [TermDecision.from_json(_key(row), row.body) for row in rows]


def _decision_of(conn: Connection, key: TermKey) -> TermDecision | None:
    row = conn.execute(select(term_decisions).where(_about(term_decisions.c, key))).one_or_none()
    return TermDecision.from_json(key, row.body) if row else None


def _put_vocabularies(conn: Connection, wanted: Sequence[StoredVocabulary]) -> None:
    rows = [
        {
            "account": it.account,
            "attribute": it.attribute,
            "origin": it.origin,
            "by": it.by,
            "at": it.at,
            "terms": [dict(term) for term in it.terms],
        }
        for it in wanted
    ]
    for piece in pieces(range(len(rows))):
        put(conn, vocabularies, [rows[number] for number in piece])


def _vocabularies(
    conn: Connection, account: AccountId, origin: str | None, attribute: str | None
) -> list[StoredVocabulary]:
    table = vocabularies.c
    query = select(vocabularies).where(table.account == account)
    if origin is not None:
        query = query.where(table.origin == origin)
    if attribute is not None:
        query = query.where(table.attribute == attribute)
    return [
        StoredVocabulary(
            account=AccountId(row.account),
            attribute=row.attribute,
            origin=row.origin,
            terms=tuple(row.terms),
            by=row.by,
            at=row.at,
        )
        for row in conn.execute(query.order_by(table.attribute, table.origin))
    ]
