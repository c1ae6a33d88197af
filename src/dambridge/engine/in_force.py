"""By which map and rules each worker goes, and what keeps its files from force: told by the workers, read by whoever looks."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from dambridge.engine.overview import live_workers
from dambridge.ports.ledger import Ledger

SHORT = 12
"""Characters of a digest that people are shown; the whole of it is in plans and in the audit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """What one worker goes by, `since` when. `says` is why its files are not in force: empty where they are, or are taken in
    as soon as its order has ended. `broken` where they cannot be used at all."""

    worker: str
    configuration: str
    since: datetime
    says: str = ""
    broken: bool = False

    @property
    def short(self) -> str:
        return self.configuration[:SHORT]


async def tell(ledger: Ledger, it: InForce) -> None:
    """Write down by what this worker goes."""
    told = {
        "configuration": it.configuration,
        "since": it.since.isoformat(),
        "says": it.says,
        "broken": it.broken,
    }
    await ledger.set_control(_of(it.worker), json.dumps(told))


async def forget(ledger: Ledger, worker: str) -> None:
    await ledger.set_control(_of(worker), None)


async def in_force(ledger: Ledger) -> Sequence[InForce]:
    """By what each living worker of a server goes, by their names."""
    found: list[InForce] = []
    for worker, serving in await live_workers(ledger):
        told = await ledger.control(_of(worker)) if serving else None
        if told is not None:
            said = json.loads(told)
            found.append(InForce(**{**said, "worker": worker, "since": datetime.fromisoformat(said["since"])}))
    return found


def trouble(workers: Sequence[InForce]) -> tuple[str, str] | None:
    """What people have to know about the map and the rules: a tone and a sentence; None where all is in force everywhere."""
    broken, waiting = [it for it in workers if it.broken], [it for it in workers if it.says and not it.broken]
    several = len(workers) > 1
    for tone, some in (("bad", broken), ("warn", waiting)):
        if some:
            whose = f" ({', '.join(it.worker for it in some)})" if several else ""
            return tone, f"{some[0].says}{whose}"
    if len({it.configuration for it in workers}) > 1:
        held = "; ".join(f"{it.worker} by {it.short}" for it in workers)
        return "warn", f"The workers go by different maps or rules: {held}. Bring their files to say the same."
    return None


def _of(worker: str) -> str:
    return f"in_force:{worker}"
