"""Telling people what is new, worse or overdue; what they were told stands in the ledger, written once it was handed over."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import structlog

from dambridge.engine.in_force import in_force
from dambridge.engine.rights_desk import RightsDesk, standing_pages
from dambridge.model.alarms import Alarm, AlarmKind, Remembered, Told
from dambridge.model.conflicts import Conflict, ConflictState
from dambridge.model.identity import FlowName
from dambridge.model.reasons import Code
from dambridge.planning.alarms import Outside, alarms_of_loosenings, alarms_of_runs, for_recipient, news
from dambridge.ports.agreeing import AgreeingLedger
from dambridge.ports.clock import Clock
from dambridge.ports.errors import NextMove
from dambridge.ports.notifying import Notice, Notifier
from dambridge.ports.webhooks import HookStore
from dambridge.telemetry.alarm_words import digest

log = structlog.get_logger()
MOST_LATE = 5_000
PAGE = 500


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who is told: `about` which kinds, empty for all."""

    name: str
    about: frozenset[AlarmKind]
    notifier: Notifier


@dataclass(frozen=True, slots=True, kw_only=True)
class Warner:
    """Everything that telling works with. `hooks` knows how it stands with other programs, None where none is told."""

    desk: RightsDesk
    flows: Sequence[FlowName]
    recipients: Sequence[Recipient]
    clock: Clock
    days: int
    every: timedelta
    hooks: HookStore | None = None


async def alarms_now(warner: Warner) -> list[Alarm]:
    """How things stand, from the ledger alone."""
    now = await warner.clock.now()
    ledger = warner.desk.ledger
    late = await ledger.withdrawals(unproven=True, limit=MOST_LATE)
    outside = Outside(late, now, days=warner.days)
    async for rows in standing_pages(replace(warner.desk, now=now), live=False, masters=False):
        outside.look(rows)
    attention = {str(flow): dict(await ledger.attention(flow)) for flow in warner.flows}
    overruled = await _overruled(ledger)
    links = await ledger.links(sorted({it.link for it in overruled}))
    return [
        *outside.alarms(),
        *alarms_of_runs(attention),
        *await _unheard(warner.hooks),
        *await _unreadable(ledger),
        *alarms_of_loosenings(overruled, links, now),
    ]


async def _unheard(hooks: HookStore | None) -> list[Alarm]:
    known = await hooks.endpoints() if hooks is not None else ()
    return [Alarm(kind=AlarmKind.UNHEARD, about=it.name, count=1) for it in known if it.disabled_at is not None]


async def _unreadable(ledger: AgreeingLedger) -> list[Alarm]:
    """One for all workers: their names are others after each start."""
    broken = sum(it.broken for it in await in_force(ledger))
    return [Alarm(kind=AlarmKind.UNREADABLE, about="map and rules", count=broken)] if broken else []


async def _overruled(ledger: AgreeingLedger) -> list[Conflict]:
    """Entries that ended because what permits less stands."""
    found: list[Conflict] = []
    after = None
    while page := await ledger.conflicts(states=(ConflictState.MOOT,), after=after, limit=PAGE):
        found += [it for it in page if it.reason.code is Code.LOOSENING_REFUSED]
        after = page[-1].id
    return found


async def warn(warner: Warner) -> Mapping[str, int]:
    """Tell each recipient what is news to them; gives how many alarms each was told. One who cannot be reached is told next
    time, and keeps nobody else from being told."""
    alarms = await alarms_now(warner)
    now = await warner.clock.now()
    told: dict[str, int] = {}
    for it in warner.recipients:
        fresh = news(for_recipient(alarms, it.about), await _remembered(warner, it), now)
        if fresh.alarms:
            title, text = digest(fresh.alarms, days=warner.days)
            urgent = any(one.kind in {AlarmKind.OVERDUE, AlarmKind.UNCLEAR} for one in fresh.alarms)
            try:
                await it.notifier.send(Notice(title=title, text=text, urgent=urgent))
            except NextMove as error:
                log.warning("warning.unsent", recipient=it.name, why=str(error))
                continue
        await _remember(warner, it, fresh.told)
        told[it.name] = len(fresh.alarms)
    return told


async def _remembered(warner: Warner, recipient: Recipient) -> Remembered:
    kept = await warner.desk.ledger.control(f"warned:{recipient.name}")
    return {key: Told.from_json(it) for key, it in json.loads(kept).items()} if kept else {}


async def _remember(warner: Warner, recipient: Recipient, told: Remembered) -> None:
    text = json.dumps({key: it.to_json() for key, it in sorted(told.items())})
    await warner.desk.ledger.set_control(f"warned:{recipient.name}", text)
