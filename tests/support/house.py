"""PhotoShelter's side of a history in memory: containers with audiences, files in them, and a record of who was seen when.

It keeps what really stands. Reads of a file may lag behind; memberships and audiences are shown as they are, for without
that nothing could ever be proven to be gone. Effective modes and exposure are reckoned as the reference says (PS 3,
CONFIRMED): the most restrictive way is what is shown of a container, the widest way in is what people can use.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

from dambridge.mapping import AccountMap
from dambridge.model.identity import AccountId, AssetKey, RemoteId
from dambridge.model.records import Absence, Container, MediaType, Missing, NativeRecord, NativeValue
from dambridge.ports.audience import Audience, Visibility
from dambridge.ports.capabilities import ArchiveCapabilities, Proof
from dambridge.ports.errors import MovedOn, Refused, TryLater, Unclear
from dambridge.ports.pace import Lane
from dambridge.ports.systems import AccountInfo, AttributeDefinition, Body, ByteStream
from support.two_way_systems import Texts, Times

US, PEOPLE = "us", "people"
_WIDTH = (Visibility.PRIVATE, Visibility.PERMISSION, Visibility.EVERYONE)
_GROUPS = frozenset({"base", "iptc", "custom", "containers", "attributes", "file"})
CAN = ArchiveCapabilities(
    write_attributes=Proof.PROVEN,
    fields={},
    take_out=Proof.PROVEN,
    discard=Proof.PROVEN,
    discard_recoverable=Proof.PROVEN,
    rename=Proof.PROVEN,
    folders=Proof.PROVEN,
    versions=Proof.PROVEN,
    checksum=Proof.ABSENT,
    conditional_write=Proof.ABSENT,
    deliver=dict.fromkeys(MediaType, Proof.PROVEN),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A collection or gallery. `mode` is its own, None where it takes that of where it stands."""

    name: str
    mode: Visibility | None
    parents: tuple[RemoteId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A file as it stands; `gone` says how it is not there any more."""

    file_name: str
    content: bytes
    at: datetime
    fields: Mapping[str, Texts] = field(default_factory=dict)
    rooms: tuple[RemoteId, ...] = ()
    gone: Absence | None = None


@dataclass(slots=True, kw_only=True)
class Seen:
    """That somebody outside could see a file in a room: from when to when, and whose doing either was."""

    file: RemoteId
    room: RemoteId
    since: datetime
    by: str
    until: datetime | None = None
    ended_by: str = ""


@dataclass(slots=True, kw_only=True)
class House:
    """One account. People act through its methods, the engine through `HouseArchive` and `HouseKeeper`."""

    account: AccountId
    times: Times
    map: AccountMap
    rooms: dict[RemoteId, Room] = field(default_factory=dict)
    files: dict[RemoteId, Kept] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)
    open: dict[tuple[RemoteId, RemoteId], Seen] = field(default_factory=dict)
    writes: int = 0
    """Changes of the engine that took effect."""
    calls: int = 0
    down: bool = False
    lose: deque[bool] = field(default_factory=deque)
    """What becomes of the next writes: False, the request is lost; True, the deed is done and the reply is lost."""
    deaf: int = 0
    """How many more of the engine's attempts to take something out are answered well and do nothing."""
    stale: dict[RemoteId, int] = field(default_factory=dict)
    """How many reads more show what stood before the last change."""
    lagged: dict[RemoteId, datetime] = field(default_factory=dict)
    """When a file was last shown as it was before."""
    told: Callable[[Seen], None] = lambda _: None
    """Hears of every exposure as it begins and as it ends."""
    calling: Callable[[], None] = lambda: None
    """Is called before every call of the engine."""
    struck: int = 0
    """Faults that took effect."""
    _before: dict[RemoteId, Kept] = field(default_factory=dict)

    # people ------------------------------------------------------------------------------------------------------
    def room(self, path: str, mode: Visibility | None) -> RemoteId:
        """Make a room and what is above it; what is there already is only found."""
        above: RemoteId | None = None
        names = path.strip("/").split("/")
        for end in range(1, len(names) + 1):
            made = RemoteId("C:" + "/".join(names[:end]))
            if made not in self.rooms:
                own = mode if end == len(names) else None
                parents = (above,) if above is not None else ()
                self.rooms[made] = Room(name=names[end - 1], mode=own, parents=parents)
            above = made
        assert above is not None
        return above

    def set_room(self, room: RemoteId, by: str = PEOPLE, **changes: object) -> None:
        self.rooms[room] = replace(self.rooms[room], **changes)  # type: ignore[arg-type]
        self.times.tick()
        for file in self.files:
            self._look(file, by)

    def put(self, file: RemoteId, *, into: RemoteId | None = None, out_of: RemoteId | None = None) -> None:
        """People add a file to a room or take it out of one."""
        rooms = tuple(it for it in self.files[file].rooms if it != out_of)
        self.change(file, PEOPLE, rooms=tuple(dict.fromkeys((*rooms, *((into,) if into else ())))))

    def change(self, file: RemoteId, by: str, **changes: object) -> None:
        _, at = self.times.tick()
        self._before[file] = self.files[file]
        self.files[file] = replace(self.files[file], at=at, **changes)  # type: ignore[arg-type]
        self._look(file, by)

    # what stands -------------------------------------------------------------------------------------------------
    def widest(self, room: RemoteId) -> Visibility:
        """By the most open way in. Nothing of its own and nothing above is shut."""
        it = self.rooms[room]
        above = [self.widest(one) for one in it.parents]
        inherited = max(above, key=_WIDTH.index) if above else None
        found = [one for one in (it.mode, inherited) if one is not None]
        return min(found, key=_WIDTH.index) if found else Visibility.PRIVATE

    def narrowest(self, room: RemoteId) -> Visibility:
        it = self.rooms[room]
        found = [*(self.narrowest(one) for one in it.parents), *([it.mode] if it.mode is not None else [])]
        return min(found, key=_WIDTH.index) if found else Visibility.PRIVATE

    def paths(self, room: RemoteId) -> list[str]:
        it = self.rooms[room]
        return [f"{above}/{it.name}" for one in it.parents for above in self.paths(one)] or [it.name]

    def _look(self, file: RemoteId, by: str) -> None:
        """Close and begin exposures of one file as it stands now."""
        it = self.files[file]
        rooms = () if it.gone is not None else it.rooms
        now = {room for room in rooms if self.widest(room) is not Visibility.PRIVATE}
        was = {room for room in self.rooms if (file, room) in self.open}
        for room in sorted(was - now):
            ended = self.open.pop((file, room))
            ended.until, ended.ended_by = self.times.now_at, by
            self.told(ended)
        for room in sorted(now - was):
            begun = Seen(file=file, room=room, since=self.times.now_at, by=by)
            self.open[file, room] = begun
            self.seen.append(begun)
            self.told(begun)

    # calls of the engine -----------------------------------------------------------------------------------------
    def asked(self) -> None:
        self.calls += 1
        self.calling()
        if self.down:
            raise TryLater(f"{self.account} does not answer.")

    def written(self, change: Callable[[], None]) -> None:
        self.asked()
        fate = self.lose.popleft() if self.lose else None
        self.struck += fate is not None
        if fate is not False:
            self.writes += 1
            change()
        if fate is not None:
            raise Unclear(f"No answer came to a write to {self.account}.")

    def there(self, file: RemoteId) -> Kept:
        it = self.files.get(file)
        if it is None or it.gone is not None:
            raise MovedOn(f"{self.account}:{file} is not there any more.")
        return it

    def record(self, file: RemoteId) -> NativeRecord | Missing:
        it = self.files.get(file)
        if it is None or it.gone is not None:
            return Missing(it.gone if it is not None and it.gone else Absence.DELETED, "there is no such file")
        if self.stale.get(file, 0) and file in self._before:
            self.stale[file] -= 1
            self.struck += 1
            self.lagged[file] = self.times.now_at
            it = replace(self._before[file], rooms=it.rooms)
        fields: dict[str, NativeValue] = {name: "; ".join(texts) for name, texts in it.fields.items() if texts}
        return NativeRecord(
            key=AssetKey(self.account, file),
            media_type=MediaType.IMAGE,
            file_name=it.file_name,
            name=it.file_name,
            size=len(it.content),
            modified=it.at.isoformat(),
            modified_at=it.at,
            content_stamp=hashlib.sha256(it.content).hexdigest(),
            checksum=None,
            fields=fields,
            containers=tuple(self.containers(it.rooms)),
            groups=_GROUPS,
        )

    def containers(self, rooms: Sequence[RemoteId]) -> list[Container]:
        return [Container(room, path) for room in rooms for path in self.paths(room)]


@dataclass(slots=True)
class HouseReader:
    """As much of an `AssetReader` as outlets are asked for."""

    house: House

    async def read(self, remote_id: RemoteId, *, groups: frozenset[str], lane: Lane) -> NativeRecord | Missing:
        self.house.asked()
        return self.house.record(remote_id)

    @asynccontextmanager
    async def original(self, remote_id: RemoteId, *, lane: Lane) -> AsyncIterator[ByteStream]:
        self.house.asked()
        content = self.house.there(remote_id).content
        yield ByteStream(len(content), once(content))


@dataclass(slots=True)
class HouseKeeper:
    """The `AudienceKeeper`."""

    house: House

    async def audience(self, container: RemoteId, *, lane: Lane) -> Audience:
        self.house.asked()
        if container not in self.house.rooms:
            raise MovedOn(f"{container} is gone.")
        return self.house_audience(container)

    def house_audience(self, container: RemoteId) -> Audience:
        it = self.house.rooms[container]
        return Audience(
            container=container,
            own=it.mode,
            effective=self.house.narrowest(container),
            inherits=bool(it.parents),
            listed=None,
            grants=(),
        )

    async def places(self, remote_id: RemoteId, *, lane: Lane) -> Sequence[Container]:
        self.house.asked()
        return self.house.containers(self.house.there(remote_id).rooms)

    async def set_visibility(self, container: RemoteId, mode: Visibility, *, lane: Lane) -> None:
        raise Refused("there is no proven way.")


@dataclass(slots=True)
class HouseArchive:
    """The `AssetArchive`."""

    house: House

    @property
    def account(self) -> AccountId:
        return self.house.account

    @property
    def capabilities(self) -> ArchiveCapabilities:
        return CAN

    async def whoami(self) -> AccountInfo:
        return AccountInfo(person="P. Roof", organisation="proof")

    async def attributes(self) -> Sequence[AttributeDefinition] | None:
        return None

    async def ensure_folder(self, path: str, *, lane: Lane) -> RemoteId:
        self.house.asked()
        return self.house.room(path, Visibility.PRIVATE)

    async def folder_at(self, path: str, *, lane: Lane) -> RemoteId | None:
        self.house.asked()
        found = RemoteId(f"C:{path}")
        return found if found in self.house.rooms else None

    async def contents(self, folder: RemoteId, *, lane: Lane) -> Sequence[NativeRecord]:
        self.house.asked()
        found = [self.house.record(name) for name, it in self.house.files.items() if folder in it.rooms]
        return [it for it in found if isinstance(it, NativeRecord)]

    async def read(self, ids: Sequence[RemoteId], *, lane: Lane) -> Mapping[RemoteId, NativeRecord | Missing]:
        self.house.asked()
        return {it: self.house.record(it) for it in ids}

    async def find(self, attribute: str, value: str, *, lane: Lane) -> Sequence[RemoteId]:
        return ()

    async def named(self, file_name: str, *, lane: Lane) -> Sequence[RemoteId]:
        self.house.asked()
        return [name for name, it in self.house.files.items() if it.file_name == file_name and it.gone is None]

    async def deliver(self, folder: RemoteId, body: Body, *, file_name: str, lane: Lane) -> RemoteId:
        content = b"".join([it async for it in body.open()])
        made = RemoteId(f"F{len(self.house.files) + 1}")

        def change() -> None:
            _, at = self.house.times.tick()
            self.house.files[made] = Kept(file_name=file_name, content=content, at=at)
            self.house.change(made, US, rooms=(folder,))

        self.house.written(change)
        return made

    async def add_version(self, remote_id: RemoteId, body: Body, *, file_name: str, lane: Lane) -> None:
        content = b"".join([it async for it in body.open()])
        self._change(remote_id, content=content, file_name=file_name)

    async def write(
        self,
        remote_id: RemoteId,
        *,
        attributes: Mapping[str, Texts],
        name: str | None,
        file_name: str | None,
        lane: Lane,
    ) -> None:
        it = self.house.there(remote_id)
        self._change(remote_id, fields={**it.fields, **attributes}, file_name=file_name or it.file_name)

    async def place(self, remote_id: RemoteId, *, into: RemoteId, out_of: RemoteId | None, lane: Lane) -> None:
        self.house.asked()
        rooms = self.house.there(remote_id).rooms
        wanted = tuple(dict.fromkeys((*(it for it in rooms if it != out_of), into)))
        if wanted != rooms:
            self._change(remote_id, rooms=wanted)

    async def take_out(self, remote_id: RemoteId, *, out_of: RemoteId, lane: Lane) -> None:
        rooms = self.house.there(remote_id).rooms
        if not self.house.deaf and out_of in rooms:
            self._change(remote_id, rooms=tuple(it for it in rooms if it != out_of))
            return
        self.house.asked()
        if self.house.deaf:
            self.house.deaf -= 1
            self.house.struck += 1

    async def discard(self, remote_id: RemoteId, *, lane: Lane) -> None:
        if remote_id in self.house.files and self.house.files[remote_id].gone is None:
            self._change(remote_id, gone=Absence.TRASHED)

    async def discard_folder(self, folder: RemoteId, *, lane: Lane) -> None:
        raise NotImplementedError

    def original(self, remote_id: RemoteId, *, lane: Lane) -> AbstractAsyncContextManager[ByteStream]:
        return HouseReader(self.house).original(remote_id, lane=lane)

    def page_of(self, remote_id: RemoteId) -> str:
        return f"https://{self.account}.example.org/{remote_id}"

    async def close(self) -> None: ...

    def _change(self, remote_id: RemoteId, **changes: object) -> None:
        self.house.there(remote_id)
        self.house.written(lambda: self.house.change(remote_id, US, **changes))


async def once(content: bytes) -> AsyncIterator[bytes]:
    yield content
