"""Letting go on, by a named person, of what was held or only watched since the store was made anew."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from dambridge.engine.burying import lost_key, rebuilt_key
from dambridge.engine.parts import Parts
from dambridge.model.identity import AssetKey, Copy, Link, LinkId, link_id_for
from dambridge.model.outcomes import Outcome
from dambridge.model.reasons import Code
from dambridge.model.records import Agreed
from dambridge.planning.rebuilding import PROVEN, REBUILT, RELEASED
from dambridge.ports.errors import Refused
from dambridge.ports.ledger import AuditEntry, Observation

PAGE = 500
MOST = 100_000


@dataclass(frozen=True, slots=True)
class Watched:
    """A link that was found again and is only watched, and why."""

    link: Link
    why: str


async def held_sources(parts: Parts, *, limit: int = MOST) -> list[Observation]:
    """The sources that are held, the oldest first."""
    waiting = await parts.ledger.lingering(parts.flow, outcomes=[Outcome.WAITING], limit=limit)
    return [it for it in waiting if it.reason.code is Code.UNKNOWN_SINCE_LOSS]


async def watched_links(parts: Parts) -> AsyncIterator[Watched]:
    """The links that a rebuild left to be watched; those that pairing found are not among them."""
    after: LinkId | None = None
    while page := await parts.ledger.links_in([parts.policy.target], after=after, limit=PAGE):
        after = page[-1].id
        watched = [it for it in page if it.observe_only and it.flow == parts.flow]
        agreed = await parts.ledger.agreed([it.id for it in watched])
        for it in watched:
            why = agreed[it.id].evidence.get(REBUILT, "") if it.id in agreed else ""
            if why and why != PROVEN:
                yield Watched(it, why)


async def release(parts: Parts, keys: Collection[AssetKey], *, everything: bool, by: str) -> int:
    """Let these sources be delivered and these links work again, or all of them; gives how many were named and let go.

    A source that is let go has a link of its own from then on, which its record copy joins once it is delivered: so the
    word of a person outlasts whatever holds the delivery up. Raises `Refused` where an asset is neither held nor watched,
    and for a store that was lost and not made anew yet."""
    if await parts.ledger.control(lost_key(parts.flow)) is not None:
        text = "The store was lost and has not been made anew: what is in the archive already would be delivered twice."
        raise Refused(f"{text} Nothing was let go. First: `dambridge store rebuild`.", code="not_rebuilt")
    held = {it.key for it in await held_sources(parts)}
    watched = [it async for it in watched_links(parts)]
    wanted = [it.link for it in watched if everything or any(copy.key in keys for copy in it.link.copies)]
    named = held if everything else await _known_sources(parts, held, keys, wanted)
    links = [*(replace(it, observe_only=False) for it in wanted), *await _links_of(parts, sorted(named))]
    now = await parts.clock.now()
    for start in range(0, len(links), PAGE):
        some = links[start : start + PAGE]
        await parts.ledger.put_links(some, await _freed(parts, some), [_told(it, by, now) for it in some])
    if everything:
        await parts.ledger.set_control(rebuilt_key(parts.flow), None)
        await parts.ledger.audit(
            [
                AuditEntry(
                    at=now, actor=by, event="store.released", subject=str(parts.flow), detail={"links": len(links)}
                )
            ]
        )
    return len(links)


async def _known_sources(
    parts: Parts, held: Collection[AssetKey], keys: Collection[AssetKey], wanted: Sequence[Link]
) -> set[AssetKey]:
    """The sources among `keys`: held ones, and those that a tombstone keeps from being delivered."""
    rest = set(keys) - {copy.key for it in wanted for copy in it.copies}
    down = set(await parts.ledger.tombstones_by_kin(sorted(rest)))
    if unknown := sorted(str(it) for it in rest - down - set(held)):
        text = f"{', '.join(unknown[:3])}: neither held nor watched since the store was made anew. Nothing was let go."
        raise Refused(f"{text} List what is: `dambridge store review`.", code="not_held")
    return rest


async def _links_of(parts: Parts, keys: Sequence[AssetKey]) -> list[Link]:
    """The links of these sources: their own where they have one, perhaps with other copies, else new ones."""
    fresh = [Link(link_id_for(parts.flow, it), parts.flow, (Copy(parts.source_copy, it.remote_id),)) for it in keys]
    known = await parts.ledger.links([it.id for it in fresh])
    return [known.get(it.id, it) for it in fresh]


async def _freed(parts: Parts, links: Sequence[Link]) -> dict[LinkId, Agreed]:
    """Of links without a record copy: a person's word that it shall be made."""
    bare = [it.id for it in links if it.copy(parts.target_copy) is None]
    known = await parts.ledger.agreed(bare)
    states = {it: known.get(it, Agreed()) for it in bare}
    return {it: replace(one, evidence={**one.evidence, REBUILT: RELEASED}) for it, one in states.items()}


def _told(link: Link, by: str, now: datetime) -> AuditEntry:
    detail = {"copies": {str(it.id): str(it.key) for it in link.copies}}
    return AuditEntry(at=now, actor=by, event="link.released", subject=link.id, detail=detail)
