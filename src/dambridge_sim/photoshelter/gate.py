"""What every call passes on its way in: key, token, the form of its body; and how it is turned away (PS 4.1, 4.2, 4.6)."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from dambridge_sim.kit.call import Call, Reply
from dambridge_sim.kit.vendor import Handler, Operation
from dambridge_sim.photoshelter import errors, resources

_READABLE: Final = ("application/x-www-form-urlencoded", "multipart/form-data", "application/json")

_UNTYPED: Final = "text/plain"
"""What fetch() calls a text whose type nobody says: v3 takes JSON so (TT)."""


def refused(call: Call, fault: errors.Fault, detail: str) -> Reply:
    """Return a refusal in the dialect of the call."""
    switches = call.world.switches
    if fault is errors.BAD_TOKEN:
        fault = replace(fault, status=switches["oauth_error_status"])
    headers = {"www-authenticate": "Bearer"} if fault.status == 401 else None
    if call.path.startswith("/psapi/v3"):
        return Reply.json(errors.v3_body(fault, detail), fault.status, headers)
    return Reply.json(errors.v4_body(fault, detail, switches["errors_form"]), fault.status, headers)


def refusing(operation: Operation) -> Operation:
    """Return an operation whose refusals become replies."""
    handler = operation.handler

    async def guarded(call: Call) -> Reply:
        try:
            return await handler(call)
        except errors.RefusalError as error:
            return refused(call, error.fault, error.detail)

    wrapped: Handler = guarded
    return Operation(operation.method, operation.path, wrapped, operation.confidence, operation.reference)


def bearer_of(call: Call) -> str | None:
    """Return the token of an `Authorization: Bearer` header."""
    kind, _, token = call.headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else None


def token_of(call: Call) -> str | None:
    """Return the token that a call brings: either header (WP puts OAuth tokens in the first), v3's query, the cookie."""
    token = call.headers.get("x-ps-auth-token") or bearer_of(call)
    if token is None and call.path.startswith("/psapi/v3"):
        token = call.query.get("auth_token")
    return token or cookie_of(call)


def cookie_of(call: Call) -> str | None:
    """Return the token in the session's cookie."""
    for part in call.headers.get("cookie", "").split(";"):
        name, _, value = part.strip().partition("=")
        if name == resources.COOKIE:
            return value
    return None


def _has_body(call: Call) -> bool:
    return call.headers.get("content-length", "0") != "0" or "transfer-encoding" in call.headers


async def key_in_body(call: Call) -> str | None:
    """Return `api_key` out of a urlencoded body; clients that send it otherwise put it into header or query."""
    if call.content_type != "application/x-www-form-urlencoded":
        return None
    return (await call.form()).first("api_key")


def unreadable(call: Call) -> Reply | None:
    """Refuse a body, or an answer asked for, in a form that this server does not speak: 415 (PS 4.6)."""
    readable = (*_READABLE, _UNTYPED) if call.path.startswith("/psapi/v3") else _READABLE
    if call.content_type and call.content_type not in readable and _has_body(call):
        return refused(call, errors.UNSUPPORTED, f"A body of type {call.content_type} cannot be read.")
    accept = call.headers.get("accept", "").lower()
    xml_alone = "xml" in accept and not any(word in accept for word in ("json", "*/*", "octet"))
    if xml_alone and call.world.switches["accept_xml"] == "refused":
        return refused(call, errors.UNSUPPORTED, "Only JSON is answered.")
    return None
