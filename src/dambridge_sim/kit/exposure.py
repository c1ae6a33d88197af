"""Who could see each asset, and when: the intervals that the leak test reads.

Every write to an asset, or to a container that the vendor says it depends on, is followed by the question who can see
it now; when the answer changed, the open interval ends and the next begins, at the simulated instant of the change.
Answers that change by the clock alone (`Audience.changes_at_ms`) are put on a list of due instants and recorded with that
instant, not with the one at which somebody looked.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from dambridge_sim.kit.clock import iso
from dambridge_sim.kit.documents import Change, Documents
from dambridge_sim.kit.lookup import Document
from dambridge_sim.kit.visibility import STAFF, Audience

_SCHEMA = """
CREATE TABLE IF NOT EXISTS exposed (
  asset TEXT NOT NULL, began INTEGER NOT NULL, ended INTEGER, names TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS exposed_asset ON exposed (asset, began);
CREATE TABLE IF NOT EXISTS exposure_due (asset TEXT PRIMARY KEY, due INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS exposure_due_at ON exposure_due (due);
"""


class Exposure:
    """The intervals. The first instant of an interval belongs to it, the last does not."""

    def __init__(
        self,
        documents: Documents,
        *,
        asset_kind: str,
        who_can_see: Callable[[Document, int], Audience],
        affected: Callable[[str, str], Iterable[str]],
        now_ms: Callable[[], int],
    ) -> None:
        """Listen to `documents`."""
        self._documents, self._asset_kind = documents, asset_kind
        self._who_can_see, self._affected, self._now_ms = who_can_see, affected, now_ms
        documents.create(_SCHEMA)
        documents.listeners.append(self._changed)
        self._next_due = self._earliest()

    def settle(self) -> None:
        """Record what the clock alone has changed by now, each at its own instant."""
        now = self._now_ms()
        while self._next_due is not None and self._next_due <= now:
            with self._documents.transaction():
                due = self._documents.execute(
                    "SELECT asset, due FROM exposure_due WHERE due<=? ORDER BY due LIMIT 1", (now,)
                )
                for asset, at in due:
                    self._documents.execute("DELETE FROM exposure_due WHERE asset=?", (asset,))
                    self._look(asset, self._documents.get(self._asset_kind, asset), at)
                self._next_due = self._earliest()

    def look_again(self, identifiers: Iterable[str]) -> None:
        """Ask anew who can see these assets, when something the kit does not know of has changed."""
        now = self._now_ms()
        with self._documents.transaction():
            for identifier in identifiers:
                self._look(identifier, self._documents.get(self._asset_kind, identifier), now)

    def lines(self) -> Iterator[dict[str, Any]]:
        """Yield each asset that was ever visible outside staff: `{"id", "intervals": [{"from", "to", "to_whom"}]}`."""
        self.settle()
        rows = self._documents.execute("SELECT asset, began, ended, names FROM exposed ORDER BY asset, began, rowid")
        current: dict[str, Any] | None = None
        for asset, began, ended, names in rows:
            if current is None or current["id"] != asset:
                if current is not None:
                    yield current
                current = {"id": asset, "intervals": []}
            to = None if ended is None else iso(ended)
            current["intervals"].append({"from": iso(began), "to": to, "to_whom": json.loads(names)})
        if current is not None:
            yield current

    def clear(self) -> None:
        """Forget all intervals."""
        self._documents.execute("DELETE FROM exposed")
        self._documents.execute("DELETE FROM exposure_due")
        self._next_due = None

    def _changed(self, change: Change) -> None:
        now = self._now_ms()
        if change.kind == self._asset_kind:
            self._look(change.id, change.after, now)
            return
        for identifier in list(self._affected(change.kind, change.id)):
            self._look(identifier, self._documents.get(self._asset_kind, identifier), now)

    def _look(self, asset: str, document: Document | None, at: int) -> None:
        audience = STAFF if document is None else self._who_can_see(document, at)
        names = json.dumps(audience.names())
        open_one = self._documents.execute("SELECT rowid, names FROM exposed WHERE asset=? AND ended IS NULL", (asset,))
        if [row[1] for row in open_one] != ([names] if audience.outside else []):
            for rowid, _ in open_one:
                self._documents.execute("UPDATE exposed SET ended=? WHERE rowid=?", (at, rowid))
            if audience.outside:
                self._documents.execute("INSERT INTO exposed VALUES (?, ?, NULL, ?)", (asset, at, names))
        self._schedule(
            asset, audience.changes_at_ms if audience.changes_at_ms and audience.changes_at_ms > at else None
        )

    def _schedule(self, asset: str, due: int | None) -> None:
        if due is None:
            if self._next_due is not None:
                self._documents.execute("DELETE FROM exposure_due WHERE asset=?", (asset,))
            return
        self._documents.execute("INSERT OR REPLACE INTO exposure_due VALUES (?, ?)", (asset, due))
        self._next_due = due if self._next_due is None else min(self._next_due, due)

    def _earliest(self) -> int | None:
        value = self._documents.execute("SELECT min(due) FROM exposure_due")[0][0]
        return None if value is None else int(value)
