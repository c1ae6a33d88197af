"""The one worker: takes orders from the ledger and carries them out; `serve` also gives the orders that fall due."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

import structlog

from dambridge.engine import announcing
from dambridge.engine.announcing import Announcer, keep_announcing
from dambridge.engine.errands import Errands, far_of
from dambridge.engine.fitting import Approval, stored
from dambridge.engine.flows import Flow, Flows, Timely, flow_named, run_all
from dambridge.engine.handing_off import reviewing
from dambridge.engine.handing_off.recalling import remember_loss
from dambridge.engine.mirroring.parts import MirrorParts
from dambridge.engine.mirroring.retaining import plan_retention
from dambridge.engine.orders import outlets
from dambridge.engine.orders.outlet_desk import OutletDesk
from dambridge.engine.orders.releasing_rights import release_rights
from dambridge.engine.orders.ruling import rule
from dambridge.engine.orders.term_orders import decide_term
from dambridge.engine.rebuilding.releasing import release
from dambridge.engine.rebuilding.running import intake_of, rebuild_all
from dambridge.engine.running import RunResult
from dambridge.engine.warning import Warner, warn
from dambridge.model.commands import Command, CommandKind, CommandState
from dambridge.model.identity import AccountId, AssetKey, CommandId, FlowName, PlanId, RemoteId, derived_id
from dambridge.model.plans import PlanDamaged
from dambridge.policy.rounds import GATE, in_order
from dambridge.ports.clock import Clock
from dambridge.ports.errors import CannotGoOn, NextMove, Refused
from dambridge.ports.ledger import Due
from dambridge.ports.terms import WholeLedger

POLL = "poll"
"""The kind of the rows that say when a flow's turn is, with the flow after a colon."""
RECONCILE = "reconcile"
"""Likewise for the turns at which it holds everything against the systems."""
WARN = "warn"
"""The kind of the row that says when people are told next."""
TICK = 0.5
BEAT = 5.0
log = structlog.get_logger()


class Worker:
    """Executes orders one at a time, in the order in which they were given. An order that names no flow is for all."""

    def __init__(
        self,
        flows: Flows,
        *,
        ledger: WholeLedger,
        clock: Clock,
        poll_every: timedelta,
        name: str,
        serving: bool,
        reconcile_every: timedelta = timedelta(days=1),
        outlets: OutletDesk | None = None,
        warner: Warner | None = None,
        announcer: Announcer | None = None,
        errands: Errands | None = None,
    ) -> None:
        """`errands` are orders that touch no flow's work and take long: a server carries them out beside the others."""
        self._flows = flows
        self._errands = errands or {}
        self._beside: dict[CommandId, asyncio.Task[None]] = {}
        self._said: dict[CommandId, str] = {}
        self._warner = warner
        self._announcer = announcer
        self._outlets = outlets
        self._ledger = ledger
        self._clock = clock
        self._every = {POLL: poll_every, RECONCILE: reconcile_every}
        self._name = name
        self._serving = serving
        self._stop = asyncio.Event()
        self._busy = asyncio.Lock()

    def stop(self) -> None:
        """Finish the order under way and end."""
        self._stop.set()

    async def execute(self, command: CommandId) -> Command:
        """Work until this order has ended; orders given before it go first."""
        async with asyncio.TaskGroup() as group:
            beats = group.create_task(self._beat())
            try:
                while True:
                    known = await self._ledger.command(command)
                    if known is not None and known.state in {CommandState.DONE, CommandState.FAILED}:
                        return known
                    if not await self._next():
                        await asyncio.sleep(TICK / 5)
            finally:
                beats.cancel()

    async def serve(self, *, relieved: Callable[[], bool] = lambda: False) -> bool:
        """Take orders and give those that fall due, until `stop`; then False. True where another worker of this process goes
        on from here: `relieved` is asked between two orders, never while one is carried out."""
        given = False
        async with asyncio.TaskGroup() as group:
            beats = group.create_task(self._beat())
            beside = [
                group.create_task(self._keep_time()),
                group.create_task(self._keep_telling()),
                group.create_task(keep_announcing(self._announcer, self._name, TICK)),
            ]
            try:
                await self._set_up_due()
                while not self._stop.is_set() and not (given := not self._beside and relieved()):
                    await self._give_due_orders()
                    if not await self._next():
                        await self._idle()
                if given:
                    await self._busy.acquire()  # what is done at its instant is done to its end
            finally:
                beats.cancel()
                errands = list(self._beside.values())  # what is cut off begins anew with the next start
                for it in (*beside, *errands):
                    it.cancel()
                await asyncio.gather(*errands, return_exceptions=True)
                if not given:
                    await self._ledger.forget_worker(self._name)
        return given

    async def _idle(self) -> None:
        try:
            await asyncio.wait_for(self._stop.wait(), TICK)
        except TimeoutError:
            return

    async def _beat(self) -> None:
        told: Mapping[FlowName, str] = {}
        while True:
            beat = time.time()  # noqa: TID251 - a heartbeat is real time: it says that a process lives
            await self._ledger.heartbeat(self._name, serving=self._serving, beat=beat)
            told = await self._tell_progress(told)
            await asyncio.sleep(BEAT if not self._serving else 1.0)

    async def _tell_progress(self, before: Mapping[FlowName, str]) -> Mapping[FlowName, str]:
        """How far each flow is, where that moved since it was last told."""
        now = {name: _far(flow) for name, flow in self._flows.items()}
        for name, text in now.items():
            if before.get(name) != text:
                await self._ledger.set_control(f"progress:{name}", text)
                await self._ledger.set_control("progress", f"{name}|{text}")
        for command, text in [*self._said.items()]:
            await self._ledger.set_control(far_of(command), text)
        return now

    async def _next(self) -> bool:
        now = await self._clock.now()
        command = await self._ledger.claim_command(self._name, now=now, beside=tuple(self._beside))
        if command is None:
            return False
        if command.kind in self._errands and self._serving:
            self._beside[command.id] = asyncio.create_task(self._run_errand(command))
            return True
        await self._end(command)
        return True

    async def _end(self, command: Command) -> None:
        state, result = await self._carry_out(command)
        await self._ledger.finish_command(command.id, state=state, result=result)

    async def _run_errand(self, command: Command) -> None:
        try:
            await self._end(command)
        except NextMove as error:
            log.warning("command.refused", command=command.id, why=str(error))
        finally:
            del self._beside[command.id]
            self._said.pop(command.id, None)
            await self._ledger.set_control(far_of(command.id), None)

    async def _carry_out(self, command: Command) -> tuple[CommandState, Mapping[str, Any]]:
        log.info("command.begun", command=command.id, kind=str(command.kind), actor=command.actor)
        try:
            return CommandState.DONE, await self._dispatch(command)
        except (NextMove, PlanDamaged) as error:
            tell = (
                log.warning if self._serving else log.info
            )  # who gives an order in this very process is told by its answer
            tell("command.refused", command=command.id, why=str(error))
            code = 1 if isinstance(error, CannotGoOn) else 3
            return CommandState.FAILED, {"error": str(error), "exit_code": code}
        except Exception as error:
            log.exception("command.bug", command=command.id)
            text = f"{type(error).__name__}: {error}"
            return CommandState.FAILED, {
                "error": f"A fault in dambridge itself ended this order: {text}",
                "exit_code": 1,
            }

    async def _dispatch(self, command: Command) -> Mapping[str, Any]:
        if command.kind in self._errands:
            return await self._errands[command.kind](command, partial(self._said.__setitem__, command.id))
        if command.kind in outlets.ORDERS:
            return await outlets.carry_out(self._outlets, command)
        if command.kind in reviewing.ORDERS:
            return await reviewing.carry_out(self._flows, self._ledger, command)
        if command.kind is CommandKind.WEBHOOK:
            return await announcing.carry_out(self._announcer, command)
        return await self._of_flows(command)

    async def _of_flows(self, command: Command) -> Mapping[str, Any]:
        scope = command.scope
        match command.kind:
            case CommandKind.RUN:
                return await self._run(command)
            case CommandKind.PLAN:
                plan = await flow_named(self._flows, scope["flow"]).preview(full=bool(scope.get("full")))
                return {"plan": plan.id, "exit_code": 3 if plan.header.tripped else 0}
            case CommandKind.PLAN_RETENTION:
                plan = await plan_retention(lifecycle_of(self._flows))
                return {"plan": plan.id, "exit_code": 3 if plan.header.tripped else 0}
            case CommandKind.APPLY:
                plan = await stored(self._ledger, PlanId(scope["plan"]))
                approval = Approval(
                    by=command.actor,
                    command=command.id,
                    pilot=int(scope.get("pilot", 0)),
                    wave=int(scope.get("wave", 0)),
                    allow_tripped=bool(scope.get("allow_tripped")),
                )
                result = await flow_named(self._flows, plan.header.flow).apply(plan, approval)
                return _told(result)
            case CommandKind.PAUSE | CommandKind.RESUME:
                for name in self._meant(scope):
                    held = command.actor if command.kind is CommandKind.PAUSE else None
                    await self._ledger.set_control(f"paused:{name}", held)
                return {"exit_code": 0}
            case CommandKind.SETTLE | CommandKind.UNDO:
                return await rule(self._ledger, command)
            case CommandKind.DECIDE_TERM | CommandKind.UNDO_TERM:
                return await decide_term(self._ledger, command)
            case CommandKind.REBUILD:
                return await self._rebuild(command)
            case CommandKind.RELEASE:
                keys = [AssetKey(AccountId(account), RemoteId(one)) for account, one in scope["assets"]]
                parts = intake_of(self._flows)
                count = await release(parts, keys, everything=bool(scope.get("all")), by=command.actor)
                return {"released": count, "exit_code": 0}
            case CommandKind.RELEASE_RIGHTS:
                flow = self._flows.get(FlowName.RIGHTS)
                policy = flow.parts.policy if flow is not None and isinstance(flow.parts, MirrorParts) else None
                return await release_rights(self._ledger, policy, command)
        raise Refused(f"`{command.kind}` is no order that this worker knows.", code="unknown_order")

    async def _rebuild(self, command: Command) -> Mapping[str, Any]:
        """Intake's part from our marks and what stands outside, all of it now; hand-off's file by file, when it is met again."""
        rebuilt = await rebuild_all(self._flows, by=command.actor)
        if FlowName.HANDOFF in self._flows:
            await remember_loss(self._ledger, await self._clock.now())
        return {"rebuilt": rebuilt.to_json(), "exit_code": rebuilt.exit_code}

    async def _run(self, command: Command) -> Mapping[str, Any]:
        names, wanted = self._meant(command.scope), {it: bool(command.scope.get(it)) for it in ("full", "reconcile")}
        if len(names) == 1:
            return _told(await self._flows[names[0]].run(command=command.id, **wanted))
        summary, code = await run_all(self._flows, command=command.id, **wanted)
        return {"summary": summary, "exit_code": code}

    def _meant(self, scope: Mapping[str, Any]) -> tuple[FlowName, ...]:
        """The flows that an order is about."""
        if name := scope.get("flow"):
            return (flow_named(self._flows, name).parts.flow,)
        return in_order(self._flows)

    async def _keep_telling(self) -> None:
        """Beside the orders: what is pressing waits for no long one."""
        while self._warner is not None:
            try:
                await self._warn_when_due()
            except NextMove as error:
                log.warning("warning.unsent", recipient="", why=str(error))
            await asyncio.sleep(BEAT)

    async def _warn_when_due(self) -> None:
        """Tell people what is news, as often as it is looked at."""
        if self._warner is None:
            return
        now = await self._clock.now()
        first = await self._ledger.next_due(kinds=[WARN])
        if first is None:
            await self._ledger.add_due([Due(at=now, kind=WARN, key=WARN, payload={})])
        lease = now + self._warner.every
        for due in await self._ledger.take_due(now, kinds=[WARN], limit=1, worker=self._name, lease=lease):
            try:
                await warn(self._warner)
            except NextMove as error:
                log.warning("warning.unsent", recipient="", why=str(error))
            except Exception:
                log.exception("warning.unsent", recipient="", why="a fault in dambridge itself")
            await self._ledger.finish_due(due.kind, due.key, worker=self._name, next_at=now + self._warner.every)

    async def _set_up_due(self) -> None:
        now = await self._clock.now()
        for name in in_order(self._flows):
            first = {_turn_of(POLL, name): now, _turn_of(RECONCILE, name): now + self._every[RECONCILE]}
            for kind, at in first.items():
                if await self._ledger.next_due(kinds=[kind]) is None:
                    await self._ledger.add_due([Due(at=at, kind=kind, key=str(name), payload={})])

    async def _give_due_orders(self) -> None:
        now = await self._clock.now()
        lease = now + self._every[POLL] * 10
        kinds = [_turn_of(what, it) for what in (POLL, RECONCILE) for it in in_order(self._flows)]
        taken = await self._ledger.take_due(now, kinds=kinds, limit=10, worker=self._name, lease=lease)
        for due in sorted(taken, key=lambda it: kinds.index(it.kind)):
            reconcile = due.kind.startswith(f"{RECONCILE}:")
            key = derived_id("co", due.kind, due.key, due.at.isoformat())
            command = Command(
                id=CommandId(key),
                kind=CommandKind.RUN,
                actor="schedule",
                via="due",
                scope={"flow": due.key, "reconcile": reconcile},
                idempotency_key=key,
                state=CommandState.QUEUED,
                created_at=now,
            )
            await self._ledger.enqueue(command)
            following = max(now, due.at) + self._every[RECONCILE if reconcile else POLL]
            await self._ledger.finish_due(due.kind, due.key, worker=self._name, next_at=following)

    async def _keep_time(self) -> None:
        """What instants known ahead ask for is done at that instant, whatever order is being carried out meanwhile."""
        flows = {_turn_of(GATE, name): it for name, it in self._flows.items() if isinstance(it, Timely)}
        while flows:
            await asyncio.sleep(TICK)
            now = await self._clock.now()
            lease = now + self._every[POLL]
            async with self._busy:
                taken = await self._ledger.take_due(now, kinds=list(flows), limit=10, worker=self._name, lease=lease)
                for due in taken:
                    try:
                        await flows[due.kind].in_time()
                    except Exception as error:
                        log.exception("worker.in_time", flow=due.key, why=str(error))
                    else:  # what the run has set for the next instant stays
                        await self._ledger.finish_due(due.kind, due.key, worker=self._name, next_at=None)


def lifecycle_of(flows: Flows) -> MirrorParts:
    """The parts of flow lifecycle, which knows how long an asset stands as it does. Raises `Refused` without it."""
    flow = flows.get(FlowName.LIFECYCLE)
    if flow is None or not isinstance(flow.parts, MirrorParts):
        raise Refused("Nothing says how assets stand here: flow `lifecycle` is not configured. So everything is kept.")
    return flow.parts


def _turn_of(what: str, flow: FlowName) -> str:
    return f"{what}:{flow}"


def _far(flow: Flow) -> str:
    it = flow.parts.progress
    left = f"{it.seconds_left:.0f}" if it.seconds_left is not None else ""
    return f"{it.stage}|{it.ended}|{it.total}|{it.bytes}|{left}"


def _told(result: RunResult) -> Mapping[str, Any]:
    return {"summary": result.summary, "exit_code": result.exit_code}
