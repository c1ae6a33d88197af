"""Signing in through another system by OpenID Connect: authorization code with PKCE, state and nonce (OpenID Connect Core 1.0).

Who somebody is, the provider says; what they may do stays ours. A name that is somebody's here already is never taken over.
"""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx2
import structlog
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from dambridge.bootstrap.console_options import OidcOptions
from dambridge.console.desk import Desk, desk_of
from dambridge.console.guarding import Stop, inner
from dambridge.console.signing_in import let_in
from dambridge.engine import people
from dambridge.model.access import Role
from dambridge.model.people import Person
from dambridge.ports.errors import Refused

router = APIRouter(include_in_schema=False)
log = structlog.get_logger()
COOKIE = "dambridge-oidc"
LASTS = 600
"""Seconds in which somebody has to come back from the provider."""
SLACK = 120
"""Seconds by which the provider's clock may differ."""
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"]
"""Signatures by key pairs alone: none, and no shared secret."""


@dataclass(frozen=True, slots=True)
class Errand:
    """What is remembered of somebody who was sent to the provider."""

    state: str
    nonce: str
    verifier: str
    back: str


@router.get("/sign-in/oidc")
async def leave(request: Request, back: str = "/") -> Response:
    desk, options = desk_of(request), _options(request)
    known = await _metadata(options)
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    errand = Errand(state, nonce, verifier, inner(back))
    async with AsyncOAuth2Client(options.client_id, scope="openid profile email") as client:
        address, _ = client.create_authorization_url(
            known["authorization_endpoint"],
            state=errand.state,
            nonce=errand.nonce,
            redirect_uri=_return_address(request),
            code_challenge=create_s256_code_challenge(errand.verifier),
            code_challenge_method="S256",
        )
    answer = RedirectResponse(address, status_code=303)
    sealed = _seal(options, errand)
    answer.set_cookie(
        COOKIE, sealed, max_age=LASTS, httponly=True, samesite="lax", secure=desk.options.is_secure, path="/sign-in"
    )
    return answer


@router.get("/sign-in/oidc/back")
async def arrive(request: Request, code: str = "", state: str = "", error: str = "") -> Response:
    desk, options = desk_of(request), _options(request)
    errand = _opened(options, request.cookies.get(COOKIE, ""))
    if errand is None or not hmac.compare_digest(state.encode(), errand.state.encode()):
        raise Stop(403, "This sign-in was not begun in this browser, or too long ago. Begin it again.")
    if error or not code:
        raise Stop(403, "The other system did not sign you in.")
    claims = await _claims(desk, options, errand, code, _return_address(request))
    answer = await let_in(request, await _person(desk, options, claims), back=errand.back, via="OpenID Connect")
    answer.delete_cookie(COOKIE, path="/sign-in")
    return answer


def _options(request: Request) -> OidcOptions:
    options = desk_of(request).options.oidc
    if options is None:
        raise Stop(404, "No other system signs people in here.")
    return options


def _return_address(request: Request) -> str:
    base = desk_of(request).options.address or f"http://{request.headers['host']}"
    return f"{base}/sign-in/oidc/back"


# what is remembered meanwhile -----------------------------------------------------------------------------------------


def _seal(options: OidcOptions, errand: Errand) -> str:
    text = json.dumps([errand.state, errand.nonce, errand.verifier, errand.back]).encode().hex()
    return f"{text}.{_mark(options, text)}"


def _opened(options: OidcOptions, sealed: str) -> Errand | None:
    text, _, mark = sealed.partition(".")
    if not text or not hmac.compare_digest(mark.encode(), _mark(options, text).encode()):
        return None
    return Errand(*json.loads(bytes.fromhex(text)))


def _mark(options: OidcOptions, text: str) -> str:
    return hmac.new(options.client_secret.get_secret_value().encode(), f"errand:{text}".encode(), "sha256").hexdigest()


# what the provider says -----------------------------------------------------------------------------------------------


async def _metadata(options: OidcOptions) -> Mapping[str, Any]:
    known = await _asked(f"{options.issuer.rstrip('/')}/.well-known/openid-configuration")
    if known.get("issuer") != options.issuer:
        raise Stop(502, "The other system says that it is another one than was configured.")
    return known


async def _asked(address: str) -> Mapping[str, Any]:
    try:
        async with httpx2.AsyncClient(timeout=10) as client:
            answer = await client.get(address)
            answer.raise_for_status()
            found: Mapping[str, Any] = answer.json()
    except (httpx2.HTTPError, ValueError) as error:
        log.warning("oidc.unreachable", why=type(error).__name__)
        raise Stop(502, "The other system cannot be reached now. Try again in a while.") from None
    return found


async def _claims(desk: Desk, options: OidcOptions, errand: Errand, code: str, address: str) -> Mapping[str, Any]:
    """What the provider says of whoever signed in, held against all that can be checked. Raises `Stop`."""
    known = await _metadata(options)
    secret = options.client_secret.get_secret_value()
    try:
        async with AsyncOAuth2Client(options.client_id, secret, redirect_uri=address, timeout=10) as client:
            given = await client.fetch_token(known["token_endpoint"], code=code, code_verifier=errand.verifier)
        keys = KeySet.import_key_set({"keys": list((await _asked(known["jwks_uri"]))["keys"])})
        claims: dict[str, Any] = jwt.decode(str(given["id_token"]), keys, algorithms=ALGORITHMS).claims
        now = int((await desk.people.clock.now()).timestamp())
        jwt.JWTClaimsRegistry(
            now=now,
            leeway=SLACK,
            iss={"essential": True, "value": options.issuer},
            aud={"essential": True, "value": options.client_id},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": errand.nonce},
        ).validate(claims)
    except Stop:
        raise
    except (JoseError, AuthlibBaseError, httpx2.HTTPError, ValueError, KeyError, TypeError) as error:
        log.warning("oidc.refused", why=type(error).__name__)
        raise Stop(403, "What the other system said of you does not hold, so nobody was signed in.") from None
    if isinstance(claims["aud"], list) and len(claims["aud"]) > 1 and claims.get("azp") != options.client_id:
        raise Stop(403, "What the other system said was meant for somebody else.")
    return claims


# who that is here -----------------------------------------------------------------------------------------------------


async def _person(desk: Desk, options: OidcOptions, claims: Mapping[str, Any]) -> Person:
    """The person behind the claims, added or with other roles where need be. Raises `Stop` for one who may do nothing."""
    subject = f"{claims['iss']} {claims['sub']}"
    person = await desk.people.store.person_by_subject(subject)
    roles = _roles(options, claims)
    if person is None:
        person = await _added(desk, subject, claims, roles)
    elif options.roles and person.roles != roles:
        person = await people.set_rights(
            desk.people, person.name, roles=roles, scope=person.scope, by=f"groups of {options.label}"
        )
    if person.disabled or not person.roles:
        raise Stop(403, f"You are known here as {person.name}, and have no role yet. An administrator gives you one.")
    return person


def _roles(options: OidcOptions, claims: Mapping[str, Any]) -> frozenset[Role]:
    groups = claims.get(options.groups_claim) or []
    named = [groups] if isinstance(groups, str) else [it for it in groups if isinstance(it, str)]
    return frozenset(role for it in named for role in options.roles.get(it, ()))


async def _added(desk: Desk, subject: str, claims: Mapping[str, Any], roles: frozenset[Role]) -> Person:
    email = claims.get("email") if claims.get("email_verified") is True else None
    given = str(claims.get("preferred_username") or email or claims["sub"])
    try:
        await people.add(
            desk.people, given, roles=roles, by=given, display=str(claims.get("name") or given), subject=subject
        )
        return await people.known(desk.people, given)
    except Refused:
        raise Stop(409, f"There is another {given} here already. An administrator has to look at that.") from None
