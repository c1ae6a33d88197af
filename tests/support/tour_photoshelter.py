"""The tour of the PhotoShelter connector and of its prober."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, Final

import pytest

from contract.connectors.photoshelter.administrator import PhotoShelterAdministrator
from contract.connectors.photoshelter.consent import consent
from dambridge.connectors.kit import Retries, SystemClock
from dambridge.connectors.photoshelter.adapter import connect
from dambridge.connectors.photoshelter.client import PhotoShelterClient
from dambridge.connectors.photoshelter.config import Guess, PhotoShelterOptions
from dambridge.connectors.photoshelter.probing import PhotoShelterProber
from dambridge.connectors.photoshelter.probing.samples import sample
from dambridge.engine.probing import examine
from dambridge.model.identity import AccountId, RemoteId
from dambridge.model.records import MediaType
from dambridge.ports.audience import Grant, Visibility
from dambridge.ports.connection import Connection
from dambridge.ports.errors import Refused, TryLater
from dambridge.ports.searching import Wanted
from dambridge.ports.systems import Window
from dambridge.testing.archive_samples import body_of
from dambridge.testing.prober_contract import probing_of
from support.pictures import picture
from support.probing import OpenPacer
from support.tour import LANE, PROBE, Guide, drained, listed
from support.world import send

ALL: Final = frozenset({"base", "iptc", "custom", "containers", "license"})
LESS: Final = [str(it) for it in Guess if it is not Guess.MORE_INCLUDES]
TERMS: Final = {"lifecycle": {"opt_approved": "approved"}}


async def walk(guide: Guide) -> None:
    """Everything, in every route; the prober last, for it takes back what it makes."""
    assets = _stock(guide)
    key = {"v3_api_key": guide.served.credentials["api_key_v3"]}
    routes: Sequence[dict[str, Any]] = (
        {"proven": LESS},
        {**key, "upload_via": "v3", "license_via": "v3", "visibility_via": "v3", "sweep": "media", "proven": LESS},
        {**key, "upload_via": "v4", "license_via": "v4", "visibility_via": "v4", "proven": [str(it) for it in Guess]},
    )
    for more in routes:
        async with _connected(guide, **more) as connection:
            await _reader(guide, connection, assets)
            await _archive(guide, connection)
            await _audience(guide, connection, settable="visibility_via" in more)
            await _finder(guide, connection, assets[0])
    oauth = {**await _consent(guide), "token_file": str(guide.folder / "token")}
    async with _connected(guide, email=None, password=None, oauth=oauth, **{**routes[1], **key}) as connection:
        await _archive(guide, connection)
    await _probe(guide)


def _stock(guide: Guide) -> list[RemoteId]:
    """A picture with everything first, then a file of each other kind."""
    whole = {"iptc": {"caption": "A boat", "keywords": "harbour, dawn"}, "custom": {"lifecycle": "approved"}}
    first = {"file_name": "boat.jpg", "containers": ["Sport/Match"], "license_expires": "2031-05-01", **whole}
    made = [_put(guide, picture(1), first)]
    for kind in (MediaType.VIDEO, MediaType.AUDIO, MediaType.DOCUMENT):
        it = sample(kind, f"library-{kind}")
        made.append(_put(guide, it.content, {"file_name": it.file_name, "containers": ["Sport/Match"]}))
    return made


def _put(guide: Guide, data: bytes, meta: Mapping[str, Any]) -> RemoteId:
    return RemoteId(send(guide.served.url, "POST", "/__sim__/assets", meta=meta, data=data)["id"])


def _options(guide: Guide, **more: Any) -> PhotoShelterOptions:
    said = {name: guide.served.credentials[name] for name in ("api_key", "email", "password", "org_id")}
    given = {"base_url": guide.served.url, "per_page": 20, "custom_fields": TERMS, **said, **more}
    return PhotoShelterOptions.model_validate({name: it for name, it in given.items() if it is not None})


@asynccontextmanager
async def _connected(guide: Guide, **more: Any) -> AsyncIterator[Connection]:
    options = _options(guide, **more)
    connection = connect(options, account=AccountId("agency"), pacer=OpenPacer(), clock=SystemClock(), http=guide.http)
    yield connection
    with guide.watch.by("reader"):
        await connection.close()


async def _consent(guide: Guide) -> Mapping[str, str]:
    """What a person gets who registers a client and agrees: calls of theirs, not of the connector."""
    with guide.watch.by("a person"):
        return await consent(SimpleNamespace(served=guide.served))  # type: ignore[arg-type]  # all of a site that it needs


async def _reader(guide: Guide, connection: Connection, assets: Sequence[RemoteId]) -> None:
    now = guide.served.world.clock.now()
    with guide.at(connection, "reader") as reader:
        assert reader.account
        await reader.whoami()
        assert reader.capabilities.modified_window.usable
        assert await listed(reader.changed(Window(now - timedelta(days=1), now), lane=LANE))
        assert await listed(reader.everything(lane=LANE))
        galleries = {it.path: it.id for it in await listed(reader.containers(lane=LANE))}
        assert await listed(reader.members(galleries["Sport/Match"], lane=LANE))
        for asset in assets:
            await reader.read(asset, groups=ALL, lane=LANE)
        bare = {"data": {"id": assets[0], "type": "image", "attributes": {}}}
        with guide.faulty(_instead(f"/psapi/v4.0/media/{assets[0]}", bare)):
            await reader.read(assets[0], groups=ALL, lane=LANE)
        thin: dict[str, Any] = {"data": []}
        with guide.faulty(_instead("/psapi/v4.0/galleries/*/children", thin)), pytest.raises(TryLater):
            await listed(reader.members(galleries["Sport/Match"], lane=LANE))
        await reader.read(RemoteId("I0000nobodyknows"), groups=ALL, lane=LANE)
        assert await drained(reader.original(assets[0], lane=LANE))
        await reader.close()


def _instead(path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
    """A reply that shows less than it could, as the reference allows."""
    return {"match": {"method": "GET", "path": path}, "action": "status", "status": 200, "body": body}


async def _archive(guide: Guide, connection: Connection) -> None:
    with guide.at(connection, "archive") as archive:
        assert archive.account
        await archive.whoami()
        assert archive.capabilities.versions.usable
        assert await archive.attributes()
        home = await archive.ensure_folder(f"Archive/{len(guide.called)}/In", lane=LANE)
        there = await archive.ensure_folder("Archive/Done", lane=LANE)
        asset = await archive.deliver(home, body_of(picture(7)), file_name="a.jpg", lane=LANE)
        film = sample(MediaType.VIDEO, "film")
        video = await archive.deliver(home, body_of(film.content), file_name=film.file_name, lane=LANE)
        values = {"title": ("Boat",), "rating": ("3",), "custom.lifecycle": ("approved",)}
        await archive.write(asset, attributes=values, name=None, file_name="b.jpg", lane=LANE)
        await archive.write(video, attributes={"title": ("Film",)}, name=None, file_name=None, lane=LANE)
        await archive.write(asset, attributes={}, name="no home", file_name=None, lane=LANE)
        with guide.switched(version_active_on_create=False):
            await archive.add_version(asset, body_of(picture(8)), file_name="c.jpg", lane=LANE)
        with guide.switched(root_visibility="everyone", v4_visibility_write=False), pytest.raises(Refused):
            await archive.ensure_folder("Open to all/In", lane=LANE)
        await archive.place(asset, into=there, out_of=home, lane=LANE)
        await archive.take_out(video, out_of=home, lane=LANE)
        await archive.contents(there, lane=LANE)
        await archive.read([asset, video], lane=LANE)
        await archive.find("title", "Boat", lane=LANE)
        await archive.named("b.jpg", lane=LANE)
        assert await archive.folder_at("Archive/Done", lane=LANE) == there
        assert await drained(archive.original(asset, lane=LANE))
        assert asset in archive.page_of(asset)
        await archive.discard(asset, lane=LANE)
        await archive.discard(asset, lane=LANE)
        await archive.discard_folder(there, lane=LANE)
        await archive.close()


async def _audience(guide: Guide, connection: Connection, *, settable: bool) -> None:
    administrator = PhotoShelterAdministrator(guide.served)
    above = await administrator.collection("Open", Visibility.EVERYONE)
    below = await administrator.collection("Open/Inner", Visibility.EVERYONE)
    grants = [Grant("group", "press")]
    gallery = await administrator.gallery("Press", Visibility.PERMISSION, within=[above], grants=grants)
    file = await administrator.file([gallery])
    with guide.at(connection, "audience") as audience:
        assert [it.id for it in await audience.places(file, lane=LANE)] == [gallery]
        for it in (above, gallery):
            assert (await audience.audience(it, lane=LANE)).effective
            if settable:
                await audience.set_visibility(it, Visibility.PRIVATE, lane=LANE)
        with guide.switched(absent=["E7"]):
            await audience.audience(below, lane=LANE)
        if settable:
            with pytest.raises(Refused):
                await audience.set_visibility(RemoteId("G0000nobodyknows"), Visibility.PRIVATE, lane=LANE)


async def _finder(guide: Guide, connection: Connection, asset: RemoteId) -> None:
    guide.advance(minutes=5)
    with guide.at(connection, "finder") as finder:
        assert (await finder.search("boat", limit=5, lane=LANE)).sightings
        assert (await finder.look_for(Wanted(words=("boat",)), limit=5, lane=LANE)).ids
        assert await drained(finder.picture(asset, longest_side=100, lane=LANE))


async def _probe(guide: Guide) -> None:
    passed = 0.0

    async def rest(seconds: float) -> None:
        nonlocal passed
        passed += seconds
        guide.advance(seconds=seconds)

    options = _options(guide, v3_api_key=guide.served.credentials["api_key_v3"])
    client = PhotoShelterClient(
        options, account=AccountId("agency"), pacer=OpenPacer(), http=guide.http, retries=Retries(attempts=2)
    )
    prober = PhotoShelterProber(client, options, sleep=rest, monotonic=lambda: passed)
    with guide.watch.by(PROBE):
        found = await examine(probing_of(prober), write=True)
        await client.sign_out()
    assert found.scratch, found
    assert found.left == []
