"""The JSON-RPC envelope of section 3: what is a call, and what is refused before any method runs."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from math import isfinite
from typing import Any, Final

from pydantic_core import to_json

from dambridge_sim.netx.errors import INVALID_PARAMS, INVALID_REQUEST, PARSE_ERROR, Refusal

NOTIFICATION: Final = object()
"""Stands for an absent `id`: the call is done and nothing is answered."""
_SURROGATE: Final = re.compile(rb"\\u[dD][89a-fA-F]|\xed[\xa0-\xbf]|\x00")  # escaped, in UTF-8, or in UTF-16 or UTF-32


class BadEnvelope(Exception):
    """No call could be read. `call_id` is echoed where it could be seen, else null."""

    def __init__(self, refusal: Refusal, call_id: object) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal
        self.call_id = call_id


@dataclass(frozen=True, slots=True)
class Call:
    """One request; `call_id` is `NOTIFICATION` when the client asked for no answer."""

    method: str
    params: list[Any]
    call_id: object
    in_array: bool = False


def read_call(body: bytes, *, method_array: bool) -> Call:
    """Read one call out of a request body; raise `BadEnvelope` when it is none.

    `method_array` accepts `"method": ["getAssets"]`, a quirk of one client that the real server tolerates (NX 3, SINGLE).
    """
    try:
        document = parsed(body)
    except Refusal as refusal:
        raise BadEnvelope(refusal, None) from refusal
    if isinstance(document, list):
        raise BadEnvelope(Refusal(INVALID_REQUEST, "Batch requests are not supported"), None)
    if not isinstance(document, dict):
        raise BadEnvelope(Refusal(INVALID_REQUEST, "The request must be an object"), None)
    call_id = _call_id(document)
    echo = None if call_id is NOTIFICATION else call_id
    if document.get("jsonrpc") != "2.0":
        raise BadEnvelope(Refusal(INVALID_REQUEST, 'Member "jsonrpc" must be "2.0"'), echo)
    method = document.get("method")
    in_array = False
    if method_array and isinstance(method, list) and len(method) == 1:
        method, in_array = method[0], True
    if not isinstance(method, str) or not method:
        raise BadEnvelope(Refusal(INVALID_REQUEST, 'Member "method" must be text'), echo)
    params = document.get("params", [])
    if isinstance(params, dict):
        raise BadEnvelope(Refusal(INVALID_PARAMS, "Named parameters are not supported"), echo)
    if not isinstance(params, list):
        raise BadEnvelope(Refusal(INVALID_PARAMS, 'Member "params" must be an array'), echo)
    return Call(method, params, call_id, in_array)


def parsed(body: bytes) -> Any:
    """The JSON of a body. Refused: what is none, `NaN` and numbers beyond all bounds, half a surrogate pair, endless nesting."""
    try:
        document = json.loads(body, parse_constant=_no_number, parse_float=_finite)
        if _SURROGATE.search(body):
            to_json(document)
    except (ValueError, RecursionError) as error:
        raise Refusal(PARSE_ERROR, "The request body is not JSON") from error
    return document


def _no_number(word: str) -> float:
    raise ValueError(word)


def _finite(text: str) -> float:
    number = float(text)
    return number if isfinite(number) else _no_number(text)


def _call_id(document: dict[str, Any]) -> object:
    if "id" not in document:
        return NOTIFICATION
    call_id = document["id"]
    if call_id is not None and (isinstance(call_id, bool) or not isinstance(call_id, str | int | float)):
        raise BadEnvelope(Refusal(INVALID_REQUEST, 'Member "id" must be text or a number'), None)
    return call_id


def result_body(call_id: object, result: object) -> bytes:
    """A successful answer."""
    return _dump({"jsonrpc": "2.0", "id": call_id, "result": result})


def error_body(call_id: object, refusal: Refusal) -> bytes:
    """A refusal; the HTTP status stays 200 (NX 3.1, CONFIRMED)."""
    return _dump({"jsonrpc": "2.0", "id": call_id, "error": refusal.body()})


def _dump(document: dict[str, Any]) -> bytes:
    return to_json(document)
