"""Warnings for people: what is pressing now, and telling whoever has not been told."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from dambridge.bootstrap import open_bridge
from dambridge.cli.context import Context, WrongUse, go, leave
from dambridge.cli.rendering import print_json, say
from dambridge.engine.warning import Warner, alarms_now, warn
from dambridge.model.alarms import Alarm, AlarmKind
from dambridge.telemetry.alarm_words import digest

NEEDS_A_PERSON = 3
CALM = frozenset({AlarmKind.LOOSENED, AlarmKind.EXPIRING, AlarmKind.OPENING})


def show(context: Context) -> None:
    async def work(warner: Warner) -> tuple[list[Alarm], int]:
        return await alarms_now(warner), warner.days

    found, days = _with(context, work)
    if context.json:
        rows = [{"kind": str(it.kind), "about": it.about, "count": it.count, "samples": it.samples} for it in found]
        print_json({"alarms": rows, "days": days})
    else:
        say(digest(found, days=days)[1] if found else "Nothing is pressing.")
    leave(NEEDS_A_PERSON if any(it.kind not in CALM for it in found) else 0)


def send(context: Context) -> None:
    async def work(warner: Warner) -> tuple[dict[str, int], list[str]]:
        told = dict(await warn(warner))
        return told, [it.name for it in warner.recipients if it.name not in told]

    told, missed = _with(context, work)
    if context.json:
        print_json({"told": told, "not_reached": missed})
    else:
        for name, count in told.items():
            say(f"{name}: {count} alarms." if count else f"{name}: nothing new.")
        for name in missed:
            say(f"{name} could not be reached and is told next time.", style="yellow")
    leave(1 if missed else 0)


def _with(context: Context, work: Callable[[Warner], Awaitable[Any]]) -> Any:
    async def opened() -> Any:
        async with open_bridge(context.settings(), work=False) as bridge:
            if bridge.warner is None:
                raise WrongUse("Nobody is to be told anything: name `warnings.recipients` in the configuration.")
            return await work(bridge.warner)

    return go(opened)
