"""Questions about writing fields: IPTC, custom metadata, what E20 takes (PS E20, E22, 8; section 10.6)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from dambridge.connectors.photoshelter import protocol
from dambridge.connectors.photoshelter.probing.bench import Work, working
from dambridge.connectors.photoshelter.probing.learnt import FORMS
from dambridge.connectors.photoshelter.probing.look import Answer, Entry, proof, unanswered
from dambridge.connectors.photoshelter.probing.scratch import media
from dambridge.connectors.photoshelter.wire import text
from dambridge.model.records import MediaType
from dambridge.ports.capabilities import Proof
from dambridge.ports.probing import Mutation

FIELDS: Final = Mutation(
    "writes metadata of a file in the scratch gallery", "workflows that watch metadata, if any", "it goes with the file"
)
SHAPES: Final = ("option_ids", "values", "flat")
"""A field's option by id, by the words that people see, or as a parameter of the field's name (PS 8: guesses)."""
_IPTC: Final[Mapping[str, str]] = {
    "title": "Probe title",
    "headline": "Probe headline",
    "caption": "Probe caption",
    "caption_writer": "PW",
    "keywords": "first probe word,second probe word",
    "author": "Probe Author",
    "position": "Probe position",
    "credit": "Probe credit",
    "source": "Probe source",
    "copyright": "Probe copyright",
    "rights": "Probe rights",
    "instructions": "Probe instructions",
    "edit_status": "probe",
    "city": "Leeds",
    "state": "Yorkshire",
    "country": "United Kingdom",
    "country_iso": "GB",
    "location": "Probe place",
    "trans_ref": "PROBE-1",
    "web_statement": "https://example.invalid/rights",
}
"""Texts for the IPTC names (PS E21: INFERRED beyond author and caption)."""


async def iptc(work: Work) -> Answer:
    """Which forms of the body are taken, and which fields come back as written (PS E22: SINGLE)."""
    media_id = await work.file()
    path = protocol.media_path(media_id, "/iptc")
    forms: dict[str, bool] = {}
    said = None
    for form in FORMS:
        words = work.look.scratch.stem("caption")
        said = await work.send("PATCH", path, {"caption": words}, form)
        forms[form] = said.ok and text((await work.part(media_id, "/iptc")).get("caption")) == words
    taken = [form for form, works in forms.items() if works]
    if not taken:
        absent = said is not None and said.absent
        cell = {"archive.write_attributes": Proof.ABSENT} if absent else {}
        told = f"IPTC fields cannot be written ({said.in_words if said else 'nothing was tried'})."
        return Answer(value={"forms": forms}, told=told, cells=cell, ask_vendor=_IPTC_TEXT)
    work.bench.patch_form = taken[0]
    await work.send("PATCH", path, dict(_IPTC), taken[0])
    shown = await work.part(media_id, "/iptc")
    kept = {name: _same(name, words, shown.get(name)) for name, words in _IPTC.items()}
    cells = {f"archive.fields.{name}": proof(works) for name, works in kept.items()}
    lost = [name for name, works in kept.items() if not works]
    ours = taken[0] == FORMS[0]
    cells = {"archive.write_attributes": proof(ours and len(lost) < len(kept)), **(cells if ours else {})}
    return Answer(
        value={"forms": forms, "fields": kept},
        told=f"IPTC fields are written as {taken[0]}; {'lost were ' + ', '.join(lost) if lost else 'all came back'}.",
        cells=cells,
        warning="" if ours else f"We write forms, which are not taken here; {taken[0]} would be.",
    )


def _same(name: str, words: str, shown: Any) -> bool:
    """Whether a field shows what was written; keywords as text or as a list (PS E21)."""
    if name != "keywords":
        return bool(shown == words)
    found = shown if isinstance(shown, list) else text(shown).split(",")
    return [text(it).strip() for it in found] == words.split(",")


async def custom(work: Work) -> Answer:
    """In which shapes custom metadata can be set, with a field and an option that were met in the library (PS 8: INFERRED)."""
    read = work.look.value("custom.read") or {}
    known = read.get("known") or {}
    if not known:
        return unanswered("No custom field with an option was met, so none can be tried.", ask_vendor=_CUSTOM_TEXT)
    field, option = next(iter(sorted(known.items())))
    tag = Tag(field, option, str((read.get("values") or {}).get(field, option)))
    media_id, forms = await work.file(), dict.fromkeys(SHAPES, "")
    for shape in SHAPES:
        if await work.tag(media_id, field):
            media_id = await work.another()  # taking a tag away is not known to work
        forms[shape] = await retag(work, media_id, tag, shape)
    taken = [shape for shape, form in forms.items() if form]
    value: dict[str, Any] = {
        "shapes": {shape: bool(form) for shape, form in forms.items()},
        "shape": taken[0] if taken else "absent",
    }
    value["ours"] = ours = forms[SHAPES[0]] == FORMS[0]
    cells = {f"archive.fields.custom.{it}": proof(ours) for it in known}
    if not taken:
        told = "Custom metadata could not be written in any form that was tried."
        return Answer(value=value, told=told, cells=cells, ask_vendor=_CUSTOM_TEXT)
    told = f"Custom metadata is written as {' or '.join(it.replace('_', ' ') for it in taken)}."
    warning = "" if ours else "We write option ids in a form, which is not taken here."
    return Answer(value=value, told=told, cells=cells, warning=warning)


@dataclass(frozen=True, slots=True)
class Tag:
    """A custom field with one of its options and the words that people see for it."""

    field: str
    option: str
    words: str


async def retag(work: Work, media_id: str, tag: Tag, shape: str) -> str:
    """Set the tag in this shape, or take it away where it is set; the form of the body that was taken, empty where none."""
    now = bool(await work.tag(media_id, tag.field))

    async def holds() -> bool:
        return bool(await work.tag(media_id, tag.field)) is not now

    new = "" if now else tag.words if shape == "values" else tag.option
    body = {tag.field: new} if shape == "flat" else {"custom_metadata": json.dumps({tag.field: new})}
    return await work.patch(protocol.media_path(media_id, "/custom-metadata"), body, holds)


async def settable(work: Work) -> Answer:
    """What E20 takes (SINGLE, names INFERRED). `searchable` publishes and is left alone."""
    media_id = await work.another(MediaType.IMAGE)
    name = f"{work.look.scratch.stem('renamed')}.jpg"
    wanted: dict[str, Any] = {
        "rating": 4,
        "flagged": True,
        "model_released": True,
        "property_released": True,
        "file_name": name,
    }
    forms = {field: await set_field(work, media_id, field, new) for field, new in wanted.items()}
    value = {field: bool(form) for field, form in forms.items()}
    taken = [field for field, works in value.items() if works]
    ours = {field: form == FORMS[0] for field, form in forms.items()}
    cells = {f"archive.fields.{field}": proof(works) for field, works in ours.items() if field != "file_name"}
    return Answer(
        value=value,
        told=f"Of a file can be set: {', '.join(taken) or 'nothing'}.",
        cells={**cells, "archive.rename": proof(ours["file_name"])},
        ask_vendor="" if len(taken) == len(value) else _E20_TEXT,
    )


async def set_field(work: Work, media_id: str, field: str, new: Any) -> str:
    """Set one attribute of E19 and read it back; the form that was taken, empty where none was."""

    async def holds() -> bool:
        return bool((await media(work.look.calls, media_id)).attributes().get(field) == new)

    sent = str(new).lower() if isinstance(new, bool) else new
    return await work.patch(protocol.media_path(media_id), {field: sent}, holds)


_IPTC_TEXT: Final = (
    "Which call of API v4 writes the IPTC fields of a file, in which form of body, and are keywords a list or text?"
)
_CUSTOM_TEXT: Final = (
    "Which calls of API v4 list the custom metadata fields with their options and set one for a file: path, form of the body, "
    "ids or values?"
)
_E20_TEXT: Final = "Which attributes of a file does PATCH /media/{id} of API v4 take, and in which form of body?"

QUESTIONS: Final[tuple[Entry, ...]] = (
    working("iptc.write", "Can IPTC fields be written, in which form?", "PS 10.6, E22", iptc, FIELDS),
    working("custom.write", "Can custom metadata be written?", "PS 10.6, 8", custom, FIELDS, needs=("custom.read",)),
    working("fields.write", "Which attributes of a file can be set?", "PS E20", settable, FIELDS),
)
