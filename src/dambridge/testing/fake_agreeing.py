"""What copies agree on, in memory: the `Agreeing` port for proofs that take many thousands of steps.

One `Memory` is one store; any number of ledgers may look at it. Every method either does all of it or nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from dambridge.model.accords import Accord, GroupName
from dambridge.model.commands import Command
from dambridge.model.conflicts import Conflict, ConflictId, ConflictState
from dambridge.model.coverage import CoverageReport, FacetRow
from dambridge.model.identity import (
    AccountId,
    ActionId,
    AssetKey,
    CommandId,
    CopyId,
    CopyRole,
    FlowName,
    Link,
    LinkId,
    PlanId,
    RemoteId,
    RunId,
)
from dambridge.model.outcomes import ItemOutcome
from dambridge.model.outlet_orders import OutletOrder
from dambridge.model.publications import AgreedAudience, Publication, Withdrawal
from dambridge.model.records import Agreed
from dambridge.model.submissions import Hold, Submission
from dambridge.model.terms import StoredVocabulary, TermDecision, TermKey, TermUse
from dambridge.model.tombstones import Tombstone
from dambridge.ports.errors import MovedOn
from dambridge.ports.ledger import ActionRow, AuditEntry, ChainedEntry, Due, Observation, PlanRow, RunRow, StepRow


@dataclass(slots=True)
class Memory:
    """All that one ledger knows."""

    runs: dict[RunId, RunRow] = field(default_factory=dict)
    claims: dict[RunId, int] = field(default_factory=dict)
    items: dict[RunId, dict[AssetKey, ItemOutcome]] = field(default_factory=dict)
    observations: dict[FlowName, dict[AssetKey, Observation]] = field(default_factory=dict)
    links: dict[LinkId, Link] = field(default_factory=dict)
    by_key: dict[AssetKey, set[LinkId]] = field(default_factory=dict)
    agreed: dict[LinkId, Agreed] = field(default_factory=dict)
    actions: dict[ActionId, ActionRow] = field(default_factory=dict)
    batches: dict[str, RunId] = field(default_factory=dict)
    steps: dict[ActionId, list[StepRow]] = field(default_factory=dict)
    berths: dict[AccountId, dict[int, ActionId]] = field(default_factory=dict)
    due: dict[tuple[str, str], tuple[Due, str | None, datetime | None]] = field(default_factory=dict)
    cursors: dict[tuple[AccountId, str], str] = field(default_factory=dict)
    plans: dict[PlanId, tuple[PlanRow, Sequence[str]]] = field(default_factory=dict)
    commands: dict[CommandId, Command] = field(default_factory=dict)
    working: dict[CommandId, tuple[str, int]] = field(default_factory=dict)
    workers: dict[str, tuple[bool, float]] = field(default_factory=dict)
    controls: dict[str, str] = field(default_factory=dict)
    trail: list[ChainedEntry] = field(default_factory=list)
    accords: dict[LinkId, dict[GroupName, Accord]] = field(default_factory=dict)
    conflicts: dict[ConflictId, Conflict] = field(default_factory=dict)
    tombstones: dict[AssetKey, Tombstone] = field(default_factory=dict)
    sights: dict[tuple[RunId, AccountId], set[RemoteId]] = field(default_factory=dict)
    numbers: dict[tuple[AccountId, str], list[LinkId]] = field(default_factory=dict)
    facets: dict[LinkId, FacetRow] = field(default_factory=dict)
    coverage: dict[RunId, CoverageReport] = field(default_factory=dict)
    publications: dict[tuple[LinkId, CopyId], Publication] = field(default_factory=dict)
    withdrawals: dict[str, Withdrawal] = field(default_factory=dict)
    audiences: dict[str, AgreedAudience] = field(default_factory=dict)
    outlet_orders: dict[tuple[str, AssetKey], OutletOrder] = field(default_factory=dict)
    submissions: dict[tuple[FlowName, AssetKey], Submission] = field(default_factory=dict)
    holds: dict[AssetKey, Hold] = field(default_factory=dict)
    words: dict[tuple[FlowName, AssetKey], tuple[TermUse, ...]] = field(default_factory=dict)
    decisions: dict[TermKey, TermDecision] = field(default_factory=dict)
    vocabularies: dict[tuple[AccountId, str, str], StoredVocabulary] = field(default_factory=dict)

    # writes within one transaction ----------------------------------------------------------------------------------
    def put_link(self, link: Link) -> None:
        if (old := self.links.get(link.id)) is not None:
            for it in old.copies:
                self.by_key[it.key].discard(link.id)
        self.links[link.id] = link
        for it in link.copies:
            self.by_key.setdefault(it.key, set()).add(link.id)

    def tell(self, entries: Iterable[AuditEntry]) -> None:
        """Chain the entries. Nobody can tamper with this memory, so the chain's hashes are only numbers."""
        for entry in entries:
            seq = len(self.trail) + 1
            self.trail.append(ChainedEntry(seq=seq, entry=entry, previous=str(seq - 1), hash=str(seq)))

    def check_accords(self, wanted: Iterable[Accord]) -> None:
        for it in wanted:
            known = self.accords.get(it.link, {}).get(it.group)
            if (known.revision if known is not None else 0) != it.revision:
                raise MovedOn(f"What the copies of {it.link} agree on in {it.group} was written by somebody else.")

    def put_accords(self, wanted: Sequence[Accord]) -> list[Accord]:
        written = [replace(it, revision=it.revision + 1) for it in wanted]
        for it in written:
            self.accords.setdefault(it.link, {})[it.group] = it
        return written

    def check_conflicts(self, wanted: Sequence[Conflict]) -> None:
        own = {it.id: it for it in wanted}
        for it in wanted:
            known = self.conflicts.get(it.id)
            beside = any(
                other.stands and other.id != it.id and own.get(other.id, other).stands
                for other in self.conflicts.values()
                if (other.link, other.group) == (it.link, it.group)
            )
            if (known.revision if known is not None else 0) != it.revision or (it.stands and beside):
                raise MovedOn(f"The conflict {it.id} was written by somebody else, or another stands in its place.")

    def put_conflicts(self, wanted: Sequence[Conflict]) -> list[Conflict]:
        written = [replace(it, revision=it.revision + 1) for it in wanted]
        self.conflicts.update({it.id: it for it in written})
        return written

    def check_publications(self, wanted: Iterable[Publication], records: Iterable[Withdrawal]) -> None:
        for it in wanted:
            known = self.publications.get((it.link, it.copy))
            if (known.revision if known is not None else 0) != it.revision:
                raise MovedOn(f"What stands of {it.link} in {it.outlet} was written by somebody else.")
        for one in records:
            held = self.withdrawals.get(one.id)
            if held is not None and held.verified_at is not None and held != one:
                raise MovedOn(f"The record of withdrawal {one.id} is complete and is never changed.")

    def put_publications(self, wanted: Sequence[Publication], records: Sequence[Withdrawal]) -> list[Publication]:
        written = [replace(it, revision=it.revision + 1) for it in wanted]
        self.publications.update({(it.link, it.copy): it for it in written})
        self.withdrawals.update({it.id: it for it in records})
        return written

    def check_submissions(self, wanted: Iterable[Submission]) -> None:
        for it in wanted:
            known = self.submissions.get((it.flow, it.key))
            if (known.revision if known is not None else 0) != it.revision:
                raise MovedOn(f"Somebody else decided about {it.key} meanwhile; it is looked at again.")

    def put_submissions(self, wanted: Sequence[Submission]) -> list[Submission]:
        written = [replace(it, revision=it.revision + 1) for it in wanted]
        self.submissions.update({(it.flow, it.key): it for it in written})
        return written

    def put_tombstones(self, wanted: Sequence[Tombstone]) -> int:
        news: set[AssetKey] = set()
        for it in sorted(wanted, key=lambda it: it.at):
            known = self.tombstones.get(it.key)
            if known is None or known.at < it.at:
                self.tombstones[it.key] = it
                news.add(it.key)
        return len(news)

    def drop_copies(self, link: LinkId, gone: Sequence[CopyId]) -> None:
        if not gone or link not in self.links:
            return
        it = self.links[link]
        self.put_link(replace(it, copies=tuple(one for one in it.copies if one.id not in gone)))
        for accord in list(self.accords.get(link, {}).values()):
            after = accord
            for copy in gone:
                after = after.without_copy(copy)
            if after != accord:
                self.put_accords([after])

    def begin_step(self, action: ActionId, step: str, intent: Mapping[str, Any], at: datetime) -> StepRow:
        known = self.steps.setdefault(action, [])
        row = StepRow(
            action=action,
            step=step,
            attempt=sum(it.step == step for it in known) + 1,
            intent=dict(intent),
            outcome=None,
            begun_at=at,
            ended_at=None,
        )
        known.append(row)
        return row


class MemoryAgreeing:
    """Implements `ports.agreeing.Agreeing`."""

    def __init__(self, memory: Memory | None = None) -> None:
        self.memory = memory or Memory()
        self._closed = False

    async def accords(self, links: Sequence[LinkId]) -> Mapping[LinkId, Mapping[GroupName, Accord]]:
        return {it: dict(self.memory.accords[it]) for it in links if it in self.memory.accords}

    async def put_accords(self, accords: Sequence[Accord], audit: Sequence[AuditEntry] = ()) -> Sequence[Accord]:
        self.memory.check_accords(accords)
        self.memory.tell(audit)
        return self.memory.put_accords(accords)

    async def begin_write(
        self, action: ActionId, step: str, *, intent: Mapping[str, Any], at: datetime, accords: Sequence[Accord]
    ) -> tuple[StepRow, Sequence[Accord]]:
        self.memory.check_accords(accords)
        return self.memory.begin_step(action, step, intent, at), self.memory.put_accords(accords)

    async def conflict(self, conflict: ConflictId) -> Conflict | None:
        return self.memory.conflicts.get(conflict)

    async def conflicts_of(self, links: Sequence[LinkId]) -> Mapping[LinkId, Mapping[GroupName, Conflict]]:
        wanted = set(links)
        found: dict[LinkId, dict[GroupName, Conflict]] = {}
        for it in sorted(self.memory.conflicts.values(), key=lambda it: it.serial):
            if it.link in wanted:
                found.setdefault(it.link, {})[it.group] = it
        return found

    async def conflicts(
        self,
        *,
        flow: FlowName | None = None,
        states: Sequence[ConflictState] = (ConflictState.OPEN,),
        group: GroupName | None = None,
        after: ConflictId | None = None,
        limit: int,
    ) -> Sequence[Conflict]:
        fits = [
            it
            for it in self.memory.conflicts.values()
            if it.state in states and flow in {None, it.flow} and group in {None, it.group}
        ]
        if after is not None:
            if after not in self.memory.conflicts:
                raise LookupError(f"there is no conflict {after}")
            last = self.memory.conflicts[after]
            fits = [it for it in fits if (it.opened_at, it.id) > (last.opened_at, last.id)]
        return sorted(fits, key=lambda it: (it.opened_at, it.id))[:limit]

    async def count_conflicts(self, *, flow: FlowName | None = None) -> Mapping[ConflictState, int]:
        found: dict[ConflictState, int] = {}
        for it in self.memory.conflicts.values():
            if flow in {None, it.flow}:
                found[it.state] = found.get(it.state, 0) + 1
        return found

    async def put_conflicts(
        self, conflicts: Sequence[Conflict], audit: Sequence[AuditEntry] = ()
    ) -> Sequence[Conflict]:
        self.memory.check_conflicts(conflicts)
        self.memory.tell(audit)
        return self.memory.put_conflicts(conflicts)

    async def tombstones(self, keys: Sequence[AssetKey]) -> Mapping[AssetKey, Tombstone]:
        return {it: self.memory.tombstones[it] for it in keys if it in self.memory.tombstones}

    async def tombstones_by_kin(self, keys: Sequence[AssetKey]) -> Mapping[AssetKey, Sequence[Tombstone]]:
        stones = sorted(self.memory.tombstones.values(), key=lambda it: (it.at, it.key))
        found = {key: [it for it in stones if key in it.kin] for key in keys}
        return {key: it for key, it in found.items() if it}

    async def put_tombstones(self, tombstones: Sequence[Tombstone]) -> int:
        return self.memory.put_tombstones(tombstones)

    async def all_tombstones(self, *, after: AssetKey | None, limit: int) -> Sequence[Tombstone]:
        stones = sorted(self.memory.tombstones.values(), key=lambda it: it.key)
        return [it for it in stones if after is None or it.key > after][:limit]

    async def put_links(
        self, links: Sequence[Link], agreed: Mapping[LinkId, Agreed], audit: Sequence[AuditEntry] = ()
    ) -> None:
        self.memory.tell(audit)
        for it in links:
            self.memory.put_link(it)
        self.memory.agreed.update(agreed)

    async def links_in(self, accounts: Sequence[AccountId], *, after: LinkId | None, limit: int) -> Sequence[Link]:
        wanted = set(accounts)
        ids = sorted(it.id for it in self.memory.links.values() if any(one.id.account in wanted for one in it.copies))
        return [self.memory.links[it] for it in ids if after is None or it > after][:limit]

    async def count_links(self, accounts: Sequence[AccountId]) -> int:
        return sum(any(one.id.account in accounts for one in it.copies) for it in self.memory.links.values())

    async def longest_unseen(
        self, flow: FlowName, accounts: Sequence[AccountId], *, limit: int
    ) -> Sequence[tuple[LinkId, AssetKey]]:
        seen = self.memory.observations.get(flow, {})
        turns = []
        for link in self.memory.links.values():
            ours = [it for it in link.copies if it.id.account in accounts]
            times = [seen[it.key].at.timestamp() for it in ours if it.key in seen]
            published = any(it.id.role is CopyRole.PUBLISHED for it in ours)
            if ours:
                turns.append((not published, len(times) == len(ours), min(times, default=0.0), link.id, ours))
        return [(it[3], copy.key) for it in sorted(turns, key=lambda it: it[:4]) for copy in it[4]][:limit]

    async def sight(self, run: RunId, account: AccountId, ids: Sequence[RemoteId]) -> None:
        self.memory.sights.setdefault((run, account), set()).update(ids)

    async def count_sights(self, run: RunId, account: AccountId) -> int:
        return len(self.memory.sights.get((run, account), ()))

    async def unsighted(
        self, run: RunId, account: AccountId, *, after: RemoteId | None, limit: int
    ) -> Sequence[RemoteId]:
        met = self.memory.sights.get((run, account), set())
        return _page({it for it in self._known(account) if it not in met}, after, limit)

    async def unlinked(
        self, run: RunId, account: AccountId, *, after: RemoteId | None, limit: int
    ) -> Sequence[RemoteId]:
        return _page(self.memory.sights.get((run, account), set()) - self._known(account), after, limit)

    async def forget_sights(self, run: RunId) -> None:
        for key in [it for it in self.memory.sights if it[0] == run]:
            del self.memory.sights[key]

    def _known(self, account: AccountId) -> set[RemoteId]:
        links = self.memory.links.values()
        return {it.remote_id for link in links for it in link.copies if it.id.account == account}


def _page(ids: set[RemoteId], after: RemoteId | None, limit: int) -> list[RemoteId]:
    return sorted(it for it in ids if after is None or it > after)[:limit]
