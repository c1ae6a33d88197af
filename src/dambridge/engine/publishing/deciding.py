"""Decide: read masters and what stands of them, make cases, hand them to the pure core. No call is made here but reads."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from dambridge.engine.mirroring.reading import read_copies
from dambridge.engine.publishing.casing import Known, audience_of, case_of
from dambridge.engine.publishing.kits import Kits, judge_kits
from dambridge.engine.publishing.leading import ahead_of
from dambridge.engine.publishing.parts import PublishParts
from dambridge.engine.publishing.selecting import orders_of
from dambridge.model.actions import Action, ActionKind, Leave
from dambridge.model.identity import AssetKey, LinkId, link_id_for
from dambridge.model.outcomes import Outcome
from dambridge.model.plans import LeftItem
from dambridge.model.publications import Publication
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import Absence, Missing, Present, Seen, Unread
from dambridge.planning.outlets import Held, agreed_statuses
from dambridge.planning.publishing import Verdict, decide_link
from dambridge.ports.errors import CannotGoOn, NextMove
from dambridge.ports.ledger import Due

INWARD = frozenset({ActionKind.WITHDRAW, ActionKind.NOTE, ActionKind.CORRECT})
"""What may be done without having looked at the copy first."""


@dataclass(slots=True)
class Decided:
    """What became of some masters: actions, the reason of those that need none, when to ask again by itself."""

    actions: list[Action] = field(default_factory=list)
    left: list[LeftItem] = field(default_factory=list)
    faces: dict[LinkId, AssetKey] = field(default_factory=dict)
    asks: list[Due] = field(default_factory=list)
    looked: list[Publication] = field(default_factory=list)
    """Publications whose places were looked at, and that stand as they are to."""

    def add(self, other: Decided) -> None:
        self.actions += other.actions
        self.left += other.left
        self.faces |= other.faces
        self.asks += other.asks
        self.looked += other.looked


LetGo = Callable[[Decided], Awaitable[None]]


async def decide_masters(
    parts: PublishParts,
    keys: Sequence[AssetKey],
    *,
    closely: Collection[AssetKey] = (),
    unproven: bool = False,
    quick: bool = False,
    let_go: LetGo | None = None,
) -> Decided:
    """What each of these masters needs. The copies of those named `closely` are read, and of all that something outside is
    to be done with. Where the listing is `unproven` nobody is taken for gone; `quick` asks about what goes alone. What has
    to go does not wait for any copy to be read: `let_go` takes it out first."""
    known = await gather(parts, keys, unproven=unproven)
    kits = Kits() if quick else await judge_kits(parts, known)
    known = kits.known or known
    verdicts = {key: _verdict(parts, known, kits, key) for key in known.masters}
    again = [] if quick else [it for it in known.masters if it in closely or _acts(verdicts[it])]
    gone: Mapping[AssetKey, Verdict] = {}
    if let_go is not None and again:
        gone = {key: it for key, it in verdicts.items() if any(map(_goes, it.actions))}
        known = await _without(parts, known, gone, let_go)
        verdicts |= {key: _after(it, it) for key, it in gone.items()}
        again = [it for it in again if it not in gone or _stands_elsewhere(known, it, gone[it])]
    if looked_at := await look(parts, known, again):
        known = looked_at
        found = {key: _verdict(parts, known, kits, key) for key in again}
        verdicts |= {key: _after(gone[key], it) if key in gone else it for key, it in found.items()}
    decided = Decided(faces={link: key for key, link in known.links.items()})
    for key, verdict in verdicts.items():
        _take(parts, decided, known, key, verdict)
    return decided


def _verdict(parts: PublishParts, known: Known, kits: Kits, key: AssetKey) -> Verdict:
    cases = [
        case_of(parts, known, key, outlet, kits.of(key, name)) for name, outlet in sorted(parts.policy.outlets.items())
    ]
    return decide_link(cases)


def _goes(it: Action) -> bool:
    return it.kind is ActionKind.WITHDRAW


async def _without(parts: PublishParts, known: Known, gone: Mapping[AssetKey, Verdict], let_go: LetGo) -> Known:
    """The same after everything that these verdicts take out was taken out."""
    actions = [action for it in gone.values() for action in it.actions if _goes(action)]
    if not actions:
        return known
    await let_go(Decided(actions=actions, faces={it.link: it.source for it in actions}))
    fresh = await parts.ledger.publications(sorted({it.link for it in actions}))
    return replace(known, publications={**known.publications, **fresh}, now=await parts.clock.now())


def _stands_elsewhere(known: Known, key: AssetKey, gone: Verdict) -> bool:
    """Whether the master has other copies than those that were just taken out, and looked for then."""
    tried = {it.target for it in gone.actions if _goes(it)}
    return any(copy not in tried for copy in known.publications.get(known.links[key], {}))


def _after(before: Verdict, now: Verdict) -> Verdict:
    """What is left of a verdict once it was tried to take out what it takes out: that is the item's end in this run."""
    tried = {it.target for it in before.actions if _goes(it)}
    rest = tuple(it for it in now.actions if it.target not in tried)
    return Verdict(actions=rest, leave=before.leave, ask_again=before.ask_again)


def _acts(verdict: Verdict) -> bool:
    return any((it.kind not in INWARD and it.target_id is not None) or _fresh(it) for it in verdict.actions)


def _fresh(it: Action) -> bool:
    """A file that may stand there already under another fingerprint: whoever brings another has to know of it."""
    return it.outward is not None and it.outward.turn > 0 and it.kind not in INWARD


async def gather(parts: PublishParts, keys: Sequence[AssetKey], *, unproven: bool = False) -> Known:
    """Masters read, with what the ledger says of them and how their outlets' galleries stand."""
    now = await parts.clock.now()
    masters = await read_copies(parts, keys)
    links = await links_for(parts, keys)
    agreed = await parts.ledger.agreed_audiences()
    mine = {name: it for name, it in agreed.items() if name in parts.policy.outlets}
    audiences = {name: await audience_of(parts, mine.get(name)) for name in parts.policy.outlets}
    return Known(
        links=links,
        masters={key: believed(it, key, unproven) for key, it in sorted(masters.items())},
        publications=await parts.ledger.publications(sorted(set(links.values()))),
        copies={},
        places={},
        agreed=mine,
        audiences=audiences,
        ahead=await ahead_of(parts, now),
        statuses=agreed_statuses(await parts.ledger.accords(sorted(set(links.values()))), parts.policy.status),
        now=now,
        orders=await orders_of(parts.ledger, parts.policy, keys),
    )


def believed(seen: Seen, key: AssetKey, unproven: bool) -> Seen:
    """Who is said to be gone where not even the listing is whole is not believed to be gone."""
    if unproven and isinstance(seen, Missing) and seen.absence is not Absence.LEFT_SELECTION:
        text = f"said to be {seen.absence}, while the listing of {key.account} is not known to be whole"
        return Unread(Reason.of(Code.COPY_UNREAD, copy=str(key), text=text))
    return seen


async def links_for(parts: PublishParts, keys: Sequence[AssetKey]) -> dict[AssetKey, LinkId]:
    """The link of each master: the one that it is in, else one that this flow makes once something goes out."""
    known = await parts.ledger.links_of(keys)
    return {it: known.get(it) or link_id_for(parts.flow, it) for it in keys}


async def look(parts: PublishParts, known: Known, keys: Sequence[AssetKey]) -> Known | None:
    """The same with the copies of these masters read and looked for; None where they have none."""
    files = [
        it.key
        for key in keys
        for it in known.publications.get(known.links[key], {}).values()
        if it.key is not None and it.outlet in parts.policy.outlets
    ]
    if not files:
        return None
    copies = await read_copies(parts, files)
    places: dict[AssetKey, tuple[Held, ...]] = {}
    for key, seen in copies.items():
        watch = parts.watch(key.account)
        if isinstance(seen, Present) and watch is not None:
            try:
                places[key] = await watch.held(seen.record.containers, parts.lane)
            except CannotGoOn:
                raise
            except NextMove:
                continue
    return replace(known, copies={**known.copies, **copies}, places={**known.places, **places})


def _take(parts: PublishParts, decided: Decided, known: Known, key: AssetKey, verdict: Verdict) -> None:
    decided.actions += verdict.actions
    seen = known.masters[key]
    if not verdict.actions or verdict.leave is not None:
        leave = verdict.leave or Leave(outcome=Outcome.UNCHANGED, reason=Reason.of(Code.IN_STEP))
        record = seen.record if isinstance(seen, Present) else None
        decided.left.append(
            LeftItem(
                key=key,
                leave=leave,
                expects=record.version if record is not None else None,
                file_name=record.file_name if record is not None else "",
            )
        )
    if verdict.ask_again is not None and verdict.ask_again > known.now:
        due = Due(at=verdict.ask_again, kind=asking(parts), key=str(key), payload={"id": key.remote_id})
        decided.asks.append(due)
    busy = {it.target for it in verdict.actions}
    for it in known.publications.get(known.links[key], {}).values():
        if it.key in known.places and it.copy not in busy:
            decided.looked.append(replace(it, checked_at=known.now))


def asking(parts: PublishParts) -> str:
    """The kind of the rows that say when a master's answer may be another one by itself."""
    return f"ask:{parts.flow}"


def policy_digest(parts: PublishParts) -> str:
    """The same in every process: nothing of it depends on the order of a set."""
    return hashlib.sha256(json.dumps(_plain(parts.policy), sort_keys=True).encode()).hexdigest()


def _plain(value: Any) -> Any:
    slots = getattr(type(value), "__slots__", None)
    if isinstance(value, Mapping):
        return {str(name): _plain(it) for name, it in value.items()}
    if isinstance(value, (set, frozenset)):
        return sorted(map(str, value))
    if isinstance(value, (tuple, list)):
        return [_plain(it) for it in value]
    if slots is not None and hasattr(value, "__dataclass_fields__"):
        return {name: _plain(getattr(value, name)) for name in value.__dataclass_fields__}
    return value if isinstance(value, (int, float, str, bool)) or value is None else str(value)


def capability_digest(parts: PublishParts) -> str:
    """A digest of what plans rest on. Whether a system shows checksums is found out by reading it and decides nothing."""
    facts = {
        name: {it: proof for it, proof in site.archive.capabilities.to_json().items() if it != "checksum"}
        for name, site in sorted(parts.sites.items())
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


async def in_sight(parts: PublishParts) -> int:
    """How many publications there are to lose."""
    counts = await parts.ledger.count_publications(parts.flow)
    return sum(count for (_, stage), count in counts.items() if stage.value in {"visible", "leaving"})
