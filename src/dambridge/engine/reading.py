"""Reads of the target gathered into few calls: whoever asks while a call is under way shares the next one."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from dambridge.model.identity import RemoteId
from dambridge.model.records import Missing, NativeRecord
from dambridge.ports.pace import Lane
from dambridge.ports.systems import AssetArchive

CALL_HOLDS = 100
"""Ids that one read may carry."""


class GatheredReads:
    """`read` answers with what the target said after it was asked, never with something older.

    One call is under way at a time; its successor carries every id asked for meanwhile, up to `CALL_HOLDS`."""

    def __init__(self, archive: AssetArchive, lane: Lane) -> None:
        self._archive = archive
        self._lane = lane
        self._asked: dict[RemoteId, list[asyncio.Future[NativeRecord | Missing | None]]] = {}
        self._turn = asyncio.Lock()

    async def read(self, remote_id: RemoteId) -> NativeRecord | Missing | None:
        """The asset as it is now; None where the target says nothing of the id."""
        answer: asyncio.Future[NativeRecord | Missing | None] = asyncio.get_running_loop().create_future()
        self._asked.setdefault(remote_id, []).append(answer)
        async with self._turn:
            if not answer.done():
                await self._call()
        return await answer

    async def _call(self) -> None:
        ids = list(self._asked)[:CALL_HOLDS]
        waiting = {it: self._asked.pop(it) for it in ids}
        try:
            found: Mapping[RemoteId, NativeRecord | Missing] = await self._archive.read(ids, lane=self._lane)
        except asyncio.CancelledError:
            # Whoever asked first was stopped; the others still wait, and the next of them makes the call
            for remote_id, answers in waiting.items():
                self._asked.setdefault(remote_id, [])[:0] = [it for it in answers if not it.done()]
            raise
        except BaseException as error:
            for answers in waiting.values():
                for answer in answers:
                    if not answer.done():
                        answer.set_exception(error)
                        answer.exception()
            raise
        for remote_id, answers in waiting.items():
            for answer in answers:
                if not answer.done():
                    answer.set_result(found.get(remote_id))
