"""An open installation, whose parts can be made anew while it is open."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field

from dambridge.bootstrap.flows import Common
from dambridge.bootstrap.settings import Settings
from dambridge.engine.announcing import Announcer
from dambridge.engine.errands import Errands
from dambridge.engine.flows import Flow, Flows
from dambridge.engine.orders.outlet_desk import OutletDesk
from dambridge.engine.parts import Parts
from dambridge.engine.sites import Site
from dambridge.engine.warning import Warner
from dambridge.engine.worker import Worker
from dambridge.model.identity import AccountId, FlowName
from dambridge.ports.hints import HintReader


@dataclass(slots=True, kw_only=True)
class Shift:
    """What is made of a configuration and holds while that is in force: the accounts, the flows over them, and whoever looks at
    them. `stack` closes it."""

    sites: Mapping[AccountId, Site]
    flows: Flows
    common: Common
    outlets: OutletDesk | None
    warner: Warner | None
    announcer: Announcer | None
    stack: AsyncExitStack
    works: int = 0
    free: asyncio.Event = field(default_factory=asyncio.Event)
    """Set while no piece of work is carried out with it."""

    def __post_init__(self) -> None:
        self.free.set()

    def begin(self) -> None:
        self.works += 1
        self.free.clear()

    def end(self) -> None:
        self.works -= 1
        if not self.works:
            self.free.set()


class Bridge:
    """An open installation, and the name under which this process works. A map or rules can be put into force in it without
    closing it (`renew`); whoever keeps a part of it beyond that says so in `renewed`."""

    def __init__(self, shift: Shift, *, name: str, open_shift: Callable[[Settings], Awaitable[Shift]]) -> None:
        self._shift = shift
        self._open_shift = open_shift
        self.worker_name = name
        self.flows: dict[FlowName, Flow] = dict(shift.flows)
        """The same mapping for as long as the installation is open: what stands in it is renewed."""
        self.renewed: list[Callable[[Settings], Awaitable[None]]] = []

    async def renew(self, settings: Settings) -> None:
        """Make all parts anew by these settings; between two orders, while no worker is at it. Where one cannot be made, the
        error is raised and everything stays as it was."""
        before, made = self._shift, await self._open_shift(settings)
        self._put(made)
        try:
            for told in self.renewed:
                await told(settings)
        except BaseException:
            self._put(before)
            await made.stack.aclose()
            raise
        await before.free.wait()  # another worker's run may have given some of its work to this process
        await before.stack.aclose()

    @contextmanager
    def working(self) -> Iterator[None]:
        """While a piece of work is carried out with what is in force now."""
        shift = self._shift
        shift.begin()
        try:
            yield
        finally:
            shift.end()

    def _put(self, shift: Shift) -> None:
        self._shift = shift
        self.flows |= shift.flows

    async def close(self) -> None:
        await self._shift.stack.aclose()

    @property
    def sites(self) -> Mapping[AccountId, Site]:
        return self._shift.sites

    @property
    def common(self) -> Common:
        """What the flows share."""
        return self._shift.common

    @property
    def outlets(self) -> OutletDesk | None:
        """For orders and questions about outlets, where any is configured."""
        return self._shift.outlets

    @property
    def warner(self) -> Warner | None:
        """Whoever tells people, where anybody is to be told."""
        return self._shift.warner

    @property
    def announcer(self) -> Announcer | None:
        """Whoever tells other programs, where any is to be told."""
        return self._shift.announcer

    @property
    def parts(self) -> Parts:
        """The parts of flow `intake`. Raises `KeyError` where it is not configured."""
        parts = self.flows[FlowName.INTAKE].parts
        if not isinstance(parts, Parts):
            raise TypeError("flow `intake` works with the parts of an intake")
        return parts

    @property
    def hints(self) -> Mapping[AccountId, HintReader]:
        return {name: it.hints for name, it in self.sites.items() if it.hints is not None}

    def worker(self, *, serving: bool, errands: Errands | None = None) -> Worker:
        """The worker of this process, with what it carries out beside the flows (`bootstrap.errands`)."""
        it = self.common
        return Worker(
            self.flows,
            ledger=it.ledger,
            clock=it.clock,
            poll_every=it.settings.poll_every,
            reconcile_every=it.settings.reconcile_every,
            name=self.worker_name,
            serving=serving,
            outlets=self.outlets,
            warner=self.warner,
            announcer=self.announcer,
            errands=errands,
        )
