"""Questions that import files into the scratch folder: what the reply says, when the file is seen, what the site makes of it."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Final

from dambridge.connectors.netx import protocol as nx
from dambridge.connectors.netx import wire
from dambridge.connectors.netx.probing.answers import Answer, NoAnswer
from dambridge.connectors.netx.probing.files import pdf, wav
from dambridge.connectors.netx.probing.lab import Lab, entry, refusal
from dambridge.model.records import MediaType
from dambridge.ports.capabilities import Proof
from dambridge.ports.errors import Refused
from dambridge.ports.probing import Mutation

LONGEST: Final = timedelta(seconds=90)
_SAFETY: Final = 4
"""How many times the measured lag `settle_seconds` should be."""
IMPORT_PICTURE: Final = Mutation(
    "imports a picture of 8 by 8 pixels into the scratch folder",
    "AutoTasks on import, webhooks on asset.create, attribute profiles, mails about uploads",
    "the asset is deleted",
)


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
    entry(import_reply, "import_reply", "What does an import answer?", "NX 7, 19", mutations=(IMPORT_PICTURE,)),
    entry(
        import_checksum,
        "import_checksum",
        "Is the checksum that of our bytes?",
        "NX 4.1, 7",
        mutations=(IMPORT_PICTURE,),
    ),
    entry(import_kinds, "import_kinds", "Which kinds of file are taken?", "NX 7", mutations=(IMPORT_PICTURE,)),
    entry(
        listing_lag, "listing_lag", "How late does a folder show a new file?", "NX 6, 17.6", mutations=(IMPORT_PICTURE,)
    ),
    entry(
        search_lag, "search_lag", "How late does a query find a new file?", "NX 6, 17.6", mutations=(IMPORT_PICTURE,)
    ),
    entry(proxies, "proxies", "How late is a thumbnail there?", "NX 17.6", mutations=(IMPORT_PICTURE,)),
    entry(
        attribute_profiles,
        "attribute_profiles",
        "What does the site write itself?",
        "NX 4.6",
        mutations=(IMPORT_PICTURE,),
    ),
    entry(
        duplicates,
        "duplicates",
        "What do the same bytes make a second time?",
        "NX 7, 17.9",
        mutations=(IMPORT_PICTURE,),
    ),
    entry(same_names, "same_names", "May a folder hold a name twice?", "NX 7", mutations=(IMPORT_PICTURE,)),
)
