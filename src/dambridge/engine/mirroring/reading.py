"""Copies as they are now, each in the fewest calls its system allows, and always in the same depth: versions compare."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from dambridge.engine.config import EngineSettings
from dambridge.engine.mirroring.sighting import note_look
from dambridge.engine.reading import CALL_HOLDS
from dambridge.engine.sites import Site
from dambridge.engine.together import for_each
from dambridge.mapping import to_canonical
from dambridge.model.identity import AccountId, AssetKey, RemoteId, System
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import Absence, Missing, NativeRecord, Present, Seen, Unread
from dambridge.policy.patterns import matches_any
from dambridge.ports.errors import CannotGoOn, MovedOn, NextMove

GROUPS = frozenset({"base", "iptc", "custom", "containers", "attributes", "file"})


class ReadsCopies(Protocol):
    """What reading copies takes."""

    @property
    def sites(self) -> Mapping[AccountId, Site]: ...
    @property
    def selects(self) -> Mapping[AccountId, tuple[str, ...]]: ...
    @property
    def settings(self) -> EngineSettings: ...


async def read_copies(parts: ReadsCopies, keys: Iterable[AssetKey]) -> dict[AssetKey, Seen]:
    """Every copy read. One that cannot be read is `Unread`, never missing.

    NetX answers for many ids at once and leaves out what it does not have (NX 5.3, CONFIRMED); PhotoShelter has a call for
    each (PS 6.3)."""
    calls = [
        (parts.sites[account], ids)
        for account, whole in _by_account(keys)
        for ids in _calls(parts.sites[account], whole)
    ]
    answers = await for_each(calls, lambda it: _read_some(parts, *it), at_once=parts.settings.concurrency * 2)
    return {key: seen for it in answers for key, seen in it.items()}


def _by_account(keys: Iterable[AssetKey]) -> list[tuple[AccountId, list[RemoteId]]]:
    found: dict[AccountId, list[RemoteId]] = {}
    for key in sorted(set(keys)):
        found.setdefault(key.account, []).append(key.remote_id)
    return sorted(found.items())


def _calls(site: Site, ids: Sequence[RemoteId]) -> list[Sequence[RemoteId]]:
    size = CALL_HOLDS if site.system is System.NETX else 1
    return [ids[start : start + size] for start in range(0, len(ids), size)]


async def _read_some(parts: ReadsCopies, site: Site, ids: Sequence[RemoteId]) -> dict[AssetKey, Seen]:
    keys = [AssetKey(site.account, it) for it in ids]
    try:
        found = await _natives(site, ids)
    except CannotGoOn:
        raise
    except NextMove as error:
        return {it: Unread(Reason.of(Code.COPY_UNREAD, copy=str(it), text=str(error))) for it in keys}
    return {it: seen_as(parts, found[it.remote_id]) for it in keys}


async def _natives(site: Site, ids: Sequence[RemoteId]) -> Mapping[RemoteId, NativeRecord | Missing]:
    if site.system is System.NETX:
        found = await site.archive.read(ids, lane=site.lane)
        return {it: found.get(it) or _LEFT_OUT for it in ids}
    return {it: await site.reader.read(it, groups=GROUPS, lane=site.lane) for it in ids}


_LEFT_OUT = Missing(Absence.DELETED, "left out of the answer to a read by id")


async def native_of(site: Site, remote_id: RemoteId) -> NativeRecord:
    """The copy as it is now, wherever it stands. Raises `MovedOn` when it is not there, and what the read raises."""
    found = await _native(site, remote_id)
    if isinstance(found, Missing):
        raise MovedOn(f"{site.account}:{remote_id} is not there any more ({found.absence}). It is planned again.")
    note_look(found)
    return found


async def native_if_there(site: Site, remote_id: RemoteId) -> NativeRecord | None:
    """The same, None where it is gone or hidden."""
    found = await _native(site, remote_id)
    return None if isinstance(found, Missing) else found


async def _native(site: Site, remote_id: RemoteId) -> NativeRecord | Missing:
    if site.system is System.NETX:
        return await site.reads.read(remote_id) or _LEFT_OUT
    return await site.reader.read(remote_id, groups=GROUPS, lane=site.lane)


def seen_as(parts: ReadsCopies, native: NativeRecord | Missing) -> Seen:
    """The record in canonical terms; one that stands nowhere in the selection has left it."""
    if isinstance(native, Missing):
        return native
    record = to_canonical(native, parts.sites[native.key.account].map)
    patterns = parts.selects.get(native.key.account, ())
    if patterns and not any(matches_any(it.path, patterns) for it in native.containers):
        places = ", ".join(sorted(it.path for it in native.containers)) or "no place"
        return Missing(Absence.LEFT_SELECTION, f"it stands in {places}", record)
    return Present(record)
