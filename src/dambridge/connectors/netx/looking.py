"""Assets by id, in as few calls as may be, and what became of those that do not come back."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager

from dambridge.connectors.netx import protocol as nx
from dambridge.connectors.netx import wire
from dambridge.connectors.netx.client import NetxClient
from dambridge.model.identity import RemoteId
from dambridge.model.records import Absence, Missing
from dambridge.ports.errors import TryLater
from dambridge.ports.pace import Lane
from dambridge.ports.systems import ByteStream

Looked = wire.WireAsset | Missing


class AssetLooker:
    """Reads assets by id for every facet of the account."""

    def __init__(self, client: NetxClient, *, ids_per_call: int) -> None:
        self._client = client
        self._ids_per_call = ids_per_call

    async def look(self, ids: Sequence[RemoteId], data: Sequence[str], lane: Lane) -> dict[RemoteId, Looked]:
        """Each asset with the properties of `data`, or why there is none."""
        wanted = list(dict.fromkeys(ids))
        found: dict[RemoteId, Looked] = {}
        for at in range(0, len(wanted), self._ids_per_call):
            found |= await self._some(wanted[at : at + self._ids_per_call], data, lane)
        return {it: found[it] for it in wanted}

    def original(self, remote_id: RemoteId, lane: Lane) -> AbstractAsyncContextManager[ByteStream]:
        """The asset's file. A page for people is taken for one only where the asset's file is a page."""

        async def is_page() -> bool:
            seen = (await self.look([remote_id], ("asset.id", "asset.base", "asset.file"), lane))[remote_id]
            return isinstance(seen, wire.WireAsset) and seen.file_name.lower().endswith((".html", ".htm", ".xhtml"))

        about = f"fetch the file of asset {remote_id}"
        return self._client.download(nx.original_path(remote_id), about=about, lane=lane, is_page=is_page)

    async def _some(self, ids: Sequence[RemoteId], data: Sequence[str], lane: Lane) -> dict[RemoteId, Looked]:
        """One call for all of them. A site that refuses the whole call for one asset's sake is asked by halves."""
        about = f"read asset {ids[0]}" if len(ids) == 1 else f"read {len(ids)} assets"
        params = [[nx.number(it) for it in ids], nx.options(data, size=len(ids))]
        try:
            rows = wire.parse_assets(await self._client.read("getAssets", params, about=about, lane=lane))
            assets = {RemoteId(it.id): it for it in rows}
        except nx.SaidNo as said:
            if said.code < 0:
                raise nx.next_move(said, tried=about, writing=False) from None
            if len(ids) == 1:
                return {ids[0]: await self._why_missing(ids[0], f"getAssets: {said}", said.code, lane)}
            half = len(ids) // 2
            return await self._some(ids[:half], data, lane) | await self._some(ids[half:], data, lane)
        except wire.BadReply as bad:
            raise TryLater(f"Could not {about}: NetX's reply was not {bad}.") from None
        found: dict[RemoteId, Looked] = {}
        for it in ids:
            found[it] = assets.get(it) or await self._why_missing(it, "left out of getAssets", 0, lane)
        return found

    async def _why_missing(self, remote_id: RemoteId, evidence: str, code: int, lane: Lane) -> Missing:
        """Hidden, or deleted as far as two different calls say so. Raises `TryLater` where they disagree.

        Access taken away gives 3004 on a direct read, and lists just leave the asset out (NX 11). A site may answer 3004
        for what is gone as well: then it counts as hidden, for that is never taken for deleted."""
        told = f"asset {remote_id}: {evidence}"
        if code == nx.NO_ACCESS:
            return Missing(Absence.HIDDEN, told)
        about = f"ask whether asset {remote_id} exists"
        try:
            await self._client.read("getAssetAttributes", [nx.number(remote_id)], about=about, lane=lane)
        except nx.SaidNo as said:
            if said.code < 0:
                raise nx.next_move(said, tried=about, writing=False) from None
            absence = Absence.HIDDEN if said.code == nx.NO_ACCESS else Absence.DELETED
            return Missing(absence, f"{told}; getAssetAttributes: {said}")
        raise TryLater(f"NetX left asset {remote_id} out of a reply and yet has it.")


class GatheredLooks:
    """One asset at a time for those who ask, many in a call for the site: whoever asks while a call is under way shares
    the next one, so an answer is never older than its question."""

    def __init__(self, looker: AssetLooker, *, most: int) -> None:
        self._looker = looker
        self._most = most
        self._asked: dict[tuple[RemoteId, tuple[str, ...], Lane], list[asyncio.Future[Looked]]] = {}
        self._turn = asyncio.Lock()

    async def look(self, remote_id: RemoteId, data: tuple[str, ...], lane: Lane) -> Looked:
        """The asset as it is now, or why it is not there."""
        answer: asyncio.Future[Looked] = asyncio.get_running_loop().create_future()
        self._asked.setdefault((remote_id, data, lane), []).append(answer)
        async with self._turn:
            if not answer.done():
                await self._call(data, lane)
        return await answer

    async def _call(self, data: tuple[str, ...], lane: Lane) -> None:
        keys = [it for it in self._asked if it[1:] == (data, lane)][: self._most]
        waiting = {it: self._asked.pop(it) for it in keys}
        try:
            found = await self._looker.look([it[0] for it in keys], data, lane)
        except asyncio.CancelledError:
            # Whoever made the call is not wanted any more; the others make it themselves
            for it, answers in waiting.items():
                self._asked.setdefault(it, []).extend(answers)
            raise
        except BaseException as error:
            for answers in waiting.values():
                for answer in answers:
                    if not answer.done():
                        answer.set_exception(error)
                        answer.exception()
            raise
        for key, answers in waiting.items():
            for answer in answers:
                if not answer.done():
                    answer.set_result(found[key[0]])
