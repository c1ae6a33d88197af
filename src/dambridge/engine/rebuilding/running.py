"""The whole store made anew: tombstones first, then links by our marks, then what a person has to look at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from dambridge.engine.burying import lost_key, rebuilt_at, rebuilt_key
from dambridge.engine.flows import Flows, flow_named
from dambridge.engine.parts import Parts
from dambridge.engine.publishing.parts import PublishParts
from dambridge.engine.rebuilding.finding import find_marks
from dambridge.engine.rebuilding.outside import FoundOutside, restore_outside
from dambridge.engine.rebuilding.restoring import means_of, restore_links
from dambridge.engine.taking_in.observing import Listing, look_around
from dambridge.model.identity import AssetKey, Copy, FlowName, Link, LinkId, RunId
from dambridge.model.outcomes import Outcome
from dambridge.model.tombstones import Tombstone
from dambridge.planning.rebuilding import Claim, Found, Refused, Restored, held_after_loss, weigh_claims
from dambridge.ports import errors
from dambridge.ports.ledger import AuditEntry, Observation

T = TypeVar("T")
PAGE = 500
"""Links restored at a time."""


def intake_of(flows: Flows) -> Parts:
    """The parts of the flow that leaves our marks. Raises `Refused` where it is not configured."""
    parts = flow_named(flows, FlowName.INTAKE).parts
    if not isinstance(parts, Parts):
        raise TypeError("flow `intake` works with the parts of an intake")
    return parts


@dataclass(slots=True)
class Rebuilt:
    """What a rebuild found. `active` links work on as before, `watched` ones wait for a person, by reason."""

    active: int = 0
    watched: Counter[str] = field(default_factory=Counter)
    refused: list[Refused] = field(default_factory=list)
    unmarked: int = 0
    held: int = 0
    taken_down: int = 0
    doubts: list[str] = field(default_factory=list)
    outside: dict[FlowName, FoundOutside] = field(default_factory=dict)

    @property
    def exit_code(self) -> int:
        unclear = not all(it.clear for it in self.outside.values())
        return 3 if self.watched or self.refused or self.held or self.doubts or unclear else 0

    def to_json(self) -> dict[str, Any]:
        return {
            "active": self.active,
            "watched": dict(sorted(self.watched.items())),
            "copied_marks": [
                {"copy": str(it.claim.record), "source": str(it.claim.source), "reason": it.reason.to_json()}
                for it in self.refused
            ],
            "unmarked": self.unmarked,
            "held": self.held,
            "taken_down": self.taken_down,
            "doubts": list(self.doubts),
            "outside": {str(name): it.to_json() for name, it in self.outside.items()},
        }


async def rebuild_all(flows: Flows, *, by: str) -> Rebuilt:
    """The store of all flows: links by our marks where `intake` leaves them, then what stands outside. Raises `Refused` where
    no flow leaves anything that could be found again."""
    outward = {name: it.parts for name, it in flows.items() if isinstance(it.parts, PublishParts)}
    result = Rebuilt()
    if FlowName.INTAKE in flows or not (outward or FlowName.HANDOFF in flows):
        result = await rebuild(intake_of(flows), by=by)
    for name, parts in sorted(outward.items()):
        result.outside[name] = await restore_outside(parts, by=by)
    return result


async def rebuild(parts: Parts, *, by: str) -> Rebuilt:
    """Make the flow's part of the store anew from what the systems show; nothing is written to them.

    Harmless to repeat: links that work already are left as they are. Raises `Refused` for a store that knows links and was
    never made anew, for a whole store needs no rebuilding."""
    known = await parts.ledger.links_in([parts.policy.target], after=None, limit=1)
    since = await rebuilt_at(parts.ledger, parts.flow)
    if known and since is None:
        text = (
            "The store knows links: it is not lost. Nothing was changed. `dambridge run --once --reconcile` holds it "
        )
        raise errors.Refused(f"{text}against the systems.", code="store_not_lost")
    at = since or await parts.clock.now()
    await parts.ledger.set_control(rebuilt_key(parts.flow), at.isoformat())
    parts.progress.begin("looking")
    marks = await find_marks(parts)
    found = await _weighed(parts, marks.claims)
    result = Rebuilt(unmarked=marks.unmarked, refused=list(found.refused))
    parts.progress.begin("working", total=len(found.held))
    for some in _pieces(found.held, PAGE):
        _count(result, await _linked(parts, some))
    await _hold(parts, result, at)
    await parts.ledger.set_control(lost_key(parts.flow), None)
    now = await parts.clock.now()
    told = AuditEntry(at=now, actor=by, event="store.rebuilt", subject=str(parts.flow), detail=result.to_json())
    await parts.ledger.audit([told])
    return result


async def _weighed(parts: Parts, claims: Sequence[Claim]) -> Found:
    buried: dict[AssetKey, Tombstone] = {}
    mourned: dict[AssetKey, Sequence[Tombstone]] = {}
    for some in _pieces(claims, PAGE):
        buried.update(await parts.ledger.tombstones([it.record for it in some]))
        mourned.update(await parts.ledger.tombstones_by_kin([it.source for it in some]))
    return weigh_claims(claims, flow=parts.flow, buried=buried, mourned=mourned)


async def _linked(parts: Parts, claims: Sequence[Claim]) -> list[Restored]:
    """The links of these claims restored, those that work already left out."""
    links = [_link(parts, it) for it in claims]
    known = await parts.ledger.links([it.id for it in links])
    fresh = [it for it in links if not _works(parts, known.get(it.id))]
    restored = await restore_links(means_of(parts), fresh)
    return [*restored, *await _standing(parts, [it for it in links if it not in fresh])]


def _works(parts: Parts, link: Link | None) -> bool:
    """Whether the link is whole and works; one that a person let go has no record copy before it is delivered or found."""
    return link is not None and not link.observe_only and link.copy(parts.target_copy) is not None


async def _standing(parts: Parts, links: Sequence[Link]) -> list[Restored]:
    agreed = await parts.ledger.agreed([it.id for it in links])
    return [Restored(link=it, agreed=agreed[it.id], watched=None) for it in links if it.id in agreed]


def _link(parts: Parts, it: Claim) -> Link:
    copies = (Copy(parts.source_copy, it.source.remote_id), Copy(parts.target_copy, it.record.remote_id))
    return Link(LinkId(it.link), parts.flow, copies)


def _count(result: Rebuilt, restored: Sequence[Restored]) -> None:
    for it in restored:
        if it.watched is None:
            result.active += 1
        else:
            result.watched[str(it.watched.code)] += 1


async def _hold(parts: Parts, result: Rebuilt, at: datetime) -> None:
    """Put what the source shows and no link knows on the review list. What is not on it for now, a draft or what our user
    does not see today, is held all the same once it shows: see `planning.rebuilding.held_after_loss`."""
    listing = await look_around(parts, full=True)
    result.doubts = _doubts(listing)
    for ids in _pieces(listing.ids, PAGE):
        keys = [AssetKey(parts.policy.source, it) for it in ids]
        linked = await parts.ledger.links_of(keys)
        stones = await parts.ledger.tombstones_by_kin(keys)
        gone = [it for it in keys if it not in linked and _is_down(parts, stones.get(it, ()))]
        held = [it for it in keys if it not in linked and it not in gone]
        result.taken_down += len(gone)
        result.held += len(held)
        await parts.ledger.record_items(_NO_RUN, [], [_observed(parts, it, at) for it in held])


_NO_RUN = RunId("")


def _is_down(parts: Parts, stones: Sequence[Tombstone]) -> bool:
    return any(it.copy == parts.target_copy for it in stones)


def _doubts(listing: Listing) -> list[str]:
    return [str(dict(it.params).get("what", it.code)) for it in listing.notes]


def _observed(parts: Parts, key: AssetKey, at: datetime) -> Observation:
    leave = held_after_loss(None, rebuilt_at=at, key=key)
    assert leave is not None  # noqa: S101 - of an unknown age it is always held
    return Observation(
        flow=parts.flow,
        key=key,
        version=None,
        file_name="",
        outcome=Outcome.WAITING,
        reason=leave.reason,
        waits_for=leave.waits_for,
        run=_NO_RUN,
        at=at,
    )


def _pieces(things: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(things), size):
        yield things[start : start + size]
