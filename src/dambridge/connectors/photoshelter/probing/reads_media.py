"""Questions about files that can be answered by looking at some (PS 6.3; section 10, points 1, 6, 10)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from dambridge.connectors.photoshelter import protocol
from dambridge.connectors.photoshelter.probing.calls import Said
from dambridge.connectors.photoshelter.probing.library import ASKED_AS
from dambridge.connectors.photoshelter.probing.look import Answer, Entry, Look, entry, proof, unanswered
from dambridge.connectors.photoshelter.wire import WireItem, text, whole
from dambridge.model.records import MediaType
from dambridge.ports.capabilities import Proof

TIME_NAMES: Final = ("uploaded_at", "updated_at", "created_at", "modified_at")
_SMALL: Final = 5_000_000
_TASTE: Final = 4096
_NO_FILE: Final = "The library shows no file of the kind that this needs."
_PARTS: Final = ("iptc", "custom-metadata", "galleries")
_TAGGED: Final = (MediaType.IMAGE, MediaType.VIDEO)


async def time_names(look: Look) -> Answer:
    """Which of the four names appear (PS E19: uncertain)."""
    value: dict[str, list[str]] = {}
    for kind in ASKED_AS:
        for it in (await look.library.files(look.calls, kind))[:1]:
            value[kind.value] = [name for name in TIME_NAMES if it.attributes.get(name)]
    if not value:
        return unanswered(_NO_FILE)
    names = sorted({name for it in value.values() for name in it})
    return Answer(value=value, told=f"Files show their times as {', '.join(names) or 'nothing'}.")


async def hashes(look: Look) -> Answer:
    """Whether a hash is shown, per kind (PS E19: not of images)."""
    value: dict[str, bool] = {}
    for kind in ASKED_AS:
        files = await look.library.files(look.calls, kind)
        if files:
            value[kind.value] = any(text(it.attributes.get("hash")) for it in files)
    if not value:
        return unanswered(_NO_FILE)
    have = [str(kind) for kind, shown in value.items() if shown]
    told = f"A hash is shown of {', '.join(have)}." if have else "No file shows a hash."
    cells: dict[str, Proof] = {}
    if MediaType.IMAGE.value in value:
        cells = dict.fromkeys(("reader.content_hash", "archive.checksum"), proof(value[MediaType.IMAGE.value]))
    return Answer(value=value, told=told, cells=cells)


async def keywords(look: Look) -> Answer:
    """The type of keywords in the IPTC record (PS E21: unknown)."""
    for it in await look.library.files(look.calls, MediaType.IMAGE):
        said = await look.calls.get(protocol.media_path(it.id, "/iptc"))
        attributes = said.attributes()
        found = attributes.get("keywords") or attributes.get("keyword")
        if found:
            form = "list" if isinstance(found, list) else "text"
            warning = "A comma within a keyword cannot be told from one between two." if form == "text" else ""
            return Answer(value=form, told=f"Keywords come as {form}.", warning=warning)
    return unanswered("No image that was looked at has keywords.")


async def custom_metadata(look: Look) -> Answer:
    """Whether custom metadata can be read, and in which shape (PS E25). `known` lists fields and options that were met."""
    entries: list[Mapping[str, Any]] = []
    said: dict[MediaType, Said] = {}
    for kind in _TAGGED:
        for it in await look.library.files(look.calls, kind):
            said[kind] = await look.calls.get(protocol.media_path(it.id, "/custom-metadata"))
            found = said[kind].attributes().get("custom_metadata")
            entries += [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []
    if not entries:
        if MediaType.IMAGE in said and said[MediaType.IMAGE].absent:
            return Answer(
                value={"present": False},
                told="There is no custom metadata.",
                cells={"reader.custom_fields": Proof.ABSENT},
            )
        return unanswered("No file that was looked at has custom metadata." if said else _NO_FILE)
    known = {
        str(it.get("field_id")): str(it.get("option_id"))
        for it in entries
        if it.get("field_id") and it.get("option_id")
    }
    values = {str(it.get("field_id")): str(it.get("value")) for it in entries if it.get("field_id") in known}
    options = {field: {option: values.get(field, option)} for field, option in known.items()}
    keys = sorted({str(k) for it in entries for k in it})
    value = {"present": True, "keys": keys, "known": known, "values": values}
    return Answer(
        value=value,
        told=f"Custom metadata comes as entries with {', '.join(keys)}.",
        cells={"reader.custom_fields": Proof.PROVEN},
        suggests={"custom_fields": options},
        administrator="Only fields and options that were met are known: write the others into `custom_fields` by hand.",
    )


async def ml_metadata(look: Look) -> Answer:
    """Whether automated tags can be read (PS E26, SINGLE)."""
    return await _part(look, "/ml-metadata", "Automated tags")


async def xmp(look: Look) -> Answer:
    """PS E23, SINGLE."""
    return await _part(look, "/xmp", "XMP")


async def versions(look: Look) -> Answer:
    """PS E31, SINGLE."""
    return await _part(look, "/versions", "Versions")


async def _part(look: Look, rest: str, what: str) -> Answer:
    files = await look.library.files(look.calls, MediaType.IMAGE)
    if not files:
        return unanswered(_NO_FILE)
    said = await look.calls.get(protocol.media_path(files[0].id, rest))
    if said.ok:
        return Answer(value=True, told=f"{what} can be read.")
    if said.absent:
        return Answer(value=False, told=f"{what} cannot be read ({said.in_words}).")
    return unanswered(f"{what} could not be read of the one file that was tried: {said.in_words}.")


async def license_v4(look: Look) -> Answer:
    """Whether v4 has the licence date (INFERRED path), and how it is written."""
    said = None
    for it in await look.library.files(look.calls, MediaType.IMAGE):
        said = await look.calls.get(protocol.media_path(it.id, "/license"))
        if said.absent:
            return Answer(value={"present": False}, told="API v4 has no licence date.", ask_vendor=_LICENSE)
        if said.ok and (found := said.attributes().get("license_etime")) not in (None, ""):
            value = {"present": True, "format": date_form(found)}
            return Answer(value=value, told="API v4 shows the licence date.", suggests={"license_via": "v4"})
    if said is None or not said.ok:
        return unanswered(_NO_FILE if said is None else f"The licence was refused: {said.in_words}.")
    return Answer(
        value={"present": True, "format": None}, told="API v4 has a licence; no file that was looked at has a date."
    )


async def license_v3(look: Look) -> Answer:
    """The licence date by v3 (PS U7, SINGLE), of the first galleries."""
    seen = False
    extend = json.dumps({"Image": {"fields": "*"}, "License": {"fields": "license_etime"}})
    for it in (await look.library.containers(look.calls, "galleries"))[:10]:
        said = await look.calls.v3("GET", f"/gallery/{it.id}/media", {"extend": extend, "page": "1", "per_page": "50"})
        if said.absent:
            return Answer(
                value={"present": False}, told=f"API v3 shows no licence ({said.in_words}).", ask_vendor=_LICENSE
            )
        rows = said.dig("data", "GalleryMedia")
        for found in _licenses(rows):
            seen = True
            if found not in (None, ""):
                value = {"present": True, "format": date_form(found)}
                better = (look.value("license.v4") or {}).get("present")
                suggests = {} if better else {"license_via": "v3"}
                return Answer(value=value, told="API v3 shows the licence date.", suggests=suggests)
    if not seen:
        return unanswered("No file with a licence record was met in the first galleries.", ask_vendor=_LICENSE)
    return Answer(
        value={"present": True, "format": None}, told="API v3 has a licence; no file that was looked at has a date."
    )


def _licenses(rows: Any) -> list[Any]:
    found = []
    for row in rows if isinstance(rows, list) else []:
        for tie in row.values() if isinstance(row, Mapping) else []:
            licence = tie.get("License") if isinstance(tie, Mapping) else None
            if isinstance(licence, Mapping) and "license_etime" in licence:
                found.append(licence["license_etime"])
    return found


def date_form(found: Any) -> str:
    """How a date is written: media times, a day, seconds since 1970, container times, or not known."""
    said = text(found)
    if said.lstrip("-").isdigit():
        return "epoch"
    if said.endswith((" GMT", " UTC")):
        return "media"
    if "T" in said:
        return "container"
    return "date" if len(said) == 10 and said.count("-") == 2 else "unknown"


async def includes(look: Look) -> Answer:
    """Which parts come along with a file when asked for (PS E19: `iptc` CONFIRMED, the others INFERRED)."""
    files = await look.library.files(look.calls, MediaType.IMAGE)
    if not files:
        return unanswered(_NO_FILE)
    found = (await look.calls.get(protocol.media_path(files[0].id), include=",".join(_PARTS))).item()
    if found is None:
        return unanswered("A file asked for with more parts was refused.")
    value = {part: part in found.includes for part in _PARTS}
    there = [part for part, came in value.items() if came]
    return Answer(value=value, told=f"With a file come along: {', '.join(there) or 'nothing'}.")


# bytes --------------------------------------------------------------------------------------------------------------


async def ranges(look: Look) -> Answer:
    """Whether a download answers to `Range` (PS E28 does not speak of it)."""
    for kind in ASKED_AS:
        for it in await look.library.files(look.calls, kind):
            if (whole(it.attributes.get("file_size")) or 0) < 32:
                continue
            asked = {"download_filetype": "original", "download_image_embed": "false"}
            got = await look.calls.bytes_of(it.id, asked, limit=_TASTE, headers={"Range": "bytes=8-15"})
            if not got.ok:
                return unanswered(f"The download was refused: HTTP {got.status} {got.error}.")
            works = got.status == 206 and got.size == 8
            told = f"A download {'gives' if works else 'does not give'} parts of a file."
            return Answer(value=works, told=told, cells={"reader.byte_ranges": proof(works)})
    return unanswered(_NO_FILE)


async def embeds(look: Look) -> Answer:
    """Whether a download that does not say `download_image_embed` has metadata embedded: three downloads compared."""
    for it in await look.library.files(look.calls, MediaType.IMAGE):
        if not 0 < (whole(it.attributes.get("file_size")) or 0) <= _SMALL:
            continue
        asked = {"download_filetype": "original"}
        plain, bare, full = [
            await look.calls.bytes_of(it.id, {**asked, **more}, limit=2 * _SMALL)
            for more in ({}, {"download_image_embed": "false"}, {"download_image_embed": "true"})
        ]
        if not (plain.ok and bare.ok and full.ok) or bare.digest == full.digest:
            continue
        value = {bare.digest: False, full.digest: True}.get(plain.digest)
        if value is None:
            continue
        told = "has metadata embedded" if value else "is the file as it was uploaded"
        return Answer(value=value, told=f"A download that says nothing of embedding {told}.")
    return unanswered("No small image was met whose download differs with and without embedding.")


async def originals(look: Look) -> Answer:
    """Whether the original can be had, per kind: as long as `file_size` says."""
    value: dict[str, bool] = {}
    refused: dict[str, str] = {}
    for kind in ASKED_AS:
        for it in (await look.library.files(look.calls, kind))[:1]:
            fits, why = await _original(look, it)
            if fits:
                value[kind.value] = True
            else:
                refused[kind.value] = why
    if not value:
        return unanswered(next(iter(refused.values()), _NO_FILE))
    return Answer(
        value=value,
        told=f"Originals can be had of {', '.join(value)}.",
        cells={f"reader.originals.{kind}": Proof.PROVEN for kind in value},
        warning=" ".join(f"{kind}: {why}" for kind, why in refused.items()),
    )


async def _original(look: Look, item: WireItem) -> tuple[bool, str]:
    asked = {"download_filetype": "original", "download_image_embed": "false"}
    size = whole(item.attributes.get("file_size"))
    small = size is not None and size <= _SMALL
    got = await look.calls.bytes_of(item.id, asked, limit=(2 * _SMALL) if small else _TASTE)
    if not got.ok:
        return False, f"The original of {item.id} was refused: HTTP {got.status} {got.error}."
    length = got.size if got.whole else got.announced
    if size is None or length is None or length != size:
        return False, f"The original of {item.id} has {length} bytes and should have {size}."
    return True, ""


_LICENSE: Final = (
    "Where does API v4 show, and let us set, the License Expiration Date of a file, and in which format is "
    "`license_etime`?"
)

QUESTIONS: Final[tuple[Entry, ...]] = (
    entry("media.time_names", "Under which names do files show their times?", "PS E19", time_names),
    entry("media.includes", "Which parts come along with a file?", "PS E19", includes),
    entry("media.hash", "Of which kinds of file is a hash shown?", "PS E19", hashes),
    entry("iptc.keywords", "Do keywords come as text or as a list?", "PS 10.6, E21", keywords),
    entry("custom.read", "Can custom metadata be read, and in which shape?", "PS E25", custom_metadata),
    entry("ml_metadata", "Can automated tags be read?", "PS E26", ml_metadata),
    entry("xmp", "Can the XMP of a file be read?", "PS E23", xmp),
    entry("versions.read", "Can versions be read?", "PS E31", versions),
    entry("license.v4", "Does v4 show the licence date, and how is it written?", "PS 10.10, 8", license_v4),
    entry("license.v3", "Does v3 show the licence date, and how is it written?", "PS 10.10, U7", license_v3),
    entry("download.ranges", "Does a download give parts of a file?", "PS E28", ranges),
    entry("download.embeds", "Does a plain download have metadata embedded?", "PS E28", embeds),
    entry("download.originals", "Of which kinds can the original be had?", "PS E28", originals),
)
