"""Each thing that a flow needs of a system, done once for real: which of them work on this simulator, strict or not.

Nothing here trusts what a connector declares. A cell works when its exercise came to its end and what it did was seen by a
read, or by the person who looks into the simulator.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from dambridge.connectors.kit import Http, SystemClock
from dambridge.connectors.netx import NetxOptions
from dambridge.connectors.netx import connect as connect_netx
from dambridge.connectors.photoshelter.adapter import connect as connect_photoshelter
from dambridge.connectors.photoshelter.config import Guess, PhotoShelterOptions
from dambridge.model.identity import AccountId, RemoteId, System
from dambridge.model.records import Container, Missing, NativeRecord
from dambridge.policy.needs import cells_of
from dambridge.ports.audience import Visibility
from dambridge.ports.connection import Connection
from dambridge.ports.errors import NextMove
from dambridge.ports.pace import Lane
from dambridge.ports.systems import Window
from dambridge.testing.archive_samples import body_of, small_jpeg
from dambridge_sim.__main__ import make_vendor
from dambridge_sim.kit.serving import Served, serve
from dambridge_sim.kit.simulator import Options
from support.probing import OpenPacer
from support.world import control, send

LANE = Lane.NORMAL
FIRST, SECOND = "Exercise/First", "Exercise/Second"
GROUPS = frozenset({"base", "iptc", "custom", "containers", "attributes"})
TEXT = {System.PHOTOSHELTER: "headline", System.NETX: "Headline"}
META = {System.PHOTOSHELTER: "metadata", System.NETX: "attributes"}


class NotSeen(Exception):
    """The system answered, and what it said to have done was not there."""


@dataclass(slots=True)
class Gym:
    """One account, and a person who has put some pictures into two places beforehand."""

    system: System
    served: Served
    connection: Connection
    made: int = 0

    def person_adds(self, *places: str) -> RemoteId:
        self.made += 1
        meta: dict[str, Any] = {"file_name": f"exercise-{self.made}.jpg", "containers": list(places)}
        meta[META[self.system]] = {TEXT[self.system]: f"harbour {self.made}"}
        data = small_jpeg(f"exercise {self.made}")
        return RemoteId(str(send(self.served.url, "POST", "/__sim__/assets", meta=meta, data=data)["id"]))

    async def place(self, path: str) -> Container:
        async for found in self.connection.reader.containers(lane=LANE):
            if found.path == path:
                return found
        raise NotSeen(f"{path} is not listed")

    async def read(self, asset: RemoteId) -> NativeRecord:
        seen = (await self.connection.archive.read([asset], lane=LANE))[asset]
        if isinstance(seen, Missing):
            raise NotSeen(seen.evidence)
        return seen


Exercise = Callable[[Gym], Awaitable[None]]


def demand(seen: bool, what: str) -> None:
    if not seen:
        raise NotSeen(what)


async def modified_window(gym: Gym) -> None:
    asset = gym.person_adds(FIRST)
    now = gym.served.world.clock.now()
    window = Window(now - timedelta(hours=1), now + timedelta(hours=1))
    found = {it.remote_id async for page in gym.connection.reader.changed(window, lane=LANE) for it in page.sightings}
    demand(asset in found, "what changed was not listed")


async def metadata_moves_modified(gym: Gym) -> None:
    asset = gym.person_adds(FIRST)
    before = await gym.connection.reader.read(asset, groups=GROUPS, lane=LANE)
    control(gym.served.url, "POST", "/__sim__/clock", {"advance": 60})
    edit = {META[gym.system]: {TEXT[gym.system]: "edited"}}
    send(gym.served.url, "PATCH", f"/__sim__/assets/{asset}", meta=edit, data=None)
    after = await gym.connection.reader.read(asset, groups=GROUPS, lane=LANE)
    seen = [it.modified for it in (before, after) if isinstance(it, NativeRecord)]
    demand(len(seen) == 2 and seen[0] != seen[1], "the modified time stood still")


async def originals(gym: Gym) -> None:
    asset = gym.person_adds(FIRST)
    async with gym.connection.reader.original(asset, lane=LANE) as stream:
        content = b"".join([it async for it in stream.chunks])
    demand(content == small_jpeg(f"exercise {gym.made}"), "other bytes came")


async def custom_fields(gym: Gym) -> None:
    seen = await gym.connection.reader.read(gym.person_adds(FIRST), groups=GROUPS, lane=LANE)
    demand(isinstance(seen, NativeRecord) and "custom" in seen.groups, "custom fields were not read")


async def delivered(gym: Gym) -> RemoteId:
    gym.person_adds(FIRST)
    gym.made += 1
    place = await gym.place(FIRST)
    content = small_jpeg(f"exercise {gym.made}")
    name = f"delivered-{gym.made}.jpg"
    asset = await gym.connection.archive.deliver(place.id, body_of(content), file_name=name, lane=LANE)
    demand((await gym.read(asset)).file_name == name, "it is not there under its name")
    return asset


async def deliver(gym: Gym) -> None:
    await delivered(gym)


async def folders(gym: Gym) -> None:
    asset = gym.person_adds(FIRST)
    made = await gym.connection.archive.ensure_folder(f"Exercise/Made {gym.made}", lane=LANE)
    await gym.connection.archive.place(asset, into=made, out_of=None, lane=LANE)
    demand(made in {it.id for it in (await gym.read(asset)).containers}, "it does not stand in the new place")


async def write_attributes(gym: Gym) -> None:
    asset, name = gym.person_adds(FIRST), TEXT[gym.system]
    archive = gym.connection.archive
    await archive.write(asset, attributes={name: ("written",)}, name=None, file_name=None, lane=LANE)
    value = (await gym.read(asset)).fields.get(name)
    demand(value in ("written", ("written",)), "the value does not read back")


async def versions(gym: Gym) -> None:
    asset, content = gym.person_adds(FIRST), small_jpeg("a new version")
    before = await gym.read(asset)
    await gym.connection.archive.add_version(asset, body_of(content), file_name=before.file_name, lane=LANE)
    async with gym.connection.archive.original(asset, lane=LANE) as stream:
        demand(b"".join([it async for it in stream.chunks]) == content, "the old file is still there")


async def take_out(gym: Gym) -> None:
    asset = gym.person_adds(FIRST, SECOND)
    place = await gym.place(SECOND)
    await gym.connection.archive.take_out(asset, out_of=place.id, lane=LANE)
    demand(place.id not in {it.id for it in (await gym.read(asset)).containers}, "it still stands there")


async def discard(gym: Gym) -> None:
    asset = gym.person_adds(FIRST)
    await gym.connection.archive.discard(asset, lane=LANE)
    demand(isinstance((await gym.connection.archive.read([asset], lane=LANE))[asset], Missing), "it is still there")


def titled_jpeg(title: str) -> bytes:
    """A sound JPEG with an XMP packet that says this title."""
    packet = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title><rdf:Alt>'
        f'<rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title></rdf:Description></rdf:RDF></x:xmpmeta>'
    )
    segment = b"http://ns.adobe.com/xap/1.0/\x00" + packet.encode()
    plain = small_jpeg(title)
    return plain[:2] + b"\xff\xe1" + (len(segment) + 2).to_bytes(2, "big") + segment + plain[2:]


async def embedded_writes(gym: Gym) -> None:
    gym.person_adds(FIRST)
    place, title = await gym.place(FIRST), f"inside {gym.made}"
    body = body_of(titled_jpeg(title))
    asset = await gym.connection.archive.deliver(place.id, body, file_name="titled.jpg", lane=LANE)
    demand((await gym.read(asset)).fields.get("Title") == (title,), "the title was not read out of the file")


async def discard_folder(gym: Gym) -> None:
    asset = gym.person_adds(FIRST, SECOND)
    place = await gym.place(FIRST)
    await gym.connection.archive.discard_folder(place.id, lane=LANE)
    demand(place.id not in {it.id for it in (await gym.read(asset)).containers}, "the asset still stands there")
    async for found in gym.connection.reader.containers(lane=LANE):
        demand(found.id != place.id, "the container is still there")


async def audience_read(gym: Gym) -> None:
    gym.person_adds(FIRST)
    keeper, place = gym.connection.audience, await gym.place(FIRST)
    if keeper is None:
        raise NotSeen("no audience can be read")
    demand((await keeper.audience(place.id, lane=LANE)).effective is Visibility.PRIVATE, "it is not private")


async def search(gym: Gym) -> None:
    asset = gym.person_adds(FIRST)
    found = await gym.connection.finder.search(f"exercise-{gym.made}.jpg", limit=10, lane=LANE)
    demand(asset in {it.remote_id for it in found.sightings}, "it was not found")


EXERCISES: Mapping[str, Exercise] = {
    "reader.modified_window": modified_window,
    "reader.metadata_moves_modified": metadata_moves_modified,
    "reader.originals": originals,
    "reader.custom_fields": custom_fields,
    "archive.deliver": deliver,
    "archive.folders": folders,
    "archive.write_attributes": write_attributes,
    "archive.versions": versions,
    "archive.take_out": take_out,
    "archive.discard": discard,
    "archive.discard_folder": discard_folder,
    "archive.embedded": embedded_writes,
    "audience.read": audience_read,
    "finder.search": search,
}


@contextmanager
def gym_of(system: System, *, strict: bool) -> Iterator[Served]:
    with serve(make_vendor(str(system)), Options(strict=strict)) as served:
        yield served


def connected(system: System, served: Served, http: Http) -> Connection:
    """A connection whose options let it try everything, proven or not."""
    said = served.credentials
    if system is System.NETX:
        site = NetxOptions.model_validate({"base_url": served.url, "token": said["token"]})
        return connect_netx(site, account=AccountId("archive"), pacer=OpenPacer(), http=http)
    options = PhotoShelterOptions.model_validate(
        {
            "base_url": served.url,
            "v3_api_key": said["api_key_v3"],
            "proven": [str(it) for it in Guess],
            "visibility_via": "v4",
            "upload_via": "v3",
            **{name: said[name] for name in ("api_key", "email", "password", "org_id")},
        }
    )
    clock = SystemClock()
    return connect_photoshelter(options, account=AccountId("agency"), pacer=OpenPacer(), clock=clock, http=http)


async def tried(system: System, served: Served) -> dict[str, str]:
    """Every cell that some flow needs of the system: empty where it works, else why it does not."""
    found: dict[str, str] = {}

    async def no_rest(_seconds: float) -> None: ...

    async with Http(jitter=lambda: 0.0, sleep=no_rest) as http:
        for cell in cells_of(system):
            connection = connected(system, served, http)
            try:
                await EXERCISES[cell](Gym(system, served, connection))
                found[cell] = ""
            except (NextMove, NotSeen) as why:
                found[cell] = str(why)
            finally:
                await connection.close()
    return found
