"""Calls to one PhotoShelter organisation: a session that renews itself, and replies as wire values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import TypeVar

from dambridge.connectors.kit import (
    Download,
    Effect,
    FilePart,
    Http,
    HttpCaller,
    Masker,
    RenewedHeaders,
    Reply,
    Request,
    Retries,
    Timeouts,
)
from dambridge.connectors.photoshelter import protocol
from dambridge.connectors.photoshelter.config import PhotoShelterOptions
from dambridge.connectors.photoshelter.session import Entrance, OAuthTold
from dambridge.connectors.photoshelter.wire import (
    BadReply,
    WireItem,
    WirePage,
    WireRate,
    parse_error,
    parse_item,
    parse_page,
    parse_rate,
    text,
)
from dambridge.connectors.photoshelter.writes import Writes
from dambridge.model.identity import AccountId
from dambridge.ports.errors import NextMove, Refused, TryLater
from dambridge.ports.pace import Lane, Pacer
from dambridge.ports.systems import Body

Parsed = TypeVar("Parsed")
SESSION = "/user/session"


class PhotoShelterClient:
    """One account's calls. Each method raises the kit's errors; what it returns is said of each."""

    def __init__(
        self,
        options: PhotoShelterOptions,
        *,
        account: AccountId,
        pacer: Pacer,
        http: Http,
        retries: Retries | None = None,
    ) -> None:
        self._options = options
        self._http = http
        self._pacer = pacer
        self._retries = retries
        self._timeouts = Timeouts(connect=options.connect_timeout, idle=options.read_timeout)
        self._caller = HttpCaller(
            http,
            account=account,
            base_url=options.base_url,
            pacer=pacer,
            timeouts=self._timeouts,
            retries=retries,
            secrets=options.secrets(),
        )
        self._entrance = Entrance(options, self._caller)
        self._session = RenewedHeaders(self._entrance.sign_in)
        self._caller.sign_with(self._session)
        self._writes = Writes(self._caller, self._session, self._accepted, self.still_ours)
        self._told: WireRate | None = None

    @property
    def session(self) -> RenewedHeaders:
        return self._session

    @property
    def oauth_told(self) -> OAuthTold | None:
        """What the last renewal of an OAuth session showed; None before one."""
        return self._entrance.told

    @property
    def calls(self) -> int:
        return self._caller.calls

    @property
    def mask(self) -> Masker:
        return self._caller.mask

    async def get(
        self, path: str, *, about: str, lane: Lane, query: Mapping[str, str] | None = None, optional: bool = False
    ) -> Reply:
        """The reply to a GET, refusals included; a 401 is the answer to a fresh session, a 404 that of our organisation
        (of `optional` things nobody makes sure)."""
        request = protocol.read_request(path, about, query)
        reply = await self._caller.call(request, lane=lane)
        if not reply.ok and reply.status != 401 and parse_error(reply.json_or_none()).id == protocol.OAUTH_ENDED:
            # The status of this error is not known for sure; what it asks for is.
            self._session.forget()
            reply = await self._caller.call(request, lane=lane)
        if reply.status == 404 and not optional and await self.still_ours(lane) is not True:
            reply = await self._caller.call(request, lane=lane)
        await self._heed(reply)
        return reply

    async def item(self, path: str, *, about: str, lane: Lane, query: Mapping[str, str] | None = None) -> WireItem:
        """The resource at `path`. Raises the error that the refusal means."""
        reply = await self.get(path, about=about, lane=lane, query=query)
        return self.parsed(parse_item, reply, about)

    async def page(self, path: str, *, about: str, lane: Lane, query: Mapping[str, str]) -> WirePage:
        """A page of the listing at `path`. Raises the error that the refusal means."""
        reply = await self.get(path, about=about, lane=lane, query=query)
        return self.parsed(parse_page, reply, about)

    def download(self, remote_id: str, *, start: int = 0, lane: Lane) -> AbstractAsyncContextManager[Download]:
        """The original as it was uploaded: nothing embedded on the way, and said so (PS E28, CONFIRMED). From byte
        `start` on where that is not 0 and the service answers 206 (not documented)."""
        request = Request(
            method="GET",
            path=protocol.API + protocol.media_path(remote_id, "/download"),
            effect=Effect.READ,
            about=f"fetch the original of {remote_id}",
            query={"download_filetype": "original", "download_image_embed": "false"},
            headers={"Range": f"bytes={start}-"} if start else {},
            expects_json=False,
            pages=False,  # PS E28: always application/octet-stream
        )
        return self._caller.download(request, lane=lane)

    async def change(
        self, method: str, path: str, *, about: str, lane: Lane, form: Mapping[str, str] | None = None
    ) -> Reply:
        """Change something, once. Raises what a refusal means: `Refused` where the thing or the call is not there."""
        return await self._changed(protocol.write_request(method, path, about, form), lane)

    async def send_file(
        self, path: str, body: Body, *, form: Mapping[str, str], file_name: str, about: str, lane: Lane
    ) -> Reply:
        """Send a file as the multipart part `file` behind the other fields of a form. Raises like `change`."""
        file = FilePart(field="file", file_name=file_name, body=body)
        request = Request(
            method="POST", path=protocol.API + path, effect=Effect.WRITE, about=about, form=form, file=file
        )
        return await self._changed(request, lane)

    async def _changed(self, request: Request, lane: Lane) -> Reply:
        reply = await self._writes.send(request, lane)
        await self._heed(reply)
        if not reply.ok:
            raise protocol.next_move(reply, tried=request.about, mask=self.mask, writing=True)
        return reply

    def shown(self, link: str, *, about: str, lane: Lane) -> AbstractAsyncContextManager[Download]:
        """What stands behind a display link (PS E27), without key or session. Raises `Refused` for a link that leads
        anywhere but to PhotoShelter, or that carries a key."""
        place = protocol.display_place(link, self._options.base_url)
        if place is None:
            raise Refused(f"Could not {about}: its link does not lead to PhotoShelter's pictures.", code="link")
        origin, path = place
        elsewhere = HttpCaller(
            self._http,
            account=self._caller.account,
            base_url=origin,
            pacer=self._pacer,
            timeouts=self._timeouts,
            retries=self._retries,
        )
        request = Request(
            method="GET", path=path, effect=Effect.READ, about=about, authorised=False, expects_json=False
        )
        elsewhere.mask = self.mask
        return elsewhere.download(request, lane=lane)

    def refusal(self, reply: Reply, about: str) -> NextMove:
        return protocol.next_move(reply, tried=about, mask=self.mask)

    async def send(self, request: Request, *, lane: Lane) -> Reply:
        """The reply to any request at all, refusals included, for who judges them alone. Raises as the kit does."""
        reply = await self._caller.call(request, lane=lane)
        await self._heed(reply)
        return reply

    def open(self, request: Request, *, lane: Lane) -> AbstractAsyncContextManager[Download]:
        """The reply to any read, its body as a stream."""
        return self._caller.download(request, lane=lane)

    def parsed(self, parse: Callable[[object], Parsed], reply: Reply, about: str) -> Parsed:
        """The reply in wire values. Raises what a refusal means, `TryLater` where the reply is not of the service's shape."""
        if not reply.ok:
            raise self.refusal(reply, about)
        try:
            return parse(reply.json())
        except BadReply as error:
            raise TryLater(
                f"Could not {about}: PhotoShelter's reply should have been {error}. Nothing happened."
            ) from None

    def check_organisation(self, item: WireItem, about: str) -> None:
        """A session is in one organisation at a time (PS A3) and another program may have moved ours: where a resource
        says whose it is (PS E3, E19), one of another's ends the session. Raises `TryLater`; the next call enters anew."""
        owner = text(item.attributes.get("organization_id")) or text(item.attributes.get("org_id"))
        if owner and owner != self._options.org_id:
            self._session.forget()
            raise TryLater(
                f"Could not {about}: PhotoShelter answered out of organization {owner} instead of {self._options.org_id}; "
                "something else moved this session there. A new one is made, and it is safe to try again. Give dambridge a "
                "service user of its own."
            )

    async def session_is_good(self, *, lane: Lane) -> bool:
        """Whether the session that calls now use is accepted (PS A6, CONFIRMED)."""
        reply = await self.get(SESSION, about="look at the session", lane=lane)
        return reply.ok

    async def still_ours(self, lane: Lane) -> bool | None:
        """Whether the session stands in our organisation; None where it does not say (PS A6: `org_id` INFERRED).

        A session is in one organisation at a time (PS A3), and another sign-in of the same user may have taken it
        elsewhere. Unless it is surely ours it is put back, and what was read before proves nothing."""
        headers = await self._session.headers(lane)
        request = protocol.read_request(SESSION, "look at the session")
        reply = await self._caller.call(request, lane=lane)
        said = text(self.parsed(parse_item, reply, request.about).attributes.get("org_id")) if reply.ok else ""
        if said == self._options.org_id:
            return True
        if not (await self._entrance.enter_organisation(headers, lane)).ok:
            self._session.forget()
        return False if said else None

    async def _accepted(self, headers: Mapping[str, str], lane: Lane) -> bool:
        request = Request(
            method="GET",
            path=protocol.API + SESSION,
            effect=Effect.READ,
            about="look at the session",
            headers=headers,
            authorised=False,
        )
        return (await self._caller.call(request, lane=lane)).ok

    async def sign_out(self) -> None:
        """End the session where there is one (PS A2). Raises nothing: a session left open ends by itself."""
        if not self._session.signed_in:
            return
        request = Request(
            method="POST",
            path=f"{protocol.API}/authenticate/logout",
            effect=Effect.WRITE,  # not worth repeating
            about="sign out",
            expects_json=False,
        )
        try:
            await self._caller.call(request, lane=Lane.NORMAL)
        except NextMove:
            return
        finally:
            self._session.forget()

    async def _heed(self, reply: Reply) -> None:
        """Pass on the rate window when it is another one, or when half of it is used; not with every call."""
        rate = parse_rate(reply.json_or_none())
        if rate is None:
            return
        had = self._told
        anew = had is None or had.limit != rate.limit or rate.expires > had.expires
        if anew or rate.current * 2 >= rate.limit:
            self._told = rate
            wait = timedelta(seconds=rate.expires)
            await self._caller.tell_window(limit=rate.limit, used=rate.current, resets_in=wait)
