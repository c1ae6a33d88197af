"""The ledger: the one truth about links, what was seen, what is to be done, what was done, and why.

Every method that writes is one transaction and returns after it is durable. Writes that arrive together may share a
commit. All instants are aware and in UTC. Two implementations (SQLite, PostgreSQL) pass one contract suite.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from dambridge.model.accords import Accord
from dambridge.model.actions import Action
from dambridge.model.commands import Command, CommandState
from dambridge.model.conflicts import Conflict
from dambridge.model.identity import (
    AccountId,
    ActionId,
    AssetKey,
    CommandId,
    CopyId,
    FlowName,
    Link,
    LinkId,
    PlanId,
    RunId,
)
from dambridge.model.outcomes import Counts, ItemOutcome, Outcome
from dambridge.model.publications import Publication, Withdrawal
from dambridge.model.reasons import Reason
from dambridge.model.records import Agreed, AssetVersion
from dambridge.model.submissions import Submission
from dambridge.model.terms import TermUse
from dambridge.model.tombstones import Tombstone


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What a flow last saw of a source asset and what became of it. One row per flow and asset.

    `words` are those of its words that persons decide about (`ports.terms`), written with it in place of all that were
    known of this asset; None leaves these as they are. What is read back does not say them."""

    flow: FlowName
    key: AssetKey
    version: AssetVersion | None
    file_name: str
    outcome: Outcome
    reason: Reason
    waits_for: str
    run: RunId
    at: datetime
    words: tuple[TermUse, ...] | None = None


class WorkStage(StrEnum):
    """Where an action of the ledger stands."""

    OPEN = "open"
    DONE = "done"
    LEFT = "left"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionRow:
    """An action and how far it came. `not_before` holds it back until a retry falls due; `begun` says whether any of its steps
    was, True where nobody looked."""

    action: Action
    run: RunId
    plan: PlanId
    batch: str
    stage: WorkStage
    attempts: int
    not_before: datetime | None
    begun: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRow:
    """One durable step of an action: the intent was written at `begun_at`, the outcome at `ended_at` (None: unknown)."""

    action: ActionId
    step: str
    attempt: int
    intent: Mapping[str, Any]
    outcome: Mapping[str, Any] | None
    begun_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """Who or what changed what from what to what, when and why. `detail` is JSON without secrets."""

    at: datetime
    actor: str
    event: str
    subject: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainedEntry:
    """An audit entry in its place in the chain: `hash` covers `previous` and the entry."""

    seq: int
    entry: AuditEntry
    previous: str
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """The end of one action, written as one: item, link, agreed state, observation, stage, audit.

    What several copies keep in step comes with it: `accords` and `conflicts` as they now are (see `ports.agreeing`),
    `tombstones` of copies that went, and `drop_copies`, which leave the item's link and all its accords. What stands outside
    comes with it as well: `publications` and the `withdrawals` that belong to them (see `ports.publishing`), and so does
    what became of `submissions` (see `ports.submitting`).
    """

    action: ActionId
    stage: WorkStage
    item: ItemOutcome
    run: RunId
    link: Link | None
    agreed: Agreed | None
    observation: Observation | None
    audit: tuple[AuditEntry, ...]
    retry_at: datetime | None = None
    accords: tuple[Accord, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    tombstones: tuple[Tombstone, ...] = ()
    drop_copies: tuple[CopyId, ...] = ()
    publications: tuple[Publication, ...] = ()
    withdrawals: tuple[Withdrawal, ...] = ()
    submissions: tuple[Submission, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """One run. `summary` is the run's JSON once it has ended; `configuration` the digest of the map and rules that it went by,
    empty where nobody wrote it down."""

    id: RunId
    flow: FlowName
    command: CommandId | None
    plan: PlanId | None
    started_at: datetime
    ended_at: datetime | None
    state: str
    summary: Mapping[str, Any] | None
    configuration: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A thing that falls due. `(kind, key)` is unique: adding it again moves it."""

    at: datetime
    kind: str
    key: str
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRow:
    """A stored plan: its header and seal, and the lines themselves. `state` is made, applied, refused or expired."""

    id: PlanId
    flow: FlowName
    made_at: datetime
    state: str
    header: Mapping[str, Any]
    approved_by: str


class Ledger(Protocol):
    """The write side and what the engine needs to read back."""

    # runs and items ----------------------------------------------------------------------------------------------
    async def open_run(
        self, flow: FlowName, *, at: datetime, command: CommandId | None, plan: PlanId | None, configuration: str = ""
    ) -> RunId:
        """Begin a run; ids count up (`run-000017`). `configuration` is the digest of what it goes by."""
        ...

    async def close_run(self, run: RunId, *, at: datetime, state: str, summary: Mapping[str, Any]) -> None: ...

    async def unfinished_runs(self, flow: FlowName) -> Sequence[RunRow]:
        """Runs that were never closed: the process died in them."""
        ...

    async def record_items(self, run: RunId, items: Sequence[ItemOutcome], observations: Sequence[Observation]) -> None:
        """Write ends of items and what was seen of them; an item written twice in a run keeps the later end."""
        ...

    async def counts(self, run: RunId) -> Counts: ...

    async def carried(self, run: RunId) -> tuple[int, Sequence[float]]:
        """Bytes moved in the run, and the lags in seconds, smallest first, of what was carried over."""
        ...

    async def items(
        self, run: RunId, *, outcome: Outcome | None = None, after: AssetKey | None = None, limit: int = 1000
    ) -> Sequence[ItemOutcome]:
        """A page of them by account and id; `after` is the last of the page before."""
        ...

    async def observations(self, flow: FlowName, keys: Sequence[AssetKey]) -> Mapping[AssetKey, Observation]: ...

    async def attention(self, flow: FlowName) -> Mapping[str, int]:
        """What needs a person now: counts by reason code over observations that wait, are quarantined or failed, those
        aside that wait for `system` or `next run`, which no person needs to look at; and over the open entries of the
        conflict inbox, which count instead of the assets that wait for them."""
        ...

    async def lingering(
        self,
        flow: FlowName,
        *,
        outcomes: Sequence[Outcome],
        after: tuple[datetime, AssetKey] | None = None,
        limit: int,
    ) -> Sequence[Observation]:
        """Observations whose last outcome is one of `outcomes`, the oldest first; `after` is of when and which the last of the
        page before is."""
        ...

    # links and agreed state --------------------------------------------------------------------------------------
    async def links(self, ids: Sequence[LinkId]) -> Mapping[LinkId, Link]: ...

    async def links_of(self, keys: Sequence[AssetKey]) -> Mapping[AssetKey, LinkId]:
        """Which links these assets belong to, through any of their copies."""
        ...

    async def agreed(self, ids: Sequence[LinkId]) -> Mapping[LinkId, Agreed]: ...

    async def number_of(self, account: AccountId, series: str, link: LinkId) -> int:
        """The number that this asset has in a series of file names, from 1: handed out the first time it is asked for, the
        same ever after, to no other asset of the series, and without gaps."""
        ...

    # work --------------------------------------------------------------------------------------------------------
    async def put_actions(self, run: RunId, plan: PlanId, batch: str, actions: Sequence[Action]) -> None:
        """Add open actions. One that is known and not done is moved to this run and batch with its new body, stage open,
        its steps kept; one that is done is left as it is."""
        ...

    async def open_actions(self, batch: str, *, now: datetime) -> Sequence[ActionRow]:
        """The actions of the batch that are still open and may be tried now."""
        ...

    async def unsettled(self, run: RunId, actions: Sequence[ActionId]) -> frozenset[ActionId]:
        """Those of the actions that belong to this run and are still open."""
        ...

    async def open_batches(self, flow: FlowName) -> Sequence[tuple[RunId, str]]:
        """Batches with open actions, in the order in which they were made."""
        ...

    async def action(self, action: ActionId) -> ActionRow | None: ...

    async def begin_step(self, action: ActionId, step: str, *, intent: Mapping[str, Any], at: datetime) -> StepRow:
        """Write the intent, durably, before the outside world is touched. A second intent raises the attempt number."""
        ...

    async def end_step(self, action: ActionId, step: str, *, outcome: Mapping[str, Any], at: datetime) -> None: ...

    async def steps(self, action: ActionId) -> Sequence[StepRow]: ...

    async def settle(self, settlement: Settlement) -> None:
        """Write the end of an action, all of it or nothing. Raises `MovedOn` where an accord, a conflict, a publication or
        a submission rests on an older revision than the store's. Releases the action's berth when the stage is done or
        superseded; an action that is left keeps its berth, for what may stand in it is its own."""
        ...

    # berths: staging folders that hold one action's delivery at a time -------------------------------------------
    async def lease_berth(self, account: AccountId, action: ActionId, *, count: int) -> int | None:
        """The number of a berth (0 to count-1) held by `action`; the same one if it holds one; None if all are taken."""
        ...

    async def release_berth(self, account: AccountId, action: ActionId) -> None: ...

    # time --------------------------------------------------------------------------------------------------------
    async def add_due(self, due: Sequence[Due]) -> None: ...

    async def take_due(
        self, now: datetime, *, kinds: Sequence[str], limit: int, worker: str, lease: datetime
    ) -> Sequence[Due]:
        """Claim what has fallen due; a claim not finished by `lease` (domain time) can be taken again."""
        ...

    async def finish_due(self, kind: str, key: str, *, worker: str, next_at: datetime | None) -> None:
        """The thing due was done: forget it, or set it for `next_at`. Does nothing if another worker has it now."""
        ...

    async def next_due(self, *, kinds: Sequence[str]) -> datetime | None: ...

    async def count_due(self, kind: str) -> int:
        """How many things of this kind are set, due or not."""
        ...

    # cursors, plans, orders, workers, controls -------------------------------------------------------------------
    async def cursor(self, account: AccountId, stream: str) -> str | None: ...

    async def move_cursor(self, account: AccountId, stream: str, position: str) -> None: ...

    async def save_plan(self, plan: PlanId, flow: FlowName, *, at: datetime, lines: Sequence[str]) -> None: ...

    async def plan_lines(self, plan: PlanId) -> Sequence[str] | None: ...

    async def plans(self, *, limit: int) -> Sequence[PlanRow]: ...

    async def mark_plan(self, plan: PlanId, *, state: str, approved_by: str) -> None: ...

    async def enqueue(self, command: Command) -> Command:
        """Add an order; where its idempotency key is known, the earlier order is returned instead."""
        ...

    async def claim_command(self, worker: str, *, now: datetime, beside: Collection[CommandId] = ()) -> Command | None:
        """The oldest queued order, now running under `worker`; also one whose worker fell silent, or that this worker left. Not
        those that it is carrying out `beside`."""
        ...

    async def finish_command(self, command: CommandId, *, state: CommandState, result: Mapping[str, Any]) -> None: ...

    async def command(self, command: CommandId) -> Command | None: ...

    async def heartbeat(self, worker: str, *, serving: bool, beat: float) -> None:
        """Say that `worker` lives; `beat` is wall-clock seconds since the epoch, real time."""
        ...

    async def live_workers(self, *, since: float) -> Sequence[tuple[str, bool]]:
        """Workers heard of since `since`, with whether they serve."""
        ...

    async def forget_worker(self, worker: str) -> None: ...

    async def control(self, name: str) -> str | None:
        """A switch that people set, such as `paused:intake`."""
        ...

    async def set_control(self, name: str, value: str | None) -> None: ...

    # audit -------------------------------------------------------------------------------------------------------
    async def audit(self, entries: Sequence[AuditEntry]) -> None: ...

    async def audit_trail(self, *, subject: str | None, after: int, limit: int) -> Sequence[ChainedEntry]: ...

    async def last_audit(self) -> int:
        """The number of the newest entry; 0 where there is none."""
        ...

    async def verify_audit(self) -> int | None:
        """The number of the first entry whose hash does not fit, or None when the whole chain holds."""
        ...

    # reading for people ------------------------------------------------------------------------------------------
    async def runs(self, *, flow: FlowName | None, before: RunId | None = None, limit: int) -> Sequence[RunRow]:
        """The newest first; `before` is the last of the page before."""
        ...

    async def run(self, run: RunId) -> RunRow | None: ...

    async def actions_of(self, link: LinkId) -> Sequence[ActionRow]: ...

    async def size_bytes(self) -> int:
        """How much room the store takes."""
        ...

    async def close(self) -> None: ...
