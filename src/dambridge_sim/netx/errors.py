"""What the site answers when it refuses, in both of its dialects (JSON-RPC and plain JSON)."""

from __future__ import annotations

from typing import Any

INVALID_TOKEN = 10000  # SINGLE: one client refreshes its token on it
NO_ACCESS = 3004  # SINGLE: caller may not access the object
FAILURE = 1000  # SINGLE: generic failure
PARSE_ERROR = -32700  # this and the next three: INFERRED from JSON-RPC 2.0
INVALID_REQUEST = -32600
UNKNOWN_METHOD = -32601
INVALID_PARAMS = -32602

_HTTP = {INVALID_TOKEN: 401, NO_ACCESS: 403, FAILURE: 400, INVALID_PARAMS: 400}


class Refusal(Exception):
    """The site says no. `code` is the number of section 3.1; `message` names what was wrong."""

    def __init__(self, code: int, message: str, *, http_status: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.http_status = http_status if http_status is not None else _HTTP.get(code, 400)

    def body(self) -> dict[str, Any]:
        """The `error` object (NX 3.1: `code` and `message` CONFIRMED, `data` and `result` SINGLE)."""
        return {"code": self.code, "message": self.message, "data": None, "result": self.message}


def no_access(what: str) -> Refusal:
    """The caller may not see or touch `what`."""
    return Refusal(NO_ACCESS, f"Access not allowed: {what}")


def failure(message: str) -> Refusal:
    """The generic failure, in the site's words."""
    return Refusal(FAILURE, message)


def bad_params(message: str) -> Refusal:
    """The parameters have the wrong shape or type."""
    return Refusal(INVALID_PARAMS, message)
