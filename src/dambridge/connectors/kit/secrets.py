"""Secrets never leave by an error text: every text that a service or a library wrote is masked first."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote, quote_plus

_SHORTEST = 4
"""Shorter texts are not taken: masking them would make words unreadable and protect nothing."""


class Masker:
    """Replaces known secrets in texts. Its own `repr` shows none."""

    __slots__ = ("_known",)

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._known: set[str] = set()
        for it in secrets:
            self.add(it)

    def add(self, secret: str) -> None:
        """Know one more secret, also as it is spelt in an address."""
        if len(secret) >= _SHORTEST:
            self._known.update({secret, quote(secret, safe=""), quote_plus(secret, safe="")})

    def __call__(self, text: str) -> str:
        """`text` with each known secret replaced by `***`."""
        for it in sorted(self._known, key=len, reverse=True):
            if it in text:
                text = text.replace(it, "***")
        return text

    def __repr__(self) -> str:
        return f"Masker({len(self._known)} spellings)"
