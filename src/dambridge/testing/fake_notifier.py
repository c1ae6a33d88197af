"""A recipient in memory: the `Notifier` port without a network, and without anybody at the other end."""

from __future__ import annotations

from dataclasses import dataclass, field

from dambridge.ports.errors import TryLater
from dambridge.ports.notifying import Notice


@dataclass(slots=True)
class FakeNotifier:
    """Keeps what it took; one that is not `reachable` takes nothing."""

    reachable: bool = True
    taken: list[Notice] = field(default_factory=list)

    async def send(self, notice: Notice) -> None:
        if not self.reachable:
            raise TryLater("nobody is there")
        self.taken.append(notice)
