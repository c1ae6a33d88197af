"""Questions that only read and are about what the site holds: its attributes, its files, the shape of its replies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dambridge.connectors.netx import protocol as nx
from dambridge.connectors.netx import wire
from dambridge.connectors.netx.probing.answers import Answer, NoAnswer
from dambridge.connectors.netx.probing.lab import Lab, entry
from dambridge.ports.capabilities import Proof

_TRIED: Final = 3
_SHUT: Final = frozenset({401, 403})
_WITH_TERMS: Final = frozenset({"pulldown", "tag", "multiselect", "multi-select"})


async def attributes(lab: Lab) -> Answer:
    """Definitions, and which attributes of the map are not among them: not there, or not shown to this user."""
    shown = {it.name: it.type or "unknown" for it in await lab.definitions()}
    missing = [it for it in lab.mapped or () if it not in shown and it not in lab.marks]
    nameless = "" in shown
    warning = f"Not shown to this account: {', '.join(missing)}." if missing else ""
    return Answer(
        value=shown,
        told=f"{len(shown)} attributes are shown to this account.{' Some have no name.' if nameless else ''}",
        cells={f"archive.fields.{it}": Proof.ABSENT for it in missing},
        warning=warning,
        ask_vendor="Which members has an entry of getAttributes?" if nameless else "",
        administrator=f"Make these attributes, or let the integration user's group see them: {', '.join(missing)}."
        if missing
        else "",
    )


async def vocabularies(lab: Lab) -> Answer:
    counts = {it.name: len(await lab.terms(it)) for it in await lab.definitions() if it.type in _WITH_TERMS}
    empty = sorted(name for name, count in counts.items() if not count)
    told = f"{len(counts)} attributes have a vocabulary; {sum(counts.values())} terms in all."
    return Answer(value=counts, told=f"{told} Without any term: {', '.join(empty)}." if empty else told)


async def attribute_visibility(lab: Lab) -> Answer:
    """Whether definitions and assets speak of the same attributes (NX 11: hidden ones are simply left out)."""
    defined = {it.name for it in await lab.definitions() if it.name}
    samples = [it.attributes or {} for it in await lab.samples()]
    on_assets = {name for it in samples for name in it}
    if not any(values == () for it in samples for values in it.values()):
        raise NoAnswer("Assets show no empty attribute, so one that is missing may only be empty.")
    value = {"only_defined": sorted(defined - on_assets), "only_on_assets": sorted(on_assets - defined)}
    same = not value["only_defined"] and not value["only_on_assets"]
    cells = {f"archive.fields.{it}": Proof.ABSENT for it in value["only_defined"]}
    return Answer(
        value=value,
        told="Every attribute that is defined is shown on assets." if same else "Definitions and assets differ.",
        cells=cells,
        warning="" if same else f"Defined but not shown on assets: {', '.join(value['only_defined']) or 'none'}.",
        administrator="Compare with what an administrator sees: attributes hidden from the integration user by level or "
        "group look like empty ones to it.",
    )


async def empty_attributes(lab: Lab) -> Answer:
    """Whether an asset names the attributes that it has no value for (NX 4.1)."""
    defined = {it.name for it in await lab.definitions() if it.name}
    shown = [it.attributes for it in await lab.samples() if it.attributes is not None]
    if any(values == () for it in shown for values in it.values()):
        return Answer(value="all", told="An asset names every attribute, empty ones too.")
    if not any(defined - set(it) for it in shown):
        raise NoAnswer("No asset was seen with an attribute that has no value.")
    told = "An asset names only attributes that have a value: one that is hidden from us looks like an empty one."
    return Answer(value="set", told=told)


async def checksums(lab: Lab) -> Answer:
    files = [it.file for it in await lab.samples() if it.file is not None]
    having = sum(it.checksum is not None for it in files)
    if not files:
        raise NoAnswer("No asset showed its file.")
    on = having > 0
    return Answer(
        value=on,
        told=f"{having} of {len(files)} files show a checksum.",
        cells={"archive.checksum": Proof.PROVEN if on else Proof.ABSENT},
        administrator=""
        if on
        else "Turn property metadata.checksumEnabled on: without checksums every file is read back to prove its bytes.",
    )


async def folder_children(lab: Lab) -> Answer:
    options = nx.options(("folder.id", "folder.base", "folder.children"), size=await lab.page(50))
    listed = await lab.ask("getFoldersByParent", nx.number(nx.ROOT_FOLDER), options)
    if listed.said_no:
        raise NoAnswer(f"The root's folders were refused: {listed.text} ({listed.code}).")
    shown = [it for it in wire.parse_list(listed.result).results if isinstance(it, Mapping)]
    for it in shown:
        children = it.get("children")
        if isinstance(children, list) and children:
            value = "objects" if isinstance(children[0], Mapping) else "ids"
            return Answer(value=value, told=f"folder.children are {value}.")
    raise NoAnswer("No folder below the root shows children.")


async def original_download(lab: Lab) -> Answer:
    """Whether originals are given out, per media type: one that is refused may be archived or checked out, so a few are
    tried before a type is called absent."""
    by_type: dict[str, list[wire.WireAsset]] = {}
    for it in sorted(await lab.samples(), key=lambda it: it.file.size or 0 if it.file else 0):
        by_type.setdefault(str(nx.media_type_of(it.file_name)), []).append(it)
    found: dict[str, bool] = {}
    for kind, assets in by_type.items():
        statuses = [(await lab.glance(nx.original_path(it.id)))[0] for it in assets[:_TRIED]]
        found[kind] = any(200 <= it < 300 for it in statuses)
    shut = sorted(kind for kind, served in found.items() if not served)
    return Answer(
        value="refused" if shut else "served",
        told=f"Originals refused: {', '.join(shut)}." if shut else f"Originals are given out: {', '.join(found)}.",
        cells={f"reader.originals.{it}": Proof.PROVEN if served else Proof.ABSENT for it, served in found.items()},
        warning="Originals are not given out to the API: an approval or a justification may be asked for."
        if shut
        else "",
        administrator="Exempt the integration user from download approval and justification." if shut else "",
    )


async def range_requests(lab: Lab) -> Answer:
    for it in (await lab.samples())[:_TRIED]:
        status, _ = await lab.glance(nx.original_path(it.id), headers={"Range": "bytes=0-0"})
        if status in {200, 206}:
            works = status == 206
            cells = {"reader.byte_ranges": Proof.PROVEN if works else Proof.ABSENT}
            return Answer(value=works, told=f"A range is {'honoured' if works else 'not honoured'}.", cells=cells)
    raise NoAnswer("No original was given out, so a range could not be asked for.")


async def token_on_file_urls(lab: Lab) -> Answer:
    """Only an asset that is shut to anonymous callers can tell whether the token opened its address."""
    for it in await lab.samples():
        path = f"/file/asset/{it.id}/thumb"
        if (await lab.glance(path, authorised=False))[0] not in _SHUT:
            continue
        works = (await lab.glance(path))[0] not in _SHUT
        return Answer(
            value=works, told=f"The API token {'opens' if works else 'does not open'} addresses under /file/."
        )
    raise NoAnswer("Every asset looked at is open to everyone or has no thumbnail.")


async def public_files(lab: Lab) -> Answer:
    looked = (await lab.samples())[:10]
    statuses = {it.id: (await lab.glance(f"/file/asset/{it.id}/thumb", authorised=False))[0] for it in looked}
    open_ones = [it for it, status in statuses.items() if 200 <= status < 300]
    told = f"{len(open_ones)} of {len(looked)} assets looked at are served to anonymous callers."
    return Answer(
        value=bool(open_ones),
        told=told,
        warning=f"{told} For instance asset {open_ones[0]}." if open_ones else "",
        administrator="Look at what the public user may see: it needs no password." if open_ones else "",
    )


async def version_list(lab: Lab) -> Answer:
    return await _offered(lab, "getVersionsByAsset", "A list of versions")


async def view_list(lab: Lab) -> Answer:
    return await _offered(lab, "getViewsByAsset", "A list of views")


async def _offered(lab: Lab, method: str, what: str) -> Answer:
    asset = (await lab.samples())[0]
    heard = await lab.ask(method, nx.number(asset.id), {"page": {"startIndex": 0, "size": 10}})
    if heard.said_no and heard.code != nx.UNKNOWN_METHOD:
        raise NoAnswer(f"{method} was refused: {heard.text} ({heard.code}).")
    there = not heard.said_no
    ask = "" if there else f"Which method lists what {method} suggests, and what does it answer?"
    return Answer(value=there, told=f"{what} is {'given' if there else 'not given'} by {method}.", ask_vendor=ask)


LOOKS: Final = (
    entry(attributes, "attributes", "Which attributes of which types are shown to us?", "NX 4.6, 5.4, 19"),
    entry(vocabularies, "vocabularies", "Which vocabularies can be read?", "NX 5.4", "attributes"),
    entry(attribute_visibility, "attribute_visibility", "Are attributes hidden from us?", "NX 11, 17.14", "attributes"),
    entry(empty_attributes, "empty_attributes", "Does an asset name its empty attributes?", "NX 4.1", "attributes"),
    entry(checksums, "checksums", "Do files show a checksum?", "NX 7, 17.9"),
    entry(folder_children, "folder_children", "Are a folder's children ids or objects?", "NX 4.2"),
    entry(original_download, "original_download", "Are originals given out?", "NX 12, 17.16"),
    entry(range_requests, "range_requests", "Do file addresses honour ranges?", "NX 8.2"),
    entry(token_on_file_urls, "token_on_file_urls", "Does the token open addresses under /file/?", "NX 8.2"),
    entry(public_files, "public_files", "Are files served to anonymous callers?", "NX 8.2"),
    entry(version_list, "version_list", "Can versions be listed?", "NX 5.5, 16"),
    entry(view_list, "view_list", "Can views be listed?", "NX 5.5"),
)
