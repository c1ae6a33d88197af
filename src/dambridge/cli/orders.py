"""Commands that ask for work: each is an order in the ledger, carried out here or by a running `serve`."""

from __future__ import annotations

import asyncio
import re
import signal
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from dambridge.bootstrap import Bridge, Settings, hear_hooks, known_flow, open_bridge, open_store
from dambridge.cli.context import Context, WrongUse, actor, go, leave
from dambridge.cli.rendering import duration, errors, outcome_text, print_json, say, size, summary, table, warn
from dambridge.engine.worker import Worker
from dambridge.model.actions import Action
from dambridge.model.commands import Command, CommandKind, CommandState
from dambridge.model.identity import CommandId, FlowName, PlanId, derived_id
from dambridge.model.plans import Plan, read_plan
from dambridge.ports.errors import NextMove, Refused
from dambridge.ports.ledger import AuditEntry, Ledger
from dambridge.telemetry.wording import words

SILENT_AFTER = 30.0
"""Seconds without a heartbeat after which a worker no longer counts as living."""


def run(context: Context, *, flow: str, full: bool) -> None:
    result = _ordered(context, flow, CommandKind.RUN, {"full": full}, by="")
    _finish(context, result)


def plan(context: Context, *, flow: str, full: bool, out: Path | None) -> None:
    result = _ordered(context, flow, CommandKind.PLAN, {"full": full}, by="")
    if "plan" not in result:
        _finish(context, result)
    made = go(lambda: _plan_of(context, PlanId(result["plan"])))
    if out is not None:
        out.write_text("".join(f"{line}\n" for line in made.lines()), encoding="utf-8")
    if context.json:
        header = made.header.to_json()
        print_json({**header, "plan": made.id, "format": header["plan"], "file": str(out) if out else None})
    else:
        _show_plan(made, out)
    leave(int(result["exit_code"]))


def apply(context: Context, *, plan: str, by: str, pilot: int, wave: int, allow_tripped: bool) -> None:
    plan_id = take_in(context, plan)
    scope = {"plan": plan_id, "pilot": pilot, "wave": wave, "allow_tripped": allow_tripped}
    _finish(context, _ordered(context, FlowName.INTAKE, CommandKind.APPLY, scope, by=by))


def pause(context: Context, *, flow: str, by: str, hold: bool) -> None:
    who = actor(by)

    async def work() -> None:
        settings = context.settings()
        _known(settings, flow)
        async with open_store(settings) as (ledger, clock):
            await ledger.set_control(f"paused:{flow}", who if hold else None)
            event = "flow.paused" if hold else "flow.resumed"
            await ledger.audit([AuditEntry(at=await clock.now(), actor=who, event=event, subject=flow, detail={})])

    go(work)
    if context.json:
        print_json({"flow": flow, "paused": hold, "by": who})
    else:
        say(f"{flow} is held; what is under way ends." if hold else f"{flow} goes on with the next run.")


def _known(settings: Settings, flow: str) -> None:
    try:
        known_flow(settings, flow)
    except Refused as error:
        raise WrongUse(str(error)) from None


def serve(context: Context) -> None:
    async def work() -> None:
        settings = context.settings()
        async with open_bridge(settings) as bridge, hear_hooks(settings, bridge) as port:
            worker = Worker(bridge.parts, name=bridge.worker_name, serving=True)
            loop = asyncio.get_running_loop()
            for it in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(it, worker.stop)
            if not context.json:
                say(f"Working as {bridge.worker_name}; Ctrl-C ends after the order under way.")
                if port is not None:
                    say(f"Webhooks are heard on port {port}, for {', '.join(sorted(bridge.hints)) or 'nobody'}.")
            await worker.serve()

    go(work)
    if context.json:
        print_json({"stopped": True})


def _ordered(context: Context, flow: str, kind: CommandKind, scope: Mapping[str, Any], *, by: str) -> Mapping[str, Any]:
    async def work() -> Mapping[str, Any]:
        settings = context.settings()
        _known(settings, flow)
        async with open_store(settings) as (ledger, clock):
            command = await _enqueue(ledger, kind, {**scope, "flow": str(flow)}, by=actor(by), now=await clock.now())
            if await _served(ledger):
                return await _watch(context, ledger, command, flow)
            async with AsyncExitStack() as stack:
                try:
                    bridge = await stack.enter_async_context(open_bridge(settings))
                except NextMove as error:
                    told = {"error": str(error), "exit_code": 1}
                    await ledger.finish_command(command, state=CommandState.FAILED, result=told)
                    raise
                return await _carry_out(context, bridge, command)

    return go(work)


async def _enqueue(ledger: Ledger, kind: CommandKind, scope: Mapping[str, Any], *, by: str, now: Any) -> CommandId:
    stamp = f"{time.time_ns()}"
    command = Command(
        id=CommandId(derived_id("co", str(kind), by, stamp)),
        kind=kind,
        actor=by,
        via="cli",
        scope=scope,
        idempotency_key=derived_id("ik", str(kind), by, stamp),
        state=CommandState.QUEUED,
        created_at=now,
    )
    return (await ledger.enqueue(command)).id


async def _served(ledger: Ledger) -> bool:
    since = time.time() - SILENT_AFTER  # noqa: TID251 - heartbeats are real time
    return any(serving for _, serving in await ledger.live_workers(since=since))


async def _carry_out(context: Context, bridge: Bridge, command: CommandId) -> Mapping[str, Any]:
    worker = Worker(bridge.parts, name=bridge.worker_name, serving=False)
    with _bar(context) as bar:
        task = bar.add_task("looking", total=None)

        def told(progress: Any) -> None:
            left = f" · about {duration(progress.seconds_left)} left" if progress.seconds_left else ""
            bar.update(task, description=progress.stage + left, completed=progress.ended, total=progress.total or None)

        bridge.parts.progress.listener = told
        done = await worker.execute(command)
    return done.result or {"error": "The order ended without a result.", "exit_code": 1}


async def _watch(context: Context, ledger: Ledger, command: CommandId, flow: str) -> Mapping[str, Any]:
    """Wait for a server to carry the order out, showing its progress."""
    with _bar(context) as bar:
        task = bar.add_task("waiting for the server", total=None)
        while True:
            known = await ledger.command(command)
            if known is not None and known.state in {CommandState.DONE, CommandState.FAILED}:
                return known.result or {"error": "The order ended without a result.", "exit_code": 1}
            told = (await ledger.control(f"progress:{flow}") or "||||").split("|")
            if told[1]:
                bar.update(task, description=told[0], completed=int(told[1]), total=int(told[2]) or None)
            if not await _served(ledger):
                return {
                    "error": "The server fell silent. The order stands in the ledger: start `dambridge serve`, or run again.",
                    "exit_code": 1,
                }
            await asyncio.sleep(0.3)


def _bar(context: Context) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=errors, transient=True, disable=context.json or not errors.is_terminal)


def _finish(context: Context, result: Mapping[str, Any]) -> None:
    if "summary" in result:
        if context.json:
            print_json(result["summary"])
        else:
            summary(result["summary"])
    elif context.json:
        print_json({"error": result.get("error", ""), "exit_code": result["exit_code"]})
    else:
        warn(str(result.get("error", "")))
    leave(int(result["exit_code"]))


async def _plan_of(context: Context, plan_id: PlanId) -> Plan:
    async with open_store(context.settings()) as (ledger, _):
        return read_plan(await ledger.plan_lines(plan_id) or [])


def take_in(context: Context, plan: str) -> PlanId:
    """A plan file is brought into the store first; an id must be there. Raises `PlanDamaged` for a tampered file."""
    file = Path(plan)
    made = read_plan(file.read_text(encoding="utf-8").splitlines()) if file.is_file() else None

    async def work() -> PlanId:
        async with open_store(context.settings()) as (ledger, clock):
            plan_id = made.id if made is not None else PlanId(plan)
            known = await ledger.plan_lines(plan_id) is not None
            if made is not None and not known:
                await ledger.save_plan(made.id, made.header.flow, at=await clock.now(), lines=list(made.lines()))
            elif not known:
                raise WrongUse(f"There is no plan {plan} here, and no such file. List them with `dambridge plans`.")
        return plan_id

    return go(work)


def _foretold(action: Action) -> str:
    """Why an action is planned; a date that the file may correct shows as the one known now."""
    said = words(action.reasons[0]) if action.reasons else ""
    return re.sub(r"\{(?:year|month|day)\|([^{}]*)\}", r"\1", said)


def _show_plan(plan: Plan, out: Path | None) -> None:
    header = plan.header
    rows = [[name, str(count)] for name, count in sorted(header.counts.items())]
    table(f"Plan {plan.id}", ["what", "how many"], rows)
    forecast = header.forecast
    calls = ", ".join(f"{account} {count}" for account, count in forecast.calls.items()) or "none"
    say(
        f"Takes about {duration(forecast.seconds)}: {size(forecast.bytes)} to move; calls: {calls}; "
        f"store grows by {size(forecast.store_bytes)}."
    )
    samples = [[str(it.source), it.file_name, str(it.kind), _foretold(it)] for it in plan.actions[:10]]
    if samples:
        table("The first of what it would do", ["asset", "file", "action", "why"], samples)
    left: list[list[str | Text]] = [
        [str(it.key), it.file_name, outcome_text(it.leave.outcome), words(it.leave.reason)] for it in plan.left[:10]
    ]
    if left:
        table("The first of what it would leave", ["asset", "file", "outcome", "why"], left)
    for reason in header.tripped:
        warn(f"Guard: {words(reason)}", style="yellow")
    say(f"Apply it: dambridge apply {out or plan.id}   (valid until {header.expires_at:%Y-%m-%d %H:%M} UTC)")
