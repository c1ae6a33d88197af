"""The two kinds of system that flow 1 needs: one to read from, one to archive in.

Connectors speak native records only. Reads are retried inside the connector; writes never are: a lost reply to a write
is `Unclear`, and the engine looks before it repeats.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from dambridge.model.identity import AccountId, RemoteId
from dambridge.model.records import Container, MediaType, Missing, NativeRecord, NativeValue
from dambridge.ports.capabilities import ArchiveCapabilities, ReaderCapabilities
from dambridge.ports.pace import Lane


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountInfo:
    """Whom the account signed in as: `person` and `organisation` as the system names them, `level` where it has one."""

    person: str
    organisation: str
    level: str = ""


@dataclass(frozen=True, slots=True)
class Window:
    """A span of modified times, both ends included, aware and in UTC."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Sighting:
    """An asset met in a listing; lists are thin, so only the id is sure."""

    remote_id: RemoteId
    media_type: MediaType | None = None
    file_name: str | None = None


@dataclass(frozen=True, slots=True)
class ListingPage:
    """One page. `total` is what the system says the whole listing holds, None where it does not say."""

    sightings: tuple[Sighting, ...]
    total: int | None


@dataclass(frozen=True, slots=True)
class ByteStream:
    """An original on its way: `size` as announced (None where not), `chunks` to be read once."""

    size: int | None
    chunks: AsyncIterator[bytes]


@dataclass(frozen=True, slots=True)
class Body:
    """Bytes to send. `open` may be called again for a second attempt only where `repeatable`."""

    size: int | None
    open: Callable[[], AsyncIterator[bytes]]
    repeatable: bool = True


class AssetReader(Protocol):
    """A system that assets are read from."""

    @property
    def account(self) -> AccountId: ...
    @property
    def capabilities(self) -> ReaderCapabilities: ...

    async def whoami(self) -> AccountInfo:
        """Sign in and say as whom. Raises `CannotGoOn` when the account refuses us."""
        ...

    def changed(self, window: Window, *, lane: Lane) -> AsyncIterator[ListingPage]:
        """Assets whose modified time lies in `window`, in no promised order, perhaps repeated.

        Raises `TryLater` when a page cannot be had: the listing is then unproven and nothing may rest on its end."""
        ...

    def everything(self, *, lane: Lane) -> AsyncIterator[ListingPage]:
        """Every asset that the account can see: the slow full sweep."""
        ...

    def containers(self, *, lane: Lane) -> AsyncIterator[Container]:
        """Every container that can hold assets, with its path, root first."""
        ...

    def members(self, container: RemoteId, *, lane: Lane) -> AsyncIterator[ListingPage]:
        """The assets of one container, the latest added first where `newest_members_first` is usable."""
        ...

    async def read(self, remote_id: RemoteId, *, groups: frozenset[str], lane: Lane) -> NativeRecord | Missing:
        """One asset with at least the `groups` asked for (`base`, `iptc`, `custom`, `containers`)."""
        ...

    def original(self, remote_id: RemoteId, *, lane: Lane) -> AbstractAsyncContextManager[ByteStream]:
        """The original byte for byte, without anything embedded on the way.

        Raises `TryLater` when the stream is cut (the chunks raise it), `Refused` when the original may not be had."""
        ...

    async def close(self) -> None:
        """Sign out and let go of connections."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeDefinition:
    """A field of the target as it defines it; `terms` is None where values are free."""

    name: str
    kind: str
    terms: tuple[str, ...] | None


class AssetArchive(Protocol):
    """A system of record that assets are delivered into."""

    @property
    def account(self) -> AccountId: ...
    @property
    def capabilities(self) -> ArchiveCapabilities: ...

    async def whoami(self) -> AccountInfo: ...

    async def attributes(self) -> Sequence[AttributeDefinition] | None:
        """The fields that this account's user can see, with their vocabularies. None where the system offers no call that
        shows them: values are then held against nothing before they are written."""
        ...

    async def ensure_folder(self, path: str, *, lane: Lane) -> RemoteId:
        """The folder at `path`, made with its parents where missing. Safe to repeat."""
        ...

    async def folder_at(self, path: str, *, lane: Lane) -> RemoteId | None:
        """The folder at `path`, as people made it; None where there is none. Makes nothing."""
        ...

    async def contents(self, folder: RemoteId, *, lane: Lane) -> Sequence[NativeRecord]:
        """What stands in this folder itself (not below it), read fresh. Meant for small folders."""
        ...

    async def read(self, ids: Sequence[RemoteId], *, lane: Lane) -> Mapping[RemoteId, NativeRecord | Missing]:
        """Assets by id, each with base, file, attributes and folders."""
        ...

    async def find(self, attribute: str, value: str, *, lane: Lane) -> Sequence[RemoteId]:
        """Assets whose attribute equals `value`, as far as the index has caught up: an empty answer proves nothing."""
        ...

    async def named(self, file_name: str, *, lane: Lane) -> Sequence[RemoteId]:
        """Assets whose file may have exactly this name, wherever they stand, as far as the index has caught up: an empty
        answer proves nothing, and whatever is named is to be read by its id."""
        ...

    async def deliver(self, folder: RemoteId, body: Body, *, file_name: str, lane: Lane) -> RemoteId:
        """Import a file into `folder`; return the id the system answered, which may be that of an older asset with the
        same bytes. Raises `Unclear` when no answer came, `TryLater` when surely nothing happened, `Refused` when not wanted."""
        ...

    async def add_version(self, remote_id: RemoteId, body: Body, *, file_name: str, lane: Lane) -> None:
        """Make `body` the current file of the asset; earlier ones stay as versions. Raises like `deliver`."""
        ...

    async def write(
        self,
        remote_id: RemoteId,
        *,
        attributes: Mapping[str, tuple[str, ...]],
        name: str | None,
        file_name: str | None,
        lane: Lane,
    ) -> None:
        """Write the attributes named (an empty tuple clears one) and, where given, the asset's name and file name.

        Attributes not named stay as they are. Raises `Unclear` when no answer came, `Refused` for a value not allowed."""
        ...

    async def place(self, remote_id: RemoteId, *, into: RemoteId, out_of: RemoteId | None, lane: Lane) -> None:
        """Stand the asset in `into` and then take it out of `out_of`. Safe to repeat."""
        ...

    async def take_out(self, remote_id: RemoteId, *, out_of: RemoteId, lane: Lane) -> None:
        """Take the asset out of this container alone; it stays in the others. Safe to repeat.

        Raises `Unclear` when no answer came, `Refused` where the system keeps it there (its last place, a level)."""
        ...

    async def discard(self, remote_id: RemoteId, *, lane: Lane) -> None:
        """Delete in the system's own way: into its trash where it has one (`discard_recoverable`), else for good.

        What is surely gone already is no error. Raises `Unclear` when no answer came, `Refused` where this account may not,
        or cannot see an asset of this id."""
        ...

    async def discard_folder(self, folder: RemoteId, *, lane: Lane) -> None:
        """Delete this container for good; no asset stands in it any more, and what becomes of one that stood nowhere else
        is the system's affair. Raises like `discard`."""
        ...

    def original(self, remote_id: RemoteId, *, lane: Lane) -> AbstractAsyncContextManager[ByteStream]:
        """The stored file as the system gives it out (which export maps may alter)."""
        ...

    def page_of(self, remote_id: RemoteId) -> str:
        """The address at which a person sees the asset."""
        ...

    async def close(self) -> None: ...


def native_text(value: NativeValue) -> str:
    """A native value as one line of text, for messages."""
    return ", ".join(value) if isinstance(value, tuple) else str(value)
