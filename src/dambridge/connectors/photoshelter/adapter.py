"""One PhotoShelter organisation with all that it offers: `connect` makes its facets over one session."""

from __future__ import annotations

from datetime import timedelta

from dambridge.connectors.kit import Http, Retries, StandardHintReader
from dambridge.connectors.photoshelter.abilities import Uploads
from dambridge.connectors.photoshelter.archive import PhotoShelterArchive
from dambridge.connectors.photoshelter.audience import PhotoShelterAudience
from dambridge.connectors.photoshelter.client import PhotoShelterClient
from dambridge.connectors.photoshelter.config import PhotoShelterOptions
from dambridge.connectors.photoshelter.folders import Folders
from dambridge.connectors.photoshelter.galleries import GalleryPaths
from dambridge.connectors.photoshelter.reading import PhotoShelterReader
from dambridge.connectors.photoshelter.searching import PhotoShelterFinder
from dambridge.connectors.photoshelter.v3 import V3Client
from dambridge.model.identity import AccountId, System
from dambridge.ports.clock import Clock
from dambridge.ports.connection import Connection
from dambridge.ports.pace import Pacer


def connect(
    options: PhotoShelterOptions,
    *,
    account: AccountId,
    pacer: Pacer,
    clock: Clock,
    http: Http,
    retries: Retries | None = None,
    uploads: Uploads | None = None,
) -> Connection:
    """The account's facets; nothing is sent before one is used. `uploads` is the call for each kind of file; without it the
    options alone say so. Each organisation has a session of its own, also where several have the same user. All connectors
    are made alike, hence `clock`: this one stamps nothing.

    PhotoShelter sends no hints (PS 8: no webhook is documented): they are those of somebody between. There are no attachments."""
    del clock
    client = PhotoShelterClient(options, account=account, pacer=pacer, http=http, retries=retries)
    v3 = V3Client(
        options, account=account, pacer=pacer, http=http, v4=client.session, mask=client.mask, retries=retries
    )
    galleries = GalleryPaths(client, page_size=options.per_page, keep=options.paths_kept_seconds)
    reader = PhotoShelterReader(options, account, client, galleries, v3)
    audience = PhotoShelterAudience(options, client, v3, reader)
    folders = Folders(client, galleries, audience, keep=options.paths_kept_seconds)
    archive = PhotoShelterArchive(options, client, reader, folders, v3, uploads=uploads)

    async def close() -> None:
        v3.forget()
        await client.sign_out()

    return Connection(
        account=account,
        system=System.PHOTOSHELTER,
        reader=reader,
        archive=archive,
        audience=audience,
        attachments=None,
        finder=PhotoShelterFinder(options, client),
        hints=_hints(options, account),
        close=close,
    )


def _hints(options: PhotoShelterOptions, account: AccountId) -> StandardHintReader | None:
    given = options.hooks
    if given is None:
        return None
    secrets = [it.get_secret_value() for it in given.secrets]
    return StandardHintReader(secrets, timedelta(seconds=given.window_seconds), account=account)
