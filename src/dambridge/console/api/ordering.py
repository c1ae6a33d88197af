"""The API's orders about libraries that are paired, accounts that are asked, the index and the store; plans of retention."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request

from dambridge.bootstrap import open_benches, open_matching
from dambridge.console.api import order_shapes, shapes
from dambridge.console.api.caller import Called, Caller
from dambridge.console.api.routes import Id, Key, give_order
from dambridge.console.desk import desk_of
from dambridge.console.guarding import Stop
from dambridge.console.plans import has_retention
from dambridge.console.runs import key_of
from dambridge.engine.pairing import matching
from dambridge.model.commands import CommandKind
from dambridge.model.identity import FlowName
from dambridge.policy.duties import Duty

MOST_PAIRS = 200


# pairing --------------------------------------------------------------------------------------------------------------


async def pairs(
    request: Request,
    who: Called,
    first: Annotated[int, Query(ge=0, le=10_000_000, description="Where the page begins.")] = 0,
    limit: Annotated[int, Query(ge=1, le=MOST_PAIRS, description="How many.")] = 50,
) -> order_shapes.Pairs:
    """The pairs of the latest comparison about which a person has to say whether they are one asset."""
    who.needs(Duty.PAIR, FlowName.INTAKE)
    async with open_matching(desk_of(request).settings, source="", target="", alone=False) as it:
        made = await matching.compared(it)
    found = made.pairing.review[first : first + limit]
    last = first + len(found)
    return order_shapes.Pairs(
        made_at=made.made_at,
        certain=len(made.pairing.certain),
        review=len(made.pairing.review),
        pairs=[one.to_json() for one in found],
        next=last if last < len(made.pairing.review) else None,
    )


async def compare(request: Request, who: Called, key: Key = None) -> shapes.Order:
    """Compare both libraries anew: every asset is read, beside the flows; neither library is changed."""
    who.needs(Duty.PAIR, FlowName.INTAKE)
    return await give_order(request, who, CommandKind.COMPARE, {}, key)


async def decide(request: Request, who: Called, wish: order_shapes.PairWish) -> order_shapes.Decided:
    """Say whether two assets are one. Said again it is the same."""
    who.needs(Duty.PAIR, FlowName.INTAKE)
    one, other = key_of(wish.one), key_of(wish.other)
    async with open_matching(desk_of(request).settings, source="", target="") as it:
        await matching.decide(it, one, other, wish.verdict, by=who.name)
    return order_shapes.Decided(one=str(one), other=str(other), verdict=wish.verdict, by=who.name)


async def activate(request: Request, who: Called, wish: order_shapes.ActivateWish) -> order_shapes.PlanMade:
    """Make the plan that lets what is watched go to work; apply it as any plan."""
    who.needs(Duty.PAIR, FlowName.INTAKE)
    async with open_matching(desk_of(request).settings, source="", target="") as it:
        made = await matching.plan_activation(it, folders=wish.folders)
    return order_shapes.PlanMade(plan=made.id if made is not None else None)


# accounts, index, store, plans ----------------------------------------------------------------------------------------


async def probe(request: Request, who: Called, wish: order_shapes.ProbeWish, key: Key = None) -> shapes.Order:
    """Find out anew what an account can do."""
    who.needs(Duty.RUN)
    _known(request, wish.account)
    if wish.write:
        who.needs(Duty.CONFIGURE)
        if wish.confirm != "write":
            raise Stop(422, "Nothing was asked. Say `confirm: write` if these changes are meant; `changes` names them.")
    scope = {"account": wish.account, "write": wish.write}
    return await give_order(request, who, CommandKind.PROBE, scope, key)


async def changes(request: Request, who: Called, account: Id) -> order_shapes.Changes:
    """Every change that asking this account by writing makes, named before anything is done."""
    who.needs(Duty.CONFIGURE)
    _known(request, account)
    settings = desk_of(request).settings
    opened = open_benches(settings, names=[account], actor=who.name, mask=str, leaves=lambda _: None)
    async with opened as benches:
        (it,) = benches
        return order_shapes.Changes(account=account, host=it.host, changes=[str(one) for one in it.mutations])


def _known(request: Request, account: str) -> None:
    if account not in desk_of(request).settings.accounts:
        raise Stop(404, f"There is no account {account}.")


async def refill(request: Request, who: Called, key: Key = None) -> shapes.Order:
    """Fill the index of search anew: every account is read once, at the pace of a backfill."""
    _of_all(request, who, Duty.RUN)
    return await give_order(request, who, CommandKind.REFILL, {}, key)


async def rebuild(request: Request, who: Called, wish: order_shapes.RebuildWish, key: Key = None) -> shapes.Order:
    """Make a lost store anew from what the systems show. Nothing is written to them."""
    del wish  # it was said that this is meant
    _of_all(request, who, Duty.CONFIGURE)
    return await give_order(request, who, CommandKind.REBUILD, {}, key)


def _of_all(request: Request, who: Caller, duty: Duty) -> None:
    who.needs_all(duty, desk_of(request).flows)


async def plan_retention(request: Request, who: Called, key: Key = None) -> shapes.Order:
    """Plan what need not be kept any more by the rules of flow lifecycle. The order names the plan; a person applies it."""
    who.needs(Duty.RUN, FlowName.LIFECYCLE)
    if not has_retention(desk_of(request)):
        raise Stop(
            409, "Nothing says how long what is kept, so that everything is. Add `retention` to flow `lifecycle`."
        )
    return await give_order(request, who, CommandKind.PLAN_RETENTION, {"flow": str(FlowName.LIFECYCLE)}, key)
