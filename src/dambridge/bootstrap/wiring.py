"""Opening and closing everything in the right order."""

from __future__ import annotations

import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

import uvloop

from dambridge.bootstrap.bridging import Bridge, Shift
from dambridge.bootstrap.capability_file import known_archive, known_reader
from dambridge.bootstrap.flows import Common, make_flows
from dambridge.bootstrap.loading import configuration_digest
from dambridge.bootstrap.policies import build_maps
from dambridge.bootstrap.publishing import build_publish
from dambridge.bootstrap.routes import Known, attribute_routes, known_accounts, upload_routes
from dambridge.bootstrap.searching import build_search, notifiers
from dambridge.bootstrap.settings import NetxAccount, PhotoShelterAccount, Settings
from dambridge.bootstrap.warnings import build_warner, build_watcher
from dambridge.bootstrap.webhooks import build_announcer, hint_memory
from dambridge.connectors import netx
from dambridge.connectors.kit import HookOptions, Http, SimulatorClock, SystemClock, listening
from dambridge.connectors.photoshelter.adapter import connect as connect_photoshelter
from dambridge.engine.announcing import Announcer
from dambridge.engine.burying import notice_loss
from dambridge.engine.config import EngineSettings
from dambridge.engine.flows import register
from dambridge.engine.handing_off.recalling import remember_loss
from dambridge.engine.hearing import Gate, HintKeeper, SelectionKeeper
from dambridge.engine.orders.outlet_desk import OutletDesk
from dambridge.engine.runtime.local import LocalRuntime
from dambridge.engine.sites import Site
from dambridge.files import FileSpool
from dambridge.model.identity import AccountId, FlowName
from dambridge.ports.clock import Clock
from dambridge.ports.connection import Connection
from dambridge.ports.errors import CannotGoOn
from dambridge.ports.files import Spool
from dambridge.ports.hints import SelectionReader
from dambridge.ports.pace import Pacer, PaceRule, PaceShape
from dambridge.ports.runtime import Runtime
from dambridge.ports.terms import WholeLedger
from dambridge.search.asking import IndexSearch
from dambridge.search.keeping import IndexKeeper, noting_archive, noting_reader
from dambridge.search.saving import Saved
from dambridge.storage import (
    FileOrderJournal,
    FileTombstoneJournal,
    SqlLedger,
    lock_worker,
    merge_orders,
    merge_tombstones,
    open_ledger,
    open_pacer,
    open_search_index,
)

T = TypeVar("T")


def run_async(work: Callable[[], Awaitable[T]]) -> T:
    """Run one piece of asynchronous work to its end on uvloop."""

    async def main() -> T:
        return await work()

    return uvloop.run(main())


def worker_name() -> str:
    """Unique among the workers of this machine while they live, and readable in `status`."""
    return f"{socket.gethostname()}:{os.getpid()}"


@asynccontextmanager
async def open_store(settings: Settings) -> AsyncIterator[tuple[WholeLedger, Clock]]:
    """The ledger and the clock alone: for reading, and for giving orders beside a running server."""
    async with AsyncExitStack() as stack:
        ledger = _ledger(settings)
        stack.push_async_callback(ledger.close)
        http = await stack.enter_async_context(Http())
        yield ledger, _clock(settings, http)


@dataclass(frozen=True, slots=True)
class Tools:
    """What every connector is given, and the ledger: for work that is no flow's."""

    ledger: WholeLedger
    pacer: Pacer
    http: Http
    clock: Clock


@asynccontextmanager
async def open_tools(settings: Settings) -> AsyncIterator[Tools]:
    """Ledger, pacer, HTTP and clock; no account is opened and no lock taken."""
    async with AsyncExitStack() as stack:
        ledger = _ledger(settings)
        stack.push_async_callback(ledger.close)
        paces = {AccountId(name): _pace(it) for name, it in settings.accounts.items()}
        pacer = open_pacer(store_of(settings), paces)
        stack.push_async_callback(pacer.close)
        http = await stack.enter_async_context(Http())
        yield Tools(ledger, pacer, http, _clock(settings, http))


def connect(known: Known, tools: Tools) -> Connection:
    """One account's facets, its options and routes as they were chosen."""
    account, options = AccountId(known.name), known.options
    if isinstance(options, PhotoShelterAccount):
        return connect_photoshelter(
            options,
            account=account,
            pacer=tools.pacer,
            clock=tools.clock,
            http=tools.http,
            uploads=upload_routes(known),
        )
    return netx.connect(options, account=account, pacer=tools.pacer, http=tools.http, routes=attribute_routes(known))


@asynccontextmanager
async def open_bridge(settings: Settings, *, work: bool = True) -> AsyncIterator[Bridge]:
    """Everything. With `work` the worker's lock is taken and the runtime launched; without it nothing is executed."""
    async with AsyncExitStack() as stack:
        if work:
            stack.callback(lock_worker(store_of(settings)).release)
        tools = await stack.enter_async_context(open_tools(settings))
        if work:
            await _notice_loss(settings, tools)
        runtime = _runtime(settings)
        spool = FileSpool(settings.store.path / "spool", keep_free=settings.store.keep_free)
        opened = partial(_open_shift, tools=tools, runtime=runtime, spool=spool, work=work)
        bridge = Bridge(await opened(settings), name=worker_name(), open_shift=opened)
        stack.push_async_callback(bridge.close)
        stack.push_async_callback(runtime.close)
        if work:
            register(runtime, bridge.flows, during=bridge.working)
            await runtime.launch()
        yield bridge


async def _open_shift(settings: Settings, *, tools: Tools, runtime: Runtime, spool: Spool, work: bool) -> Shift:
    """Everything that follows from a configuration. Nothing of it is left open where something cannot be made."""
    async with AsyncExitStack() as stack:
        keeper = await _keeper(settings, tools, stack) if work else None
        sites = await _open_sites(settings, tools, stack, keeper)
        common = Common(
            ledger=tools.ledger,
            spool=spool,
            clock=tools.clock,
            runtime=runtime,
            settings=EngineSettings(**settings.engine.model_dump(exclude={"runtime"})),
            calls=lambda: dict(tools.http.calls),
            configuration=configuration_digest(settings),
        )
        flows = make_flows(settings, common, sites, stack)
        outlets = _outlets(settings, common, sites)
        warner = await build_warner(settings, common.ledger, common.clock, outlets) if settings.warnings else None
        announcer = await _announcer(settings, common, outlets)
        return Shift(
            sites=sites,
            flows=flows,
            common=common,
            outlets=outlets,
            warner=warner,
            announcer=announcer,
            stack=stack.pop_all(),
        )


async def _announcer(settings: Settings, common: Common, outlets: OutletDesk | None) -> Announcer | None:
    if settings.webhooks is None:
        return None
    watcher = await build_watcher(settings, common.ledger, common.clock, outlets)
    return build_announcer(settings, common.ledger, common.clock, watcher)


def _outlets(settings: Settings, common: Common, sites: Mapping[AccountId, Site]) -> OutletDesk | None:
    maps = {name: it.map for name, it in sites.items()}
    policies = [build_publish(settings, flow, maps) for flow in settings.flows.outward]
    if not policies:
        return None
    return OutletDesk(
        ledger=common.ledger,
        clock=common.clock,
        sites=sites,
        policies=policies,
        configuration=common.configuration,
    )


async def _notice_loss(settings: Settings, tools: Tools) -> None:
    """Bring store and journals to say the same. A store that has known no run beside a journal that knows of copies which
    went was lost: nothing is delivered anew by itself until it is made anew, or a person lets it go (hazard P04)."""
    await merge_orders(tools.ledger, FileOrderJournal(settings.store.orders))
    regained, _ = await merge_tombstones(tools.ledger, FileTombstoneJournal(settings.store.tombstones))
    if regained and not await tools.ledger.runs(flow=None, limit=1):
        now = await tools.clock.now()
        await notice_loss(tools.ledger, FlowName.INTAKE, now)
        await remember_loss(tools.ledger, now)


async def _keeper(settings: Settings, tools: Tools, stack: AsyncExitStack) -> IndexKeeper:
    """Whoever writes down for search what this worker reads."""
    index = open_search_index(store_of(settings))
    stack.push_async_callback(index.close)
    policy = build_search(settings)
    saved = Saved(IndexSearch(index, policy, tools.clock), tools.ledger, tools.clock, tell=notifiers(settings))

    async def alert() -> None:
        await saved.check_when_due()

    keeper = IndexKeeper(index, tools.ledger, policy, build_maps(settings), tools.clock, then=alert)
    return await stack.enter_async_context(keeper)


async def _open_sites(
    settings: Settings, tools: Tools, stack: AsyncExitStack, keeper: IndexKeeper | None
) -> dict[AccountId, Site]:
    """Every configured account, once. Nothing is called before a flow asks for something; what is read passes by the keeper."""
    maps = build_maps(settings)
    sites: dict[AccountId, Site] = {}
    for account, known in known_accounts(settings).items():
        bare = connect(known, tools)
        stack.push_async_callback(bare.close)
        reader = known_reader(bare.reader, known.cells)
        archive = known_archive(bare.archive, known.cells)
        if keeper is not None:
            reader, archive = noting_reader(reader, keeper), noting_archive(archive, keeper)
        proven = replace(bare, reader=reader, archive=archive)
        sites[account] = Site.over(proven, map=maps[account], rate=known.options.rate, **_of_netx(known.options))
    return sites


def _of_netx(options: PhotoShelterAccount | NetxAccount) -> dict[str, Any]:
    """What only a site that takes deliveries has."""
    if isinstance(options, PhotoShelterAccount):
        return {}
    settle = timedelta(seconds=options.settle_seconds)
    return {"homes": options.homes, "arrivals": options.staging_root, "settle": settle}


@asynccontextmanager
async def hear_hooks(settings: Settings, bridge: Bridge) -> AsyncIterator[int | None]:
    """Receive webhooks while the block lasts; gives the port, None where the configuration wants no receiver."""
    if settings.hooks is None:
        yield None
        return
    given = settings.hooks
    secret = given.path_secret.get_secret_value() if given.path_secret else ""
    options = HookOptions(host=given.host, port=given.port, per_second=given.per_second, path_secret=secret)
    clock, memory = bridge.common.clock, hint_memory(bridge.common.ledger)
    readers, selections = dict(bridge.hints), dict(_selections(bridge))

    async def renewed(_: Settings) -> None:
        readers.update(bridge.hints)
        selections.update(_selections(bridge))

    bridge.renewed.append(renewed)
    keeper = HintKeeper(bridge.flows, readers, Gate(memory, clock))
    picked = SelectionKeeper(selections, memory, clock)
    async with AsyncExitStack() as stack:
        try:
            port = await stack.enter_async_context(listening(options, keeper.take, selections=picked.take))
        except OSError as error:
            raise CannotGoOn(
                f"Webhooks cannot be received at {given.host}:{given.port}: {error.strerror}. Choose another `hooks.port`."
            ) from None
        yield port


def _selections(bridge: Bridge) -> Mapping[AccountId, SelectionReader]:
    return {name: it.selections for name, it in bridge.sites.items() if it.selections is not None}


def store_of(settings: Settings) -> str:
    """Where the ledger is: a PostgreSQL address, or the data folder."""
    if settings.store.url is not None:
        return settings.store.url
    settings.store.path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return str(settings.store.path)


def _ledger(settings: Settings) -> SqlLedger:
    store = settings.store
    journal, orders = FileTombstoneJournal(store.tombstones), FileOrderJournal(store.orders)
    return open_ledger(store_of(settings), journal=journal, orders=orders)


def _clock(settings: Settings, http: Http) -> Clock:
    return SystemClock() if settings.clock == "system" else SimulatorClock(http, settings.clock)


def _pace(account: PhotoShelterAccount | NetxAccount) -> PaceRule:
    shape = PaceShape.TOKEN_BUCKET if account.window is None else PaceShape.FIXED_WINDOW
    window = timedelta(seconds=account.window or 1)
    return PaceRule(shape=shape, rate=account.rate, burst=account.burst, window=window, reserve=0.2)


def _runtime(settings: Settings) -> Runtime:
    if settings.engine.runtime == "local":
        return LocalRuntime(settings.store.path / "engine-local.json")
    from dambridge.engine.runtime.dbos import DbosRuntime  # noqa: PLC0415 - half of a command's start; most need none

    return DbosRuntime(store_of(settings), worker=worker_name())
