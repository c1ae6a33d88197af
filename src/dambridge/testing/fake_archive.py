"""An archive in memory: the `AssetArchive` port without a network, for tests of whatever stands above a connector.

It is awkward where the real system is: search and listings may lag, identical bytes may come back as an older asset,
checksums may be off, a reply may be lost after the deed. Time stands still until `advance` is called.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from dambridge.model.identity import AccountId, AssetKey, RemoteId
from dambridge.model.records import Absence, Checksum, Container, MediaType, Missing, NativeRecord
from dambridge.ports.capabilities import ArchiveCapabilities, Proof
from dambridge.ports.errors import NextMove, Refused, Unclear
from dambridge.ports.pace import Lane
from dambridge.ports.systems import AccountInfo, AttributeDefinition, Body, ByteStream

DEFINITIONS = (
    AttributeDefinition(name="Title", kind="text", terms=None),
    AttributeDefinition(name="Headline", kind="text", terms=None),
    AttributeDefinition(name="Caption", kind="textarea", terms=None),
    AttributeDefinition(name="Keywords", kind="tag", terms=None),
    AttributeDefinition(name="Creator", kind="text", terms=None),
    AttributeDefinition(name="Credit", kind="text", terms=None),
    AttributeDefinition(name="Copyright Notice", kind="text", terms=None),
    AttributeDefinition(name="Usage Terms", kind="textarea", terms=None),
    AttributeDefinition(name="Date Created", kind="date", terms=None),
    AttributeDefinition(name="Dambridge Id", kind="text", terms=None),
    AttributeDefinition(name="Source Id", kind="text", terms=None),
    AttributeDefinition(
        name="Lifecycle Status",
        kind="pulldown",
        terms=("draft", "in_review", "approved", "rejected", "archived", "expired"),
    ),
)
"""The attributes of the fake's site. `Keywords` takes any term."""

START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
_MEDIA = {"jpg": MediaType.IMAGE, "png": MediaType.IMAGE, "tif": MediaType.IMAGE, "dng": MediaType.RAW}
_MEDIA |= {"mp4": MediaType.VIDEO, "mov": MediaType.VIDEO, "mp3": MediaType.AUDIO, "wav": MediaType.AUDIO}


@dataclass(slots=True, kw_only=True)
class FakeAsset:
    """What the fake keeps of an asset; tests may look at it and, as a person would, change it through `FakeArchive`."""

    id: RemoteId
    name: str
    file_name: str
    versions: list[bytes]
    attributes: dict[str, tuple[str, ...]]
    folders: dict[RemoteId, datetime]
    created_at: datetime
    modified_at: datetime
    hidden: bool = False
    left: dict[RemoteId, datetime] = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        return self.versions[-1]


@dataclass(frozen=True, slots=True)
class FakeCall:
    """One call that reached the archive; `changed` says whether it altered anything."""

    method: str
    subject: str
    changed: bool


@dataclass(slots=True)
class _Fault:
    method: str
    error: NextMove
    after_the_deed: bool


@dataclass(slots=True, kw_only=True)
class FakeArchive:
    """Passes `ArchiveContract`. Lags are measured by the fake's own clock, which only `advance` moves."""

    account: AccountId = field(default_factory=lambda: AccountId("archive"))
    definitions: Sequence[AttributeDefinition] = DEFINITIONS
    checksums: bool = True
    same_bytes_join: bool = False
    listing_lag: timedelta = timedelta()
    query_lag: timedelta = timedelta()
    embedded: Callable[[bytes], Mapping[str, tuple[str, ...]]] | None = None
    """What the site reads out of a file at import, as its metadata map would."""
    now: datetime = START
    assets: dict[RemoteId, FakeAsset] = field(default_factory=dict)
    folders: dict[str, RemoteId] = field(default_factory=dict)
    calls: list[FakeCall] = field(default_factory=list)
    before_call: Callable[[str], None] | None = None
    """Runs before each call with its name; a test that wants a crash raises from it."""
    closed: bool = False
    _faults: list[_Fault] = field(default_factory=list)
    _last: int = 4100

    @property
    def capabilities(self) -> ArchiveCapabilities:
        return ArchiveCapabilities(
            write_attributes=Proof.DECLARED,
            fields={},
            take_out=Proof.DECLARED,
            discard=Proof.DECLARED,
            discard_recoverable=Proof.ABSENT,
            discard_folder=Proof.DECLARED,
            rename=Proof.DECLARED,
            folders=Proof.DECLARED,
            versions=Proof.DECLARED,
            checksum=Proof.DECLARED if self.checksums else Proof.ABSENT,
            conditional_write=Proof.ABSENT,
            deliver=dict.fromkeys(MediaType, Proof.DECLARED),
        )

    # for tests ---------------------------------------------------------------------------------------------------

    def advance(self, by: timedelta) -> None:
        """Let time pass."""
        self.now += by

    def fail_next(self, method: str, error: NextMove) -> None:
        """The next call of `method` raises `error`, and nothing happens."""
        self._faults.append(_Fault(method, error, after_the_deed=False))

    def lose_next_reply(self, method: str) -> None:
        """The next call of `method` is carried out, and its reply is lost."""
        self._faults.append(_Fault(method, Unclear(f"the reply to {method} was lost"), after_the_deed=True))

    def put(
        self, path: str, content: bytes, *, file_name: str, attributes: Mapping[str, tuple[str, ...]] | None = None
    ) -> FakeAsset:
        """A person puts an asset there."""
        return self._new(self._folder(path), content, file_name, dict(attributes or {}))

    def edit(self, remote_id: RemoteId, **attributes: tuple[str, ...]) -> None:
        """A person edits attributes (`_` in a keyword stands for a space)."""
        asset = self.assets[remote_id]
        self._set(asset, {name.replace("_", " "): value for name, value in attributes.items()})
        self._touch(asset)

    def delete(self, remote_id: RemoteId) -> None:
        """A person deletes: there is no trash."""
        del self.assets[remote_id]

    def standing_in(self, path: str) -> list[FakeAsset]:
        """What stands in a folder, whatever lags."""
        folder = self.folders.get(path)
        return [it for it in self.assets.values() if folder in it.folders]

    @property
    def changes(self) -> list[FakeCall]:
        return [it for it in self.calls if it.changed]

    # the port ----------------------------------------------------------------------------------------------------

    async def whoami(self) -> AccountInfo:
        with self._call("whoami", ""):
            return AccountInfo(person="I. Ntegration", organisation="fake archive", level="7")

    async def attributes(self) -> Sequence[AttributeDefinition]:
        with self._call("attributes", ""):
            return tuple(self.definitions)

    async def ensure_folder(self, path: str, *, lane: Lane) -> RemoteId:
        with self._call("ensure_folder", path, changes=path not in self.folders):
            return self._folder(path)

    async def folder_at(self, path: str, *, lane: Lane) -> RemoteId | None:
        with self._call("folder_at", path):
            return self.folders.get(path.strip("/"))

    async def contents(self, folder: RemoteId, *, lane: Lane) -> Sequence[NativeRecord]:
        with self._call("contents", folder):
            shown = [it for it in self.assets.values() if self._listed_in(it, folder) and not it.hidden]
            return [self._record(it, lingering=folder) for it in shown]

    async def read(self, ids: Sequence[RemoteId], *, lane: Lane) -> Mapping[RemoteId, NativeRecord | Missing]:
        with self._call("read", ",".join(ids)):
            return {it: self._read_one(it) for it in ids}

    async def find(self, attribute: str, value: str, *, lane: Lane) -> Sequence[RemoteId]:
        with self._call("find", f"{attribute}={value}"):
            seen = self.now - self.query_lag
            known = [it for it in self.assets.values() if it.modified_at <= seen and not it.hidden]
            return [it.id for it in known if value in it.attributes.get(attribute, ())]

    async def named(self, file_name: str, *, lane: Lane) -> Sequence[RemoteId]:
        with self._call("named", file_name):
            seen = self.now - self.query_lag
            return [it.id for it in self.assets.values() if it.file_name == file_name and it.modified_at <= seen]

    async def deliver(self, folder: RemoteId, body: Body, *, file_name: str, lane: Lane) -> RemoteId:
        content = await _drain(body)
        with self._call("deliver", file_name, changes=True):
            if folder not in self.folders.values():
                raise Refused(f"there is no folder {folder}", code="3004")
            twin = next((it for it in self.assets.values() if it.content == content), None)
            if self.same_bytes_join and twin is not None:
                twin.folders.setdefault(folder, self.now)
                self._touch(twin)
                return twin.id
            found = dict(self.embedded(content)) if self.embedded else {}
            return self._new(folder, content, file_name, found).id

    async def add_version(self, remote_id: RemoteId, body: Body, *, file_name: str, lane: Lane) -> None:
        content = await _drain(body)
        with self._call("add_version", remote_id, changes=True):
            asset = self._writable(remote_id)
            asset.versions.append(content)
            asset.file_name = file_name
            if self.embedded:
                self._set(asset, self.embedded(content))
            self._touch(asset)

    async def write(
        self,
        remote_id: RemoteId,
        *,
        attributes: Mapping[str, tuple[str, ...]],
        name: str | None,
        file_name: str | None,
        lane: Lane,
    ) -> None:
        with self._call("write", remote_id, changes=True):
            asset = self._writable(remote_id)
            for attribute, values in attributes.items():
                self._check(attribute, values)
            self._set(asset, attributes)
            asset.name = asset.name if name is None else name
            asset.file_name = asset.file_name if file_name is None else file_name
            self._touch(asset)

    async def place(self, remote_id: RemoteId, *, into: RemoteId, out_of: RemoteId | None, lane: Lane) -> None:
        with self._call("place", remote_id, changes=True):
            asset = self._writable(remote_id)
            if into not in self.folders.values():
                raise Refused(f"there is no folder {into}", code="3004")
            asset.folders.setdefault(into, self.now)
            if out_of is not None and out_of != into:
                asset.left |= {out_of: self.now} if asset.folders.pop(out_of, None) else {}
            self._touch(asset)

    async def take_out(self, remote_id: RemoteId, *, out_of: RemoteId, lane: Lane) -> None:
        with self._call("take_out", remote_id, changes=True):
            asset = self._writable(remote_id)
            if list(asset.folders) == [out_of]:
                raise Refused(f"asset {remote_id} would stand nowhere", code="1000")
            asset.left |= {out_of: self.now} if asset.folders.pop(out_of, None) else {}
            self._touch(asset)

    async def discard(self, remote_id: RemoteId, *, lane: Lane) -> None:
        with self._call("discard", remote_id, changes=remote_id in self.assets):
            self.assets.pop(remote_id, None)

    async def discard_folder(self, folder: RemoteId, *, lane: Lane) -> None:
        with self._call("discard_folder", folder, changes=folder in self.folders.values()):
            self.folders = {path: it for path, it in self.folders.items() if it != folder}
            for asset in self.assets.values():
                asset.folders.pop(folder, None)

    @asynccontextmanager
    async def original(self, remote_id: RemoteId, *, lane: Lane) -> AsyncIterator[ByteStream]:
        with self._call("original", remote_id):
            content = self._writable(remote_id).content
        yield ByteStream(len(content), _chunks(content))

    def page_of(self, remote_id: RemoteId) -> str:
        return f"https://archive.example.org/app/#asset/{remote_id}"

    async def close(self) -> None:
        self.closed = True

    # inside ------------------------------------------------------------------------------------------------------

    def _call(self, method: str, subject: str, *, changes: bool = False) -> _Calling:
        if self.before_call is not None:
            self.before_call(method)
        fault = next((it for it in self._faults if it.method == method), None)
        if fault is not None:
            self._faults.remove(fault)
            if not fault.after_the_deed:
                raise fault.error
        return _Calling(self.calls, FakeCall(method, subject, changes), fault.error if fault else None)

    def _folder(self, path: str) -> RemoteId:
        clean = path.strip("/")
        for end, _ in enumerate(clean.split("/"), start=1):
            part = "/".join(clean.split("/")[:end])
            self.folders.setdefault(part, RemoteId(str(300 + len(self.folders))))
        return self.folders[clean]

    def _new(
        self, folder: RemoteId, content: bytes, file_name: str, attributes: dict[str, tuple[str, ...]]
    ) -> FakeAsset:
        self._last += 1
        asset = FakeAsset(
            id=RemoteId(str(self._last)),
            name=file_name.rpartition(".")[0] or file_name,
            file_name=file_name,
            versions=[content],
            attributes=attributes,
            folders={folder: self.now},
            created_at=self.now,
            modified_at=self.now,
        )
        self.assets[asset.id] = asset
        self._touch(asset)
        return asset

    def _listed_in(self, asset: FakeAsset, folder: RemoteId) -> bool:
        """A lagging listing hides who has just come and still shows who has just left."""
        seen = self.now - self.listing_lag
        if folder in asset.folders:
            return asset.folders[folder] <= seen
        return folder in asset.left and asset.left[folder] > seen

    def _touch(self, asset: FakeAsset) -> None:
        """Each change is a millisecond of its own, so that no two states share a modified time."""
        self.now += timedelta(milliseconds=1)
        asset.modified_at = self.now

    def _set(self, asset: FakeAsset, attributes: Mapping[str, tuple[str, ...]]) -> None:
        for name, values in attributes.items():
            if values:
                asset.attributes[name] = tuple(values)
            else:
                asset.attributes.pop(name, None)

    def _check(self, attribute: str, values: tuple[str, ...]) -> None:
        definition = next((it for it in self.definitions if it.name == attribute), None)
        if definition is None:
            raise Refused(f"there is no attribute {attribute!r}", code="-32602")
        unknown = [it for it in values if definition.terms is not None and it not in definition.terms]
        if unknown:
            raise Refused(f"{unknown[0]!r} is no term of {attribute!r}", code="-32602")

    def _writable(self, remote_id: RemoteId) -> FakeAsset:
        asset = self.assets.get(remote_id)
        if asset is None or asset.hidden:
            raise Refused(f"asset {remote_id} may not be had", code="3004")
        return asset

    def _read_one(self, remote_id: RemoteId) -> NativeRecord | Missing:
        asset = self.assets.get(remote_id)
        if asset is None:
            return Missing(Absence.DELETED, "the archive does not know the id")
        return Missing(Absence.HIDDEN, "3004") if asset.hidden else self._record(asset)

    def _record(self, asset: FakeAsset, *, lingering: RemoteId | None = None) -> NativeRecord:
        """As the site shows it; a listing that lags shows the folder it lists, whether the asset is still in it or not."""
        md5 = hashlib.md5(asset.content, usedforsecurity=False).hexdigest()
        paths = {remote: path for path, remote in self.folders.items()}
        standing = dict.fromkeys([*asset.folders, *([lingering] if lingering else [])])
        return NativeRecord(
            key=AssetKey(self.account, asset.id),
            media_type=_MEDIA.get(asset.file_name.rpartition(".")[2].lower(), MediaType.DOCUMENT),
            file_name=asset.file_name,
            name=asset.name,
            size=len(asset.content),
            modified=str(round(asset.modified_at.timestamp() * 1000)),
            modified_at=asset.modified_at,
            content_stamp=md5 if self.checksums else f"{len(asset.content)}:{asset.file_name}",
            checksum=Checksum("md5", md5) if self.checksums else None,
            fields=dict(asset.attributes),
            containers=tuple(Container(it, paths[it]) for it in standing),
            groups=frozenset({"base", "file", "attributes", "containers"}),
            created_at=asset.created_at,
        )


class _Calling:
    """Notes a call when it ends, and loses its reply where a fault says so."""

    def __init__(self, calls: list[FakeCall], call: FakeCall, lost: NextMove | None) -> None:
        self._calls, self._call, self._lost = calls, call, lost

    def __enter__(self) -> None: ...

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        done = kind is None
        self._calls.append(self._call if done else FakeCall(self._call.method, self._call.subject, changed=False))
        if done and self._lost is not None:
            raise self._lost


def _chunked(content: bytes) -> Iterator[bytes]:
    return (content[at : at + 65536] for at in range(0, len(content), 65536))


async def _chunks(content: bytes) -> AsyncIterator[bytes]:
    for chunk in _chunked(content):
        yield chunk


async def _drain(body: Body) -> bytes:
    return b"".join([chunk async for chunk in body.open()])
