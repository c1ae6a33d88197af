"""From settings to whoever tells people, over an open installation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from dambridge.bootstrap.document import Document, Mistake
from dambridge.bootstrap.publishing import build_gate
from dambridge.bootstrap.settings import Settings
from dambridge.bootstrap.webhooks import hook_store
from dambridge.engine.orders.outlet_desk import OutletDesk
from dambridge.engine.rights_desk import RightsDesk
from dambridge.engine.warning import Recipient, Warner
from dambridge.notices import AppriseNotifier, usable_address
from dambridge.policy.gate import GateRules
from dambridge.ports.clock import Clock
from dambridge.ports.terms import WholeLedger

DAYS = 7
"""How far ahead ends and openings are told of where no warnings are configured."""


async def build_warner(
    settings: Settings, ledger: WholeLedger, clock: Clock, outlets: OutletDesk | None
) -> Warner | None:
    """None where nobody is to be told."""
    given = settings.warnings
    if given is None:
        return None
    recipients = [
        Recipient(
            name=name,
            about=frozenset(it.about),
            notifier=AppriseNotifier(name, [url.get_secret_value() for url in it.urls]),
        )
        for name, it in given.recipients.items()
    ]
    watcher = await build_watcher(settings, ledger, clock, outlets)
    return replace(watcher, recipients=recipients, days=given.days, every=given.every)


async def build_watcher(settings: Settings, ledger: WholeLedger, clock: Clock, outlets: OutletDesk | None) -> Warner:
    """Whoever knows what is pressing, and tells nobody."""
    gate, given = settings.gate, settings.warnings
    desk = RightsDesk(
        ledger=ledger,
        sites={},
        policies=outlets.policies if outlets is not None else (),
        gate=build_gate(settings) if gate is not None else GateRules(channels={}),
        zone=ZoneInfo(gate.zone if gate is not None else "UTC"),
        now=await clock.now(),
    )
    return Warner(
        desk=desk,
        flows=settings.flows.configured,
        recipients=(),
        clock=clock,
        days=given.days if given is not None else DAYS,
        every=timedelta(minutes=15),
        hooks=hook_store(ledger) if settings.webhooks is not None else None,
    )


def warning_problems(settings: Settings, document: Document) -> Iterator[Mistake]:
    """Addresses that no way is known for; the address itself is never in the words."""
    for name, it in (settings.warnings.recipients if settings.warnings is not None else {}).items():
        for index, url in enumerate(it.urls):
            place = ("warnings", "recipients", name, "urls", index)
            if place not in document.unresolved and not usable_address(url.get_secret_value()):
                remedy = "Write it as Apprise does, for instance mailtos://user:password@example.org."
                yield document.mistake(place, "This address names no way that is known.", remedy)
