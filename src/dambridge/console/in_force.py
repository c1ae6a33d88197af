"""From when the map and the rules hold, said beside them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dambridge.console.desk import Desk
from dambridge.console.map_sights import Sight
from dambridge.engine.in_force import in_force, trouble


@dataclass(frozen=True, slots=True, kw_only=True)
class Force:
    """What is said of a file: with a tone where it is not in force, or came into force because somebody saved it (`soon` where
    that is about to be); `at` and `short` are since when and what is in force."""

    tone: str = ""
    says: str = ""
    soon: bool = False
    at: datetime | None = None
    short: str = ""


async def force_of(desk: Desk, sight: Sight, *, saved: bool) -> Force:
    """How it stands with this file: told by those who work by it."""
    workers = await in_force(desk.ledger)
    if not workers:
        says = "No server works now. The next one goes by what the files say, and so do commands begun from now on."
        return Force(tone="info", says=says) if saved or sight.stale else Force()
    if wrong := trouble(workers):
        return Force(tone=wrong[0], says=wrong[1], at=workers[0].since, short=workers[0].short)
    if sight.stale:
        says = "It takes force as soon as the order under way has ended; until then what was before is in force."
        return Force(tone="info", says=says, soon=True)
    at, short = max(it.since for it in workers), workers[0].short
    says = "It is in force: runs begun from now on go by it, and plans made before are refused."
    return Force(tone="good", says=says, at=at, short=short) if saved else Force(at=at, short=short)
