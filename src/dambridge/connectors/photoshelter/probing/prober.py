"""The prober of a PhotoShelter account: the catalogue of questions, and how each is asked without ever failing."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

from dambridge.connectors.photoshelter.client import PhotoShelterClient
from dambridge.connectors.photoshelter.config import PhotoShelterOptions
from dambridge.connectors.photoshelter.probing import (
    reads_containers,
    reads_media,
    reads_search,
    reads_session,
    summing,
    vendor,
    writes_containers,
    writes_fields,
    writes_files,
    writes_times,
)
from dambridge.connectors.photoshelter.probing.calls import Calls, Sessions
from dambridge.connectors.photoshelter.probing.clearing import clear
from dambridge.connectors.photoshelter.probing.learnt import Bench
from dambridge.connectors.photoshelter.probing.library import Library
from dambridge.connectors.photoshelter.probing.look import Answer, Entry, Look, Rest, unanswered
from dambridge.connectors.photoshelter.probing.scratch import PREFIX, Scratch
from dambridge.ports.errors import CannotGoOn, NextMove, Refused
from dambridge.ports.pace import Lane
from dambridge.ports.probing import Finding, Question

_CATALOGUE: Final[tuple[Entry, ...]] = (
    *reads_session.QUESTIONS,
    *reads_search.QUESTIONS,
    *reads_media.QUESTIONS,
    *reads_containers.QUESTIONS,
    *writes_containers.QUESTIONS,
    *writes_files.QUESTIONS,
    *writes_fields.QUESTIONS,
    *writes_times.QUESTIONS,
    *summing.QUESTIONS,
    *vendor.QUESTIONS,
)


class PhotoShelterProber:
    """A `Prober` over the account's own client. `sleep` and `monotonic` are how waits are made and measured, in seconds."""

    def __init__(
        self,
        client: PhotoShelterClient,
        options: PhotoShelterOptions,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._options = options
        self._sessions = Sessions(client, options)
        self._scratch = Scratch(f"{PREFIX}{secrets.token_hex(4)}")
        self._bench = Bench()
        self._library = Library(options.org_id, PREFIX, self._bench.files)
        self._rest = Rest(sleep, monotonic)
        self._entries = {it.question.id: it for it in _CATALOGUE}

    def questions(self) -> Sequence[Question]:
        """Reads first, then what writes, then what only the vendor knows."""
        return tuple(it.question for it in _CATALOGUE)

    async def ask(self, question: Question, found: Mapping[str, Finding], *, lane: Lane) -> Finding:
        """See the port. Raises `CannotGoOn` where the account lets nobody in any more."""
        calls = Calls(self._client, self._sessions, lane)
        known = self._entries.get(question.id)
        if known is None:
            return unanswered("PhotoShelter's prober does not know this question.").finding(question.id, ())
        look = Look(calls, self._options, self._library, self._scratch, self._bench, found, self._rest)
        answer = await self._asked(known, look)
        return answer.finding(question.id, calls.evidence)

    async def _asked(self, known: Entry, look: Look) -> Answer:
        try:
            if known.question.mutations:
                await self._scratch.verify(look.calls)
            return await known.ask(look)
        except CannotGoOn as error:
            # One call may be sent elsewhere or garbled; only an account that is shut altogether ends the probe.
            await self._client.session_is_good(lane=look.calls.lane)
            return unanswered(self._client.mask(str(error)))
        except NextMove as error:
            return unanswered(self._client.mask(str(error)))

    async def open_scratch(self, *, lane: Lane) -> str:
        """See the port: a private collection with a private gallery in it, or the gallery alone."""
        try:
            return await self._scratch.open(Calls(self._client, self._sessions, lane))
        except CannotGoOn:
            raise
        except NextMove as error:
            self._scratch.gallery = None
            raise Refused(self._client.mask(str(error))) from None

    async def clean_up(self, *, lane: Lane) -> Sequence[str]:
        """See the port. What an earlier probe left is known by its name."""
        calls = Calls(self._client, self._sessions, lane)
        left = await clear(calls, self._options.org_id, self._scratch, self._rest)
        self._scratch.gallery = self._scratch.home = None
        return left
