"""The tour of the NetX connector and of its prober."""

from __future__ import annotations

import asyncio
import urllib.request
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any, Final

from aiohttp import web

from dambridge.connectors.netx.adapter import connect
from dambridge.connectors.netx.config import NetxOptions
from dambridge.engine.probing import examine
from dambridge.model.identity import AccountId, RemoteId
from dambridge.ports.connection import Connection
from dambridge.ports.errors import Refused
from dambridge.ports.searching import Wanted
from dambridge.ports.systems import Window
from dambridge.testing.archive_samples import body_of
from dambridge.testing.prober_contract import probing_of
from dambridge_sim.kit.bodies import WebhooksBody
from support.data_sync import pull, rows
from support.pictures import picture
from support.probing import EXPORTS, NetxAccount, OpenPacer, furnish
from support.tour import LANE, PROBE, Guide, drained, listed

ALL: Final = frozenset({"base", "iptc", "custom", "attributes", "containers"})


async def walk(guide: Guide) -> None:
    """Everything, in every route; the prober last, for it takes back what it makes."""
    furnish(guide.served)
    async with _connected(guide) as connection:
        await _archive(guide, connection)
        await _reader(guide, connection)
        await _attachments(guide, connection)
        await _pictures(guide, connection)
        await _hints(guide, connection)
    for position, more in _routes(guide):
        with guide.switched(attribute_write=position):
            async with _connected(guide, **more) as connection:
                await _archive(guide, connection)
    await _by_data_sync(guide)
    await _probe(guide)


def _routes(guide: Guide) -> Sequence[tuple[str, Mapping[str, Any]]]:
    """How a site takes attributes (NX 5.1.1), with the options that it wants; the last one is as sites come."""
    apart = {"write_encoding": "separate_method"}
    return (
        ("separate_method", {**apart, "version_route": "reimport", "portal": "press"}),
        ("set_method", {**apart, "write_method": "setAssetAttributes"}),
        ("update_asset", {"token": None, "oauth": _grant(guide)}),
    )


@asynccontextmanager
async def _connected(guide: Guide, **more: Any) -> AsyncIterator[Connection]:
    given = {"base_url": guide.served.url, "token": guide.served.credentials["token"], "page_size": 2, **more}
    options = NetxOptions.model_validate({name: it for name, it in given.items() if it is not None})
    connection = connect(options, account=AccountId("archive"), pacer=OpenPacer(), http=guide.http)
    yield connection
    await connection.close()


def _grant(guide: Guide) -> Mapping[str, str]:
    """What a person has after the consent page: a refresh token."""
    client: Mapping[str, str] = guide.served.credentials["oauth"][0]
    vendor: Any = guide.served.simulator.vendor
    vendor.tokens.keep("refresh-of-the-tour", "integration", "refresh", note=client["client_id"])
    return {**client, "refresh_token": "refresh-of-the-tour"}


async def _archive(guide: Guide, connection: Connection) -> None:
    both = {"name": "Harbour", "file_name": "harbour.jpg"}
    with guide.at(connection, "archive") as archive:
        assert archive.account
        await archive.whoami()
        assert archive.capabilities.write_attributes.usable
        assert await archive.attributes()
        arrivals = await archive.ensure_folder("dambridge/arrivals/one", lane=LANE)
        place = await archive.ensure_folder("Editorial/Harbour", lane=LANE)
        asset = await archive.deliver(arrivals, body_of(picture(7)), file_name="a.jpg", lane=LANE)
        await archive.write(asset, attributes={"Title": ("Harbour",)}, **both, lane=LANE)
        await archive.write(asset, attributes={}, **both, lane=LANE)
        await archive.add_version(asset, body_of(picture(8)), file_name="b.jpg", lane=LANE)
        await archive.place(asset, into=place, out_of=arrivals, lane=LANE)
        await archive.place(asset, into=arrivals, out_of=None, lane=LANE)
        await archive.take_out(asset, out_of=arrivals, lane=LANE)
        await archive.contents(place, lane=LANE)
        assert await archive.find("Title", "Harbour", lane=LANE) == [asset]
        assert await archive.named("b.jpg", lane=LANE) == [asset]
        assert await archive.folder_at("Editorial/Harbour", lane=LANE) == place
        with suppress(Refused):
            await archive.discard_folder(place, lane=LANE)
        assert await drained(archive.original(asset, lane=LANE))
        await asyncio.to_thread(urllib.request.urlopen, archive.page_of(asset).partition("#")[0])
        await archive.discard(asset, lane=LANE)
        await archive.read([asset], lane=LANE)
        await archive.close()


async def _reader(guide: Guide, connection: Connection) -> None:
    now = guide.served.world.clock.now()
    with guide.at(connection, "reader") as reader:
        assert reader.account
        await reader.whoami()
        assert reader.capabilities.modified_window.usable
        pages = await listed(reader.changed(Window(now - timedelta(days=1), now), lane=LANE))
        asset = pages[0].sightings[0].remote_id
        assert await listed(reader.everything(lane=LANE))
        containers = await listed(reader.containers(lane=LANE))
        await listed(reader.members(containers[0].id, lane=LANE))
        await reader.read(asset, groups=ALL, lane=LANE)
        with guide.switched(unknown_object="failure"):
            await reader.read(RemoteId("999999"), groups=ALL, lane=LANE)
        await reader.shown([asset, RemoteId("999999")], lane=LANE)
        assert await drained(reader.original(asset, lane=LANE))
        await reader.close()


async def _attachments(guide: Guide, connection: Connection) -> None:
    asset = _first(guide)
    with guide.at(connection, "attachments") as attachments:
        more = {"name": "release", "description": "signed", "file_name": "release.pdf"}
        await attachments.attach(asset, body_of(b"%PDF-1.4 signed"), **more, lane=LANE)
        (found, *_) = await attachments.attachments(asset, lane=LANE)
        assert await drained(attachments.attached(asset, found.id, lane=LANE))
        rule = {"match": {"path": "/api/file/asset/*/view/*"}, "action": "status", "status": 404}
        with guide.faulty(rule), guide.switched(token_on_file_urls=True):
            assert await drained(attachments.attached(asset, found.id, lane=LANE))


async def _pictures(guide: Guide, connection: Connection) -> None:
    asset = _first(guide)
    with guide.at(connection, "renditions") as renditions, guide.switched(token_on_file_urls=True):
        for name in renditions.renditions:
            assert await drained(renditions.rendition(asset, name, lane=LANE))
    with guide.at(connection, "finder") as finder:
        await finder.search("boat", limit=5, lane=LANE)
        await finder.look_for(Wanted(words=("boat",)), limit=5, lane=LANE)
        assert await drained(finder.picture(asset, longest_side=100, lane=LANE))


async def _hints(guide: Guide, connection: Connection) -> None:
    """A delivery of the simulator, read by the connector."""
    arrived: asyncio.Queue[tuple[dict[str, str], bytes]] = asyncio.Queue()

    async def take(request: web.Request) -> web.Response:
        await arrived.put((dict(request.headers), await request.read()))
        return web.Response()

    app = web.Application()
    app.router.add_post("/hook", take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    hooks = guide.served.world.webhooks
    try:
        hooks.load(WebhooksBody.model_validate({"targets": [{"url": f"{site.name}/hook"}]}))
        asset = guide.served.simulator.add(None, {"file_name": "told.jpg", "containers": ["Intake"]})
        headers, body = await asyncio.wait_for(arrived.get(), 10)
    finally:
        hooks.clear()
        await runner.cleanup()
    with guide.at(connection, "hints") as hints:
        (hint,) = hints.read(headers, body)
        assert hint.key.remote_id == asset
        assert hints.stamp(headers, body).at is not None
        guide.watch.note("control webhooks")


async def _by_data_sync(guide: Guide) -> None:
    """Values through the file that the site pulls: seen to arrive."""
    file = guide.folder / "sync.xml"
    asset = _first(guide)
    async with _connected(guide, write_route="data_sync", data_sync_file=str(file)) as connection:
        with guide.at(connection, "archive") as archive:
            await archive.write(asset, attributes={"Title": ("Pulled",)}, name=None, file_name=None, lane=LANE)
            assert pull(file, lambda it, values: guide.served.simulator.edit(it, None, {"attributes": values})) == 1
            await archive.read([asset], lane=LANE)
            assert rows(file) == {}
            guide.watch.note("site data_source_sync")


async def _probe(guide: Guide) -> None:
    account = NetxAccount(guide.served, guide.http)
    account.extend(metadata_map=EXPORTS, folders=["dambridge"])
    with guide.watch.by(PROBE):
        found = await examine(probing_of(account.prober()), write=True)
    assert found.scratch, found
    assert found.left == []


def _first(guide: Guide) -> RemoteId:
    return RemoteId(next(it["id"] for it in guide.served.simulator.lines() if not it["deleted"]))
