"""Instants that are known ahead: `serve` sees to them at once, whatever it is carrying out meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from dambridge.engine.progress import Progress
from dambridge.engine.publishing.flow import PublishFlow
from dambridge.engine.worker import Worker
from dambridge.model.commands import Command, CommandKind, CommandState
from dambridge.model.identity import CommandId, FlowName
from support.publishing import Portal, anew, portal

DAY = timedelta(days=1)
PATIENCE = 20.0


@pytest.fixture(scope="module")
def systems(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    with portal(tmp_path_factory.mktemp("systems")) as it:
        yield it


@pytest.fixture
def press(systems: Portal, tmp_path: Path) -> Portal:
    it = anew(systems, tmp_path)
    it.gallery("Partners/Press")
    it.agree()
    return it


class Backfill:
    """A flow whose run takes as long as the test."""

    def __init__(self, flow: PublishFlow) -> None:
        self.parts = SimpleNamespace(flow=FlowName.INTAKE, progress=Progress())
        self.accounts = flow.accounts
        self.begun = asyncio.Event()

    async def run(self, **_: Any) -> Any:
        self.begun.set()
        await asyncio.sleep(10 * PATIENCE)


async def until_so(told: Any) -> None:
    for _ in range(int(PATIENCE / 0.25)):
        if await asyncio.to_thread(told):
            return
        await asyncio.sleep(0.25)
    raise AssertionError("it did not come to pass in time")


async def serving_beside_a_backfill(press: Portal, wait: Any, instant: datetime) -> None:
    """Serve with an order under way that does not end; both clocks come to the instant; wait for what is to come."""
    async with press.bridge() as (bridge, flow):
        backfill = Backfill(flow)
        flows: Any = {FlowName.PUBLISH: flow, FlowName.INTAKE: backfill}
        ledger, clock = bridge.common.ledger, bridge.common.clock
        worker = Worker(
            flows, ledger=ledger, clock=clock, poll_every=999 * DAY, reconcile_every=999 * DAY, name="w", serving=True
        )
        key = "backfill"
        await ledger.enqueue(
            Command(
                id=CommandId(key),
                kind=CommandKind.RUN,
                actor="Ada",
                via="cli",
                scope={"flow": "intake"},
                idempotency_key=key,
                state=CommandState.QUEUED,
                created_at=await clock.now(),
            )
        )
        serving = asyncio.create_task(worker.serve())
        try:
            await asyncio.wait_for(backfill.begun.wait(), PATIENCE)
            await asyncio.to_thread(press.at, instant)
            await until_so(wait)
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)


@pytest.mark.hazard("P38")
def test_an_end_is_seen_to_while_a_backfill_is_under_way(press: Portal) -> None:
    day = press.now + 2 * DAY
    press.master(1, Licence_End=f"{day:%Y-%m-%d}")
    press.run()
    assert len(press.visible()) == 1
    end = datetime.fromisoformat(f"{day + DAY:%Y-%m-%d}T00:00:00+00:00")
    asyncio.run(serving_beside_a_backfill(press, lambda: press.visible() == [], end - press.policy.margin))
    ((_, gone),) = next(iter(press.exposure().values()))
    assert gone is not None
    assert end - 1.5 * press.policy.margin <= gone < end


@pytest.mark.hazard("P39")
def test_an_embargo_opens_while_a_backfill_is_under_way(press: Portal) -> None:
    day = f"{press.now + 2 * DAY:%Y-%m-%d}"
    press.master(1, Embargo_Date=day)
    press.run()
    assert press.visible() == []
    opens = datetime.fromisoformat(f"{day}T00:00:00+00:00")
    asyncio.run(serving_beside_a_backfill(press, lambda: len(press.visible()) == 1, opens))
    ((begun, _),) = next(iter(press.exposure().values()))
    assert opens <= begun < opens + timedelta(seconds=60)
