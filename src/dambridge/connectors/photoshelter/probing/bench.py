"""The tools for writing questions: files of ours in the scratch gallery, and edits in whichever form the account takes."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from dambridge.connectors.photoshelter import protocol
from dambridge.connectors.photoshelter.probing.calls import Said
from dambridge.connectors.photoshelter.probing.learnt import FORMS, UPLOAD_FORMS, Upload
from dambridge.connectors.photoshelter.probing.look import Answer, Entry, Look, entry
from dambridge.connectors.photoshelter.probing.samples import Sample, sample
from dambridge.connectors.photoshelter.probing.scratch import GALLERIES, Place, children, media
from dambridge.connectors.photoshelter.wire import text
from dambridge.model.records import MediaType
from dambridge.ports.errors import Refused
from dambridge.ports.probing import Mutation

APPEARS_WITHIN: Final = 120.0
"""Seconds that an upload may be worked on before it is given up."""


class Work:
    """The tools of one question."""

    def __init__(self, look: Look) -> None:
        self.look = look
        self.bench = look.bench

    @property
    def gallery(self) -> Place:
        found = self.look.scratch.gallery
        if found is None:
            raise Refused("No scratch container is open; nothing is written.")
        return found

    async def new_gallery(self, word: str) -> Place:
        """One more private gallery of ours."""
        return await self.look.scratch.container(self.look.calls, GALLERIES, self.look.scratch.stem(word))

    # files ------------------------------------------------------------------------------------------------------------

    async def file(self, kind: MediaType = MediaType.IMAGE) -> str:
        """A file of ours in the scratch gallery, there to be read. Raises `Refused` where none can be brought there."""
        if kind not in self.bench.files:
            self.bench.files[kind] = await self.another(kind)
        return self.bench.files[kind]

    async def another(self, kind: MediaType = MediaType.IMAGE, gallery: Place | None = None) -> str:
        """One more file of ours, by v4 or else by v3."""
        done = await self.upload_v4(kind, gallery)
        if not done.media_id and self.look.calls.sessions.has_v3:
            done = await self.upload_v3(kind, gallery)
        if not done.media_id:
            raise Refused(f"No {kind} could be uploaded to try this on: {done.said.in_words}.")
        await self.await_there(done.media_id)
        return done.media_id

    async def await_there(self, media_id: str) -> None:
        """Wait until a file can be read. Raises `Refused` where that takes too long."""
        if (await self.appearance(media_id))[1] is None:
            raise Refused(f"The upload {media_id} was accepted and could not be read within {APPEARS_WITHIN:.0f} s.")

    async def appearance(self, media_id: str) -> tuple[float, float | None]:
        """When a file was last known not to be readable, and when first: seconds after the upload's reply."""
        if media_id not in self.bench.appeared:

            async def there() -> bool:
                return (await media(self.look.calls, media_id)).ok

            self.bench.appeared[media_id] = await self.look.rest.until(there, at_most=APPEARS_WITHIN)
        return self.bench.appeared[media_id]

    async def upload_v4(self, kind: MediaType, gallery: Place | None = None, made: Sample | None = None) -> Upload:
        """By E32, under the names that worked before or else each that may be meant."""
        made = made or sample(kind, self.look.scratch.stem(kind))
        target = gallery or self.gallery
        said = None
        for part, where in dict.fromkeys((self.bench.upload_form, *UPLOAD_FORMS)):
            form = {where: target.id, "searchable": "false"}
            before = await self._there(target)
            said = await self.look.calls.write("POST", "/media", form, file=made.part(part))
            if said.ok:
                self.bench.upload_form = (part, where)
                return await self._uploaded(made, said, target, before, f"{part}, {where}")
            if said.status not in {400, 404, 405, 422} or (said.status == 404 and said.error != protocol.NOT_FOUND):
                break
        assert said is not None  # noqa: S101 - there is a form to try
        return Upload(made, said)

    async def upload_v3(self, kind: MediaType, gallery: Place | None = None) -> Upload:
        """By U1. Raises `Refused` without a key for v3."""
        made = sample(kind, self.look.scratch.stem(kind))
        target = gallery or self.gallery
        before = await self._there(target)
        form = {"gallery_id": target.id, "f_searchable": "f"}
        said = await self.look.calls.v3("POST", "/mem/image/upload", form, made.part("file"))
        if not said.ok:
            return Upload(made, said)
        return await self._uploaded(made, said, target, before, "file, gallery_id")

    async def _there(self, target: Place) -> frozenset[str]:
        return frozenset(await children(self.look.calls, target) or ())

    async def _uploaded(self, made: Sample, said: Said, target: Place, before: frozenset[str], form: str) -> Upload:
        """The new file's id, from the reply or else from what is new in the gallery."""
        named = _named_in(said)
        found = named
        if not found:

            async def new() -> bool:
                return bool(await self._there(target) - before)

            await self.look.rest.until(new, at_most=APPEARS_WITHIN)
            found = next(iter(await self._there(target) - before), "")
        if found:
            self.look.scratch.files.add(found)
        return Upload(made, said, found, form, bool(named))

    # edits ------------------------------------------------------------------------------------------------------------

    async def patch(
        self, path: str, fields: Mapping[str, Any], holds: Callable[[], Awaitable[bool]], *, method: str = "PATCH"
    ) -> str:
        """Write fields in the form that is taken, proven by `holds` reading back; the form's name, empty where none is."""
        for form in dict.fromkeys((self.bench.patch_form, *FORMS)):
            said = await self.send(method, path, fields, form)
            if said.ok and await holds():
                self.bench.patch_form = form
                return form
            if said.absent or said.status in {401, 403}:
                return ""
        return ""

    async def send(self, method: str, path: str, fields: Mapping[str, Any], form: str) -> Said:
        """One write with its fields in a form, as JSON or in the address."""
        match form:
            case "json":
                return await self.look.calls.write(method, path, json=dict(fields))
            case "query":
                return await self.look.calls.write(method, path, query={k: str(v) for k, v in fields.items()})
            case _:
                return await self.look.calls.write(method, path, {k: str(v) for k, v in fields.items()})

    async def part(self, media_id: str, rest: str) -> Mapping[str, Any]:
        """Attributes of a part of a file as they stand."""
        return (await self.look.calls.get(protocol.media_path(media_id, rest))).attributes()

    async def tag(self, media_id: str, field: str) -> str:
        """The value of a custom field as it stands, empty where it is not set."""
        found = (await self.part(media_id, "/custom-metadata")).get("custom_metadata")
        rows = found if isinstance(found, list) else []
        return next(
            (text(it.get("value")) for it in rows if isinstance(it, Mapping) and it.get("field_id") == field), ""
        )

    async def caption(self, media_id: str, words: str) -> str:
        """Write a caption (PS E22) and read it back; the form that was taken."""

        async def holds() -> bool:
            return text((await self.part(media_id, "/iptc")).get("caption")) == words

        return await self.patch(protocol.media_path(media_id, "/iptc"), {"caption": words}, holds)

    async def digest(self, media_id: str, **query: str) -> str:
        """SHA-256 of a download, empty where it is refused."""
        asked = {"download_filetype": "original", "download_image_embed": "false", **query}
        got = await self.look.calls.bytes_of(media_id, asked, limit=1_000_000)
        return got.digest if got.ok else ""


def working(
    identifier: str,
    asks: str,
    reference: str,
    ask: Callable[[Work], Awaitable[Answer]],
    *mutations: Mutation,
    needs: tuple[str, ...] = (),
) -> Entry:
    """A question of the catalogue that writes."""

    async def at_work(look: Look) -> Answer:
        return await ask(Work(look))

    return entry(identifier, asks, reference, at_work, *mutations, needs=needs)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _named_in(said: Said) -> str:
    """The id in a reply to an upload: a v4 resource, or a v3 record (PS U1: shape INFERRED)."""
    found = said.item()
    if found is not None and found.id and found.type in {"image", "video", "audio", "document", "media", "doc"}:
        return found.id
    data = said.dig("data")
    for name, record in data.items() if isinstance(data, Mapping) else ():
        first = record[0] if isinstance(record, list) and record else record
        if isinstance(first, Mapping) and (identifier := text(first.get(f"{str(name).lower()}_id"))):
            return identifier
    return text(found.attributes.get("media_id")) if found else ""
