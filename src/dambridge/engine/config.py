"""The engine's own options: how much at once, how often, how patiently. One declaration; flag, variable and docs follow."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSettings:
    """How the loop works. Times with `_every`, `overlap`, `retry_after` are the domain's; `patience` is real time."""

    concurrency: int = 8
    """Assets worked on at once."""
    batch: int = 200
    """Assets per durable batch; between 200 and 500 the engine costs least."""
    tranche: int = 1000
    """Assets observed, decided and worked off before the next are looked at; bounds memory."""
    large_file: int = 64 * 1024 * 1024
    """Bytes above which a file is streamed from source to target and gets a workflow of its own."""
    attempts: int = 5
    """Tries of one action within one run before it waits for the next run."""
    patience: timedelta = timedelta(seconds=20)
    """The longest that one action is held in memory for a retry; a longer wait is written down instead."""
    backoff: timedelta = timedelta(milliseconds=200)
    """The first pause between tries; doubles each time."""
    overlap: timedelta = timedelta(minutes=10)
    """How far a poll reaches back before the end of the last one."""
    sweep_every: timedelta = timedelta(days=1)
    """How often everything selected is looked at again, whatever the change poll said."""
    reconcile_every: timedelta = timedelta(days=1)
    """How often `serve` holds the ids of both sides against the store, and reads the next share of all assets again."""
    reconcile_calls: int = 2000
    """Calls that one reconcile may spend on reading assets again, those longest not looked at first."""
    poll_every: timedelta = timedelta(minutes=2)
    """How often `serve` polls."""
    relook: int = 200
    """How many items that wait or were skipped as not approved are read again in each run."""
    retry_after: timedelta = timedelta(minutes=15)
    """When an item that could not be worked off is tried again."""
    deferred_for: timedelta = timedelta(days=2)
    """How long a field may stay unseen in a target that takes writes now and shows them later."""
    quarantine: str = "dambridge/quarantine"
    """The folder in the target for what was delivered and found wrong."""
