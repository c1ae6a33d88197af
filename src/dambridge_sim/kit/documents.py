"""Documents of a simulator: JSON by kind and id in SQLite, with indexes, and perhaps a computed library underneath.

Durability: the database is in WAL mode with `synchronous=NORMAL`. What was committed is in the operating system's
hands and so survives SIGKILL of the process, which is what is promised; only a power cut needs an fsync, and none is made.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dambridge_sim.kit.acting import now_acting
from dambridge_sim.kit.lookup import Base, Document, Kind, Lookup, Value
from dambridge_sim.kit.overlay import Overlay

_SCHEMA = """
CREATE TABLE IF NOT EXISTS doc (
  kind TEXT NOT NULL, id TEXT NOT NULL, body TEXT, prev TEXT, PRIMARY KEY (kind, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS entry (
  kind TEXT NOT NULL, name TEXT NOT NULL, value NOT NULL, id TEXT NOT NULL,
  PRIMARY KEY (kind, name, value, id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS entry_of ON entry (kind, id);
CREATE TABLE IF NOT EXISTS pending (due INTEGER NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS pending_due ON pending (due);
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Change:
    """One document before and after a write; None means that it did not exist, or is gone."""

    kind: str
    id: str
    before: Document | None
    after: Document | None


class Documents:
    """The store. Every write is committed when the call returns, or when the outermost `transaction` ends."""

    def __init__(
        self,
        path: Path,
        kinds: Sequence[Kind],
        *,
        now_ms: Callable[[], int],
        lag_ms: Callable[[], int] = lambda: 0,
    ) -> None:
        """Open or create the database at `path`. `lag_ms` says how late lagged indexes are, in simulated time."""
        self.kinds = {kind.name: kind for kind in kinds}
        self.listeners: list[Callable[[Change], None]] = []
        self._now_ms, self._lag_ms = now_ms, lag_ms
        self._lock = threading.RLock()
        self._depth = 0
        self._overlays: dict[str, Overlay] = {}
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=256)
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "cache_size=-32768", "temp_store=MEMORY"):
            self._db.execute(f"PRAGMA {pragma}").fetchall()
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the database."""
        with self._lock:
            self._db.close()

    def create(self, schema: str) -> None:
        """Make tables of a part that keeps its own rows in this database (`IF NOT EXISTS`)."""
        with self._lock:
            self._db.executescript(schema)

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run one statement for such a part, within the current transaction if there is one."""
        with self._lock:
            return self._db.execute(sql, parameters).fetchall()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make the writes of the block one. Never `await` inside: other calls would join in."""
        with self._lock:
            outermost = self._depth == 0
            if outermost:
                self._db.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._depth -= 1
                if outermost:
                    self._db.execute("ROLLBACK")
                    for overlay in list(self._overlays.values()):
                        self.lay_under(overlay.base)  # it may count numbers as touched that no longer are
                raise
            self._depth -= 1
            if outermost:
                self._db.execute("COMMIT")

    def lay_under(self, base: Base) -> None:
        """Put a computed library under the stored documents of its kind."""
        with self._lock:
            rows = self._db.execute("SELECT id FROM doc WHERE kind=?", (base.kind,))
            self._overlays[base.kind] = Overlay(base, (row[0] for row in rows))

    def base(self, kind: str) -> Base | None:
        """Return the computed library under a kind."""
        overlay = self._overlays.get(kind)
        return overlay.base if overlay else None

    def computed_number(self, kind: str, identifier: str) -> int | None:
        """Return the number of a document that is computed and was never stored or deleted, else None."""
        overlay = self._overlays.get(kind)
        return overlay.untouched(identifier) if overlay else None

    def clear(self) -> None:
        """Forget every document, index entry, number and computed library; other settings stay."""
        with self.transaction():
            self._db.execute("DELETE FROM setting WHERE name='synthetic' OR name LIKE 'number:%'")
            for table in ("doc", "entry", "pending"):
                self._db.execute(f"DELETE FROM {table}")  # noqa: S608 - the three names above
            self._overlays.clear()

    # One document

    def get(self, kind: str, identifier: str) -> Document | None:
        """Return a copy of the document as it is now, or None."""
        with self._lock:
            row = self._db.execute("SELECT body FROM doc WHERE kind=? AND id=?", (kind, identifier)).fetchone()
        if row is not None:
            return _load(row[0])
        return self._computed(kind, identifier)

    def before(self, kind: str, identifier: str) -> Document | None:
        """Return the document as it was before its last write; None when it did not exist then."""
        with self._lock:
            row = self._db.execute("SELECT prev FROM doc WHERE kind=? AND id=?", (kind, identifier)).fetchone()
        return self._computed(kind, identifier) if row is None else _load(row[0])

    def put(self, kind: str, identifier: str, document: Document) -> bool:
        """Store a document. Returns whether anything differs from what was there."""
        return self._write(kind, identifier, document)

    def delete(self, kind: str, identifier: str) -> bool:
        """Remove a document. Returns whether it was there."""
        return self._write(kind, identifier, None)

    # Many documents

    def total(self, kind: str, lookup: Lookup = Lookup()) -> int:  # noqa: B008 - frozen
        """Return how many documents a lookup selects."""
        self._settle(kind, lookup.index)
        with self._lock:
            sql, values = _select(kind, lookup)
            stored = int(self._db.execute(f"SELECT count(*) FROM ({sql})", values).fetchone()[0])  # noqa: S608
        overlay = self._overlays.get(kind)
        return overlay.total(lookup, stored) if overlay else stored

    def page(self, kind: str, lookup: Lookup = Lookup(), offset: int = 0, limit: int = 100) -> list[str]:  # noqa: B008
        """Return up to `limit` ids from place `offset` on, in the lookup's order."""
        self._settle(kind, lookup.index)
        overlay = self._overlays.get(kind)
        sql, values = _select(kind, lookup)
        with self._lock:
            if overlay is None:
                way = "DESC" if lookup.descending else "ASC"
                sql += f" ORDER BY v {way}, id {way} LIMIT ? OFFSET ?"
                return [row[1] for row in self._db.execute(sql, (*values, limit, offset))]
            stored = self._db.execute(sql + " ORDER BY v, id", values).fetchall()
        return overlay.page(lookup, stored, offset, limit)

    def every(self, kind: str, lookup: Lookup = Lookup(), chunk: int = 500) -> Iterator[str]:  # noqa: B008
        """Yield all ids of a lookup, page by page."""
        offset = 0
        while ids := self.page(kind, lookup, offset, chunk):
            yield from ids
            offset += len(ids)

    def stored(self, kind: str) -> Iterator[str]:
        """Yield the ids of documents that stand in the store itself, without computed ones."""
        with self._lock:
            rows = self._db.execute(
                "SELECT id FROM doc WHERE kind=? AND body IS NOT NULL ORDER BY id", (kind,)
            ).fetchall()
        yield from (row[0] for row in rows)

    def gone(self, kind: str) -> Iterator[tuple[str, Document]]:
        """Yield the ids of deleted documents with what they were last."""
        with self._lock:
            sql = "SELECT id, prev FROM doc WHERE kind=? AND body IS NULL AND prev IS NOT NULL ORDER BY id"
            rows = self._db.execute(sql, (kind,)).fetchall()
        yield from ((row[0], json.loads(row[1])) for row in rows)

    # Numbers and settings

    def next_number(self, name: str, first: int = 1) -> int:
        """Return the next number of a series; a number is never given twice, also not after a kill."""
        with self.transaction():
            number = int(self.setting(f"number:{name}", first))
            self.set_setting(f"number:{name}", number + 1)
        return number

    def setting(self, name: str, default: Any = None) -> Any:
        """Return a stored setting."""
        with self._lock:
            row = self._db.execute("SELECT value FROM setting WHERE name=?", (name,)).fetchone()
        return default if row is None else json.loads(row[0])

    def set_setting(self, name: str, value: Any) -> None:
        """Store a setting (any JSON value)."""
        with self._lock:
            self._db.execute("INSERT OR REPLACE INTO setting VALUES (?, ?)", (name, json.dumps(value)))

    # Inside

    def _computed(self, kind: str, identifier: str) -> Document | None:
        overlay = self._overlays.get(kind)
        number = overlay.number(identifier) if overlay else None
        return None if overlay is None or number is None else overlay.base.document(number)

    def _write(self, kind: str, identifier: str, document: Document | None) -> bool:
        declared = self.kinds[kind]
        with self.transaction():
            row = self._db.execute("SELECT body FROM doc WHERE kind=? AND id=?", (kind, identifier)).fetchone()
            text = None if document is None else json.dumps(document, separators=(",", ":"))
            if row is None:
                computed = self._computed(kind, identifier)
                old = None if computed is None else json.dumps(computed, separators=(",", ":"))
            else:
                old = row[0]
            if text == old:
                return False
            self._db.execute("INSERT OR REPLACE INTO doc VALUES (?, ?, ?, ?)", (kind, identifier, text, old))
            if overlay := self._overlays.get(kind):
                overlay.touch(identifier)
            self._index(declared, identifier, document)
            self._announce(declared, identifier, old, document)
        return True

    def _announce(self, kind: Kind, identifier: str, old: str | None, after: Document | None) -> None:
        if not kind.counts:
            return
        if (act := now_acting()) is not None:
            act.changed = True
            act.ids.add(identifier)
        if self.listeners:
            change = Change(kind.name, identifier, _load(old), after)
            for listener in self.listeners:
                listener(change)

    def _index(self, kind: Kind, identifier: str, document: Document | None) -> None:
        if not kind.indexes:
            return
        lag = self._lag_ms()
        late = {name for name, index in kind.indexes.items() if index.lagged} if lag > 0 else set()
        if late:
            self._db.execute("INSERT INTO pending VALUES (?, ?, ?)", (self._now_ms() + lag, kind.name, identifier))
        self._reindex(kind, identifier, document, [name for name in kind.indexes if name not in late])

    def _reindex(self, kind: Kind, identifier: str, document: Document | None, names: Sequence[str]) -> None:
        rows = self._db.execute("SELECT name, value FROM entry WHERE kind=? AND id=?", (kind.name, identifier))
        old = {(name, value) for name, value in rows if name in names}
        new: set[tuple[str, Value]] = set()
        if document is not None:
            new = {(name, value) for name in names for value in kind.indexes[name].values(document)}
        self._db.executemany(
            "DELETE FROM entry WHERE kind=? AND name=? AND value=? AND id=?",
            [(kind.name, name, value, identifier) for name, value in old - new],
        )
        self._db.executemany(
            "INSERT OR IGNORE INTO entry VALUES (?, ?, ?, ?)",
            [(kind.name, name, value, identifier) for name, value in new - old],
        )

    def _settle(self, kind: str, index: str) -> None:
        """Let a lagged index see the writes that are due by now."""
        declared = self.kinds[kind]
        if index not in declared.indexes or not declared.indexes[index].lagged:
            return
        with self._lock:
            due = self._db.execute("SELECT rowid, kind, id FROM pending WHERE due<=?", (self._now_ms(),)).fetchall()
            if not due:
                return
            with self.transaction():
                for rowid, name, identifier in due:
                    late = [key for key, value in self.kinds[name].indexes.items() if value.lagged]
                    self._reindex(self.kinds[name], identifier, self.get(name, identifier), late)
                    self._db.execute("DELETE FROM pending WHERE rowid=?", (rowid,))


def _load(text: str | None) -> Document | None:
    if text is None:
        return None
    document: Document = json.loads(text)
    return document


def _select(kind: str, lookup: Lookup) -> tuple[str, tuple[Any, ...]]:
    """Return SQL that yields `v, id` for a lookup, unordered, and its parameters."""
    if lookup.index == "id":
        sql, column, values = "SELECT id AS v, id FROM doc WHERE kind=? AND body IS NOT NULL", "id", [kind]
    else:
        sql, column, values = "SELECT value AS v, id FROM entry WHERE kind=? AND name=?", "value", [kind, lookup.index]
    low, low_open, high, high_open = lookup.bounds()
    bound: list[Any] = list(values)
    if low is not None:
        sql += f" AND {column}{'>' if low_open else '>='}?"
        bound.append(low)
    if high is not None:
        sql += f" AND {column}{'<' if high_open else '<='}?"
        bound.append(high)
    return sql, tuple(bound)
