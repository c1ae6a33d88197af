"""A work that was begun under one map is not carried out under another: it goes out again to whoever goes by its own."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

from dambridge.engine.batches import finish
from dambridge.engine.flows import Flows, register
from dambridge.engine.parts import FlowParts
from dambridge.model.identity import FlowName
from dambridge.ports.runtime import Json, Work, Workflow, WorkState

OLD, NEW = "old", "new"


@dataclass
class Works:
    """Workers that take works in turn; each goes by a map of its own."""

    workers: deque[Workflow] = field(default_factory=deque)
    ended: dict[str, Work] = field(default_factory=dict)

    async def start(self, work_id: str, kind: str, args: Json, *, queue: str, key: str = "") -> None:
        assert work_id not in self.ended, "it is given out under a name of its own"
        worker = self.workers[0]
        self.workers.rotate(-1)
        self.ended[work_id] = Work(id=work_id, kind=kind, queue=queue, state=WorkState.DONE, result=await worker(args))

    async def wait(self, work_id: str, *, seconds: float | None = None) -> Work:
        return self.ended[work_id]

    def register(self, kind: str, work: Workflow) -> None:
        if kind == "batch":
            self.workers.append(work)


async def rest(wait: timedelta) -> None:
    assert wait > timedelta(0)


def worker(works: Works, configuration: str, done: list[tuple[str, str]]) -> FlowParts:
    async def work_off(batch: str) -> Json:
        done.append((configuration, batch))
        return {"ended": 1}

    parts = SimpleNamespace(flow=FlowName.INTAKE, configuration=configuration, runtime=works, rest=rest)
    flows: Any = {FlowName.INTAKE: SimpleNamespace(parts=parts, work_off=work_off)}
    register(cast("Any", works), cast("Flows", flows))
    return cast("FlowParts", parts)


async def given_out(mine: str, others: list[str]) -> list[tuple[str, str]]:
    """What is done of one batch, and by which map, where `others` are asked first."""
    works, done = Works(), list[tuple[str, str]]()
    for it in others:
        worker(works, it, done)
    parts = worker(works, mine, done)
    work_id, args = "batch:intake:run-1/0", {"flow": "intake", "batch": "run-1/0", "configuration": mine}
    await works.start(work_id, "batch", args, queue="batch")
    assert await finish(parts, [work_id]) == []
    return done


async def test_a_work_of_another_map_goes_on_to_whoever_goes_by_its_own() -> None:
    assert await given_out(OLD, [NEW, NEW, NEW]) == [(OLD, "run-1/0")]


async def test_a_work_of_the_same_map_is_carried_out_by_anybody() -> None:
    assert await given_out(OLD, [OLD, NEW]) == [(OLD, "run-1/0")]


async def test_a_work_that_an_earlier_release_gave_out_is_carried_out() -> None:
    works, done = Works(), list[tuple[str, str]]()
    worker(works, NEW, done)
    await works.start("batch:intake:b", "batch", {"flow": "intake", "batch": "b"}, queue="batch")
    assert done == [(NEW, "b")]
