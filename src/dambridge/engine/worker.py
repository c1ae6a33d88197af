"""The one worker: takes orders from the ledger and carries them out; `serve` also gives the orders that fall due."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any

import structlog

from dambridge.engine.parts import Parts
from dambridge.engine.previewing import apply, preview, stored
from dambridge.engine.ruling import rule
from dambridge.engine.running import RunResult, run_flow
from dambridge.model.commands import Command, CommandKind, CommandState
from dambridge.model.identity import CommandId, PlanId, derived_id
from dambridge.model.plans import PlanDamaged
from dambridge.ports.errors import CannotGoOn, NextMove
from dambridge.ports.ledger import Due

POLL = "poll"
TICK = 0.5
BEAT = 5.0
log = structlog.get_logger()


class Worker:
    """Executes orders one at a time, in the order in which they were given."""

    def __init__(self, parts: Parts, *, name: str, serving: bool) -> None:
        self._parts = parts
        self._name = name
        self._serving = serving
        self._stop = asyncio.Event()

    def stop(self) -> None:
        """Finish the order under way and end."""
        self._stop.set()

    async def execute(self, command: CommandId) -> Command:
        """Work until this order has ended; orders given before it go first."""
        async with asyncio.TaskGroup() as group:
            beats = group.create_task(self._beat())
            try:
                while True:
                    known = await self._parts.ledger.command(command)
                    if known is not None and known.state in {CommandState.DONE, CommandState.FAILED}:
                        return known
                    if not await self._next():
                        await asyncio.sleep(TICK / 5)
            finally:
                beats.cancel()

    async def serve(self) -> None:
        """Take orders and give those that fall due, until `stop`."""
        async with asyncio.TaskGroup() as group:
            beats = group.create_task(self._beat())
            try:
                await self._set_up_due()
                while not self._stop.is_set():
                    await self._give_due_orders()
                    if not await self._next():
                        await self._idle()
            finally:
                beats.cancel()
                await self._parts.ledger.forget_worker(self._name)

    async def _idle(self) -> None:
        try:
            await asyncio.wait_for(self._stop.wait(), TICK)
        except TimeoutError:
            return

    async def _beat(self) -> None:
        while True:
            beat = time.time()  # noqa: TID251 - a heartbeat is real time: it says that a process lives
            await self._parts.ledger.heartbeat(self._name, serving=self._serving, beat=beat)
            await self._parts.ledger.set_control(f"progress:{self._parts.flow}", self._progress())
            await asyncio.sleep(BEAT if not self._serving else 1.0)

    def _progress(self) -> str:
        it = self._parts.progress
        left = f"{it.seconds_left:.0f}" if it.seconds_left is not None else ""
        return f"{it.stage}|{it.ended}|{it.total}|{it.bytes}|{left}"

    async def _next(self) -> bool:
        command = await self._parts.ledger.claim_command(self._name, now=await self._parts.clock.now())
        if command is None:
            return False
        state, result = await self._carry_out(command)
        await self._parts.ledger.finish_command(command.id, state=state, result=result)
        return True

    async def _carry_out(self, command: Command) -> tuple[CommandState, Mapping[str, Any]]:
        log.info("command.begun", command=command.id, kind=str(command.kind), actor=command.actor)
        try:
            return CommandState.DONE, await self._dispatch(command)
        except (NextMove, PlanDamaged) as error:
            log.warning("command.refused", command=command.id, why=str(error))
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
        scope = command.scope
        match command.kind:
            case CommandKind.RUN:
                return _told(await run_flow(self._parts, command=command.id, full=bool(scope.get("full"))))
            case CommandKind.PLAN:
                plan = await preview(self._parts, full=bool(scope.get("full")))
                return {"plan": plan.id, "exit_code": 3 if plan.header.tripped else 0}
            case CommandKind.APPLY:
                plan = await stored(self._parts, PlanId(scope["plan"]))
                result = await apply(
                    self._parts,
                    plan,
                    approved_by=command.actor,
                    command=command.id,
                    pilot=int(scope.get("pilot", 0)),
                    wave=int(scope.get("wave", 0)),
                    allow_tripped=bool(scope.get("allow_tripped")),
                )
                return _told(result)
            case CommandKind.PAUSE:
                await self._parts.ledger.set_control(f"paused:{self._parts.flow}", command.actor)
                return {"exit_code": 0}
            case CommandKind.RESUME:
                await self._parts.ledger.set_control(f"paused:{self._parts.flow}", None)
                return {"exit_code": 0}
            case CommandKind.SETTLE | CommandKind.UNDO:
                return await rule(self._parts.ledger, command)

    async def _set_up_due(self) -> None:
        if await self._parts.ledger.next_due(kinds=[POLL]) is None:
            now = await self._parts.clock.now()
            await self._parts.ledger.add_due([Due(at=now, kind=POLL, key=str(self._parts.flow), payload={})])

    async def _give_due_orders(self) -> None:
        parts = self._parts
        now = await parts.clock.now()
        lease = now + parts.settings.poll_every * 10
        for due in await parts.ledger.take_due(now, kinds=[POLL], limit=10, worker=self._name, lease=lease):
            key = derived_id("co", due.kind, due.key, due.at.isoformat())
            command = Command(
                id=CommandId(key),
                kind=CommandKind.RUN,
                actor="schedule",
                via="due",
                scope={"flow": due.key},
                idempotency_key=key,
                state=CommandState.QUEUED,
                created_at=now,
            )
            await parts.ledger.enqueue(command)
            following = max(now, due.at) + parts.settings.poll_every
            await parts.ledger.finish_due(due.kind, due.key, worker=self._name, next_at=following)


def _told(result: RunResult) -> Mapping[str, Any]:
    return {"summary": result.summary, "exit_code": result.exit_code}
