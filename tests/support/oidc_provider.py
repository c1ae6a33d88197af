"""A small OpenID provider over real HTTP: it signs in whoever it is told to, checks PKCE and the client's secret, and can lie."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import urlencode

import uvicorn
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

CLIENT, SECRET = "dambridge", "a-secret-of-the-client"


@dataclass(slots=True)
class Provider:
    """`person` are the claims of whoever signs in; `lies` are laid over what the token says; `sign_with` another key."""

    issuer: str
    key: RSAKey
    now: int
    person: dict[str, Any] = field(default_factory=dict)
    lies: dict[str, Any] = field(default_factory=dict)
    sign_with: RSAKey | None = None
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    async def configuration(self, request: Request) -> Response:
        del request
        names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        return JSONResponse({"issuer": self.issuer, **{it: f"{self.issuer}/{it}" for it in names}})

    async def authorize(self, request: Request) -> Response:
        asked = dict(request.query_params)
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        query = urlencode({"code": code, "state": asked["state"]})
        return RedirectResponse(f"{asked['redirect_uri']}?{query}", status_code=303)

    async def token(self, request: Request) -> Response:
        form = await request.form()
        asked = self.codes.pop(str(form.get("code")), None)
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        proof = hashlib.sha256(str(form.get("code_verifier")).encode()).digest()
        proven = base64.urlsafe_b64encode(proof).rstrip(b"=").decode()
        good = asked is not None and proven == asked["code_challenge"] and form["redirect_uri"] == asked["redirect_uri"]
        if not good or asked is None or request.headers.get("authorization") != f"Basic {basic}":
            return JSONResponse({"error": "invalid_grant"}, status_code=400)
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "iat": self.now,
            "exp": self.now + 300,
            "nonce": asked["nonce"],
            **self.person,
            **self.lies,
        }
        said = jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.sign_with or self.key)
        return JSONResponse({"access_token": "x", "token_type": "Bearer", "id_token": said})

    async def keys(self, request: Request) -> Response:
        del request
        return JSONResponse({"keys": [{**self.key.as_dict(private=False), "kid": "one", "use": "sig"}]})


def new_key() -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": "one"})


@cache
def _own_key() -> RSAKey:
    """Every provider's: finding such primes takes longer than a sign-in."""
    return new_key()


@asynccontextmanager
async def provider(now: int) -> AsyncIterator[Provider]:
    it = Provider("", _own_key(), now)
    routes = [
        Route("/.well-known/openid-configuration", it.configuration),
        Route("/authorization_endpoint", it.authorize),
        Route("/token_endpoint", it.token, methods=["POST"]),
        Route("/jwks_uri", it.keys),
    ]
    server = uvicorn.Server(uvicorn.Config(Starlette(routes=routes), port=0, log_level="error", lifespan="off"))
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn says it so
        await asyncio.sleep(0.01)
    it.issuer = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    try:
        yield it
    finally:
        server.should_exit = True
        await task
