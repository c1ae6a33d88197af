"""What the site does by itself at a time: chores with a due instant, done before the next call or look that comes after it.

Each bears the time at which it was due, however late somebody looks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dambridge_sim.kit.acting import Acting, acting
from dambridge_sim.kit.lookup import Lookup
from dambridge_sim.kit.world import World

Chore = Callable[[Mapping[str, Any]], None]
DAY_MS = 86_400_000


class Chores:
    """The list of what is due; `doers` do it, by kind."""

    world: World

    def __init__(self) -> None:
        self.doers: dict[str, Chore] = {}
        self._next: int | None = 0

    def forget(self) -> None:
        """Look at the list again before the next call: it is another one after a start or a reset."""
        self._next = 0

    def put(self, name: str, kind: str, due: int, **about: Any) -> None:
        """Put a chore on the list, or move the one of this name."""
        self.world.documents.put("chore", name, {"kind": kind, "due": due, **about})
        self._next = due if self._next is None else min(self._next, due)

    def drop(self, name: str) -> None:
        """Take a chore off the list."""
        self.world.documents.delete("chore", name)

    def catch_up(self) -> None:
        """Do everything that is due by now, in the order in which it fell due."""
        now = self.world.clock.now_ms()
        if self._next is None or self._next > now:
            return
        documents = self.world.documents
        self.world.exposure.settle()
        while names := documents.page("chore", Lookup("due", high=now), 0, 1):
            self._do(names[0])
        rest = documents.page("chore", Lookup("due"), 0, 1)
        first = documents.get("chore", rest[0]) if rest else None
        self._next = None if first is None else first["due"]

    def _do(self, name: str) -> None:
        documents = self.world.documents
        chore = documents.get("chore", name) or {}
        with acting(Acting("the site", chore["kind"])), documents.transaction(), self.world.clock.at(chore["due"]):
            documents.delete("chore", name)
            self.doers[chore["kind"]](chore)
