"""A source in memory: the `AssetReader` port without a network, for tests of whatever stands above a connector.

`FakeSource` is the library, and its methods are what people do there; `FakeSource.reader()` is the port. It is awkward
where real systems are: an edit need not move the modified time, listings may lag, pages may be cut short, replies fail.
Time stands still until `advance` is called.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from zlib import crc32

from dambridge.model.identity import AccountId, AssetKey, RemoteId
from dambridge.model.records import Absence, Container, MediaType, Missing, NativeRecord, NativeValue
from dambridge.ports.capabilities import Proof, ReaderCapabilities
from dambridge.ports.errors import MovedOn, NextMove, Refused
from dambridge.ports.pace import Lane
from dambridge.ports.systems import AccountInfo, ByteStream, ListingPage, Sighting, Window

START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
EVERYTHING_WORKS = ReaderCapabilities(
    modified_window=Proof.PROVEN,
    metadata_moves_modified=Proof.PROVEN,
    membership_moves_modified=Proof.PROVEN,
    newest_members_first=Proof.PROVEN,
    custom_fields=Proof.PROVEN,
    content_hash=Proof.ABSENT,
    byte_ranges=Proof.ABSENT,
    originals=dict.fromkeys(MediaType, Proof.PROVEN),
)
_MEDIA = {"dng": MediaType.RAW, "mp4": MediaType.VIDEO, "wav": MediaType.AUDIO, "pdf": MediaType.DOCUMENT}
_GROUPS = frozenset({"base", "iptc", "custom", "containers"})


@dataclass(frozen=True, slots=True, kw_only=True)
class FakeItem:
    """What the fake keeps of an asset. `places` has the instant at which it was put into each container."""

    id: RemoteId
    file_name: str
    content: bytes
    fields: Mapping[str, NativeValue]
    custom: Mapping[str, str]
    places: Mapping[str, datetime]
    created_at: datetime
    modified_at: datetime
    media_type: MediaType
    hidden: bool = False


@dataclass(slots=True)
class FakeSource:
    """A library with people in it. The methods are coroutines so that a person at a real system can stand in."""

    capabilities: ReaderCapabilities = EVERYTHING_WORKS
    account: AccountId = AccountId("agency")  # noqa: RUF009 - a name, not a mutable
    page_size: int = 20
    now: datetime = START
    items: dict[RemoteId, FakeItem] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    _faults: list[tuple[str, NextMove]] = field(default_factory=list)
    _made: int = 0

    def reader(self) -> FakeReader:
        return FakeReader(self)

    def advance(self, by: timedelta) -> None:
        self.now += by

    def fail(self, method: str, error: NextMove) -> None:
        """The next call of `method` raises `error`; faults for one method come in the order in which they were set."""
        self._faults.append((method, error))

    async def add(
        self,
        file_name: str,
        content: bytes,
        *,
        containers: Sequence[str] = (),
        fields: Mapping[str, NativeValue] | None = None,
        custom: Mapping[str, str] | None = None,
    ) -> RemoteId:
        """Put a file there, containers made on the way; answer its id."""
        self._made += 1
        remote_id = RemoteId(f"I{self._made:06}")
        kind = _MEDIA.get(file_name.rpartition(".")[2].lower(), MediaType.IMAGE)
        self.items[remote_id] = FakeItem(
            id=remote_id,
            file_name=file_name,
            content=content,
            fields=dict(fields or {}),
            custom=dict(custom or {}),
            places=dict.fromkeys(containers, self.now),
            created_at=self.now,
            modified_at=self.now,
            media_type=kind,
        )
        return remote_id

    async def describe(self, remote_id: RemoteId, fields: Mapping[str, NativeValue | None]) -> None:
        """Edit fields; None clears one. Moves the modified time where the capabilities say so."""
        item = self.items[remote_id]
        merged = {k: v for k, v in {**item.fields, **fields}.items() if v is not None}
        self._change(replace(item, fields=merged), moves=self.capabilities.metadata_moves_modified)

    async def tag(self, remote_id: RemoteId, custom: Mapping[str, str]) -> None:
        """Set custom fields."""
        item = self.items[remote_id]
        changed = replace(item, custom={**item.custom, **custom})
        self._change(changed, moves=self.capabilities.metadata_moves_modified)

    async def replace_file(self, remote_id: RemoteId, content: bytes) -> None:
        """Put new bytes behind the same id."""
        self._change(replace(self.items[remote_id], content=content), moves=Proof.PROVEN)

    async def move(self, remote_id: RemoteId, containers: Sequence[str]) -> None:
        """Stand in these containers and no others."""
        item = self.items[remote_id]
        places = {it: item.places.get(it, self.now) for it in containers}
        self._change(replace(item, places=places), moves=self.capabilities.membership_moves_modified)

    async def delete(self, remote_id: RemoteId) -> None:
        del self.items[remote_id]

    async def hide(self, remote_id: RemoteId) -> None:
        """Take the account's right to see it."""
        self.items[remote_id] = replace(self.items[remote_id], hidden=True)

    def _change(self, item: FakeItem, *, moves: Proof) -> None:
        self.items[item.id] = replace(item, modified_at=self.now) if moves.usable else item

    def heard(self, method: str) -> None:
        """Count the call and raise the fault that waits for it."""
        self.calls[method] += 1
        for place, (name, error) in enumerate(self._faults):
            if name == method:
                del self._faults[place]
                raise error


@dataclass(slots=True)
class FakeReader:
    """The port over a `FakeSource`."""

    source: FakeSource

    @property
    def account(self) -> AccountId:
        return self.source.account

    @property
    def capabilities(self) -> ReaderCapabilities:
        return self.source.capabilities

    async def whoami(self) -> AccountInfo:
        self.source.heard("whoami")
        return AccountInfo(person="librarian@agency.example", organisation="Agency")

    async def changed(self, window: Window, *, lane: Lane) -> AsyncIterator[ListingPage]:
        found = [it for it in self._visible() if window.start <= it.modified_at <= window.end]
        async for page in self._pages("changed", found):
            yield page

    async def everything(self, *, lane: Lane) -> AsyncIterator[ListingPage]:
        async for page in self._pages("everything", self._visible()):
            yield page

    async def containers(self, *, lane: Lane) -> AsyncIterator[Container]:
        self.source.heard("containers")
        for path in sorted({place for it in self.source.items.values() for place in it.places}):
            yield _container(path)

    async def members(self, container: RemoteId, *, lane: Lane) -> AsyncIterator[ListingPage]:
        path = container.removeprefix("G:")
        found = [it for it in self._visible() if path in it.places]
        found.sort(key=lambda it: (it.places[path], it.id), reverse=True)
        async for page in self._pages("members", found):
            yield page

    async def read(self, remote_id: RemoteId, *, groups: frozenset[str], lane: Lane) -> NativeRecord | Missing:
        self.source.heard("read")
        item = self.source.items.get(remote_id)
        if item is None:
            return Missing(Absence.DELETED, f"the fake has no {remote_id}")
        if item.hidden:
            return Missing(Absence.HIDDEN, f"the fake does not show {remote_id}")
        return _record(self.account, item, groups & _GROUPS | {"base"})

    @asynccontextmanager
    async def original(self, remote_id: RemoteId, *, lane: Lane) -> AsyncIterator[ByteStream]:
        self.source.heard("original")
        item = self.source.items.get(remote_id)
        if item is None:
            raise MovedOn(f"The fake has no {remote_id}: plan again.")
        if item.hidden or not self.capabilities.originals[item.media_type].usable:
            raise Refused(f"The fake does not give out {remote_id}.")
        yield ByteStream(len(item.content), self._chunks(item.content))

    async def close(self) -> None:
        return None

    def _visible(self) -> list[FakeItem]:
        return [it for it in self.source.items.values() if not it.hidden]

    async def _pages(self, method: str, found: Sequence[FakeItem]) -> AsyncIterator[ListingPage]:
        """At least one page, so that an empty listing says so too."""
        size = self.source.page_size
        for start in range(0, max(len(found), 1), size):
            self.source.heard(method)
            part = found[start : start + size]
            yield ListingPage(tuple(Sighting(it.id, it.media_type, it.file_name) for it in part), len(found))

    async def _chunks(self, content: bytes) -> AsyncIterator[bytes]:
        for start in range(0, len(content), 1 << 16):
            self.source.heard("chunk")
            yield content[start : start + (1 << 16)]


def _container(path: str) -> Container:
    return Container(RemoteId(f"G:{path}"), path)


def _record(account: AccountId, item: FakeItem, groups: frozenset[str]) -> NativeRecord:
    fields: dict[str, NativeValue] = dict(item.fields) if "iptc" in groups else {}
    if "custom" in groups:
        fields |= {f"custom.{name}": value for name, value in item.custom.items()}
    return NativeRecord(
        key=AssetKey(account, item.id),
        media_type=item.media_type,
        file_name=item.file_name,
        name=item.file_name,
        size=len(item.content),
        modified=item.modified_at.isoformat(),
        modified_at=item.modified_at,
        content_stamp=f"{len(item.content)}:{crc32(item.content):08x}",
        checksum=None,
        fields=fields,
        containers=tuple(_container(it) for it in sorted(item.places)) if "containers" in groups else (),
        groups=groups,
        created_at=item.created_at,
    )
