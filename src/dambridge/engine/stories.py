"""The story of one asset, for people: where it is, what was agreed, what happened when and why. Only reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dambridge.model.accords import Accord, GroupName
from dambridge.model.conflicts import Conflict
from dambridge.model.identity import (
    AccountId,
    AssetKey,
    CopyId,
    CopyRole,
    FlowName,
    Link,
    LinkId,
    RemoteId,
    RunId,
    link_id_for,
)
from dambridge.model.outlet_orders import OutletOrder
from dambridge.model.publications import Publication
from dambridge.model.records import Agreed
from dambridge.model.submissions import Hold, Submission
from dambridge.planning.provenance import kept_in_step, provenance
from dambridge.ports.agreeing import AgreeingLedger
from dambridge.ports.errors import Refused
from dambridge.ports.ledger import ChainedEntry, Ledger, Observation
from dambridge.telemetry.lives import life_of
from dambridge.telemetry.telling import sentence
from dambridge.telemetry.wording import next_move, words

MOST_ENTRIES = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Everything on record about one asset. `key` is where it was first seen, `link` None where it was only ever seen."""

    id: LinkId
    link: Link | None
    key: AssetKey | None
    agreed: Agreed | None
    accords: Mapping[GroupName, Accord]
    conflicts: Mapping[GroupName, Conflict]
    publications: Mapping[CopyId, Publication]
    seen: Observation | None
    submission: Submission | None
    hold: Hold | None
    orders: Sequence[OutletOrder]
    """What people ordered of it to outlets, over or not."""
    trail: Sequence[ChainedEntry]
    appliers: Mapping[str, str]
    """Who applied the plan that a run carried out, by run."""

    def handed_in(self) -> list[str]:
        """What became of it since it was handed in, and whether it is under legal hold, in sentences."""
        hold = self.hold
        told = [f"{hold.by} put it under legal hold on {hold.at:%Y-%m-%d}: {hold.why}"] if hold is not None else []
        return [*(life_of(self.submission) if self.submission is not None else ()), *told]

    def told(self, entry: ChainedEntry) -> str:
        """The entry in a sentence; of what a plan did, with the name of whoever applied it."""
        name = self.applied_by(entry)
        said = sentence(entry.entry.event, entry.entry.detail)
        return f"{said} {name} applied the plan." if name else said

    def applied_by(self, entry: ChainedEntry) -> str:
        return self.appliers.get(str(entry.entry.detail.get("run") or ""), "")

    def _entry_json(self, entry: ChainedEntry) -> dict[str, Any]:
        it, name = entry.entry, self.applied_by(entry)
        return {
            "seq": entry.seq,
            "at": it.at,
            "actor": it.actor,
            "event": it.event,
            "detail": dict(it.detail),
            "words": self.told(entry),
            **({"applied_by": name} if name else {}),
        }

    def to_json(self) -> dict[str, Any]:
        agreed, link, seen = self.agreed, self.link, self.seen
        return {
            "link": self.id,
            "observe_only": link.observe_only if link else None,
            "copies": [{"place": str(it.id), "id": it.remote_id} for it in link.copies] if link else [],
            "agreed": {
                "fields": {**agreed.fields, **agreed.filled} if agreed else {},
                "content": agreed.content if agreed else None,
                "evidence": dict(agreed.evidence) if agreed else {},
            },
            "last_seen": _seen_json(seen) if seen else None,
            "in_step": kept_in_step(self.accords),
            "enriched": provenance(self.accords),
            "handed_in": self.handed_in(),
            "orders": [it.to_json() for it in self.orders],
            "story": [self._entry_json(it) for it in self.trail],
        }


def _seen_json(seen: Observation) -> dict[str, Any]:
    return {
        "flow": str(seen.flow),
        "file_name": seen.file_name,
        "outcome": str(seen.outcome),
        "words": words(seen.reason),
        "next_move": next_move(seen.reason),
        "waits_for": seen.waits_for,
        "run": seen.run,
        "at": seen.at,
    }


async def story_of(
    ledger: AgreeingLedger, asset: str, *, accounts: Sequence[AccountId], flows: Sequence[FlowName]
) -> Story:
    """The story of an asset named by link id, `account:id` or a bare id. Raises `Refused` when nothing is known of it."""
    link_id, link, key = await _find(ledger, asset, accounts=accounts, flows=flows)
    trail = [*await ledger.audit_trail(subject=link_id, after=0, limit=MOST_ENTRIES)]
    keys = _masters(link, key)
    for it in keys:
        trail += await ledger.audit_trail(subject=str(it), after=0, limit=MOST_ENTRIES)
    ordered = await ledger.outlet_orders(keys)
    return Story(
        id=link_id,
        link=link,
        key=key,
        agreed=(await ledger.agreed([link_id])).get(link_id),
        accords=(await ledger.accords([link_id])).get(link_id, {}),
        conflicts=(await ledger.conflicts_of([link_id])).get(link_id, {}),
        publications=(await ledger.publications([link_id])).get(link_id, {}),
        seen=await _last_seen(ledger, flows, key) if key is not None else None,
        submission=(await ledger.submissions(FlowName.HANDOFF, [key])).get(key) if key is not None else None,
        hold=(await ledger.holds([key])).get(key) if key is not None else None,
        orders=[it for by_outlet in ordered.values() for it in by_outlet.values()],
        trail=sorted(trail, key=lambda it: it.seq),
        appliers=await _appliers(ledger, trail),
    )


def _masters(link: Link | None, key: AssetKey | None) -> list[AssetKey]:
    """Where people ask for it: where it was first seen, and its copies that are on record."""
    several = [it.key for it in link.copies if it.id.role is not CopyRole.PUBLISHED] if link is not None else []
    return list(dict.fromkeys([*([key] if key is not None else []), *several]))


async def _appliers(ledger: Ledger, trail: Sequence[ChainedEntry]) -> dict[str, str]:
    runs = {str(it.entry.detail["run"]) for it in trail if it.entry.detail.get("run")}
    named = {it: await _applied_by(ledger, RunId(it)) for it in sorted(runs)}
    return {run: name for run, name in named.items() if name}


async def _applied_by(ledger: Ledger, run: RunId) -> str:
    row = await ledger.run(run)
    if row is None or row.plan is None or row.command is None:
        return ""
    command = await ledger.command(row.command)
    return command.actor if command is not None else ""


async def _last_seen(ledger: Ledger, flows: Sequence[FlowName], key: AssetKey) -> Observation | None:
    """The latest look that any of the flows had at the asset."""
    looks = [(await ledger.observations(it, [key])).get(key) for it in flows]
    return max((it for it in looks if it is not None), key=lambda it: it.at, default=None)


async def _find(
    ledger: Ledger, asset: str, *, accounts: Sequence[AccountId], flows: Sequence[FlowName]
) -> tuple[LinkId, Link | None, AssetKey | None]:
    if asset.startswith("ln"):
        link = (await ledger.links([LinkId(asset)])).get(LinkId(asset))
        if link is not None:
            return link.id, link, link.copies[0].key
    account, _, rest = asset.partition(":")
    keys = [AssetKey(AccountId(account), RemoteId(rest))] if rest and account in accounts else []
    keys = keys or [AssetKey(it, RemoteId(asset)) for it in accounts]
    found = await ledger.links_of(keys)
    for key in keys:
        if key in found:
            link = (await ledger.links([found[key]])).get(found[key])
            source = next((it.key for it in link.copies if it.id.role == "source"), key) if link else key
            return found[key], link, source
    for key in keys:
        seen = await _last_seen(ledger, flows, key)
        if seen is not None:
            return link_id_for(seen.flow, key), None, key
    raise Refused(f"Nothing is known of {asset}. Ids look like I0000abc…, account:id or a link id (ln…).")
