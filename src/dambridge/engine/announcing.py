"""Telling other programs what happened: the audit trail is read on from where each endpoint stands, and each delivery is tried
until it is taken. The trail is the outbox; what is on its way to an endpoint is kept beside it, written with its place in one
transaction."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog

from dambridge.model.alarms import Alarm
from dambridge.model.commands import Command
from dambridge.model.identity import FlowName, RunId, derived_id
from dambridge.model.webhooks import Delivery, DeliveryState, Endpoint, HookEvent, HookType, Listener
from dambridge.planning.webhooks import (
    RAISED,
    Book,
    after,
    counts_of,
    delivery_of,
    enabled,
    event_of,
    hears,
    runs_in,
    standing,
    worse,
)
from dambridge.ports.clock import Clock
from dambridge.ports.errors import NextMove, Refused
from dambridge.ports.ledger import AuditEntry, ChainedEntry, Due
from dambridge.ports.terms import WholeLedger
from dambridge.ports.webhooks import HookSender, HookStore
from dambridge.telemetry.hook_words import hook_words

ANNOUNCE = "announce"
"""The kind of the row that says when an endpoint is told next, with its name after a colon."""
RAISE = "raise"
"""The kind of the row that says when it is looked next at what became pressing."""
REMEMBERED = "announced"
"""The control value with what was raised, by type and what it is about."""
PAGE = 500
MOST_PAGES = 20
"""Pages of the trail that are read in one turn; what comes after them has the next."""
AT_ONCE = 50
"""Deliveries to one endpoint in one turn."""
EVERY = timedelta(seconds=2)
LONGEST_TURN = 45.0
"""Seconds (real ones) after which a turn begins no other attempt."""
LEASE = timedelta(minutes=2)
"""Longer than a turn ever takes; a worker that died holds an endpoint up no longer than that."""
LOOK_EVERY = timedelta(minutes=1)
log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcer:
    """Everything that telling works with. `ways` has a sender for each listener; `alarms` says how things stand, None where
    nothing is shown outside; `jitter` gives numbers in [0, 1)."""

    ledger: WholeLedger
    store: HookStore
    clock: Clock
    listeners: Sequence[Listener]
    ways: Mapping[str, HookSender]
    outlets: Mapping[str, tuple[FlowName, str]]
    flows: Sequence[FlowName]
    alarms: Callable[[], Awaitable[Sequence[Alarm]]] | None
    jitter: Callable[[], float]
    keep: timedelta = timedelta(days=30)

    def listener(self, name: str) -> Listener:
        """Raises `Refused` for a name that is not configured."""
        for it in self.listeners:
            if it.name == name:
                return it
        known = ", ".join(sorted(it.name for it in self.listeners)) or "none"
        raise Refused(f"There is no endpoint `{name}`. Configured: {known}.", code="unknown_endpoint")


async def announce(announcer: Announcer, worker: str) -> int:
    """Whatever is due, of every endpoint at once; gives how many deliveries were taken. Two workers never tell one endpoint."""
    await look(announcer, worker)
    return sum(await asyncio.gather(*(have_turn(announcer, it.name, worker) for it in announcer.listeners)))


async def look(announcer: Announcer, worker: str) -> None:
    """Put on the trail what became pressing, and forget what is old, where this is due."""
    now = await announcer.clock.now()
    for due in await _due(announcer, RAISE, now, worker):
        await raise_alarms(announcer)
        await announcer.store.forget(now - announcer.keep)
        await announcer.ledger.finish_due(due.kind, due.key, worker=worker, next_at=now + LOOK_EVERY)


async def have_turn(announcer: Announcer, name: str, worker: str) -> int:
    """One endpoint's turn, where it is due and no other worker's; gives how many deliveries were taken."""
    now = await announcer.clock.now()
    for due in await _due(announcer, f"{ANNOUNCE}:{name}", now, worker):
        taken = await tell(announcer, name)
        await announcer.ledger.finish_due(due.kind, due.key, worker=worker, next_at=now + EVERY)
        return taken
    return 0


async def announce_now(announcer: Announcer) -> int:
    """The same without waiting for anybody's turn, where no server works beside; gives how many deliveries were taken."""
    await raise_alarms(announcer)
    return sum(await asyncio.gather(*(tell(announcer, it.name) for it in announcer.listeners)))


async def _due(announcer: Announcer, kind: str, now: datetime, worker: str) -> Sequence[Due]:
    """The row of this kind, taken by this worker, where it is due; one that never was there is due now."""
    if await announcer.ledger.next_due(kinds=[kind]) is None:
        await announcer.ledger.add_due([Due(at=now, kind=kind, key=kind.partition(":")[2] or kind, payload={})])
    return await announcer.ledger.take_due(now, kinds=[kind], limit=1, worker=worker, lease=now + LEASE)


async def tell(announcer: Announcer, name: str) -> int:
    """One turn of one endpoint: what the trail has that is new becomes deliveries, and those that are due are tried, the
    oldest first, until one is not taken."""
    endpoint = await gather(announcer, name)
    if endpoint.disabled_at is not None:
        return 0
    taken, passed = 0, asyncio.get_running_loop().time
    begun = passed()
    for it in await announcer.store.due(name, await announcer.clock.now(), limit=AT_ONCE):
        now = await announcer.clock.now()
        resting = endpoint.rest_until is not None and endpoint.rest_until > now
        if resting or passed() - begun > LONGEST_TURN:
            break
        endpoint, done = await attempt(announcer, endpoint, it)
        if done.state is not DeliveryState.DONE:
            break
        taken += 1
    return taken


async def gather(announcer: Announcer, name: str) -> Endpoint:
    """The endpoint, with everything that it is to hear on its way, or as much as one turn holds. A new one hears of what comes
    from now on."""
    listener, store = announcer.listener(name), announcer.store
    endpoint = await store.endpoint(name)
    if endpoint is None:
        endpoint = Endpoint(name=name, cursor=await announcer.ledger.last_audit())
        await store.put_endpoint(endpoint)
    for _ in range(MOST_PAGES if endpoint.disabled_at is None else 0):
        trail = await announcer.ledger.audit_trail(subject=None, after=endpoint.cursor, limit=PAGE)
        if not trail:
            break
        now, book = await announcer.clock.now(), await _book(announcer, trail)
        events = [(it.seq, event_of(it, book)) for it in trail]
        fresh = [
            delivery_of(listener, it, seq=seq, now=now) for seq, it in events if it is not None and hears(listener, it)
        ]
        endpoint = replace(endpoint, cursor=trail[-1].seq)
        await store.put_endpoint(endpoint, fresh)
    return endpoint


async def _book(announcer: Announcer, trail: Sequence[ChainedEntry]) -> Book:
    runs = {it: await announcer.ledger.run(RunId(it)) for it in sorted(runs_in(trail))}
    return Book(runs={name: it.flow for name, it in runs.items() if it is not None}, outlets=announcer.outlets)


async def attempt(announcer: Announcer, endpoint: Endpoint, delivery: Delivery) -> tuple[Endpoint, Delivery]:
    """Try once; both as they stand then, written down together."""
    came_to = await announcer.ways[endpoint.name].send(delivery.id, delivery.body)
    now = await announcer.clock.now()
    tried = after(delivery, came_to, now, jitter=announcer.jitter())
    stands = standing(endpoint, tried, came_to, now)
    told: list[AuditEntry] = []
    if stands.disabled_at is not None and endpoint.disabled_at is None:
        log.warning("webhook.disabled", endpoint=endpoint.name, why=stands.why)
        detail = {"why": stands.why}
        told = [AuditEntry(at=now, actor="dambridge", event="webhook.disabled", subject=endpoint.name, detail=detail)]
    await announcer.store.put_endpoint(stands, [tried], told)
    return stands, tried


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnouncerStanding:
    """How it stands with one endpoint, for people. Of its address the host is shown, of its secrets nothing."""

    name: str
    where: str
    types: frozenset[HookType]
    waiting: int
    failures: int
    disabled_at: datetime | None
    says: str

    def to_json(self) -> dict[str, Any]:
        return {
            "endpoint": self.name,
            "host": self.where,
            "events": sorted(map(str, self.types)),
            "waiting": self.waiting,
            "failures": self.failures,
            "disabled_at": self.disabled_at.isoformat() if self.disabled_at else None,
            "says": self.says,
        }


async def standings_of(announcer: Announcer) -> Sequence[AnnouncerStanding]:
    """Of all that are configured, by name."""
    known = {it.name: it for it in await announcer.store.endpoints()}
    return [
        AnnouncerStanding(
            name=it.name,
            where=announcer.ways[it.name].where,
            types=it.types,
            waiting=await announcer.store.waiting(it.name),
            failures=found.failures if (found := known.get(it.name)) is not None else 0,
            disabled_at=found.disabled_at if found is not None else None,
            says=_says(found),
        )
        for it in sorted(announcer.listeners, key=lambda one: one.name)
    ]


def _says(it: Endpoint | None) -> str:
    if it is None:
        return "Nothing was told yet."
    if it.disabled_at is not None:
        return f"Disabled since {it.disabled_at:%Y-%m-%d %H:%M} UTC. {it.why}"
    if it.failing_since is not None:
        return f"Not taken since {it.failing_since:%Y-%m-%d %H:%M} UTC; tried again."
    return "All is well."


# what became pressing -------------------------------------------------------------------------------------------------


async def raise_alarms(announcer: Announcer) -> int:
    """Put on the trail what is new or worse than it was; gives how many."""
    alarms = await announcer.alarms() if announcer.alarms is not None else ()
    now = counts_of(alarms, await _troubles(announcer))
    kept = await announcer.ledger.control(REMEMBERED)
    if kept is None:  # what stood before anybody listened is no news
        await announcer.ledger.set_control(REMEMBERED, json.dumps(now, sort_keys=True))
        return 0
    before = json.loads(kept)
    news, at = worse(now, before), await announcer.clock.now()
    entries = [_raised(key, count, at) for key, count in sorted(news.items())]
    if entries:
        await announcer.ledger.audit(entries)
    if now != before:
        await announcer.ledger.set_control(REMEMBERED, json.dumps(now, sort_keys=True))
    return len(entries)


def _raised(key: str, count: int, at: datetime) -> AuditEntry:
    kind, _, about = key.partition("|")
    detail = {"type": kind, "about": about, "count": count}
    return AuditEntry(at=at, actor="dambridge", event=RAISED, subject=about, detail=detail)


async def _troubles(announcer: Announcer) -> dict[FlowName, int]:
    """What needs attention after the last run of each flow, a run that stopped early included."""
    found: dict[FlowName, int] = {}
    for flow in announcer.flows:
        for run in await announcer.ledger.runs(flow=flow, limit=1):
            told = (run.summary or {}).get("flows", {}).get(str(flow), {})
            waits = sum(int(it) for it in told.get("needs_attention", {}).values())
            found[flow] = waits + int(told.get("failed", 0)) + len(told.get("stopped", ()))
    return found


# orders of people -----------------------------------------------------------------------------------------------------


async def carry_out(announcer: Announcer | None, command: Command) -> Mapping[str, Any]:
    """Carry out an order about an endpoint: `test` it, `redeliver` something, or `enable` it. Raises `Refused`."""
    if announcer is None:
        raise Refused("Nobody is told anything here: name `webhooks` in the configuration.")
    scope = command.scope
    name = announcer.listener(str(scope["endpoint"])).name
    match scope["do"]:
        case "test":
            return await _test(announcer, name, command)
        case "redeliver":
            return await _redeliver(announcer, name, str(scope["message"]))
        case "enable":
            return await _enable(announcer, name, command, skip=bool(scope.get("skip")))
    raise Refused(f"`{scope['do']}` is nothing that is done with an endpoint.")


async def _test(announcer: Announcer, name: str, command: Command) -> Mapping[str, Any]:
    """Sent at once, whatever else waits, and told as it went."""
    now = await announcer.clock.now()
    message = f"msg_{derived_id('test', name, command.id)}"
    kind = HookType.WEBHOOK_TEST
    event = HookEvent(id=message, type=kind, at=now, says=hook_words(kind, {}), data={"endpoint": name})
    made = Delivery(endpoint=name, id=message, seq=0, type=kind, body=event.body(), made_at=now, next_at=now)
    return await _tried_now(announcer, name, made)


async def _redeliver(announcer: Announcer, name: str, message: str) -> Mapping[str, Any]:
    known = await announcer.store.delivery(name, message)
    if known is None:
        raise Refused(f"There is no delivery {message} to {name}. `dambridge webhooks show {name}` lists them.")
    return await _tried_now(announcer, name, known)


async def _tried_now(announcer: Announcer, name: str, delivery: Delivery) -> Mapping[str, Any]:
    """One attempt beside the schedule: what fails so is not tried again by itself unless it was waiting anyway."""
    came_to = await announcer.ways[name].send(delivery.id, delivery.body)
    now = await announcer.clock.now()
    tried = replace(delivery, attempts=delivery.attempts + 1, last_at=now, status=came_to.status, error=came_to.error)
    if came_to.took:
        tried = replace(tried, state=DeliveryState.DONE)
    elif delivery.attempts == 0 and delivery.seq == 0:
        tried = replace(tried, state=DeliveryState.FAILED)
    await announcer.store.put_delivery(tried)
    told = {"message": delivery.id, "took": came_to.took, "status": came_to.status, "error": came_to.error}
    return {**told, "exit_code": 0 if came_to.took else 1}


async def _enable(announcer: Announcer, name: str, command: Command, *, skip: bool) -> Mapping[str, Any]:
    """Let it go on: with what it missed, or, where that is skipped, with what comes from now on."""
    known = await announcer.store.endpoint(name)
    if known is None or known.disabled_at is None:
        raise Refused(f"The endpoint {name} is not disabled.")
    fresh = enabled(known)
    if skip:
        fresh = replace(fresh, cursor=await announcer.ledger.last_audit())
    detail = {"skip": skip, "missed_from": known.cursor}
    now = await announcer.clock.now()
    told = AuditEntry(at=now, actor=command.actor, event="webhook.enabled", subject=name, detail=detail)
    await announcer.store.put_endpoint(fresh, (), [told])
    return {"endpoint": name, "exit_code": 0}


async def keep_announcing(announcer: Announcer | None, worker: str, pause: float) -> None:
    """Beside the orders, until it is cancelled: each endpoint by itself, so that a slow one keeps no other waiting."""
    if announcer is None or not announcer.listeners:
        return
    async with asyncio.TaskGroup() as group:
        group.create_task(_keep_at(lambda: look(announcer, worker), pause))
        for it in announcer.listeners:
            group.create_task(_keep_at(partial(have_turn, announcer, it.name, worker), pause))


async def _keep_at(work: Callable[[], Awaitable[object]], pause: float) -> None:
    """Again and again; nothing that goes wrong here ends a run."""
    while True:
        try:
            await work()
        except NextMove as error:
            log.warning("webhook.put_off", why=str(error))
        except Exception as error:
            log.exception("webhook.put_off", why=type(error).__name__)
        await asyncio.sleep(pause)
