"""Server-sent events: a page that is open hears when to ask again (`pulse`), and hears that its session is over."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response, StreamingResponse

from dambridge.console.desk import desk_of
from dambridge.console.guarding import Looker, Stop
from dambridge.console.pulse import EVERYTHING, Crowded, Pulse
from dambridge.model.identity import FlowName
from dambridge.policy.duties import Duty

router = APIRouter(include_in_schema=False)


def pulse_of(request: Request) -> Pulse:
    found: Pulse = request.app.state.pulse
    return found


@router.get("/live")
async def live(request: Request, who: Looker, about: Annotated[str, Query(max_length=40)] = EVERYTHING) -> Response:
    """News of everything, or of one flow. 503 where too many listen already: the page asks by itself then."""
    if about != EVERYTHING:
        if about not in {str(it) for it in desk_of(request).flows}:
            raise Stop(404, "There is no such flow.")
        who.needs(Duty.LOOK, FlowName(about))
    try:
        told = pulse_of(request).listen(who.session.id, about)
    except Crowded:
        raise Stop(503, "Too many pages are open; this one looks by itself every few seconds.") from None
    return StreamingResponse(told, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})
