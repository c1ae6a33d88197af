"""The API of panels and extension: tokens for pages, and finds that are asked for."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

from fastapi import Request

from dambridge.console.api import search_shapes
from dambridge.console.api.caller import Asker, Called, Caller
from dambridge.console.api.routes import Id
from dambridge.console.desk import Desk, desk_of
from dambridge.console.guarding import Stop
from dambridge.console.runs import key_of
from dambridge.console.searching import opened
from dambridge.engine import panels
from dambridge.model.access import Scope
from dambridge.model.commands import Command, CommandState
from dambridge.model.identity import CommandId, FlowName
from dambridge.model.outcomes import Outcome
from dambridge.policy.duties import Duty
from dambridge.ports.ledger import Observation
from dambridge.telemetry.wording import words

WAITING = {
    CommandState.QUEUED: "Asked for; it waits for its turn.",
    CommandState.RUNNING: "Under way.",
}


async def panel_token(request: Request, who: Called, wish: search_shapes.PanelWish) -> search_shapes.PanelToken:
    """Let a page of yours show a panel for some minutes. Ask for it on your server; the page gets only what this answers."""
    who.needs(Duty.LOOK)
    desk = desk_of(request)
    secret, made = await panels.make_panel_token(
        desk.people, who.person, _wish(wish), parent=who.token, known=desk.options.panel_origins
    )
    return search_shapes.PanelToken(
        token=secret, panel=made.key, expires_at=made.ends_at, origins=list(made.origins), orders=made.orders
    )


def _wish(it: search_shapes.PanelWish) -> panels.Wish:
    regions, selections, channels = (
        None if them is None else frozenset(them) for them in (it.regions, it.selections, it.channels)
    )
    return panels.Wish(
        origins=tuple(it.origins),
        orders=it.orders,
        lasts=timedelta(minutes=it.minutes),
        scope=Scope(regions=regions, selections=selections),
        audience=it.audience,
        channels=channels,
    )


async def bring(request: Request, who: Asker, wish: search_shapes.BringWish) -> search_shapes.Bringing:
    """Ask for a find to be brought into the archive, or shown at an outlet. Its flow's gate and selection decide, and an outlet
    that takes orders keeps yours beside its selection, `until` an instant where you say so. What is plain beforehand (held back,
    in no selected folder, there already) is refused at once, with the reason. Asked twice it is the same order."""
    who.needs(Duty.LOOK)
    orders, key = opened(request).orders, key_of(wish.asset)
    if wish.outlet:
        given = await orders.publish(key, wish.outlet, who.searcher, via=who.via, until=wish.until)
    elif wish.until is not None:
        raise Stop(422, "What is brought into the archive stays there: leave out `until`.")
    else:
        given = await orders.bring(key, who.searcher, via=who.via)
    return await _told(desk_of(request), given)


async def take_back(request: Request, who: Called, wish: search_shapes.BackWish) -> search_shapes.Bringing:
    """Take back what was ordered to an outlet: your own, or anybody's where you settle things there. It leaves as anything does
    that is not selected any more, with a record of it."""
    who.needs(Duty.LOOK)
    given = await opened(request).orders.take_back(key_of(wish.asset), wish.outlet, who.searcher, via=who.via)
    return await _told(desk_of(request), given)


async def ordered(request: Request, who: Called) -> search_shapes.AllOrdered:
    """What was ordered to outlets, or into the archive, and stands."""
    who.needs(Duty.LOOK)
    found = await opened(request).orders.ordered(who.searcher)
    return search_shapes.AllOrdered(
        orders=[
            search_shapes.Ordered(
                asset=str(it.source), outlet=it.outlet, flow=it.flow, by=it.by, at=it.at, until=it.until
            )
            for it in found
        ]
    )


async def brought(request: Request, who: Asker, order: Id) -> search_shapes.Bringing:
    """What became of something that you asked for."""
    who.needs(Duty.LOOK)
    desk = desk_of(request)
    found = await desk.ledger.command(CommandId(order))
    if found is None or not _theirs(found, who):
        raise Stop(404, "There is no such order of yours.")
    return await _told(desk, found)


def _theirs(it: Command, who: Caller) -> bool:
    """Of a panel's orders its readers see those of panels alone, whatever else its maker ordered."""
    return it.actor == who.name and "asked" in it.scope and (who.panel is None or it.via == "panel")


async def _told(desk: Desk, it: Command) -> search_shapes.Bringing:
    asked, seen = cast("dict[str, Any]", it.scope["asked"]), None
    if it.state is CommandState.DONE:
        key = key_of(asked["asset"])
        seen = (await desk.ledger.observations(FlowName(it.scope["flow"]), [key])).get(key)
    return search_shapes.Bringing(
        order=it.id,
        asset=asked["asset"],
        outlet=asked["outlet"],
        state=it.state.value,
        outcome=seen.outcome if seen is not None else None,
        words=_words(it, seen),
    )


def _words(it: Command, seen: Observation | None) -> str:
    if it.state in WAITING:
        return WAITING[it.state]
    if it.state is CommandState.FAILED:
        return str((it.result or {}).get("error") or "It could not be done.")
    if seen is None:
        return "The flow did not meet it. Its log says why."
    if seen.outcome not in {Outcome.DONE, Outcome.UNCHANGED}:
        return words(seen.reason)
    return "It was taken back." if it.scope["asked"].get("back") else "It is there."
