"""A lost store made anew from what the systems show: whose copy is whose, what is agreed, and what a person has to look at.

Nothing is concluded that only the lost store could know. What carries our marks is linked again; what both copies show
alike is agreed; what they show differently is left to the rules of the flows, as at first sight; and a source without a
record copy is never delivered by itself, for nobody can say whether it was taken down or had not yet been delivered.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from dambridge.mapping import AccountMap, derived_fields, equal, is_cut_of, unread_fields
from dambridge.model.actions import Leave
from dambridge.model.identity import AccountId, AssetKey, CopyId, CopyRole, FlowName, Link, LinkId, link_id_for
from dambridge.model.outcomes import Outcome
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import Agreed, AssetRecord, Digest, Present, Seen
from dambridge.model.tombstones import Tombstone
from dambridge.model.values import FieldName, Fields
from dambridge.planning.first_sight import kept_stamps

REBUILT = "rebuilt"
"""In the evidence of a link that was found again: why it is only watched, or `proven`."""
PROVEN = "proven"
RELEASED = "released"
"""In the evidence of a source that a person lets be delivered, whatever held it."""
_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """An asset of the target that says, by our marks, of which source it is the record copy, and in which link."""

    record: AssetKey
    source: AssetKey
    link: LinkId
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """A claim that makes no link, and why."""

    claim: Claim
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The claims that hold, at most one for each source, and those that do not. Together they are all that were made."""

    held: tuple[Claim, ...]
    refused: tuple[Refused, ...]


def weigh_claims(
    claims: Iterable[Claim],
    *,
    flow: FlowName,
    buried: Mapping[AssetKey, Tombstone],
    mourned: Mapping[AssetKey, Sequence[Tombstone]],
) -> Found:
    """Say which claims hold; their order does not matter.

    `buried` are tombstones by the record that went, `mourned` those that name a source as another copy of what went. People
    copy assets, and our marks with them: of several that claim one source the oldest holds, and a copy of what was taken
    down does not take its place."""
    held: list[Claim] = []
    refused: list[Refused] = []
    for source, rivals in _by_source(claims).items():
        standing: list[Claim] = []
        for it in rivals:
            why = _refusal(it, flow, buried, mourned.get(source, ()))
            if why is None:
                standing.append(it)
            else:
                refused.append(Refused(it, why))
        if standing:
            held.append(standing[0])
        refused += [
            Refused(it, Reason.of(Code.MARKS_COPIED, copy=str(it.record), first=str(standing[0].record)))
            for it in standing[1:]
        ]
    return Found(held=tuple(held), refused=tuple(refused))


def _by_source(claims: Iterable[Claim]) -> dict[AssetKey, list[Claim]]:
    """The claims of each source, the oldest asset first."""
    found: dict[AssetKey, list[Claim]] = {}
    for it in sorted(claims, key=_age):
        found.setdefault(it.source, []).append(it)
    return dict(sorted(found.items()))


def _age(it: Claim) -> tuple[datetime, int, str]:
    """Assets of one instant by their ids, as numbers where they are such: ids count up."""
    text = it.record.remote_id
    return it.created_at or _NEVER, int(text) if text.isdecimal() else 0, text


def _refusal(
    it: Claim, flow: FlowName, buried: Mapping[AssetKey, Tombstone], mourned: Sequence[Tombstone]
) -> Reason | None:
    if it.link != link_id_for(flow, it.source):
        return Reason.of(Code.MARKS_CONTRADICT, copy=str(it.record), source=str(it.source))
    stone = buried.get(it.record)
    if stone is not None and not came_back(stone):
        return Reason.of(Code.TAKEN_DOWN, copy=str(it.record), at=stone.at.isoformat())
    gone = next((one for one in mourned if one.key.account == it.record.account and one.key != it.record), None)
    if gone is not None:
        return Reason.of(Code.MARKS_COPIED, copy=str(it.record), first=str(gone.key))
    return None


def came_back(stone: Tombstone) -> bool:
    """Whether the asset of this tombstone counts again once it is seen: people took it away, and people may restore it."""
    return stone.reason.code is Code.TARGET_GONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """A link as it stands from now on, what its copies have in common, and why it is only watched (None: it is not)."""

    link: Link
    agreed: Agreed
    watched: Reason | None


def restore(
    link: Link,
    seen: Mapping[CopyId, Seen],
    *,
    maps: Mapping[AccountId, AccountMap],
    bytes_alike: Digest | None,
    buried: Collection[AssetKey],
    proofs: Mapping[str, str],
    now: datetime,
) -> Restored:
    """A link that was found again by our marks. `bytes_alike` is the digest that all its copies were proven to have, None
    where that was not proven; copies in `buried` were let go of before and stay out of it.

    What the copies show alike is agreed. Where they show different values the versions are not recorded as seen, so that
    each flow looks at the link and its own rules say what follows."""
    link = replace(link, copies=tuple(it for it in link.copies if it.key not in buried))
    records = {it.id: found.record for it in link.copies if isinstance(found := seen.get(it.id), Present)}
    origin = next((it for it in sorted(records) if it.role is CopyRole.SOURCE), min(records, default=None))
    fields, alike = _alike(records, origin, maps, now) if origin is not None else ({}, False)
    watched = _watched(link, records, bytes_alike)
    versions = {str(it): record.version for it, record in records.items() if alike or it != origin}
    evidence = {name: it for name, it in proofs.items() if bytes_alike is not None}
    evidence |= kept_stamps(records, bytes_alike)
    agreed = Agreed(
        fields=fields,
        versions=versions,
        content=bytes_alike,
        evidence={**evidence, REBUILT: str(watched.code) if watched else PROVEN},
    )
    return Restored(link=replace(link, observe_only=watched is not None), agreed=agreed, watched=watched)


def _watched(link: Link, records: Mapping[CopyId, AssetRecord], bytes_alike: Digest | None) -> Reason | None:
    absent = [str(it.key) for it in link.copies if it.id not in records]
    if absent:
        return Reason.of(Code.COPY_NOT_SEEN, copies=tuple(absent))
    return None if bytes_alike is not None else Reason.of(Code.BYTES_UNPROVEN, link=str(link.id))


def _alike(
    records: Mapping[CopyId, AssetRecord], origin: CopyId, maps: Mapping[AccountId, AccountMap], now: datetime
) -> tuple[Fields, bool]:
    """The values that stand in every copy that has a place for them, and whether those are all of the origin's values."""
    fields: dict[FieldName, object] = {}
    differs: set[FieldName] = set()
    for copy, record in records.items():
        if copy == origin:
            continue
        wanted, problems = derived_fields(records[origin], maps[copy.account], now)
        differs |= {FieldName(str(it["field"])) for it in problems if "field" in dict(it.params)}
        unread = unread_fields(record) | unread_fields(records[origin])
        for name in sorted(wanted):
            shown = record.fields.get(name)
            if name in unread or equal(name, wanted[name], shown) or is_cut_of(name, shown, wanted[name]):
                fields[name] = wanted[name]
            else:
                differs.add(name)
    return {name: it for name, it in fields.items() if name not in differs}, not differs  # type: ignore[misc]


def held_after_loss(created_at: datetime | None, *, rebuilt_at: datetime, key: AssetKey) -> Leave | None:
    """A source without a link that may be older than the rebuild waits for a person: it may have been taken down."""
    if created_at is not None and created_at > rebuilt_at:
        return None
    reason = Reason.of(Code.UNKNOWN_SINCE_LOSS, asset=str(key), rebuilt=rebuilt_at.isoformat())
    return Leave(outcome=Outcome.WAITING, reason=reason, waits_for="coordinator")


def taken_down(stones: Iterable[Tombstone], target: CopyId) -> Leave | None:
    """A source without a link whose copy in the target is known to be gone is not delivered again."""
    gone = [it for it in stones if it.copy == target]
    if not gone:
        return None
    last = max(gone, key=lambda it: it.at)
    return Leave(outcome=Outcome.SKIPPED, reason=Reason.of(Code.TAKEN_DOWN, copy=str(last.key), at=last.at.isoformat()))


def is_released(agreed: Agreed | None) -> bool:
    """Whether a person has said that this source shall be delivered although it was held."""
    return agreed is not None and agreed.evidence.get(REBUILT) == RELEASED
