"""Four accounts in memory, as people and the engine see them: small, quick and awkward, for proofs over many steps.

Every change makes a new state that stays on record with who made it, so a test can ask of any write what stood there, whether
it was to be seen when the engine looked last, and who had put it there. Time is the world's own; nothing waits.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from random import Random

from dambridge.mapping import AccountMap, account_map, to_canonical
from dambridge.model.accords import CONTENT, FILE_NAME
from dambridge.model.identity import AccountId, AssetKey, RemoteId, System
from dambridge.model.records import (
    Absence,
    AssetVersion,
    Checksum,
    Container,
    MediaType,
    Missing,
    NativeRecord,
    NativeValue,
)
from dambridge.model.values import FieldName
from dambridge.ports.capabilities import ArchiveCapabilities, Proof, ReaderCapabilities
from dambridge.ports.errors import MovedOn, Refused, TryLater, Unclear
from dambridge.ports.pace import Lane
from dambridge.ports.systems import AccountInfo, AttributeDefinition, Body, ByteStream, ListingPage, Sighting, Window

START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
SELECTED, ELSEWHERE = "Mirror/Selected", "Elsewhere"
HOLDING = "dambridge/holding"
LAGS = (timedelta(minutes=9), timedelta(hours=3), timedelta(days=2))
"""How long an index may show what stood there before; most policies believe in the first alone."""
PLACE = FieldName("(place)")
"""Where an asset stands, as one more thing that changes."""

TITLE, HEADLINE, CREDIT, CITY = FieldName("title"), FieldName("headline"), FieldName("credit"), FieldName("city")
KEYWORDS, EXPIRES, LICENCE_END = FieldName("keywords"), FieldName("expires_at"), FieldName("licence_end")
FIELDS = (TITLE, HEADLINE, CREDIT, CITY, KEYWORDS, EXPIRES, LICENCE_END)
_LISTS = frozenset({KEYWORDS})
Texts = tuple[str, ...]


class Presence(StrEnum):
    """Whether an asset is there for our user."""

    HERE = "here"
    TRASHED = "trashed"
    DELETED = "deleted"
    HIDDEN = "hidden"


ABSENT = {
    Presence.TRASHED: Absence.TRASHED,
    Presence.DELETED: Absence.DELETED,
    Presence.HIDDEN: Absence.HIDDEN,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What an asset was from one change to the next. `touched` names what the change set, `people` whether people did."""

    serial: int
    at: datetime
    people: bool
    touched: frozenset[FieldName]
    file_name: str
    content: bytes
    fields: Mapping[FieldName, Texts]
    places: tuple[str, ...]
    presence: Presence = Presence.HERE

    def value(self, name: FieldName) -> Texts:
        """What stands in a field, in a form that compares; nothing is the empty tuple."""
        if name == FILE_NAME:
            return (self.file_name,)
        if name == CONTENT:
            return (self.content.decode(),)
        found = self.fields.get(name, ())
        return tuple(sorted(found)) if name in _LISTS else found


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """One write of the engine that took effect: on what, over which state, and which state its latest read had shown."""

    key: AssetKey
    over: State
    seen: State | None
    made: State
    names: frozenset[FieldName]


@dataclass(slots=True)
class Times:
    """The world's clock, which is the engine's too. A `coarse` one knows seconds alone and gives the same one many times."""

    now_at: datetime = START
    serial: int = 0
    coarse: bool = False

    async def now(self) -> datetime:
        self.now_at += timedelta(microseconds=1)
        return self._told()

    def _told(self) -> datetime:
        return self.now_at.replace(microsecond=0) if self.coarse else self.now_at

    def advance(self, by: timedelta) -> None:
        self.now_at += by

    def tick(self) -> tuple[int, datetime]:
        self.serial += 1
        self.now_at += timedelta(milliseconds=1)
        return self.serial, self._told()

    def stamp(self, it: State) -> str:
        """What a system calls the time of a change: with a coarse clock two changes may have the same."""
        return str(int(it.at.timestamp())) if self.coarse else str(it.serial)


def world_map(system: System) -> AccountMap:
    """The default map, with the dates of rights where the system has none of its own, and no field but the world's."""
    home = "custom." if system is System.PHOTOSHELTER else ""
    whole = account_map(system, {str(EXPIRES): f"{home}Expires", str(LICENCE_END): f"{home}Licence End"})
    return AccountMap(system, tuple(it for it in whole.rules if it.field in FIELDS))


@dataclass(slots=True, kw_only=True)
class Library:
    """One account. People act through its methods, the engine through `reader` and `archive`."""

    account: AccountId
    system: System
    times: Times
    map: AccountMap
    limits: Mapping[FieldName, int] = field(default_factory=dict)
    """Bytes after which this system cuts what it is given."""
    assets: dict[RemoteId, list[State]] = field(default_factory=dict)
    written: list[Written] = field(default_factory=list)
    reads: int = 0
    stale: dict[RemoteId, int] = field(default_factory=dict)
    """How many reads more show what stood before the last change."""
    lag: timedelta = LAGS[0]
    """How old that change may be."""
    unread: dict[RemoteId, int] = field(default_factory=dict)
    """How many reads more get no answer."""
    unpolled: set[RemoteId] = field(default_factory=set)
    """Changes that the poll does not show: the index lags, or the listing has a hole."""
    lose: deque[bool | None] = field(default_factory=deque)
    """What becomes of the next writes: False, the request is lost; True, the deed is done and the reply is lost."""
    before_read: deque[Callable[[], None]] = field(default_factory=deque)
    before_write: deque[Callable[[], None]] = field(default_factory=deque)
    sending: Callable[[AssetKey, frozenset[FieldName]], None] | None = None
    """Is told of each write of the engine as it is sent, whatever becomes of it."""
    after_write: deque[Callable[[Written], None]] = field(default_factory=deque)
    """Who is there between a write of the engine and its next look."""
    unlisted: set[RemoteId] = field(default_factory=set)
    """Assets that no listing shows, although they are there."""
    alter: Callable[[str], str] | None = None
    """What the system makes of the texts that we write."""
    keeps: bool = True
    """Whether it is proven that fields keep what is written to them, or only said."""
    shows_later: bool = False
    """Whether fields written are taken at once and seen only after `show`."""
    taken: list[tuple[RemoteId, Mapping[FieldName, Texts]]] = field(default_factory=list)
    calls: int = 0
    """Calls that read assets by id, however many in each."""
    looks: list[tuple[RemoteId, State]] = field(default_factory=list)
    """What was shown to whoever looked, in the order of looks."""
    order: Random | None = None
    """Chooses the order of each listing."""
    _shown: dict[RemoteId, State] = field(default_factory=dict)
    _natives: dict[str, FieldName] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._natives = {it.native: it.field for it in self.map.rules}

    # people ------------------------------------------------------------------------------------------------------
    def add(self, remote_id: str, *, file_name: str, content: str, fields: Mapping[FieldName, Texts]) -> AssetKey:
        serial, at = self.times.tick()
        known = RemoteId(remote_id)
        self.assets[known] = [
            State(
                serial=serial,
                at=at,
                people=True,
                touched=frozenset(),
                file_name=file_name,
                content=content.encode(),
                fields={name: self._cut(name, it) for name, it in fields.items() if it},
                places=(SELECTED,),
            )
        ]
        return AssetKey(self.account, known)

    def edit(self, remote_id: RemoteId, **changes: Texts) -> None:
        """People set fields; an empty tuple clears one."""
        self._describe(remote_id, {FieldName(name): it for name, it in changes.items()}, people=True)

    def rename(self, remote_id: RemoteId, file_name: str) -> None:
        self._change(remote_id, {FILE_NAME}, people=True, file_name=file_name)

    def replace_file(self, remote_id: RemoteId, content: str) -> None:
        self._change(remote_id, {CONTENT}, people=True, content=content.encode())

    def move(self, remote_id: RemoteId, *places: str) -> None:
        self._change(remote_id, {PLACE}, people=True, places=places)

    def become(self, remote_id: RemoteId, presence: Presence) -> None:
        """Deleted, put into the trash, hidden from our user, or restored."""
        self._change(remote_id, {PLACE}, people=True, presence=presence)

    def shown(self, remote_id: RemoteId) -> State:
        """What the latest look at the asset showed."""
        return self._shown[remote_id]

    def state(self, remote_id: RemoteId) -> State:
        return self.assets[remote_id][-1]

    def here(self, remote_id: RemoteId) -> bool:
        return self.state(remote_id).presence is Presence.HERE

    # changes -----------------------------------------------------------------------------------------------------
    def _change(self, remote_id: RemoteId, touched: Iterable[FieldName], *, people: bool, **new: object) -> State:
        serial, at = self.times.tick()
        old = self.assets[remote_id][-1]
        name = (
            {FILE_NAME} if new.get("file_name", old.file_name) != old.file_name else set()
        )  # a new file brings its name
        made = replace(old, serial=serial, at=at, people=people, touched=frozenset({*touched, *name}), **new)  # type: ignore[arg-type]
        self.assets[remote_id].append(made)
        return made

    def _describe(
        self, remote_id: RemoteId, changes: Mapping[FieldName, Texts], *, people: bool, file_name: str | None = None
    ) -> State:
        old = self.state(remote_id)
        fields = {**old.fields, **{name: self._cut(name, it) for name, it in changes.items()}}
        fields = {name: it for name, it in fields.items() if any(text.strip() for text in it)}
        touched = {*changes, *({FILE_NAME} if file_name is not None else ())}
        name = old.file_name if file_name is None else file_name
        return self._change(remote_id, touched, people=people, fields=fields, file_name=name)

    def _cut(self, name: FieldName, texts: Texts) -> Texts:
        limit = self.limits.get(name)
        return texts if limit is None else tuple(it.encode()[:limit].decode(errors="ignore").rstrip() for it in texts)

    def by_engine(self, remote_id: RemoteId, names: Iterable[FieldName], change: Callable[[], State]) -> None:
        """A write of the engine: people may come between, the request or the reply may be lost."""
        if self.before_write:
            self.before_write.popleft()()
        if self.sending is not None:
            self.sending(AssetKey(self.account, remote_id), frozenset(names))
        fate = self.lose.popleft() if self.lose else None
        if fate is False:
            raise Unclear(f"No answer came to a write to {self.account}:{remote_id}.")
        over = self.state(remote_id)
        if over.presence is not Presence.HERE:
            raise Refused(f"{self.account}:{remote_id} may not be had.", code="3004")
        made = change()
        key = AssetKey(self.account, remote_id)
        written = Written(key=key, over=over, seen=self._shown.get(remote_id), made=made, names=frozenset(names))
        self.written.append(written)
        if self.after_write:
            self.after_write.popleft()(written)
        if fate:
            raise Unclear(f"No answer came to a write to {self.account}:{remote_id}.")

    # what is shown -----------------------------------------------------------------------------------------------
    def look(self, remote_id: RemoteId) -> NativeRecord | Missing:
        self.reads += 1
        if self.before_read:
            self.before_read.popleft()()
        if self.unread.get(remote_id, 0):
            self.unread[remote_id] -= 1
            raise TryLater(f"{self.account}:{remote_id} could not be read.")
        states = self.assets.get(remote_id)
        if states is None:
            return Missing(Absence.DELETED, "there is no such id")
        shown = states[-1]
        lags = self.times.now_at - shown.at < self.lag
        if self.stale.get(remote_id, 0) and len(states) > 1 and lags:
            self.stale[remote_id] -= 1
            shown = states[-2]
        self._shown[remote_id] = shown
        if (absence := ABSENT.get(shown.presence)) is not None:
            return Missing(absence, f"{self.account} says so")
        self.looks.append((remote_id, shown))
        return self._record(remote_id, shown)

    def look_at_all(self, ids: Sequence[RemoteId]) -> dict[RemoteId, NativeRecord | Missing]:
        """One answer for all of them; where none comes, nothing was shown of any."""
        looks, shown = len(self.looks), dict(self._shown)
        try:
            return {it: self.look(it) for it in ids}
        except TryLater:
            del self.looks[looks:]
            self._shown = shown
            raise

    def _record(self, remote_id: RemoteId, it: State) -> NativeRecord:
        fields: dict[str, NativeValue] = {}
        for native, name in self._natives.items():
            if name in it.fields:
                texts = it.fields[name]
                plain = self.system is System.PHOTOSHELTER and name not in _LISTS
                fields[native] = "; ".join(texts) if plain else texts
        sums = self.system is System.NETX
        md5 = hashlib.md5(it.content, usedforsecurity=False).hexdigest()
        return NativeRecord(
            key=AssetKey(self.account, remote_id),
            media_type=MediaType.IMAGE,
            file_name=it.file_name,
            name=it.file_name,
            size=len(it.content),
            modified=self.times.stamp(it),
            modified_at=it.at,
            content_stamp=md5,
            checksum=Checksum("md5", md5) if sums else None,
            fields=fields,
            containers=tuple(Container(RemoteId(f"C:{path}"), path) for path in it.places),
            groups=_GROUPS,
        )

    def version_of(self, remote_id: RemoteId, it: State) -> AssetVersion:
        """What the engine takes this state of the asset for."""
        return to_canonical(self._record(remote_id, it), self.map).version

    def show(self) -> None:
        """What was taken is seen from now on, and whatever is written after it at once."""
        self.shows_later = False
        for remote_id, changes in self.taken:
            self._describe(remote_id, changes, people=False)

    def listed(self) -> list[RemoteId]:
        found = [it for it in self.assets if self.here(it) and it not in self.unlisted]
        if self.order is not None:
            self.order.shuffle(found)
        return found

    def reader(self) -> LibraryReader:
        return LibraryReader(self)

    def archive(self) -> LibraryArchive:
        return LibraryArchive(self)

    def names_of(self, attributes: Mapping[str, Texts]) -> dict[FieldName, Texts]:
        unknown = [it for it in attributes if it not in self._natives]
        if unknown:
            raise Refused(f"there is no attribute {unknown[0]!r}", code="-32602")
        return {self._natives[name]: texts for name, texts in attributes.items()}

    def describe_by_engine(
        self, remote_id: RemoteId, changes: Mapping[FieldName, Texts], file_name: str | None
    ) -> None:
        if self.alter is not None:
            changes = {name: tuple(map(self.alter, it)) for name, it in changes.items()}
        if self.shows_later:
            self.taken.append((remote_id, changes))
            changes = {}
        names = {*changes, *({FILE_NAME} if file_name is not None else ())}
        self.by_engine(remote_id, names, lambda: self._describe(remote_id, changes, people=False, file_name=file_name))

    def change_by_engine(self, remote_id: RemoteId, touched: FieldName, **new: object) -> None:
        self.by_engine(remote_id, {touched}, lambda: self._change(remote_id, {touched}, people=False, **new))


_GROUPS = frozenset({"base", "iptc", "custom", "containers", "attributes", "file"})
_READS = ReaderCapabilities(
    modified_window=Proof.PROVEN,
    metadata_moves_modified=Proof.PROVEN,
    membership_moves_modified=Proof.PROVEN,
    newest_members_first=Proof.PROVEN,
    custom_fields=Proof.PROVEN,
    content_hash=Proof.ABSENT,
    byte_ranges=Proof.ABSENT,
    originals=dict.fromkeys(MediaType, Proof.PROVEN),
)
_TAKES = ArchiveCapabilities(
    write_attributes=Proof.PROVEN,
    fields={},
    take_out=Proof.PROVEN,
    discard=Proof.PROVEN,
    discard_recoverable=Proof.PROVEN,
    rename=Proof.PROVEN,
    folders=Proof.PROVEN,
    versions=Proof.PROVEN,
    checksum=Proof.DECLARED,
    conditional_write=Proof.ABSENT,
    deliver=dict.fromkeys(MediaType, Proof.PROVEN),
)

_SAYS = replace(_TAKES, write_attributes=Proof.DECLARED)


@dataclass(slots=True)
class LibraryReader:
    """The `AssetReader` of a library."""

    library: Library

    @property
    def account(self) -> AccountId:
        return self.library.account

    @property
    def capabilities(self) -> ReaderCapabilities:
        return _READS

    async def whoami(self) -> AccountInfo:
        return AccountInfo(person="P. Roof", organisation="proof")

    async def changed(self, window: Window, *, lane: Lane) -> AsyncIterator[ListingPage]:
        it = self.library
        ids = [one for one in it.listed() if window.start <= it.state(one).at <= window.end and one not in it.unpolled]
        yield _page(ids)

    async def everything(self, *, lane: Lane) -> AsyncIterator[ListingPage]:
        yield _page(self.library.listed())

    async def containers(self, *, lane: Lane) -> AsyncIterator[Container]:
        for path in (SELECTED, ELSEWHERE):
            yield Container(RemoteId(f"C:{path}"), path)

    async def members(self, container: RemoteId, *, lane: Lane) -> AsyncIterator[ListingPage]:
        it = self.library
        yield _page([one for one in it.listed() if container.removeprefix("C:") in it.state(one).places])

    async def read(self, remote_id: RemoteId, *, groups: frozenset[str], lane: Lane) -> NativeRecord | Missing:
        self.library.calls += 1
        return self.library.look(remote_id)

    @asynccontextmanager
    async def original(self, remote_id: RemoteId, *, lane: Lane) -> AsyncIterator[ByteStream]:
        it = self.library.state(remote_id)
        if it.presence is not Presence.HERE:
            raise MovedOn(f"{self.account}:{remote_id} is not there any more.")
        yield ByteStream(len(it.content), _once(it.content))

    async def close(self) -> None: ...


@dataclass(slots=True)
class LibraryArchive:
    """The `AssetArchive` of a library."""

    library: Library

    @property
    def account(self) -> AccountId:
        return self.library.account

    @property
    def capabilities(self) -> ArchiveCapabilities:
        can = _TAKES if self.library.keeps else _SAYS
        return replace(can, deferred_writes=Proof.PROVEN) if self.library.shows_later else can

    async def whoami(self) -> AccountInfo:
        return AccountInfo(person="P. Roof", organisation="proof")

    async def attributes(self) -> Sequence[AttributeDefinition] | None:
        return None

    async def ensure_folder(self, path: str, *, lane: Lane) -> RemoteId:
        return RemoteId(f"C:{path}")

    async def folder_at(self, path: str, *, lane: Lane) -> RemoteId | None:
        return RemoteId(f"C:{path}")

    async def named(self, file_name: str, *, lane: Lane) -> Sequence[RemoteId]:
        return ()

    async def discard_folder(self, folder: RemoteId, *, lane: Lane) -> None:
        raise NotImplementedError

    async def contents(self, folder: RemoteId, *, lane: Lane) -> Sequence[NativeRecord]:
        raise NotImplementedError

    async def read(self, ids: Sequence[RemoteId], *, lane: Lane) -> Mapping[RemoteId, NativeRecord | Missing]:
        self.library.calls += 1
        return self.library.look_at_all(ids)

    async def find(self, attribute: str, value: str, *, lane: Lane) -> Sequence[RemoteId]:
        return ()

    async def deliver(self, folder: RemoteId, body: Body, *, file_name: str, lane: Lane) -> RemoteId:
        raise NotImplementedError

    async def add_version(self, remote_id: RemoteId, body: Body, *, file_name: str, lane: Lane) -> None:
        content = b"".join([it async for it in body.open()])
        self.library.change_by_engine(remote_id, CONTENT, content=content, file_name=file_name)

    async def write(
        self,
        remote_id: RemoteId,
        *,
        attributes: Mapping[str, Texts],
        name: str | None,
        file_name: str | None,
        lane: Lane,
    ) -> None:
        self.library.describe_by_engine(remote_id, self.library.names_of(attributes), file_name)

    async def place(self, remote_id: RemoteId, *, into: RemoteId, out_of: RemoteId | None, lane: Lane) -> None:
        places = self.library.state(remote_id).places
        kept = [it for it in places if out_of is None or f"C:{it}" != out_of]
        new = tuple(dict.fromkeys([*kept, into.removeprefix("C:")]))
        if new != places:
            self.library.change_by_engine(remote_id, PLACE, places=new)

    async def take_out(self, remote_id: RemoteId, *, out_of: RemoteId, lane: Lane) -> None:
        places = self.library.state(remote_id).places
        new = tuple(it for it in places if f"C:{it}" != out_of)
        if new != places:
            self.library.change_by_engine(remote_id, PLACE, places=new)

    async def discard(self, remote_id: RemoteId, *, lane: Lane) -> None:
        self.library.change_by_engine(remote_id, PLACE, presence=Presence.TRASHED)

    def original(self, remote_id: RemoteId, *, lane: Lane) -> AbstractAsyncContextManager[ByteStream]:
        return self.library.reader().original(remote_id, lane=lane)

    def page_of(self, remote_id: RemoteId) -> str:
        return f"https://{self.account}.example.org/{remote_id}"

    async def close(self) -> None: ...


def _page(ids: Sequence[RemoteId]) -> ListingPage:
    return ListingPage(tuple(Sighting(it) for it in ids), len(ids))


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content
