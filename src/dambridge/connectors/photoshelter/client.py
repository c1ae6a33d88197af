"""Calls to one PhotoShelter organisation: a session that renews itself, and replies as wire values."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

from dambridge.connectors.kit import (
    Download,
    Effect,
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
from dambridge.connectors.photoshelter.config import PhotoShelterOAuth, PhotoShelterOptions
from dambridge.connectors.photoshelter.wire import (
    BadReply,
    WireItem,
    WirePage,
    WireRate,
    parse_error,
    parse_item,
    parse_page,
    parse_rate,
    parse_session_token,
    parse_tokens,
)
from dambridge.model.identity import AccountId
from dambridge.ports.errors import CannotGoOn, NextMove, TryLater
from dambridge.ports.pace import Lane, Pacer

Parsed = TypeVar("Parsed")


@dataclass(frozen=True, slots=True)
class OAuthTold:
    """What the last OAuth renewal showed: how long the access token lasts, and whether the refresh token was replaced."""

    lasts: timedelta | None
    rotated: bool


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
        self._key = {"X-PS-Api-Key": options.api_key.get_secret_value()}
        self._caller = HttpCaller(
            http,
            account=account,
            base_url=options.base_url,
            pacer=pacer,
            timeouts=Timeouts(connect=options.connect_timeout, idle=options.read_timeout),
            retries=retries,
            secrets=options.secrets(),
        )
        self._session = RenewedHeaders(self._sign_in)
        self._caller.sign_with(self._session)
        self._refresh_token = _kept_token(options.oauth)
        self._told: WireRate | None = None
        self.oauth_told: OAuthTold | None = None

    @property
    def calls(self) -> int:
        return self._caller.calls

    @property
    def mask(self) -> Masker:
        return self._caller.mask

    async def get(self, path: str, *, about: str, lane: Lane, query: Mapping[str, str] | None = None) -> Reply:
        """The reply to a GET, refusals included; a 401 is the answer to a fresh session."""
        request = protocol.read_request(path, about, query)
        reply = await self._caller.call(request, lane=lane)
        if not reply.ok and reply.status != 401 and parse_error(reply.json_or_none()).id == protocol.OAUTH_ENDED:
            # The status of this error is not known for sure; what it asks for is.
            self._session.forget()
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

    def download(self, remote_id: str, *, lane: Lane) -> AbstractAsyncContextManager[Download]:
        """The original as it was uploaded: nothing embedded on the way, and said so (PS E28, CONFIRMED)."""
        request = protocol.read_request(
            protocol.media_path(remote_id, "/download"),
            f"fetch the original of {remote_id}",
            {"download_filetype": "original", "download_image_embed": "false"},
            json_reply=False,
        )
        return self._caller.download(request, lane=lane)

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

    async def session_is_good(self, *, lane: Lane) -> bool:
        """Whether the session that calls now use is accepted (PS A6, CONFIRMED)."""
        reply = await self.get("/user/session", about="look at the session", lane=lane)
        return reply.ok

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

    # signing in -------------------------------------------------------------------------------------------------------

    async def _sign_in(self, lane: Lane) -> SignedIn:
        signed = await self._fresh(lane)
        reply = await self._enter_organisation(signed, lane)
        if reply.status == 401:
            # Either the user does not belong there, or the session ended before it was used: a second one tells.
            signed = await self._fresh(lane)
            reply = await self._enter_organisation(signed, lane)
        if not reply.ok:
            raise self._locked_out(reply, f"Check `org_id` ({self._options.org_id}) and that the user belongs to it.")
        return signed

    async def _fresh(self, lane: Lane) -> SignedIn:
        oauth = self._options.oauth
        return await (self._by_oauth(oauth, lane) if oauth else self._by_password(lane))

    async def _by_password(self, lane: Lane) -> SignedIn:
        """PS A1, by POST: the form with GET would put the password into the address."""
        password = self._options.password.get_secret_value() if self._options.password else ""
        form = {"email": self._options.email or "", "password": password, "mode": "token"}
        reply = await self._post("/authenticate", "sign in", form, self._key, lane)
        if not reply.ok:
            raise self._locked_out(reply, "Check `email` and `password`; the service user must be active.")
        token, second_factor = self.parsed(parse_session_token, reply, "sign in")
        if second_factor:
            raise CannotGoOn(
                "PhotoShelter wants a second factor for this user, which no program can give. Use a service user without "
                "it, or `oauth`."
            )
        self.mask.add(token)
        return SignedIn({**self._key, "X-PS-Auth-Token": token})

    async def _by_oauth(self, oauth: PhotoShelterOAuth, lane: Lane) -> SignedIn:
        """PS A5 step 4 (CONFIRMED). The refresh token may be replaced with each use (INFERRED), so the newest is kept."""
        form = {
            "grant_type": "refresh_token",
            "refresh_token": self._refresh_token,
            "redirect_uri": oauth.redirect_uri,
            "client_id": oauth.client_id,
            "client_secret": oauth.client_secret.get_secret_value(),
        }
        reply = await self._post("/oauth/token", "renew the OAuth session", form, self._key, lane)
        if not reply.ok:
            raise self._locked_out(reply, "Let a user agree anew and write the new `refresh_token`.")
        tokens = self.parsed(parse_tokens, reply, "renew the OAuth session")
        self.mask.add(tokens.access)
        lasts = None if tokens.expires_in is None else timedelta(seconds=tokens.expires_in)
        self.oauth_told = OAuthTold(lasts, rotated=bool(tokens.refresh) and tokens.refresh != self._refresh_token)
        if tokens.refresh and tokens.refresh != self._refresh_token:
            self.mask.add(tokens.refresh)
            self._refresh_token = tokens.refresh
            _keep_token(oauth.token_file, tokens.refresh)
        return SignedIn({**self._key, "Authorization": f"Bearer {tokens.access}"}, lasts)

    async def _enter_organisation(self, signed: SignedIn, lane: Lane) -> Reply:
        """PS A3 (CONFIRMED): without it the organisation's library is not visible."""
        form = {"org_id": self._options.org_id}
        return await self._post("/organization/authenticate", "enter the organisation", form, signed.headers, lane)

    async def _post(
        self, path: str, about: str, form: Mapping[str, str], headers: Mapping[str, str], lane: Lane
    ) -> Reply:
        request = Request(
            method="POST",
            path=protocol.API + path,
            effect=Effect.READ,  # it changes no asset, so a lost reply is no reason not to ask again
            about=about,
            form=form,
            headers=headers,
            authorised=False,
        )
        return await self._caller.call(request, lane=lane)

    def _locked_out(self, reply: Reply, remedy: str) -> CannotGoOn:
        said = self.refusal(reply, "let us in")
        return said if isinstance(said, CannotGoOn) else CannotGoOn(f"{str(said).split('. ')[0].rstrip('.')}. {remedy}")


def _kept_token(oauth: PhotoShelterOAuth | None) -> str:
    """The newest refresh token: from the file where there is one, else from the options."""
    if oauth is None:
        return ""
    if oauth.token_file is not None and oauth.token_file.is_file():
        return oauth.token_file.read_text("utf-8").strip()
    return oauth.refresh_token.get_secret_value()


def _keep_token(path: Path | None, token: str) -> None:
    """Write the token where only its owner reads it, whole or not at all. Raises `CannotGoOn` where that fails."""
    if path is None:
        return
    beside = path.with_name(f"{path.name}.new")
    try:
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(token)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        raise CannotGoOn(
            f"Could not keep the new refresh token in {path}: {error.strerror}. Make it writable."
        ) from None
