"""NetX examined by itself: what the reference leaves open (sections 16, 17, 19), asked of the account in hand."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from dambridge.connectors.netx import protocol as nx
from dambridge.connectors.netx import wire
from dambridge.connectors.netx.client import NetxClient
from dambridge.connectors.netx.config import NetxOptions
from dambridge.connectors.netx.probing.answers import Answer, NoAnswer, Scratch
from dambridge.connectors.netx.probing.changes import CHANGES
from dambridge.connectors.netx.probing.fields import FIELDS
from dambridge.connectors.netx.probing.imports import IMPORTS
from dambridge.connectors.netx.probing.lab import PREFIX, ROOT, Entry, Lab
from dambridge.connectors.netx.probing.looks import LOOKS
from dambridge.connectors.netx.probing.pulls import PULLS
from dambridge.connectors.netx.probing.queries import QUERIES
from dambridge.connectors.netx.probing.reads import READS
from dambridge.ports.clock import Clock
from dambridge.ports.errors import NextMove, Refused, TryLater, Unclear
from dambridge.ports.pace import Lane
from dambridge.ports.probing import Finding, Question, Standing

_ENTRIES: Final[Mapping[str, Entry]] = {
    it.question.id: it for it in (*READS, *QUERIES, *LOOKS, *IMPORTS, *PULLS, *FIELDS, *CHANGES)
}
_SCRATCH: Final = "probe-"
_LOCK: Final = "the folder is left as it is; look into it and delete it by hand."


class NetxProber:
    """Implements `Prober` on one account. What it makes carries `dambridge-probe-` in its name and stands in
    `dambridge/probe-…`; nothing without that name is ever deleted."""

    def __init__(
        self,
        setup: NetxOptions,
        *,
        client: NetxClient,
        clock: Clock | None = None,
        rest: Callable[[timedelta], Awaitable[None]] | None = None,
        mapped: Sequence[str] | None = None,
        marks: Sequence[str] = (),
    ) -> None:
        more: dict[str, Any] = {} if rest is None else {"rest": rest}
        self._lab = Lab(setup, client=client, clock=clock, mapped=mapped, marks=marks, **more)

    def questions(self) -> Sequence[Question]:
        return [it.question for it in _ENTRIES.values()]

    async def ask(self, question: Question, found: Mapping[str, Finding], *, lane: Lane) -> Finding:
        del found
        lab = self._lab
        lab.lane, lab.evidence = lane, []
        if question.mutations and not (lab.scratch and lab.scratch.asset):
            return self._open(question, "There is no scratch folder that was seen to be private: nothing is written.")
        try:
            answer = await _ENTRIES[question.id].examine(lab)
        except NoAnswer as why:
            return self._open(question, str(why), why)
        except wire.BadReply as bad:
            return self._open(question, f"The reply was not {bad}.")
        except (Refused, TryLater, Unclear) as error:
            return self._open(question, str(error))
        return _finding(question, answer, lab.evidence)

    def _open(self, question: Question, told: str, why: NoAnswer | None = None) -> Finding:
        return Finding(
            question=question.id,
            standing=Standing.UNANSWERED,
            value=None,
            told=told,
            evidence=tuple(self._lab.evidence),
            warning=why.warning if why else "",
            ask_vendor=why.ask_vendor if why else "",
            administrator=why.administrator if why else "",
        )

    # the scratch folder ------------------------------------------------------------------------------------------

    async def open_scratch(self, *, lane: Lane) -> str:
        """Make the folder and put one picture of 8 by 8 pixels into it, and ask for that picture as nobody. No call tells
        which signed-in groups see a folder (NX 11): that stays with the administrator."""
        lab = self._lab
        lab.lane = lane
        try:
            await self._make_scratch()
            await self._verify_private()
        except NoAnswer as why:
            raise Refused(f"The scratch folder cannot be used: {why}", code="scratch") from None
        return lab.bench.path

    async def _make_scratch(self) -> None:
        lab = self._lab
        root = await self._folder_at(ROOT)
        stamp = f"{await lab.clock.now():%Y%m%d%H%M%S%f}"
        path = f"{ROOT}/{_SCRATCH}{stamp}"
        heard = await lab.change("createFolderFromPath", path, nx.options(("folder.id",), size=1))
        if heard.said_no:
            raise NoAnswer(f"{path} cannot be made: {heard.text} ({heard.code}).")
        lab.scratch = Scratch(path, wire.parse_id(heard.result), made_root=root is None)

    async def _verify_private(self) -> None:
        lab = self._lab
        asset = await lab.put()
        read = await lab.read(asset)
        places = {it.id for it in read.folders or ()}
        if places != {lab.bench.id}:
            raise NoAnswer("a file that was imported into it stands elsewhere too: something moves what arrives.")
        for path in (f"/file/asset/{asset}/original", f"/file/asset/{asset}/thumb", nx.original_path(asset)):
            status, _ = await lab.glance(path, authorised=False)
            if status < 300:
                raise NoAnswer(
                    f"everyone can see what is in {lab.bench.path}. Make {ROOT} invisible to the public user."
                )
        lab.bench.asset = asset

    async def _folder_at(self, path: str) -> str | None:
        heard = await self._lab.ask("getFolderByPath", path, nx.options(("folder.id",), size=1))
        return wire.parse_id(heard.result) if heard.result else None

    # and back ----------------------------------------------------------------------------------------------------

    async def clean_up(self, *, lane: Lane) -> Sequence[str]:
        """Our own by memory first; then whatever scratch folders stand there, which a probe that was killed may have
        left; then files of ours in no folder. Folders go last, and only seen to be empty."""
        lab = self._lab
        lab.lane, lab.evidence = lane, []
        left: list[str] = list(dict.fromkeys(lab.left_behind))
        try:
            for asset, name in dict(lab.scratch.assets if lab.scratch else {}).items():
                left += await self._delete(asset, name)
            for folder in await self._scratch_folders():
                left += await self._clear(folder)
            left += await self._strays()
            left += await self._drop_root()
        except (NextMove, NoAnswer, wire.BadReply) as error:
            left.append(f"Cleaning up stopped: {error} Look into {ROOT}/{_SCRATCH}…, or probe again.")
        lab.scratch, lab.write_route = None, None
        lab.left_behind.clear()
        return list(dict.fromkeys(left))

    async def _delete(self, asset: str, name: str) -> list[str]:
        """Delete an asset of ours; one that bears another name by now is somebody's and stays."""
        lab = self._lab
        if not await lab.is_there(asset):
            return []
        named = (await lab.read(asset)).file_name
        if not named.startswith(PREFIX):
            was = "" if name == named else f" (we called it {name})"
            return [f"Asset {asset} is called {named}{was}, which is no name of ours, and is left as it is."]
        return [] if await lab.delete(asset) else [f"Asset {asset} ({named}) could not be deleted: delete it by hand."]

    async def _scratch_folders(self) -> list[tuple[str, str]]:
        """Id and path of every scratch folder, this probe's own and those that earlier ones left."""
        root = await self._folder_at(ROOT)
        children = await self._children(root) if root else []
        return [(it.id, f"{ROOT}/{it.name}") for it in children if it.name.startswith(_SCRATCH)]

    async def _children(self, folder: str) -> list[wire.WireFolder]:
        """The folders in a folder, page after page. Raises `NoAnswer` where they are refused."""
        found: list[wire.WireFolder] = []
        while True:
            options = nx.options(("folder.id", "folder.base"), size=await self._lab.page(), start=len(found))
            heard = await self._lab.ask("getFoldersByParent", nx.number(folder), options)
            if heard.said_no:
                raise NoAnswer(f"the folders in folder {folder} cannot be listed ({heard.code}).")
            page = wire.parse_list(heard.result)
            found += [wire.parse_folder(it) for it in page.results]
            if not page.results or len(found) >= page.size:
                return found

    async def _assets_in(self, folder: str) -> list[wire.WireAsset]:
        """What stands in the folder by its listing and is still there: listings may lag behind."""
        options = nx.options(("asset.id", "asset.base", "asset.file"), size=await self._lab.page())
        heard = await self._lab.ask("getAssetsByFolder", nx.number(folder), False, options)
        if heard.said_no:
            raise NoAnswer(f"the assets in folder {folder} cannot be listed ({heard.code}).")
        listed = [wire.parse_asset(it) for it in wire.parse_list(heard.result).results]
        return [it for it in listed if await self._lab.is_there(it.id)]

    async def _clear(self, folder: tuple[str, str]) -> list[str]:
        """Empty a scratch folder and everything below it, and delete it once it is seen to be empty."""
        number, path = folder
        left: list[str] = []
        for child in await self._children(number):
            left += await self._clear((child.id, f"{path}/{child.name}"))
        while not left and (assets := await self._assets_in(number)):
            left += [line for it in assets for line in await self._delete(it.id, it.file_name)]
        return [*left, f"{path} is not empty: {_LOCK}"] if left else await self._drop(number, path)

    async def _drop(self, number: str, path: str) -> list[str]:
        """Delete one folder that holds nothing: what a deletion does to a full one, nobody has written down (INFERRED)."""
        if await self._assets_in(number) or await self._children(number):
            return [f"{path} is not empty: {_LOCK}"]
        try:
            heard = await self._lab.change("deleteFolder", nx.number(number))
        except Unclear:
            return [] if await self._folder_at(path) is None else [f"{path} could not be deleted: {_LOCK}"]
        if heard.said_no:
            return [f"{path} is empty and could not be deleted ({heard.text}): delete it by hand."]
        return []

    async def _strays(self) -> list[str]:
        """Files of ours in no scratch folder: taken out of their last one when the process died."""
        query = {"query": [{"operator": "and", "contains": {"field": "fileName", "value": PREFIX}}]}
        options = nx.options(("asset.id", "asset.base", "asset.file"), size=await self._lab.page())
        left: list[str] = []
        seen: set[str] = set()
        while True:
            heard = await self._lab.ask("getAssetsByQuery", query, options)
            rows = [] if heard.said_no else wire.parse_list(heard.result).results
            found = [wire.parse_asset(it) for it in rows]
            ours = [it for it in found if it.file_name.startswith(PREFIX) and it.id not in seen]
            if not ours:
                return left
            seen |= {it.id for it in ours}
            left += [line for it in ours for line in await self._delete(it.id, it.file_name)]

    async def _drop_root(self) -> list[str]:
        """The folder above goes only if this very probe made it and nothing has come into it since."""
        if self._lab.scratch is None or not self._lab.scratch.made_root:
            return []
        root = await self._folder_at(ROOT)
        if root is None or await self._children(root) or await self._assets_in(root):
            return []
        return await self._drop(root, ROOT)


def _finding(question: Question, answer: Answer, evidence: Sequence[str]) -> Finding:
    return Finding(
        question=question.id,
        standing=Standing.ANSWERED,
        value=answer.value,
        told=answer.told,
        evidence=tuple(evidence),
        cells=answer.cells,
        suggests=answer.suggests,
        warning=answer.warning,
        ask_vendor=answer.ask_vendor,
        administrator=answer.administrator,
    )
