"""Other programs that are told what happened: how each stands, what was sent, and sending it again."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from dambridge.bootstrap import announcer_over
from dambridge.console.desk import Desk, desk_of
from dambridge.console.guarding import OF_ALL, Stop
from dambridge.console.machine import Keeper
from dambridge.console.notices import notice_of, order
from dambridge.console.rendering import page
from dambridge.engine.announcing import Announcer, standings_of
from dambridge.model.commands import CommandKind
from dambridge.model.people import Person
from dambridge.policy.duties import Duty, answers_for_all, of_a_part
from dambridge.ports.errors import Refused

router = APIRouter(include_in_schema=False)
SHOWN = 50


def opened(desk: Desk, who: Person) -> Announcer:
    """Deliveries are of all flows and whatever is in them. Raises `Stop` for whoever answers for a part, and where nobody is
    told anything."""
    if of_a_part(who.searcher):
        raise Stop(403, OF_ALL)
    if not answers_for_all(who.searcher, desk.flows):
        raise Stop(403, "This list is of all flows, and yours are some of them.")
    try:
        return announcer_over(desk.settings, desk.ledger, desk.clock)
    except Refused as error:
        raise Stop(409, str(error)) from None


@router.get("/webhooks")
async def webhooks(request: Request, who: Keeper) -> Response:
    """Every endpoint, and what was sent to it lately."""
    desk = desk_of(request)
    announcer = opened(desk, who.person) if desk.settings.webhooks is not None else None
    found = await standings_of(announcer) if announcer is not None else ()
    return page(
        request,
        "webhooks.html",
        now=await desk.clock.now(),
        endpoints=found,
        sent={it.name: await announcer.store.deliveries(it.name, limit=SHOWN) for it in found} if announcer else {},
        may_send=who.may(Duty.RUN),
        notice=await notice_of(request, who),
    )


@router.post("/webhooks/{endpoint}")
async def about(request: Request, endpoint: str, who: Keeper) -> Response:
    """Test it, let it go on, or send it something again."""
    who.needs(Duty.RUN)
    opened(desk_of(request), who.person)
    form = await request.form()
    scope = {"endpoint": endpoint, "do": str(form.get("do") or ""), "flow": ""}
    if message := str(form.get("message") or ""):
        scope["message"] = message
    return await order(request, who, CommandKind.WEBHOOK, scope, back="/webhooks")
