"""Sessions of API v4: signed in by password or OAuth, in one organisation, renewed when they end."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from dambridge.connectors.kit import Effect, HttpCaller, Reply, Request, SignedIn
from dambridge.connectors.photoshelter import protocol
from dambridge.connectors.photoshelter.config import PhotoShelterOAuth, PhotoShelterOptions
from dambridge.connectors.photoshelter.wire import BadReply, parse_session_token, parse_tokens
from dambridge.ports.errors import CannotGoOn, NextMove, TryLater
from dambridge.ports.pace import Lane


@dataclass(frozen=True, slots=True)
class OAuthTold:
    """What the last OAuth renewal showed: how long the access token lasts, and whether the refresh token was replaced."""

    lasts: timedelta | None
    rotated: bool


class Entrance:
    """Makes sessions of API v4 for one organisation; `enter` puts one back that another sign-in took elsewhere."""

    def __init__(self, options: PhotoShelterOptions, caller: HttpCaller) -> None:
        self._options = options
        self._caller = caller
        self._key = {"X-PS-Api-Key": options.api_key.get_secret_value()}
        self._refresh_token = _kept_token(options.oauth)
        self.told: OAuthTold | None = None

    async def sign_in(self, lane: Lane) -> SignedIn:
        signed = await self._fresh(lane)
        reply = await self.enter_organisation(signed.headers, lane)
        if reply.status == 401:
            # Either the user does not belong there, or the session ended before it was used: a second one tells.
            signed = await self._fresh(lane)
            reply = await self.enter_organisation(signed.headers, lane)
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
        try:
            token, second_factor = parse_session_token(reply.json())
        except BadReply as error:
            raise _garbled("sign in", error) from None
        if second_factor:
            raise CannotGoOn(
                "PhotoShelter wants a second factor for this user, which no program can give. Use a service user without "
                "it, or `oauth`."
            )
        self._caller.mask.add(token)
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
        try:
            tokens = parse_tokens(reply.json())
        except BadReply as error:
            raise _garbled("renew the OAuth session", error) from None
        self._caller.mask.add(tokens.access)
        lasts = None if tokens.expires_in is None else timedelta(seconds=tokens.expires_in)
        self.told = OAuthTold(lasts, rotated=bool(tokens.refresh) and tokens.refresh != self._refresh_token)
        if tokens.refresh and tokens.refresh != self._refresh_token:
            self._caller.mask.add(tokens.refresh)
            self._refresh_token = tokens.refresh
            _keep_token(oauth.token_file, tokens.refresh)
        return SignedIn({**self._key, "Authorization": f"Bearer {tokens.access}"}, lasts)

    async def enter_organisation(self, headers: Mapping[str, str], lane: Lane) -> Reply:
        """PS A3 (CONFIRMED): without it the organisation's library is not visible."""
        form = {"org_id": self._options.org_id}
        return await self._post("/organization/authenticate", "enter the organisation", form, headers, lane)

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
        said: NextMove = protocol.next_move(reply, tried="let us in", mask=self._caller.mask)
        return said if isinstance(said, CannotGoOn) else CannotGoOn(f"{str(said).split('. ')[0].rstrip('.')}. {remedy}")


def _garbled(about: str, error: BadReply) -> TryLater:
    return TryLater(f"Could not {about}: PhotoShelter's reply should have been {error}. Nothing happened.")


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
