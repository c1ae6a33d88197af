"""NetX as an `AssetReader`: what flows out of the system of record is read through this."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Any, Final

from dambridge.connectors.netx import protocol as nx
from dambridge.connectors.netx import queries
from dambridge.connectors.netx.client import NetxClient
from dambridge.connectors.netx.config import NetxOptions
from dambridge.connectors.netx.folders import Folders
from dambridge.connectors.netx.looking import AssetLooker, GatheredLooks
from dambridge.connectors.netx.records import data_for, milliseconds, record_of, sighting_of
from dambridge.model.identity import AccountId, RemoteId
from dambridge.model.records import Container, MediaType, Missing, NativeRecord
from dambridge.ports.capabilities import Proof, ReaderCapabilities
from dambridge.ports.pace import Lane
from dambridge.ports.systems import AccountInfo, ByteStream, ListingPage, Window

DECLARED: Final = ReaderCapabilities(
    modified_window=Proof.DECLARED,  # NX 13.5.1, CONFIRMED
    metadata_moves_modified=Proof.UNPROVEN,  # NX 13.5.2: one client depends on it
    membership_moves_modified=Proof.UNPROVEN,  # NX 13.5.2: unknown
    newest_members_first=Proof.ABSENT,  # NX 4.2: nobody tells when an asset joined a folder
    custom_fields=Proof.ABSENT,  # NX 4.6: attributes are all there is, and they are read as such
    content_hash=Proof.UNPROVEN,  # NX 4.1: only where the site keeps checksums
    byte_ranges=Proof.UNPROVEN,  # NX 8.2
    originals=dict.fromkeys(MediaType, Proof.DECLARED),  # NX 8.1, CONFIRMED
)
_THIN: Final = ("asset.id", "asset.base")


class NetxReader:
    """An `AssetReader` over NetX's public API. Lists are thin; records asked for side by side share calls."""

    def __init__(
        self, setup: NetxOptions, *, account: AccountId, client: NetxClient, folders: Folders, looker: AssetLooker
    ) -> None:
        self._account = account
        self._client = client
        self._folders = folders
        self._looker = looker
        self._looks = GatheredLooks(looker, most=setup.ids_per_call)
        self._capabilities = DECLARED

    @property
    def account(self) -> AccountId:
        return self._account

    @property
    def capabilities(self) -> ReaderCapabilities:
        """As the reference declares; `content_hash` is proven by the first record that shows a checksum."""
        return self._capabilities

    async def whoami(self) -> AccountInfo:
        return await self._client.whoami()

    # listings ----------------------------------------------------------------------------------------------------

    def changed(self, window: Window, *, lane: Lane) -> AsyncIterator[ListingPage]:
        """By `modDate`, upwards (NX 13.5.1). The index behind it may lag: the window's overlap is the caller's."""
        clause = queries.modified(milliseconds(window.start), milliseconds(window.end))
        return self._found("list what changed", lane, clause)

    def everything(self, *, lane: Lane) -> AsyncIterator[ListingPage]:
        """Every asset with a modified time, which is every asset (NX 4.1)."""
        return self._found("list the library", lane, queries.modified(0, None))

    def containers(self, *, lane: Lane) -> AsyncIterator[Container]:
        """Every folder below the root. A slash within a name is shown as U+2215."""
        return self._folders.walk(lane)

    def members(self, container: RemoteId, *, lane: Lane) -> AsyncIterator[ListingPage]:
        """The assets of the folder itself, in no order that says when they joined it."""
        about = f"list folder {container}"
        return self._listed("getAssetsByFolder", [nx.number(container), False], about, lane)

    def _found(self, about: str, lane: Lane, clause: queries.Clause) -> AsyncIterator[ListingPage]:
        return self._listed("getAssetsByQuery", [queries.query(clause)], about, lane)

    async def _listed(self, method: str, params: Sequence[Any], about: str, lane: Lane) -> AsyncIterator[ListingPage]:
        async for assets, total in self._client.pages(method, params, data=_THIN, about=about, lane=lane):
            yield ListingPage(tuple(sighting_of(it) for it in assets), total)

    # assets ------------------------------------------------------------------------------------------------------

    async def read(self, remote_id: RemoteId, *, groups: frozenset[str], lane: Lane) -> NativeRecord | Missing:
        """One asset. `iptc`, `custom` and `attributes` are one group here."""
        seen = await self._looks.look(remote_id, data_for(groups), lane)
        if isinstance(seen, Missing):
            return seen
        record = record_of(self._account, seen)
        if record.checksum and self._capabilities.content_hash is not Proof.PROVEN:
            self._capabilities = replace(self._capabilities, content_hash=Proof.PROVEN)
        return record

    async def shown(self, ids: Sequence[RemoteId], *, lane: Lane) -> frozenset[RemoteId]:
        """Those of the ids that the index shows, in few and small calls (NX 13.5.3, CONFIRMED pattern).

        An id that is not shown is gone, hidden, or not yet indexed: `read` says which."""
        wanted = list(dict.fromkeys(ids))
        found: set[RemoteId] = set()
        for at in range(0, len(wanted), queries.OR_LIMIT):
            some = wanted[at : at + queries.OR_LIMIT]
            params, about = [queries.query(queries.any_id(some))], f"ask for {len(some)} assets"
            rows = await self._client.assets("getAssetsByQuery", params, data=("asset.id",), about=about, lane=lane)
            found |= {RemoteId(it.id) for it in rows}
        return frozenset(found)

    # files -------------------------------------------------------------------------------------------------------

    def original(self, remote_id: RemoteId, *, lane: Lane) -> AbstractAsyncContextManager[ByteStream]:
        """The stored file as the site gives it out. Export maps may write attributes into it on the way (NX 10): whether
        these are the stored bytes is told by the record's checksum alone, never by a hash of a download."""
        return self._looker.original(remote_id, lane)

    async def close(self) -> None:
        """A token has no session to end, and connections belong to the process."""
