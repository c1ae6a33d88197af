"""Questions that import files into the scratch folder: what the reply says, when the file is seen, what the site makes of it."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Final

from dambridge.connectors.netx import protocol as nx
from dambridge.connectors.netx import wire
from dambridge.connectors.netx.config import WriteRoute
from dambridge.connectors.netx.datasync import DataSyncFile
from dambridge.connectors.netx.probing.answers import Answer, NoAnswer
from dambridge.connectors.netx.probing.files import KEYWORDS, MARKED, pdf, wav
from dambridge.connectors.netx.probing.lab import Lab, entry, refusal
from dambridge.model.records import MediaType
from dambridge.ports.capabilities import Proof, route_cell
from dambridge.ports.errors import Refused
from dambridge.ports.probing import Mutation

LONGEST: Final = timedelta(seconds=90)
_SAFETY: Final = 4
"""How many times the measured lag `settle_seconds` should be."""
_IMPORT: Final = Mutation(
    "imports a picture of 8 by 8 pixels into the scratch folder",
    "AutoTasks on import, webhooks on asset.create, attribute profiles, mails about uploads",
    "the asset is deleted",
)


_ROW: Final = Mutation(
    "writes a row for that picture into the data sync file, where one is configured",
    "the site's next Data Source Sync reads it",
    "the row is taken out",
)
_SOON: Final = timedelta(seconds=10)


async def import_reply(lab: Lab) -> Answer:
    content = lab.bytes_of_its_own()
    raw = await lab.send(content)
    members = sorted(str(it) for it in raw) if isinstance(raw, Mapping) else []
    if "id" not in members:
        raise NoAnswer(
            "The reply to an import names no asset.",
            ask_vendor="What does POST /api/import/asset answer, and where in it is the new asset's id?",
        )
    read = await lab.read(wire.parse_id(raw))
    whole = read.file is not None and read.file.size == len(content)
    return Answer(
        value=members,
        told=f"An import is answered with {', '.join(members)}; the file is there {'whole' if whole else 'but not as sent'}.",
        cells={"archive.deliver.image": Proof.PROVEN if whole else Proof.ABSENT},
    )


async def import_checksum(lab: Lab) -> Answer:
    content = lab.bytes_of_its_own()
    read = await lab.read(await lab.put(content))
    shown = read.file.checksum if read.file else None
    value = "none" if shown is None else "md5" if shown == hashlib.md5(content).hexdigest() else "other"  # noqa: S324
    cells = {"archive.checksum": Proof.PROVEN if value == "md5" else Proof.ABSENT}
    told = {
        "none": "No checksum is shown of a file just imported: its bytes are proven by reading them back.",
        "md5": "The checksum shown is the MD5 of what was sent.",
        "other": "A checksum is shown and is not the MD5 of what was sent.",
    }[value]
    ask = "Of what is file.checksum computed, and with which algorithm?" if value == "other" else ""
    return Answer(value=value, told=told, cells=cells, ask_vendor=ask)


async def import_kinds(lab: Lab) -> Answer:
    """A document and a sound, whose smallest files are sound files; films and raw pictures are not made up."""
    found: dict[str, bool] = {}
    for kind, content, ending in (
        (MediaType.DOCUMENT, pdf(lab.new_name("")), ".pdf"),
        (MediaType.AUDIO, wav(lab.new_name("")), ".wav"),
    ):
        try:
            read = await lab.read(await lab.put(content, kind=ending))
        except Refused as error:
            lab.note(refusal(error))
            found[str(kind)] = False
        else:
            found[str(kind)] = read.file is not None and read.file.size == len(content)
    refused = sorted(kind for kind, taken in found.items() if not taken)
    return Answer(
        value=found,
        told=f"Not taken: {', '.join(refused)}." if refused else f"Taken whole: {', '.join(found)}.",
        cells={f"archive.deliver.{kind}": Proof.PROVEN if taken else Proof.ABSENT for kind, taken in found.items()},
    )


async def listing_lag(lab: Lab) -> Answer:
    asset = await lab.put()
    latest = {**nx.options(("asset.id",), size=await lab.page(10)), "sort": {"field": "modDate", "order": "desc"}}

    async def seen() -> bool:
        heard = await lab.ask("getAssetsByFolder", nx.number(lab.bench.id), False, latest)
        return not heard.said_no and any(wire.parse_id(it) == asset for it in wire.parse_list(heard.result).results)

    return await _lag(lab, seen, "the listing of its folder", suggests=True)


async def search_lag(lab: Lab) -> Answer:
    name = lab.new_name(".jpg")
    await lab.put(name=name)
    query = {"query": [{"operator": "and", "exact": {"field": "fileName", "value": name}}]}

    async def seen() -> bool:
        heard = await lab.ask("getAssetsByQuery", query, nx.options(("asset.id",), size=1))
        return not heard.said_no and bool(wire.parse_list(heard.result).results)

    return await _lag(lab, seen, "a query", suggests=False)


async def proxies(lab: Lab) -> Answer:
    path = f"{nx.original_path(await lab.put())}/thumbnail"

    async def seen() -> bool:
        return 200 <= (await lab.glance(path))[0] < 300

    return await _lag(lab, seen, "its thumbnail", suggests=False)


async def _lag(lab: Lab, seen: Callable[[], Awaitable[bool]], where: str, *, suggests: bool) -> Answer:
    passed = await lab.measured(seen, longest=LONGEST)
    if passed is None:
        limit = LONGEST.total_seconds()
        more = {"settle_seconds": _SAFETY * limit} if suggests else {}
        return Answer(
            value={"at_least_s": limit},
            told=f"A new file is not in {where} after {limit:g} seconds.",
            suggests=more,
            warning=f"A new file was not in {where} after {limit:g} seconds.",
        )
    seconds = round(passed.total_seconds(), 2)
    wanted = round(_SAFETY * seconds, 1)
    more = {"settle_seconds": wanted} if suggests and wanted > lab.setup.settle_seconds else {}
    return Answer(value={"seconds": seconds}, told=f"A new file is in {where} after {seconds:g} s.", suggests=more)


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


async def attribute_profiles(lab: Lab) -> Answer:
    """What the site writes by itself: when a file without any metadata is imported, and when it comes into another folder."""
    asset = await lab.put()
    await lab.rest(lab.fills_after)
    on_import = sorted(await lab.values(asset))
    before = await lab.values(asset)
    twin = await lab.folder("moved")
    heard = await lab.change("addAssetToFolder", nx.number(asset), nx.number(twin), nx.options(("asset.id",), size=1))
    if heard.said_no:
        raise NoAnswer(f"The asset could not be put into a second folder: {heard.text} ({heard.code}).")
    after = await lab.values(asset)
    on_move = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
    told = f"Set by the site on import: {', '.join(on_import) or 'none'}; on a move: {', '.join(on_move) or 'none'}."
    return Answer(
        value={"on_import": on_import, "on_move": on_move},
        told=told,
        warning=f"{told} What the flows write there may be rewritten." if on_import or on_move else "",
        administrator="Look for attribute profiles on the folders that the flows place assets in: they rewrite values.",
    )


async def duplicates(lab: Lab) -> Answer:
    """The same bytes a second time, under another name and into another folder, which takes other bytes."""
    content, folder = lab.bytes_of_its_own(), await lab.folder("twin")
    first = await lab.put(content)
    await lab.put(folder=folder)
    try:
        second = await lab.put(content, folder=folder)
    except Refused as error:
        lab.note(refusal(error))
        value = "refuse"
    else:
        there = {it.id for it in (await lab.read(second)).folders or ()}
        value = "second_asset" if first != second else "join_folder" if folder in there else "same_id"
    told = {
        "refuse": "The same bytes are refused a second time: what is there already waits for a person.",
        "second_asset": "The same bytes make a second asset.",
        "join_folder": "The same bytes make no second asset: the one that there is joins the folder.",
        "same_id": "The same bytes make no second asset: the one that there is is named and stays where it is.",
    }[value]
    return Answer(value=value, told=told, warning=told if value in {"refuse", "same_id"} else "")


async def same_names(lab: Lab) -> Answer:
    """Two files of one name in one folder, each with bytes of its own."""
    name = lab.new_name(".jpg")
    await lab.put(name=name)
    try:
        await lab.put(name=name)
    except Refused as error:
        lab.note(refusal(error))
        await lab.put()
        told = "A folder takes no second file of the same name."
        return Answer(value="refuse", told=told, warning=f"{told} Such a delivery waits for a person.")
    return Answer(value="allow", told="A folder takes several files of the same name.")


IMPORTS: Final = (
    entry(import_reply, "import_reply", "What does an import answer?", "NX 7, 19", mutations=(_IMPORT,)),
    entry(import_checksum, "import_checksum", "Is the checksum that of our bytes?", "NX 4.1, 7", mutations=(_IMPORT,)),
    entry(import_kinds, "import_kinds", "Which kinds of file are taken?", "NX 7", mutations=(_IMPORT,)),
    entry(listing_lag, "listing_lag", "How late does a folder show a new file?", "NX 6, 17.6", mutations=(_IMPORT,)),
    entry(search_lag, "search_lag", "How late does a query find a new file?", "NX 6, 17.6", mutations=(_IMPORT,)),
    entry(proxies, "proxies", "How late is a thumbnail there?", "NX 17.6", mutations=(_IMPORT,)),
    entry(metadata_map, "metadata_map", "Which embedded fields fill which attributes?", "NX 10", mutations=(_IMPORT,)),
    entry(
        metadata_map_documents,
        "metadata_map_documents",
        "Do those of documents too?",
        "NX 10",
        "metadata_map",
        mutations=(_IMPORT,),
    ),
    entry(
        data_sync,
        "data_sync",
        "Does the site pull our data sync file?",
        "NX 13.4",
        mutations=(_IMPORT, _ROW),
    ),
    entry(
        sync_lag,
        "sync_lag",
        "How late do embedded values come into the attributes?",
        "NX 10",
        "metadata_map",
        mutations=(_IMPORT,),
    ),
    entry(attribute_profiles, "attribute_profiles", "What does the site write itself?", "NX 4.6", mutations=(_IMPORT,)),
    entry(duplicates, "duplicates", "What do the same bytes make a second time?", "NX 7, 17.9", mutations=(_IMPORT,)),
    entry(same_names, "same_names", "May a folder hold a name twice?", "NX 7", mutations=(_IMPORT,)),
)
