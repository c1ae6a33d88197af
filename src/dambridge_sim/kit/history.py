"""What happened to each asset, for the page for people: who, when, by which operation, which members from what to what."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from dambridge_sim.kit.acting import now_acting
from dambridge_sim.kit.clock import iso
from dambridge_sim.kit.documents import Change, Documents

_SCHEMA = """
CREATE TABLE IF NOT EXISTS happened (asset TEXT NOT NULL, at INTEGER NOT NULL, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS happened_asset ON happened (asset);
"""
_LONGEST = 160


class History:
    """One entry for each write to an asset."""

    def __init__(self, documents: Documents, *, asset_kind: str, now_ms: Callable[[], int]) -> None:
        """Listen to `documents`."""
        self._documents, self._asset_kind, self._now_ms = documents, asset_kind, now_ms
        documents.create(_SCHEMA)
        documents.listeners.append(self._changed)

    def of(self, identifier: str) -> list[dict[str, Any]]:
        """Return the entries of an asset, newest first: `{"at", "who", "what", "changes": [[member, from, to]]}`."""
        sql = "SELECT at, body FROM happened WHERE asset=? ORDER BY rowid DESC LIMIT 200"
        return [{"at": iso(at), **json.loads(body)} for at, body in self._documents.execute(sql, (identifier,))]

    def clear(self) -> None:
        """Forget everything."""
        self._documents.execute("DELETE FROM happened")

    def _changed(self, change: Change) -> None:
        if change.kind != self._asset_kind:
            return
        act = now_acting()
        body = {"who": act.who if act else "the simulator", "what": act.what if act else ""}
        if change.before is None:
            body["what"] += " (new)"
        changes = [] if change.before is None else list(_differences(change.before, change.after or {}))
        text = json.dumps({**body, "changes": changes}, separators=(",", ":"))
        self._documents.execute("INSERT INTO happened VALUES (?, ?, ?)", (change.id, self._now_ms(), text))


def _differences(old: Mapping[str, Any], new: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str, str]]:
    """Yield dotted member names with both values in short."""
    for key in sorted({*old, *new}):
        before, after = old.get(key), new.get(key)
        if before == after:
            continue
        if isinstance(before, dict) and isinstance(after, dict):
            yield from _differences(before, after, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", _short(before), _short(after)


def _short(value: Any) -> str:
    text = "" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
