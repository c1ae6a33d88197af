"""The world of a history of publishing: a NetX, a house with three galleries, what their policy says, and the tools of a flow."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from dambridge.engine.config import EngineSettings
from dambridge.mapping import AccountMap, account_map
from dambridge.model.identity import AccountId, FlowName, RemoteId, System
from dambridge.model.records import Container, Digest, EmbeddedMetadata, MediaType, Missing, NativeRecord
from dambridge.model.values import FieldName
from dambridge.policy.gate import Channel, GateRules
from dambridge.policy.outlets import Outlet, PublishPolicy, Rendition, Selection, WithdrawTo
from dambridge.ports.audience import Audience, Visibility
from dambridge.ports.errors import TryLater
from dambridge.ports.files import Spooled
from dambridge.ports.outgoing import Outgoing
from dambridge.ports.pace import Lane
from dambridge.ports.systems import ByteStream, ListingPage, Window
from support.house import House, HouseKeeper
from support.publish_oracle import ZONE, Witness
from support.two_way import MemorySpool
from support.two_way_systems import (
    SELECTED,
    Library,
    LibraryArchive,
    LibraryReader,
)

AGENCY, ARCHIVE = AccountId("agency"), AccountId("archive")


NATIVES = {
    "copyright_owner": "Copyright Owner",
    "licence_kind": "Licence Kind",
    "licence_start": "Licence Start",
    "licence_end": "Licence End",
    "embargo_until": "Embargo Date",
    "expires_at": "Expiry Date",
    "territories": "Territories",
    "channels": "Channels",
    "consent": "Consent",
}
NAMES = frozenset(FieldName(it) for it in ("title", "description", "custom:kit", *NATIVES))
THERE = {"licence_end": "custom.Licence End", "expires_at": "custom.Expires"}
END_THERE = "custom.Licence End"
MARGIN = timedelta(minutes=5)
GIVEN_UP = RemoteId(f"C:{EngineSettings().quarantine}")


def _outlet(name: str, territory: str, **more: Any) -> Outlet:
    return Outlet(
        name=name,
        account=AGENCY,
        gallery=f"Partners/{name}",
        channel="portal",
        territory=territory,
        audience="partners",
        rendition=Rendition(name=name),
        **more,
    )


OUTLETS = {
    "press": _outlet("press", "DE"),
    "alps": _outlet("alps", "CH"),
    "shop": _outlet("shop", "US", withdraw_to=WithdrawTo.TRASH),
}
MODES = {"press": Visibility.EVERYONE, "alps": Visibility.PERMISSION, "shop": Visibility.EVERYONE}
POLICY = PublishPolicy(
    flow=FlowName.PUBLISH,
    source=ARCHIVE,
    outlets=OUTLETS,
    selection=Selection(folders=(SELECTED,)),
    gate=GateRules(channels={"portal": Channel(name="portal")}, groups={"DACH": frozenset({"DE", "AT", "CH"})}),
    zone=ZONE,
    fields=frozenset({FieldName("title"), FieldName("description")}),
    rates={AGENCY: 50.0},
    margin=MARGIN,
    max_removals=None,
    max_removal_share=None,
)
SETTINGS = EngineSettings(concurrency=1, retry_after=timedelta(minutes=15))


def _map(system: System) -> AccountMap:
    whole = account_map(system, NATIVES | {"custom:kit": "Kit"} if system is System.NETX else THERE)
    return AccountMap(system, tuple(it for it in whole.rules if it.field in NAMES))


MAPS = {it: _map(it) for it in System}


@dataclass(slots=True, kw_only=True)
class Archive(Library):
    """NetX, which may be away, and says what it showed."""

    down: bool = False
    calling: Callable[[], None] = lambda: None
    shows: Callable[[RemoteId], None] = lambda _: None
    struck: int = 0

    def asked(self) -> None:
        self.calling()
        if self.down:
            raise TryLater(f"{self.account} does not answer.")

    def look(self, remote_id: RemoteId) -> NativeRecord | Missing:
        if self.unread.get(remote_id, 0):
            self.struck += 1
        found = Library.look(self, remote_id)
        if remote_id in self.assets:
            self.shows(remote_id)
        return found


@dataclass(slots=True)
class ArchiveReader(LibraryReader):
    """Its reader."""

    library: Archive

    async def changed(self, window: Window, *, lane: Lane) -> AsyncIterator[ListingPage]:
        self.library.asked()
        async for it in LibraryReader.changed(self, window, lane=lane):
            yield it

    async def containers(self, *, lane: Lane) -> AsyncIterator[Container]:
        self.library.asked()
        async for it in LibraryReader.containers(self, lane=lane):
            yield it

    async def members(self, container: RemoteId, *, lane: Lane) -> AsyncIterator[ListingPage]:
        self.library.asked()
        async for it in LibraryReader.members(self, container, lane=lane):
            yield it

    @asynccontextmanager
    async def original(self, remote_id: RemoteId, *, lane: Lane) -> AsyncIterator[ByteStream]:
        self.library.asked()
        async with LibraryReader.original(self, remote_id, lane=lane) as found:
            yield found


@dataclass(slots=True)
class ArchiveArchive(LibraryArchive):
    """Its archive, of which nothing but reading is asked."""

    library: Archive

    async def read(self, ids: Any, *, lane: Lane) -> Mapping[RemoteId, NativeRecord | Missing]:
        self.library.asked()
        return await LibraryArchive.read(self, ids, lane=lane)


class Keeper(HouseKeeper):
    """Tells the witness what was shown of each room."""

    __slots__ = ("witness",)

    def __init__(self, house: House, witness: Witness) -> None:
        HouseKeeper.__init__(self, house)
        self.witness = witness

    async def audience(self, container: RemoteId, *, lane: Lane) -> Audience:
        found = await HouseKeeper.audience(self, container, lane=lane)
        self.witness.audiences[container] = (found.effective, found.own)
        return found


class FolderSpool(MemorySpool):
    """Originals in memory, under paths beside which the outfitter may write."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def _spooled(self, name: str) -> Spooled:
        found = MemorySpool._spooled(self, name)
        return Spooled(self._folder / name, found.digest)


@dataclass(slots=True)
class Stamping:
    """An outfitter and inspector that look into nothing: what goes out says which master it is of, for whom, with what tags."""

    spool: FolderSpool

    async def make(self, source: Path, target: Path, tags: Any, *, file_name: str, order: Any = None) -> Outgoing:
        original = (await self.spool.find(source.name)) or None
        assert original is not None
        data = b"".join([it async for it in self.spool.read(original)])
        made = data + f"|{order.name}|{sorted(tags.items())}".encode()
        target.write_bytes(made)
        md5 = hashlib.md5(made, usedforsecurity=False).hexdigest()
        digest = Digest(size=len(made), sha256=hashlib.sha256(made).hexdigest(), md5=md5)
        return Outgoing(path=target, digest=digest, essence=digest.sha256, file_name=file_name)

    async def recipe(self, order: Any) -> str:
        return str(order)

    async def inspect(self, path: Path, *, file_name: str) -> EmbeddedMetadata:
        return EmbeddedMetadata(mime_type="image/jpeg", media_type=MediaType.IMAGE, tags={})

    async def close(self) -> None: ...
