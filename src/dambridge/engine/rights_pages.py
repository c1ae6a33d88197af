"""Reports about rights a page at a time: what the store can count is counted there, the rest is read so far and no farther."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from dambridge.engine.rights_desk import RightsDesk, standings_of, waiting
from dambridge.model.identity import CopyId, LinkId
from dambridge.model.publications import IN_SIGHT, Publication, Stage
from dambridge.model.standing import OutletStanding
from dambridge.planning.rights_reports import Ahead, expiring, opening
from dambridge.policy.outlets import Outlet, PublishPolicy

MOST_READ = 2000
"""Copies that are read for one page."""
_OUTSIDE = (*IN_SIGHT, Stage.ADOPTED)


@dataclass(frozen=True, slots=True)
class Loss:
    """How much of what a region has in sight is withdrawn within the days asked for."""

    region: str
    has: int
    loses: int


@dataclass(frozen=True, slots=True)
class Held:
    """How many copies of an outlet are in sight, wait for it, and were withdrawn."""

    outlet: str
    in_sight: int
    waiting: int
    withdrawn: int


@dataclass(frozen=True, slots=True)
class Looked:
    """So many of `total` copies outside were `read`, from `start` on; `after` goes on behind them, empty at the end."""

    rows: Sequence[OutletStanding]
    read: int
    start: int
    total: int
    after: str


def regions(desk: RightsDesk) -> list[str]:
    """Regions that outlets are configured for; an outlet without one stands for itself."""
    return sorted({it.region or it.name for policy in desk.policies for it in policy.outlets.values()})


async def losses(desk: RightsDesk, *, days: int) -> list[Loss]:
    """What each region loses, counted by the store."""
    has: dict[str, int] = {}
    loses: dict[str, int] = {}
    for policy in desk.policies:
        ending = await desk.ledger.count_ending(policy.flow, before=desk.now + timedelta(days=days))
        for (outlet, stage), count in (await desk.ledger.count_publications(policy.flow)).items():
            if stage in _OUTSIDE:
                has[_region(policy, outlet)] = has.get(_region(policy, outlet), 0) + count
        for outlet, count in ending.items():
            loses[_region(policy, outlet)] = loses.get(_region(policy, outlet), 0) + count
    return [Loss(it, has[it], loses.get(it, 0)) for it in sorted(has)]


async def ending(desk: RightsDesk, *, region: str, days: int, most: int) -> list[Ahead]:
    """What ends first: what is withdrawn by its date, which the store knows in its order, and of what others put there, which
    nobody withdraws, as much as is read for one page."""
    found: list[OutletStanding] = []
    for policy in desk.policies:
        wanted = _wanted(policy, region)
        before = desk.now + timedelta(days=days)
        for account in sorted({it.account for it in wanted}):
            names = [it.name for it in wanted if it.account == account] if region else None
            page = await desk.ledger.ending(policy.flow, account, before=before, outlets=names, limit=most)
            found += await standings_of(desk, policy, page, live=False)
        for it in wanted:
            adopted = await desk.ledger.publications_in(
                policy.flow, outlet=it.name, stages=[Stage.ADOPTED], after=None, limit=MOST_READ
            )
            found += await standings_of(desk, policy, [one for one in adopted if one.until is None], live=False)
    return expiring({it.key: it for it in found}.values(), desk.now, days=days)


async def opens(desk: RightsDesk, *, region: str, days: int) -> list[Ahead]:
    """What waits for its date alone, of those that wait longest."""
    found = [it for policy in desk.policies for it in await waiting(desk, policy, live=False, most=MOST_READ)]
    return opening(_here(found, region), desk.now, days=days)


async def held(desk: RightsDesk) -> list[Held]:
    """Who has how much; what waits for an outlet is counted among those that wait longest."""
    found: list[Held] = []
    for policy in desk.policies:
        counts = await desk.ledger.count_publications(policy.flow)
        waits = await waiting(desk, policy, live=False, most=MOST_READ)
        found += [
            Held(
                outlet=name,
                in_sight=sum(counts.get((name, it), 0) for it in _OUTSIDE),
                waiting=counts.get((name, Stage.STAGED), 0) + sum(it.outlet == name for it in waits),
                withdrawn=counts.get((name, Stage.WITHDRAWN), 0),
            )
            for name in policy.outlets
        ]
    return found


async def looked(desk: RightsDesk, *, region: str, after: str) -> Looked:
    """Copies outside in the order of their links, behind `after`. Raises `ValueError` for what is no place among them."""
    start, flow, place = _place(after)
    policies = list(desk.policies)
    totals = [await _outside(desk, it) for it in policies]
    rows: list[OutletStanding] = []
    read, behind = 0, ""
    for policy in policies[next((at for at, it in enumerate(policies) if it.flow == flow), 0) :]:
        here = place if policy.flow == flow else None
        page = await desk.ledger.publications_in(policy.flow, stages=_OUTSIDE, after=here, limit=MOST_READ - read)
        rows += await standings_of(desk, policy, page, live=False)
        read += len(page)
        if read >= MOST_READ:
            behind = _after(start + read, page[-1]) if start + read < sum(totals) else ""
            break
    return Looked(_here(rows, region), read, start, sum(totals), behind)


async def _outside(desk: RightsDesk, policy: PublishPolicy) -> int:
    counts = await desk.ledger.count_publications(policy.flow)
    return sum(count for (_, stage), count in counts.items() if stage in _OUTSIDE)


def _after(count: int, last: Publication) -> str:
    return f"{count} {last.flow} {last.link} {last.copy}"


def _place(after: str) -> tuple[int, str, tuple[LinkId, CopyId] | None]:
    if not after:
        return 0, "", None
    count, flow, link, copy = after.split(" ", 3)
    return int(count), flow, (LinkId(link), CopyId.parse(copy))


def _region(policy: PublishPolicy, outlet: str) -> str:
    known = policy.outlets.get(outlet)
    return (known.region if known is not None else "") or outlet


def _wanted(policy: PublishPolicy, region: str) -> list[Outlet]:
    return [it for it in policy.outlets.values() if not region or region in {it.region, it.name}]


def _here(rows: Iterable[OutletStanding], region: str) -> Sequence[OutletStanding]:
    return [it for it in rows if not region or region in {it.region, it.outlet}]
