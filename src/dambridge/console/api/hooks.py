"""The API's reads of outgoing webhooks: how each endpoint stands, what was sent to it; and orders about one."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request

from dambridge.console.api import shapes
from dambridge.console.api.caller import Called
from dambridge.console.api.routes import Id, Key, Limit, give_order
from dambridge.console.desk import desk_of
from dambridge.console.guarding import Stop
from dambridge.console.webhooks import opened
from dambridge.engine.announcing import Announcer, standings_of
from dambridge.model.commands import CommandKind
from dambridge.model.webhooks import DeliveryState
from dambridge.policy.duties import Duty
from dambridge.ports.errors import Refused


async def webhooks(request: Request, who: Called) -> shapes.Endpoints:
    """Other programs that are told, and how it stands with each."""
    return shapes.Endpoints(endpoints=[it.to_json() for it in await standings_of(_announcer(request, who))])


async def deliveries(
    request: Request,
    who: Called,
    endpoint: Id,
    state: Annotated[DeliveryState | None, Query(description="Only those that stand so.")] = None,
    limit: Limit = 50,
) -> shapes.Deliveries:
    """What was sent to an endpoint, the latest first."""
    announcer = _announcer(request, who)
    _known(announcer, endpoint)
    found = await announcer.store.deliveries(endpoint, state=state, limit=limit)
    return shapes.Deliveries(deliveries=[it.to_json() for it in found])


async def about(request: Request, who: Called, endpoint: Id, wish: shapes.WebhookWish, key: Key = None) -> shapes.Order:
    """Test an endpoint, send something to it again, or let it go on."""
    who.needs(Duty.RUN)
    _known(_announcer(request, who), endpoint)
    if (wish.do == "redeliver") != bool(wish.message):
        raise Stop(422, "`redeliver` names the `message`, and nothing else does.")
    scope = {"endpoint": endpoint, "flow": "", **wish.model_dump(exclude_defaults=True)}
    return await give_order(request, who, CommandKind.WEBHOOK, scope, key)


def _announcer(request: Request, who: Called) -> Announcer:
    who.needs(Duty.MACHINE)
    return opened(desk_of(request), who.person)


def _known(announcer: Announcer, endpoint: str) -> None:
    try:
        announcer.listener(endpoint)
    except Refused as error:
        raise Stop(404, str(error)) from None
