"""NetX's calls, one function each: sent through the kit, answered as parsed values or as errors by next move.

`SaidNo` leaves this module from `read` and `write` alone, for callers who have to look at the code; everything else is
already the next move.
"""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, NoReturn, TypeVar
from urllib.parse import urlsplit

from dambridge.connectors.kit import (
    Download,
    Effect,
    FilePart,
    Http,
    HttpCaller,
    Reply,
    Request,
    Timeouts,
)
from dambridge.connectors.netx import protocol as nx
from dambridge.connectors.netx.config import NetxOptions
from dambridge.connectors.netx.listing import Scan
from dambridge.connectors.netx.signing import secrets_of, signer_for
from dambridge.connectors.netx.wire import BadReply, WireAsset, parse_asset, parse_list, parse_self
from dambridge.model.identity import AccountId
from dambridge.ports.errors import CannotGoOn, Refused, TryLater, Unclear
from dambridge.ports.pace import Lane, Pacer
from dambridge.ports.systems import AccountInfo, Body, ByteStream

T = TypeVar("T")

_PASSES: Final = 3


class NetxClient:
    """One account's calls. Reads are repeated by the kit, writes never; a renewed token repeats either, because a call
    with a bad token was refused before it did anything."""

    def __init__(self, setup: NetxOptions, *, account: AccountId, pacer: Pacer, http: Http) -> None:
        self._setup = setup
        self._ids = itertools.count(1)
        self._caller = HttpCaller(
            http,
            account=account,
            base_url=setup.base_url,
            pacer=pacer,
            timeouts=Timeouts(connect=setup.connect_timeout, idle=setup.read_timeout),
            secrets=secrets_of(setup),
            upkeep=nx.UPKEEP,
        )
        self._signer = signer_for(setup, self._caller)
        self._caller.sign_with(self._signer)

    # calls -------------------------------------------------------------------------------------------------------

    async def whoami(self) -> AccountInfo:
        """Whose token this is. `getSelf` is SINGLE*; a site without it is asked for a folder, so that a bad token is found
        out all the same."""
        about, site = "ask NetX whose token this is", urlsplit(self._setup.base_url).netloc
        try:
            me = parse_self(await self.read("getSelf", [None], about=about, lane=Lane.NORMAL))
        except nx.SaidNo as said:
            if said.code != nx.UNKNOWN_METHOD:
                raise nx.next_move(said, tried=about, writing=False) from None
            page = nx.options(("folder.id",), size=1)
            params = [nx.number(nx.ROOT_FOLDER), page]
            await self.ask("getFoldersByParent", params, parse=parse_list, about=about, lane=Lane.NORMAL)
            return AccountInfo(person="the owner of the token", organisation=site)
        except BadReply as bad:
            raise TryLater(f"Could not {about}: NetX's reply was not {bad}.") from None
        return AccountInfo(person=me.name or f"user {me.user_id}", organisation=site, level=me.level)

    def parsed(self, parse: Callable[[object], T], raw: object, about: str) -> T:
        """One element of a reply; one that is none is `TryLater`."""
        return _parsed(parse, raw, about)

    async def ask(
        self, method: str, params: Sequence[Any], *, parse: Callable[[object], T], about: str, lane: Lane
    ) -> T:
        """What an RPC that only reads answers, parsed; a refusal is the next move, a reply that is no reply `TryLater`."""
        try:
            return parse(await self.read(method, params, about=about, lane=lane))
        except nx.SaidNo as said:
            raise nx.next_move(said, tried=about, writing=False) from None
        except BadReply as bad:
            raise TryLater(f"Could not {about}: NetX's reply was not {bad}.") from None

    async def change(
        self, method: str, params: Sequence[Any], *, parse: Callable[[object], T], about: str, lane: Lane
    ) -> T:
        """What an RPC that changes something answers, parsed; a reply that is no reply is `Unclear`."""
        try:
            return parse(await self.write(method, params, about=about, lane=lane))
        except nx.SaidNo as said:
            raise nx.next_move(said, tried=about, writing=True) from None
        except BadReply as bad:
            raise Unclear(f"NetX was asked to {about} and its reply was not {bad}. It may have happened.") from None

    async def read(self, method: str, params: Sequence[Any], *, about: str, lane: Lane) -> Any:
        """The result of an RPC that only reads. Raises `SaidNo` for the site's own refusal."""
        return await self._rpc(method, params, effect=Effect.READ, about=about, lane=lane)

    async def write(self, method: str, params: Sequence[Any], *, about: str, lane: Lane) -> Any:
        """The result of an RPC that changes something. Raises `SaidNo` for the site's own refusal."""
        return await self._rpc(method, params, effect=Effect.WRITE, about=about, lane=lane)

    async def rows(
        self,
        method: str,
        params: Sequence[Any],
        *,
        parse: Callable[[object], T],
        about: str,
        lane: Lane,
        data: Sequence[str] = (),
    ) -> list[T]:
        """A short list in full: definitions, terms, folders, views, which hardly change while we look."""
        found: list[T] = []
        while True:
            page: dict[str, Any] = {"page": {"startIndex": len(found), "size": self._setup.page_size}}
            options = {**page, "data": list(data)} if data else page
            shown = await self.ask(method, [*params, options], parse=parse_list, about=about, lane=lane)
            found += [_parsed(parse, it, about) for it in shown.results]
            if len(found) >= shown.size:
                return found
            if not shown.results:
                raise TryLater(f"Could not {about}: NetX showed {len(found)} of {shown.size}.")

    async def assets(
        self, method: str, params: Sequence[Any], *, data: Sequence[str], about: str, lane: Lane
    ) -> list[WireAsset]:
        """A small listing in full, the latest sight of each; passes over it are repeated until one is proven and its ids
        are exactly as many as the site counts (P08)."""
        for _ in range(_PASSES):
            scan, found = Scan(self._setup.page_size), dict[str, WireAsset]()
            async for page, _total in self._pass(scan, method, params, data=data, about=about, lane=lane):
                found |= {it.id: it for it in page}
            if scan.proven:
                return list(found.values())
        raise self._unproven(about)

    async def pages(
        self, method: str, params: Sequence[Any], *, data: Sequence[str], about: str, lane: Lane
    ) -> AsyncIterator[tuple[list[WireAsset], int]]:
        """A listing of any size, page by page with the site's count; what was shown may be shown again in a further pass.

        Ends only when a pass is proven. Raises `TryLater` when none can be: nothing may rest on such a listing."""
        for _ in range(_PASSES):
            scan = Scan(self._setup.page_size, exact=False)
            async for page, total in self._pass(scan, method, params, data=data, about=about, lane=lane):
                yield page, total
            if scan.proven:
                return
        raise self._unproven(about)

    async def _pass(
        self, scan: Scan, method: str, params: Sequence[Any], *, data: Sequence[str], about: str, lane: Lane
    ) -> AsyncIterator[tuple[list[WireAsset], int]]:
        """Sorted by modified time upwards, so that what changes meanwhile moves to where we have not been yet."""
        while not scan.ended:
            options = nx.options(data, size=scan.page_size, start=scan.start, sort="modDate")
            page = await self.ask(method, [*params, options], parse=parse_list, about=about, lane=lane)
            assets = [_parsed(parse_asset, it, about) for it in page.results]
            scan.take([it.id for it in assets], page.size, [it.modified_ms for it in assets])
            yield assets, page.size

    def _unproven(self, about: str) -> TryLater:
        return TryLater(f"Could not {about}: in {_PASSES} passes the pages never matched NetX's own count.")

    async def send_file(
        self,
        method: str,
        path: str,
        body: Body,
        *,
        form: Mapping[str, str],
        file_name: str,
        expects_json: bool,
        about: str,
        lane: Lane,
    ) -> Any:
        """Import a file (NX 7). A new asset's reply is plain JSON, a new version's is not known: None where it is none.
        Refusals are the next move."""
        request = Request(
            method=method,
            path=path,
            effect=Effect.WRITE,
            about=about,
            form={**form, "fileName": file_name},
            file=FilePart(field="file", file_name=file_name, body=body),
            expects_json=expects_json,
            pages=False,
        )
        try:
            return await self._signed(request, lane=lane, call_id=None, repeatable=body.repeatable)
        except nx.SaidNo as said:
            raise nx.next_move(said, tried=about, writing=True) from None

    @asynccontextmanager
    async def download(
        self, path: str, *, about: str, lane: Lane, is_page: Callable[[], Awaitable[bool]] | None = None
    ) -> AsyncIterator[ByteStream]:
        """A file on its way. Raises `Refused` where it may not be had, `TryLater` when it is cut.

        A page for people is no file unless `is_page`, asked only then, says that the file is one."""
        request = Request(method="GET", path=path, effect=Effect.READ, about=about, expects_json=False)
        for renewals_left in (1, 0):
            signed = await self._signer.headers(lane)
            async with self._caller.download(request, lane=lane) as found:
                if found.stream is not None and not _says_json(found.reply):
                    if found.reply.is_page and not (is_page and await is_page()):
                        raise TryLater(
                            f"Could not {about}: NetX answered with a page for people. Perhaps it is being maintained. "
                            f"{nx.UPKEEP} Nothing happened; it is safe to try again."
                        )
                    yield found.stream
                    return
                refusal = await _whole(found.reply, found.stream)
            if path.startswith(nx.OLDER_FILES) and refusal.status in {401, 403}:
                raise Refused(f"NetX does not {about} for a token at its older address.", code=str(refusal.status))
            try:
                self._judge(refusal, request, call_id=None)
            except nx.SaidNo as said:
                if said.code != nx.TOKEN_REJECTED or not renewals_left or not await self._signer.renew(signed, lane):
                    raise nx.next_move(said, tried=about, writing=False) from None
            else:
                # A file that is itself JSON and stands whole in `refusal`
                yield ByteStream(len(refusal.body), _once(refusal.body))
                return

    # as it comes, for `probe` ------------------------------------------------------------------------------------

    async def exchange(self, request: Request, *, lane: Lane) -> Reply:
        """The reply to a request as it came, judged as far as transport goes and no further."""
        return await self._caller.call(request, lane=lane)

    @asynccontextmanager
    async def opened(self, request: Request, *, lane: Lane) -> AsyncIterator[Download]:
        """The reply to a request for a file, its body left to the caller, who may leave it unread."""
        async with self._caller.download(request, lane=lane) as found:
            yield found

    def masked(self, text: str) -> str:
        """A text without this account's secrets."""
        return self._caller.mask(text)

    # inside ------------------------------------------------------------------------------------------------------

    async def _rpc(self, method: str, params: Sequence[Any], *, effect: Effect, about: str, lane: Lane) -> Any:
        call_id = next(self._ids)
        request = Request(
            method="POST",
            path=nx.RPC_PATH,
            effect=effect,
            about=about,
            json=nx.envelope(call_id, method, params),
        )
        return await self._signed(request, lane=lane, call_id=call_id, repeatable=True)

    async def _signed(self, request: Request, *, lane: Lane, call_id: int | None, repeatable: bool) -> Any:
        """Send, and once more with a new token where the site says that ours has run out (code 10000 under HTTP 200)."""
        signed = await self._signer.headers(lane)
        try:
            return self._judge(await self._caller.call(request, lane=lane), request, call_id=call_id)
        except nx.SaidNo as said:
            if said.code != nx.TOKEN_REJECTED:
                raise
            if not await self._signer.renew(signed, lane):
                raise nx.next_move(said, tried=request.about, writing=False) from None
            if not repeatable:
                raise TryLater(f"Could not {request.about}: the token had run out; there is a new one now.") from None
        return self._judge(await self._caller.call(request, lane=lane), request, call_id=call_id)

    def _judge(self, reply: Reply, request: Request, *, call_id: int | None) -> Any:
        """The result that a reply holds; errors of HTTP and of the site become what they mean here."""
        if request.path == nx.RPC_PATH and reply.status in {404, 405}:
            raise CannotGoOn(
                f"Could not {request.about}: there is no NetX at {self._setup.base_url} (HTTP {reply.status}). "
                "Check `base_url`: it is the site's root, without a path."
            )
        document = reply.json_or_none()
        if isinstance(document, Mapping):
            self._masked_refusal(document)
        if reply.status == 401:
            raise CannotGoOn(
                f"Could not {request.about}: NetX does not accept the token. Make a new one in NetX's user menu under "
                "Integrations and put it into the configuration."
            )
        if not reply.ok:
            hint = " The file is larger than the site takes." if reply.status == 413 else ""
            raise Refused(f"NetX would not {request.about}: HTTP {reply.status}.{hint}", code=str(reply.status))
        if call_id is None:
            if document is None and request.expects_json:
                self._bad_reply(request, "JSON")
            return document
        try:
            return nx.result_of(document, call_id)
        except BadReply as bad:
            self._bad_reply(request, str(bad))

    def _masked_refusal(self, document: Mapping[str, Any]) -> None:
        try:
            nx.raise_if_said_no(document)
        except nx.SaidNo as said:
            raise nx.SaidNo(said.code, self._caller.mask(said.text)) from None

    def _bad_reply(self, request: Request, wanted: str) -> NoReturn:
        text = f"Could not {request.about}: NetX's reply was not {wanted}."
        if request.effect is Effect.WRITE:
            raise Unclear(f"{text} It may have happened.")
        raise TryLater(text)


def _parsed(parse: Callable[[object], T], raw: object, about: str) -> T:
    try:
        return parse(raw)
    except BadReply as bad:
        raise TryLater(f"Could not {about}: NetX's reply was not {bad}.") from None


def _says_json(reply: Reply) -> bool:
    """Errors come under HTTP 200 here too, so a download that calls itself JSON is looked at before it is believed."""
    return reply.headers.get("Content-Type", "").startswith("application/json")


async def _whole(reply: Reply, stream: ByteStream | None) -> Reply:
    body = reply.body if stream is None else b"".join([chunk async for chunk in stream.chunks])
    return Reply(reply.status, reply.headers, body)


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content
