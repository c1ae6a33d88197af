"""PhotoShelter as an `AssetArchive`: galleries for folders, files delivered by v3 or v4, IPTC and custom metadata."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Final
from urllib.parse import quote

from dambridge.connectors.photoshelter import protocol, records
from dambridge.connectors.photoshelter.abilities import (
    CUSTOM_PREFIX,
    IPTC_FIELDS,
    MEDIA_FIELDS,
    Uploads,
    archive_capabilities,
    plain_uploads,
)
from dambridge.connectors.photoshelter.changes import Change, changes_for
from dambridge.connectors.photoshelter.client import PhotoShelterClient
from dambridge.connectors.photoshelter.config import PhotoShelterOptions, UploadVia
from dambridge.connectors.photoshelter.folders import Folders
from dambridge.connectors.photoshelter.reading import PhotoShelterReader
from dambridge.connectors.photoshelter.v3 import V3Client
from dambridge.connectors.photoshelter.wire import BadReply, WireItem, parse_item, text
from dambridge.model.identity import AccountId, RemoteId
from dambridge.model.records import Absence, Missing, NativeRecord
from dambridge.ports.capabilities import ArchiveCapabilities
from dambridge.ports.errors import Refused, TryLater, Unclear
from dambridge.ports.pace import Lane
from dambridge.ports.systems import AccountInfo, AttributeDefinition, Body, ByteStream

_EVERYTHING: Final = frozenset({records.BASE, records.IPTC, records.CUSTOM, records.CONTAINERS})
_AT_ONCE: Final = 6
_MOST_CANDIDATES: Final = 50


class PhotoShelterArchive:
    """Implements `AssetArchive`. Records are those of the reader, so that one map serves both."""

    def __init__(
        self,
        options: PhotoShelterOptions,
        client: PhotoShelterClient,
        reader: PhotoShelterReader,
        folders: Folders,
        v3: V3Client,
        *,
        uploads: Uploads | None = None,
    ) -> None:
        self._options = options
        self._client = client
        self._reader = reader
        self._folders = folders
        self._v3 = v3
        self._uploads = uploads or plain_uploads(options)
        self._capabilities = archive_capabilities(options, self._uploads)

    @property
    def account(self) -> AccountId:
        return self._reader.account

    @property
    def capabilities(self) -> ArchiveCapabilities:
        return self._capabilities

    async def whoami(self) -> AccountInfo:
        return await self._reader.whoami()

    async def attributes(self) -> Sequence[AttributeDefinition]:
        """IPTC and what E20 sets, which are the same everywhere; custom fields as the options name them, for there is no
        call that lists them (PS 8)."""
        texts = [
            AttributeDefinition(name=it, kind="tag" if it == "keywords" else "text", terms=None) for it in IPTC_FIELDS
        ]
        marks = [AttributeDefinition(name=name, kind=kind, terms=None) for name, kind in MEDIA_FIELDS.items()]
        custom = [
            AttributeDefinition(name=f"{CUSTOM_PREFIX}{it}", kind="pulldown", terms=tuple(sorted(options.values())))
            for it, options in self._options.custom_fields.items()
        ]
        return [*texts, *marks, *custom]

    async def ensure_folder(self, path: str, *, lane: Lane) -> RemoteId:
        return await self._folders.ensure(path, lane=lane)

    async def folder_at(self, path: str, *, lane: Lane) -> RemoteId | None:
        return await self._folders.at(path, lane=lane)

    # reading -----------------------------------------------------------------------------------------------------

    async def contents(self, folder: RemoteId, *, lane: Lane) -> Sequence[NativeRecord]:
        """The list is thin (PS E11), so each file is read by itself; what left meanwhile is left out."""
        ids: dict[RemoteId, None] = {}
        async for page in self._reader.members(folder, lane=lane):
            ids |= dict.fromkeys(it.remote_id for it in page.sightings)
        found = (await self.read(list(ids), lane=lane)).values()
        return [
            it for it in found if isinstance(it, NativeRecord) and any(place.id == folder for place in it.containers)
        ]

    async def read(self, ids: Sequence[RemoteId], *, lane: Lane) -> Mapping[RemoteId, NativeRecord | Missing]:
        """There is no call for many (PS 6.3): a few at a time, each with the fewest calls that show all of it."""
        turns = asyncio.Semaphore(_AT_ONCE)

        async def one(remote_id: RemoteId) -> NativeRecord | Missing:
            async with turns:
                found = await self._reader.read(remote_id, groups=_EVERYTHING, lane=lane)
            shown = {"file", "attributes"}
            return replace(found, groups=found.groups | shown) if isinstance(found, NativeRecord) else found

        wanted = list(dict.fromkeys(ids))
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(one(it)) for it in wanted]
        except ExceptionGroup as several:
            raise several.exceptions[0] from None  # an error for the engine is one, not a group
        return {it: task.result() for it, task in zip(wanted, tasks, strict=True)}

    async def find(self, attribute: str, value: str, *, lane: Lane) -> Sequence[RemoteId]:
        """By the filter of E17 that has the attribute's name, then each hit read: filters may match parts of a value, and
        one that the service does not know it leaves out without a word."""
        about = f"look for {attribute} = {value!r}"
        query = protocol.find_query(self._options.org_id, attribute, value, self._options.custom_fields)
        page = await self._client.page("/media", about=about, lane=lane, query=protocol.paged(query, 1, 100))
        if max(len(page.items), page.total or 0) > _MOST_CANDIDATES:
            raise Refused(f"Could not {about}: PhotoShelter found {page.total or 'too many'}, so its filter is none.")
        seen = await self.read([RemoteId(it.id) for it in page.items], lane=lane)
        return [key for key, it in seen.items() if isinstance(it, NativeRecord) and _has(it, attribute, value)]

    async def named(self, file_name: str, *, lane: Lane) -> Sequence[RemoteId]:
        """By the filter `file_name` of E17 (CONFIRMED-2019), each hit read."""
        return await self.find("file_name", file_name, lane=lane)

    # writing -----------------------------------------------------------------------------------------------------

    async def deliver(self, folder: RemoteId, body: Body, *, file_name: str, lane: Lane) -> RemoteId:
        """By v3 (PS U1) or v4 (PS E32), as was chosen for this kind of file."""
        about = f"upload {file_name!r} into gallery {folder}"
        if '"' in file_name or any(ord(it) < 32 for it in file_name):
            raise Refused(f"Could not {about}: an upload's form cannot carry such a name unchanged. Rename the file.")
        via = self._uploads[kind := records.media_type_of_name(file_name)].via
        if via is None:
            raise Refused(
                f"Could not {about}: no call is known to take files of type {kind}. Run `dambridge probe --write`."
            )
        try:
            if via is UploadVia.V3:
                return await self._v3.upload(folder, body, file_name=file_name, about=about, lane=lane)
            form = {"gallery_id": folder, "searchable": "false"}
            reply = await self._client.send_file("/media", body, form=form, file_name=file_name, about=about, lane=lane)
        except Refused:
            self._folders.forget(folder)
            raise
        return RemoteId(_made(reply.json_or_none(), about).id)

    async def add_version(self, remote_id: RemoteId, body: Body, *, file_name: str, lane: Lane) -> None:
        """PS E31 (SINGLE). Whether a new version is the current one at once is not known, so it is asked for unless the
        answer says that it is."""
        about = f"give asset {remote_id} the new file {file_name!r}"
        path = protocol.media_path(remote_id, "/versions")
        reply = await self._client.send_file(path, body, form={}, file_name=file_name, about=about, lane=lane)
        made = _made(reply.json_or_none(), about)
        if made.attributes.get("active") is True:
            return
        try:
            await self._client.change("POST", f"{path}/{quote(made.id, safe='')}/activate", about=about, lane=lane)
        except (Refused, TryLater) as no:
            raise Unclear(f"The new file of asset {remote_id} is there and not current yet: {no}") from None

    async def write(
        self,
        remote_id: RemoteId,
        *,
        attributes: Mapping[str, tuple[str, ...]],
        name: str | None,
        file_name: str | None,
        lane: Lane,
    ) -> None:
        """One call for each part of the asset that changes. `name` has no home in PhotoShelter beside the file name."""
        about = f"write {', '.join(sorted(attributes)) or 'the name'} of asset {remote_id}"
        kind = records.media_type_of_id(remote_id)
        parts = changes_for(kind, attributes, file_name, self._options.custom_fields, about=about)
        if not parts:
            reply = await self._client.get(protocol.media_path(remote_id), about=about, lane=lane)
            if not reply.ok:
                raise protocol.next_move(reply, tried=about, mask=self._client.mask, writing=True)
        done: list[Change] = []
        for part in parts:
            path = protocol.media_path(remote_id, part.rest)
            try:
                await self._client.change("PATCH", path, about=about, form=part.form, lane=lane)
            except (Refused, TryLater) as no:
                if done:
                    raise Unclear(f"Asset {remote_id} is written in part alone: {no}") from None
                raise
            done.append(part)

    async def place(self, remote_id: RemoteId, *, into: RemoteId, out_of: RemoteId | None, lane: Lane) -> None:
        """In first, and out only once the asset's own list of galleries shows it (PS E16, SINGLE; E30, CONFIRMED):
        nobody knows what becomes of a file that is in none."""
        about = f"add asset {remote_id} to gallery {into}"
        path = protocol.container_path(into, "/children")
        try:
            await self._client.change("POST", path, about=about, form={"media_id": remote_id}, lane=lane)
        except Refused:
            if not await self._stands(remote_id, into, lane):
                self._folders.forget(into)
                raise
        standing = await self._reader.galleries_of(remote_id, lane)
        if into not in standing:
            raise Unclear(f"PhotoShelter said that it would {about}, and does not show it there.")
        if out_of is not None and out_of != into and out_of in standing:
            await self.take_out(remote_id, out_of=out_of, lane=lane)

    async def take_out(self, remote_id: RemoteId, *, out_of: RemoteId, lane: Lane) -> None:
        """PS E16, SINGLE."""
        about = f"take asset {remote_id} out of gallery {out_of}"
        path = protocol.container_path(out_of, f"/children/{quote(remote_id, safe='')}")
        try:
            await self._client.change("DELETE", path, about=about, lane=lane)
        except Refused:
            if await self._stands(remote_id, out_of, lane):
                raise

    async def _stands(self, remote_id: RemoteId, gallery: RemoteId, lane: Lane) -> bool:
        """Whether the asset is in the gallery; one that is gone is in none."""
        seen = await self._reader.read(remote_id, groups=frozenset({records.BASE}), lane=lane)
        if isinstance(seen, Missing):
            return seen.absence is Absence.HIDDEN
        return gallery in await self._reader.galleries_of(remote_id, lane)

    async def discard(self, remote_id: RemoteId, *, lane: Lane) -> None:
        """Into the trash (PS E20, SINGLE; that it is recoverable is said of the product). What is gone already is what was
        wanted."""
        try:
            await self._client.change(
                "DELETE", protocol.media_path(remote_id), about=f"delete asset {remote_id}", lane=lane
            )
        except Refused:
            seen = await self._reader.read(remote_id, groups=frozenset({records.BASE}), lane=lane)
            if not isinstance(seen, Missing) or seen.absence is not Absence.DELETED:
                raise

    async def discard_folder(self, folder: RemoteId, *, lane: Lane) -> None:
        """`DELETE /galleries/{id}` (PS E16, CONFIRMED-2019), for good; files that stood in no other gallery go to the trash
        (PS E8, the product's help)."""
        self._folders.forget(folder)
        path, about = protocol.container_path(folder), f"delete gallery {folder}"
        try:
            await self._client.change("DELETE", path, about=about, lane=lane)
        except Refused:
            if (await self._client.get(path, about=f"look for gallery {folder}", lane=lane)).status != 404:
                raise

    # files and pages ---------------------------------------------------------------------------------------------

    def original(self, remote_id: RemoteId, *, lane: Lane) -> AbstractAsyncContextManager[ByteStream]:
        return self._reader.original(remote_id, lane=lane)

    def page_of(self, remote_id: RemoteId) -> str:
        """The form of the address is INFERRED; the site is that of the options, else the service's own."""
        return f"{self._options.page_root or self._options.base_url}/image/{quote(remote_id, safe='')}"

    async def close(self) -> None:
        await self._reader.close()


def _made(raw: object, about: str) -> WireItem:
    try:
        found = parse_item(raw)
    except BadReply as bad:
        raise Unclear(f"PhotoShelter took the call to {about}, and its reply was not {bad}. Look for it.") from None
    if not found.id:
        raise Unclear(f"PhotoShelter took the call to {about}, and its reply names nothing. Look for it.")
    return found


def _has(record: NativeRecord, attribute: str, value: str) -> bool:
    found = record.file_name if attribute == "file_name" else record.fields.get(attribute, "")
    return value in found if isinstance(found, tuple) else text(found) == value
