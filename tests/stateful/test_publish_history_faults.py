"""The proof can fail: faults that such engines have had, each planted, and each found within ten thousand events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from dambridge.engine.mirroring.reading import read_copies as really_read
from dambridge.engine.publishing import deciding, leading, showing, withdrawing
from dambridge.engine.publishing.asking import Asked
from dambridge.engine.publishing.tasks import Task
from dambridge.model.records import Absence, Missing, Present, Unread
from dambridge.planning import publishing
from dambridge.planning.outlets import ask_gate as asked_of_gate
from dambridge.planning.publishing import OUTWARD, Verdict
from dambridge.planning.publishing import decide_link as decided
from stateful.test_publish_history import EVENTS, quiet
from support.publish_history import History

MOST = 10_000
Plant = Callable[[pytest.MonkeyPatch], None]


def no_gate_at_show(patch: pytest.MonkeyPatch) -> None:
    """What was planned is shown, whatever became of it meanwhile."""

    async def asked_now(task: Task, **_: Any) -> Asked:
        seen = (await really_read(task.parts, [task.source]))[task.source]
        record = seen.record if isinstance(seen, Present) else None
        return Asked(record=record, until=task.outward.until, refused=None)

    patch.setattr(showing, "asked_now", asked_now)


def no_look_after_withdrawing(patch: pytest.MonkeyPatch) -> None:
    """Whatever was asked for was done."""

    async def nowhere(*_: Any) -> tuple[Any, ...]:
        return ()

    patch.setattr(withdrawing, "_held", nowhere)


def drift_not_compared(patch: pytest.MonkeyPatch) -> None:
    """A gallery stands as it was agreed, always."""
    patch.setattr(publishing, "drifted", lambda _: None)


def outage_is_absence(patch: pytest.MonkeyPatch) -> None:
    """Who cannot be read is gone."""

    async def read_copies(parts: Any, keys: Any) -> Mapping[Any, Any]:
        found = await really_read(parts, keys)
        gone = Missing(Absence.DELETED, "no answer")
        return {key: gone if isinstance(it, Unread) else it for key, it in found.items()}

    patch.setattr(deciding, "read_copies", read_copies)


def ends_are_not_known_ahead(patch: pytest.MonkeyPatch) -> None:
    """What ends is taken out once it has ended."""
    patch.setattr(leading, "leads", lambda *_: [])


def copies_are_not_looked_for(patch: pytest.MonkeyPatch) -> None:
    """Nobody looks where else our files stand."""

    async def elsewhere(*_: Any, **__: Any) -> None:
        return None

    patch.setattr(deciding, "look", elsewhere)


def nothing_goes_out(patch: pytest.MonkeyPatch) -> None:
    """The safest of all: publish nothing."""

    def decide_link(cases: Sequence[Any]) -> Verdict:
        found = decided(cases)
        return replace(found, actions=tuple(it for it in found.actions if it.kind not in OUTWARD))

    patch.setattr(deciding, "decide_link", decide_link)


def embargoes_are_over(patch: pytest.MonkeyPatch) -> None:
    """Starts are not read."""

    def ask_gate(case: Any, record: Any, at: datetime) -> Any:
        return asked_of_gate(case, record, at + timedelta(hours=6))

    patch.setattr(publishing, "ask_gate", ask_gate)


PLANTS: tuple[Plant, ...] = (
    no_gate_at_show,
    no_look_after_withdrawing,
    drift_not_compared,
    outage_is_absence,
    ends_are_not_known_ahead,
    copies_are_not_looked_for,
    nothing_goes_out,
    embargoes_are_over,
)


@pytest.mark.hazard("P40")
@pytest.mark.timeout(300)
@pytest.mark.parametrize("plant", PLANTS, ids=lambda it: it.__name__)
def test_a_planted_fault_is_found(monkeypatch: pytest.MonkeyPatch, plant: Plant) -> None:
    plant(monkeypatch)
    met: Counter[str] = Counter()
    for seed in range(MOST // EVENTS):
        history = History(seed, met=met)
        try:
            history.play(EVENTS)
        except AssertionError as broken:
            print(f"{plant.__name__}: after {met['events']} events: {broken}")
            return
        finally:
            history.close()
    pytest.fail(f"{plant.__doc__} {met['events']} events, and nobody noticed")


__all__ = ["quiet"]
