"""Other programs that are told: how each stands, what was sent, and orders about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from dambridge.bootstrap import open_announcer, open_bridge
from dambridge.cli.context import Context, WrongUse, go, leave
from dambridge.cli.orders import ordered
from dambridge.cli.rendering import print_json, say, table, warn
from dambridge.engine.announcing import AnnouncerStanding, announce_now, standings_of
from dambridge.engine.ordering import is_served
from dambridge.model.commands import CommandKind
from dambridge.model.webhooks import Delivery, DeliveryState
from dambridge.ports.errors import Refused

NEEDS_A_PERSON = 3
NOBODY = "Nobody is told anything here: name `webhooks` in the configuration."


def listed(context: Context) -> None:
    async def work() -> Sequence[AnnouncerStanding]:
        async with open_announcer(context.settings()) as announcer:
            return await standings_of(announcer)

    found = _or_wrong_use(work)
    if context.json:
        print_json({"endpoints": [it.to_json() for it in found]})
    else:
        rows = [[it.name, it.where, ", ".join(sorted(it.types)), str(it.waiting), it.says] for it in found]
        table("Webhooks", ["endpoint", "host", "hears of", "waiting", "how it stands"], rows)
    leave(NEEDS_A_PERSON if any(it.disabled_at is not None for it in found) else 0)


def show(context: Context, name: str, *, state: str, limit: int) -> None:
    if state and state not in set(DeliveryState):
        raise WrongUse(f"A delivery is one of {', '.join(DeliveryState)}.")
    chosen = DeliveryState(state) if state else None

    async def work() -> Sequence[Delivery]:
        async with open_announcer(context.settings()) as announcer:
            announcer.listener(name)
            return await announcer.store.deliveries(name, state=chosen, limit=limit)

    found = _or_wrong_use(work)
    if context.json:
        print_json({"endpoint": name, "deliveries": [it.to_json() for it in found]})
        return
    rows = [[it.id, str(it.type), _at(it.made_at), str(it.state), it.answer, str(it.attempts)] for it in found]
    table(f"Deliveries to {name}", ["message", "type", "made", "state", "answer", "attempts"], rows)
    if not found:
        say("None yet.")


def ordered_about(context: Context, name: str, what: str, *, by: str, **more: Any) -> None:
    """Test, redeliver or enable, by a running server or here."""
    settings = context.settings()
    if settings.webhooks is None:
        raise WrongUse(NOBODY)

    async def work() -> Mapping[str, Any]:
        scope = {"endpoint": name, "do": what, "flow": "", **more}
        return await ordered(context, settings, CommandKind.WEBHOOK, scope, by=by)

    told = go(work)
    if context.json:
        print_json({name: it for name, it in told.items() if name != "exit_code"})
    elif "error" in told and "took" not in told:
        warn(str(told["error"]))
    elif "took" in told:
        answer = f"answered {told['status']}" if told["status"] else f"did not answer: {told['error']}"
        say(f"{name} {answer}." if told["took"] else f"{name} {answer}. It was not taken.")
    else:
        say(f"{name} is told again.")
    leave(int(told["exit_code"]))


def send(context: Context) -> None:
    async def work() -> int:
        async with open_bridge(context.settings(), work=False) as bridge:
            if bridge.announcer is None:
                raise WrongUse(NOBODY)
            if await is_served(bridge.common.ledger):
                raise WrongUse("The server that works here sends them; `dambridge webhooks show` says how it goes.")
            return await announce_now(bridge.announcer)

    count = go(work)
    if context.json:
        print_json({"taken": count})
    else:
        say(f"{count} deliveries were taken.")


def _or_wrong_use(work: Any) -> Any:
    try:
        return go(work)
    except Refused as error:
        raise WrongUse(str(error)) from None


def _at(it: datetime) -> str:
    return f"{it:%Y-%m-%d %H:%M:%S} UTC"
