"""The ledger in memory: the whole `WholeLedger` port without a database, for proofs that take many thousands of steps."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from dambridge.model.actions import Action
from dambridge.model.commands import Command, CommandState
from dambridge.model.conflicts import ConflictState
from dambridge.model.identity import AccountId, ActionId, AssetKey, CommandId, FlowName, Link, LinkId, PlanId, RunId
from dambridge.model.outcomes import NOBODY, Counts, ItemOutcome, Outcome
from dambridge.model.records import Agreed
from dambridge.ports.errors import CannotGoOn
from dambridge.ports.ledger import (
    ActionRow,
    AuditEntry,
    ChainedEntry,
    Due,
    Observation,
    PlanRow,
    RunRow,
    Settlement,
    StepRow,
    WorkStage,
)
from dambridge.testing.fake_covering import MemoryCovering
from dambridge.testing.fake_publishing import MemoryPublishing
from dambridge.testing.fake_submitting import MemorySubmitting
from dambridge.testing.fake_terms import MemoryTerms

SILENCE = 60.0
"""Seconds without a heartbeat, by the newest beat of any worker, after which a worker counts as gone."""


def _with_all_told(end: ItemOutcome, before: ItemOutcome | None) -> ItemOutcome:
    """The later end of an item with the longest lag and all bytes that were told of it."""
    if before is None:
        return end
    lags = [it.lag for it in (end, before) if it.lag is not None]
    return replace(end, lag=max(lags, default=None), bytes_moved=max(end.bytes_moved, before.bytes_moved))


class MemoryLedger(MemoryCovering, MemoryPublishing, MemorySubmitting, MemoryTerms):
    """Implements `ports.terms.WorkingLedger`. Passes the contracts of all its parts."""

    # runs and items ----------------------------------------------------------------------------------------------
    async def open_run(
        self, flow: FlowName, *, at: datetime, command: CommandId | None, plan: PlanId | None, configuration: str = ""
    ) -> RunId:
        run = RunId(f"run-{len(self.memory.runs) + 1:06d}")
        self.memory.claims[run] = self.memory.working.get(command, ("", 0))[1] if command is not None else 0
        self.memory.runs[run] = RunRow(
            id=run,
            flow=flow,
            command=command,
            plan=plan,
            started_at=at,
            ended_at=None,
            state="running",
            summary=None,
            configuration=configuration,
        )
        return run

    async def close_run(self, run: RunId, *, at: datetime, state: str, summary: Mapping[str, Any]) -> None:
        if run not in self.memory.runs:
            raise LookupError(f"there is no run {run}")
        self.memory.runs[run] = replace(self.memory.runs[run], ended_at=at, state=state, summary=dict(summary))

    async def unfinished_runs(self, flow: FlowName) -> Sequence[RunRow]:
        runs = [it for it in self.memory.runs.values() if it.flow == flow and it.ended_at is None]
        return [it for it in runs if not self._in_hand(it)]

    def _in_hand(self, run: RunRow) -> bool:
        """Whether a living worker has the run's order, and has not taken it up anew."""
        if run.command is None or run.command not in self.memory.working:
            return False
        worker, claims = self.memory.working[run.command]
        return claims == self.memory.claims[run.id] and self._lives(worker)

    def _lives(self, worker: str) -> bool:
        if worker not in self.memory.workers:
            return False
        newest = max(beat for _, beat in self.memory.workers.values())
        return self.memory.workers[worker][1] >= newest - SILENCE

    async def record_items(self, run: RunId, items: Sequence[ItemOutcome], observations: Sequence[Observation]) -> None:
        known = self.memory.items.setdefault(run, {})
        for end in items:
            known[end.key] = _with_all_told(end, known.get(end.key))
        for it in observations:
            self.memory.observations.setdefault(it.flow, {})[it.key] = it
        self._put_uses(observations)

    async def counts(self, run: RunId) -> Counts:
        return Counts.of(it.outcome for it in self.memory.items.get(run, {}).values())

    async def carried(self, run: RunId) -> tuple[int, Sequence[float]]:
        items = self.memory.items.get(run, {}).values()
        return sum(it.bytes_moved for it in items), sorted(it.lag for it in items if it.lag is not None)

    async def items(
        self, run: RunId, *, outcome: Outcome | None = None, after: AssetKey | None = None, limit: int = 1000
    ) -> Sequence[ItemOutcome]:
        items = sorted(self.memory.items.get(run, {}).values(), key=lambda it: it.key)
        return [it for it in items if outcome in {None, it.outcome} and (after is None or it.key > after)][:limit]

    async def observations(self, flow: FlowName, keys: Sequence[AssetKey]) -> Mapping[AssetKey, Observation]:
        known = self.memory.observations.get(flow, {})
        return {it: known[it] for it in keys if it in known}

    async def attention(self, flow: FlowName) -> Mapping[str, int]:
        found: dict[str, int] = {}
        for it in self.memory.observations.get(flow, {}).values():
            waits = it.outcome is Outcome.WAITING and it.waits_for not in NOBODY
            if waits or it.outcome in {Outcome.QUARANTINED, Outcome.FAILED}:
                found[str(it.reason.code)] = found.get(str(it.reason.code), 0) + 1
        inbox: dict[str, int] = {}
        for entry in self.memory.conflicts.values():
            if entry.flow == flow and entry.state is ConflictState.OPEN:
                inbox[str(entry.reason.code)] = inbox.get(str(entry.reason.code), 0) + 1
        return dict(sorted({**found, **inbox}.items()))

    async def lingering(
        self,
        flow: FlowName,
        *,
        outcomes: Sequence[Outcome],
        after: tuple[datetime, AssetKey] | None = None,
        limit: int,
    ) -> Sequence[Observation]:
        known = [it for it in self.memory.observations.get(flow, {}).values() if it.outcome in outcomes]
        behind = [it for it in known if after is None or (it.at, it.key) > after]
        return sorted(behind, key=lambda it: (it.at, it.key))[:limit]

    # links and agreed state --------------------------------------------------------------------------------------
    async def links(self, ids: Sequence[LinkId]) -> Mapping[LinkId, Link]:
        return {it: self.memory.links[it] for it in ids if it in self.memory.links}

    async def links_of(self, keys: Sequence[AssetKey]) -> Mapping[AssetKey, LinkId]:
        return {it: min(found) for it in keys if (found := self.memory.by_key.get(it))}

    async def agreed(self, ids: Sequence[LinkId]) -> Mapping[LinkId, Agreed]:
        return {it: self.memory.agreed[it] for it in ids if it in self.memory.agreed}

    async def number_of(self, account: AccountId, series: str, link: LinkId) -> int:
        numbered = self.memory.numbers.setdefault((account, series), [])
        if link not in numbered:
            numbered.append(link)
        return numbered.index(link) + 1

    # work --------------------------------------------------------------------------------------------------------
    async def put_actions(self, run: RunId, plan: PlanId, batch: str, actions: Sequence[Action]) -> None:
        if batch not in self.memory.batches and run not in self.memory.runs:
            raise LookupError(f"there is no run {run}")
        self.memory.batches.setdefault(batch, run)
        for action in actions:
            action_id = action.id
            known = self.memory.actions.pop(action_id, None)
            if known is not None and known.stage is WorkStage.DONE:
                self.memory.actions[action_id] = known
                continue
            self.memory.actions[action_id] = ActionRow(
                action=action,
                run=run,
                plan=plan,
                batch=batch,
                stage=WorkStage.OPEN,
                attempts=known.attempts if known is not None else 0,
                not_before=None,
            )

    async def open_actions(self, batch: str, *, now: datetime) -> Sequence[ActionRow]:
        return [
            replace(it, begun=bool(await self.steps(it.action.id)))
            for it in self.memory.actions.values()
            if it.batch == batch and it.stage is WorkStage.OPEN and (it.not_before is None or it.not_before <= now)
        ]

    async def unsettled(self, run: RunId, actions: Sequence[ActionId]) -> frozenset[ActionId]:
        known = self.memory.actions
        return frozenset(it for it in actions if it in known and known[it].run == run and _is_open(known[it]))

    async def open_batches(self, flow: FlowName) -> Sequence[tuple[RunId, str]]:
        found = {(it.run, it.batch) for it in self.memory.actions.values() if _is_open(it)}
        order = list(self.memory.batches)
        mine = [it for it in found if self.memory.runs[self.memory.batches[it[1]]].flow == flow]
        return sorted(mine, key=lambda it: order.index(it[1]))

    async def action(self, action: ActionId) -> ActionRow | None:
        return self.memory.actions.get(action)

    async def begin_step(self, action: ActionId, step: str, *, intent: Mapping[str, Any], at: datetime) -> StepRow:
        return self.memory.begin_step(action, step, intent, at)

    async def end_step(self, action: ActionId, step: str, *, outcome: Mapping[str, Any], at: datetime) -> None:
        known = self.memory.steps.get(action, [])
        places = [place for place, it in enumerate(known) if it.step == step]
        if not places:
            raise LookupError(f"the step {step} of {action} was never begun")
        known[places[-1]] = replace(known[places[-1]], outcome=dict(outcome), ended_at=at)

    async def steps(self, action: ActionId) -> Sequence[StepRow]:
        return list(self.memory.steps.get(action, ()))

    async def settle(self, settlement: Settlement) -> None:
        it, memory = settlement, self.memory
        if it.action not in memory.actions:
            raise LookupError(f"there is no action {it.action}")
        if it.agreed is not None and it.link is None and it.item.link is None:
            raise ValueError(f"the settlement of action {it.action} agrees on something but names no link")
        if it.observation is not None and it.observation.at.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        memory.check_accords(it.accords)
        memory.check_conflicts(it.conflicts)
        memory.check_publications(it.publications, it.withdrawals)
        memory.check_submissions(it.submissions)
        row = memory.actions[it.action]
        memory.actions[it.action] = replace(row, stage=it.stage, attempts=row.attempts + 1, not_before=it.retry_at)
        if it.stage in {WorkStage.DONE, WorkStage.SUPERSEDED}:
            self._release(it.action)
        await self.record_items(it.run, [it.item], [it.observation] if it.observation is not None else [])
        if it.link is not None:
            memory.put_link(it.link)
        link = it.link.id if it.link is not None else it.item.link
        if it.agreed is not None and link is not None:
            memory.agreed[link] = it.agreed
        memory.put_accords(it.accords)
        memory.put_conflicts(it.conflicts)
        memory.put_publications(it.publications, it.withdrawals)
        memory.put_submissions(it.submissions)
        memory.put_tombstones(it.tombstones)
        if link is not None:
            memory.drop_copies(link, it.drop_copies)
        memory.tell(it.audit)

    # berths ------------------------------------------------------------------------------------------------------
    async def lease_berth(self, account: AccountId, action: ActionId, *, count: int) -> int | None:
        held = self.memory.berths.setdefault(account, {})
        for number, holder in held.items():
            if holder == action:
                return number
        free = next((it for it in range(count) if it not in held), None)
        if free is not None:
            held[free] = action
        return free

    async def release_berth(self, account: AccountId, action: ActionId) -> None:
        held = self.memory.berths.get(account, {})
        self.memory.berths[account] = {number: it for number, it in held.items() if it != action}

    def _release(self, action: ActionId) -> None:
        for account, held in self.memory.berths.items():
            self.memory.berths[account] = {number: it for number, it in held.items() if it != action}

    # time --------------------------------------------------------------------------------------------------------
    async def add_due(self, due: Sequence[Due]) -> None:
        self.memory.due.update({(it.kind, it.key): (it, None, None) for it in due})

    async def take_due(
        self, now: datetime, *, kinds: Sequence[str], limit: int, worker: str, lease: datetime
    ) -> Sequence[Due]:
        free = [
            it
            for it, holder, until in self.memory.due.values()
            if it.kind in kinds and it.at <= now and (holder is None or (until is not None and until <= now))
        ]
        taken = sorted(free, key=lambda it: (it.at, it.kind, it.key))[:limit]
        self.memory.due.update({(it.kind, it.key): (it, worker, lease) for it in taken})
        return taken

    async def finish_due(self, kind: str, key: str, *, worker: str, next_at: datetime | None) -> None:
        it, holder, _ = self.memory.due.get((kind, key), (None, None, None))
        if it is None or holder != worker:
            return
        if next_at is None:
            del self.memory.due[kind, key]
        else:
            self.memory.due[kind, key] = (replace(it, at=next_at), None, None)

    async def next_due(self, *, kinds: Sequence[str]) -> datetime | None:
        due = [until or it.at for it, _, until in self.memory.due.values() if it.kind in kinds]
        return min(due).astimezone(UTC) if due else None

    async def count_due(self, kind: str) -> int:
        return sum(it.kind == kind for it, _, _ in self.memory.due.values())

    # cursors, plans, orders, workers, controls -------------------------------------------------------------------
    async def cursor(self, account: AccountId, stream: str) -> str | None:
        return self.memory.cursors.get((account, stream))

    async def move_cursor(self, account: AccountId, stream: str, position: str) -> None:
        self.memory.cursors[account, stream] = position

    async def save_plan(self, plan: PlanId, flow: FlowName, *, at: datetime, lines: Sequence[str]) -> None:
        header = {**json.loads(lines[0]), **json.loads(lines[-1])}
        row = PlanRow(id=plan, flow=flow, made_at=at, state="made", header=header, approved_by="")
        self.memory.plans.setdefault(plan, (row, list(lines)))

    async def plan_lines(self, plan: PlanId) -> Sequence[str] | None:
        return self.memory.plans[plan][1] if plan in self.memory.plans else None

    async def plans(self, *, limit: int) -> Sequence[PlanRow]:
        rows = sorted((it for it, _ in self.memory.plans.values()), key=lambda it: it.id)
        return sorted(rows, key=lambda it: it.made_at, reverse=True)[:limit]

    async def mark_plan(self, plan: PlanId, *, state: str, approved_by: str) -> None:
        if plan not in self.memory.plans:
            raise LookupError(f"there is no plan {plan}")
        row, lines = self.memory.plans[plan]
        self.memory.plans[plan] = (replace(row, state=state, approved_by=approved_by), lines)

    async def enqueue(self, command: Command) -> Command:
        for it in self.memory.commands.values():
            if command.idempotency_key and it.idempotency_key == command.idempotency_key:
                return it
        self.memory.commands[command.id] = command
        return command

    async def claim_command(self, worker: str, *, now: datetime, beside: Collection[CommandId] = ()) -> Command | None:
        beats = [beat for _, beat in self.memory.workers.values()]
        self.memory.workers.setdefault(worker, (False, max(beats, default=0.0)))
        orphaned = [it for it in self.memory.commands.values() if self._is_orphaned(it, worker)]
        queued = [it for it in self.memory.commands.values() if it.state is CommandState.QUEUED]
        chosen = next((it for it in [*orphaned, *queued] if it.id not in beside), None)
        if chosen is None:
            return None
        taken = replace(chosen, state=CommandState.RUNNING)
        self.memory.commands[taken.id] = taken
        self.memory.working[taken.id] = (worker, self.memory.working.get(taken.id, ("", 0))[1] + 1)
        return taken

    def _is_orphaned(self, command: Command, worker: str) -> bool:
        if command.state is not CommandState.RUNNING:
            return False
        holder = self.memory.working.get(command.id, ("", 0))[0]
        return holder == worker or not self._lives(holder)

    async def finish_command(self, command: CommandId, *, state: CommandState, result: Mapping[str, Any]) -> None:
        if command not in self.memory.commands:
            raise LookupError(f"there is no order {command}")
        self.memory.commands[command] = replace(self.memory.commands[command], state=state, result=dict(result))
        self.memory.working[command] = ("", self.memory.working.get(command, ("", 0))[1])

    async def command(self, command: CommandId) -> Command | None:
        return self.memory.commands.get(command)

    async def heartbeat(self, worker: str, *, serving: bool, beat: float) -> None:
        self.memory.workers[worker] = (serving, beat)

    async def live_workers(self, *, since: float) -> Sequence[tuple[str, bool]]:
        return sorted((name, serving) for name, (serving, beat) in self.memory.workers.items() if beat >= since)

    async def forget_worker(self, worker: str) -> None:
        self.memory.workers.pop(worker, None)

    async def control(self, name: str) -> str | None:
        return self.memory.controls.get(name)

    async def set_control(self, name: str, value: str | None) -> None:
        if self._closed:
            raise CannotGoOn("The ledger in memory has been closed; nothing more can be written to it.")
        if value is None:
            self.memory.controls.pop(name, None)
        else:
            self.memory.controls[name] = value

    # audit -------------------------------------------------------------------------------------------------------
    async def audit(self, entries: Sequence[AuditEntry]) -> None:
        self.memory.tell(entries)

    async def audit_trail(self, *, subject: str | None, after: int, limit: int) -> Sequence[ChainedEntry]:
        trail = self.memory.trail[after:]
        return [it for it in trail if subject in {None, it.entry.subject}][:limit]

    async def last_audit(self) -> int:
        return len(self.memory.trail)

    async def verify_audit(self) -> int | None:
        return None

    # reading for people ------------------------------------------------------------------------------------------
    async def runs(self, *, flow: FlowName | None, before: RunId | None = None, limit: int) -> Sequence[RunRow]:
        wanted = (it for it in reversed(self.memory.runs.values()) if flow in {None, it.flow})
        return [it for it in wanted if before is None or it.id < before][:limit]

    async def run(self, run: RunId) -> RunRow | None:
        return self.memory.runs.get(run)

    async def actions_of(self, link: LinkId) -> Sequence[ActionRow]:
        rows = [it for it in self.memory.actions.values() if it.action.link == link]
        return sorted(rows, key=lambda it: it.run)

    async def size_bytes(self) -> int:
        return 1

    async def close(self) -> None:
        self._closed = True


def _is_open(it: ActionRow) -> bool:
    return it.stage is WorkStage.OPEN
