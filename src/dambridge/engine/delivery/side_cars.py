"""XMP files beside camera raw in the source: read with the raw file, never archived as assets of their own.

Whose side-car a file is, is told by its name and by a gallery in which both stand; no reference names any other tie (PS E17,
E19). What was read is on record with the raw file's link, so one that comes or changes later is read then, and once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from dambridge.engine.delivery.arriving import WaitsForPeople
from dambridge.engine.delivery.fetching import fetch
from dambridge.engine.docking import SIDE_CAR
from dambridge.engine.parts import Parts
from dambridge.mapping import belongs, has_side_car, is_side_car, side_car_names, to_canonical, with_side_car, words_for
from dambridge.model.actions import Action, Beside, Leave
from dambridge.model.identity import AssetKey, Link, LinkId, RemoteId
from dambridge.model.outcomes import Outcome
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import Agreed, AssetRecord, Broken, Container, EmbeddedMetadata, MediaType, Missing
from dambridge.policy.intake import assess
from dambridge.ports.errors import CannotGoOn, NextMove
from dambridge.ports.files import Spooled
from dambridge.ports.ledger import Observation

_XMP = "application/rdf+xml"
_FOUND = 50
"""Files of one name that are looked through."""


def token(side_car: Beside) -> str:
    """A side-car as it is now. Its own fields in the system are no part of it."""
    return f"{side_car.id} {side_car.version.modified} {side_car.version.content}"


# carrying out -----------------------------------------------------------------------------------------------------------


async def fetch_with_words(parts: Parts, action: Action) -> tuple[Spooled, EmbeddedMetadata]:
    """The original in the spool, with what stands inside it and in its side-car. Raises as `fetch` and `with_words_beside`
    do."""
    spooled, inside = await fetch(parts, action)
    return spooled, await with_words_beside(parts, action, inside)


async def with_words_beside(parts: Parts, action: Action, inside: EmbeddedMetadata) -> EmbeddedMetadata:
    """What stands inside, overlaid with what the side-car says where there is one. Raises `WaitsForPeople` for one that
    cannot be read: the file does not travel without words that stand beside it."""
    record = await _side_car_of(parts, action)
    if record is None:
        return inside
    said = await _read(parts, action, record)
    there = Beside(id=record.key.remote_id, version=record.version)
    return replace(with_side_car(inside, said), side_car=token(there))


async def words_beside(parts: Parts, action: Action) -> EmbeddedMetadata:
    """What the side-car alone says, for a raw file that is not looked into."""
    nothing = EmbeddedMetadata(mime_type="", media_type=MediaType.RAW, tags={})
    return await with_words_beside(parts, action, nothing)


async def _side_car_of(parts: Parts, action: Action) -> AssetRecord | None:
    if not parts.policy.side_cars or action.media_type != MediaType.RAW:
        return None
    if action.side_car:
        return await _record(parts, action.side_car)
    file = await _record(parts, action.source.remote_id)
    if file is None or not has_side_car(file.media_type, file.file_name):
        return None
    for name in side_car_names(file.file_name):
        for remote_id in await parts.source.archive.named(name, lane=parts.lane):
            found = await _record(parts, remote_id)
            if found is not None and _same_place(found.containers, file.containers):
                return found
    return None


async def _record(parts: Parts, remote_id: RemoteId) -> AssetRecord | None:
    groups = parts.policy.groups | {"containers"}
    native = await parts.reader.read(remote_id, groups=groups, lane=parts.lane)
    return None if isinstance(native, Missing) else to_canonical(native, parts.source.map)


def _same_place(one: Sequence[Container], other: Sequence[Container]) -> bool:
    return bool({it.id for it in one} & {it.id for it in other})


async def _read(parts: Parts, action: Action, record: AssetRecord) -> EmbeddedMetadata:
    name = f"{action.id}.side-car"
    async with parts.reader.original(record.key.remote_id, lane=parts.lane) as stream:
        spooled = await parts.spool.keep(name, stream.chunks, expected_size=stream.size)
    try:
        said = await parts.inspector.inspect(spooled.path, file_name=record.file_name)
    finally:
        await parts.spool.drop(name)
    if isinstance(said, Broken) or said.mime_type != _XMP:
        why = said.why if isinstance(said, Broken) else f"It is a {said.mime_type} inside."
        raise WaitsForPeople(Reason.of(Code.SIDE_CAR_UNREAD, name=record.file_name, why=why), "contributor")
    return said


# deciding ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Aside:
    """What becomes of side-cars that were met: how each is left, and which files have to be read with one of them."""

    left: Mapping[AssetKey, Leave]
    unread: Mapping[RemoteId, Beside]


async def side_cars_among(
    parts: Parts,
    records: Sequence[AssetRecord],
    before: Mapping[AssetKey, Observation],
    linked: Mapping[AssetKey, LinkId],
) -> Aside:
    """Of these records those that lie beside a raw file. One that was archived as an asset of its own stays one."""
    left: dict[AssetKey, Leave] = {}
    unread: dict[RemoteId, Beside] = {}
    now = await parts.clock.now()
    for record in records if parts.policy.side_cars else ():
        if not is_side_car(record.file_name) or record.key in linked:
            continue
        verdict = assess(record, parts.policy, parts.programs, now)
        if isinstance(verdict, Leave) and verdict.reason.code is Code.NOT_SELECTED:
            continue
        try:
            files = await _files_of(parts, record, before.get(record.key))
        except CannotGoOn:
            raise
        except NextMove as error:
            left[record.key] = _unread(parts, error)
            continue
        left[record.key] = _leave(record, files)
        it = Beside(id=record.key.remote_id, version=record.version)
        unread |= dict.fromkeys(await _without(parts, files, token(it)), it)
    return Aside(left, unread)


def _leave(record: AssetRecord, files: Mapping[RemoteId, str]) -> Leave:
    if files:
        told = Reason.of(Code.SIDE_CAR, files=tuple(sorted(files.values())), ids=tuple(files))
        return Leave(outcome=Outcome.SKIPPED, reason=told)
    alone = Reason.of(Code.SIDE_CAR_ALONE, name=record.file_name)
    return Leave(outcome=Outcome.WAITING, reason=alone, waits_for="contributor")


def _unread(parts: Parts, error: NextMove) -> Leave:
    told = Reason.of(Code.SOURCE_UNREAD, copy=str(parts.source_copy), text=str(error))
    return Leave(outcome=Outcome.WAITING, reason=told, waits_for="system")


async def _files_of(parts: Parts, record: AssetRecord, before: Observation | None) -> Mapping[RemoteId, str]:
    """The raw files beside which it lies, by id: as they were last found, where it has not changed since."""
    if before is not None and before.reason is not None and before.reason.code is Code.SIDE_CAR:
        known = dict(before.reason.params)
        if before.version == record.version:
            return dict(zip(map(RemoteId, _texts(known["ids"])), _texts(known["files"]), strict=False))
    if parts.source.finder is None:
        return {}
    own = record if record.containers else await _record(parts, record.key.remote_id)
    found = await parts.source.finder.search(words_for(record.file_name), limit=_FOUND, lane=parts.lane)
    files: dict[RemoteId, str] = {}
    for it in found.sightings:
        if it.file_name is not None and not belongs(record.file_name, it.file_name):
            continue
        file = await _record(parts, it.remote_id) if it.remote_id != record.key.remote_id else None
        if file is None or own is None or not belongs(record.file_name, file.file_name):
            continue
        if has_side_car(file.media_type, file.file_name) and _same_place(file.containers, own.containers):
            files[it.remote_id] = file.file_name
    return files


def _texts(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list | tuple) else (str(value),)


async def _without(parts: Parts, files: Mapping[RemoteId, str], read: str) -> list[RemoteId]:
    """Those of the files that are archived and were not read with this side-car as it is."""
    keys = [AssetKey(parts.policy.source, it) for it in files]
    links = await parts.ledger.links_of(keys)
    agreed = await parts.ledger.agreed(list(links.values()))
    whole = await parts.ledger.links(list(links.values()))
    return [key.remote_id for key, link in links.items() if _lacks(parts, whole.get(link), agreed.get(link), read)]


def _lacks(parts: Parts, link: Link | None, agreed: Agreed | None, read: str) -> bool:
    if link is None or agreed is None or link.observe_only or link.copy(parts.target_copy) is None:
        return False
    return agreed.evidence.get(f"{parts.source_copy}.{SIDE_CAR}") != read
