"""NetX as an `AssetArchive`: what the port promises, in the calls that the service has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Final

from dambridge.connectors.netx import protocol as nx
from dambridge.connectors.netx import queries, wire
from dambridge.connectors.netx.client import NetxClient
from dambridge.connectors.netx.config import NetxOptions, WriteRoute
from dambridge.connectors.netx.datasync import DataSyncFile
from dambridge.connectors.netx.folders import Folders
from dambridge.connectors.netx.looking import AssetLooker
from dambridge.connectors.netx.records import record_of
from dambridge.connectors.netx.routes import AttributeRoutes, plain_routes
from dambridge.model.identity import AccountId, RemoteId
from dambridge.model.records import Absence, MediaType, Missing, NativeRecord
from dambridge.ports.capabilities import ArchiveCapabilities, Proof
from dambridge.ports.errors import Refused, Unclear
from dambridge.ports.pace import Lane
from dambridge.ports.systems import AccountInfo, AttributeDefinition, Body, ByteStream

_WITH_TERMS: Final = frozenset({"pulldown", "tag", "multi-select", "multiselect", ""})


class NetxArchive:
    """Implements `AssetArchive`. Folders are remembered by path; nothing else is."""

    def __init__(
        self,
        setup: NetxOptions,
        *,
        account: AccountId,
        client: NetxClient,
        folders: Folders,
        looker: AssetLooker,
        routes: AttributeRoutes | None = None,
    ) -> None:
        self._setup = setup
        self._account = account
        self._client = client
        self._folders = folders
        self._looker = looker
        self._routes = routes = routes or plain_routes(setup)
        self._sync = DataSyncFile(setup.data_sync_file) if setup.data_sync_file and routes.by_data_sync else None
        declared = ArchiveCapabilities(
            write_attributes=Proof.DECLARED,
            fields={},
            take_out=Proof.DECLARED,
            discard=Proof.DECLARED,
            discard_recoverable=Proof.ABSENT,  # no trash was described (NX 12)
            rename=Proof.DECLARED,
            folders=Proof.DECLARED,
            versions=Proof.DECLARED,
            checksum=Proof.UNPROVEN,
            conditional_write=Proof.ABSENT,
            deliver=dict.fromkeys(MediaType, Proof.DECLARED),
        )
        self._capabilities = routes.laid_over(declared)

    @property
    def account(self) -> AccountId:
        return self._account

    @property
    def capabilities(self) -> ArchiveCapabilities:
        """As declared by the reference; `checksum` is proven by the first read that shows one (NX 4.1)."""
        return self._capabilities

    # who and what ------------------------------------------------------------------------------------------------

    async def whoami(self) -> AccountInfo:
        return await self._client.whoami()

    async def attributes(self) -> Sequence[AttributeDefinition] | None:
        """Definitions with their vocabularies. `getAttributes` is SINGLE*, the members but `id` INFERRED (NX 4.6, 5.4)."""
        about = "read NetX's attributes"
        try:
            rows = await self._client.rows(
                "getAttributes", [], parse=wire.parse_attribute, about=about, lane=Lane.NORMAL
            )
        except Refused as refused:
            if refused.code != str(nx.UNKNOWN_METHOD):
                raise
            return None
        nameless = [row.id for row in rows if not row.name]
        if nameless:
            raise Refused(f"NetX shows attribute {nameless[0]} without a name, so its fields cannot be checked.")
        return [
            AttributeDefinition(name=row.name, kind=row.type or "unknown", terms=await self._terms(row)) for row in rows
        ]

    async def _terms(self, row: wire.WireAttribute) -> tuple[str, ...] | None:
        if row.type not in _WITH_TERMS:
            return None
        about = f"read the vocabulary of {row.name!r}"
        params = [nx.number(row.id)]
        terms = await self._client.rows(
            "getValuesByAttribute", params, parse=wire.parse_term, about=about, lane=Lane.NORMAL
        )
        # An attribute of unknown type without terms is a text; a pulldown without terms takes nothing
        return tuple(terms) if terms or row.type else None

    # folders -----------------------------------------------------------------------------------------------------

    async def ensure_folder(self, path: str, *, lane: Lane) -> RemoteId:
        return await self._folders.ensure(path, lane)

    async def folder_at(self, path: str, *, lane: Lane) -> RemoteId | None:
        return await self._folders.at(path, lane)

    # reading -----------------------------------------------------------------------------------------------------

    async def contents(self, folder: RemoteId, *, lane: Lane) -> Sequence[NativeRecord]:
        about, params = f"list folder {folder}", [nx.number(folder), False]
        assets = await self._client.assets("getAssetsByFolder", params, data=nx.WHOLE_ASSET, about=about, lane=lane)
        return [self._record(it) for it in assets]

    async def find(self, attribute: str, value: str, *, lane: Lane) -> Sequence[RemoteId]:
        about, params = f"look for {attribute} = {value!r}", [queries.query(queries.exactly(attribute, value))]
        assets = await self._client.assets("getAssetsByQuery", params, data=("asset.id",), about=about, lane=lane)
        return [RemoteId(it.id) for it in assets]

    async def named(self, file_name: str, *, lane: Lane) -> Sequence[RemoteId]:
        """By `fileName`, which queries know (NX 6, CONFIRMED)."""
        about, params = f"look for the file {file_name!r}", [queries.query(queries.file_named(file_name))]
        assets = await self._client.assets("getAssetsByQuery", params, data=("asset.id",), about=about, lane=lane)
        return [RemoteId(it.id) for it in assets]

    async def read(self, ids: Sequence[RemoteId], *, lane: Lane) -> Mapping[RemoteId, NativeRecord | Missing]:
        seen = await self._looker.look(ids, nx.WHOLE_ASSET, lane)
        if self._sync is not None:
            await self._sync.seen(
                {it: found.attributes or {} for it, found in seen.items() if not isinstance(found, Missing)}
            )
        return {it: found if isinstance(found, Missing) else self._record(found) for it, found in seen.items()}

    def _record(self, asset: wire.WireAsset) -> NativeRecord:
        record = record_of(self._account, asset)
        if record.checksum and self._capabilities.checksum is not Proof.PROVEN:
            self._capabilities = replace(self._capabilities, checksum=Proof.PROVEN)
        return record

    # writing -----------------------------------------------------------------------------------------------------

    async def deliver(self, folder: RemoteId, body: Body, *, file_name: str, lane: Lane) -> RemoteId:
        about = f"import {file_name!r} into folder {folder}"
        form = {"folderId": str(nx.number(folder))}
        try:
            raw = await self._client.send_file(
                "POST", nx.IMPORT_PATH, body, form=form, file_name=file_name, expects_json=True, about=about, lane=lane
            )
        except Refused:
            self._folders.forget(folder)
            raise
        try:
            return RemoteId(wire.parse_id(raw))
        except wire.BadReply as bad:
            raise Unclear(f"NetX was asked to {about} and its reply was not {bad}. It may have happened.") from None

    async def add_version(self, remote_id: RemoteId, body: Body, *, file_name: str, lane: Lane) -> None:
        about = f"give asset {remote_id} the new file {file_name!r}"
        method, path = nx.version_call(self._setup, remote_id)
        await self._client.send_file(
            method, path, body, form={}, file_name=file_name, expects_json=False, about=about, lane=lane
        )

    async def write(
        self,
        remote_id: RemoteId,
        *,
        attributes: Mapping[str, tuple[str, ...]],
        name: str | None,
        file_name: str | None,
        lane: Lane,
    ) -> None:
        about = f"write {', '.join(sorted(attributes)) or 'the name'} of asset {remote_id}"
        by_call = self._by(WriteRoute.RPC, attributes)
        by_file = self._by(WriteRoute.DATA_SYNC, attributes)
        if homeless := sorted({*attributes} - {*by_call, *by_file}):
            carried = any(homeless[0] in row for row in self._routes.embedded.values())
            how = "a new file has to bring it" if carried else "run `dambridge probe --write`, then `dambridge check`"
            raise Refused(f"Could not {about}: no call or sync writes {homeless[0]!r} here; {how}.")
        calls = nx.write_call(self._setup, remote_id, attributes=by_call, name=name, file_name=file_name)
        for method, params in calls:
            await self._client.change(method, params, parse=_anything, about=about, lane=lane)
        if self._sync is not None and by_file:
            await self._sync.want(remote_id, await self._sync_key(remote_id, attributes, lane), by_file)

    def _by(self, route: WriteRoute, attributes: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        return {name: it for name, it in attributes.items() if self._routes.of(name) is route}

    async def _sync_key(self, remote_id: RemoteId, attributes: Mapping[str, tuple[str, ...]], lane: Lane) -> str:
        """By what the site finds the asset in the data sync file: read fresh, for both kinds of key may have changed."""
        name = self._setup.data_sync_key
        if attributes.get(name):
            return attributes[name][0]
        about = f"find the data sync key of asset {remote_id}"
        seen = (await self._looker.look([remote_id], nx.WHOLE_ASSET, lane))[remote_id]
        if isinstance(seen, Missing):
            raise Refused(f"Could not {about}: {seen.evidence}", code=str(seen.absence))
        values = (seen.file_name,) if name == "file_name" else (seen.attributes or {}).get(name, ())
        if values and values[0]:
            return values[0]
        assert self._sync is not None  # noqa: S101 - the caller has looked
        if (row := await self._sync.pending(remote_id)) is not None:
            return row.key
        raise Refused(f"Could not {about}: it has no {name!r}. Map a field to that attribute, or use file_name.")

    async def place(self, remote_id: RemoteId, *, into: RemoteId, out_of: RemoteId | None, lane: Lane) -> None:
        """In first, and out only after the reply has shown the asset in the new folder: nobody knows what becomes of an
        asset that is in none (NX 4.2)."""
        asset = nx.number(remote_id)
        about = f"add asset {remote_id} to folder {into}"
        shown = nx.options(("asset.id", "asset.folders"), size=1)
        params = [asset, nx.number(into), shown]
        try:
            added = await self._client.change(
                "addAssetToFolder", params, parse=wire.parse_asset, about=about, lane=lane
            )
        except Refused:
            self._folders.forget(into)
            raise
        folders = added.folders
        if folders is not None and into not in {it.id for it in folders}:
            raise Unclear(f"NetX said that it would {about}, and its own reply does not show it there.")
        if out_of is not None and out_of != into:
            await self.take_out(remote_id, out_of=out_of, lane=lane)

    async def take_out(self, remote_id: RemoteId, *, out_of: RemoteId, lane: Lane) -> None:
        """`removeAssetFromFolder` (NX 5.1, SINGLE*). Whether the last folder may be left is not known (NX 4.2)."""
        about = f"take asset {remote_id} out of folder {out_of}"
        asset, shown = nx.number(remote_id), nx.options(("asset.id", "asset.folders"), size=1)
        try:
            await self._client.write("removeAssetFromFolder", [asset, nx.number(out_of), shown], about=about, lane=lane)
        except nx.SaidNo as said:
            if said.code != nx.FAILURE or await self._stands_in(remote_id, out_of, lane):
                raise nx.next_move(said, tried=about, writing=True) from None

    async def discard(self, remote_id: RemoteId, *, lane: Lane) -> None:
        """`deleteAsset` (NX 5.1, CONFIRMED): at once and for good. An asset that is gone already is what was wanted."""
        about = f"delete asset {remote_id}"
        try:
            await self._client.write("deleteAsset", [nx.number(remote_id)], about=about, lane=lane)
        except nx.SaidNo as said:
            seen = (await self.read([remote_id], lane=lane))[remote_id]
            if not isinstance(seen, Missing) or seen.absence is not Absence.DELETED:
                raise nx.next_move(said, tried=about, writing=True) from None

    async def discard_folder(self, folder: RemoteId, *, lane: Lane) -> None:
        """`deleteFolder` is INFERRED (NX 5.2), and nobody knows what would become of its assets: it is not called."""
        raise Refused(f"Could not delete folder {folder}: NetX is not known to let us. Delete it by hand.")

    async def _stands_in(self, remote_id: RemoteId, folder: RemoteId, lane: Lane) -> bool:
        """Code 1000 is any failure; that the asset is out already is only the likeliest (NX 3.1, SINGLE)."""
        seen = (await self.read([remote_id], lane=lane))[remote_id]
        return isinstance(seen, NativeRecord) and folder in {it.id for it in seen.containers}

    # files and pages ---------------------------------------------------------------------------------------------

    def original(self, remote_id: RemoteId, *, lane: Lane) -> AbstractAsyncContextManager[ByteStream]:
        return self._looker.original(remote_id, lane)

    def page_of(self, remote_id: RemoteId) -> str:
        return nx.page_for_people(self._setup, remote_id)

    async def close(self) -> None:
        """A token has no session to end, and connections belong to the process."""


def _anything(raw: object) -> object:
    """For replies that say nothing the caller needs: what was written is read back by whoever asked for it."""
    return raw
