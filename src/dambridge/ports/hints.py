"""Hints: somebody says that an asset may have changed. A hint is never believed; the asset is read again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from dambridge.model.identity import AccountId, AssetKey, FlowName


@dataclass(frozen=True, slots=True)
class Hint:
    """An asset that may have changed. `event` is the sender's own word for why, for the log alone."""

    key: AssetKey
    event: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What a delivery says of itself: what it is told by from others (empty: nothing), when it was made (None: unknown), and
    how far from now that may be."""

    id: str
    at: datetime | None
    window: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Assets that somebody picked in a system and sent here. `by` and `action` are the sender's own words, for people to know
    it by; nothing follows from either."""

    id: str
    account: AccountId
    at: datetime
    action: str
    by: str
    assets: tuple[str, ...]


def hint_kind(flow: FlowName) -> str:
    """The kind of the rows that fall due for hints to this flow: each flow looks for itself."""
    return f"hint:{flow}"


class HintReader(Protocol):
    """Understands what one account's system sends. No input or output of its own."""

    def read(self, headers: Mapping[str, str], body: bytes) -> Sequence[Hint]:
        """The hints in a delivery; none where it speaks of nothing that is known here (a test button, another event).

        Header names compare without regard to case. Raises `Refused` where the signature is missing or wrong, or the
        body cannot be read; its text never quotes the body."""
        ...

    def stamp(self, headers: Mapping[str, str], body: bytes) -> Stamp:
        """What a delivery that can be read says of itself. Raises as `read` does."""
        ...


class SelectionReader(Protocol):
    """Understands how one account's system sends a selection of a person's. No input or output of its own."""

    def stamp(self, headers: Mapping[str, str], body: bytes) -> Stamp:
        """As of a `HintReader`."""
        ...

    def selected(self, headers: Mapping[str, str], body: bytes) -> tuple[str, str, tuple[str, ...]]:
        """The action's name, who it was, and the ids of the assets, each once. Raises `Refused` where the signature is missing
        or wrong, the body cannot be read, or there are too many."""
        ...


class HintMemory(Protocol):
    """What was heard lately, and selections that came in; written durably."""

    async def heard(self, account: AccountId, delivery: str) -> bool:
        """Whether this delivery was taken before."""
        ...

    async def remember(self, account: AccountId, delivery: str, *, now: datetime, until: datetime) -> None:
        """It was taken; kept until then. What was to be kept until now is forgotten."""
        ...

    async def keep(self, selection: Selection, *, before: datetime) -> None:
        """Keep a selection; those that came before that instant are forgotten."""
        ...

    async def selection(self, name: str) -> Selection | None: ...

    async def selections(self, *, since: datetime, limit: int) -> Sequence[Selection]:
        """The latest first."""
        ...
