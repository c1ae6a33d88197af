"""Questions about what the site reads out of what it is given: metadata maps out of files (NX 10), Data Source Sync (NX 13.4)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from dambridge.connectors.netx import wire
from dambridge.connectors.netx.config import WriteRoute
from dambridge.connectors.netx.datasync import DataSyncFile
from dambridge.connectors.netx.probing.answers import Answer, NoAnswer
from dambridge.connectors.netx.probing.files import KEYWORDS, MARKED, pdf
from dambridge.connectors.netx.probing.imports import IMPORT_PICTURE, LONGEST
from dambridge.connectors.netx.probing.lab import Lab, entry
from dambridge.model.records import MediaType
from dambridge.ports.capabilities import Proof, route_cell
from dambridge.ports.probing import Mutation

_ROW: Final = Mutation(
    "writes a row for that picture into the data sync file, where one is configured",
    "the site's next Data Source Sync reads it",
    "the row is taken out",
)
_SOON: Final = timedelta(seconds=10)


async def metadata_map(lab: Lab) -> Answer:
    """Which embedded field fills which attribute: every field carries a value that names it (NX 10)."""
    marks, aside = await _marks(lab)
    asset = await lab.put(lab.bytes_of_its_own(marks))
    found: dict[str, list[str]] = {}

    async def settled() -> bool:
        nonlocal found
        before, found = found, _recognised(marks, await lab.read(asset))
        return bool(found) and found == before

    passed = await lab.measured(settled, longest=LONGEST)
    lab.fills_after = passed or timedelta(0)
    told = (
        f"{len(found)} embedded fields fill attributes on import"
        + (f", within {passed.total_seconds():.1f} s." if passed is not None else ".")
        if found
        else "No embedded field of those tried fills an attribute on import."
    )
    homes = _homes(found)
    return Answer(
        value=found,
        cells=_carried(MediaType.IMAGE, homes),
        suggests={"embedded_map": homes} if homes else {},
        told=f"{told} {aside}Attributes with a vocabulary take its terms alone and cannot be seen this way.",
        administrator="Compare the metadata maps (import and export switches) with this list: "
        + ("; ".join(f"{field} → {', '.join(names)}" for field, names in found.items()) or "none"),
    )


def _homes(found: Mapping[str, list[str]]) -> dict[str, str]:
    """Attribute to embedded field, of which the last in order counts (NX 10)."""
    return {name: home for home, names in sorted(found.items()) for name in names if name != "Name"}


def _carried(kind: MediaType, homes: Mapping[str, str]) -> dict[str, Proof]:
    """What files of a kind were seen to bring. That nothing was seen proves nothing: a site may read its files at night."""
    names = ["", *homes] if homes else []
    return {route_cell(WriteRoute.EMBEDDED, kind, it): Proof.PROVEN for it in names}


async def metadata_map_documents(lab: Lab) -> Answer:
    """Whether a document's embedded fields fill attributes as a picture's do; films and raw pictures are not made up."""
    marks, _ = await _marks(lab)
    asset = await lab.put(pdf(lab.new_name(""), marks), kind=".pdf")
    found: dict[str, list[str]] = {}

    async def settled() -> bool:
        nonlocal found
        before, found = found, _recognised(marks, await lab.read(asset))
        return bool(found) and found == before

    await lab.measured(settled, longest=lab.fills_after * 2 + _SOON)
    homes = _homes(found)
    return Answer(
        value=bool(homes),
        told=f"A document's embedded fields fill {len(homes)} attributes." if homes else "A document's fill none.",
        cells=_carried(MediaType.DOCUMENT, homes),
    )


async def _marks(lab: Lab) -> tuple[Mapping[str, str], str]:
    """The marks of every field. Keywords carry a term that the site has; where a tag attribute has none at all its
    vocabulary may be open and would gain the mark for good, so they are left out then."""
    tags = [await lab.terms(it) for it in await lab.definitions() if it.type == "tag"]
    if tags and all(tags):
        return {**MARKED, KEYWORDS: tags[0][0]}, ""
    return {name: mark for name, mark in MARKED.items() if name != KEYWORDS}, f"{KEYWORDS} was not tried. "


def _recognised(marks: Mapping[str, str], asset: wire.WireAsset) -> dict[str, list[str]]:
    held = {**(asset.attributes or {}), "Name": (asset.name,)}
    found: dict[str, list[str]] = {}
    for field, mark in marks.items():
        if names := sorted(name for name, values in held.items() if any(mark in it for it in values)):
            found[field] = names
    return found


async def data_sync(lab: Lab) -> Answer:
    """A row for a scratch asset in the file that the configuration names, until its value stands in the attribute or too
    long a time has passed: then nothing is known, for a site pulls when it wants to (NX 13.4)."""
    setup = lab.setup
    if setup.data_sync_file is None:
        raise NoAnswer("No `data_sync_file` is configured, so there is nothing that the site could pull.")
    attribute, name, value = await lab.text_attribute(), lab.new_name(".jpg"), "dbp pulled"
    asset, file = await lab.put(name=name), DataSyncFile(setup.data_sync_file)
    values = (
        {attribute: (value,)}
        if setup.data_sync_key in {"file_name", attribute}
        else {attribute: (value,), setup.data_sync_key: (name,)}
    )
    key = name if setup.data_sync_key == "file_name" else values[setup.data_sync_key][0]

    async def pulled() -> bool:
        return (await lab.values(asset)).get(attribute) == (value,)

    try:
        await file.want(asset, key, values)
        passed = await lab.measured(pulled, longest=LONGEST)
    finally:
        await file.forget(asset)
    if passed is None:
        raise NoAnswer(
            f"The site did not pull {attribute} within {LONGEST.total_seconds():g} seconds: it may do so later.",
            administrator="Start Data Source Sync by hand while `dambridge probe --write` runs, so that this can be seen.",
        )
    seconds = round(passed.total_seconds(), 2)
    return Answer(
        value={"seconds": seconds},
        told=f"The site pulled the data sync file within {seconds:g} s.",
        cells={route_cell(WriteRoute.DATA_SYNC): Proof.PROVEN},
    )


async def sync_lag(lab: Lab) -> Answer:
    """How long after an import embedded values come into the attributes: they come over what was written meanwhile."""
    marks, _ = await _marks(lab)
    asset = await lab.put(lab.bytes_of_its_own(marks))

    async def seen() -> bool:
        return bool(_recognised(marks, await lab.read(asset)))

    passed = await lab.measured(seen, longest=LONGEST)
    if passed is None:
        raise NoAnswer(f"No embedded value stood in an attribute within {LONGEST.total_seconds():g} seconds.")
    seconds = round(passed.total_seconds(), 2)
    told = f"Embedded values stand in the attributes {seconds:g} s after an import."
    late = seconds > 1
    return Answer(
        value={"seconds": seconds},
        told=told,
        warning=f"{told} What a flow writes before that may be written over, which is seen when it is next looked at."
        if late
        else "",
        administrator="Take the attributes that the flows write out of the import maps: the site fills them later."
        * late,
    )


PULLS: Final = (
    entry(
        metadata_map,
        "metadata_map",
        "Which embedded fields fill which attributes?",
        "NX 10",
        mutations=(IMPORT_PICTURE,),
    ),
    entry(
        metadata_map_documents,
        "metadata_map_documents",
        "Do those of documents too?",
        "NX 10",
        "metadata_map",
        mutations=(IMPORT_PICTURE,),
    ),
    entry(
        data_sync,
        "data_sync",
        "Does the site pull our data sync file?",
        "NX 13.4",
        mutations=(IMPORT_PICTURE, _ROW),
    ),
    entry(
        sync_lag,
        "sync_lag",
        "How late do embedded values come into the attributes?",
        "NX 10",
        "metadata_map",
        mutations=(IMPORT_PICTURE,),
    ),
)
