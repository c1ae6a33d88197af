"""Commands that ask for work: each is an order in the ledger, carried out here or by a running `serve`."""

from __future__ import annotations

import asyncio
import errno
import signal
from collections.abc import Mapping
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from dambridge.bootstrap import (
    Bridge,
    Service,
    Settings,
    errands_of,
    hear_hooks,
    known_flow,
    open_bridge,
    open_search,
    open_store,
)
from dambridge.bootstrap.lasting import settle
from dambridge.cli.context import Context, WrongUse, actor, can_be_written, go, leave
from dambridge.cli.rendering import errors, outcome_text, print_json, say, summary, table, warn
from dambridge.engine.ordering import give, is_served
from dambridge.model.commands import CommandKind, CommandState
from dambridge.model.identity import CommandId, FlowName, PlanId
from dambridge.model.plans import Plan, read_plan
from dambridge.planning.provenance import changes_by_rule
from dambridge.planning.retention import is_of_retention
from dambridge.ports.errors import NextMove, Refused
from dambridge.ports.ledger import AuditEntry, Ledger
from dambridge.telemetry.figures import duration, size
from dambridge.telemetry.wording import foretold, words


def run(context: Context, *, flow: str | None, full: bool, reconcile: bool) -> None:
    result = _ordered(context, flow, CommandKind.RUN, {"full": full, "reconcile": reconcile}, by="")
    _finish(context, result)


def plan(context: Context, *, flow: str | None, full: bool, out: Path | None) -> None:
    can_be_written(out)
    flow = flow or _only(context.settings())
    _show_made(context, _ordered(context, flow, CommandKind.PLAN, {"full": full}, by=""), out)


def plan_retention(context: Context, *, out: Path | None) -> None:
    can_be_written(out)
    if context.settings().flows.lifecycle is None:
        raise WrongUse("Nothing says how assets stand here: flow `lifecycle` is not configured. So everything is kept.")
    _show_made(context, _ordered(context, None, CommandKind.PLAN_RETENTION, {}, by=""), out)


def _show_made(context: Context, result: Mapping[str, Any], out: Path | None) -> None:
    """The plan that an order has made, and how it went."""
    if "plan" not in result:
        _finish(context, result)
    made = go(lambda: _plan_of(context, PlanId(result["plan"])))
    if out is not None:
        out.write_text("".join(f"{line}\n" for line in made.lines()), encoding="utf-8")
    if context.json:
        header = made.header.to_json()
        changes = [it.to_json() for it in changes_by_rule(made.actions)]
        more = {"changes": changes} if changes else {}
        print_json({**header, "plan": made.id, "format": header["plan"], "file": str(out) if out else None, **more})
    else:
        _show_plan(made, out)
    leave(int(result["exit_code"]))


def apply(context: Context, *, plan: str, by: str, pilot: int, wave: int, allow_tripped: bool) -> None:
    plan_id, flow = take_in(context, plan)
    if not by.strip() and any(map(is_of_retention, go(lambda: _plan_of(context, plan_id)).actions)):
        raise WrongUse("What is deleted is deleted in somebody's name: --by NAME.")
    scope = {"plan": plan_id, "pilot": pilot, "wave": wave, "allow_tripped": allow_tripped}
    _finish(context, _ordered(context, flow, CommandKind.APPLY, scope, by=by))


def pause(context: Context, *, flow: str | None, by: str, hold: bool) -> None:
    who = actor(by)

    async def work() -> tuple[FlowName, ...]:
        settings = context.settings()
        flows = meant(settings, flow)
        async with open_store(settings) as (ledger, clock):
            now, event = await clock.now(), "flow.paused" if hold else "flow.resumed"
            for it in flows:
                await ledger.set_control(f"paused:{it}", who if hold else None)
            await ledger.audit([AuditEntry(at=now, actor=who, event=event, subject=it, detail={}) for it in flows])
        return flows

    flows = go(work)
    if context.json:
        print_json({"flows": flows, "paused": hold, "by": who})
        return
    for it in flows:
        say(f"{it} is held; what is under way ends." if hold else f"{it} goes on with the next run.")


def meant(settings: Settings, flow: str | None) -> tuple[FlowName, ...]:
    """The flow of this name, or all that are configured."""
    try:
        return settings.flows.configured if flow is None else (known_flow(settings, flow),)
    except Refused as error:
        raise WrongUse(str(error)) from None


def _only(settings: Settings) -> FlowName:
    configured = settings.flows.configured
    if len(configured) > 1:
        names = ", ".join(f"`{it}`" for it in configured)
        raise WrongUse(f"A plan is of one flow, and here are {len(configured)}: {names}. Say which: --flow NAME.")
    return configured[0]


def serve(context: Context) -> None:
    async def work() -> None:
        settings = context.settings()
        async with AsyncExitStack() as stack:
            bridge = await stack.enter_async_context(open_bridge(settings))
            port = await stack.enter_async_context(hear_hooks(settings, bridge))
            address = await _console(settings, bridge, stack)
            service = Service(settings, bridge)
            loop = asyncio.get_running_loop()
            for it in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(it, service.stop)
            if not context.json:
                say(f"Working as {bridge.worker_name}; Ctrl-C ends after the order under way.")
                if port is not None:
                    say(f"Webhooks are heard on port {port}, for {', '.join(sorted(bridge.hints)) or 'nobody'}.")
                if address is not None:
                    say(f"The console is at {address}; people sign in (`dambridge users add`).")
            settle()
            await service.run()

    go(work)
    if context.json:
        print_json({"stopped": True})


async def _console(settings: Settings, bridge: Bridge, stack: AsyncExitStack) -> str | None:
    """Serve the console where one is wanted, and say where."""
    if settings.console is None:
        return None
    from dambridge.console import console_served  # noqa: PLC0415 - a web framework that no other command needs

    return await stack.enter_async_context(console_served(settings, bridge, search=open_search))


def _ordered(
    context: Context, flow: str | None, kind: CommandKind, scope: Mapping[str, Any], *, by: str
) -> Mapping[str, Any]:
    """What became of an order about this flow, or about all of them."""

    async def work() -> Mapping[str, Any]:
        settings = context.settings()
        meant(settings, flow)
        return await ordered(context, settings, kind, {**scope, "flow": str(flow or "")}, by=by)

    return go(work)


async def ordered(
    context: Context, settings: Settings, kind: CommandKind, scope: Mapping[str, Any], *, by: str
) -> Mapping[str, Any]:
    """Give an order and wait for its end, by a running server or here; `scope` names the flow whose progress is shown."""
    async with open_store(settings) as (ledger, clock):
        command = (await give(ledger, clock, kind, scope, by=actor(by), via="cli")).id
        if await is_served(ledger):
            return await _watch(context, ledger, command)
        async with AsyncExitStack() as stack:
            try:
                bridge = await stack.enter_async_context(open_bridge(settings))
            except NextMove as error:
                told = {"error": str(error), "exit_code": 1}
                await ledger.finish_command(command, state=CommandState.FAILED, result=told)
                raise
            return await _carry_out(context, bridge, command)


async def _carry_out(context: Context, bridge: Bridge, command: CommandId) -> Mapping[str, Any]:
    worker = bridge.worker(serving=False, errands=errands_of(context.settings()))
    with _bar(context) as bar:
        task = bar.add_task("looking", total=None)

        def told(flow: FlowName, it: Any) -> None:
            left = f" · about {duration(it.seconds_left)} left" if it.seconds_left else ""
            bar.update(task, description=f"{flow}: {it.stage}{left}", completed=it.ended, total=it.total or None)

        for name, flow in bridge.flows.items():
            flow.parts.progress.listener = partial(told, name)
        done = await worker.execute(command)
    return done.result or {"error": "The order ended without a result.", "exit_code": 1}


async def _watch(context: Context, ledger: Ledger, command: CommandId) -> Mapping[str, Any]:
    """Wait for a server to carry the order out, showing its progress."""
    with _bar(context) as bar:
        task = bar.add_task("waiting for the server", total=None)
        while True:
            known = await ledger.command(command)
            if known is not None and known.state in {CommandState.DONE, CommandState.FAILED}:
                return known.result or {"error": "The order ended without a result.", "exit_code": 1}
            flow, stage, ended, total, *_ = (await ledger.control("progress") or "|||").split("|")
            if stage:
                bar.update(task, description=f"{flow}: {stage}", completed=int(ended), total=int(total) or None)
            if not await is_served(ledger):
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


def take_in(context: Context, plan: str) -> tuple[PlanId, FlowName]:
    """The plan's id and flow. A plan file is brought into the store first; an id must be there. Raises `PlanDamaged` for a
    tampered file."""
    made = _in_file(plan)

    async def work() -> tuple[PlanId, FlowName]:
        async with open_store(context.settings()) as (ledger, clock):
            lines = await ledger.plan_lines(made.id if made is not None else PlanId(plan))
            if made is None:
                if lines is None:
                    raise WrongUse(f"There is no plan {plan} here, and no such file. List them with `dambridge plans`.")
                return PlanId(plan), read_plan(lines).header.flow
            if lines is None:
                now = await clock.now()
                await ledger.save_plan(made.id, made.header.flow, at=now, lines=list(made.lines()))
            return made.id, made.header.flow

    return go(work)


def _in_file(given: str) -> Plan | None:
    """The plan in the file of that name; none where there is no such file, and no file can have such a name."""
    try:
        text = Path(given).read_text(encoding="utf-8") if Path(given).is_file() else None
    except UnicodeDecodeError:
        raise WrongUse(f"{given} is no plan: it is no text. Make one with `dambridge plan --out FILE`.") from None
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:
            raise
        return None
    return read_plan(text.splitlines()) if text is not None else None


def _show_plan(plan: Plan, out: Path | None) -> None:
    header = plan.header
    rows = [[name, str(count)] for name, count in sorted(header.counts.items())]
    table(f"{header.flow} · plan {plan.id}", ["what", "how many"], rows)
    forecast = header.forecast
    calls = ", ".join(f"{account} {count}" for account, count in forecast.calls.items()) or "none"
    say(
        f"Takes about {duration(forecast.seconds)}: {size(forecast.bytes)} to move; calls: {calls}; "
        f"store grows by {size(forecast.store_bytes)}."
    )
    samples = [
        [str(it.source), it.file_name, str(it.kind), foretold(it.reasons[0]) if it.reasons else ""]
        for it in plan.actions[:10]
    ]
    if samples:
        table("The first of what it would do", ["asset", "file", "action", "why"], samples)
    for change in changes_by_rule(plan.actions)[:20]:
        rows = [[it["asset"], it["file"], it["before"] or "-", it["after"] or "-"] for it in change.samples]
        title = f"{change.name} by the rule {change.rule}: {change.assets} assets"
        table(title, ["asset", "file", "before", "after"], rows)
    left: list[list[str | Text]] = [
        [str(it.key), it.file_name, outcome_text(it.leave.outcome), words(it.leave.reason)] for it in plan.left[:10]
    ]
    if left:
        table("The first of what it would leave", ["asset", "file", "outcome", "why"], left)
    for reason in header.tripped:
        warn(f"Guard: {words(reason)}", style="yellow")
    say(f"Apply it: dambridge apply {out or plan.id}   (valid until {header.expires_at:%Y-%m-%d %H:%M} UTC)")
