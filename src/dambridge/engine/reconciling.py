"""What a reconcile found: how much was listed, what is gone or new, and the drift, with the time that a whole round takes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from dambridge.engine.parts import FlowParts
from dambridge.engine.reading import CALL_HOLDS
from dambridge.engine.sites import Site
from dambridge.model.identity import AccountId, AssetKey, FlowName, LinkId, System
from dambridge.planning.reconciling import Rolling
from dambridge.ports.ledger import AuditEntry, Ledger

RECONCILED = "reconciled"


@dataclass(slots=True)
class Reconcile:
    """One reconcile under way. `rolling` are the copies that are looked at because their turn has come; what the change
    feed had told is in `told` and counts as no drift."""

    rolling: dict[AssetKey, LinkId] = field(default_factory=dict)
    told: set[LinkId] = field(default_factory=set)
    listed: dict[AccountId, int] = field(default_factory=dict)
    gone: int = 0
    fresh: int = 0
    links: int = 0
    looked: int = 0
    differed: list[AssetKey] = field(default_factory=list)

    @property
    def drift(self) -> float:
        """The share of what was looked at that differed from what was agreed without the change feed having said so."""
        return len(self.differed) / self.looked if self.looked else 0.0

    def look(self, key: AssetKey, *, differs: bool) -> None:
        """Count a copy that was read because its turn had come."""
        if key not in self.rolling or self.rolling[key] in self.told:
            return
        self.looked += 1
        if differs:
            self.differed.append(key)


def cost_of(site: Site) -> float:
    """Calls that reading one copy takes: NetX answers for many ids at once (NX 5.3, CONFIRMED), PhotoShelter for one (PS 6.3)."""
    return 1 / CALL_HOLDS if site.system is System.NETX else 1.0


async def begin(parts: FlowParts, sites: Mapping[AccountId, Site], told: set[LinkId]) -> Reconcile:
    """Choose what is looked at this time: published copies first, then those longest not looked at."""
    accounts = sorted(sites)
    found = Reconcile(told=told, links=await parts.ledger.count_links(accounts))
    share = rolling_of(parts, sites, found.links).share
    chosen: set[LinkId] = set()
    for link, key in await parts.ledger.longest_unseen(parts.flow, accounts, limit=share * len(accounts)):
        if len(chosen) == share and link not in chosen:
            break
        chosen.add(link)
        found.rolling[key] = link
    return found


def rolling_of(parts: FlowParts, sites: Mapping[AccountId, Site], links: int) -> Rolling:
    """How the budget of calls goes round all links."""
    return Rolling(
        links=links,
        calls_per_link=sum(cost_of(it) for it in sites.values()),
        calls=parts.settings.reconcile_calls,
        every=parts.settings.reconcile_every,
    )


async def end(parts: FlowParts, sites: Mapping[AccountId, Site], found: Reconcile) -> dict[str, Any]:
    """The reconcile's part of the run's JSON, kept for `status`, and its entry in the audit trail."""
    cycle: timedelta = rolling_of(parts, sites, found.links).cycle
    now: datetime = await parts.clock.now()
    told: dict[str, Any] = {
        "at": now.isoformat(),
        "listed": {str(it): count for it, count in sorted(found.listed.items())},
        "gone": found.gone,
        "new": found.fresh,
        "links": found.links,
        "looked": found.looked,
        "differed": len(found.differed),
        "drift": round(found.drift, 6),
        "cycle_seconds": cycle.total_seconds(),
    }
    await parts.ledger.set_control(f"{RECONCILED}:{parts.flow}", json.dumps(told, sort_keys=True))
    detail = {**told, "assets": [str(it) for it in sorted(found.differed)[:100]]}
    entry = AuditEntry(
        at=now, actor=f"flow:{parts.flow}", event="flow.reconciled", subject=str(parts.flow), detail=detail
    )
    await parts.ledger.audit([entry])
    return told


async def last_reconcile(ledger: Ledger, flow: FlowName) -> Mapping[str, Any] | None:
    """What the flow's last reconcile found, None where there was none."""
    told = await ledger.control(f"{RECONCILED}:{flow}")
    return json.loads(told) if told else None
