"""Passwords: what is kept of one is an Argon2id hash (RFC 9106, the library's own parameters), and a new one is easy to type."""

from __future__ import annotations

import secrets
from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without those that are taken for others."""
SHORTEST: Final = 10
_USUAL: Final = PasswordHasher()


@cache
def _nobodys(hasher: PasswordHasher) -> str:
    """The hash of a password that nobody has, made once: before anybody asks, and for all desks of a process."""
    return hasher.hash(secrets.token_hex(8))


class Passwords:
    """Each method takes a tenth of a second by design: call it off the event loop."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or _USUAL
        self._nobodys = _nobodys(self._hasher)

    def hash(self, password: str) -> str:
        return self._hasher.hash(password)

    def holds(self, hashed: str | None, password: str) -> bool:
        """Whether it is this one. It takes as long where there is none (None), so that names cannot be told from the time."""
        try:
            return self._hasher.verify(hashed or self._nobodys, password) and hashed is not None
        except (VerificationError, InvalidHashError):
            return False


def made_up() -> str:
    """A password nobody has chosen: twenty letters in groups of five."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(5)) for _ in range(4))
