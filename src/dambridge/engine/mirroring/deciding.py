"""Decide: hand every copy of some links to the pure core and gather its answers. No call is made here but reads."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from dambridge.engine.mirroring.carrying import undecided
from dambridge.engine.mirroring.comparing import read_bytes
from dambridge.engine.mirroring.due import ending
from dambridge.engine.mirroring.parts import MirrorParts
from dambridge.engine.mirroring.reading import read_copies
from dambridge.engine.mirroring.resolving import resolve
from dambridge.engine.mirroring.settling import face_of
from dambridge.engine.mirroring.sighting import Sight, sight_of
from dambridge.engine.mirroring.starting import Accords, begin_accords
from dambridge.engine.mirroring.wording import learn_speeches, with_words
from dambridge.model.accords import Accord, GroupName
from dambridge.model.actions import Action, ActionKind, Leave
from dambridge.model.conflicts import Conflict
from dambridge.model.identity import AccountId, AssetKey, CopyId, Link, LinkId
from dambridge.model.outcomes import Outcome
from dambridge.model.plans import LeftItem
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import Absence, AssetRecord, Missing, Present, Seen, Unread
from dambridge.planning import LastSeen, MirrorDecision, decide_mirror
from dambridge.planning.inside import is_untouched
from dambridge.planning.standings import is_late
from dambridge.policy.carriers import Carrier
from dambridge.ports.ledger import Due

Decide = Callable[[Sequence[LinkId], Collection[AccountId]], Awaitable["Decided"]]
"""Says what some links need; in the accounts named nobody is taken for gone."""
Begin = Callable[[MirrorParts, Mapping[LinkId, Link], Accords], Awaitable[Accords]]


@dataclass(slots=True)
class Decided:
    """What became of some links: actions, the reason for those that need none, and the copies that were read."""

    actions: list[Action] = field(default_factory=list)
    left: list[LeftItem] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    links: dict[LinkId, Link] = field(default_factory=dict)
    records: list[AssetRecord] = field(default_factory=list)
    sights: list[Sight] = field(default_factory=list)
    asks: list[Due] = field(default_factory=list)
    """When links are to be looked at again, though nothing of them moves."""
    begun: datetime | None = None

    def add(self, other: Decided) -> None:
        self.actions += other.actions
        self.left += other.left
        self.conflicts += other.conflicts
        self.links |= other.links
        self.records += other.records
        self.sights += other.sights
        self.asks += other.asks


async def decide_links(
    parts: MirrorParts, ids: Sequence[LinkId], *, unproven: Collection[AccountId] = (), known: Known | None = None
) -> Decided:
    """What each of these links needs. In an account whose listing is `unproven` nobody is taken for gone."""
    known = known or await gather(parts, ids, begin=begin_accords)
    seen = {key: believed(it, key, unproven) for key, it in known.seen.items()}
    records = [it.record for it in seen.values() if isinstance(it, Present)]
    decided = Decided(links=dict(known.links), records=records, begun=known.begun)
    speeches = await learn_speeches(parts) if known.links else None
    words = await parts.ledger.term_uses(parts.flow, [face_of(parts, it) for it in known.links.values()])
    now = await parts.clock.now()
    for link_id, link in known.links.items():
        face = face_of(parts, link)
        decision = decide_mirror(
            link=link,
            accords=known.accords.get(link_id, {}),
            conflicts=known.conflicts.get(link_id, {}),
            seen={it.id: seen[it.key] for it in link.copies},
            policy=parts.policy,
            maps={name: site.map for name, site in parts.sites.items()},
            can_archive={name: site.archive.capabilities for name, site in parts.sites.items()},
            now=now,
            before=known.before.get(link_id),
            untouched=known.untouched_of(link),
            tokens=known.tokens.get(link_id),
            speeches=speeches,
            words=words.get(face, ()),
        )
        decision = with_words(decision, words.get(face, ()))
        accords = known.accords.get(link_id, {})
        away = _away(link, seen, accords)
        decided.records += away.values()
        take(decided, face, as_read(known, link_id, decision, now), seen, away)
        if decision.ask_again is not None:
            decided.asks.append(Due(at=decision.ask_again, kind=ending(parts), key=link_id, payload={}))
        _forget_late(decided, link, accords, seen)
        looks = [_news(link, seen, away, known.before.get(link_id, {})), *_contradictions(link, seen)]
        found = [sight_of(parts.policy, link, it, accords, decision) for it in looks if it]
        decided.sights += [it for it in found if it is not None]
    return decided


def _away(
    link: Link, seen: Mapping[AssetKey, Seen], accords: Mapping[GroupName, Accord]
) -> dict[AssetKey, AssetRecord]:
    """The copies that were read outside of the selection, as something else than what is on record of them."""
    found: dict[AssetKey, AssetRecord] = {}
    for copy in link.copies:
        it = seen[copy.key]
        known = {one.copies[copy.id].version for one in accords.values() if copy.id in one.copies}
        if isinstance(it, Missing) and it.record is not None and it.record.version not in known:
            found[copy.key] = it.record
    return found


def _news(
    link: Link,
    seen: Mapping[AssetKey, Seen],
    away: Mapping[AssetKey, AssetRecord],
    before: Mapping[CopyId, LastSeen],
) -> dict[CopyId, AssetRecord]:
    """The copies at versions that they were not yet seen at, in the selection or out of it."""
    shown = {it.id: found.record for it in link.copies if isinstance(found := seen[it.key], Present)}
    shown |= {it.id: away[it.key] for it in link.copies if it.key in away}
    return {it: one for it, one in shown.items() if (was := before.get(it)) is None or was.version != one.version}


def _contradictions(link: Link, seen: Mapping[AssetKey, Seen]) -> list[dict[CopyId, AssetRecord]]:
    """Each answer of a copy that gave several and not the same."""
    unread = [(it.id, found) for it in link.copies if isinstance(found := seen[it.key], Unread)]
    return [{copy: record} for copy, found in unread for record in found.records]


def _forget_late(
    decided: Decided, link: Link, accords: Mapping[GroupName, Accord], seen: Mapping[AssetKey, Seen]
) -> None:
    """An answer from the past says nothing about when its copy was last seen as it is, whether or not it is believed."""
    late: set[AssetKey] = set()
    for copy in link.copies:
        standings = [it.copies[copy.id] for it in accords.values() if copy.id in it.copies]
        found = seen[copy.key]
        if isinstance(found, Present) and is_late(found.record.version, standings):
            late.add(copy.key)
    if late:
        decided.records = [it for it in decided.records if it.key not in late]


def as_read(known: Known, link: LinkId, decision: MirrorDecision, now: datetime) -> MirrorDecision:
    """The decision resting on the revisions that were read, which are the ledger's matter and not the core's; and every
    copy known since the reading began: what was edited while the others were read is an edit after that."""
    accords = {name: it.revision for name, it in known.accords.get(link, {}).items()}
    entries = {it.id: it.revision for it in known.conflicts.get(link, {}).values()}

    def dated(accord: Accord) -> Accord:
        copies = {it: replace(one, at=known.begun) if one.at == now else one for it, one in accord.copies.items()}
        return replace(accord, copies=copies, revision=accords.get(accord.group, 0))

    return replace(
        decision,
        conflicts=tuple(replace(it, revision=entries.get(it.id, 0)) for it in decision.conflicts),
        actions=tuple(replace(it, accords=tuple(map(dated, it.accords))) for it in decision.actions),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Everything that a decision about some links rests on."""

    links: Mapping[LinkId, Link]
    accords: Mapping[LinkId, Mapping[GroupName, Accord]]
    conflicts: Mapping[LinkId, Mapping[GroupName, Conflict]]
    seen: Mapping[AssetKey, Seen]
    before: Mapping[LinkId, Mapping[CopyId, LastSeen]]
    begun: datetime
    """When the reading began."""
    tokens: Mapping[LinkId, Mapping[CopyId, str]] = field(default_factory=dict)
    """Of bytes that were read because their account shows a stamp alone."""
    untouched: frozenset[AssetKey] = frozenset()
    """Copies of accounts that read files whose own files were found to be such that nothing may be written into them."""

    def untouched_of(self, link: Link) -> frozenset[CopyId]:
        return frozenset(it.id for it in link.copies if it.key in self.untouched)


async def gather(parts: MirrorParts, ids: Sequence[LinkId], *, begin: Begin | None) -> Known:
    """Links with what the ledger says of them, and all their copies read. `begin` makes the first accords of links that
    have none."""
    links = {it: parts.mine(link) for it, link in (await parts.ledger.links(ids)).items()}
    links = {it: link for it, link in sorted(links.items()) if len(link.copies) > 0}
    accords = await parts.ledger.accords(list(links))
    conflicts = await parts.ledger.conflicts_of(list(links))
    keys = [copy.key for link in links.values() for copy in link.copies]
    begun = await parts.clock.now()
    seen = await _decided_by_people(parts, links, accords, await read_copies(parts, keys))
    old = await parts.ledger.observations(parts.flow, keys)
    before = {
        link_id: {
            it.id: LastSeen(version=was.version, at=was.at)
            for it in link.copies
            if (was := old.get(it.key)) is not None and was.version is not None
        }
        for link_id, link in links.items()
    }
    if begin is not None:
        accords = await begin(parts, links, accords)
    accords = await resolve(parts, links, accords, seen)
    tokens = await read_bytes(parts, links, accords, seen)
    return Known(
        links=links,
        accords=accords,
        conflicts=conflicts,
        seen=seen,
        before=before,
        begun=begun,
        untouched=await _untouched(parts, links, seen),
        tokens=tokens,
    )


async def _untouched(
    parts: MirrorParts, links: Mapping[LinkId, Link], seen: Mapping[AssetKey, Seen]
) -> frozenset[AssetKey]:
    """Asked of the ledger only where an account of the flow takes fields out of files at all."""
    inside = {name for name, site in parts.sites.items() if site.archive.capabilities.embedded}
    if not inside:
        return frozenset()
    agreed = await parts.ledger.agreed(list(links))
    return frozenset(
        copy.key
        for link_id, link in links.items()
        for copy in link.copies
        if copy.id.account in inside
        and isinstance(found := seen[copy.key], Present)
        and is_untouched(agreed.get(link_id), str(copy.id), found.record)
    )


async def _decided_by_people(
    parts: MirrorParts,
    links: Mapping[LinkId, Link],
    accords: Mapping[LinkId, Mapping[GroupName, Accord]],
    seen: dict[AssetKey, Seen],
) -> dict[AssetKey, Seen]:
    """What was read, without statuses that only the uploaded file says."""
    group = next((it.name for it in parts.policy.groups if it.by_transitions), None)
    if group is None:
        return seen
    agreed = await parts.ledger.agreed([*links])
    found = dict(seen)
    for link_id, it in agreed.items():
        accord = accords.get(link_id, {}).get(group)
        found |= undecided(parts.policy, links[link_id], seen, accord, it.brought)
    return found


def believed(seen: Seen, key: AssetKey, unproven: Collection[AccountId]) -> Seen:
    """Who is said to be gone where not even the listing is whole is not believed to be gone."""
    if isinstance(seen, Missing) and seen.absence is not Absence.LEFT_SELECTION and key.account in unproven:
        text = f"said to be {seen.absence}, while the listing of {key.account} is not known to be whole"
        return Unread(Reason.of(Code.COPY_UNREAD, copy=str(key), text=text))
    return seen


def take(
    decided: Decided,
    face: AssetKey,
    decision: MirrorDecision,
    seen: Mapping[AssetKey, Seen],
    away: Mapping[AssetKey, AssetRecord] = MappingProxyType({}),
) -> None:
    """Note what was decided; entries of the inbox travel with the agreement that is written down with them. `away` are
    copies that were read outside of the selection, at versions that are to be remembered."""
    decided.conflicts += decision.conflicts
    decided.actions += [
        replace(it, conflicts=decision.conflicts) if it.kind is ActionKind.AGREE else it for it in decision.actions
    ]
    if not decision.actions or decision.leave is not None:
        leave = decision.leave or Leave(outcome=Outcome.UNCHANGED, reason=Reason.of(Code.IN_STEP))
        found = seen[face]
        shown = found.record if isinstance(found, Present) else away.get(face)
        decided.left.append(
            LeftItem(
                key=face,
                leave=leave,
                expects=shown.version if shown is not None else None,
                file_name=shown.file_name if shown is not None else "",
            )
        )


def policy_digest(parts: MirrorParts) -> str:
    """The same in every process: nothing of it depends on the order of a set."""
    policy = parts.policy
    groups = [
        [it.name, sorted(it.fields), str(it.authority.rule), it.authority.account]
        for it in sorted(policy.groups, key=lambda it: it.name)
    ]
    facts: dict[str, Any] = {
        "flow": str(policy.flow),
        "accounts": list(policy.accounts),
        "groups": groups,
        "absences": {account: {str(k): str(v) for k, v in rules.items()} for account, rules in policy.absences.items()},
        "limits": [policy.max_changes, policy.max_share, policy.max_removals, policy.max_removal_share],
        "times": [policy.margin.total_seconds(), policy.stale_for.total_seconds()],
        "strictness": {str(name): str(it) for name, it in policy.strictness.items()},
        "selects": {account: list(it) for account, it in parts.selects.items()},
        "holding": dict(parts.holding),
        "carriers": {account: [_plain(one) for one in it] for account, it in policy.carriers.items()},
        "roles": {account: sorted(it) for account, it in policy.roles.items()},
        "zone": str(policy.zone),
        "superseded_by": policy.superseded_by,
        "retention": repr(policy.retention and replace(policy.retention, after=dict(policy.retention.after))),
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def _plain(it: Carrier) -> list[Any]:
    return [it.label, sorted([str(status), *words] for status, words in it.words.items())]


def capability_digest(parts: MirrorParts) -> str:
    """A digest of what plans rest on. Whether a target shows checksums is found out by reading it and decides nothing."""
    facts = {
        name: {it: proof for it, proof in site.archive.capabilities.to_json().items() if it != "checksum"}
        for name, site in sorted(parts.sites.items())
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
