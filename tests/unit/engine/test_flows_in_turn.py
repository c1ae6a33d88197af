"""Several flows in one process: each in its turn, each by its name, and the trouble of one is nobody else's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from dambridge.engine import hearing
from dambridge.engine.fitting import Approval
from dambridge.engine.flows import Flow, flow_named, register, run_all, worst
from dambridge.engine.hearing import HintKeeper
from dambridge.engine.hinting import hints_of
from dambridge.engine.parts import FlowParts
from dambridge.engine.progress import Progress
from dambridge.engine.running import RunResult
from dambridge.engine.worker import Worker
from dambridge.model.commands import Command, CommandKind, CommandState
from dambridge.model.identity import AccountId, AssetKey, CommandId, FlowName, RemoteId, RunId
from dambridge.model.plans import Forecast, Plan, PlanHeader
from dambridge.policy.rounds import ORDER, in_order
from dambridge.ports.errors import CannotGoOn, Refused, TryLater
from dambridge.ports.hints import Hint, Stamp
from dambridge.ports.runtime import Json
from dambridge.ports.terms import WholeLedger
from dambridge.storage import open_ledger

T0 = datetime(2026, 11, 28, tzinfo=UTC)
INTAKE, RIGHTS, PUBLISH = FlowName.INTAKE, FlowName.RIGHTS, FlowName.PUBLISH
AGENCY, ARCHIVE, OTHER = AccountId("agency"), AccountId("archive"), AccountId("other")


@dataclass(slots=True)
class Now:
    at: datetime = T0

    async def now(self) -> datetime:
        return self.at


@dataclass(slots=True)
class Turn:
    """A flow that notes its turns, and ends as it is told to."""

    name: FlowName
    ledger: WholeLedger
    clock: Now
    turns: list[str]
    raises: Exception | None = None
    needs: Mapping[str, int] = field(default_factory=dict)
    accounts: Sequence[AccountId] = (AGENCY, ARCHIVE)
    progress: Progress = field(default_factory=Progress)
    ended: Callable[[], None] = lambda: None

    @property
    def parts(self) -> FlowParts:
        of = SimpleNamespace(flow=self.name, progress=self.progress, ledger=self.ledger, clock=self.clock)
        return cast("FlowParts", of)

    async def run(self, *, command: CommandId | None, full: bool, reconcile: bool = False) -> RunResult:
        self.turns.append(f"{self.name}{' full' if full else ''}{' reconcile' if reconcile else ''}")
        if self.raises is not None:
            raise self.raises
        run = await self.ledger.open_run(self.name, at=T0, command=command, plan=None)
        account = {"run_id": run, "failed": 0, "needs_attention": dict(self.needs), "stopped": []}
        self.ended()
        return RunResult(run, {"run_id": run, "flows": {str(self.name): account}})

    async def preview(self, *, full: bool) -> Plan:
        header = PlanHeader(
            flow=self.name,
            made_at=T0,
            expires_at=T0 + timedelta(days=1),
            policy="p",
            configuration="c",
            capabilities="k",
            counts={},
            forecast=Forecast(calls={}, bytes=0, seconds=0.0, store_bytes=0),
            tripped=(),
        )
        plan = Plan(header=header, actions=(), left=())
        await self.ledger.save_plan(plan.id, self.name, at=T0, lines=list(plan.lines()))
        return plan

    async def apply(self, plan: Plan, approval: Approval) -> RunResult:
        self.turns.append(f"{self.name} applies {plan.header.flow} for {approval.by}")
        return RunResult(RunId("run-1"), {"run_id": "run-1", "flows": {}})

    async def work_off(self, batch: str) -> Json:
        return {"ended": 1, "by": str(self.name), "batch": batch}


@dataclass(slots=True)
class Bench:
    ledger: WholeLedger
    clock: Now = field(default_factory=Now)
    turns: list[str] = field(default_factory=list)
    flows: dict[FlowName, Flow] = field(default_factory=dict)

    def flow(self, name: FlowName, **more: Any) -> Turn:
        made = Turn(name, self.ledger, self.clock, self.turns, **more)
        self.flows[name] = made
        return made

    def worker(self, *, serving: bool = False) -> Worker:
        every = timedelta(minutes=2)
        return Worker(self.flows, ledger=self.ledger, clock=self.clock, poll_every=every, name="w:1", serving=serving)

    async def order(self, kind: CommandKind, **scope: Any) -> Mapping[str, Any]:
        key = f"{kind}{scope}{len(self.turns)}"
        command = Command(
            id=CommandId(key),
            kind=kind,
            actor="Ada",
            via="cli",
            scope=scope,
            idempotency_key=key,
            state=CommandState.QUEUED,
            created_at=T0,
        )
        await self.ledger.enqueue(command)
        done = await self.worker().execute(command.id)
        assert done.result is not None
        return {"state": done.state, **done.result}


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    ledger = open_ledger(str(tmp_path))
    yield Bench(ledger)
    await ledger.close()


def test_every_flow_has_a_turn_and_what_brings_assets_in_comes_first() -> None:
    assert sorted(ORDER) == sorted(FlowName)
    assert in_order([PUBLISH, RIGHTS, INTAKE, RIGHTS]) == (INTAKE, RIGHTS, PUBLISH)


@pytest.mark.parametrize(("codes", "expected"), [([], 0), ([0, 0], 0), ([0, 3], 3), ([3, 1, 0], 1), ([3, 2], 2)])
def test_the_worst_end_counts(codes: list[int], expected: int) -> None:
    assert worst(codes) == expected


@pytest.mark.hazard("P06")
@pytest.mark.parametrize("failing", [INTAKE, RIGHTS, PUBLISH])
@pytest.mark.parametrize(
    ("error", "code"),
    [(CannotGoOn("The password is wrong."), 1), (TryLater("Busy."), 3), (KeyError("slip"), 1)],
)
async def test_a_flow_that_cannot_go_on_holds_up_no_other(
    bench: Bench, failing: FlowName, error: Exception, code: int
) -> None:
    for name in (PUBLISH, RIGHTS, INTAKE):
        bench.flow(name, raises=error if name is failing else None)
    told, ended = await run_all(bench.flows, command=None, full=True)
    assert bench.turns == ["intake full", "rights full", "publish full"]
    assert ended == code
    assert list(told["flows"]) == ["intake", "rights", "publish"]
    for name, account in told["flows"].items():
        assert bool(account["stopped"]) == (name == failing), name
        assert (account["run_id"] is None) == (name == failing), name
    assert told["run_id"] == next(it["run_id"] for it in told["flows"].values() if it["run_id"])


async def test_an_order_is_for_all_flows_or_for_the_one_it_names(bench: Bench) -> None:
    bench.flow(INTAKE)
    bench.flow(RIGHTS, needs={"conflict": 2})
    all_of_them = await bench.order(CommandKind.RUN)
    assert (all_of_them["state"], all_of_them["exit_code"]) == (CommandState.DONE, 3)
    assert set(all_of_them["summary"]["flows"]) == {"intake", "rights"}
    assert len({it["run_id"] for it in all_of_them["summary"]["flows"].values()}) == 2
    one = await bench.order(CommandKind.RUN, flow="intake", full=True)
    assert (one["exit_code"], set(one["summary"]["flows"])) == (0, {"intake"})
    assert bench.turns == ["intake", "rights", "intake full"]
    unknown = await bench.order(CommandKind.RUN, flow="publish")
    assert (unknown["state"], unknown["exit_code"]) == (CommandState.FAILED, 3)
    assert "`intake`, `rights`" in unknown["error"]


async def test_the_only_flow_of_an_installation_fails_as_it_always_did(bench: Bench) -> None:
    bench.flow(INTAKE, raises=CannotGoOn("The disk is full."))
    told = await bench.order(CommandKind.RUN)
    assert told == {"state": CommandState.FAILED, "error": "The disk is full.", "exit_code": 1}


async def test_a_plan_is_applied_by_the_flow_that_made_it(bench: Bench) -> None:
    bench.flow(INTAKE)
    bench.flow(RIGHTS)
    plan = (await bench.order(CommandKind.PLAN, flow="rights"))["plan"]
    await bench.order(CommandKind.APPLY, plan=plan, flow="intake")
    assert bench.turns == ["rights applies rights for Ada"]
    del bench.flows[RIGHTS]
    assert "not configured" in (await bench.order(CommandKind.APPLY, plan=plan))["error"]


async def test_flows_are_held_all_together_or_one_by_one(bench: Bench) -> None:
    bench.flow(INTAKE)
    bench.flow(RIGHTS)

    async def held() -> list[bool]:
        return [await bench.ledger.control(f"paused:{it}") is not None for it in (INTAKE, RIGHTS)]

    await bench.order(CommandKind.PAUSE)
    assert await held() == [True, True]
    bench.turns.append("later")
    await bench.order(CommandKind.RESUME, flow="rights")
    assert await held() == [True, False]


async def test_a_server_gives_each_flow_its_turn_in_order_and_again_when_it_is_due(bench: Bench) -> None:
    worker = bench.worker(serving=True)

    def ended() -> None:
        if len(bench.turns) == 3:
            bench.clock.at += timedelta(minutes=2)
        if len(bench.turns) == 6:
            worker.stop()

    for name in (PUBLISH, RIGHTS, INTAKE):
        bench.flow(name, ended=ended)
    await asyncio.wait_for(worker.serve(), 60)
    assert bench.turns == ["intake", "rights", "publish"] * 2


@pytest.mark.hazard("P17")
async def test_a_server_gives_each_flow_a_turn_to_reconcile_once_a_day_by_the_clock(bench: Bench) -> None:
    worker = bench.worker(serving=True)

    def ended() -> None:
        if len(bench.turns) in {2, 6}:
            bench.clock.at += timedelta(days=1)
        if len(bench.turns) == 10:
            worker.stop()

    for name in (RIGHTS, INTAKE):
        bench.flow(name, ended=ended)
    await asyncio.wait_for(worker.serve(), 60)
    day = ["intake", "rights", "intake reconcile", "rights reconcile"]
    assert bench.turns == ["intake", "rights", *day, *day]


async def test_progress_is_told_of_each_flow_and_of_the_one_at_work(bench: Bench) -> None:
    bench.flow(INTAKE)
    rights = bench.flow(RIGHTS)
    worker = bench.worker()
    told = await worker._tell_progress({})
    rights.progress.begin("working", total=7)
    told = await worker._tell_progress(told)
    assert await bench.ledger.control("progress") == "rights|working|0|7|0|"
    assert (await bench.ledger.control("progress:intake") or "").startswith("idle|")
    bench.flows[INTAKE].parts.progress.begin("looking")
    await worker._tell_progress(told)
    assert (await bench.ledger.control("progress") or "").startswith("intake|looking|")


@pytest.mark.hazard("P06")
async def test_durable_work_goes_to_the_flow_that_it_is_of(bench: Bench) -> None:
    bench.flow(INTAKE)
    bench.flow(RIGHTS)
    named: dict[str, Callable[[Json], Any]] = {}
    register(cast("Any", SimpleNamespace(register=named.__setitem__)), bench.flows)
    assert set(named) == {"batch", "transfer"}
    for work in named.values():
        assert (await work({"flow": "rights", "batch": "b"})) == {"ended": 1, "by": "rights", "batch": "b"}
        assert (await work({"batch": "b"}))["by"] == "intake", "work that was begun when there was one flow"
        gone = await work({"flow": "publish", "batch": "b"})
        assert (gone["ended"], "not configured here any more" in gone["stopped"]) == (0, True)


def test_a_flow_is_found_by_its_name(bench: Bench) -> None:
    made = bench.flow(RIGHTS)
    assert flow_named(bench.flows, "rights") is made
    with pytest.raises(Refused, match="`rights`"):
        flow_named(bench.flows, "rihgts")


class Courier:
    def read(self, headers: Mapping[str, str], body: bytes) -> Sequence[Hint]:
        return [Hint(AssetKey(AccountId(headers["from"]), RemoteId(it)), "edited") for it in body.decode().split()]

    def stamp(self, headers: Mapping[str, str], body: bytes) -> Stamp:
        return Stamp(id="", at=None, window=timedelta(hours=1))


async def test_hints_reach_every_flow_of_the_account_and_none_else(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, accounts in ((INTAKE, (AGENCY, ARCHIVE)), (RIGHTS, (ARCHIVE, OTHER)), (PUBLISH, (OTHER,))):
        bench.flow(name, accounts=accounts)
    keeper = HintKeeper(bench.flows, {ARCHIVE: Courier(), OTHER: Courier()})

    async def waiting() -> list[int]:
        return [await bench.ledger.count_due(hints_of(it.parts)) for it in bench.flows.values()]

    assert await keeper.take("archive", {"from": "archive"}, b"1 2 2")
    assert await waiting() == [2, 2, 0]
    assert await keeper.take("other", {"from": "other"}, b"1")
    assert await waiting() == [2, 3, 1]
    monkeypatch.setattr(hearing, "MOST_WAITING", 3)
    assert not await keeper.take("archive", {"from": "archive"}, b"3"), "the sender is told to come again"
    assert await waiting() == [3, 3, 1], "who has room keeps it all the same"
