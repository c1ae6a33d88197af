"""A world of four libraries, links of three copies each, and the real two-way engine over them, in memory and in one thread."""

from __future__ import annotations

import asyncio
import hashlib
from collections import deque
from collections.abc import AsyncIterator, Coroutine, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, TypeVar

from dambridge.engine.config import EngineSettings
from dambridge.engine.mirroring import batches
from dambridge.engine.mirroring.parts import MirrorParts
from dambridge.engine.mirroring.running import run_mirror
from dambridge.engine.rebuilding.restoring import means_of, restore_links
from dambridge.engine.running import RunResult
from dambridge.engine.sites import Site
from dambridge.model.accords import CONTENT, FILE_NAME, Accord, GroupName
from dambridge.model.conflicts import Conflict, ConflictState
from dambridge.model.identity import (
    AccountId,
    Copy,
    CopyId,
    CopyRole,
    FlowName,
    Link,
    LinkId,
    RemoteId,
    System,
)
from dambridge.model.records import Absence, Digest
from dambridge.model.values import FieldName
from dambridge.planning.rebuilding import Restored
from dambridge.policy.mirror import Authority, FieldGroup, MirrorPolicy, Rule, WhenAbsent
from dambridge.ports.files import Spooled
from dambridge.ports.ledger import AuditEntry, ChainedEntry
from dambridge.ports.runtime import Json, Work, Workflow, WorkState
from dambridge.testing.fake_ledger import MemoryLedger
from support.crashing import Crash, CrashingLedger, CrashPlan
from support.two_way_systems import (
    ABSENT,
    CITY,
    CREDIT,
    EXPIRES,
    FIELDS,
    HEADLINE,
    HOLDING,
    KEYWORDS,
    LICENCE_END,
    SELECTED,
    TITLE,
    Library,
    Presence,
    State,
    Texts,
    Times,
    world_map,
)

T = TypeVar("T")
AGENCY, PRESS = AccountId("agency"), AccountId("press")
ARCHIVE, VAULT = AccountId("archive"), AccountId("vault")
SYSTEMS: Mapping[AccountId, System] = {
    AGENCY: System.PHOTOSHELTER,
    PRESS: System.PHOTOSHELTER,
    ARCHIVE: System.NETX,
    VAULT: System.NETX,
}
"""Two accounts a side."""
TRIPLES = (
    ((AGENCY, CopyRole.SOURCE), (ARCHIVE, CopyRole.RECORD), (PRESS, CopyRole.PUBLISHED)),
    ((PRESS, CopyRole.SOURCE), (VAULT, CopyRole.RECORD), (ARCHIVE, CopyRole.PUBLISHED)),
    ((AGENCY, CopyRole.SOURCE), (VAULT, CopyRole.RECORD), (PRESS, CopyRole.PUBLISHED)),
)
RIGHTS = GroupName("rights")
GROUPS = (
    FieldGroup.of(TITLE, Authority(Rule.ASK)),
    FieldGroup.of(HEADLINE, Authority(Rule.ASK)),
    FieldGroup.of(CREDIT, Authority(Rule.NEWEST)),
    FieldGroup.of(CITY, Authority(Rule.ACCOUNT, ARCHIVE)),
    FieldGroup.of(KEYWORDS, Authority(Rule.UNION)),
    FieldGroup(name=RIGHTS, fields=frozenset({EXPIRES, LICENCE_END}), authority=Authority(Rule.MOST_RESTRICTIVE)),
    FieldGroup.of(FILE_NAME, Authority(Rule.ASK)),
    FieldGroup.of(CONTENT, Authority(Rule.ASK)),
)
POLICY = MirrorPolicy(
    flow=FlowName.RIGHTS,
    accounts=tuple(SYSTEMS),
    groups=GROUPS,
    absences={
        ARCHIVE: {Absence.DELETED: WhenAbsent.FOLLOW},
        PRESS: {Absence.TRASHED: WhenAbsent.LET_GO},
    },
    max_removals=None,
    max_removal_share=None,
)
CUT = 64
"""Bytes after which `press` cuts a title."""
SETTINGS = EngineSettings(concurrency=1, retry_after=timedelta(minutes=15))


class MemorySpool:
    """Originals on their way, in memory."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    async def keep(self, name: str, chunks: AsyncIterator[bytes], *, expected_size: int | None) -> Spooled:
        self._kept[name] = b"".join([it async for it in chunks])
        return self._spooled(name)

    async def find(self, name: str) -> Spooled | None:
        return self._spooled(name) if name in self._kept else None

    async def read(self, spooled: Spooled) -> AsyncIterator[bytes]:
        yield self._kept[spooled.path.name]

    async def drop(self, name: str) -> None:
        self._kept.pop(name, None)

    async def purge(self, keep: Sequence[str]) -> int:
        return 0

    def _spooled(self, name: str) -> Spooled:
        data = self._kept[name]
        md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()
        return Spooled(Path(name), Digest(size=len(data), sha256=hashlib.sha256(data).hexdigest(), md5=md5))


class DirectRuntime:
    """Runs each work when it is started, on the caller's own task. What dies with it is taken up from the ledger."""

    def __init__(self) -> None:
        self._kinds: dict[str, Workflow] = {}
        self._done: dict[str, Work] = {}

    def register(self, kind: str, workflow: Workflow) -> None:
        self._kinds[kind] = workflow

    async def launch(self) -> None: ...

    async def start(self, work_id: str, kind: str, args: Json, *, queue: str, key: str = "") -> None:
        if work_id not in self._done:
            result = await self._kinds[kind](args)
            self._done[work_id] = Work(id=work_id, kind=kind, queue=queue, state=WorkState.DONE, result=result)

    async def wait(self, work_id: str, *, seconds: float | None = None) -> Work:
        return self._done[work_id]

    async def get(self, work_id: str) -> Work | None:
        return self._done.get(work_id)

    async def unfinished(self) -> Sequence[Work]:
        return ()

    async def cancel(self, work_id: str) -> None: ...

    async def sweep(self) -> int:
        return 0

    async def prune(self, *, keep: int) -> int:
        return 0

    async def close(self) -> None: ...


@dataclass(slots=True)
class TwoWay:
    """The world. Everything people do goes through `libraries`, everything of ours through `run`."""

    times: Times = field(default_factory=Times)
    policy: MirrorPolicy = POLICY
    settings: EngineSettings = SETTINGS
    accounts: tuple[AccountId, ...] = tuple(SYSTEMS)
    """Those that the flow is about."""
    libraries: dict[AccountId, Library] = field(default_factory=dict)
    links: dict[LinkId, Link] = field(default_factory=dict)
    ledger: MemoryLedger = field(default_factory=MemoryLedger)
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)

    def __post_init__(self) -> None:
        for account, system in SYSTEMS.items() if not self.libraries else ():
            limits = {TITLE: CUT} if account == PRESS else {}
            self.libraries[account] = Library(
                account=account, system=system, times=self.times, map=_MAPS[system], limits=limits
            )

    def close(self) -> None:
        self._loop.close()

    def twin(self) -> TwoWay:
        """The same world once more, from here on by itself."""
        times, links = copy(self.times), dict(self.links)
        libraries = {name: self._loose(it, times=times, sending=None) for name, it in self.libraries.items()}
        ledger = self._loose(self.ledger, memory=self._loose(self.ledger.memory))
        return replace(
            self, times=times, links=links, ledger=ledger, libraries=libraries, _loop=asyncio.new_event_loop()
        )

    @staticmethod
    def _loose(of: T, **given: Any) -> T:
        """The same thing with containers of its own; what stands in them never changes."""
        made = copy(of)
        slots = {name for it in type(of).__mro__ for name in getattr(it, "__slots__", ())}
        for name in {*slots, *getattr(of, "__dict__", {})} - {"__dict__", "__weakref__"}:
            value = getattr(of, name, None)
            if isinstance(value, dict):
                value = {key: copy(it) if isinstance(it, dict | list | set) else it for key, it in value.items()}
            elif isinstance(value, list | set | deque):
                value = copy(value)
            if value is not None or name in given:
                setattr(made, name, given.get(name, value))
        return made

    # the world ---------------------------------------------------------------------------------------------------
    def add_link(self, number: int, **fields: Texts) -> Link:
        """Three copies that say the same, and their link."""
        values = {FieldName(name): it for name, it in fields.items()}
        copies = []
        for account, role in TRIPLES[number % len(TRIPLES)]:
            remote = f"{number}"
            self.libraries[account].add(remote, file_name=f"{number}.jpg", content=f"bytes of {number}", fields=values)
            copies.append(Copy(CopyId(account, role), RemoteId(remote)))
        link = Link(LinkId(f"ln{number}"), FlowName.INTAKE, tuple(copies))
        self.links[link.id] = link
        self.ledger.memory.put_link(link)
        return link

    def lose_and_restore(self) -> list[Restored]:
        """The ledger is gone; the journal brings its tombstones back, and our marks say which assets belong together. A link
        of which nothing is left has no marks."""
        stones = self.wait(self.ledger.all_tombstones(after=None, limit=100_000))
        self.ledger = MemoryLedger()
        self.wait(self.ledger.put_tombstones(stones))
        buried = {it.key for it in stones}
        marked = [it for it in self.links.values() if any(copy.key not in buried for copy in it.copies)]
        return self.wait(restore_links(means_of(self.parts()), marked))

    def release(self, links: Sequence[Link]) -> None:
        """A person lets these links work again."""
        freed = [replace(it, observe_only=False) for it in links]
        told = [
            AuditEntry(at=self.now(), actor="jane", event="link.released", subject=it.id, detail={}) for it in freed
        ]
        self.wait(self.ledger.put_links(freed, {}, told))

    def present(self, copy: Copy) -> bool:
        """Whether the copy is there for our user, and where the flow looks."""
        state = self.state(copy)
        return state.presence is Presence.HERE and SELECTED in state.places

    def absence(self, copy: Copy) -> Absence:
        """In which way a copy that is not present is gone."""
        return ABSENT.get(self.state(copy).presence, Absence.LEFT_SELECTION)

    def state(self, copy: Copy) -> State:
        return self.libraries[copy.id.account].state(copy.remote_id)

    # ourselves ---------------------------------------------------------------------------------------------------
    def parts(self, ledger: Any = None) -> MirrorParts:
        runtime = DirectRuntime()
        parts = MirrorParts(
            flow=self.policy.flow,
            ledger=ledger or self.ledger,
            spool=MemorySpool(),
            clock=self.times,
            runtime=runtime,
            settings=self.settings,
            calls=dict,
            configuration="proof",
            rest=self._rest,
            sites={name: self._site(self.libraries[name]) for name in self.accounts},
            policy=replace(self.policy, accounts=self.accounts),
            holding={ARCHIVE: HOLDING, VAULT: HOLDING},
            selects=dict.fromkeys(self.libraries, (f"{SELECTED}/**",)),
        )

        async def work_off(args: Json) -> Json:
            return await batches.work_off(parts, str(args["batch"]))

        runtime.register("batch", work_off)
        return parts

    def _site(self, it: Library) -> Site:
        return Site(account=it.account, system=it.system, reader=it.reader(), archive=it.archive(), map=it.map)

    async def _rest(self, wait: timedelta) -> None:
        self.times.advance(wait)

    def run(self, *, full: bool = False, crash: CrashPlan | None = None, ledger: Any = None) -> RunResult | None:
        """One run of a process of its own; None where it died."""
        ledger = ledger or self.ledger
        ledger = CrashingLedger(ledger, crash) if crash is not None else ledger
        try:
            return self.wait(run_mirror(self.parts(ledger), full=full))
        except Crash:
            return None
        except BaseExceptionGroup as several:
            broken = several.subgroup(AssertionError)
            if broken is not None:
                raise broken.exceptions[0] from None
            if several.subgroup(Crash) is None:
                raise
            return None

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        return self._loop.run_until_complete(work)

    def writes(self) -> int:
        """Changes of the engine so far that took effect anywhere."""
        return sum(len(it.written) for it in self.libraries.values())

    # what the ledger says ----------------------------------------------------------------------------------------
    def accords(self) -> Mapping[LinkId, Mapping[GroupName, Accord]]:
        return self.wait(self.ledger.accords(list(self.links)))

    def conflicts(self, *states: ConflictState) -> list[Conflict]:
        wanted = states or (ConflictState.OPEN,)
        return list(self.wait(self.ledger.conflicts(states=wanted, limit=10_000)))

    def trail(self, link: LinkId) -> Sequence[ChainedEntry]:
        return self.wait(self.ledger.audit_trail(subject=link, after=0, limit=100_000))

    def now(self) -> datetime:
        return self.times.now_at


_MAPS = {it: world_map(it) for it in System}


class InAnotherOrder:
    """A ledger that hands out the work of a batch in any order."""

    def __init__(self, ledger: Any, order: Random) -> None:
        self._ledger, self._order = ledger, order

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)

    async def open_actions(self, batch: str, *, now: datetime) -> list[Any]:
        rows = list(await self._ledger.open_actions(batch, now=now))
        self._order.shuffle(rows)
        return rows


def standing(world: TwoWay) -> list[Any]:
    """What stands everywhere, what is agreed on and what contends, without instants and numbers."""
    found: list[Any] = []
    for link in world.links.values():
        for one in link.copies:
            it = world.state(one)
            names = sorted(world.policy.managed)
            found.append([str(one.key), [it.value(name) for name in names], it.places, it.presence])
    memory = world.ledger.memory
    for link_id, accords in sorted(memory.accords.items()):
        found += [[link_id, name, dict(sorted(it.fields.items()))] for name, it in sorted(accords.items())]
    open_ = [it for it in memory.conflicts.values() if it.stands]
    return [*found, *sorted([it.link, it.group, sorted(str(one.fields) for one in it.sides)] for it in open_)]


def differing(world: TwoWay, link: Link, names: Iterable[FieldName] = (*FIELDS, FILE_NAME, CONTENT)) -> list[FieldName]:
    """The fields in which the copies of a link that are there do not say the same; a cut title says the same."""
    states = [world.state(it) for it in link.copies if world.libraries[it.id.account].here(it.remote_id)]
    return [name for name in names if len({_plain(name, it) for it in states}) > 1]


def _plain(name: FieldName, it: State) -> Texts:
    value = it.value(name)
    return tuple(text.encode()[:CUT].decode(errors="ignore").rstrip() for text in value) if name == TITLE else value
