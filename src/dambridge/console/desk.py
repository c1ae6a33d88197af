"""What every page works with, and how a page gets hold of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from fastapi import Request

from dambridge.bootstrap import Bridge, Settings
from dambridge.bootstrap.console_options import ConsoleOptions
from dambridge.console.braking import Brake
from dambridge.engine.people import PeopleDesk
from dambridge.model.access import Searcher
from dambridge.model.identity import AssetKey, FlowName
from dambridge.ports.clock import Clock
from dambridge.ports.terms import WholeLedger
from dambridge.search.desk import SearchDesk


class Picture(Protocol):
    """A small picture: its bytes, and what they are by what they begin with."""

    @property
    def data(self) -> bytes: ...
    @property
    def content_type(self) -> str: ...


class Pictures(Protocol):
    """Gives out small pictures to those who may see the asset."""

    async def of(self, key: AssetKey, searcher: Searcher, *, longest_side: int = 300) -> Picture | None:
        """The picture of this copy; None where there is none, and where the person may not see the asset: the two look the
        same. Raises `TryLater` where the system cannot be had now."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """An open installation as the console sees it. `clock` is the domain's; `bridge` is what a server works with, None where
    nothing but the store is open; `pictures` gives out small pictures, None where there are none;
    `search` answers questions over both systems, None where nothing does."""

    settings: Settings
    ledger: WholeLedger
    clock: Clock
    people: PeopleDesk
    bridge: Bridge | None = None
    pictures: Pictures | None = None
    search: SearchDesk | None = None
    brake: Brake = field(default_factory=Brake)

    @property
    def options(self) -> ConsoleOptions:
        return self.settings.console or ConsoleOptions()

    @property
    def flows(self) -> tuple[FlowName, ...]:
        return tuple(self.settings.flows.configured)


def desk_of(request: Request) -> Desk:
    """The desk of the app that answers this request."""
    desk: Desk = request.app.state.desk
    return desk
