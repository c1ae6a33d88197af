"""A history of two systems, the people in them, accidents, and the real engine that publishes, in memory and in one thread."""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, TypeVar

from dambridge.engine.publishing import batches
from dambridge.engine.publishing.due import gate_of
from dambridge.engine.publishing.flow import PublishFlow
from dambridge.engine.publishing.parts import PublishParts
from dambridge.engine.running import RunResult
from dambridge.engine.sites import Site
from dambridge.model.identity import AssetKey, FlowName, RemoteId, System
from dambridge.model.outlet_orders import OutletOrder
from dambridge.model.publications import Stage
from dambridge.model.records import Absence
from dambridge.model.values import FieldName
from dambridge.planning.audiences import agreement
from dambridge.policy.outlets import PublishPolicy
from dambridge.ports.audience import Visibility
from dambridge.ports.runtime import Json
from dambridge.testing.fake_ledger import MemoryLedger
from support.crashing import Crash, CrashingLedger, CrashPlan
from support.house import House, HouseArchive, HouseKeeper, HouseReader
from support.publish_oracle import Broken, Way, Witness, ordered
from support.publish_world import (
    AGENCY,
    ARCHIVE,
    END_THERE,
    GIVEN_UP,
    MAPS,
    MARGIN,
    MODES,
    NATIVES,
    OUTLETS,
    POLICY,
    SETTINGS,
    Archive,
    ArchiveArchive,
    ArchiveReader,
    FolderSpool,
    Keeper,
    Stamping,
)
from support.two_way import DirectRuntime
from support.two_way_systems import (
    ELSEWHERE,
    SELECTED,
    Presence,
    Times,
)

T = TypeVar("T")


CLEARED: Mapping[str, tuple[str, ...]] = {
    "title": ("A boat",),
    "description": ("A boat in the harbour",),
    "copyright_owner": ("Riverbend",),
    "licence_kind": ("owned",),
    "territories": ("Worldwide",),
    "channels": ("portal",),
}


@dataclass(slots=True)
class History:
    """One world from one seed. Everything people do and every accident is an event; `run` is ours."""

    seed: int
    masters: int = 8
    met: Counter[str] = field(default_factory=Counter)
    times: Times = field(default_factory=Times)
    ledger: MemoryLedger = field(default_factory=MemoryLedger)
    policy: PublishPolicy = POLICY
    reported: list[float] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    dice: Random = field(init=False)
    house: House = field(init=False)
    archive: Archive = field(init=False)
    witness: Witness = field(init=False)
    _folder: tempfile.TemporaryDirectory[str] = field(init=False)
    _loop: asyncio.AbstractEventLoop = field(init=False)
    _mid: list[int] = field(default_factory=list)
    _count: int = 0
    _running: bool = False

    def __post_init__(self) -> None:
        self.dice = Random(self.seed)
        self.house = House(account=AGENCY, times=self.times, map=MAPS[System.PHOTOSHELTER])
        self.archive = Archive(account=ARCHIVE, system=System.NETX, times=self.times, map=MAPS[System.NETX])
        ways = {name: Way(RemoteId(f"C:{it.gallery}"), it.territory, MODES[name]) for name, it in OUTLETS.items()}
        self.witness = Witness(house=self.house, source=self.archive, ways=ways, met=self.met, leaving=self._is_leaving)
        self.house.told = self.witness.told
        self.house.calling = self.archive.calling = self._called
        self.archive.shows = self._shown
        self._folder = tempfile.TemporaryDirectory()
        self._loop = asyncio.new_event_loop()
        self._prepare()

    def _is_leaving(self, file: RemoteId) -> bool:
        known = self.ledger.memory.publications.values()
        return any(file in {it.remote_id, it.former} and it.stage is Stage.LEAVING for it in known)

    def close(self) -> None:
        self._loop.close()
        self._folder.cleanup()

    def _prepare(self) -> None:
        """An administrator makes the galleries and agrees to them; a librarian has some pictures."""
        self.house.room("Partners", Visibility.EVERYONE)
        self.house.room("Vault", Visibility.PRIVATE)
        self.house.room("Stage", Visibility.EVERYONE)
        for path, mode in (("Open/Fun", Visibility.EVERYONE), ("Club", Visibility.PERMISSION)):
            self.house.room(path, mode)
        self.house.set_room(RemoteId("C:Open"), mode=Visibility.EVERYONE)
        self.house.room("Desk", Visibility.PRIVATE)
        self.house.room("dambridge", Visibility.PRIVATE)
        for name, it in OUTLETS.items():
            room = self.house.room(it.gallery, MODES[name])
            found = HouseKeeper(self.house).house_audience(room)
            self.witness.agreed[room] = (found.effective, found.own)
            made = agreement(name, AGENCY, found, by="jane", at=self.times.now_at)
            self.wait(self.ledger.agree_audience(made))
        for number in range(1, self.masters + 1):
            fields = {FieldName(name): texts for name, texts in CLEARED.items()}
            self.archive.add(str(number), file_name=f"{number}.jpg", content=f"master {number} v0", fields=fields)

    # ourselves ---------------------------------------------------------------------------------------------------
    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        return self._loop.run_until_complete(work)

    def flow(self, ledger: Any = None) -> PublishFlow:
        runtime, spool = DirectRuntime(), FolderSpool(Path(self._folder.name))
        stamping = Stamping(spool)
        parts = PublishParts(
            flow=self.policy.flow,
            ledger=ledger or self.ledger,
            spool=spool,
            clock=self.times,
            runtime=runtime,
            settings=SETTINGS,
            calls=dict,
            configuration="proof",
            rest=self._rest,
            policy=self.policy,
            sites={AGENCY: self._outside(), ARCHIVE: self._source()},
            outfitter=stamping,
            inspector=stamping,
        )

        async def work_off(args: Json) -> Json:
            return await batches.work_off(parts, str(args["batch"]))

        runtime.register("batch", work_off)
        return PublishFlow(parts)

    def _outside(self) -> Site:
        return Site(
            account=AGENCY,
            system=System.PHOTOSHELTER,
            reader=HouseReader(self.house),  # type: ignore[arg-type]
            archive=HouseArchive(self.house),
            map=self.house.map,
            audience=Keeper(self.house, self.witness),
            rate=50.0,
        )

    def _source(self) -> Site:
        return Site(
            account=ARCHIVE,
            system=System.NETX,
            reader=ArchiveReader(self.archive),
            archive=ArchiveArchive(self.archive),
            map=self.archive.map,
            rate=50.0,
        )

    async def _rest(self, wait: timedelta) -> None:
        self.times.advance(wait)

    def run(self, *, full: bool = False, crash: CrashPlan | None = None, in_time: bool = False) -> RunResult | None:
        """One run of a process of its own; None where it died, or where it had only to be in time. Afterwards what has to
        be so by now is looked at."""
        self.met["runs"] += 1
        struck, down = self._struck(), self.house.down or self.archive.down
        flow = self.flow(CrashingLedger(self.ledger, crash) if crash is not None else None)
        self._running = True
        ran: RunResult | None = None
        try:
            ran = self.wait(_unwrapped(flow.in_time() if in_time else flow.run(command=None, full=full)))
        except Crash:
            self.met["crashes"] += 1
        finally:
            self._running = False
        if self.witness.broken:
            raise Broken(self.witness.broken[0])
        if failed := self.reasons("failed"):
            raise Broken(f"masters failed: {failed}")
        self._reported()
        well = (ran is not None and not ran.stopped) or in_time
        if not well or down or struck != self._struck():
            self.disturbed()
        elif not in_time:
            self._well()
        return ran

    def _well(self) -> None:
        now = self.times.now_at
        if now - self.witness.quiet_since < CALM_FOR or self._mid:
            return
        self.met["calm runs"] += 1
        self.witness.nothing_is_astray()
        self.witness.everything_is_seen(2 * MARGIN)
        self.witness.healthy_at = now

    def _reported(self) -> None:
        """The lags that runs have told of, those that were ended after they died among them."""
        told = [it.summary for it in self.ledger.memory.runs.values() if it.summary is not None]
        lags = [it["flows"][str(self.policy.flow)]["lag_seconds"]["max"] for it in told]
        self.reported = [it for it in lags if it is not None]

    def reasons(self, outcome: str) -> list[str]:
        """How the masters that ended so ended, in words for messages of failed tests."""
        found = self.ledger.memory.observations.get(self.policy.flow, {}).values()
        return [f"{it.key.remote_id}: {it.reason}" for it in found if it.outcome == outcome]

    def disturbed(self) -> None:
        self.witness.wanting.clear()
        self.witness.quiet_since = self.times.now_at

    def _struck(self) -> int:
        lagging = len(self.archive.unpolled)
        return self.house.struck + self.archive.struck + self.met["met in the middle"] + lagging

    def _called(self) -> None:
        """People may do something between any two calls of ours."""
        if not self._running or not self._mid:
            return
        self._count += 1
        if self._count >= self._mid[0]:
            self._mid.pop(0)
            self._count = 0
            self.met["met in the middle"] += 1
            self.dice.choice(MIDDLE)(self)

    def _shown(self, master: RemoteId) -> None:
        self.witness.looks[master] = (self.archive.shown(master), self.house.writes)

    # time --------------------------------------------------------------------------------------------------------
    def passes(self, by: timedelta) -> None:
        """Time goes on, and whatever has its instant meanwhile is done at it."""
        target = self.times.now_at + by
        kind = gate_of(self.policy.flow)
        for _ in range(200):
            due = self.wait(self.ledger.next_due(kinds=[kind]))
            if due is None or due > target:
                break
            self.times.now_at = max(self.times.now_at, due)
            now = self.times.now_at
            taken = self.wait(
                self.ledger.take_due(now, kinds=[kind], limit=10, worker="w", lease=now + timedelta(minutes=1))
            )
            self.met["instants"] += 1
            self.run(in_time=True)
            for it in taken:
                self.wait(self.ledger.finish_due(it.kind, it.key, worker="w", next_at=None))
        else:
            raise Broken(f"two hundred instants fell due within {by}")
        self.times.now_at = max(self.times.now_at, target)

    # a whole history ---------------------------------------------------------------------------------------------
    def play(self, events: int, table: Sequence[tuple[str, int, Callable[[History], None]]] = ()) -> None:
        table = table or EVENTS
        names = [name for name, _, _ in table]
        weights = [weight for _, weight, _ in table]
        deeds = {name: deed for name, _, deed in table}
        self.run(full=True)
        for name in self.dice.choices(names, weights, k=events):
            self.events.append(f"{self.times.now_at:%d %H:%M:%S} {name}")
            self.met["events"] += 1
            self.met[name] += 1
            deeds[name](self)
        self.come_to_rest()

    def come_to_rest(self) -> None:
        """Nobody does anything any more: after two rounds all is as it should be, and the third writes nothing."""
        self.mend()
        self.passes(timedelta(hours=1))
        self.run(full=True)
        self.passes(timedelta(minutes=40))
        self.run(full=True)
        self.witness.nothing_is_astray()
        self.met["seen at rest"] += self.witness.everything_is_seen(2 * MARGIN)
        self.passes(timedelta(seconds=30))
        before = self.house.writes
        self.run(full=True)
        if self.house.writes != before:
            raise Broken(f"{self.house.writes - before} writes after everything had come to rest")
        self._records()

    def mend(self) -> None:
        """Whatever is out of order is put right by its people."""
        self.house.down = self.archive.down = False
        self.house.lose.clear()
        self.house.deaf = 0
        for it in (self.house.stale, self.archive.unread):
            it.clear()
        self.archive.unpolled.clear()
        self._mid.clear()
        for way in self.witness.ways.values():
            set_gallery(self, way.room, way.mode, (RemoteId("C:Partners"),))
        self.house.set_room(RemoteId("C:Partners"), mode=Visibility.EVERYONE)
        for file, texts in list(self.witness.edited.items()):
            un_edit(self, file, texts)
        self.disturbed()

    def _records(self) -> None:
        """What a record says is gone was gone by then, by what the house knows."""
        for it in self.wait(self.ledger.withdrawals(limit=100_000)):
            if it.verified_at is None:
                continue
            self.met["records"] += 1
            for one in self.house.seen:
                ended = one.until or datetime.max.replace(tzinfo=it.verified_at.tzinfo)
                begun = it.begun_at or it.decided_at
                if one.file == it.key.remote_id and one.since < begun and it.verified_at < ended:
                    raise Broken(f"the record of {it.id} says gone at {it.verified_at}, and it was seen in {one.room}")


CALM_FOR = timedelta(minutes=25)
"""How long nothing must have gone wrong before everything has to be as it should: what was put off is tried again by then."""


async def _unwrapped(work: Coroutine[Any, Any, Any]) -> Any:
    """What broke in a task comes out as itself."""
    try:
        return await work
    except BaseExceptionGroup as several:
        for it in _leaves(several):
            if isinstance(it, Broken | Crash):
                raise it from None
        raise


def _leaves(it: BaseException) -> Iterator[BaseException]:
    if isinstance(it, BaseExceptionGroup):
        for one in it.exceptions:
            yield from _leaves(one)
    else:
        yield it


# what people do, and what happens -----------------------------------------------------------------------------------------


def some(it: History) -> RemoteId:
    return it.dice.choice(list(it.archive.assets))


def files(it: History) -> list[RemoteId]:
    """Ours, but for those that were given up: what people make of these by hand is theirs."""
    known = ((name, one) for name, one in it.house.files.items() if one.gone is None and GIVEN_UP not in one.rooms)
    return [name for name, _ in known if it.witness.of(name) is not None]


def when(it: History, *hours: float) -> tuple[str, ...]:
    at = it.times.now_at + timedelta(hours=it.dice.uniform(*hours))
    return (f"{at:%Y-%m-%d}" if it.dice.random() < 0.2 else f"{at:%Y-%m-%dT%H:%M:%SZ}",)


def territory(it: History) -> None:
    it.archive.edit(some(it), territories=it.dice.choice([("DACH",), ("US",), ("DE", "US"), ("Worldwide",), ("CH",)]))


def clear(it: History, **more: tuple[str, ...]) -> None:
    """A rights manager clears everything for everywhere."""
    nothing: dict[str, tuple[str, ...]] = dict.fromkeys(NATIVES, ())
    it.archive.edit(some(it), **{**nothing, **CLEARED, **more})


def forbid(it: History) -> None:
    name, texts = it.dice.choice(
        [
            ("consent", ("withdrawn",)),
            ("copyright_owner", ()),
            ("channels", ("print",)),
            ("licence_kind", ()),
            ("territories", ()),
            ("licence_end", ("2020-01-01",)),
        ]
    )
    it.archive.edit(some(it), **{name: texts})


def permit(it: History) -> None:
    it.archive.edit(some(it), consent=(), copyright_owner=("Riverbend",), channels=("portal", "print"))


def ends(it: History) -> None:
    clear(it, licence_kind=("rights_managed",), licence_end=when(it, 0.05, 12))


def embargo(it: History) -> None:
    clear(it, embargo_until=when(it, 0.05, 12))


def caption(it: History) -> None:
    it.archive.edit(some(it), description=(f"Caption {it.dice.randrange(99)}",))


def order(it: History) -> None:
    """Somebody orders a master to an outlet, or takes that back."""
    master, (outlet, way) = some(it), it.dice.choice(list(it.witness.ways.items()))
    key, now = AssetKey(ARCHIVE, master), it.times.now_at
    known = it.wait(it.ledger.outlet_orders([key])).get(key, {}).get(outlet)
    stands = known is not None and known.stands(now)
    it.met["taken back" if stands else "ordered"] += 1
    new = OutletOrder(flow=FlowName.PUBLISH, outlet=outlet, source=key, by="Ann", at=now, said_at=now)
    if known is not None and stands:
        new = replace(known, ended_at=now, ended_by="Ben", said_at=now)
    it.wait(it.ledger.put_outlet_orders([new]))
    places = [one for one in it.archive.state(master).places if one != ordered(way.country)]
    it.archive.move(master, *places, *([] if stands else [ordered(way.country)]))


def new_file(it: History) -> None:
    master = some(it)
    it.archive.replace_file(master, f"master {master} v{it.dice.randrange(999)}")


def select(it: History, share: float = 0.6) -> None:
    master, place = some(it), SELECTED if it.dice.random() < share else ELSEWHERE
    orders = (one for one in it.archive.state(master).places if one not in {SELECTED, ELSEWHERE})
    it.archive.move(master, place, *orders)


def deselect(it: History) -> None:
    select(it, share=0.2)


def come_and_go(it: History) -> None:
    it.archive.become(some(it), it.dice.choice([Presence.HERE, Presence.HERE, *Presence]))


def add_elsewhere(it: History) -> None:
    known = files(it)
    if known:
        room = it.dice.choice(["Open/Fun", "Club", "Desk"])
        it.house.put(it.dice.choice(known), into=RemoteId(f"C:{room}"))


def show_again(it: History) -> None:
    """People put a file of ours into the gallery of its outlet themselves."""
    known = files(it)
    if known:
        file = it.dice.choice(known)
        _, outlet = it.witness.of(file) or ("", "")
        it.house.put(file, into=it.witness.ways[outlet].room)


def take_out(it: History) -> None:
    seen = [(file, room) for file, room in it.house.open if room.startswith("C:Partners")]
    if seen:
        file, room = it.dice.choice(seen)
        it.house.put(file, out_of=room)


def throw_away(it: History) -> None:
    known = files(it)
    if known:
        file = it.dice.choice(known)
        it.witness.removed.add(it.witness.of(file) or (RemoteId(""), ""))
        it.house.change(file, "people", gone=Absence.TRASHED)


def edit_there(it: History) -> None:
    known = [one for one in files(it) if one not in it.witness.edited]
    if known:
        file = it.dice.choice(known)
        fields = it.house.files[file].fields
        it.witness.edited[file] = fields.get(END_THERE, ())
        it.witness.says(file)
        it.witness.theirs[file] = texts = when(it, -1, 20)
        it.house.change(file, "people", fields={**fields, END_THERE: texts})


def undo_there(it: History) -> None:
    for file, texts in list(it.witness.edited.items()):
        un_edit(it, file, texts)


def un_edit(it: History, file: RemoteId, texts: tuple[str, ...]) -> None:
    del it.witness.edited[file]
    it.witness.says(file)
    known = it.house.files[file]
    if known.gone is None and known.fields.get(END_THERE) == it.witness.theirs[file]:
        it.house.change(file, "people", fields={**known.fields, END_THERE: texts})


def set_gallery(
    it: History, room: RemoteId, mode: Visibility | None, parents: tuple[RemoteId, ...] | None = None
) -> None:
    known = it.house.rooms[room]
    wanted = replace(known, mode=mode, parents=known.parents if parents is None else parents)
    if wanted != known:
        it.house.set_room(room, mode=wanted.mode, parents=wanted.parents)


def gallery(it: History) -> None:
    """Somebody opens or shuts a gallery, or what it stands in, or moves it; or puts it right again."""
    way = it.dice.choice(list(it.witness.ways.values()))
    match it.dice.randrange(6):
        case 0:
            set_gallery(it, way.room, it.dice.choice(list(Visibility)))
        case 1:
            set_gallery(it, way.room, way.mode, (RemoteId(f"C:{it.dice.choice(['Vault', 'Stage', 'Partners'])}"),))
        case 2:
            set_gallery(it, RemoteId("C:Partners"), it.dice.choice([Visibility.PERMISSION, Visibility.EVERYONE]))
        case _:
            set_gallery(it, way.room, way.mode, (RemoteId("C:Partners"),))
            set_gallery(it, RemoteId("C:Partners"), Visibility.EVERYONE)


def time_passes(it: History) -> None:
    it.passes(timedelta(minutes=it.dice.choice([1, 5, 20, 40, 90, 240])))


def asleep(it: History) -> None:
    """The machine was off: what fell due was not done."""
    it.times.advance(timedelta(hours=it.dice.uniform(0.2, 20)))
    it.disturbed()


def run(it: History) -> None:
    it.run(full=it.dice.random() < 0.1)


def crash(it: History) -> None:
    it.run(crash=CrashPlan(at=it.dice.randrange(1, 60), after=it.dice.random() < 0.5))


def outage(it: History) -> None:
    if it.dice.random() < 0.5:
        it.archive.down = not it.archive.down
    else:
        it.house.down = not it.house.down
    it.disturbed()


def back(it: History) -> None:
    if it.archive.down or it.house.down:
        it.archive.down = it.house.down = False
        it.disturbed()


def accident(it: History) -> None:
    match it.dice.randrange(6):
        case 0 | 1:
            it.met["lost replies"] += 1
            it.house.lose.append(it.dice.random() < 0.5)
        case 2:
            it.met["deaf"] += 1
            it.house.deaf += 1
        case 3:
            for file in files(it):
                it.house.stale[file] = 1
        case 4:
            it.archive.unread[some(it)] = 1
        case 5:
            it.archive.unpolled ^= {some(it)}
    it.disturbed()


def in_the_middle(it: History) -> None:
    """Somebody will do something while we are at it."""
    it._mid.append(it.dice.randrange(1, 120))


EVENTS: tuple[tuple[str, int, Callable[[History], None]], ...] = (
    ("territory", 12, territory),
    ("clear", 8, clear),
    ("forbid", 8, forbid),
    ("permit", 8, permit),
    ("ends", 10, ends),
    ("embargo", 4, embargo),
    ("caption", 3, caption),
    ("new file", 3, new_file),
    ("select", 8, select),
    ("come and go", 4, come_and_go),
    ("add elsewhere", 6, add_elsewhere),
    ("show again", 3, show_again),
    ("take out", 1, take_out),
    ("throw away", 1, throw_away),
    ("edit there", 2, edit_there),
    ("undo there", 2, undo_there),
    ("gallery", 3, gallery),
    ("time passes", 10, time_passes),
    ("asleep", 1, asleep),
    ("run", 14, run),
    ("crash", 2, crash),
    ("outage", 1, outage),
    ("back", 2, back),
    ("accident", 3, accident),
    ("in the middle", 2, in_the_middle),
)
ORDERING = (
    ("order", 20, order),
    *((name, weight, deselect if name == "select" else deed) for name, weight, deed in EVENTS),
)
"""The same where people order, and less is selected."""
MIDDLE = (territory, forbid, clear, select, add_elsewhere, gallery, come_and_go)
