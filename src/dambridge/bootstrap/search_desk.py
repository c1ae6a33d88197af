"""Opening search: index, systems and pictures, for whoever asks in people's names."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

from dambridge.bootstrap.capability_file import known_archive, known_reader
from dambridge.bootstrap.policies import build_maps
from dambridge.bootstrap.publishing import build_publish
from dambridge.bootstrap.routes import known_accounts
from dambridge.bootstrap.searching import build_search, notifiers
from dambridge.bootstrap.settings import Settings
from dambridge.bootstrap.wiring import Tools, connect, open_tools, store_of
from dambridge.mapping import AccountMap
from dambridge.model.identity import AccountId, FlowName
from dambridge.ports.connection import Connection
from dambridge.search.asking import IndexSearch
from dambridge.search.desk import SearchDesk
from dambridge.search.destinations import Destinations
from dambridge.search.keeping import IndexKeeper
from dambridge.search.live import LiveHome, LiveSearch
from dambridge.search.ordering import Orders
from dambridge.search.rebuilding import Shelf
from dambridge.search.saving import Saved
from dambridge.search.thumbnails import Thumbnails
from dambridge.storage import FilePictureCache, SqlSearchIndex, open_search_index


@asynccontextmanager
async def open_search(settings: Settings) -> AsyncIterator[SearchDesk]:
    """Search for people. No lock is taken, so it works beside a server; no system is called before a question wants it."""
    async with AsyncExitStack() as stack:
        tools = await stack.enter_async_context(open_tools(settings))
        index = open_search_index(store_of(settings))
        stack.push_async_callback(index.close)
        accounts: dict[AccountId, Connection] = {}
        for name, known in known_accounts(settings).items():
            bare = connect(known, tools)
            stack.push_async_callback(bare.close)
            accounts[name] = bare
        yield desk_over(settings, tools, index, accounts)


def desk_over(
    settings: Settings, tools: Tools, index: SqlSearchIndex, accounts: Mapping[AccountId, Connection]
) -> SearchDesk:
    """The desk over accounts that are connected."""
    policy, maps, known = build_search(settings), build_maps(settings), known_accounts(settings)
    archives = {name: known_archive(it.archive, known[name].cells) for name, it in accounts.items()}
    search = IndexSearch(index, policy, tools.clock)
    homes = [
        LiveHome(account=name, finder=it.finder, archive=archives[name], map=maps[name])
        for name, it in accounts.items()
    ]
    cache = FilePictureCache(settings.store.path / "thumbnails", most_bytes=settings.search.thumbnails)
    return SearchDesk(
        index=search,
        live=LiveSearch(homes, links=tools.ledger, index=index, policy=policy, clock=tools.clock),
        thumbnails=Thumbnails(search, {name: it.finder for name, it in accounts.items()}, cache),
        saved=Saved(search, tools.ledger, tools.clock, tell=notifiers(settings)),
        orders=Orders(search, tools.ledger, tools.clock, destinations(settings, maps)),
        keeper=IndexKeeper(index, tools.ledger, policy, maps, tools.clock),
        shelves=[
            Shelf(account=name, reader=known_reader(it.reader, known[name].cells), archive=archives[name])
            for name, it in accounts.items()
        ],
    )


def destinations(settings: Settings, maps: Mapping[AccountId, AccountMap]) -> Destinations:
    """Where finds can be asked to go: hand-off has its own reviews, so only intake brings on demand."""
    intake = settings.flows.intake
    return Destinations(
        inward={AccountId(intake.source): FlowName.INTAKE} if intake is not None else {},
        inward_orders=intake is not None and intake.orders,
        outward=tuple(build_publish(settings, flow, maps) for flow in settings.flows.outward),
    )
