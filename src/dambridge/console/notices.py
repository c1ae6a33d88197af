"""What became of an order that somebody gave on a page: the next page says it, in one sentence, from the order's own row."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from fastapi import Request
from fastapi.responses import RedirectResponse

from dambridge.console.desk import Desk, desk_of
from dambridge.console.guarding import Signed, inner
from dambridge.console.rendering import many
from dambridge.engine.errands import far_of
from dambridge.engine.ordering import ended_within, give, is_served
from dambridge.model.commands import Command, CommandKind, CommandState
from dambridge.model.identity import CommandId

PATIENCE = timedelta(seconds=1.5)
"""How long a page waits for an order to end before it says that it is under way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One sentence with its tone (`good`, `warn`, `bad`, `info`); `details` one click away. `running` where more comes."""

    tone: str
    says: str
    details: tuple[str, ...] = ()
    order: str = ""
    running: bool = False
    leads_to: str = ""
    called: str = ""


async def order(
    request: Request, who: Signed, kind: CommandKind, scope: Mapping[str, Any], *, back: str
) -> RedirectResponse:
    """Give the order, wait a moment for its end, and lead to the page that says what became of it."""
    desk = desk_of(request)
    form = await request.form()
    once = str(form.get("once") or "")
    key = (
        f"{kind}:{once}:{json.dumps(scope, sort_keys=True)}" if once else ""
    )  # the same form with another wish is another order
    given = await give(desk.ledger, desk.clock, kind, scope, by=who.name, via="console", key=key)
    if await is_served(desk.ledger):
        await ended_within(desk.ledger, given.id, PATIENCE)
    return RedirectResponse(with_order(inner(back), given.id), status_code=303)


def with_order(path: str, command: str) -> str:
    kept, _, rest = path.partition("#")
    joined = f"{kept}{'&' if '?' in kept else '?'}order={command}"
    return f"{joined}#{rest}" if rest else joined


async def notice_of(request: Request, who: Signed) -> Notice | None:
    """The notice that this page's address asks for; of one's own orders alone."""
    desk, wanted = desk_of(request), request.query_params.get("order", "")
    command = await desk.ledger.command(CommandId(wanted)) if wanted else None
    if command is None or command.actor != who.name:
        return None
    return await told(desk, command, part=who.of_a_part)


async def told(desk: Desk, command: Command, *, part: bool = False) -> Notice:
    """How it stands; whoever answers for a `part` is told no numbers of a whole flow."""
    if command.state in {CommandState.QUEUED, CommandState.RUNNING}:
        served = await is_served(desk.ledger)
        says = "It is under way." if served else "It stands in line, and nobody works: start `dambridge serve`."
        if served and command.state is CommandState.QUEUED:
            says = "It stands in line behind the work under way."
        elif far := await desk.ledger.control(far_of(command.id)):
            says = f"It is under way: {far}."
        return Notice(tone="info", says=says, order=command.id, running=True)
    result = command.result or {}
    if "error" in result:
        return Notice(tone="bad", says=str(result["error"]), order=command.id)
    if part and "summary" in result:
        return Notice(tone="warn" if result.get("exit_code") else "good", says="The run has ended.")
    return _done(command, result)


def _done(command: Command, result: Mapping[str, Any]) -> Notice:
    tone = "warn" if result.get("exit_code") else "good"
    match command.kind:
        case CommandKind.SETTLE:
            left = tuple(str(it["why"]) for it in result.get("left", ()))
            says = f"Settled {many(int(result['ruled']), 'conflict')}; the next run carries it out."
            return Notice(tone=tone, says=says, details=left)
        case CommandKind.UNDO:
            return Notice(tone=tone, says="Taken back.")
        case CommandKind.DECIDE_TERM:
            says = f"Decided; the next run repairs {many(int(result['assets']), 'asset')}."
            return Notice(tone="good", says=says)
        case CommandKind.UNDO_TERM:
            return Notice(tone="good", says="Taken back; its assets wait again with the next run.")
        case CommandKind.REVIEW | CommandKind.HOLD:
            left = tuple(f"{asset}: {why}" for asset, why in result.get("left", {}).items())
            return Notice(tone=tone, says=f"Done for {many(len(result.get('moved', ())), 'file')}.", details=left)
        case CommandKind.COMPARE | CommandKind.PROBE | CommandKind.REFILL:
            return _of_errand(command.kind, result, tone)
        case CommandKind.REBUILD:
            held = (
                f"{many(int(result['rebuilt']['active']), 'link')} as before, {result['rebuilt']['held']} sources held."
            )
            return Notice(tone=tone, says=f"The store was made anew: {held}")
        case CommandKind.RELEASE:
            return Notice(
                tone=tone, says=f"Let go: {many(int(result['released']), 'asset')}. The next run does the rest."
            )
        case CommandKind.PLAN | CommandKind.PLAN_RETENTION:
            return Notice(
                tone=tone, says="The plan is made.", leads_to=f"/plans/{result['plan']}", called="Look at the plan"
            )
        case CommandKind.WEBHOOK if "took" in result:
            answer = str(result["status"] or result["error"])
            return Notice(tone="good" if result["took"] else "bad", says=f"Sent; the answer: {answer}.")
        case CommandKind.RUN | CommandKind.APPLY if "summary" in result:
            return _of_run(result["summary"], tone)
    return Notice(tone=tone, says="Done.")


def _of_run(summary: Mapping[str, Any], tone: str) -> Notice:
    flows = summary.get("flows", {}).values()
    done, waiting = (sum(int(it.get(name, 0)) for it in flows) for name in ("done", "waiting"))
    says = f"The run has ended: {many(done, 'asset')} done, {many(waiting, 'asset')} waiting."
    run = str(summary.get("run_id") or "")
    return Notice(tone=tone, says=says, leads_to=f"/runs/{run}" if run else "", called="Look at the run" if run else "")


def _of_errand(kind: CommandKind, result: Mapping[str, Any], tone: str) -> Notice:
    match kind:
        case CommandKind.COMPARE:
            pairs = f"{many(int(result['certain']), 'pair')} certain, {result['review']} for a person"
            return Notice(tone=tone, says=f"Compared: {pairs}, {many(int(result['alone']), 'asset')} alone.")
        case CommandKind.PROBE:
            counts = f"{result['answered']} of {many(int(result['asked']), 'question')} answered"
            says = f"{result['account']}: {counts}. It counts from the next start on."
            return Notice(tone=tone, says=says, details=(*result["warnings"], *result["left"]))
        case CommandKind.REFILL:
            told = f"{many(int(result['read']), 'asset')} read, {result['taken_out']} taken out."
            return Notice(tone=tone, says=told, details=tuple(f"{it}: {why}" for it, why in result["unproven"].items()))
    return Notice(tone=tone, says="Done.")
