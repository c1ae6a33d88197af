"""One run: what ends soon first, then what was cut off, what there is to see, decide, act, account. One end for each master."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

import structlog

from dambridge.engine.accounting import account_for
from dambridge.engine.by_link import carry_plan, hold_back
from dambridge.engine.publishing.acting import ORDER
from dambridge.engine.publishing.deciding import Decided, capability_digest, decide_masters, in_sight, policy_digest
from dambridge.engine.publishing.due import set_next
from dambridge.engine.publishing.leading import ahead_of
from dambridge.engine.publishing.looking import (
    Round,
    forget_asked,
    look_around,
    masters_key,
    masters_of,
    remember_position,
    whose_hour_has_come,
)
from dambridge.engine.publishing.parts import PublishParts
from dambridge.engine.publishing.remembering import complete_journal
from dambridge.engine.running import RunResult, take_up_run
from dambridge.model.actions import Action
from dambridge.model.identity import AccountId, AssetKey, CommandId, RunId
from dambridge.model.outcomes import Outcome
from dambridge.model.plans import LeftItem, Plan
from dambridge.model.publications import Publication
from dambridge.model.reasons import Reason
from dambridge.planning import HeaderFacts, forecast
from dambridge.planning.departures import Departure, departure, held_back, plan_publishing
from dambridge.planning.publishing import OUTWARD
from dambridge.ports.errors import CannotGoOn, MovedOn, NextMove

LOOKS_EVERY = 0.5
"""Seconds of real time between two looks at the clock while a run is under way."""
log = structlog.get_logger()
ENDING_AT_ONCE = 1000
"""Publications that end and are decided about in one go."""


@dataclass(slots=True)
class Tally:
    """What a run has set out to do so far, for its guards."""

    removals: int = 0
    changes: int = 0
    known: int = 0
    notes: list[Reason] = field(default_factory=list)
    serial: int = 0
    acted: set[AssetKey] = field(default_factory=set)
    """Masters of which something was done: that nothing more is to be done is no end of theirs."""
    busy: set[AssetKey] = field(default_factory=set)
    """Masters that are being decided about or brought out: the run and its watch over time leave each other's alone."""

    @contextmanager
    def holding(self, keys: Collection[AssetKey]) -> Iterator[None]:
        """Have these masters to oneself while the block lasts."""
        self.busy.update(keys)
        try:
            yield
        finally:
            self.busy.difference_update(keys)

    def count(self, actions: Sequence[Action]) -> None:
        """Take note of what is about to be carried out."""
        self.removals += sum(departure(it) in {Departure.RIGHTS, Departure.ABSENCE} for it in actions)
        self.changes += sum(it.kind in OUTWARD for it in actions)
        self.serial += 1
        self.acted.update(it.source for it in actions)

    def ends(self, left: Sequence[LeftItem]) -> tuple[LeftItem, ...]:
        """The ends among these that are news."""
        quiet = {Outcome.UNCHANGED, Outcome.SKIPPED}
        return tuple(it for it in left if it.key not in self.acted or it.leave.outcome not in quiet)


async def run_publish(parts: PublishParts, *, command: CommandId | None = None, full: bool = False) -> RunResult:
    """Run the flow once, draining what there is. `full` looks at everything selected and everything that went out."""
    begun, calls_before = time.monotonic(), parts.calls()
    parts.progress.clear()
    earlier = await parts.ledger.unfinished_runs(parts.flow)
    run = await parts.ledger.open_run(
        parts.flow, at=await parts.clock.now(), command=command, plan=None, configuration=parts.configuration
    )
    stopped: list[str] = []
    tally = Tally()
    try:
        for old in earlier:
            stopped += await take_up_run(parts, old.id, by=run)
        stopped += await withdraw_what_ends(parts, run, tally)
        parts.progress.begin("looking")
        found = await look_around(parts, full=full)
        tally.notes += found.notes
        tally.known = len(found.met)
        parts.progress.begin("working", total=len(found.met))
        if not stopped:
            async with keeping_time(parts, run, tally):
                stopped += await _work_through(parts, run, found, tally)
        if not stopped:
            await remember_position(parts, found)
            if found.swept:
                await complete_journal(parts)
    except CannotGoOn as error:
        stopped.append(str(error))
    await set_next(parts)
    seconds = time.monotonic() - begun
    return await close_run(parts, run, seconds=seconds, calls_before=calls_before, notes=tally.notes, stopped=stopped)


async def run_in_time(parts: PublishParts) -> RunResult:
    """What an instant known ahead asks for, and nothing else: the run of a moment, beside whatever others are doing."""
    begun, calls_before = time.monotonic(), parts.calls()
    run = await parts.ledger.open_run(
        parts.flow, at=await parts.clock.now(), command=None, plan=None, configuration=parts.configuration
    )
    tally = Tally()
    stopped: list[str] = []
    try:
        stopped += await keep_time(parts, run, tally)
    except CannotGoOn as error:
        stopped.append(str(error))
    await set_next(parts)
    seconds = time.monotonic() - begun
    return await close_run(parts, run, seconds=seconds, calls_before=calls_before, notes=tally.notes, stopped=stopped)


@asynccontextmanager
async def keeping_time(parts: PublishParts, run: RunId, tally: Tally) -> AsyncIterator[None]:
    """While the block lasts, ends and openings have their hour: a long run holds up neither."""

    ended = asyncio.Event()

    async def watch() -> None:
        while not ended.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(ended.wait(), LOOKS_EVERY)
                return
            try:
                await keep_time(parts, run, tally)
            except NextMove as error:
                log.warning("publishing.in_time", flow=str(parts.flow), why=str(error))

    watching = asyncio.create_task(watch())
    try:
        yield
        ended.set()  # what it has in hand it brings to its end: nobody else does
        await watching
    finally:
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching


async def keep_time(parts: PublishParts, run: RunId, tally: Tally) -> list[str]:
    """Withdraw what has to begin to go now, and decide about those whose hour has come."""
    stopped = await withdraw_what_ends(parts, run, tally)
    asked = [it for it in await whose_hour_has_come(parts) if masters_key(parts, it) not in tally.busy]
    if stopped or not asked:
        return stopped
    keys = [masters_key(parts, it) for it in asked]
    with tally.holding(keys):
        decided = await decide_masters(parts, keys)
        await note_looks(parts, decided)
        stopped = await _carry(parts, run, decided, tally, known=len(asked))
    if not stopped:
        await forget_asked(parts, asked)
    return stopped


async def close_run(
    parts: PublishParts,
    run: RunId,
    *,
    seconds: float,
    calls_before: Mapping[AccountId, int],
    notes: Sequence[Reason],
    stopped: list[str],
) -> RunResult:
    """Account for the run and end it, with how many publications stand at which stage."""
    summary = await account_for(parts, run, seconds=seconds, calls_before=calls_before, notes=notes, stopped=stopped)
    counts = await parts.ledger.count_publications(parts.flow)
    outlets: dict[str, dict[str, int]] = {}
    for (outlet, stage), count in sorted(counts.items()):
        outlets.setdefault(outlet, {})[str(stage)] = count
    summary["flows"][str(parts.flow)]["outlets"] = outlets
    state = "failed" if stopped else "ended"
    await parts.ledger.close_run(run, at=await parts.clock.now(), state=state, summary=summary)
    return RunResult(run, summary, stopped)


async def withdraw_what_ends(parts: PublishParts, run: RunId, tally: Tally) -> list[str]:
    """What has to begin now to be gone before its instant, the earliest end first and without a cap; no copy is read for it,
    and a source that cannot be reached holds nothing up."""
    now = await parts.clock.now()
    for account, ahead in (await ahead_of(parts, now)).items():
        done: set[tuple[str, str]] = set()
        while due := await _ending(parts, account, ahead.horizon(now), done):
            done |= {(it.link, str(it.copy)) for it in due}
            keys = await masters_of(parts, due)
            decided = await decide_masters(parts, keys, quick=True)
            ending = {it.link for it in due}
            decided.actions = [it for it in decided.actions if it.link in ending and it.kind not in OUTWARD]
            decided.left = []
            stopped = await _carry(parts, run, decided, tally, known=len(keys))
            if stopped:
                return stopped
    return []


async def _ending(
    parts: PublishParts, account: AccountId, before: datetime, done: set[tuple[str, str]]
) -> list[Publication]:
    found = await parts.ledger.ending(parts.flow, account, before=before, limit=ENDING_AT_ONCE + len(done))
    return [it for it in found if (it.link, str(it.copy)) not in done]


async def _work_through(parts: PublishParts, run: RunId, found: Round, tally: Tally) -> list[str]:
    """Tranche by tranche: read, decide, act. Stops at the first thing that nobody can go on from."""
    met = list(found.met)
    for start in range(0, len(met), parts.settings.tranche):
        decided, stopped = await _tranche(parts, run, met[start : start + parts.settings.tranche], found, tally)
        if stopped:
            return stopped
        again = kit_again(parts, decided)
        if again:  # files of a kit stand ready now, so that all of it can be shown
            _, stopped = await _tranche(parts, run, again, replace(found, closely=set()), tally)
            if stopped:
                return stopped
    return []


async def _tranche(
    parts: PublishParts, run: RunId, some: Sequence[AssetKey], found: Round, tally: Tally
) -> tuple[Decided, list[str]]:
    """Decide about these masters and act. What the watch over time has in hand is left to it, and it leaves alone what is
    decided about here and what goes out from here: the same file is never brought twice at once."""
    keys = [it for it in some if it not in tally.busy]
    stopped: list[str] = []

    async def let_go(going: Decided) -> None:
        stopped.extend(await _carry(parts, run, going, tally, known=len(found.met)))

    with tally.holding(keys):
        decided = await decide_masters(parts, keys, closely=found.closely, unproven=found.unproven, let_go=let_go)
        await note_looks(parts, decided)
    if stopped:
        return decided, stopped
    with tally.holding({it.source for it in decided.actions if it.kind in OUTWARD}):
        known = max(len(found.met), len(decided.faces))
        return decided, await _carry(parts, run, decided, tally, known=known)


def kit_again(parts: PublishParts, decided: Decided) -> list[AssetKey]:
    """Masters whose kits stood not ready before this tranche, and may by now."""
    if parts.policy.kit is None:
        return []
    return sorted({it.source for it in decided.actions if it.outward is not None and it.outward.kit})


async def note_looks(parts: PublishParts, decided: Decided) -> None:
    """Write down when places were looked at and found right; whoever wrote meanwhile knows better."""
    for it in decided.looked:
        try:
            await parts.ledger.put_publications([it])
        except MovedOn:
            continue
    await parts.ledger.add_due(decided.asks)


async def _carry(parts: PublishParts, run: RunId, decided: Decided, tally: Tally, *, known: int) -> list[str]:
    plan = await assemble(parts, decided, tally, known=known)
    held = held_back(plan.actions, plan.header.tripped, parts.policy)
    goes = tuple(it for it in plan.actions if it.id not in held)
    left = tally.ends(plan.left)
    tally.count(goes)
    tally.notes += [it for it in plan.header.tripped if it not in tally.notes]
    go = replace(plan, header=replace(plan.header, tripped=()), actions=goes, left=left)
    stopped = await carry_plan(parts, run, go, decided.faces, order=ORDER, serial=tally.serial, notes=tally.notes)
    for why in dict.fromkeys(held.values()):
        faces = {decided.faces[it.link] for it in plan.actions if held.get(it.id) == why}
        await hold_back(parts, run, sorted(faces), why)
    return stopped


async def assemble(parts: PublishParts, decided: Decided, tally: Tally, *, known: int) -> Plan:
    """The plan over these decisions, with what the flow's guards say to it."""
    facts = HeaderFacts(
        flow=parts.flow,
        policy=policy_digest(parts),
        configuration=parts.configuration,
        capabilities=capability_digest(parts),
        changes_before=tally.changes,
        removals_before=tally.removals,
        known=known,
    )
    return plan_publishing(
        decided.actions,
        decided.left,
        facts=facts,
        policy=parts.policy,
        takes=forecast(decided.actions, {name: site.rate for name, site in parts.sites.items()}),
        now=await parts.clock.now(),
        in_sight=await in_sight(parts),
    )
