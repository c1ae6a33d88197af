"""Questions that change scratch assets otherwise: folders, names, files, views, and the way out."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from dambridge.connectors.netx import protocol as nx
from dambridge.connectors.netx import wire
from dambridge.connectors.netx.config import VersionRoute
from dambridge.connectors.netx.probing.answers import Answer, NoAnswer
from dambridge.connectors.netx.probing.files import KEYWORDS, MARKED
from dambridge.connectors.netx.probing.lab import Lab, entry, refusal
from dambridge.ports.capabilities import Proof, encoding_cell
from dambridge.ports.errors import Refused
from dambridge.ports.probing import Mutation

_TICK: Final = timedelta(seconds=1.1)
_SHOWN: Final = nx.options(("asset.id", "asset.folders"), size=1)
_MOVES: Final = Mutation(
    "puts a scratch asset into a second scratch folder and takes it out again",
    "attribute profiles, webhooks on asset.update",
    "the asset is deleted",
)
_FILES: Final = Mutation(
    "gives a scratch asset another file",
    "AutoTasks on import and resync, webhooks on asset.update, metadata maps",
    "the asset is deleted with all its versions",
)
_VIEW: Final = Mutation("attaches a small file to a scratch asset", "webhooks on asset.update", "the asset is deleted")
_RENAMES: Final = Mutation("renames a scratch asset and its file", "webhooks on asset.update", "the asset is deleted")
_DELETES: Final = Mutation("deletes a scratch asset", "webhooks on asset.delete", "nothing is left of it")


async def modified_on_membership(lab: Lab) -> Answer:
    asset = await lab.put()
    folder = await lab.folder("second")
    before = await lab.read(asset)
    await lab.rest(_TICK)
    heard = await lab.change("addAssetToFolder", nx.number(asset), nx.number(folder), _SHOWN)
    if heard.said_no:
        raise NoAnswer(f"The asset could not be put into a second folder: {heard.text} ({heard.code}).")
    after = await lab.read(asset)
    moves = after.modified_ms != before.modified_ms
    if after.attributes != before.attributes:
        raise NoAnswer("A profile rewrote attributes on the way, so modDate tells nothing of membership.")
    return Answer(
        value=moves,
        told=f"Coming into a folder {'moves' if moves else 'does not move'} modDate.",
        cells={"reader.membership_moves_modified": Proof.PROVEN if moves else Proof.ABSENT},
    )


async def take_out(lab: Lab) -> Answer:
    """Into a second folder, and out of it again, seen in what is read back."""
    asset = await lab.put()
    folder = await lab.folder("second")
    joined = await lab.change("addAssetToFolder", nx.number(asset), nx.number(folder), _SHOWN)
    both = {it.id for it in (await lab.read(asset)).folders or ()}
    left = await lab.change("removeAssetFromFolder", nx.number(asset), nx.number(folder), _SHOWN)
    one = {it.id for it in (await lab.read(asset)).folders or ()}
    works = not joined.said_no and not left.said_no and both - one == {folder} and bool(one)
    return Answer(
        value=works,
        told="An asset comes into a folder and out of it." if works else "Moving between folders does not work.",
        cells={"archive.take_out": Proof.PROVEN if works else Proof.ABSENT},
    )


async def read_lag(lab: Lab) -> Answer:
    """Whether a read by id shows at once where an asset stands: that one delivery makes one copy rests on it."""
    asset = await lab.put()
    folder = await lab.folder("second")
    heard = await lab.change("addAssetToFolder", nx.number(asset), nx.number(folder), _SHOWN)
    if heard.said_no:
        raise NoAnswer(f"The asset could not be put into a second folder: {heard.text} ({heard.code}).")

    async def seen() -> bool:
        return any(it.id == folder for it in (await lab.read(asset)).folders or ())

    passed = await lab.measured(seen, longest=timedelta(seconds=60))
    seconds = None if passed is None else round(passed.total_seconds(), 2)
    late = seconds is None or seconds > 1
    told = f"A read by id shows an asset's folders after {'more than 60' if seconds is None else f'{seconds:g}'} s."
    return Answer(
        value={"at_least_s": 60.0} if seconds is None else {"seconds": seconds},
        told=told,
        warning=f"{told} After a lost reply a second copy may be made; it is found and said later." if late else "",
        ask_vendor="Does a read by id ever show an earlier state than the last call that changed it?" if late else "",
    )


async def remove_last_folder(lab: Lab) -> Answer:
    asset = await lab.put()
    heard = await lab.change("removeAssetFromFolder", nx.number(asset), nx.number(lab.bench.id), _SHOWN)
    if heard.said_no:
        return Answer(value="refuse", told="An asset is not let out of its last folder.")
    there = await lab.is_there(asset)
    if there and (await lab.read(asset)).folders:
        raise NoAnswer("The asset stood in another folder as well.")
    value = "allow" if there else "deletes"
    told = "An asset taken out of its last folder stays, in none." if there else "It is deleted, or hidden from us."
    warning = "" if there else "Taking an asset out of its last folder makes it vanish."
    await lab.delete(asset)
    return Answer(value=value, told=told, warning=warning)


async def rename(lab: Lab) -> Answer:
    asset, name, file_name = await lab.put(), "dbp renamed", lab.new_name("-renamed.jpg")
    lab.bench.assets[asset] = file_name
    heard = await lab.change("updateAsset", {"id": nx.number(asset), "name": name, "fileName": file_name}, _SHOWN)
    read = await lab.read(asset)
    works = not heard.said_no and read.name == name and read.file_name == file_name
    return Answer(
        value=works,
        told=f"Name and file name {'can' if works else 'cannot'} be changed.",
        cells={"archive.rename": Proof.PROVEN if works else Proof.ABSENT},
    )


def _proof(works: bool) -> Proof:
    return Proof.PROVEN if works else Proof.ABSENT


async def versions(lab: Lab) -> Answer:
    """Both ways in which another file becomes the asset's, each on an asset of its own, held against what is read back."""
    found = {it: await _takes_new_file(lab, it) for it in VersionRoute}
    works = next((it for it in (lab.setup.version_route, *VersionRoute) if found[it]), None)
    spellings = {encoding_cell("version_route", it): _proof(taken) for it, taken in found.items()}
    told = ", ".join(f"{it} {'works' if taken else 'does not work'}" for it, taken in found.items())
    return Answer(
        value={str(it): taken for it, taken in found.items()},
        told=f"A new file for an asset: {told}.",
        cells={"archive.versions": _proof(works is not None), **spellings},
        suggests={"version_route": str(works)} if works else {},
        ask_vendor=""
        if works
        else "Which call gives an asset a new version of its file, with which form fields, and what does it answer?",
    )


async def _takes_new_file(lab: Lab, route: VersionRoute) -> bool:
    asset, content, name = await lab.put(), lab.bytes_of_its_own({"dc:title": "dbp"}), lab.new_name(".jpg")
    method, path = nx.version_call(lab.setup.model_copy(update={"version_route": route}), asset)
    try:
        await lab.upload(method, path, content, name=name, form={})
    except Refused as error:
        lab.note(refusal(error))
        return False
    file = (await lab.read(asset)).file
    if file is None:
        return False
    return file.size == len(content) and file.checksum in {None, hashlib.md5(content).hexdigest()}  # noqa: S324


async def views(lab: Lab) -> Answer:
    asset, name = await lab.put(), lab.new_name("-view.jpg")
    form = {"viewName": "dambridge probe", "description": "made by a probe"}
    try:
        await lab.upload("POST", f"{nx.IMPORT_PATH}/{asset}/view", lab.bytes_of_its_own(), name=name, form=form)
    except Refused as error:
        lab.note(refusal(error))
        taken = False
    else:
        options = {"page": {"startIndex": 0, "size": 10}, "data": ["view.id", "view.base", "view.file"]}
        heard = await lab.ask("getViewsByAsset", nx.number(asset), options)
        rows = [] if heard.said_no else wire.parse_list(heard.result).results
        taken = any(isinstance(it, Mapping) and it.get("name") == "dambridge probe" for it in rows)
    return Answer(
        value=taken,
        told=f"A file {'can' if taken else 'cannot'} be attached to an asset as a view and seen there.",
        cells={"attachments.views": Proof.PROVEN if taken else Proof.ABSENT},
    )


async def export_on_download(lab: Lab) -> Answer:
    """Whether the original comes back as it was sent, from an asset with values for export maps to write."""
    content = lab.bytes_of_its_own({name: mark for name, mark in MARKED.items() if name != KEYWORDS})
    asset = await lab.put(content)
    await lab.rest(lab.fills_after)
    if lab.write_route is not None:
        await lab.write(asset, {**await lab.values(asset), await lab.text_attribute(): ["dbp export"]})
    if not await lab.values(asset):
        raise NoAnswer("No attribute could be filled, so an export map would have had nothing to write.")
    try:
        got = await lab.whole(asset)
    except Refused as error:
        raise NoAnswer(f"The original was not given out: {error}") from None
    rewritten = hashlib.sha256(got).digest() != hashlib.sha256(content).digest()
    lab.note(f"sent {len(content)} bytes, came back {len(got)}")
    return Answer(
        value=rewritten,
        told="Export maps rewrite a file on download: bytes are proven by file.checksum alone."
        if rewritten
        else "A download is what was imported, byte for byte.",
        administrator="Switch Export off in the metadata maps, or keep checksums on: a download is not the stored file."
        if rewritten
        else "",
    )


async def delete(lab: Lab) -> Answer:
    asset = await lab.put()
    gone = await lab.delete(asset)
    return Answer(
        value=gone,
        told="An asset is deleted at once and for good." if gone else "An asset cannot be deleted.",
        cells={"archive.discard": Proof.PROVEN if gone else Proof.ABSENT},
    )


CHANGES: Final = (
    entry(
        modified_on_membership,
        "modified_on_membership",
        "Does membership move modDate?",
        "NX 13.5",
        mutations=(_MOVES,),
    ),
    entry(take_out, "take_out", "Do assets move between folders?", "NX 5.1", mutations=(_MOVES,)),
    entry(read_lag, "read_lag", "How late does a read by id show a change?", "NX 6, 17.6", mutations=(_MOVES,)),
    entry(remove_last_folder, "remove_last_folder", "May the last folder be left?", "NX 4.2", mutations=(_MOVES,)),
    entry(rename, "rename", "Can names be changed?", "NX 5.1", mutations=(_RENAMES,)),
    entry(versions, "versions", "Which way takes a new file?", "NX 7, 16", mutations=(_FILES,)),
    entry(views, "views", "Can files be attached as views?", "NX 4.4, 7", mutations=(_VIEW,)),
    entry(
        export_on_download,
        "export_on_download",
        "Do export maps rewrite downloads?",
        "NX 10, 17.11",
        mutations=(_FILES,),
    ),
    entry(delete, "delete", "Can assets be deleted?", "NX 5.1, 12", mutations=(_DELETES,)),
)
