"""The durable runtime behind the engine: about eight verbs, so that another engine can stand in.

Whatever a runtime keeps may be thrown away: all truth is in the ledger, and work is planned anew from there.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

Json = dict[str, Any]
Workflow = Callable[[Json], Awaitable[Json]]
"""A workflow takes small JSON arguments (ids, never asset lists) and returns small facts. It must be safe to run again."""


class WorkState(StrEnum):
    """The life of one workflow."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One workflow as the runtime sees it; `error` is the last line of its traceback where it failed."""

    id: str
    kind: str
    queue: str
    state: WorkState
    result: Mapping[str, Any] | None = None
    error: str = ""


class Runtime(Protocol):
    """Runs workflows to their end across crashes, at least once each."""

    def register(self, kind: str, workflow: Workflow) -> None:
        """Name a workflow. Must be called for every kind before `launch`."""
        ...

    async def launch(self) -> None:
        """Start working; take up again whatever was cut off when this worker last died."""
        ...

    async def start(self, work_id: str, kind: str, args: Json, *, queue: str, key: str = "") -> None:
        """Enqueue; the same id twice is one workflow. Work with the same non-empty `key` in a queue runs one at a time."""
        ...

    async def wait(self, work_id: str, *, seconds: float | None = None) -> Work:
        """Return when the work has ended (or, with its present state, when `seconds` have passed)."""
        ...

    async def get(self, work_id: str) -> Work | None: ...

    async def unfinished(self) -> Sequence[Work]: ...

    async def cancel(self, work_id: str) -> None:
        """Stop at the next safe point. Safe to repeat."""
        ...

    async def sweep(self) -> int:
        """Take over the work of dead peers; returns how many workflows were taken."""
        ...

    async def prune(self, *, keep: int) -> int:
        """Forget finished work beyond the latest `keep`; returns how many were forgotten."""
        ...

    async def close(self) -> None: ...
