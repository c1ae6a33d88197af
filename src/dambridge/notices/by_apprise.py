"""The port `Notifier` over Apprise. Addresses hold passwords and tokens: they are never logged, and never in an error."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from dambridge.ports.errors import TryLater
from dambridge.ports.notifying import Notice

if TYPE_CHECKING:
    from apprise import Apprise


def _library() -> Apprise:
    """An empty list of ways. What the library logs quotes addresses, so it logs nothing."""
    from apprise import Apprise  # noqa: PLC0415 - a hundred plugins, which few commands need

    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    return Apprise()


def usable_address(address: str) -> bool:
    """Whether Apprise knows a way of this kind; nothing is sent."""
    return bool(_library().add(address))


class AppriseNotifier:
    """The ways to one recipient, by the name under which errors speak of it."""

    def __init__(self, name: str, addresses: Sequence[str]) -> None:
        self._name = name
        self._addresses = tuple(addresses)

    def __repr__(self) -> str:
        return f"AppriseNotifier({self._name!r}, {len(self._addresses)} ways)"

    async def send(self, notice: Notice) -> None:
        """Each way by itself, so that one that fails keeps the others from nothing."""
        took = [await asyncio.to_thread(self._by, address, notice) for address in self._addresses]
        if not any(took):
            raise TryLater(f"None of the {len(took)} ways to `{self._name}` took the message; it is sent again later.")

    def _by(self, address: str, notice: Notice) -> bool:
        way = _library()
        if not way.add(address):
            return False
        kind = "failure" if notice.urgent else "warning"
        try:
            return bool(way.notify(title=notice.title, body=notice.text, notify_type=kind))
        except Exception:  # noqa: BLE001 - a plugin's own fault, whose words may quote the address
            return False
