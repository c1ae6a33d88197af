"""Kits as a run sees them: who belongs to each, read whole, and what that comes to in every outlet.

Who belongs to one is what the master account's index finds, and whoever named it when we read them: an index lags. All of
them are read, and what they say then counts.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from dambridge.engine.mirroring.reading import read_copies
from dambridge.engine.publishing.casing import Known, case_of, horizon_of
from dambridge.engine.publishing.parts import PublishParts
from dambridge.engine.publishing.selecting import kit_of, orders_of
from dambridge.model.identity import AssetKey, link_id_for
from dambridge.model.records import Present, Unread
from dambridge.planning.kits import KitVerdict, Member, is_ready, judge_kit
from dambridge.planning.outlets import Case, as_read, ask_gate
from dambridge.planning.outward import fingerprint_of
from dambridge.policy.outlets import Outlet
from dambridge.ports.errors import CannotGoOn, NextMove


@dataclass(frozen=True, slots=True)
class Kits:
    """`known` is what was known, with the members read beside; `verdicts` by kit and outlet; `kit` by master."""

    known: Known | None = None
    verdicts: Mapping[tuple[str, str], KitVerdict] = field(default_factory=dict)
    kit: Mapping[AssetKey, str] = field(default_factory=dict)

    def of(self, key: AssetKey, outlet: str) -> KitVerdict | None:
        name = self.kit.get(key)
        return self.verdicts.get((name, outlet)) if name else None


async def judge_kits(parts: PublishParts, known: Known, outlets: Collection[Outlet] | None = None) -> Kits:
    """Every kit that one of these masters belongs to, or that something of it went out with, in these outlets or in all."""
    if parts.policy.kit is None:
        return Kits()
    named = {key: kit for key in known.masters if (kit := _kit(parts, known, key))}
    for key, name in named.items():
        parts.kits_met.setdefault(name, set()).add(key)
    names = sorted(set(named.values()))
    members: dict[str, list[AssetKey] | None] = {}
    for name in names:
        found = await _members(parts, name)
        members[name] = sorted({*found, *parts.kits_met[name]}) if found is not None else None
    missing = sorted({key for it in members.values() for key in it or ()} - set(known.masters))
    if missing:
        known = await _with(parts, known, missing)
    kit_by_key = {key: _kit(parts, known, key) for key in known.masters}
    verdicts: dict[tuple[str, str], KitVerdict] = {}
    for name in names:
        listed = members[name]
        own = [key for key, kit in kit_by_key.items() if kit == name or (key in (listed or ()) and _silent(known, key))]
        parts.kits_met[name].intersection_update(own)
        for outlet in outlets if outlets is not None else parts.policy.outlets.values():
            cases = [case_of(parts, known, key, outlet) for key in sorted(own)]
            several = [_member(it) for it in cases] if listed is not None else None
            horizon = horizon_of(known, outlet.account)
            verdicts[name, outlet.name] = judge_kit(name, several, horizon=horizon, zone=parts.policy.zone)
    return Kits(known, verdicts, kit_by_key)


def _kit(parts: PublishParts, known: Known, key: AssetKey) -> str:
    """What the master says it belongs to; where it cannot be asked, what it went out with."""
    seen = known.masters[key]
    if isinstance(seen, Present):
        return kit_of(seen.record, parts.policy)
    went = known.publications.get(known.links[key], {}).values()
    return next((it.kit for it in went if it.kit and it.in_sight), "")


def _silent(known: Known, key: AssetKey) -> bool:
    """Whether nobody can say by now what the master belongs to: whoever was found as a member is one until it is read."""
    return isinstance(known.masters[key], Unread)


async def _members(parts: PublishParts, kit: str) -> list[AssetKey] | None:
    """Who belongs to the kit as the master account finds them; None where that cannot be told."""
    name = parts.policy.kit
    rule = parts.source.map.by_field.get(name) if name is not None else None
    if rule is None:
        return None
    try:
        found = await parts.source.archive.find(rule.native, kit, lane=parts.lane)
    except CannotGoOn:
        raise
    except NextMove:
        return None
    return [AssetKey(parts.policy.source, it) for it in found]


async def _with(parts: PublishParts, known: Known, keys: Sequence[AssetKey]) -> Known:
    masters = await read_copies(parts, keys)
    linked = await parts.ledger.links_of(keys)
    links = {it: linked.get(it) or link_id_for(parts.flow, it) for it in keys}
    publications = await parts.ledger.publications(sorted(set(links.values())))
    return replace(
        known,
        masters={**known.masters, **masters},
        links={**known.links, **links},
        publications={**known.publications, **publications},
        orders={**known.orders, **await orders_of(parts.ledger, parts.policy, keys)},
    )


def _member(case: Case) -> Member:
    master = as_read(case.master, case.policy)
    if not isinstance(master, Present):
        return Member(name=str(case.source), answer=None)
    record = master.record
    return Member(
        name=record.file_name,
        answer=ask_gate(case, record, case.now),
        selected=case.selected,
        ready=is_ready(case.publication, fingerprint_of(case, record)),
    )
