"""From decisions to a plan: header with digests, guards and forecast."""

from __future__ import annotations

from collections.abc import Mapping

from dambridge.engine.mirroring.deciding import Decided, capability_digest, policy_digest
from dambridge.engine.mirroring.parts import MirrorParts
from dambridge.model.actions import ActionKind
from dambridge.model.plans import Plan
from dambridge.planning import HeaderFacts, forecast, make_plan
from dambridge.planning.plans import INWARD


async def assemble(parts: MirrorParts, decided: Decided, *, before: Mapping[str, int], known: int) -> Plan:
    """The plan over these decisions. `before` counts by kind what the same run has already set out to do."""
    facts = HeaderFacts(
        flow=parts.flow,
        policy=policy_digest(parts),
        configuration=parts.configuration,
        capabilities=capability_digest(parts),
        changes_before=sum(count for kind, count in before.items() if kind not in INWARD),
        removals_before=before.get(ActionKind.RETIRE, 0),
        known=known,
    )
    return make_plan(
        decided.actions,
        decided.left,
        facts=facts,
        policy=parts.policy,
        takes=forecast(decided.actions, {name: site.rate for name, site in parts.sites.items()}),
        now=await parts.clock.now(),
        conflicts=decided.conflicts,
    )
