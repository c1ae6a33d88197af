"""Opening and closing everything in the right order."""

from __future__ import annotations

import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

import uvloop

from dambridge.bootstrap.capability_file import known_archive, known_reader
from dambridge.bootstrap.loading import configuration_digest
from dambridge.bootstrap.policies import build_maps, build_policy, build_programs
from dambridge.bootstrap.routes import Known, attribute_routes, known_accounts, upload_routes
from dambridge.bootstrap.settings import NetxAccount, PhotoShelterAccount, Settings
from dambridge.connectors import netx
from dambridge.connectors.kit import HookOptions, Http, SimulatorClock, SystemClock, listening
from dambridge.connectors.photoshelter.adapter import connect as connect_photoshelter
from dambridge.engine.batches import register
from dambridge.engine.config import EngineSettings
from dambridge.engine.hinting import HintKeeper
from dambridge.engine.parts import Parts, SourceDesk
from dambridge.engine.runtime_local import LocalRuntime
from dambridge.files import ExifToolOptions, FileEmbedder, FileInspector, FileSpool
from dambridge.model.identity import AccountId
from dambridge.ports.clock import Clock
from dambridge.ports.connection import Connection
from dambridge.ports.errors import CannotGoOn
from dambridge.ports.hints import HintReader
from dambridge.ports.ledger import Ledger
from dambridge.ports.pace import Pacer, PaceRule, PaceShape
from dambridge.ports.runtime import Runtime
from dambridge.ports.systems import AssetArchive
from dambridge.storage import lock_worker, open_ledger, open_pacer

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Bridge:
    """An open installation: the parts of its flow, and the name under which this process works."""

    parts: Parts
    worker_name: str
    hints: Mapping[AccountId, HintReader]


def run_async(work: Callable[[], Awaitable[T]]) -> T:
    """Run one piece of asynchronous work to its end on uvloop."""

    async def main() -> T:
        return await work()

    return uvloop.run(main())


def worker_name() -> str:
    """Unique among the workers of this machine while they live, and readable in `status`."""
    return f"{socket.gethostname()}:{os.getpid()}"


@asynccontextmanager
async def open_store(settings: Settings) -> AsyncIterator[tuple[Ledger, Clock]]:
    """The ledger and the clock alone: for reading, and for giving orders beside a running server."""
    async with AsyncExitStack() as stack:
        ledger = open_ledger(_store(settings))
        stack.push_async_callback(ledger.close)
        http = await stack.enter_async_context(Http())
        yield ledger, _clock(settings, http)


@dataclass(frozen=True, slots=True)
class Tools:
    """What every connector is given, and the ledger: for work that is no flow's."""

    ledger: Ledger
    pacer: Pacer
    http: Http
    clock: Clock


@asynccontextmanager
async def open_tools(settings: Settings) -> AsyncIterator[Tools]:
    """Ledger, pacer, HTTP and clock; no account is opened and no lock taken."""
    async with AsyncExitStack() as stack:
        ledger = open_ledger(_store(settings))
        stack.push_async_callback(ledger.close)
        paces = {AccountId(name): _pace(it) for name, it in settings.accounts.items()}
        pacer = open_pacer(_store(settings), paces)
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
    intake = settings.flows.intake
    if intake is None:
        raise ValueError("load_settings lets no configuration through without a flow")
    async with AsyncExitStack() as stack:
        if work:
            stack.callback(lock_worker(_store(settings)).release)
        known = known_accounts(settings)
        ledger = open_ledger(_store(settings))
        stack.push_async_callback(ledger.close)
        paces = {AccountId(name): _pace(it) for name, it in settings.accounts.items()}
        pacer = open_pacer(_store(settings), paces)
        stack.push_async_callback(pacer.close)
        http = await stack.enter_async_context(Http())
        tools = Tools(ledger, pacer, http, _clock(settings, http))
        source, target = known[AccountId(intake.source)], known[AccountId(intake.target)]
        origin = connect(source, tools)
        stack.push_async_callback(origin.close)
        archived = connect(target, tools)
        stack.push_async_callback(archived.close)
        site = target.options
        assert isinstance(site, NetxAccount)  # noqa: S101 - load_settings has checked it
        inspector = FileInspector(ExifToolOptions(program=settings.exiftool))
        stack.push_async_callback(inspector.close)
        embedder = FileEmbedder(ExifToolOptions(program=settings.exiftool))
        stack.push_async_callback(embedder.close)
        runtime = _runtime(settings)
        stack.push_async_callback(runtime.close)
        parts = Parts(
            ledger=ledger,
            reader=known_reader(origin.reader, source.cells),
            archive=known_archive(archived.archive, target.cells),
            spool=FileSpool(settings.store.path / "spool", keep_free=settings.store.keep_free),
            inspector=inspector,
            embedder=embedder,
            homes=site.homes,
            desk=_desk(settings, intake.source, known_archive(origin.archive, source.cells)),
            clock=tools.clock,
            runtime=runtime,
            policy=build_policy(settings),
            maps=build_maps(settings),
            programs=build_programs(settings),
            settings=_engine(settings, site),
            paces=paces,
            calls=lambda: dict(http.calls),
            configuration=configuration_digest(settings),
        )
        if work:
            register(parts)
            await runtime.launch()
        hints = {it.account: it.hints for it in (archived,) if it.hints is not None}
        yield Bridge(parts, worker_name(), hints)


@asynccontextmanager
async def hear_hooks(settings: Settings, bridge: Bridge) -> AsyncIterator[int | None]:
    """Receive webhooks while the block lasts; gives the port, None where the configuration wants no receiver."""
    if settings.hooks is None:
        yield None
        return
    given = settings.hooks
    secret = given.path_secret.get_secret_value() if given.path_secret else ""
    options = HookOptions(host=given.host, port=given.port, per_second=given.per_second, path_secret=secret)
    keeper = HintKeeper(bridge.parts, bridge.hints)
    async with AsyncExitStack() as stack:
        try:
            port = await stack.enter_async_context(listening(options, keeper.take))
        except OSError as error:
            raise CannotGoOn(
                f"Webhooks cannot be received at {given.host}:{given.port}: {error.strerror}. Choose another `hooks.port`."
            ) from None
        yield port


def _desk(settings: Settings, source: str, archive: AssetArchive) -> SourceDesk | None:
    """Where the source is told what an asset lacks, if the map names a field for it."""
    options = settings.site_map.options.accounts.get(source) if settings.site_map else None
    return SourceDesk(archive, options.send_back) if options is not None and options.send_back else None


def _store(settings: Settings) -> str:
    """Where the ledger is: a PostgreSQL address, or the data folder."""
    if settings.store.url is not None:
        return settings.store.url
    settings.store.path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return str(settings.store.path)


def _clock(settings: Settings, http: Http) -> Clock:
    return SystemClock() if settings.clock == "system" else SimulatorClock(http, settings.clock)


def _pace(account: PhotoShelterAccount | NetxAccount) -> PaceRule:
    shape = PaceShape.TOKEN_BUCKET if account.window is None else PaceShape.FIXED_WINDOW
    window = timedelta(seconds=account.window or 1)
    return PaceRule(shape=shape, rate=account.rate, burst=account.burst, window=window, reserve=0.2)


def _runtime(settings: Settings) -> Runtime:
    if settings.engine.runtime == "local":
        return LocalRuntime(settings.store.path / "engine-local.json")
    from dambridge.engine.runtime_dbos import DbosRuntime  # noqa: PLC0415 - half of a command's start; most need none

    return DbosRuntime(_store(settings), worker=worker_name())


def _engine(settings: Settings, target: NetxAccount) -> EngineSettings:
    given = settings.engine.model_dump(exclude={"runtime"})
    return EngineSettings(**given, settle=timedelta(seconds=target.settle_seconds), arrivals=target.staging_root)
