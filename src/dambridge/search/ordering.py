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


@dataclass(frozen=True, slots=True, kw_only=True)
class Prospect:
    """What would become of one asset: by outlet, why it would be held back; empty where nothing speaks against it."""

    key: AssetKey
    name: str
    file_name: str
    outlets: Mapping[str, str]


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
        return await self._order(flow, [key], searcher, via=via)

    async def publish(self, key: AssetKey, outlet: str, searcher: Searcher, *, via: str) -> Command:
        """Ask that this asset be shown at the outlet. Raises `Refused`, with the gate's word where it is shut."""
        copy = await self._seen(key, searcher)
        why = self._held_back(copy, outlet, await self._clock.now())
        if why is not None:
            raise why
        return await self._order(self._outlet(outlet)[0].flow, [key], searcher, via=via, outlet=outlet)

    async def prospects(self, keys: Sequence[AssetKey], searcher: Searcher) -> Sequence[Prospect]:
        """What would become of these assets at each outlet that this person may ask for; those that they cannot see are left
        out, as if they were not."""
        now, seen = await self._clock.now(), await self._search.seen(keys, searcher)
        found: list[Prospect] = []
        for key in keys:
            if (copy := seen.get(key)) is not None:
                _, outlets = self.ways(key, searcher)
                answers = {name: self._held_back(copy, name, now) for name in outlets}
                words = {name: str(why) if why is not None else "" for name, why in answers.items()}
                found.append(
                    Prospect(key=key, name=copy.title or copy.file_name, file_name=copy.file_name, outlets=words)
                )
        return found

    async def publish_all(self, keys: Sequence[AssetKey], outlet: str, searcher: Searcher, *, via: str) -> Command:
        """Ask for several at once, in one order. Raises `Refused` where one of them cannot go: then nothing is asked for."""
        if not keys:
            raise Refused("Nothing was chosen.", code="nothing_chosen")
        now, seen = await self._clock.now(), await self._search.seen(keys, searcher)
        for key in keys:
            if key not in seen:
                raise Refused(f"There is no asset {key} that you can see.", code="unknown_asset")
            if (why := self._held_back(seen[key], outlet, now)) is not None:
                raise Refused(f"{seen[key].file_name}: {why}", code=why.code)
        return await self._order(self._outlet(outlet)[0].flow, keys, searcher, via=via, outlet=outlet)

    def _held_back(self, copy: Document, outlet: str, now: datetime) -> Refused | None:
        """Why this asset does not go to the outlet, as far as it is plain beforehand. Raises `Refused` for an unknown
        outlet."""
        policy, way = self._outlet(outlet)
        if copy.key.account != policy.source:
            return Refused(f"What goes to {outlet} comes from {policy.source}; find the asset there.", code="no_way")
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
            return Refused(f"Held back from {outlet}: {held_words(answer, policy.zone)}", code=code)
        chosen = policy.selection
        paths = [it for it in copy.paths or () if matches_any(it, chosen.folders)]
        if not any(not matches_any(it, chosen.exclude) for it in paths):
            folders = ", ".join(chosen.folders) or "none"
            return Refused(
                f"Flow {policy.flow} shows what stands in the folders {folders}. Put the asset there first.",
                code="not_selected",
            )
        return None

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

    async def _order(
        self, flow: FlowName, keys: Sequence[AssetKey], searcher: Searcher, *, via: str, outlet: str = ""
    ) -> Command:
        if not searcher.may_order_of(flow):
            raise Refused(f"Your roles do not let you ask flow {flow} for anything.", code="no_role")
        now, to = await self._clock.now(), outlet or "archive"
        await self._ledger.add_due([_hint(flow, it, now) for it in keys])
        detail = {"flow": str(flow), "to": to, "via": via}
        event, by = "asset.asked_for", searcher.name
        await self._ledger.audit(
            [AuditEntry(at=now, actor=by, event=event, subject=str(it), detail=detail) for it in keys]
        )
        asked = {"asked": {"asset": str(keys[0]), "outlet": outlet}} if len(keys) == 1 else {}
        mark = (str(flow), *map(str, keys), to, searcher.name, now.isoformat(timespec="minutes"))
        return await self._ledger.enqueue(
            Command(
                id=CommandId(derived_id("co", *mark)),
                kind=CommandKind.RUN,
                actor=searcher.name,
                via=via,
                scope={"flow": str(flow), **asked},
                idempotency_key=derived_id("ik", *mark),
                state=CommandState.QUEUED,
                created_at=now,
            )
        )


def _hint(flow: FlowName, key: AssetKey, now: datetime) -> Due:
    """The next round of the flow reads this asset, and decides."""
    payload = {"account": str(key.account), "id": str(key.remote_id)}
    return Due(at=now, kind=hint_kind(flow), key=str(key), payload=payload)
