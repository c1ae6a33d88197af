"""v4: many files in one ZIP (PS E29)."""

from __future__ import annotations

import asyncio
import zipfile
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Final

from dambridge_sim.kit.blobs import Blob, Blobs
from dambridge_sim.kit.call import Call, Reply
from dambridge_sim.kit.confidence import Confidence
from dambridge_sim.kit.lookup import Document
from dambridge_sim.photoshelter import errors
from dambridge_sim.photoshelter.parameters import Parameters
from dambridge_sim.photoshelter.routes import Route, route
from dambridge_sim.photoshelter.site import Site

_OPTIONS: Final = {
    "image": ("original", "jpeg"),
    "video": ("original", "mp4"),
    "audio": ("original",),
    "document": ("original",),
}


class Batch:
    """The operations of E29."""

    def __init__(self, site: Site) -> None:
        """Work on `site`."""
        self._site = site

    def routes(self) -> list[Route]:
        """Return the operations."""
        single = Confidence.SINGLE
        return [
            route("GET", "/media/batch/download", self.download, single, "PS E29"),
            route("GET", "/media/batch/download/options", self.options, single, "PS E29"),
        ]

    async def download(self, call: Call) -> Reply:
        """E29: a ZIP of originals: of a workspace, or of `media_ids` (INFERRED)."""
        files = self._files(call)
        reply = Reply(200, {"content-type": "application/zip"})
        reply.headers["content-disposition"] = 'attachment; filename="photoshelter.zip"'
        reply.stream = _sent(_zipped(files, self._site.world.blobs))
        return reply

    async def options(self, call: Call) -> Reply:
        """E29: which file types each kind of file can be had in (body INFERRED)."""
        kinds = sorted({doc["media"] for doc in self._files(call)})
        shown = [{"type": kind, "download_filetype": list(_OPTIONS[kind])} for kind in kinds]
        return self._site.reply(call, {"type": "download-options", "attributes": {"options": shown}})

    def _files(self, call: Call) -> Sequence[Document]:
        parameters = Parameters(call.query)
        org_id = self._site.org(call)
        if workspace_id := parameters.text("workspace_id").strip():
            call.touch(workspace_id)
            if self._site.workspaces.get(org_id, workspace_id) is None:
                raise errors.not_found("workspace")
            found = self._site.world.documents.every("asset", self._site.workspaces.files(workspace_id))
            return [self._site.file(call, each) for each in found]
        call.confidence = Confidence.INFERRED
        identifiers = parameters.words("media_ids")
        if not identifiers:
            raise errors.bad_request("One of the parameters workspace_id and media_ids is required.")
        return [self._site.file(call, each) for each in identifiers]


class _Pieces:
    """A file for `zipfile` that only ever goes forward and gives away what was written."""

    def __init__(self) -> None:
        self._held: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._held.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing to do: pieces are taken, not flushed."""

    def taken(self) -> bytes:
        data = b"".join(self._held)
        self._held.clear()
        return data


def _zipped(files: Sequence[Document], blobs: Blobs) -> Iterator[bytes]:
    """Yield a ZIP of stored files; equal names get a number, as every packer does."""
    out, used = _Pieces(), set[str]()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED, allowZip64=True) as packed:  # type: ignore[call-overload]
        for doc in files:
            blob = Blob.from_json(doc["blob"])
            with packed.open(entry_name(doc["file_name"], used), "w", force_zip64=True) as entry:
                for data in blobs.chunks(blob, 0, blob.size):
                    entry.write(data)
                    yield out.taken()
    yield out.taken()


def entry_name(file_name: str, used: set[str]) -> str:
    """Return a name that is not used yet, with a number where it must be, and note it as used."""
    stem, dot, ending = file_name.rpartition(".")
    stem, tail = (stem, dot + ending) if stem else (file_name, "")
    name, number = file_name, 1
    while name in used:
        number += 1
        name = f"{stem}-{number}{tail}"
    used.add(name)
    return name


async def _sent(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    for data in pieces:
        if data:
            yield data
        await asyncio.sleep(0)
