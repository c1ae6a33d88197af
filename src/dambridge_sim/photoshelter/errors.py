"""Error bodies: `errors` is always an array and `status` always a string (PS 4.6; contradictions table)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

ABOUT: Final = "https://www.photoshelter.com/developer/errors/"


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of refusal: HTTP status, the exception class name that clients switch on, and its title."""

    status: int
    name: str
    title: str


BAD_REQUEST: Final = Fault(400, "BadRequestException", "Bad request")  # PS 4.6 leaves the name open
NO_ACCESS: Final = Fault(401, "AcsPermissionException", "Permission denied")
BAD_KEY: Final = Fault(403, "ApiKeyInvalidException", "API key invalid")
NOT_FOUND: Final = Fault(404, "ResourceNotFoundException", "Resource not found")
UNSUPPORTED: Final = Fault(415, "ResourceNotFoundException", "Unsupported media type")  # the 404 name again (SPEC19)
TOO_LARGE: Final = Fault(413, "RequestTooLargeException", "Request too large")
TOO_MANY: Final = Fault(429, "TooManyRequestsException", "Too many requests")
BAD_TOKEN: Final = Fault(401, "OAuthServerException", "OAuth token invalid")
BROKEN: Final = Fault(500, "InternalServerException", "Internal server error")


NOTHING_HERE: Final = "There is nothing at this address."


def v4_body(fault: Fault, detail: str, form: str = "array") -> dict[str, Any]:
    """Return the v4 body of a refusal. As an `object` it is that of the 2019 examples: the 403 has a key `error`."""
    error = {
        "id": fault.name,
        "status": str(fault.status),
        "title": fault.title,
        "detail": detail,
        "links": {"about": f"{ABOUT}{fault.status}"},
    }
    if form == "object":
        return {"error" if fault.status == 403 else "errors": error}
    return {"errors": [error]}


def v3_body(fault: Fault, detail: str) -> dict[str, Any]:
    """Return the v3 body of a refusal: a status other than `ok`, `error.message`, and `errors[0].title` (PS 7)."""
    return {
        "status": "error",
        "error": {"class": fault.name, "message": detail},
        "errors": [{"id": fault.name, "status": str(fault.status), "title": fault.title, "detail": detail}],
    }


class RefusalError(Exception):
    """The server refuses; the dialect of the call (v3 or v4) decides how the body reads."""

    def __init__(self, fault: Fault, detail: str) -> None:
        """Keep what is refused and why."""
        super().__init__(f"{fault.name}: {detail}")
        self.fault = fault
        self.detail = detail


def bad_request(detail: str) -> RefusalError:
    """Refuse a malformed or missing parameter."""
    return RefusalError(BAD_REQUEST, detail)


def not_found(what: str) -> RefusalError:
    """Refuse an unknown id; `what` is `gallery`, `media`, ..."""
    return RefusalError(NOT_FOUND, f"No {what} has that id.")


def no_access(detail: str = "You may not see this resource, or you are not logged in.") -> RefusalError:
    """Refuse a caller who is not logged in, or may not see this."""
    return RefusalError(NO_ACCESS, detail)
