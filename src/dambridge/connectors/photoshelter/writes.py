"""What changes something is sent once; a session that ended, or was taken elsewhere, is told apart from a refusal."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace

from dambridge.connectors.kit import HttpCaller, RenewedHeaders, Reply, Request
from dambridge.connectors.photoshelter import protocol
from dambridge.connectors.photoshelter.wire import parse_error
from dambridge.ports.errors import TryLater
from dambridge.ports.pace import Lane


@dataclass(frozen=True, slots=True)
class Writes:
    """Writes over one session. `accepted` says whether the service still takes these headers, `ours` whether the session
    stands in our organisation (None where the service does not say)."""

    caller: HttpCaller
    session: RenewedHeaders
    accepted: Callable[[Mapping[str, str], Lane], Awaitable[bool]]
    ours: Callable[[Lane], Awaitable[bool | None]]

    async def send(self, request: Request, lane: Lane) -> Reply:
        """The reply, refusals included. Raises `TryLater` where nothing happened because of the session, `Unclear` when
        no answer came.

        A 401 is both "not logged in" and "not allowed" (PS 4.6): a look at the session tells which."""
        headers = await self.session.headers(lane)
        signed = replace(request, headers=headers, authorised=False)
        reply = await self.caller.call(signed, lane=lane)
        ended = parse_error(reply.json_or_none()).id == protocol.OAUTH_ENDED if not reply.ok else False
        if ended or (reply.status == 401 and not await self.accepted(headers, lane)):
            await self.session.renew(headers, lane)
            raise TryLater(f"Could not {request.about}: the session had ended. A new one is made; nothing happened.")
        if reply.status in {401, 404} and await self.ours(lane) is False:
            raise TryLater(
                f"Could not {request.about}: another sign-in had taken the session into another organisation. It is back; "
                "nothing happened."
            )
        return reply
