"""The search index in SQL: one implementation over both databases' text search (FTS5, `tsvector`)."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, TypeVar

from sqlalchemy import Connection, bindparam, delete, func, insert, select, text, update

from dambridge.model.identity import AssetKey
from dambridge.model.searching import Document, Profile
from dambridge.ports.searching import Ask, Found, Grouping, Numbers
from dambridge.storage.columns import canonical_json
from dambridge.storage.database import Database
from dambridge.storage.keys import by_account, pieces
from dambridge.storage.search_documents import body_of, digest_of, document_of, row_of
from dambridge.storage.search_finding import Finding
from dambridge.storage.search_fts5 import SqliteFinding
from dambridge.storage.search_numbers import interned, numbers_above
from dambridge.storage.search_tables import bodies, docs, make_tables, places, profiles, take_turn
from dambridge.storage.search_tsvector import PostgresFinding

T = TypeVar("T")
_NAMES = [it.name for it in docs.columns]
_WITH_TOKENS = text(
    f"INSERT INTO search_docs ({', '.join(_NAMES)}, tokens)"
    f" VALUES ({', '.join(f':{it}' for it in _NAMES)}, CAST(:tokens AS tsvector))"
)
"""In PostgreSQL a copy's words stand beside it."""
_WORDS_IN = text("INSERT INTO search_words (rowid, words, fields) VALUES (:id, :words, :fields)")
_WORDS_OUT = text("DELETE FROM search_words WHERE rowid = :id")


class SqlSearchIndex:
    """Implements `ports.searching.SearchIndex`. One writes at a time, in a thread; several read."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._writing, self._reading = database.searching()
        with self._writing.begin() as conn:
            make_tables(conn)
        on_postgres = self._writing.dialect.name == "postgresql"
        self._finding: Finding = PostgresFinding() if on_postgres else SqliteFinding()
        self._known: dict[int, Profile] = {}
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="search-writer")
        self._readers = ThreadPoolExecutor(4, thread_name_prefix="search-reader")

    # writing -----------------------------------------------------------------------------------------------------
    async def put(self, documents: Sequence[Document]) -> int:
        return await self._write(lambda conn: self._put(conn, documents)) if documents else 0

    async def regroup(self, groups: Sequence[Grouping]) -> None:
        if groups:
            await self._write(lambda conn: _regroup(conn, groups))

    async def forget(self, keys: Sequence[AssetKey]) -> int:
        return await self._write(lambda conn: _forget(conn, keys)) if keys else 0

    async def erase(self, keys: Sequence[AssetKey]) -> None:
        await self.forget(keys)
        await self._in_thread(self._writer, lambda: self._finding.scrub(self._writing))

    async def clear(self) -> None:
        def all_of_it(conn: Connection) -> None:
            if conn.dialect.name == "sqlite":
                conn.execute(text(_EMPTY))
            for table in (docs, bodies):
                conn.execute(delete(table))

        await self._write(all_of_it)

    def _put(self, conn: Connection, documents: Sequence[Document]) -> int:
        take_turn(conn)
        latest = {it.key: it for it in documents}
        known = _numbers_of(conn, latest)
        made = {key: body_of(it) for key, it in latest.items()}
        digests = {key: digest_of(it, made[key]) for key, it in latest.items()}
        news = {key: it for key, it in latest.items() if known.get(key, (0, ""))[1] != digests[key]}
        if not news:
            return 0
        shapes = interned(conn, profiles, {it.profile.digest: it.profile.to_json() for it in news.values()})
        stands = interned(conn, places, {_digest(it): body for it in news.values() for body in [_place_body(it)]})
        number = conn.execute(select(func.coalesce(func.max(docs.c.id), 0))).scalar_one()
        _take_out(conn, [known[key][0] for key in news if key in known])  # after: those keep their numbers
        rows, words, contents = [], [], []
        for key, it in news.items():
            if key in known:
                own = known[key][0]
            else:
                own = number = number + 1
            rows.append(
                row_of(
                    it,
                    number=own,
                    profile=shapes[it.profile.digest],
                    places=stands[_digest(it)],
                    digest=digests[key],
                )
            )
            words.append(self._finding.spelling.row(own, it))
            contents.append({"id": own, "body": made[key]})
        if conn.dialect.name == "sqlite":
            conn.execute(insert(docs), rows)
            conn.execute(_WORDS_IN, words)
        else:
            conn.execute(_WITH_TOKENS, [{**row, **it} for row, it in zip(rows, words, strict=True)])
        conn.execute(insert(bodies), contents)
        return len(news)

    # reading -----------------------------------------------------------------------------------------------------
    async def stored(self, keys: Sequence[AssetKey]) -> Mapping[AssetKey, Document]:
        return await self._read(lambda conn: {it.key: it for it in self._stored(conn, keys)})

    async def members(self, entries: Sequence[str]) -> Mapping[str, Sequence[Document]]:
        return await self._read(lambda conn: self._by_entry(conn, _rows_of(conn, entries)))

    async def numbers(self, *, profiles: int, places: int) -> Numbers:
        return await self._read(lambda conn: self._numbers(conn, profiles, places))

    def _numbers(self, conn: Connection, profiles: int, places: int) -> Numbers:
        found = numbers_above(conn, profiles, places)
        # The same ones that copies are handed out with: an answer looks the gate's words up by them
        known = [(number, self._known.setdefault(number, it)) for number, it in found.profiles]
        return replace(found, profiles=known)

    async def find(self, ask: Ask, *, after: str | None, limit: int, counted: int = 0) -> Found:
        return await self._read(lambda conn: self._find(conn, ask, after, limit, counted))

    def _find(self, conn: Connection, ask: Ask, after: str | None, limit: int, counted: int) -> Found:
        page = self._finding.find(conn, ask, after, limit, counted=counted)
        rows = _rows_of(conn, page.entries)
        copies = page.copies
        if not page.all_copies:  # most assets have no copy that was not met, and cost no further look
            others = {row.id: key for row in rows if (key := AssetKey(row.account, row.remote_id)) not in copies}
            copies |= {others[it] for it in self._finding.matching(conn, ask, [*others])}
        return Found(
            entries=page.entries,
            after=page.after,
            total=page.total,
            exact=page.exact,
            order=page.order,
            copies=copies,
            members=self._by_entry(conn, rows),
            columns=page.columns,
            whole=page.whole,
        )

    async def newest(self, ask: Ask, *, limit: int) -> Sequence[Document]:
        def query(conn: Connection) -> list[Document]:
            numbers = self._finding.newest(conn, ask, limit)
            found = {
                row.id: row for piece in pieces(numbers) for row in conn.execute(_WHOLE.where(docs.c.id.in_(piece)))
            }
            shapes = self._shapes(conn, found.values())
            return [document_of(found[it], shapes[found[it].profile]) for it in numbers if it in found]

        return await self._read(query)

    def _shapes(self, conn: Connection, rows: Iterable[Any]) -> dict[int, Profile]:
        """Profiles by number. A number never means another one, so what was read once is known."""
        wanted = {row.profile for row in rows}
        for piece in pieces(wanted - self._known.keys()):
            query = select(profiles.c.id, profiles.c.body).where(profiles.c.id.in_(piece))
            self._known |= {row.id: Profile.from_json(row.body) for row in conn.execute(query)}
        return {it: self._known[it] for it in wanted}

    def _stored(self, conn: Connection, keys: Sequence[AssetKey]) -> list[Document]:
        rows = [
            row
            for account, ids in by_account(keys)
            for row in conn.execute(_WHOLE.where(docs.c.account == account, docs.c.remote_id.in_(ids)))
        ]
        shapes = self._shapes(conn, rows)
        return [document_of(row, shapes[row.profile]) for row in rows]

    def _by_entry(self, conn: Connection, rows: Sequence[Any]) -> dict[str, list[Document]]:
        shapes = self._shapes(conn, rows)
        found: dict[str, list[Document]] = {}
        for it in sorted((document_of(row, shapes[row.profile]) for row in rows), key=lambda it: it.key):
            found.setdefault(it.entry, []).append(it)
        return found

    async def count(self) -> int:
        return await self._read(lambda conn: int(conn.execute(select(func.count()).select_from(docs)).scalar_one()))

    async def close(self) -> None:
        """Let go of it. Safe to repeat."""
        await asyncio.to_thread(self.close_now)

    def close_now(self) -> None:
        self._writer.shutdown(wait=True)
        self._readers.shutdown(wait=True)
        for engine in (self._writing, self._reading):
            engine.dispose()
        self._database.close()

    async def _write(self, operation: Callable[[Connection], T]) -> T:
        def run() -> T:
            with self._writing.begin() as conn:
                return operation(conn)

        return await self._in_thread(self._writer, run)

    async def _read(self, query: Callable[[Connection], T]) -> T:
        def run() -> T:
            with self._reading.connect() as conn:
                return query(conn)

        return await self._in_thread(self._readers, run)

    @staticmethod
    async def _in_thread(pool: ThreadPoolExecutor, run: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(pool, run)


_EMPTY = "INSERT INTO search_words (search_words) VALUES ('delete-all')"
_WHOLE = select(docs, bodies.c.body).join(bodies, bodies.c.id == docs.c.id)


_OF_ENTRIES = {
    "sqlite": _WHOLE.where(text("search_docs.entry IN (SELECT value FROM json_each(:entries))")),
    "postgresql": _WHOLE.where(text("search_docs.entry = ANY(:entries)")),
}


def _rows_of(conn: Connection, entries: Sequence[str]) -> list[Any]:
    """All copies of these assets."""
    told = [*entries] if conn.dialect.name == "postgresql" else json.dumps([*entries])
    return [*conn.execute(_OF_ENTRIES[conn.dialect.name], {"entries": told}).all()] if entries else []


def _place_body(it: Document) -> list[list[str]]:
    """The containers of a copy; where they were not read it stands nowhere that is known."""
    return [[it.key.account, path] for path in sorted(set(it.paths or ()))]


def _digest(it: Document) -> str:
    return hashlib.sha256(canonical_json(_place_body(it)).encode()).hexdigest()


def _numbers_of(conn: Connection, keys: Iterable[AssetKey]) -> dict[AssetKey, tuple[int, str]]:
    found: dict[AssetKey, tuple[int, str]] = {}
    for account, ids in by_account(keys):
        query = select(docs.c.id, docs.c.remote_id, docs.c.digest)
        for row in conn.execute(query.where(docs.c.account == account, docs.c.remote_id.in_(ids))):
            found[AssetKey(account, row.remote_id)] = (row.id, row.digest)
    return found


def _take_out(conn: Connection, numbers: Sequence[int]) -> None:
    if not numbers:
        return
    if conn.dialect.name == "sqlite":
        conn.execute(_WORDS_OUT, [{"id": it} for it in numbers])
    for piece in pieces(numbers):
        conn.execute(delete(docs).where(docs.c.id.in_(piece)))
        conn.execute(delete(bodies).where(bodies.c.id.in_(piece)))


def _forget(conn: Connection, keys: Sequence[AssetKey]) -> int:
    numbers = [number for number, _ in _numbers_of(conn, keys).values()]
    _take_out(conn, numbers)
    return len(numbers)


_SET_GROUP = (
    update(docs)
    .where(docs.c.account == bindparam("of"), docs.c.remote_id == bindparam("named"))
    .values(entry=bindparam("to"), main=bindparam("leads"), profile=bindparam("under"), digest="regrouped")
)
"""Without its digest, so that the next observation of the copy is written whole."""


def _regroup(conn: Connection, groups: Sequence[Grouping]) -> None:
    take_turn(conn)
    shapes = interned(conn, profiles, {it.profile.digest: it.profile.to_json() for it in groups})
    rows = [
        {
            "of": it.key.account,
            "named": it.key.remote_id,
            "to": it.entry,
            "leads": it.main,
            "under": shapes[it.profile.digest],
        }
        for it in groups
    ]
    conn.execute(_SET_GROUP, rows)
