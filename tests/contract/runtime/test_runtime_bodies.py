"""How bodies end, as seen by the loop that awaits them from afar."""

from __future__ import annotations

import asyncio
import contextvars

import pytest

from dambridge.engine.runtime.bodies import Bodies
from dambridge.engine.runtime.rows import WorkFailedError
from dambridge.engine.runtime.rules import Registry
from dambridge.ports.errors import CannotGoOn
from dambridge.ports.runtime import Json, Workflow

WHO = contextvars.ContextVar("WHO", default="nobody")


def bodies_of(workflow: Workflow) -> Bodies:
    registry = Registry()
    registry.add("kind", workflow)
    return Bodies(registry)


async def hang(_: Json) -> Json:
    await asyncio.Event().wait()
    return {}


async def begun(bodies: Bodies) -> asyncio.Task[Json]:
    task = asyncio.create_task(bodies.run_from_afar("w", "kind", {}))
    for _ in range(100):
        await asyncio.sleep(0)
    assert bodies.running == ["w"]
    return task


@pytest.mark.parametrize("closing", [True, False], ids=["closing", "cancelled"])
async def test_an_interrupted_body_is_no_failure(closing: bool) -> None:
    """Recorded as one, a work would never be taken up again after a close."""
    bodies = bodies_of(hang)
    task = await begun(bodies)
    if closing:
        bodies.stop(CannotGoOn("closed"))
    await bodies.interrupt("w", asked=not closing)
    assert bodies.running == []
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_body_that_cancels_itself_has_failed() -> None:
    async def leak(_: Json) -> Json:
        raise asyncio.CancelledError

    with pytest.raises(WorkFailedError, match="cancelled from within"):
        await bodies_of(leak).run_from_afar("w", "kind", {})


async def test_nothing_begins_once_all_has_stopped() -> None:
    runs: list[Json] = []

    async def note(args: Json) -> Json:
        runs.append(args)
        return {}

    bodies = bodies_of(note)
    assert await bodies.run_from_afar("w", "kind", {"n": 1}) == {}
    bodies.stop(CannotGoOn("closed"))
    bodies.stop(CannotGoOn("a later reason"))
    with pytest.raises(asyncio.CancelledError):
        await bodies.run_from_afar("w", "kind", {"n": 2})
    assert runs == [{"n": 1}]
    assert str(bodies.stopped) == "closed"


async def test_bodies_see_what_their_maker_saw_and_nothing_of_who_asks() -> None:
    async def tell(_: Json) -> Json:
        return {"who": WHO.get()}

    WHO.set("maker")
    bodies = bodies_of(tell)
    WHO.set("asker")
    assert await bodies.run_from_afar("w", "kind", {}) == {"who": "maker"}


async def test_interrupting_what_does_not_run_changes_nothing() -> None:
    bodies = bodies_of(hang)
    await bodies.interrupt("other")
    task = await begun(bodies)
    await bodies.interrupt("other")
    assert bodies.running == ["w"]
    await bodies.interrupt("w")
    with pytest.raises(asyncio.CancelledError):
        await task
