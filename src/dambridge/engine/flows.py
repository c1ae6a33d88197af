"""What every flow offers to the worker and to the commands, and how the flows of one installation take their turns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol, runtime_checkable

import structlog

from dambridge.engine.accounting import account_of_nothing
from dambridge.engine.batches import BATCH, TRANSFER, turned_away
from dambridge.engine.fitting import Approval
from dambridge.engine.parts import FlowParts
from dambridge.engine.running import RunResult
from dambridge.model.identity import AccountId, CommandId, FlowName
from dambridge.model.plans import Plan
from dambridge.policy.rounds import in_order
from dambridge.ports.errors import CannotGoOn, NextMove, Refused
from dambridge.ports.runtime import Json, Runtime

log = structlog.get_logger()


class Flow(Protocol):
    """One flow of this installation over its own parts. A run takes up what an earlier one that died left open."""

    @property
    def parts(self) -> FlowParts:
        """What it works with; `parts.flow` is its name."""
        ...

    @property
    def accounts(self) -> Sequence[AccountId]:
        """The accounts whose assets it is about."""
        ...

    async def run(self, *, command: CommandId | None, full: bool, reconcile: bool = False) -> RunResult:
        """Drain what there is. `full` looks at everything; `reconcile` holds all ids against the store and reads a share of
        the assets again. What nobody can go on from ends the run and is told in its result, or is raised."""
        ...

    async def preview(self, *, full: bool) -> Plan:
        """The plan of what a run would do now, stored; nothing else happens."""
        ...

    async def apply(self, plan: Plan, approval: Approval) -> RunResult:
        """Carry out exactly this plan. Raises `Refused` or `MovedOn` before anything is done where it does not fit."""
        ...

    async def work_off(self, batch: str) -> Json:
        """Carry out whatever of the batch is still open; harmless to repeat."""
        ...


@runtime_checkable
class Timely(Protocol):
    """A flow that has something to do at instants known ahead, which no order that is carried out may hold up."""

    async def in_time(self) -> None: ...


Flows = Mapping[FlowName, Flow]


def flow_named(flows: Flows, name: str) -> Flow:
    """The flow of this name. Raises `Refused` where it is not configured."""
    if name not in flows:
        known = ", ".join(f"`{it}`" for it in in_order(flows))
        raise Refused(f"The flow `{name}` is not configured here. Configured are: {known}.", code="unknown_flow")
    return flows[FlowName(name)]


def register(
    runtime: Runtime, flows: Flows, *, during: Callable[[], AbstractContextManager[None]] = nullcontext
) -> None:
    """Name the workflows; once per process, before the runtime is launched. Work says which flow's it is: that which stands in
    `flows` then. `during` is open while one is carried out."""

    async def work_off(args: Json) -> Json:
        name = str(args.get("flow", FlowName.INTAKE))
        if name not in flows:
            return {"ended": 0, "stopped": f"The flow `{name}` is not configured here any more."}
        flow = flows[FlowName(name)]
        with during():
            return turned_away(flow.parts, args) or await flow.work_off(str(args["batch"]))

    for kind in (BATCH, TRANSFER):
        runtime.register(kind, work_off)


async def run_all(
    flows: Flows, *, command: CommandId | None, full: bool, reconcile: bool = False
) -> tuple[Mapping[str, Any], int]:
    """Every flow in its turn, one that cannot go on holding up none of the others (hazard P06). Returns one document with
    each flow's account, and the worst of their exit statuses."""
    accounts: dict[str, Any] = {}
    codes: list[int] = []
    for name in in_order(flows):
        try:
            ran = await flows[name].run(command=command, full=full, reconcile=reconcile)
        except NextMove as error:
            log.warning("flow.stopped", flow=str(name), why=str(error))
            accounts[name] = account_of_nothing(str(error))
            codes.append(1 if isinstance(error, CannotGoOn) else 3)
        except Exception as error:
            log.exception("flow.bug", flow=str(name))
            accounts[name] = account_of_nothing(f"A fault in dambridge itself: {type(error).__name__}: {error}")
            codes.append(1)
        else:
            accounts |= ran.summary["flows"]
            codes.append(ran.exit_code)
    first = next((it["run_id"] for it in accounts.values() if it["run_id"]), None)
    return {"run_id": first, "flows": accounts}, worst(codes)


def worst(codes: Sequence[int]) -> int:
    """The exit status of several: failed before wrong use before waiting for a person before well."""
    return min(codes, key=(1, 2, 3, 0).index, default=0)
