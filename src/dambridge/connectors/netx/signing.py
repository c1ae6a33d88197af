"""Who signs NetX's calls: a token that never changes, or an OAuth access token that is renewed (NX 2)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from pydantic import SecretStr

from dambridge.connectors.kit import (
    Authoriser,
    Effect,
    FixedHeaders,
    HttpCaller,
    RenewedHeaders,
    Request,
    SignedIn,
)
from dambridge.connectors.netx import protocol as nx
from dambridge.connectors.netx.config import NetxOAuth, NetxOptions
from dambridge.ports.errors import CannotGoOn
from dambridge.ports.pace import Lane


def signer_for(setup: NetxOptions, caller: HttpCaller) -> Authoriser:
    """The authoriser that the configuration asks for. The options see to it that there is exactly one way in."""
    if setup.token is not None:
        return FixedHeaders(nx.authorization(setup.token.get_secret_value()))
    if setup.oauth is None:
        raise CannotGoOn("There is neither a token nor an OAuth client for this NetX account.")
    return RenewedHeaders(_Renewal(setup.oauth, caller).sign_in)


def secrets_of(setup: NetxOptions) -> list[str]:
    """Every secret of the configuration that could turn up in a reply."""
    known = [setup.token] if setup.token else []
    if setup.oauth:
        known += [setup.oauth.client_secret, setup.oauth.refresh_token]
    return [it.get_secret_value() for it in known]


class _Renewal:
    """Trades refresh tokens for access tokens (NX 2.2, SINGLE)."""

    def __init__(self, grant: NetxOAuth, caller: HttpCaller) -> None:
        self._grant = grant
        self._caller = caller
        self._newest = grant.refresh_token

    async def sign_in(self, lane: Lane) -> SignedIn:
        secret, refresh = self._grant.client_secret.get_secret_value(), self._newest.get_secret_value()
        request = Request(
            method="POST",
            path=nx.TOKEN_PATH,
            effect=Effect.READ,
            about="renew the NetX access token",
            form=nx.refresh_form(self._grant.client_id, secret, refresh),
            authorised=False,
        )
        reply = await self._caller.call(request, lane=lane)
        found = reply.json_or_none()
        access = found.get("access_token") if isinstance(found, Mapping) and reply.ok else None
        if not isinstance(access, str) or not access:
            raise CannotGoOn(
                f"NetX would not renew the access token (HTTP {reply.status}). Sign in through NetX's consent page once "
                "more and put the new refresh token into the configuration."
            )
        self._caller.mask.add(access)
        if isinstance(newer := found.get("refresh_token"), str) and newer:
            # A site may replace it at each use; the configuration's own is then spent
            self._caller.mask.add(newer)
            self._newest = SecretStr(newer)
        lasts = found.get("expires_in")
        return SignedIn(nx.authorization(access), timedelta(seconds=lasts) if isinstance(lasts, int) else None)
