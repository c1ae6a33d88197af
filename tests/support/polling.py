"""The real listings and the real observe step over a library that drifts, round by round, each held against the truth."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from dambridge.connectors.kit import Http, Masker, Reply, Request
from dambridge.connectors.netx import NetxOptions
from dambridge.connectors.netx.archive import NetxArchive
from dambridge.connectors.netx.client import NetxClient
from dambridge.connectors.netx.folders import Folders
from dambridge.connectors.netx.looking import AssetLooker
from dambridge.connectors.photoshelter.client import PhotoShelterClient
from dambridge.connectors.photoshelter.config import PhotoShelterOptions
from dambridge.connectors.photoshelter.galleries import GalleryPaths
from dambridge.connectors.photoshelter.reading import PhotoShelterReader
from dambridge.engine.config import EngineSettings
from dambridge.engine.hinting import hints_of
from dambridge.engine.parts import Parts
from dambridge.engine.sites import Site
from dambridge.engine.taking_in import observing
from dambridge.mapping import AccountMap
from dambridge.mapping.account_map import default_map
from dambridge.model.identity import AccountId, AssetKey, FlowName, RemoteId, RunId, System
from dambridge.model.outcomes import Outcome
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import Missing, Present
from dambridge.policy.intake import IntakePolicy
from dambridge.ports.errors import TryLater
from dambridge.ports.ledger import Due, Observation
from dambridge.ports.pace import Lane
from support.drifting import (
    SECOND,
    SELECTED,
    Asset,
    Library,
    Lost,
    Op,
    PageFails,
    Row,
    Rules,
    instant,
    last_selected,
    netx_answer,
    photoshelter_answer,
)

AGENCY, ARCHIVE = AccountId("agency"), AccountId("archive")
_FULL = default_map(System.PHOTOSHELTER)
_MAP = AccountMap(System.PHOTOSHELTER, tuple(it for it in _FULL.rules if it.native == "rating"))
_NOBODY: Any = None
SWEEP_EVERY = timedelta(days=1)


async def _at_home(_lane: Lane) -> bool | None:
    """Nobody moves the session of this library."""
    return True


@dataclass(frozen=True, slots=True)
class Round:
    """What happens before a round, between its calls, and how it ends: `dies` cuts it off after so many assets."""

    pause: int
    before: tuple[Op, ...] = ()
    between: tuple[Op | None, ...] = ()
    dies: int | None = None
    hints: int = -1
    """Chooses which hints arrive and how; below 0 none ever does."""


QUIET = Round(0)


@dataclass(frozen=True, slots=True)
class History:
    rules: Rules
    count: int
    rounds: tuple[Round, ...]


class Policy(IntakePolicy):
    """Reads the base alone: what the decision would read besides is not what is tried here."""

    @property
    def groups(self) -> frozenset[str]:
        return frozenset({"base"})


@dataclass(slots=True)
class Wire:
    """Stands for the caller of either client: a call is answered by the library, and then people act."""

    library: Library
    begun: Counter[str] = field(default_factory=Counter)
    mask: Masker = field(default_factory=Masker)

    async def call(self, request: Request, *, lane: Lane) -> Reply:
        try:
            status, body = self._answer(request)
        except PageFails:
            raise TryLater(f"Could not {request.about}: no answer.") from None
        finally:
            self.library.called()
        return Reply(status, {}, b"", body)

    def _answer(self, request: Request) -> tuple[int, Any]:
        if request.path == "/api/rpc":
            said, result = request.json, netx_answer(self.library, request.json["method"], request.json["params"])
            failed = isinstance(result, dict) and "error" in result
            return 200, {"id": said["id"], **(result if failed else {"result": result})}
        path = request.path.removeprefix("/psapi/v4.0")
        if request.query.get("page") == "1" and request.query.get("per_page") != "1":
            self.begun[path] += 1
        return photoshelter_answer(self.library, path, request.query)

    async def tell_window(self, **_: Any) -> None:
        raise AssertionError("no rate was shown")


@dataclass(slots=True)
class Shelf:
    """What the observe step asks of the ledger."""

    cursors: dict[str, str] = field(default_factory=dict)
    seen: dict[AssetKey, Observation] = field(default_factory=dict)
    rows: dict[tuple[str, str], Due] = field(default_factory=dict)

    async def cursor(self, account: AccountId, stream: str) -> str | None:
        return self.cursors.get(stream)

    async def move_cursor(self, account: AccountId, stream: str, position: str) -> None:
        self.cursors[stream] = position

    async def observations(self, flow: FlowName, keys: Sequence[AssetKey]) -> Mapping[AssetKey, Observation]:
        return {it: self.seen[it] for it in keys if it in self.seen}

    async def add_due(self, due: Sequence[Due]) -> None:
        self.rows |= {(it.kind, it.key): it for it in due}

    async def next_due(self, *, kinds: Sequence[str]) -> datetime | None:
        return min((it.at for it in self.rows.values() if it.kind in kinds), default=None)

    async def take_due(self, now: datetime, *, kinds: Sequence[str], limit: int, **_: Any) -> Sequence[Due]:
        return [it for it in self.rows.values() if it.kind in kinds and it.at <= now][:limit]

    async def finish_due(self, kind: str, key: str, **_: Any) -> None:
        self.rows.pop((kind, key), None)

    async def links_of(self, keys: Sequence[AssetKey]) -> Mapping[AssetKey, str]:
        return {}

    async def links(self, ids: Sequence[str]) -> Mapping[str, Any]:
        return {}

    async def term_tallies(self, flow: FlowName, account: AccountId) -> Sequence[Any]:
        return ()

    async def lingering(self, flow: FlowName, *, outcomes: Sequence[Outcome], limit: int) -> Sequence[Observation]:
        found = sorted((it for it in self.seen.values() if it.outcome in outcomes), key=lambda it: (it.at, it.key))
        return found[:limit]


@dataclass(slots=True)
class Now:
    library: Library

    async def now(self) -> datetime:
        return instant(self.library.now)


@dataclass(slots=True)
class Bridge:
    """A flow that only observes, and a decision that only notes what it was handed."""

    library: Library
    http: Http
    shelf: Shelf = field(default_factory=Shelf)
    handed: dict[str, int] = field(default_factory=dict)
    known: dict[str, int] = field(default_factory=dict)
    listing_started: int = 0
    deceivable: bool = False
    runs: int = 0
    wire: Wire = field(init=False)
    parts: Parts = field(init=False)

    def __post_init__(self) -> None:
        rules = self.library.rules
        self.wire = Wire(self.library)
        said = {"api_key": "k", "org_id": "O1", "email": "e", "password": "p"}
        options = PhotoShelterOptions.model_validate(said).model_copy(update={"per_page": rules.per_page})
        client = PhotoShelterClient(options, account=AGENCY, pacer=_NOBODY, http=self.http)
        client._caller = self.wire  # type: ignore[assignment]
        client.still_ours = _at_home  # type: ignore[assignment]
        settings = EngineSettings(overlap=timedelta(microseconds=rules.overlap), sweep_every=SWEEP_EVERY, concurrency=2)
        galleries = ("Intake*",) if rules.galleries else ()
        paths = GalleryPaths(client, page_size=rules.per_page, keep=options.paths_kept_seconds)
        self.parts = Parts(
            ledger=self.shelf,  # type: ignore[arg-type]
            source=Site(
                account=AGENCY,
                system=System.PHOTOSHELTER,
                reader=PhotoShelterReader(options, AGENCY, client, paths, _NOBODY),
                archive=_NOBODY,
                map=_MAP,
            ),
            target=Site(account=ARCHIVE, system=System.NETX, reader=_NOBODY, archive=_NOBODY, map=_MAP),
            spool=_NOBODY,
            inspector=_NOBODY,
            embedder=_NOBODY,
            clock=Now(self.library),
            runtime=_NOBODY,
            policy=Policy(source=AGENCY, target=ARCHIVE, galleries=galleries),
            programs={},
            settings=settings,
            calls=dict,
            configuration="",
        )

    async def round(self, this: Round, *, full: bool = False) -> None:
        """One run as the engine has it: look around, read, hand on, and only then remember how far it came."""
        self.runs += 1
        self.wire.begun.clear()
        self.listing_started = self.library.now
        await self.shelf.add_due(self._as_rows(self.take_hints(this.hints)))
        listing = await observing.look_around(self.parts, full=full)
        self.library.counts["passes begun again"] += sum(it - 1 for it in self.wire.begun.values() if it > 1)
        self.library.counts["unproven listings"] += not listing.proven
        if listing.proven:
            self._whole(listing)
        if len(listing.ids) != len(set(listing.ids)):
            raise Lost("an asset is handed on twice in one run")
        ids = listing.ids if this.dies is None else listing.ids[: this.dies]
        await self.hand_on(ids)
        if this.dies is not None and this.dies < len(listing.ids):
            self.library.counts["runs that died"] += 1
            return
        await observing.remember_position(self.parts, listing)

    def _as_rows(self, hinted: Sequence[str]) -> list[Due]:
        """As the receiver of webhooks keeps them: a row an asset."""
        at, kind = instant(self.library.now), hints_of(self.parts)
        rows = [
            Due(at=at, kind=kind, key=f"{AGENCY}:{it}", payload={"account": str(AGENCY), "id": it}) for it in hinted
        ]
        self.library.counts["hints kept"] += len(rows)
        return rows

    def take_hints(self, manner: int) -> list[str]:
        """The hints that arrive now: some lost, some doubled, some late, in any order. They are ids and nothing more."""
        if manner < 0:
            self.library.counts["hints lost"] += len(self.library.hints)
            self.library.hints.clear()
            return []
        chance, kept, came = random.Random(manner), list[tuple[str, int]](), list[str]()
        for hint in self.library.hints:
            match chance.randrange(4):
                case 0:
                    self.library.counts["hints lost"] += 1
                case 1:
                    self.library.counts["hints late"] += 1
                    kept.append(hint)
                case times:
                    self.library.counts["hints doubled"] += times == 3
                    came += [hint[0]] * (times - 1)
        self.library.hints = kept
        chance.shuffle(came)
        return came

    def _whole(self, listing: observing.Listing) -> None:
        """A listing that calls itself proven has met all that stood in it all the while."""
        library, rules, start = self.library, self.library.rules, self.listing_started
        if rules.shuffled and not library.still(start):
            self.deceivable = True  # the count alone speaks then, and a removal can deceive it: the sweep makes good
            return
        cursor, swept = (self.shelf.cursors.get(f"intake:{it}") for it in ("changed", "swept"))
        if cursor is not None and swept is not None and instant(start) < datetime.fromisoformat(swept) + SWEEP_EVERY:
            begin, end = datetime.fromisoformat(cursor) - self.parts.settings.overlap, instant(start)
            expected = library.throughout(start, lambda row: begin <= instant(row.stamp) <= end)
        elif rules.galleries:
            expected = library.throughout(start, lambda row: row.places.get("G0a")) | library.throughout(
                start, lambda row: row.places.get("G0b")
            )
        else:
            expected = library.throughout(start, lambda row: True)
        if lost := expected - {str(it) for it in listing.ids}:
            raise Lost(f"proven, and yet {sorted(lost)} stood there all the while and were not met")

    async def hand_on(self, ids: Sequence[RemoteId]) -> None:
        """Read, and hand to the decision; then write down what was seen of each."""
        for sight in await observing.read_all(self.parts, ids):
            name = str(sight.key.remote_id)
            outcome = Outcome.DONE
            match sight.seen:
                case Present(record):
                    assert record.size is not None
                    outcome = Outcome.DONE if record.fields.get("rating") == 1 else Outcome.SKIPPED  # type: ignore[call-overload]
                    self.note(name, record.size)
                case Missing():
                    outcome = Outcome.SKIPPED
                    if name not in self.library.denied:
                        raise Lost(f"{name} is reported gone and is there")
                case _:
                    outcome = Outcome.WAITING
            self.shelf.seen[sight.key] = Observation(
                flow=FlowName.INTAKE,
                key=sight.key,
                version=None,
                file_name="",
                outcome=outcome,
                reason=Reason.of(Code.IN_STEP),
                waits_for="",
                run=RunId(str(self.runs)),
                at=instant(self.library.now),
            )

    def note(self, name: str, number: int) -> None:
        if number < self.handed.get(name, 0):
            raise Lost(f"an older state of {name} is handed on after a newer one")
        self.handed[name] = number
        self.known.setdefault(name, self.library.now)

    def seen_by_polls(self) -> None:
        """After the last edit, lag and overlap: all that polls can see has been handed on at its last version."""
        library, rules = self.library, self.library.rules
        if self.deceivable:
            return
        for asset, row in last_selected(library, rules):
            late = row.visible + rules.lag - row.event > rules.overlap
            if self.handed.get(asset.id) == row.number or late:
                continue
            if row.moved or self._was_waiting(asset.rows) or self._is_newcomer(asset, row):
                raise Lost(f"no poll brought state {row.number} of {asset.id}, only {self.handed.get(asset.id)}")

    def _is_newcomer(self, asset: Asset, row: Row) -> bool:
        """Whether it was put into a gallery at once for all to see, never handed on, and under nothing known of old: the
        look into galleries, newest first, has to come upon such assets."""
        rules = self.library.rules
        if asset.id in self.known or rules.lag or not rules.galleries or asset.was_late:
            return False
        return any(self._on_top(gallery, added) for gallery, added in row.places.items() if gallery in SELECTED)

    def _on_top(self, gallery: str, since: int) -> bool:
        above = [(it, it.last.places.get(gallery, -1)) for it in self.library.assets.values()]
        return all(not it.was_late and self.known.get(it.id, added) >= added for it, added in above if added >= since)

    def _was_waiting(self, rows: Sequence[Row]) -> bool:
        """Whether the last state handed on was not approved yet: such assets are looked at again in every run."""
        name = next(it for it, found in self.library.assets.items() if found.rows is rows)
        return any(not it.approved and it.number == self.handed.get(name) for it in rows)

    def seen_in_the_end(self) -> None:
        """And after one sweep: everything, however it changed."""
        for asset, row in last_selected(self.library, self.library.rules):
            if self.handed.get(asset.id) != row.number:
                raise Lost(f"state {row.number} of {asset.id} was never handed on, only {self.handed.get(asset.id)}")


async def live_through(history: History, http: Http) -> Counter[str]:
    """A library's whole history under a bridge that polls it. Raises `Lost`; returns what was met on the way."""
    library = Library(history.rules)
    for number in range(history.count):
        library.do(Op("add", number, number % 2 * 7))
    library.hints.clear()
    library.now += 3600 * SECOND
    bridge = Bridge(library, http)
    for this in history.rounds:
        library.now += this.pause
        for op in this.before:
            library.do(op)
        library.script.clear()
        library.script.extend(this.between)
        await bridge.round(this)
    await _rest(bridge)
    bridge.seen_by_polls()
    library.now += 86_400 * SECOND
    await bridge.round(QUIET)
    bridge.seen_in_the_end()
    library.counts["rounds"] += bridge.runs
    library.counts["assets"] += len(library.assets)
    return library.counts


async def _rest(bridge: Bridge) -> None:
    """Nobody works any more; lag and late commits pass, and a poll or two goes well."""
    library = bridge.library
    library.script.clear()
    library.troubles.clear()
    library.deaf = 0
    latest = max((it.last.visible for it in library.assets.values()), default=0)
    library.now = max(library.now, latest) + library.rules.lag + SECOND
    await bridge.round(QUIET)


async def list_through(history: History, http: Http) -> Counter[str]:
    """The same people at work in a NetX folder while it is listed and read. Raises `Lost`."""
    library = Library(history.rules, prefix="1")
    for number in range(history.count):
        library.do(Op("add", number, number % 2 * 7))
    options = NetxOptions.model_validate({"base_url": "https://x.example", "token": "t"})
    options = options.model_copy(update={"page_size": history.rules.per_page})
    client = NetxClient(options, account=ARCHIVE, pacer=_NOBODY, http=http)
    client._caller = Wire(library)  # type: ignore[assignment]
    looker = AssetLooker(client, ids_per_call=options.ids_per_call)
    archive = NetxArchive(options, account=ARCHIVE, client=client, folders=Folders(client), looker=looker)
    for this in history.rounds:
        library.now += this.pause
        for op in this.before:
            library.do(op)
        library.script.clear()
        library.script.extend(this.between)
        await _listed_whole(archive, library, in_folder=this.hints % 2 == 0)
        with suppress(TryLater):
            await _nothing_gone(archive, library)
    library.script.clear()
    library.troubles.clear()
    library.deaf = 0
    library.now += 7200 * SECOND
    if not await _listed_whole(archive, library, in_folder=True) and history.rules.cap > 1:
        raise Lost("a folder at rest cannot be listed")
    return library.counts


async def _listed_whole(archive: NetxArchive, library: Library, *, in_folder: bool) -> bool:
    start = library.now
    try:
        if in_folder:
            seen = {it.key.remote_id for it in await archive.contents(RemoteId("7"), lane=Lane.NORMAL)}
        else:
            seen = set(await archive.find("Any", "thing", lane=Lane.NORMAL))
    except TryLater:
        library.counts["NetX listings unproven"] += 1
        return False
    library.counts["NetX listings proven"] += 1
    if library.rules.shuffled and not library.still(start):
        return True
    expected = library.throughout(start, lambda row: "G0a" in row.places if in_folder else True)
    if lost := expected - {str(it) for it in seen}:
        raise Lost(f"NetX: proven, and yet {sorted(lost)} stood there all the while and were not met")
    return True


async def _nothing_gone(archive: NetxArchive, library: Library) -> None:
    ids = [RemoteId(it) for it in list(library.assets)[:4]]
    seen = await archive.read(ids, lane=Lane.NORMAL)
    for remote_id, it in seen.items():
        if isinstance(it, Missing) and str(remote_id) not in library.denied:
            raise Lost(f"NetX: {remote_id} is reported gone and is there")
