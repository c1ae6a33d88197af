"""Reports about rights: what ends, what opens, what is shown without clear rights, what rests on which contract, who has what.

Pure: over what stands at each outlet, and an instant. Rows keep an order that does not depend on how they were found.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dambridge.model.gate import Block
from dambridge.model.publications import Stage
from dambridge.model.rights import Consent, Release
from dambridge.model.standing import OutletStanding

HORIZONS = (7, 30, 90)
"""Days that reports look ahead by."""


@dataclass(frozen=True, slots=True)
class Ahead:
    """Something that happens at an instant: `days` is the nearest horizon that it falls within, 0 where it is past due."""

    at: datetime
    days: int
    row: OutletStanding


def expiring(rows: Iterable[OutletStanding], now: datetime, *, days: int = HORIZONS[-1]) -> list[Ahead]:
    """What is in sight and ends within so many days, earliest first; what should be gone already comes first of all."""
    return _ahead(((it.ends, it) for it in rows if it.in_sight), now, days)


def opening(rows: Iterable[OutletStanding], now: datetime, *, days: int = HORIZONS[-1]) -> list[Ahead]:
    """What waits for its date alone and may go out within so many days."""
    waiting = ((it.answer.opens, it) for it in rows if not it.in_sight)
    return [it for it in _ahead(waiting, now, days) if it.at > now]


def _ahead(dated: Iterable[tuple[datetime | None, OutletStanding]], now: datetime, days: int) -> list[Ahead]:
    limit = now + timedelta(days=days)
    found = [Ahead(at, _horizon(at, now, days), it) for at, it in dated if at is not None and at <= limit]
    return sorted(found, key=lambda it: (it.at, it.row.key))


def _horizon(at: datetime, now: datetime, most: int) -> int:
    if at <= now:
        return 0
    return next((it for it in HORIZONS if it < most and at <= now + timedelta(days=it)), most)


def unclear(rows: Iterable[OutletStanding]) -> list[OutletStanding]:
    """What an audience may see although the gate is shut for it now: rights that are unknown, ended, or withdrawn. What is on
    its way out is among it until it is proven gone."""
    found = [it for it in rows if it.in_sight and not it.answer.permits]
    return sorted(found, key=lambda it: (Block.UNKNOWN in it.answer.blocks, it.key))


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractUse:
    """One contract: how many assets rest on it, in how many copies, where, and when the first of them ends. An empty `contract`
    is for what names none."""

    contract: str
    assets: int
    copies: int
    outlets: tuple[str, ...]
    holders: tuple[str, ...]
    first_end: datetime | None


def contracts(rows: Iterable[OutletStanding]) -> list[ContractUse]:
    """The contracts that what is in sight rests on; without one first, then by name."""
    grouped: dict[str, list[OutletStanding]] = {}
    for it in rows:
        if it.in_sight:
            grouped.setdefault(it.rights.contract, []).append(it)
    return [_used(name, grouped[name]) for name in sorted(grouped)]


def _used(name: str, rows: Sequence[OutletStanding]) -> ContractUse:
    return ContractUse(
        contract=name,
        assets=len({it.link or it.master or it.copy for it in rows}),
        copies=len(rows),
        outlets=tuple(sorted({it.outlet for it in rows})),
        holders=tuple(sorted({it.rights.holder for it in rows if it.rights.holder})),
        first_end=min((it.ends for it in rows if it.ends is not None), default=None),
    )


_WORST = (Consent.WITHDRAWN, None, Consent.GIVEN, Consent.NOT_NEEDED)


def consent(rows: Iterable[OutletStanding]) -> list[OutletStanding]:
    """What shows people, or may: whoever withdrew their consent first, then those of whom nobody knows. What never went out is
    left out unless consent was withdrawn, for that is asked for by the people themselves."""
    shown = [
        it
        for it in rows
        if (it.in_sight and (it.rights.people or it.rights.model_release not in {None, Release.NOT_NEEDED}))
        or it.rights.consent is Consent.WITHDRAWN
    ]
    return sorted(shown, key=lambda it: (_WORST.index(it.rights.consent), it.key))


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """What one outlet holds: how many are in sight, of them adopted (put there by others), withdrawn and kept, waiting."""

    outlet: str
    region: str
    in_sight: int
    adopted: int
    withdrawn: int
    waiting: int
    rows: tuple[OutletStanding, ...]


def who_has(rows: Iterable[OutletStanding], *, region: str = "") -> list[Holding]:
    """Who has what, by outlet; `region` names a region or an outlet, empty for all of them."""
    grouped: dict[tuple[str, str], list[OutletStanding]] = {}
    for it in rows:
        if not region or region.casefold() in {it.region.casefold(), it.outlet.casefold()}:
            grouped.setdefault((it.region, it.outlet), []).append(it)
    return [_held(*place, grouped[place]) for place in sorted(grouped)]


def _held(region: str, outlet: str, rows: Sequence[OutletStanding]) -> Holding:
    seen = sorted((it for it in rows if it.in_sight), key=lambda it: (it.file_name, it.key))
    return Holding(
        outlet=outlet,
        region=region,
        in_sight=len(seen),
        adopted=sum(it.stage is Stage.ADOPTED for it in seen),
        withdrawn=sum(it.stage is Stage.WITHDRAWN for it in rows),
        waiting=sum(it.stage is None or it.stage is Stage.STAGED for it in rows),
        rows=tuple(seen),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """What a region loses: how many of what it has are gone by then, month by month, and which."""

    region: str
    has: int
    loses: int
    by_month: Mapping[str, int]
    rows: tuple[Ahead, ...]


def losses(rows: Iterable[OutletStanding], now: datetime, *, days: int = 90, region: str = "") -> list[Loss]:
    """What each region loses within so many days; an outlet without a region stands for itself."""
    grouped: dict[str, list[OutletStanding]] = {}
    for holding in who_has(rows, region=region):
        grouped.setdefault(holding.region or holding.outlet, []).extend(holding.rows)
    found = []
    for name, held in sorted(grouped.items()):
        gone = expiring(held, now, days=days)
        months: dict[str, int] = {}
        for it in gone:
            months[f"{it.at:%Y-%m}"] = months.get(f"{it.at:%Y-%m}", 0) + 1
        found.append(Loss(region=name, has=len(held), loses=len(gone), by_month=months, rows=tuple(gone)))
    return found
