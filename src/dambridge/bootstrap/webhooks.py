"""From settings to whoever tells other programs, over an open installation."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from dambridge.bootstrap.document import Document, Mistake
from dambridge.bootstrap.mistakes import near
from dambridge.bootstrap.publishing import outlets_of
from dambridge.bootstrap.settings import Settings
from dambridge.connectors.kit import StandardHookSender, SystemClock, Way
from dambridge.engine.announcing import Announcer
from dambridge.engine.warning import Warner, alarms_now
from dambridge.model.alarms import Alarm
from dambridge.model.webhooks import Listener
from dambridge.ports.clock import Clock
from dambridge.ports.hints import HintMemory
from dambridge.ports.terms import WholeLedger
from dambridge.ports.webhooks import HookStore
from dambridge.storage import SqlHintMemory, SqlHookStore, SqlLedger


def hook_store(ledger: WholeLedger) -> HookStore:
    """What is kept of deliveries, in the database of an open ledger."""
    if not isinstance(ledger, SqlLedger):
        raise TypeError("the store of a bridge is in SQL")
    return SqlHookStore(ledger)


def hint_memory(ledger: WholeLedger) -> HintMemory:
    """What was heard lately, likewise."""
    if not isinstance(ledger, SqlLedger):
        raise TypeError("the store of a bridge is in SQL")
    return SqlHintMemory(ledger)


def build_announcer(settings: Settings, ledger: WholeLedger, clock: Clock, watcher: Warner | None) -> Announcer | None:
    """None where nobody is told. `watcher` says what is pressing, None where nothing is shown outside."""
    given = settings.webhooks
    if given is None:
        return None

    async def alarms() -> Sequence[Alarm]:
        return await alarms_now(watcher) if watcher is not None else ()

    real = SystemClock()
    return Announcer(
        ledger=ledger,
        store=hook_store(ledger),
        clock=clock,
        listeners=[
            Listener(
                name=name,
                types=it.types,
                flows=frozenset(it.flows) if it.flows is not None else None,
                regions=frozenset(it.regions) if it.regions is not None else None,
            )
            for name, it in given.endpoints.items()
        ],
        ways={
            name: StandardHookSender(
                Way(
                    url=it.url.get_secret_value(),
                    secrets=tuple(one.get_secret_value() for one in it.secrets),
                    networks=it.private,
                ),
                real,
            )
            for name, it in given.endpoints.items()
        },
        outlets={name: (flow, it.region) for flow, name, it in outlets_of(settings)},
        flows=settings.flows.configured,
        alarms=alarms,
        jitter=random.SystemRandom().random,
        keep=given.keep,
    )


def webhook_problems(settings: Settings, document: Document) -> Iterator[Mistake]:
    """Flows that are not configured, and regions that no outlet belongs to: nothing would ever be told of them."""
    known = {it.region for _, _, it in outlets_of(settings) if it.region}
    flows = [str(it) for it in settings.flows.configured]
    for name, it in (settings.webhooks.endpoints if settings.webhooks is not None else {}).items():
        for index, flow in enumerate(it.flows or ()):
            if flow not in flows:
                place = ("webhooks", "endpoints", name, "flows", index)
                remedy = f"Configured: {', '.join(flows)}."
                yield document.mistake(place, f"The flow `{flow}` is not configured here.", remedy)
        for index, region in enumerate(it.regions or ()):
            if region not in known:
                place = ("webhooks", "endpoints", name, "regions", index)
                remedy = near(region, sorted(known), "Regions of outlets")
                yield document.mistake(place, f"No outlet belongs to the region `{region}`.", remedy)
