"""NetX as an `AssetArchive`: what the port promises, in the calls that the service has."""

from __future__ import annotations

import asyncio
import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from dambridge.connectors.kit import Http
from dambridge.connectors.netx import protocol as nx
from dambridge.connectors.netx import wire
from dambridge.connectors.netx.client import NetxClient
from dambridge.connectors.netx.config import NetxOptions, WriteRoute
from dambridge.model.identity import AccountId, AssetKey, RemoteId
from dambridge.model.records import Absence, Checksum, Container, MediaType, Missing, NativeRecord
from dambridge.ports.capabilities import ArchiveCapabilities, Proof
from dambridge.ports.errors import Refused, TryLater, Unclear
from dambridge.ports.pace import Lane, Pacer
from dambridge.ports.systems import AccountInfo, AssetArchive, AttributeDefinition, Body, ByteStream

_WITH_TERMS: Final = frozenset({"pulldown", "tag", "multi-select", "multiselect", ""})
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def connect(options: NetxOptions, *, account: AccountId, pacer: Pacer, http: Http) -> AssetArchive:
    """An archive on this site. Nothing is called before the first use."""
    return NetxArchive(options, account=account, client=NetxClient(options, account=account, pacer=pacer, http=http))


class NetxArchive:
    """Implements `AssetArchive`. Folders are remembered by path; nothing else is."""

    def __init__(self, setup: NetxOptions, *, account: AccountId, client: NetxClient) -> None:
        self._setup = setup
        self._account = account
        self._client = client
        self._folders: dict[str, RemoteId] = {}
        self._making: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._capabilities = ArchiveCapabilities(
            write_attributes=Proof.DECLARED if setup.write_route is WriteRoute.RPC else Proof.ABSENT,
            rename=Proof.DECLARED,
            folders=Proof.DECLARED,
            versions=Proof.DECLARED,
            checksum=Proof.UNPROVEN,
            conditional_write=Proof.ABSENT,
            deliver=dict.fromkeys(MediaType, Proof.DECLARED),
        )

    @property
    def account(self) -> AccountId:
        return self._account

    @property
    def capabilities(self) -> ArchiveCapabilities:
        """As declared by the reference; `checksum` is proven by the first read that shows one (NX 4.1)."""
        return self._capabilities

    # who and what ------------------------------------------------------------------------------------------------

    async def whoami(self) -> AccountInfo:
        about = "ask NetX whose token this is"
        me = await self._client.ask("getSelf", [None], parse=wire.parse_self, about=about, lane=Lane.NORMAL)
        person = me.name or f"user {me.user_id}"
        return AccountInfo(person=person, organisation=urlsplit(self._setup.base_url).netloc, level=me.level)

    async def attributes(self) -> Sequence[AttributeDefinition]:
        """Definitions with their vocabularies. `getAttributes` is SINGLE*, the members but `id` INFERRED (NX 4.6, 5.4)."""
        about = "read NetX's attributes"
        rows = await self._client.rows("getAttributes", [], parse=wire.parse_attribute, about=about, lane=Lane.NORMAL)
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
        """By path first, then made, then by path again: whoever made it, all who ask settle on what the path leads to."""
        clean = path.strip("/")
        key = unicodedata.normalize("NFC", clean)
        if not clean:
            return RemoteId(nx.ROOT_FOLDER)
        if known := self._folders.get(key):
            return known
        async with self._making[key]:
            if known := self._folders.get(key):
                return known
            found = await self._folder_at(clean, lane) or await self._make_folder(clean, lane)
            self._folders[key] = found
        self._making.pop(key, None)
        return found

    async def _folder_at(self, path: str, lane: Lane) -> RemoteId | None:
        """The folder at `path` in whichever Unicode form the site knows it (hazard P23); None where there is none.

        A missing path gives null or an error, nobody knows which (NX 5.2)."""
        about = f"look for the folder {path!r}"
        for spelling in dict.fromkeys((path, unicodedata.normalize("NFC", path), unicodedata.normalize("NFD", path))):
            params = [spelling, nx.options(("folder.id", "folder.base"), size=1)]
            try:
                raw = await self._client.read("getFolderByPath", params, about=about, lane=lane)
            except nx.SaidNo as said:
                if said.code < 0:  # the protocol's own codes: not an answer to the question
                    raise nx.next_move(said, tried=about, writing=False) from None
                continue
            if raw:
                return _folder_id(raw, about)
        return None

    async def _make_folder(self, path: str, lane: Lane) -> RemoteId:
        """Make it, and look again: a refusal or a lost reply matters only where it is still not there."""
        about = f"make the folder {path!r}"
        params = [path, nx.options(("folder.id",), size=1)]
        try:
            raw = await self._client.write("createFolderFromPath", params, about=about, lane=lane)
        except nx.SaidNo as said:
            problem: Exception = nx.next_move(said, tried=f"{about} (a person can make it by hand)", writing=False)
        except Unclear as lost:
            problem = TryLater(str(lost))  # finding or making is safe to repeat
        else:
            problem = TryLater(f"NetX said that it would {about}, and it is not there.")
            if raw:
                return await self._folder_at(path, lane) or _folder_id(raw, about)
        if (found := await self._folder_at(path, lane)) is not None:
            return found
        raise problem

    def _forget_folder(self, folder: RemoteId) -> None:
        """A person may have deleted or moved it: look anew the next time."""
        self._folders = {path: known for path, known in self._folders.items() if known != folder}

    # reading -----------------------------------------------------------------------------------------------------

    async def contents(self, folder: RemoteId, *, lane: Lane) -> Sequence[NativeRecord]:
        about, params = f"list folder {folder}", [nx.number(folder), False]
        assets = await self._client.assets("getAssetsByFolder", params, data=nx.WHOLE_ASSET, about=about, lane=lane)
        return [self._record(it) for it in assets]

    async def find(self, attribute: str, value: str, *, lane: Lane) -> Sequence[RemoteId]:
        about, params = f"look for {attribute} = {value!r}", [nx.exactly(attribute, value)]
        assets = await self._client.assets(
            "getAssetsByQuery", params, data=("asset.id", "asset.base"), about=about, lane=lane
        )
        return [RemoteId(it.id) for it in assets]

    async def read(self, ids: Sequence[RemoteId], *, lane: Lane) -> Mapping[RemoteId, NativeRecord | Missing]:
        wanted = list(dict.fromkeys(ids))
        found: dict[RemoteId, NativeRecord | Missing] = {}
        for at in range(0, len(wanted), self._setup.ids_per_call):
            found |= await self._read_some(wanted[at : at + self._setup.ids_per_call], lane)
        return {it: found[it] for it in wanted}

    async def _read_some(self, ids: Sequence[RemoteId], lane: Lane) -> dict[RemoteId, NativeRecord | Missing]:
        """One call for all of them. A site that refuses the whole call for one asset's sake is asked by halves."""
        about = f"read asset {ids[0]}" if len(ids) == 1 else f"read {len(ids)} assets"
        params = [[nx.number(it) for it in ids], nx.options(nx.WHOLE_ASSET, size=len(ids))]
        try:
            rows = wire.parse_assets(await self._client.read("getAssets", params, about=about, lane=lane))
            assets = {RemoteId(it.id): it for it in rows}
        except nx.SaidNo as said:
            if said.code < 0:
                raise nx.next_move(said, tried=about, writing=False) from None
            if len(ids) == 1:
                return {ids[0]: await self._why_missing(ids[0], f"getAssets: {said}", said.code, lane)}
            half = len(ids) // 2
            return await self._read_some(ids[:half], lane) | await self._read_some(ids[half:], lane)
        except wire.BadReply as bad:
            raise TryLater(f"Could not {about}: NetX's reply was not {bad}.") from None
        found: dict[RemoteId, NativeRecord | Missing] = {}
        for it in ids:
            asset = assets.get(it)
            found[it] = self._record(asset) if asset else await self._why_missing(it, "left out of getAssets", 0, lane)
        return found

    async def _why_missing(self, remote_id: RemoteId, evidence: str, code: int, lane: Lane) -> Missing:
        """Hidden, or deleted as far as two different calls say so. Raises `TryLater` where they disagree.

        Access taken away gives 3004 on a direct read, and lists just leave the asset out (NX 11)."""
        if code == nx.NO_ACCESS:
            return Missing(Absence.HIDDEN, evidence)
        about = f"ask whether asset {remote_id} exists"
        try:
            await self._client.read("getAssetAttributes", [nx.number(remote_id)], about=about, lane=lane)
        except nx.SaidNo as said:
            if said.code < 0:
                raise nx.next_move(said, tried=about, writing=False) from None
            absence = Absence.HIDDEN if said.code == nx.NO_ACCESS else Absence.DELETED
            return Missing(absence, f"{evidence}; getAssetAttributes: {said}")
        raise TryLater(f"NetX left asset {remote_id} out of a reply and yet has it.")

    def _record(self, asset: wire.WireAsset) -> NativeRecord:
        file, attributes, folders = asset.file, asset.attributes, asset.folders
        checksum = Checksum("md5", file.checksum) if file and file.checksum else None
        if checksum and self._capabilities.checksum is not Proof.PROVEN:
            self._capabilities = replace(self._capabilities, checksum=Proof.PROVEN)
        shown = (("file", file), ("attributes", attributes), ("containers", folders))
        return NativeRecord(
            key=AssetKey(self._account, RemoteId(asset.id)),
            media_type=nx.media_type_of(asset.file_name),
            file_name=asset.file_name,
            name=asset.name,
            size=file.size if file else None,
            modified="" if asset.modified_ms is None else str(asset.modified_ms),
            modified_at=_instant(asset.modified_ms),
            content_stamp=_content_stamp(file),
            checksum=checksum,
            fields={name: values for name, values in attributes.items() if values} if attributes else {},
            containers=tuple(Container(RemoteId(it.id), it.path) for it in folders or ()),
            groups=frozenset({"base", *(name for name, group in shown if group is not None)}),
            created_at=_instant(asset.created_ms if asset.created_ms is not None else asset.imported_ms),
        )

    # writing -----------------------------------------------------------------------------------------------------

    async def deliver(self, folder: RemoteId, body: Body, *, file_name: str, lane: Lane) -> RemoteId:
        about = f"import {file_name!r} into folder {folder}"
        form = {"folderId": str(nx.number(folder))}
        try:
            raw = await self._client.send_file(
                "POST", nx.IMPORT_PATH, body, form=form, file_name=file_name, expects_json=True, about=about, lane=lane
            )
        except Refused:
            self._forget_folder(folder)
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
        if attributes and self._setup.write_route is WriteRoute.NONE:
            raise Refused(
                f"Could not {about}: `write_route` is none. Set it to rpc once `dambridge probe --write` shows it."
            )
        for method, params in nx.write_call(
            self._setup, remote_id, attributes=attributes, name=name, file_name=file_name
        ):
            await self._client.change(method, params, parse=_anything, about=about, lane=lane)

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
            self._forget_folder(into)
            raise
        folders = added.folders
        if folders is not None and into not in {it.id for it in folders}:
            raise Unclear(f"NetX said that it would {about}, and its own reply does not show it there.")
        if out_of is None or out_of == into:
            return
        about = f"take asset {remote_id} out of folder {out_of}"
        try:
            await self._client.write("removeAssetFromFolder", [asset, nx.number(out_of), shown], about=about, lane=lane)
        except nx.SaidNo as said:
            if said.code != nx.FAILURE or await self._stands_in(remote_id, out_of, lane):
                raise nx.next_move(said, tried=about, writing=True) from None

    async def _stands_in(self, remote_id: RemoteId, folder: RemoteId, lane: Lane) -> bool:
        """Code 1000 is any failure; that the asset is out already is only the likeliest (NX 3.1, SINGLE)."""
        seen = (await self.read([remote_id], lane=lane))[remote_id]
        return isinstance(seen, NativeRecord) and folder in {it.id for it in seen.containers}

    # files and pages ---------------------------------------------------------------------------------------------

    def original(self, remote_id: RemoteId, *, lane: Lane) -> AbstractAsyncContextManager[ByteStream]:
        about = f"fetch the file of asset {remote_id}"

        async def is_page() -> bool:
            seen = (await self.read([remote_id], lane=lane))[remote_id]
            return isinstance(seen, NativeRecord) and seen.file_name.lower().endswith((".html", ".htm", ".xhtml"))

        return self._client.download(nx.original_path(remote_id), about=about, lane=lane, is_page=is_page)

    def page_of(self, remote_id: RemoteId) -> str:
        return nx.page_for_people(self._setup, remote_id)

    async def close(self) -> None:
        """A token has no session to end, and connections belong to the process."""


def _folder_id(raw: object, about: str) -> RemoteId:
    try:
        return RemoteId(wire.parse_id(raw))
    except wire.BadReply as bad:
        raise TryLater(f"Could not {about}: NetX's reply was not {bad}.") from None


def _anything(raw: object) -> object:
    """For replies that say nothing the caller needs: what was written is read back by whoever asked for it."""
    return raw


def _instant(epoch_ms: int | None) -> datetime | None:
    return None if epoch_ms is None else _EPOCH + timedelta(milliseconds=epoch_ms)


def _content_stamp(file: wire.WireFile | None) -> str:
    """The checksum where the site keeps one, else all that it shows of the bytes."""
    if file is None:
        return ""
    return file.checksum or f"{file.size}:{file.width}x{file.height}:{file.name}"
