"""From a find to work: "bring it here" and "publish to", and taking that back. An outlet that takes orders keeps each as a row,
and the asset counts as selected there for as long as it stands; everywhere else only the flow is asked to look. Its gate decides
in any case, and what is plain beforehand is said at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from dambridge.model.access import Searcher
from dambridge.model.commands import Command, CommandKind, CommandState
from dambridge.model.identity import (
    AccountId,
    AssetKey,
    CommandId,
    CopyRole,
    FlowName,
    LinkId,
    derived_id,
)
from dambridge.model.outlet_orders import ARCHIVE, OutletOrder
from dambridge.model.publications import Stage
from dambridge.policy.duties import Duty
from dambridge.policy.duties import may as may_do
from dambridge.policy.ordering import end_of, may_order_to
from dambridge.policy.outlets import Outlet, PublishPolicy
from dambridge.ports.clock import Clock
from dambridge.ports.errors import Refused
from dambridge.ports.hints import hint_kind
from dambridge.ports.ledger import AuditEntry, Due
from dambridge.search.asking import IndexSearch
from dambridge.search.destinations import Destinations, OrderLedger
from dambridge.search.prospects import Known, Prospect, held_back

PAGE = 500
LONGEST = timedelta(days=36_525)


@dataclass(frozen=True, slots=True)
class _Round:
    """A look that a flow is asked to have now, at these assets; `said` tells it from another for the same."""

    flow: FlowName
    keys: Sequence[AssetKey]
    outlet: str
    said: tuple[str, ...] = ()
    back: bool = False


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
            for name, (policy, outlet) in self._to.outlets().items()
            if policy.source == key.account
            and searcher.may_order_of(policy.flow)
            and may_order_to(searcher, outlet, policy.gate)
        )
        return inward is not None and searcher.may_order_of(inward), tuple(outlets)

    def account_of(self, outlet: str) -> AccountId:
        """The account in which this outlet shows. Raises `Refused` where there is none of the name."""
        return self._outlet(outlet)[1].account

    def takes_orders(self, outlet: str) -> bool:
        """Whether single assets can be ordered to it, also for a time."""
        return self._outlet(outlet)[1].orders

    def end_of(self, outlet: str, given: str) -> datetime | None:
        """The end of an order as somebody wrote it, days in the gate's zone. Raises `Refused` for what is none."""
        try:
            return end_of(given, self._outlet(outlet)[0].zone)
        except ValueError as error:
            raise Refused(str(error), code="no_end") from None

    async def ordered(self, searcher: Searcher) -> Sequence[OutletOrder]:
        """What was ordered and stands: one's own, and of others for those who see the assets of the flow."""
        found: list[OutletOrder] = []
        now = await self._clock.now()
        for flow in (*self._to.inward.values(), *(it.flow for it in self._to.outward)):
            after: tuple[str, AssetKey] | None = None
            while page := await self._ledger.outlet_orders_in(flow, after=after, limit=PAGE):
                after = (page[-1].outlet, page[-1].source)
                seen = await self._search.seen([it.source for it in page], searcher)
                all_of_them = may_do(searcher, Duty.SEE_ASSETS, flow)
                mine = (it for it in page if it.by == searcher.name or (all_of_them and it.source in seen))
                found += [it for it in mine if it.stands(now)]
        return found

    async def bring(self, key: AssetKey, searcher: Searcher, *, via: str) -> Command:
        """Ask that this asset be brought into the archive. Raises `Refused` where that cannot be, or it is there already."""
        seen = await self._seen([key], searcher)
        flow, now = self._to.inward.get(key.account), await self._clock.now()
        if flow is None:
            raise Refused(f"No flow takes assets from {key.account} into the archive.", code="no_way")
        if self._to.inward_orders and (twin := seen[key].record) is not None:
            raise Refused(f"It is in the archive already, as {twin}; no second copy is made.", code="already_there")
        new = OutletOrder(flow=flow, outlet=ARCHIVE, source=key, by=searcher.name, at=now, said_at=now)
        orders = [_ordered(seen[key], key, new)] if self._to.inward_orders else []
        return await self._ask(flow, [key], searcher, via=via, orders=orders)

    async def publish(
        self, key: AssetKey, outlet: str, searcher: Searcher, *, via: str, until: datetime | None = None
    ) -> Command:
        """Ask that this asset be shown at the outlet, until an instant where one is given. Raises `Refused`, with the gate's
        word where it is shut."""
        seen, now = await self._seen([key], searcher), await self._clock.now()
        if (why := self._held_back(seen[key], outlet, searcher, now)) is not None:
            raise why
        return await self._order(seen, outlet, searcher, via=via, until=until, now=now)

    async def publish_all(
        self, keys: Sequence[AssetKey], outlet: str, searcher: Searcher, *, via: str, until: datetime | None = None
    ) -> Command:
        """Ask for several at once, in one order. Raises `Refused` where one of them cannot go: then nothing is asked for."""
        if not keys:
            raise Refused("Nothing was chosen.", code="nothing_chosen")
        seen, now = await self._seen(keys, searcher), await self._clock.now()
        for it in seen.values():
            if (why := self._held_back(it, outlet, searcher, now)) is not None:
                raise Refused(f"{it.copy.file_name}: {why}", code=why.code)
        return await self._order(seen, outlet, searcher, via=via, until=until, now=now)

    async def take_back(self, key: AssetKey, outlet: str, searcher: Searcher, *, via: str) -> Command:
        """Take back what was ordered to the outlet, one's own or, for those who settle things there, anybody's: it leaves as
        anything does that is not selected any more. Raises `Refused` where nothing stands."""
        now = await self._clock.now()
        order = (await self._ledger.outlet_orders([key])).get(key, {}).get(outlet)
        if order is None or order.ended_at is not None or not _may_take_back(order, searcher):
            raise Refused(
                f"No order of {key} to {outlet or 'the archive'} stands that you may take back.", code="no_order"
            )
        over = replace(order, ended_at=now, ended_by=searcher.name, said_at=now)
        detail = {"flow": str(order.flow), "to": outlet or "archive", "via": via, "ordered_by": order.by}
        entry = AuditEntry(at=now, actor=searcher.name, event="asset.order_taken_back", subject=str(key), detail=detail)
        await self._ledger.put_outlet_orders([over], [entry])
        return await self._run(
            _Round(order.flow, [key], outlet, (now.isoformat(),), back=True), searcher, via=via, now=now
        )

    async def prospects(self, keys: Sequence[AssetKey], searcher: Searcher) -> Sequence[Prospect]:
        """What would become of these assets at each outlet that this person may ask for; those that they cannot see are left
        out, as if they were not."""
        now, seen = await self._clock.now(), await self._known(keys, searcher)
        found: list[Prospect] = []
        for key in keys:
            if (it := seen.get(key)) is not None:
                _, outlets = self.ways(key, searcher)
                answers = {name: self._held_back(it, name, searcher, now) for name in outlets}
                words = {name: str(why) if why is not None else "" for name, why in answers.items()}
                name = it.copy.title or it.copy.file_name
                found.append(Prospect(key=key, name=name, file_name=it.copy.file_name, outlets=words))
        return found

    def _held_back(self, it: Known, outlet: str, searcher: Searcher, now: datetime) -> Refused | None:
        """Raises `Refused` for an unknown outlet."""
        policy, way = self._outlet(outlet)
        return held_back(it, policy, way, searcher, now)

    def _outlet(self, name: str) -> tuple[PublishPolicy, Outlet]:
        known = self._to.outlets()
        if name not in known:
            raise Refused(f"There is no outlet `{name}`. Known: {', '.join(sorted(known)) or 'none'}.", code="no_way")
        return known[name]

    async def _seen(self, keys: Sequence[AssetKey], searcher: Searcher) -> dict[AssetKey, Known]:
        """What the person may not see, there is not, to them: raises `Refused`."""
        seen = await self._known(keys, searcher)
        for key in keys:
            if key not in seen:
                raise Refused(f"There is no asset {key} that you can see.", code="unknown_asset")
        return {key: seen[key] for key in keys}

    async def _known(self, keys: Sequence[AssetKey], searcher: Searcher) -> dict[AssetKey, Known]:
        seen = await self._search.seen(keys, searcher)
        orders, links = await self._ledger.outlet_orders(keys), await self._ledger.links_of(keys)
        published = await self._ledger.publications(sorted(set(links.values())))
        records = await self._records(links)
        found: dict[AssetKey, Known] = {}
        for key, copy in seen.items():
            standing = published[links[key]].values() if links.get(key) in published else ()
            there = {it.outlet: it for it in standing if it.stage is not Stage.WITHDRAWN}
            found[key] = Known(copy=copy, published=there, orders=orders.get(key, {}), record=records.get(key))
        return found

    async def _records(self, links: Mapping[AssetKey, LinkId]) -> dict[AssetKey, AssetKey]:
        """The copies in the archive of those that came from elsewhere."""
        found: dict[AssetKey, AssetKey] = {}
        known = await self._ledger.links(sorted(set(links.values())))
        for key, link in links.items():
            for it in known[link].copies if link in known else ():
                if it.id.role is CopyRole.RECORD and it.key != key:
                    found[key] = it.key
        return found

    async def _order(
        self,
        seen: Mapping[AssetKey, Known],
        outlet: str,
        searcher: Searcher,
        *,
        via: str,
        until: datetime | None,
        now: datetime,
    ) -> Command:
        """Keep the orders where the outlet takes them, and have the flow look. Raises `Refused` for an end that cannot be."""
        policy, way = self._outlet(outlet)
        if until is not None and not way.orders:
            raise Refused(f"{outlet} takes no orders, so that nothing can be ordered for a time.", code="no_orders")
        if until is not None and not now < until < now + LONGEST:
            raise Refused("The end of an order lies ahead of now, and within a hundred years.", code="no_end")
        until = until.astimezone(UTC) if until is not None else None
        new = OutletOrder(
            flow=policy.flow, outlet=outlet, source=next(iter(seen)), by=searcher.name, at=now, until=until, said_at=now
        )
        orders = [_ordered(it, key, new) for key, it in seen.items()] if way.orders else []
        return await self._ask(policy.flow, list(seen), searcher, via=via, outlet=outlet, orders=orders)

    async def _ask(
        self,
        flow: FlowName,
        keys: Sequence[AssetKey],
        searcher: Searcher,
        *,
        via: str,
        outlet: str = "",
        orders: Sequence[OutletOrder] = (),
    ) -> Command:
        """Keep these orders and have the flow look. Asked twice in a minute it is the same; ordered anew it is another."""
        if not searcher.may_order_of(flow):
            raise Refused(f"Your roles do not let you ask flow {flow} for anything.", code="no_role")
        now, until = await self._clock.now(), next((it.until for it in orders), None)
        detail = {"flow": str(flow), "to": outlet or "archive", "via": via}
        detail |= {"until": until.isoformat()} if until is not None else {}
        event, by = "asset.asked_for", searcher.name
        entries = [AuditEntry(at=now, actor=by, event=event, subject=str(it), detail=detail) for it in keys]
        if orders:
            await self._ledger.put_outlet_orders(orders, entries)
        else:
            await self._ledger.audit(entries)
        said = tuple(it.said_at.isoformat() for it in orders)
        return await self._run(_Round(flow, keys, outlet, said), searcher, via=via, now=now)

    async def _run(self, it: _Round, searcher: Searcher, *, via: str, now: datetime) -> Command:
        await self._ledger.add_due([_hint(it.flow, key, now) for key in it.keys])
        about: dict[str, Any] = {"asset": str(it.keys[0]), "outlet": it.outlet} | ({"back": True} if it.back else {})
        asked = {"asked": about} if len(it.keys) == 1 else {}
        minute = now.isoformat(timespec="minutes")
        mark = (str(it.flow), *map(str, it.keys), it.outlet or "archive", searcher.name, minute, *it.said, str(it.back))
        return await self._ledger.enqueue(
            Command(
                id=CommandId(derived_id("co", *mark)),
                kind=CommandKind.RUN,
                actor=searcher.name,
                via=via,
                scope={"flow": str(it.flow), **asked},
                idempotency_key=derived_id("ik", *mark),
                state=CommandState.QUEUED,
                created_at=now,
            )
        )


def _ordered(it: Known, key: AssetKey, new: OutletOrder) -> OutletOrder:
    """The order of this asset; one that stands already and says the same is left as it is."""
    known = it.ordered(new.outlet, new.said_at)
    if known is None:
        return replace(new, source=key)
    return known if known.until == new.until else replace(new, source=key, at=known.at)


def _may_take_back(order: OutletOrder, searcher: Searcher) -> bool:
    """One's own, or anybody's where one settles things in that flow."""
    mine = order.by == searcher.name and searcher.may_order_of(order.flow)
    return mine or may_do(searcher, Duty.SETTLE, order.flow)


def _hint(flow: FlowName, key: AssetKey, now: datetime) -> Due:
    """The next round of the flow reads this asset, and decides."""
    payload = {"account": str(key.account), "id": str(key.remote_id)}
    return Due(at=now, kind=hint_kind(flow), key=str(key), payload=payload)
