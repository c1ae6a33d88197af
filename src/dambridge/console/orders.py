"""What became of one order: the part of a page that asks again until it has ended."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from dambridge.console.desk import desk_of
from dambridge.console.guarding import Looker, Stop
from dambridge.console.notices import told
from dambridge.console.rendering import page
from dambridge.model.identity import CommandId

router = APIRouter(include_in_schema=False)


@router.get("/orders/{order}")
async def notice(request: Request, order: str, who: Looker) -> Response:
    desk = desk_of(request)
    command = await desk.ledger.command(CommandId(order))
    if command is None or command.actor != who.name:
        raise Stop(404, "There is no such order of yours.")
    return page(request, "_notice.html", notice=await told(desk, command, part=who.of_a_part))
