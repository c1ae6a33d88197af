"""The ledger over a database: runs, links, work, orders and the audit trail."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from dambridge.model.actions import Action
from dambridge.model.commands import Command, CommandState
from dambridge.model.identity import AccountId, ActionId, AssetKey, CommandId, FlowName, Link, LinkId, PlanId, RunId
from dambridge.model.outcomes import Counts, ItemOutcome, Outcome
from dambridge.model.records import Agreed
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
)
from dambridge.storage import (
    accords,
    audit,
    conflicts,
    links,
    numbers,
    observing,
    orders,
    plans,
    publications,
    runs,
    tombstones,
    withdrawing,
    work,
)
from dambridge.storage import due as due_rows
from dambridge.storage.agreeing import SqlAgreeing
from dambridge.storage.coverage import SqlCovering
from dambridge.storage.publishing import SqlPublishing
from dambridge.storage.search_keeping import SqlSearchKeeping
from dambridge.storage.submitting import SqlSubmitting, put_submissions
from dambridge.storage.terms import SqlTerms
from dambridge.storage.writer import Tx


class SqlLedger(SqlAgreeing, SqlCovering, SqlPublishing, SqlSearchKeeping, SqlSubmitting, SqlTerms):
    """Implements `ports.ledger.Ledger` and what is offered beside it: `Agreeing`, `Covering`, `Publishing`, `TermLedger`."""

    # runs and items ----------------------------------------------------------------------------------------------
    async def open_run(
        self, flow: FlowName, *, at: datetime, command: CommandId | None, plan: PlanId | None, configuration: str = ""
    ) -> RunId:
        return await self._write(
            lambda c: runs.open_run(c, flow, at=at, command=command, plan=plan, configuration=configuration)
        )

    async def close_run(self, run: RunId, *, at: datetime, state: str, summary: Mapping[str, Any]) -> None:
        await self._write(lambda c: runs.close_run(c, run, at, state, summary))

    async def unfinished_runs(self, flow: FlowName) -> Sequence[RunRow]:
        return await self._read(lambda c: runs.unfinished_runs(c, flow))

    async def record_items(self, run: RunId, items: Sequence[ItemOutcome], observations: Sequence[Observation]) -> None:
        def both(tx: Tx) -> None:
            runs.put_items(tx, run, items)
            observing.put_observations(tx, observations)

        await self._writer.run(both)

    async def counts(self, run: RunId) -> Counts:
        return await self._read(lambda c: runs.counts(c, run))

    async def carried(self, run: RunId) -> tuple[int, Sequence[float]]:
        return await self._read(lambda c: runs.carried(c, run), snapshot=True)

    async def items(
        self, run: RunId, *, outcome: Outcome | None = None, after: AssetKey | None = None, limit: int = 1000
    ) -> Sequence[ItemOutcome]:
        return await self._read(lambda c: runs.items_of(c, run, outcome, after, limit))

    async def observations(self, flow: FlowName, keys: Sequence[AssetKey]) -> Mapping[AssetKey, Observation]:
        return await self._read(lambda c: observing.observed(c, flow, keys))

    async def attention(self, flow: FlowName) -> Mapping[str, int]:
        return await self._read(lambda c: observing.attention(c, flow), snapshot=True)

    async def lingering(
        self,
        flow: FlowName,
        *,
        outcomes: Sequence[Outcome],
        after: tuple[datetime, AssetKey] | None = None,
        limit: int,
    ) -> Sequence[Observation]:
        return await self._read(lambda c: observing.lingering(c, flow, outcomes, after, limit))

    async def number_of(self, account: AccountId, series: str, link: LinkId) -> int:
        return await self._write(lambda c: numbers.number_of(c, account, series, link))

    # links and agreed state --------------------------------------------------------------------------------------
    async def links(self, ids: Sequence[LinkId]) -> Mapping[LinkId, Link]:
        return await self._read(lambda c: links.read_links(c, ids), snapshot=True)

    async def links_of(self, keys: Sequence[AssetKey]) -> Mapping[AssetKey, LinkId]:
        return await self._read(lambda c: links.links_of(c, keys))

    async def agreed(self, ids: Sequence[LinkId]) -> Mapping[LinkId, Agreed]:
        return await self._read(lambda c: links.read_agreed(c, ids))

    # work --------------------------------------------------------------------------------------------------------
    async def put_actions(self, run: RunId, plan: PlanId, batch: str, actions: Sequence[Action]) -> None:
        await self._write(lambda c: work.put_actions(c, run, plan, batch, actions))

    async def open_actions(self, batch: str, *, now: datetime) -> Sequence[ActionRow]:
        return await self._read(lambda c: work.open_actions(c, batch, now))

    async def unsettled(self, run: RunId, actions: Sequence[ActionId]) -> frozenset[ActionId]:
        return await self._read(lambda c: work.unsettled(c, run, actions))

    async def open_batches(self, flow: FlowName) -> Sequence[tuple[RunId, str]]:
        return await self._read(lambda c: work.open_batches(c, flow))

    async def action(self, action: ActionId) -> ActionRow | None:
        return await self._read(lambda c: work.action_row(c, action))

    async def begin_step(self, action: ActionId, step: str, *, intent: Mapping[str, Any], at: datetime) -> StepRow:
        return await self._write(lambda c: work.begin_step(c, action, step, intent, at))

    async def end_step(self, action: ActionId, step: str, *, outcome: Mapping[str, Any], at: datetime) -> None:
        await self._writer.run(lambda tx: work.end_step(tx, action, step, outcome, at))

    async def steps(self, action: ActionId) -> Sequence[StepRow]:
        return await self._read(lambda c: work.steps_of(c, action))

    async def settle(self, settlement: Settlement) -> None:
        await self._writer.run(lambda tx: _settle(tx, settlement))
        await self._journalled(settlement.tombstones)

    # berths ------------------------------------------------------------------------------------------------------
    async def lease_berth(self, account: AccountId, action: ActionId, *, count: int) -> int | None:
        return await self._write(lambda c: work.lease_berth(c, account, action, count))

    async def release_berth(self, account: AccountId, action: ActionId) -> None:
        await self._write(lambda c: work.release_berth(c, account, action))

    # time --------------------------------------------------------------------------------------------------------
    async def add_due(self, due: Sequence[Due]) -> None:
        await self._write(lambda c: due_rows.add_due(c, due))

    async def take_due(
        self, now: datetime, *, kinds: Sequence[str], limit: int, worker: str, lease: datetime
    ) -> Sequence[Due]:
        skips = self._database.skips_locked

        def take(conn: Connection) -> list[Due]:
            return due_rows.take_due(conn, now, kinds=kinds, limit=limit, worker=worker, lease=lease, skip_locked=skips)

        return await self._write(take)

    async def finish_due(self, kind: str, key: str, *, worker: str, next_at: datetime | None) -> None:
        await self._write(lambda c: due_rows.finish_due(c, kind, key, worker, next_at))

    async def next_due(self, *, kinds: Sequence[str]) -> datetime | None:
        return await self._read(lambda c: due_rows.next_due(c, kinds))

    async def count_due(self, kind: str) -> int:
        return await self._read(lambda c: due_rows.count_due(c, kind))

    # cursors, plans, orders, workers, controls -------------------------------------------------------------------
    async def cursor(self, account: AccountId, stream: str) -> str | None:
        return await self._read(lambda c: due_rows.cursor(c, account, stream))

    async def move_cursor(self, account: AccountId, stream: str, position: str) -> None:
        await self._write(lambda c: due_rows.move_cursor(c, account, stream, position))

    async def save_plan(self, plan: PlanId, flow: FlowName, *, at: datetime, lines: Sequence[str]) -> None:
        await self._write(lambda c: plans.save_plan(c, plan, flow, at, lines))

    async def plan_lines(self, plan: PlanId) -> Sequence[str] | None:
        return await self._read(lambda c: plans.plan_lines(c, plan))

    async def plans(self, *, limit: int) -> Sequence[PlanRow]:
        return await self._read(lambda c: plans.latest_plans(c, limit))

    async def mark_plan(self, plan: PlanId, *, state: str, approved_by: str) -> None:
        await self._write(lambda c: plans.mark_plan(c, plan, state, approved_by))

    async def enqueue(self, command: Command) -> Command:
        return await self._write(lambda c: orders.enqueue(c, command))

    async def claim_command(self, worker: str, *, now: datetime, beside: Collection[CommandId] = ()) -> Command | None:
        # Who fell silent is told from heartbeats, which are real time; `now` is the domain's.
        skips = self._database.skips_locked
        return await self._write(lambda c: orders.claim_command(c, worker, beside, skip_locked=skips))

    async def finish_command(self, command: CommandId, *, state: CommandState, result: Mapping[str, Any]) -> None:
        await self._write(lambda c: orders.finish_command(c, command, state, result))

    async def command(self, command: CommandId) -> Command | None:
        return await self._read(lambda c: orders.command_row(c, command))

    async def heartbeat(self, worker: str, *, serving: bool, beat: float) -> None:
        await self._write(lambda c: orders.heartbeat(c, worker, serving, beat))

    async def live_workers(self, *, since: float) -> Sequence[tuple[str, bool]]:
        return await self._read(lambda c: orders.live_workers(c, since))

    async def forget_worker(self, worker: str) -> None:
        await self._write(lambda c: orders.forget_worker(c, worker))

    async def control(self, name: str) -> str | None:
        return await self._read(lambda c: orders.control(c, name))

    async def set_control(self, name: str, value: str | None) -> None:
        await self._write(lambda c: orders.set_control(c, name, value))

    # audit -------------------------------------------------------------------------------------------------------
    async def audit(self, entries: Sequence[AuditEntry]) -> None:
        await self._writer.run(lambda tx: tx.audit.extend(entries))

    async def audit_trail(self, *, subject: str | None, after: int, limit: int) -> Sequence[ChainedEntry]:
        return await self._read(lambda c: audit.trail(c, subject, after, limit))

    async def last_audit(self) -> int:
        return await self._read(audit.last)

    async def verify_audit(self) -> int | None:
        return await self._read(audit.verify, snapshot=True)

    async def erase_audit_details(self, numbers: Sequence[int]) -> int:
        """Forget the details of these audit entries for good; returns how many had one. The chain still holds."""
        return await self._write(lambda c: audit.erase_details(c, numbers))

    # reading for people ------------------------------------------------------------------------------------------
    async def runs(self, *, flow: FlowName | None, before: RunId | None = None, limit: int) -> Sequence[RunRow]:
        return await self._read(lambda c: runs.latest_runs(c, flow, before, limit))

    async def run(self, run: RunId) -> RunRow | None:
        return await self._read(lambda c: runs.run_row(c, run))

    async def actions_of(self, link: LinkId) -> Sequence[ActionRow]:
        return await self._read(lambda c: work.actions_of(c, link))

    async def size_bytes(self) -> int:
        return await self._read(self._database.size_bytes)


def _settle(tx: Tx, it: Settlement) -> None:
    work.set_stage(tx, it.action, it.stage, it.retry_at)
    runs.put_items(tx, it.run, [it.item])
    if it.link is not None:
        links.put_link(tx, it.link)
    if it.agreed is not None:
        links.put_agreed(tx, it.link.id if it.link else _linked(it), it.agreed)
    if it.observation is not None:
        observing.put_observations(tx, [it.observation])
    tx.audit.extend(it.audit)
    _keep_in_step(tx, it)


def _keep_in_step(tx: Tx, it: Settlement) -> None:
    accords.put_accords(tx, it.accords)
    if it.drop_copies:
        accords.drop_copies(tx, it.link.id if it.link else _linked(it), it.drop_copies)
    conflicts.put_conflicts(tx, it.conflicts)
    publications.put_publications(tx, it.publications)
    withdrawing.put_withdrawals(tx, it.withdrawals)
    put_submissions(tx, it.submissions)
    if it.tombstones:
        tombstones.put_tombstones(tx.conn, it.tombstones)


def _linked(it: Settlement) -> LinkId:
    if it.item.link is None:
        raise ValueError(f"the settlement of action {it.action} changes a link but names none")
    return it.item.link
