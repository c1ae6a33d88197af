"""From a find to work: "bring it here" and "publish to". Only an order is given, to the flow whose business it is; its gate and
its selection decide, and what is plain beforehand is said at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from dambridge.model.access import Searcher
from dambridge.model.commands import Command, CommandKind, CommandState
from dambridge.model.gate import Question
from dambridge.model.identity import AccountId, AssetKey, CommandId, FlowName, derived_id
from dambridge.model.searching import Document
from dambridge.policy.gate import may
from dambridge.policy.outlets import Outlet, PublishPolicy
from dambridge.policy.patterns import matches_any
from dambridge.ports.clock import Clock
from dambridge.ports.errors import Refused
from dambridge.ports.hints import hint_kind
from dambridge.ports.ledger import AuditEntry, Due
from dambridge.search.asking import IndexSearch
from dambridge.telemetry.gate_words import held_words


class OrderLedger(Protocol):
    """What giving an order needs of the ledger."""

    async def enqueue(self, command: Command) -> Command: ...
    async def add_due(self, due: Sequence[Due]) -> None: ...
    async def audit(self, entries: Sequence[AuditEntry]) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Destinations:
    """Where finds can go. `inward` are accounts that a flow takes assets from into the archive; `outward` the flows with
    outlets."""

    inward: Mapping[AccountId, FlowName]
    outward: tuple[PublishPolicy, ...]

    def outlets(self) -> dict[str, tuple[PublishPolicy, Outlet]]:
        return {name: (policy, outlet) for policy in self.outward for name, outlet in policy.outlets.items()}


class Orders:
    """Gives orders in somebody's name."""

    def __init__(self, search: IndexSearch, ledger: OrderLedger, clock: Clock, to: Destinations) -> None:
        self._search = search
        self._ledger = ledger
        self._clock = clock
        self._to = to

    def ways(self, key: AssetKey, searcher: Searcher) -> tuple[bool, tuple[str, ...]]:
        """Whether this person may ask for it to be brought, and the outlets that they may ask for; the gate and the selection
        have their word when they do."""
        inward = self._to.inward.get(key.account)
        outlets = (
            name
            for name, (policy, _) in self._to.outlets().items()
            if policy.source == key.account and searcher.may_order_of(policy.flow)
        )
        return inward is not None and searcher.may_order_of(inward), tuple(outlets)

    def account_of(self, outlet: str) -> AccountId:
        """The account in which this outlet shows. Raises `Refused` where there is none of the name."""
        return self._outlet(outlet)[1].account

    async def bring(self, key: AssetKey, searcher: Searcher, *, via: str) -> Command:
        """Ask that this asset be brought into the archive. Raises `Refused` where that cannot be."""
        await self._seen(key, searcher)
        flow = self._to.inward.get(key.account)
        if flow is None:
            raise Refused(f"No flow takes assets from {key.account} into the archive.", code="no_way")
        return await self._order(flow, key, searcher, via=via)

    async def publish(self, key: AssetKey, outlet: str, searcher: Searcher, *, via: str) -> Command:
        """Ask that this asset be shown at the outlet. Raises `Refused`, with the gate's word where it is shut."""
        copy = await self._seen(key, searcher)
        policy, way = self._outlet(outlet)
        if copy.key.account != policy.source:
            raise Refused(f"What goes to {outlet} comes from {policy.source}; find the asset there.", code="no_way")
        now = await self._clock.now()
        question = Question(
            channel=way.channel,
            territory=way.territory,
            audience=way.audience,
            at=now,
            status=copy.profile.status or "unknown",
        )
        answer = may(copy.profile.rights, question, policy.gate)
        if not answer.permits:
            code = str(answer.blocks[0])
            raise Refused(f"Held back from {outlet}: {held_words(answer, policy.zone)}", code=code)
        chosen = policy.selection
        paths = [it for it in copy.paths or () if matches_any(it, chosen.folders)]
        if not any(not matches_any(it, chosen.exclude) for it in paths):
            folders = ", ".join(chosen.folders) or "none"
            raise Refused(
                f"Flow {policy.flow} shows what stands in the folders {folders}. Put the asset there first.",
                code="not_selected",
            )
        return await self._order(policy.flow, key, searcher, via=via, outlet=outlet)

    def _outlet(self, name: str) -> tuple[PublishPolicy, Outlet]:
        known = self._to.outlets()
        if name not in known:
            raise Refused(f"There is no outlet `{name}`. Known: {', '.join(sorted(known)) or 'none'}.", code="no_way")
        return known[name]

    async def _seen(self, key: AssetKey, searcher: Searcher) -> Document:
        """What the person may not see, there is not, to them."""
        copy = (await self._search.seen([key], searcher)).get(key)
        if copy is None:
            raise Refused(f"There is no asset {key} that you can see.", code="unknown_asset")
        return copy

    async def _order(self, flow: FlowName, key: AssetKey, searcher: Searcher, *, via: str, outlet: str = "") -> Command:
        if not searcher.may_order_of(flow):
            raise Refused(f"Your roles do not let you ask flow {flow} for anything.", code="no_role")
        now, to = await self._clock.now(), outlet or "archive"
        await self._ledger.add_due([_hint(flow, key, now)])
        detail = {"flow": str(flow), "to": to, "via": via}
        await self._ledger.audit(
            [AuditEntry(at=now, actor=searcher.name, event="asset.asked_for", subject=str(key), detail=detail)]
        )
        mark = (str(flow), str(key), to, searcher.name, now.isoformat(timespec="minutes"))
        return await self._ledger.enqueue(
            Command(
                id=CommandId(derived_id("co", *mark)),
                kind=CommandKind.RUN,
                actor=searcher.name,
                via=via,
                scope={"flow": str(flow), "asked": {"asset": str(key), "outlet": outlet}},
                idempotency_key=derived_id("ik", *mark),
                state=CommandState.QUEUED,
                created_at=now,
            )
        )


def _hint(flow: FlowName, key: AssetKey, now: datetime) -> Due:
    """The next round of the flow reads this asset, and decides."""
    payload = {"account": str(key.account), "id": str(key.remote_id)}
    return Due(at=now, kind=hint_kind(flow), key=str(key), payload=payload)
