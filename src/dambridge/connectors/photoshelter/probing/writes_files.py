"""Questions that bring files: uploads, what becomes of them, versions, deletion (PS U1, E20, E31, E32; section 10.5, 10.11)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final
from urllib.parse import quote

from dambridge.connectors.photoshelter import protocol
from dambridge.connectors.photoshelter.config import UploadVia
from dambridge.connectors.photoshelter.probing.bench import Work, sha256, working
from dambridge.connectors.photoshelter.probing.learnt import UPLOAD_FORMS, Upload
from dambridge.connectors.photoshelter.probing.look import Answer, Entry, Look, entry, proof, unanswered
from dambridge.connectors.photoshelter.probing.samples import CAPTION, KINDS, sample
from dambridge.connectors.photoshelter.probing.scratch import children, media
from dambridge.connectors.photoshelter.probing.vendor import TRASH
from dambridge.connectors.photoshelter.wire import text
from dambridge.model.records import MediaType
from dambridge.ports.capabilities import Proof, route_cell
from dambridge.ports.probing import Mutation

WORKS: Final = "works"
REFUSED: Final = "refused"
ALTERED: Final = "altered"
LOST: Final = "not in the gallery"
LATE: Final = "not there in time"

UPLOADS: Final = Mutation(
    "brings tiny files into the scratch gallery",
    "whatever the organisation does with new files, automatic tags too",
    "they go to the trash, which no call empties",
)

VERSION: Final = Mutation(
    "gives a file in the scratch gallery a second version", "the processing of new files", "it goes with the file"
)
DELETION: Final = Mutation(
    "deletes a file of its own", "webhooks or mails about deletions, if any", "it stays in the trash"
)


async def upload_v4(work: Work) -> Answer:
    """Per kind: accepted, in the gallery, and byte for byte what was sent (PS E32: SINGLE)."""
    results, first = await _each(work, work.upload_v4)
    forms = {it.form for it in results.values() if it.form}
    value = {"kinds": first, "form": sorted(forms), "told": any(it.told for it in results.values())}
    works = [kind for kind, how in first.items() if how == WORKS]
    told = f"v4 takes uploads of {', '.join(works)}." if works else f"v4 takes no upload ({_why(results.values())})."
    ours = forms <= {", ".join(UPLOAD_FORMS[0])}
    return Answer(
        value=value,
        told=told,
        cells=_cells(UploadVia.V4, first if ours else dict.fromkeys(first, REFUSED)),
        ask_vendor="" if len(works) == len(KINDS) else _UPLOAD,
    )


async def upload_v3(work: Work) -> Answer:
    """Per kind, by v3 (PS U1: CONFIRMED for images)."""
    results, first = await _each(work, work.upload_v3)
    works = [kind for kind, how in first.items() if how == WORKS]
    told = f"v3 takes uploads of {', '.join(works)}." if works else f"v3 takes no upload ({_why(results.values())})."
    value = {"kinds": first, "told": any(it.told for it in results.values())}
    return Answer(value=value, told=told, cells=_cells(UploadVia.V3, first))


def _cells(via: UploadVia, kinds: Mapping[str, str]) -> dict[str, Proof]:
    """What was taken works and what was refused, spoilt or lost does not; what came late is not known."""
    return {route_cell(via, kind): proof(how == WORKS) for kind, how in kinds.items() if how != LATE}


async def _each(
    work: Work, upload: Callable[[MediaType], Awaitable[Upload]]
) -> tuple[dict[MediaType, Upload], dict[str, str]]:
    results: dict[MediaType, Upload] = {}
    said: dict[str, str] = {}
    for kind in KINDS:
        results[kind] = await upload(kind)
        said[kind.value] = await _judged(work, results[kind])
        if said[kind.value] == WORKS:
            work.bench.files.setdefault(kind, results[kind].media_id)
    return results, said


async def _judged(work: Work, done: Upload) -> str:
    if not done.media_id:
        return REFUSED
    if (await work.appearance(done.media_id))[1] is None:
        return LATE
    if done.media_id not in (await children(work.look.calls, work.gallery) or ()):
        return LOST
    same = await work.digest(done.media_id) == sha256(done.sample.content)
    return WORKS if same else ALTERED


def _why(results: Any) -> str:
    return next((it.said.in_words for it in results if not it.media_id), "nothing came of it")


async def route(look: Look) -> Answer:
    """Which way each kind may go: v4 where it works under the names that we use, else v3."""
    by_v4, by_v3 = (look.value(it) or {} for it in ("upload.v4", "upload.v3"))
    if not by_v4 and not by_v3:
        return unanswered("Neither way of uploading was tried.")
    ours = by_v4.get("form", []) in ([], [", ".join(UPLOAD_FORMS[0])])
    v4, v3 = by_v4.get("kinds", {}) if ours else {}, by_v3.get("kinds", {})
    value = {kind.value: "v4" if v4.get(kind) == WORKS else "v3" if v3.get(kind) == WORKS else "none" for kind in KINDS}
    told = ", ".join(f"{kind} not at all" if way == "none" else f"{kind} by {way}" for kind, way in value.items())
    return Answer(
        value=value,
        told=f"Uploads: {told}.",
        warning="" if ours else f"v4 takes uploads under other names than we use: {', '.join(by_v4['form'])}.",
    )


async def processing(work: Work) -> Answer:
    """How long after the reply a new file can be read."""
    media_id = await work.file()
    not_before, seen = work.bench.appeared.get(media_id, (0.0, 0.0))
    value = {"not_before": not_before, "seen": seen, "asynchronous": not_before > 0}
    late = f"appears {not_before:.0f} to {seen:.0f} s later" if not_before else "can be read at once"
    return Answer(value=value, told=f"An uploaded file {late}.")


async def reads_metadata(work: Work) -> Answer:
    """Whether caption and keywords that stand in the file fill the record."""
    media_id = await work.another()
    found = await work.part(media_id, "/iptc")
    caption = text(found.get("caption"))
    if caption not in ("", CAPTION):
        return unanswered("The record of a new file shows another caption than the file.")
    works = caption == CAPTION
    told = "fills the record" if works else "does not reach the record"
    return Answer(value=works, told=f"Metadata inside an uploaded file {told}.")


async def name_limit(work: Work) -> Answer:
    """A file name of 256 characters; 255 are allowed (product's help)."""
    value: dict[str, str] = {}
    for length in (255, 256):
        made = sample(MediaType.IMAGE, work.look.scratch.stem("name").ljust(length - 4, "x"))
        done = await work.upload_v4(MediaType.IMAGE, made=made)
        if not done.media_id:
            value[str(length)] = REFUSED
            continue
        await work.await_there(done.media_id)
        kept = text((await media(work.look.calls, done.media_id)).attributes().get("file_name"))
        value[str(length)] = "kept" if kept == made.file_name else "cut"
    if set(value.values()) == {REFUSED}:
        return unanswered("Uploads with long names were all refused.")
    return Answer(value=value, told=", ".join(f"a name of {k} characters is {v}" for k, v in value.items()) + ".")


async def delete(work: Work) -> Answer:
    """A deleted file is not found any more (PS E20: SINGLE)."""
    media_id = await work.another()
    said = await work.look.calls.write("DELETE", protocol.media_path(media_id))
    if not said.ok:
        gone = Proof.ABSENT if said.absent else Proof.UNPROVEN
        told = f"A file could not be deleted: {said.in_words}."
        return Answer(value=False, told=told, cells={"archive.discard": gone}, ask_vendor=TRASH)
    work.look.scratch.trashed.add(media_id)
    after = await media(work.look.calls, media_id)
    works = after.status == 404
    return Answer(
        value=works,
        told=f"A deleted file then answers {after.in_words}.",
        cells={"archive.discard": Proof.PROVEN if works else Proof.UNPROVEN},
    )


async def versions(work: Work) -> Answer:
    """A new version keeps the id; whether it is active at once (PS E31: SINGLE)."""
    media_id = await work.another()
    before = await work.digest(media_id)
    made = sample(MediaType.IMAGE, work.look.scratch.stem("version"))
    path = protocol.media_path(media_id, "/versions")
    said = await work.look.calls.write(
        "POST", path, {"version_label": "probe", "note": "probe"}, file=made.part("file")
    )
    if not said.ok:
        if said.absent:
            return Answer(
                value={"present": False}, told="There are no versions.", cells={"archive.versions": Proof.ABSENT}
            )
        return unanswered(f"A new version was refused: {said.in_words}.", ask_vendor=_VERSIONS)
    found, wanted = said.item(), sha256(made.content)
    version_id = found.id if found else ""
    now = await work.digest(media_id)
    at_once = now == wanted
    if not at_once and now != before:
        return unanswered("After a new version the download was neither the old nor the new file.")
    activated = at_once or await _activate(work, media_id, version_id, wanted)
    value = {"present": True, "active_at_once": at_once, "activates": activated}
    when = "is active at once" if at_once else "is active once it is activated" if activated else "never became active"
    return Answer(
        value=value,
        told=f"A new version {when}.",
        cells={"archive.versions": Proof.PROVEN if activated else Proof.ABSENT},
        ask_vendor="" if activated else _VERSIONS,
    )


async def _activate(work: Work, media_id: str, version_id: str, wanted: str) -> bool:
    if not version_id:
        return False
    path = protocol.media_path(media_id, f"/versions/{quote(version_id, safe='')}/activate")
    for method in ("POST", "PUT"):
        if (await work.look.calls.write(method, path)).ok and await work.digest(media_id) == wanted:
            return True
    return False


_UPLOAD: Final = (
    "Does POST /media of API v4 take uploads, under which parameter names (file, gallery), of which media types, up to "
    "which size, and is a file processed after the reply?"
)
_VERSIONS: Final = (
    "How does a client of API v4 replace a file by a new version: parameters, reply, and how is it made active?"
)

QUESTIONS: Final[tuple[Entry, ...]] = (
    working("upload.v4", "Which kinds of file does v4 take?", "PS 10.5, E32", upload_v4, UPLOADS),
    working("upload.v3", "Which kinds of file does v3 take?", "PS U1", upload_v3, UPLOADS),
    entry("upload.route", "Which way does each kind of file go?", "PS 8", route, needs=("upload.v4",)),
    working("upload.processing", "When can an uploaded file be read?", "PS 10.5", processing, UPLOADS),
    working("upload.metadata", "Do metadata inside a file fill the record?", "PS 10.5", reads_metadata, UPLOADS),
    working("upload.name_limit", "How long may a file's name be?", "PS 8", name_limit, UPLOADS),
    working("versions.write", "Can a file be replaced by a new version?", "PS E31", versions, UPLOADS, VERSION),
    working("file.delete", "Is a deleted file gone?", "PS 10.11, E20", delete, UPLOADS, DELETION),
)
