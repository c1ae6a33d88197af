"""Who is calling: API tokens, OAuth access tokens, session keys (section 2). Tokens are kept by their SHA-256."""

from __future__ import annotations

import hashlib
from typing import Final, Literal

from dambridge_sim.kit.call import Call
from dambridge_sim.netx.errors import INVALID_TOKEN, Refusal
from dambridge_sim.netx.library import Library
from dambridge_sim.netx.site import User

TokenKind = Literal["api", "access", "refresh", "code", "session"]
SCHEME: Final = "apiToken"  # not Bearer (NX 2.1, CONFIRMED)
SESSION_COOKIE: Final = "sessionKey"
_SESSION_LIFETIME_S: Final = 8 * 3600  # INFERRED


def invalid_token() -> Refusal:
    """Code 10000 (SINGLE)."""
    return Refusal(INVALID_TOKEN, "The access token is invalid or expired")


class Tokens:
    """Issues and checks tokens over the library's documents."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def keep(self, token: str, login: str, kind: TokenKind, *, lifetime_s: float | None = None, note: str = "") -> None:
        """Make a token valid; without a lifetime it never expires by itself (INFERRED for API tokens)."""
        expires = None if lifetime_s is None else self._library.stamp() + round(lifetime_s * 1000)
        self._library.world.documents.put(
            "token", _key(token), {"login": login, "kind": kind, "expires_ms": expires, "note": note}
        )

    def issue(self, login: str, kind: TokenKind, *, lifetime_s: float | None, note: str = "") -> str:
        """Make a new token; the same for the same history, so that runs can be repeated."""
        number = self._library.next_id("token", 1)
        token = hashlib.sha256(f"nx:{kind}:{login}:{number}".encode()).hexdigest()[:40]
        self.keep(token, login, kind, lifetime_s=lifetime_s, note=note)
        return token

    def note(self, token: str, kind: TokenKind) -> tuple[str, str] | None:
        """The login and note of a valid token of one kind."""
        raw = self._library.world.documents.get("token", _key(token))
        if raw is None or raw["kind"] != kind:
            return None
        if raw["expires_ms"] is not None and raw["expires_ms"] <= self._library.stamp():
            return None
        return raw["login"], raw["note"]

    def revoke(self, token: str) -> None:
        """Make a token invalid."""
        self._library.world.documents.delete("token", _key(token))

    def known(self, login: object, password: object) -> User | None:
        """The user of a name and password; None when they are wrong."""
        user = self._library.site.users.get(login) if isinstance(login, str) else None
        return None if user is None or user.password is None or user.password != password else user

    def signed_in(self, login: object, password: object) -> str | None:
        """A new session key; None when name or password are wrong."""
        user = self.known(login, password)
        return None if user is None else self.issue(user.login, "session", lifetime_s=_SESSION_LIFETIME_S)

    def user(self, token: str, *kinds: TokenKind) -> User:
        """The user behind a token of one of these kinds; refused otherwise."""
        for kind in kinds:
            if (found := self.note(token, kind)) and found[0] in self._library.site.users:
                return self._library.site.users[found[0]]
        raise invalid_token()


def _key(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def header_token(call: Call) -> str | None:
    """The token of the Authorization header; None when there is none of the right scheme."""
    scheme, _, token = call.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme == SCHEME and token.strip() else None


def session_key(call: Call) -> str | None:
    """A session key of the query or the cookie (NX 2.3, CONFIRMED)."""
    if found := call.query.get(SESSION_COOKIE):
        return found
    for piece in call.headers.get("cookie", "").split(";"):
        name, _, value = piece.strip().partition("=")
        if name == SESSION_COOKIE and value:
            return value
    return None
