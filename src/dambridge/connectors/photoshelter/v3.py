"""API v3, superseded and still alive (PS 7): a key and a session of its own; uploads, licences, visibility."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Final, TypeVar
from urllib.parse import quote

from dambridge.connectors.kit import (
    Effect,
    FilePart,
    Http,
    HttpCaller,
    Masker,
    RenewedHeaders,
    Reply,
    Request,
    Retries,
    SignedIn,
    Timeouts,
)
from dambridge.connectors.photoshelter import protocol
from dambridge.connectors.photoshelter.config import PhotoShelterOptions
from dambridge.connectors.photoshelter.wire import (
    BadReply,
    parse_v3_error,
    parse_v3_licences,
    parse_v3_session,
    parse_v3_token,
    parse_v3_upload,
)
from dambridge.connectors.photoshelter.writes import Writes
from dambridge.model.identity import AccountId, RemoteId
from dambridge.ports.errors import CannotGoOn, NextMove, Refused, TryLater, Unclear
from dambridge.ports.pace import Lane, Pacer
from dambridge.ports.systems import Body

API: Final = "/psapi/v3"
SESSION: Final = "/mem/user/session"
_PER_PAGE: Final = 100
_MOST_PAGES: Final = 200

Parsed = TypeVar("Parsed")


class V3Client:
    """Calls of one organisation over API v3. Needs `v3_api_key`; nothing is sent before the first use.

    With OAuth the bearer token of v4 serves here too, beside the key of v3 (PS A5); else it signs in for itself (PS U2)."""

    def __init__(
        self,
        options: PhotoShelterOptions,
        *,
        account: AccountId,
        pacer: Pacer,
        http: Http,
        v4: RenewedHeaders,
        mask: Masker,
        retries: Retries | None = None,
    ) -> None:
        self._options = options
        self._v4 = v4
        self._borrowed: Mapping[str, str] | None = None
        key = options.v3_api_key.get_secret_value() if options.v3_api_key else ""
        self._key = {"X-PS-Api-Key": key}
        self._caller = HttpCaller(
            http,
            account=account,
            base_url=options.base_url,
            pacer=pacer,
            timeouts=Timeouts(connect=options.connect_timeout, idle=options.read_timeout),
            retries=retries,
        )
        self._caller.mask = mask  # one for both versions: neither may show the other's secrets
        self._session = RenewedHeaders(self._sign_in)
        self._caller.sign_with(self._session)
        self._writes = Writes(self._caller, self._session, self._accepted, self._ours)

    async def upload(self, gallery: str, body: Body, *, file_name: str, about: str, lane: Lane) -> RemoteId:
        """Take a file into a gallery (PS U1, CONFIRMED; the shape of the answer INFERRED). `Unclear` where the answer
        names no file."""
        file = FilePart(field="file", file_name=file_name, body=body)
        form = {"gallery_id": gallery, "f_searchable": "f"}
        request = Request(
            method="POST", path=f"{API}/mem/image/upload", effect=Effect.WRITE, about=about, form=form, file=file
        )
        reply = await self._changed(request, lane)
        try:
            return RemoteId(parse_v3_upload(reply.json()))
        except BadReply as bad:
            raise Unclear(f"PhotoShelter took the call to {about}, and its reply was not {bad}. Look for it.") from None

    async def set_visibility(self, container: str, mode: str, *, about: str, lane: Lane) -> None:
        """PS U13: SINGLE for collections, INFERRED for galleries."""
        kind = "collection" if protocol.is_collection_id(container) else "gallery"
        path = f"{API}/mem/{kind}/{quote(container, safe='')}/visibility/update"
        form = {"visibility": mode}
        await self._changed(Request(method="POST", path=path, effect=Effect.WRITE, about=about, form=form), lane)

    async def licence_end(self, gallery: str, remote_id: str, *, lane: Lane) -> str | None:
        """When the licence of a file ends, as its gallery's listing tells it (PS U7, SINGLE; the format unknown): empty
        where it has no end, None where the listing does not show it."""
        about = f"read the licence of asset {remote_id}"
        extend = json.dumps({kind: {"fields": "*"} for kind in ("Image", "Video", "License")})
        for page in range(1, _MOST_PAGES + 1):
            query = {"extend": extend, "page": str(page), "per_page": str(_PER_PAGE)}
            request = self._read(f"/gallery/{quote(gallery, safe='')}/media", about, query)
            reply = await self._caller.call(request, lane=lane)
            found, more = self._parsed(parse_v3_licences, reply, about)
            if remote_id in found:
                return found[remote_id]
            if not more:
                break
        return None

    def forget(self) -> None:
        """Let the session go: no call of v3 that ends one is known, so it ends by itself."""
        self._session.forget()

    async def _changed(self, request: Request, lane: Lane) -> Reply:
        reply = await self._writes.send(request, lane)
        if not reply.ok or parse_v3_error(reply.json_or_none()) is not None:
            raise self._refusal(reply, request.about, writing=True)
        return reply

    def _parsed(self, parse: Callable[[object], Parsed], reply: Reply, about: str) -> Parsed:
        if not reply.ok or parse_v3_error(reply.json_or_none()) is not None:
            raise self._refusal(reply, about)
        try:
            return parse(reply.json())
        except BadReply as bad:
            raise TryLater(f"Could not {about}: PhotoShelter's reply should have been {bad}.") from None

    def _refusal(self, reply: Reply, about: str, *, writing: bool = False) -> NextMove:
        """A refusal may come under status 200 too: v3 says in its envelope whether all went well (PS 7)."""
        if reply.status == 403:
            return CannotGoOn(
                f"PhotoShelter would not {about}: HTTP 403. Check `v3_api_key`: v3 needs a key of its own."
            )
        if not reply.ok:
            return protocol.next_move(reply, tried=about, mask=self._caller.mask, writing=writing)
        said = self._caller.mask(parse_v3_error(reply.json_or_none()) or "")[:300]
        return Refused(f"PhotoShelter would not {about}: {said}. A person must look at it.", code="v3")

    def _read(self, path: str, about: str, query: Mapping[str, str] | None = None) -> Request:
        return Request(method="GET", path=API + path, effect=Effect.READ, about=about, query=query or {})

    # sessions ---------------------------------------------------------------------------------------------------------

    async def _sign_in(self, lane: Lane) -> SignedIn:
        headers = await (self._borrow(lane) if self._options.oauth else self._by_password(lane))
        reply = await self._enter(headers, lane)
        if not reply.ok or parse_v3_error(reply.json_or_none()) is not None:
            raise CannotGoOn(
                f"PhotoShelter's API v3 would not let us into the organisation (HTTP {reply.status}). Check `org_id` and "
                "`v3_api_key`."
            )
        return SignedIn(headers)

    async def _borrow(self, lane: Lane) -> Mapping[str, str]:
        """The bearer token of v4; a newer one where the last was refused."""
        headers = await self._v4.headers(lane)
        if headers is self._borrowed:
            await self._v4.renew(headers, lane)
            headers = await self._v4.headers(lane)
        self._borrowed = headers
        return {**self._key, "Authorization": headers["Authorization"]}

    async def _by_password(self, lane: Lane) -> Mapping[str, str]:
        """PS U2, CONFIRMED."""
        password = self._options.password.get_secret_value() if self._options.password else ""
        form = {"email": self._options.email or "", "password": password, "mode": "token"}
        reply = await self._post("/mem/authenticate", "sign in to API v3", form, self._key, lane)
        if not reply.ok:
            raise CannotGoOn(
                f"PhotoShelter's API v3 would not let us in (HTTP {reply.status}). Check `v3_api_key`, `email` and "
                "`password`."
            )
        token = self._parsed(parse_v3_token, reply, "sign in to API v3")
        self._caller.mask.add(token)
        return {**self._key, "X-PS-Auth-Token": token}

    async def _enter(self, headers: Mapping[str, str], lane: Lane) -> Reply:
        """PS U3, CONFIRMED."""
        path = f"/mem/organization/{quote(self._options.org_id, safe='')}/authenticate"
        return await self._post(path, "enter the organisation by API v3", {}, headers, lane)

    async def _post(
        self, path: str, about: str, form: Mapping[str, str], headers: Mapping[str, str], lane: Lane
    ) -> Reply:
        request = Request(
            method="POST",
            path=API + path,
            effect=Effect.READ,  # it changes no asset
            about=about,
            form=form,
            headers=headers,
            authorised=False,
        )
        return await self._caller.call(request, lane=lane)

    async def _accepted(self, headers: Mapping[str, str], lane: Lane) -> bool:
        """PS U4, CONFIRMED."""
        request = Request(
            method="GET",
            path=API + SESSION,
            effect=Effect.READ,
            about="look at the session of API v3",
            headers=headers,
            authorised=False,
        )
        return (await self._caller.call(request, lane=lane)).ok

    async def _ours(self, lane: Lane) -> bool | None:
        """Whether the session is in our organisation, as far as U4 says; put back where it is not surely so."""
        headers = await self._session.headers(lane)
        reply = await self._caller.call(self._read(SESSION, "look at the session of API v3"), lane=lane)
        said = parse_v3_session(reply.json_or_none()) if reply.ok else ""
        if said == self._options.org_id:
            return True
        if not (await self._enter(headers, lane)).ok:
            self._session.forget()
        return False if said else None
