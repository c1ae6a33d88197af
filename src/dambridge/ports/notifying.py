"""Telling people something without being asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One message: plain text, without secrets."""

    title: str
    text: str
    urgent: bool = False


class Notifier(Protocol):
    """The ways to one recipient. Addresses are secrets: none is ever in an error or a log."""

    async def send(self, notice: Notice) -> None:
        """Hand the notice over on every way. Raises `TryLater` where not one of them took it."""
        ...
