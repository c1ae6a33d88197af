"""PhotoShelter as a source of assets: `connect` makes an `AssetReader` over the client."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Final
from urllib.parse import quote

from dambridge.connectors.kit import Http, Retries
from dambridge.connectors.kit.paging import Page, whole_listing
from dambridge.connectors.photoshelter import protocol
from dambridge.connectors.photoshelter.client import PhotoShelterClient
from dambridge.connectors.photoshelter.config import PhotoShelterOptions, Sweep
from dambridge.connectors.photoshelter.galleries import Gallery, GalleryPaths, gallery_of
from dambridge.connectors.photoshelter.wire import WireItem, parse_count, parse_item, text
from dambridge.model.identity import AccountId, RemoteId
from dambridge.model.records import Absence, Container, MediaType, Missing, NativeRecord, NativeValue
from dambridge.ports.capabilities import Proof, ReaderCapabilities
from dambridge.ports.clock import Clock
from dambridge.ports.errors import MovedOn, TryLater
from dambridge.ports.pace import Lane, Pacer
from dambridge.ports.systems import AccountInfo, AssetReader, ByteStream, ListingPage, Sighting, Window

DECLARED: Final = ReaderCapabilities(
    modified_window=Proof.DECLARED,  # PS E17, CONFIRMED-2019
    metadata_moves_modified=Proof.UNPROVEN,  # PS 8: unknown
    membership_moves_modified=Proof.UNPROVEN,  # PS 8: unknown
    newest_members_first=Proof.DECLARED,  # PS E11: sort_by=added_at, CONFIRMED
    custom_fields=Proof.DECLARED,  # PS E25, path CONFIRMED
    content_hash=Proof.ABSENT,  # PS E19: images have none; what other kinds show is passed on as a checksum
    byte_ranges=Proof.UNPROVEN,  # PS E28 does not speak of them
    originals=dict.fromkeys(MediaType, Proof.DECLARED),  # PS E28, CONFIRMED
)


def connect(
    options: PhotoShelterOptions,
    *,
    account: AccountId,
    pacer: Pacer,
    clock: Clock,
    http: Http,
    retries: Retries | None = None,
) -> AssetReader:
    """A reader for the account; nothing is sent before it is used. All connectors are made alike, hence `clock`: this
    one stamps nothing and asks it for nothing."""
    del clock
    client = PhotoShelterClient(options, account=account, pacer=pacer, http=http, retries=retries)
    return PhotoShelterReader(options, account, client)


class PhotoShelterReader:
    """An `AssetReader` over PhotoShelter's API v4."""

    def __init__(self, options: PhotoShelterOptions, account: AccountId, client: PhotoShelterClient) -> None:
        self._options = options
        self._account = account
        self._client = client
        self._galleries = GalleryPaths(client, page_size=options.per_page, keep=options.paths_kept_seconds)

    @property
    def account(self) -> AccountId:
        return self._account

    @property
    def capabilities(self) -> ReaderCapabilities:
        return DECLARED

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
            return protocol.sightings(page)

        size = self._options.per_page
        async for page in whole_listing(fetch, key=_id_of, size=size, about=about, count=count):
            yield ListingPage(tuple(page.items), page.total)

    # one asset --------------------------------------------------------------------------------------------------------

    async def read(self, remote_id: RemoteId, *, groups: frozenset[str], lane: Lane) -> NativeRecord | Missing:
        """One call for base and IPTC of an image (PS E19), one more each for `custom` (E25) and `containers` (E30)."""
        about = f"read asset {remote_id}"
        query = {"include": "iptc"} if protocol.IPTC in groups and protocol.may_have_iptc(remote_id) else {}
        reply = await self._client.get(protocol.media_path(remote_id), about=about, lane=lane, query=query)
        if (gone := protocol.missing(reply, remote_id)) is not None and gone.absence is Absence.DELETED:
            await self._client.enter_again(lane=lane)  # out of another organisation it is not there either
            reply = await self._client.get(protocol.media_path(remote_id), about=about, lane=lane, query=query)
        if (gone := protocol.missing(reply, remote_id)) is not None:
            return await self._proven(gone, about, lane)
        item = self._client.parsed(parse_item, reply, about)
        self._client.check_organisation(item, about)
        kind = protocol.media_type_of(item, text(item.attributes.get("file_name"))) or MediaType.DOCUMENT
        extra: dict[str, NativeValue] = {}
        places: tuple[Container, ...] = ()
        if protocol.IPTC in groups:
            extra |= await self._described(item, kind, lane)
        if protocol.CUSTOM in groups and protocol.has_custom_metadata(kind):
            tags = await self._part(item.id, "/custom-metadata", optional=kind is MediaType.VIDEO, lane=lane)
            extra |= protocol.custom_fields(tags) if tags else {}
        if protocol.CONTAINERS in groups:
            places = await self._galleries.places(await self._galleries_of(remote_id, lane), lane)
        got = groups & {protocol.IPTC, protocol.CUSTOM, protocol.CONTAINERS} | {protocol.BASE}
        return protocol.record_of(self._account, item, extra=extra, containers=places, groups=got)

    async def _proven(self, gone: Missing, about: str, lane: Lane) -> Missing:
        """Hidden only counts when the fresh session that was refused is good elsewhere."""
        if gone.absence is Absence.HIDDEN and not await self._client.session_is_good(lane=lane):
            raise TryLater(f"Could not {about}: the session is refused everywhere. Nothing is known of the asset.")
        return gone

    async def _described(self, item: WireItem, kind: MediaType, lane: Lane) -> dict[str, NativeValue]:
        """IPTC of an image, which came along (else E21); technical and descriptive metadata of other kinds (E24)."""
        if kind in {MediaType.IMAGE, MediaType.RAW}:
            iptc = item.included("iptc") or await self._part(item.id, "/iptc", optional=False, lane=lane)
            return protocol.iptc_fields(iptc.attributes) if iptc else {}
        found = await self._part(item.id, "/metadata", optional=True, lane=lane)
        return protocol.technical_fields(found.attributes) if found else {}

    async def _part(self, remote_id: str, rest: str, *, optional: bool, lane: Lane) -> WireItem | None:
        """A part of an asset that is surely there; where the part is `optional` a 404 means that there is none."""
        about = f"read {rest[1:]} of asset {remote_id}"
        reply = await self._client.get(protocol.media_path(remote_id, rest), about=about, lane=lane)
        if optional and reply.status == 404:
            return None
        return self._client.parsed(parse_item, reply, about)

    async def _galleries_of(self, remote_id: RemoteId, lane: Lane) -> list[Gallery]:
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
        """The bytes as they were uploaded (PS E28). `MovedOn` where the asset is not there any more."""
        for entered_again in (False, True):
            async with self._client.download(remote_id, lane=lane) as found:
                if found.stream is not None:
                    yield found.stream
                    return
            refusal = self._client.refusal(found.reply, f"give out the original of asset {remote_id}")
            if entered_again or not isinstance(refusal, MovedOn):
                raise refusal
            await self._client.enter_again(lane=lane)

    async def close(self) -> None:
        """Sign out. The connections belong to whoever opened them."""
        await self._client.sign_out()


def _id_of(sighting: Sighting) -> str:
    return sighting.remote_id
