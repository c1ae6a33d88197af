"""PhotoShelter as a source of assets: listings, records, originals."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Final
from urllib.parse import quote

from dambridge.connectors.kit import Download
from dambridge.connectors.kit.paging import Page, whole_listing
from dambridge.connectors.photoshelter import protocol, records
from dambridge.connectors.photoshelter.abilities import IMAGES, reader_capabilities
from dambridge.connectors.photoshelter.client import PhotoShelterClient
from dambridge.connectors.photoshelter.config import ByVersion, Guess, PhotoShelterOptions, Sweep
from dambridge.connectors.photoshelter.galleries import Gallery, GalleryPaths, gallery_of
from dambridge.connectors.photoshelter.resuming import resumed
from dambridge.connectors.photoshelter.v3 import V3Client
from dambridge.connectors.photoshelter.wire import WireItem, parse_count, parse_item, text
from dambridge.model.identity import AccountId, RemoteId
from dambridge.model.records import Absence, Container, MediaType, Missing, NativeRecord, NativeValue
from dambridge.ports.capabilities import ReaderCapabilities
from dambridge.ports.errors import MovedOn, TryLater
from dambridge.ports.pace import Lane
from dambridge.ports.systems import AccountInfo, ByteStream, ListingPage, Sighting, Window

_INCLUDES: Final = {records.CUSTOM: "custom-metadata", records.CONTAINERS: "galleries"}


class PhotoShelterReader:
    """An `AssetReader` over PhotoShelter's API v4; licences come from whichever version the options name."""

    def __init__(
        self,
        options: PhotoShelterOptions,
        account: AccountId,
        client: PhotoShelterClient,
        galleries: GalleryPaths,
        v3: V3Client,
    ) -> None:
        self._options = options
        self._account = account
        self._client = client
        self._galleries = galleries
        self._v3 = v3
        self._capabilities = reader_capabilities(options)

    @property
    def account(self) -> AccountId:
        return self._account

    @property
    def capabilities(self) -> ReaderCapabilities:
        return self._capabilities

    async def whoami(self) -> AccountInfo:
        """Sign in, enter the organisation and read the session (PS A6: only `user_id` is CONFIRMED)."""
        item = await self._client.item(
            "/user/session", about="look at the session", lane=Lane.NORMAL, query={"include": "organizations"}
        )
        person = text(item.attributes.get("email")) or text(item.attributes.get("user_id")) or item.id
        return AccountInfo(person=person, organisation=self._organisation(item))

    def _organisation(self, session: WireItem) -> str:
        """The organisation's name where the session tells it, else its id."""
        found = session.includes.get("organizations")
        for it in found.get("data") or () if isinstance(found, Mapping) else ():
            if isinstance(it, Mapping) and it.get("id") == self._options.org_id:
                return text((it.get("attributes") or {}).get("name")) or self._options.org_id
        return self._options.org_id

    # listings ---------------------------------------------------------------------------------------------------------

    def changed(self, window: Window, *, lane: Lane) -> AsyncIterator[ListingPage]:
        """By E17; an edit after `window.end` moves an asset out of the window while it is listed, which the scan bears."""
        query = protocol.changed_query(self._options.org_id, window)
        return self._list("/media", query, "list what changed", lane)

    def everything(self, *, lane: Lane) -> AsyncIterator[ListingPage]:
        """By E18, or E17 where the account is set so."""
        org = self._options.org_id
        if self._options.sweep is Sweep.SEARCH:
            return self._list("/search", protocol.sweep_query(org), "list the library", lane)
        return self._list("/media", protocol.media_query(org), "list the library", lane)

    def containers(self, *, lane: Lane) -> AsyncIterator[Container]:
        """Galleries, a gallery once for each place where it stands. A slash within a name is shown as U+2215."""
        return self._galleries.walk(lane)

    def members(self, container: RemoteId, *, lane: Lane) -> AsyncIterator[ListingPage]:
        """By E11, the latest added first; counted by E12 where the pages do not say how many there are."""
        gallery = f"/galleries/{quote(container, safe='')}"

        async def count() -> int | None:
            reply = await self._client.get(f"{gallery}/child-count", about=f"count gallery {container}", lane=lane)
            return self._client.parsed(parse_count, reply, f"count gallery {container}")

        about = f"list gallery {container}"
        return self._list(f"{gallery}/children", protocol.MEMBERS_QUERY, about, lane, count)

    async def _list(
        self,
        path: str,
        query: Mapping[str, str],
        about: str,
        lane: Lane,
        count: Callable[[], Awaitable[int | None]] | None = None,
    ) -> AsyncIterator[ListingPage]:
        async def fetch(number: int, size: int) -> Page[Sighting]:
            page = await self._client.page(path, about=about, lane=lane, query=protocol.paged(query, number, size))
            return records.sightings(page)

        size = self._options.per_page
        async for page in whole_listing(fetch, key=_id_of, size=size, about=about, count=count):
            yield ListingPage(tuple(page.items), page.total)

    # one asset --------------------------------------------------------------------------------------------------------

    async def read(self, remote_id: RemoteId, *, groups: frozenset[str], lane: Lane) -> NativeRecord | Missing:
        """One call for base and IPTC of an image (PS E19), one more each for `custom` (E25) and `containers` (E30) unless
        they came along, and what `license` takes. A group that this account does not show stays unread."""
        about = f"read asset {remote_id}"
        query = self._includes(remote_id, groups)
        reply = await self._client.get(protocol.media_path(remote_id), about=about, lane=lane, query=query)
        if not reply.ok and (gone := protocol.missing(reply, remote_id)) is not None:
            return await self._proven(gone, about, lane)
        item = self._client.parsed(parse_item, reply, about)
        self._client.check_organisation(item, about)
        kind = records.media_type_of(item, text(item.attributes.get("file_name"))) or MediaType.DOCUMENT
        got = groups & {records.IPTC, records.CUSTOM, records.CONTAINERS} | {records.BASE}
        extra: dict[str, NativeValue] = {}
        places: tuple[Container, ...] = ()
        if records.IPTC in groups:
            extra |= await self._described(item, kind, lane)
        if records.CUSTOM in groups and records.has_custom_metadata(kind):
            tags = item.included("custom-metadata")
            tags = tags or await self._part(item.id, "/custom-metadata", optional=kind is MediaType.VIDEO, lane=lane)
            extra |= records.custom_fields(tags) if tags else {}
        if records.CONTAINERS in groups:
            places = await self._galleries.places(await self._galleries_of(item, lane), lane)
        if records.LICENSE in groups and (end := await self._licence_end(item, kind, lane)) is not None:
            got |= {records.LICENSE}
            extra |= {"license_etime": end} if end else {}
        return records.record_of(self._account, item, extra=extra, containers=places, groups=got)

    def _includes(self, remote_id: RemoteId, groups: frozenset[str]) -> dict[str, str]:
        """What is asked to come along: `iptc` is CONFIRMED, more is INFERRED (PS E19)."""
        wanted = ["iptc"] if records.IPTC in groups and records.may_have_iptc(remote_id) else []
        if Guess.MORE_INCLUDES in self._options.proven:
            wanted += [name for group, name in _INCLUDES.items() if group in groups]
        return {"include": ",".join(wanted)} if wanted else {}

    async def _proven(self, gone: Missing, about: str, lane: Lane) -> Missing:
        """Hidden only counts when the fresh session that was refused is good elsewhere, and in our organisation."""
        if gone.absence is Absence.HIDDEN:
            if not await self._client.session_is_good(lane=lane):
                raise TryLater(f"Could not {about}: the session is refused everywhere. Nothing is known of the asset.")
            if await self._client.still_ours(lane) is False:
                raise TryLater(f"Could not {about}: the session stood in another organisation. It is back.")
        return gone

    async def _described(self, item: WireItem, kind: MediaType, lane: Lane) -> dict[str, NativeValue]:
        """IPTC of an image, which came along (else E21); technical and descriptive metadata of other kinds (E24)."""
        if kind in IMAGES:
            iptc = item.included("iptc") or await self._part(item.id, "/iptc", optional=False, lane=lane)
            return records.iptc_fields(iptc.attributes) if iptc else {}
        found = await self._part(item.id, "/metadata", optional=True, lane=lane)
        return records.technical_fields(found.attributes) if found else {}

    async def _part(self, remote_id: str, rest: str, *, optional: bool, lane: Lane) -> WireItem | None:
        """A part of an asset that is surely there; where the part is `optional` a 404 means that there is none."""
        about = f"read {rest[1:]} of asset {remote_id}"
        path = protocol.media_path(remote_id, rest)
        reply = await self._client.get(path, about=about, lane=lane, optional=optional)
        if optional and reply.status == 404:
            return None
        return self._client.parsed(parse_item, reply, about)

    async def _licence_end(self, item: WireItem, kind: MediaType, lane: Lane) -> str | None:
        """The License Expiration Date of an image or video as the service spells it, empty where it has none; None where
        it may not be known: the account has no proven way to it, or that way does not show this file."""
        via = self._options.license_via
        if via is ByVersion.NONE:
            return None
        if not records.has_custom_metadata(kind):
            return ""
        if via is ByVersion.V4:  # PS 8, INFERRED
            found = await self._part(item.id, "/license", optional=True, lane=lane)
            return text(found.attributes.get("license_etime")) if found else None
        for gallery in await self._galleries_of(item, lane):  # PS U7, SINGLE
            end = await self._v3.licence_end(gallery.id, item.id, lane=lane)
            if end is not None:
                return end
        return None

    async def galleries_of(self, remote_id: RemoteId, lane: Lane) -> frozenset[RemoteId]:
        """The galleries in which a file stands now."""
        return frozenset(it.id for it in await self._listed_galleries(remote_id, lane))

    async def places_of(self, remote_id: RemoteId, lane: Lane) -> tuple[Container, ...]:
        """The same with their paths, one for each collection that a gallery stands in."""
        return await self._galleries.places(await self._listed_galleries(remote_id, lane), lane)

    async def _galleries_of(self, item: WireItem, lane: Lane) -> list[Gallery]:
        found: Any = item.includes.get("galleries")
        if isinstance(found, Mapping) and Guess.MORE_INCLUDES in self._options.proven:
            return [gallery_of(it) for it in item.all_included("galleries")]
        return await self._listed_galleries(RemoteId(item.id), lane)

    async def _listed_galleries(self, remote_id: RemoteId, lane: Lane) -> list[Gallery]:
        about = f"list the galleries of asset {remote_id}"
        query = {"mode": "library", "include": "gallery"}  # PS E30, CONFIRMED

        async def fetch(number: int, size: int) -> Page[WireItem]:
            path = protocol.media_path(remote_id, "/galleries")
            page = await self._client.page(path, about=about, lane=lane, query=protocol.paged(query, number, size))
            return Page(page.items, page.total)

        found: dict[RemoteId, Gallery] = {}
        async for page in whole_listing(fetch, key=lambda it: it.id, size=self._options.per_page, about=about):
            found |= {it.id: it for it in map(gallery_of, page.items)}
        return list(found.values())

    @asynccontextmanager
    async def original(self, remote_id: RemoteId, *, lane: Lane) -> AsyncIterator[ByteStream]:
        """The bytes as they were uploaded (PS E28), from where they were cut where byte ranges are proven. `MovedOn`
        where the asset is not there any more."""
        resumes = self._capabilities.byte_ranges.usable
        stamp = await self._stamp(remote_id, lane) if resumes else ""
        rest = partial(self._rest, remote_id, stamp, lane)
        for first in (True, False):
            async with self._client.download(remote_id, lane=lane) as found:
                stream = resumed(found, rest) if resumes else found.stream
                if stream is not None:
                    yield stream
                    return
            refusal = self._client.refusal(found.reply, f"give out the original of asset {remote_id}")
            if not (first and isinstance(refusal, MovedOn) and await self._client.still_ours(lane) is not True):
                raise refusal

    @asynccontextmanager
    async def _rest(self, remote_id: RemoteId, stamp: str, lane: Lane, start: int) -> AsyncIterator[Download]:
        """The download from a byte on. A file that was replaced meanwhile is never put together out of two."""
        if await self._stamp(remote_id, lane) != stamp:
            raise TryLater(f"Could not fetch asset {remote_id} to its end: it was replaced meanwhile.")
        async with self._client.download(remote_id, start=start, lane=lane) as found:
            yield found

    async def _stamp(self, remote_id: RemoteId, lane: Lane) -> str:
        """What moves when the bytes do: size and modified time (PS E19)."""
        about = f"look at asset {remote_id}"
        said = (await self._client.item(protocol.media_path(remote_id), about=about, lane=lane)).attributes
        return ":".join(text(said.get(it)) for it in ("file_size", "updated_at", "modified_at"))

    async def close(self) -> None:
        """Sign out. The connections belong to whoever opened them."""
        await self._client.sign_out()


def _id_of(sighting: Sighting) -> str:
    return sighting.remote_id
