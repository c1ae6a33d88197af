"""Reading whole libraries for pairing: records first, then of each asset only the facts that somebody asks for.

Every call goes through the account's pace in the lane for backfills. What was read is written down as it comes, so that
whoever is interrupted goes on where it was; what has not moved since an earlier look keeps what was found out about it."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from dambridge.engine.together import for_each
from dambridge.mapping import AccountMap, to_canonical, unread_fields
from dambridge.mapping.fields import SOURCE_MARK
from dambridge.model.identity import AccountId, AssetKey, RemoteId
from dambridge.model.pairing import Fact, Subject
from dambridge.model.records import AssetRecord, Missing, NativeRecord
from dambridge.model.stand_ins import is_stand_in
from dambridge.model.values import DateValue, FieldName
from dambridge.planning import gaps_of
from dambridge.ports.clock import Clock
from dambridge.ports.errors import CannotGoOn, NextMove, TryLater
from dambridge.ports.finding import Finder
from dambridge.ports.ledger import Ledger
from dambridge.ports.pace import Lane
from dambridge.ports.pairing import Eye, PairingStore
from dambridge.ports.renditions import Renditions
from dambridge.ports.systems import AssetReader, ByteStream

T = TypeVar("T")
TOGETHER = 200
"""Assets that are written down together."""
HEAD = 128 * 1024
"""First bytes of a file in which its capture time is looked for."""
SMALL, LARGE = 150, 500
"""Pixels of the longer side that a likeness and a closer look need."""
MOST_BYTES = 64 * 1024 * 1024
"""The largest original that is taken in for its looks where the account has no smaller picture of it."""
STALE = timedelta(days=1)
"""After so long an interrupted look is begun anew."""
LANE = Lane.BACKFILL


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """One account as pairing sees it. `groups` are those that the flow reads as well, so that versions can be compared;
    `at_once` is how many records are asked for side by side, `files` how many files."""

    account: AccountId
    reader: AssetReader
    finder: Finder
    renditions: Renditions | None
    map: AccountMap
    groups: frozenset[str]
    at_once: int
    files: int = 8


@dataclass(slots=True, kw_only=True)
class Survey:
    """What a look at a library works with, and what it met. `unread` says why an asset could not be read."""

    library: Library
    store: PairingStore
    ledger: Ledger
    clock: Clock
    eye: Eye
    id_fields: Sequence[str]
    told: Callable[[str, int, int], None]
    subjects: dict[AssetKey, Subject] = field(default_factory=dict)
    unread: dict[AssetKey, str] = field(default_factory=dict)
    put_off: set[tuple[AssetKey, Fact]] = field(default_factory=set)
    """What could not be had just now: not asked again in this look, and asked anew in the next."""


async def look_over(survey: Survey) -> None:
    """Read every asset of the library. Raises `TryLater` where its listing cannot be had whole: nothing is concluded then."""
    account = survey.library.account
    known = {it.key: it for it in await survey.store.subjects(account)}
    look = await _look_begun(survey)
    ids = await _listed(survey)
    survey.subjects = {key: it for key, it in known.items() if key.remote_id in ids and it.seen_in == look}
    open_ids = [it for it in ids if AssetKey(account, it) not in survey.subjects]
    for part in _parts(open_ids, survey, "reading records"):
        read = await for_each(part, lambda it: _record(survey, it, known, look), at_once=survey.library.at_once)
        await _keep(survey, [it for it in read if it is not None])
    gone = [key for key in known if key not in survey.subjects and key not in survey.unread]
    await survey.store.forget_subjects(gone)
    survey.subjects |= {key: it for key, it in known.items() if key in survey.unread}
    await survey.ledger.move_cursor(account, "match", "")


async def answer(survey: Survey, fact: Fact, keys: Sequence[AssetKey]) -> None:
    """Find this fact out about these assets of the library; what cannot be had is noted as tried."""
    own = [it for it in keys if it in survey.subjects]
    asking = {
        Fact.DIGEST: ("hashing originals", _with_digest),
        Fact.LIKENESS: ("looking at pictures", _with_likeness),
        Fact.CAPTURED: ("reading capture times", _with_moment),
        Fact.LOOK: ("looking closely", _with_look),
    }
    what, ask = asking[fact]
    for part in _parts(own, survey, what):
        found = await for_each(part, lambda it: _asked(survey, fact, it, ask), at_once=survey.library.files)
        await _keep(survey, found)


# records --------------------------------------------------------------------------------------------------------------
async def _look_begun(survey: Survey) -> str:
    """The look that was interrupted lately, else a new one."""
    now = await survey.clock.now()
    before = await survey.ledger.cursor(survey.library.account, "match")
    if before and now - datetime.fromisoformat(before) < STALE:
        return before
    await survey.ledger.move_cursor(survey.library.account, "match", now.isoformat())
    return now.isoformat()


async def _listed(survey: Survey) -> dict[RemoteId, None]:
    """Every id once. Raises `TryLater` where fewer were shown than announced."""
    ids: dict[RemoteId, None] = {}
    total: int | None = None
    async for page in survey.library.reader.everything(lane=LANE):
        total = page.total if page.total is not None else total
        ids |= dict.fromkeys(it.remote_id for it in page.sightings)
        survey.told(f"listing {survey.library.account}", len(ids), total or 0)
    if total is not None and len(ids) < total:
        raise TryLater(f"{survey.library.account} showed {len(ids)} of {total} assets; nothing is concluded from that.")
    return ids


async def _record(survey: Survey, remote_id: RemoteId, known: Mapping[AssetKey, Subject], look: str) -> Subject | None:
    library = survey.library
    key = AssetKey(library.account, remote_id)
    try:
        native = await library.reader.read(remote_id, groups=library.groups, lane=LANE)
    except CannotGoOn:
        raise
    except NextMove as error:
        survey.unread[key] = str(error)
        return known.get(key)
    if isinstance(native, Missing):
        return None
    record = to_canonical(native, library.map)
    if is_stand_in(record.fields):
        return None  # what only stands for an asset of another library is none of this one
    return _subject(survey, native, record, known.get(key), look)


def _subject(survey: Survey, native: NativeRecord, record: AssetRecord, before: Subject | None, look: str) -> Subject:
    fresh = Subject(
        record=record,
        claims=_claims(native, survey.library.map),
        ids=frozenset(_identifying(record, survey.id_fields)),
        digests={record.checksum.algorithm: record.checksum.hexdigest} if record.checksum else {},
        captured=_dated(record),
        gaps=gaps_of(record, unread_fields(record)),
        seen_in=look,
    )
    if before is None or not _same_file(before.record, record):
        return fresh
    return replace(
        fresh,
        digests={**before.digests, **fresh.digests},
        captured=max(before.captured, fresh.captured, key=len),
        likeness=before.likeness,
        look=before.look,
        tried=before.tried,
    )


def _same_file(before: AssetRecord, now: AssetRecord) -> bool:
    """Whether what was found out about the bytes still holds. A file that was replaced moves the modified time at least."""
    return (before.version.modified, before.version.content) == (now.version.modified, now.version.content)


def _claims(native: NativeRecord, account: AccountMap) -> frozenset[str]:
    rule = account.by_field.get(SOURCE_MARK)
    value = native.fields.get(rule.native) if rule else None
    values = value if isinstance(value, tuple) else () if value is None else (str(value),)
    return frozenset(it.strip() for it in values if it.strip())


def _identifying(record: AssetRecord, names: Sequence[str]) -> Iterator[str]:
    for name in names:
        value = record.fields.get(FieldName(name))
        if isinstance(value, str) and value.strip():
            yield f"{name}={value.strip()}"


def _dated(record: AssetRecord) -> str:
    value = record.fields.get(FieldName("date_created"))
    return value.iso if isinstance(value, DateValue) else ""


# facts ----------------------------------------------------------------------------------------------------------------
Ask = Callable[[Survey, Subject], Awaitable[Subject]]


async def _asked(survey: Survey, fact: Fact, key: AssetKey, ask: Ask) -> Subject:
    subject = survey.subjects[key]
    try:
        found = await ask(survey, subject)
    except CannotGoOn:
        raise
    except NextMove as error:
        found = subject
        if isinstance(error, TryLater):
            survey.put_off.add((key, fact))
    return replace(found, tried=found.tried | {fact})


async def _with_digest(survey: Survey, it: Subject) -> Subject:
    """Both hashes of the original, streamed; its first bytes tell the capture time as they pass by."""
    sha256, md5, head, size = hashlib.sha256(), hashlib.md5(usedforsecurity=False), bytearray(), 0
    async with survey.library.reader.original(it.key.remote_id, lane=LANE) as stream:
        async for chunk in stream.chunks:
            sha256.update(chunk)
            md5.update(chunk)
            size += len(chunk)
            head += chunk[: HEAD - len(head)]
    if it.record.size is not None and size != it.record.size:
        raise TryLater(f"{it.key} came with {size} bytes, its record says {it.record.size}.")
    digests = {**it.digests, "sha256": sha256.hexdigest(), "md5": it.digests.get("md5", md5.hexdigest())}
    captured = await survey.eye.captured(bytes(head))
    return replace(it, digests=digests, captured=max(it.captured, captured, key=len), tried=it.tried | {Fact.CAPTURED})


async def _with_moment(survey: Survey, it: Subject) -> Subject:
    """The capture time out of the first bytes of the original; the rest is not taken."""
    head = bytearray()
    async with survey.library.reader.original(it.key.remote_id, lane=LANE) as stream:
        async for chunk in stream.chunks:
            head += chunk
            if len(head) >= HEAD:
                break
    captured = await survey.eye.captured(bytes(head))
    return replace(it, captured=max(it.captured, captured, key=len))


async def _with_likeness(survey: Survey, it: Subject) -> Subject:
    data = await _picture(survey, it, SMALL)
    return replace(it, likeness=await survey.eye.likeness(data) if data else None)


async def _with_look(survey: Survey, it: Subject) -> Subject:
    data = await _picture(survey, it, LARGE)
    return replace(it, look=await survey.eye.look(data) if data else None)


async def _picture(survey: Survey, it: Subject, pixels: int) -> bytes | None:
    """A picture of the asset in as few bytes as the account allows: one made for display, a rendition, the original."""
    library, remote_id = survey.library, it.key.remote_id
    ways: list[Callable[[], AbstractAsyncContextManager[ByteStream]]] = [
        lambda: library.finder.picture(remote_id, longest_side=pixels, lane=LANE)
    ]
    if (renditions := library.renditions) is not None:
        ways += [partial(renditions.rendition, remote_id, name, lane=LANE) for name in renditions.renditions]
    if it.record.size is not None and it.record.size <= MOST_BYTES:
        ways.append(lambda: library.reader.original(remote_id, lane=LANE))
    for way in ways:
        try:
            async with way() as stream:
                return b"".join([chunk async for chunk in stream.chunks])
        except (CannotGoOn, TryLater):
            raise
        except NextMove:
            continue
    return None


def _parts(items: Sequence[T], survey: Survey, what: str) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), TOGETHER):
        survey.told(f"{what} of {survey.library.account}", start, len(items))
        yield items[start : start + TOGETHER]


async def _keep(survey: Survey, found: Sequence[Subject]) -> None:
    survey.subjects |= {it.key: it for it in found}
    kept = [
        replace(it, tried=frozenset(one for one in it.tried if (it.key, one) not in survey.put_off)) for it in found
    ]
    await survey.store.keep_subjects(kept)
