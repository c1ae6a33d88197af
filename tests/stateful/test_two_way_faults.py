"""The proof can fail: six faults that such engines have had, each planted, and each found within five thousand steps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from dambridge.engine.mirroring import bringing, reading, writing
from dambridge.engine.mirroring.writing import Task
from dambridge.engine.steps import Step, StepJournal
from dambridge.model.records import Absence, AssetRecord, Missing, Unread
from dambridge.planning import mirroring
from dambridge.planning.standings import Reading, Stance
from dambridge.planning.standings import read_copy as read_copy_of
from dambridge.planning.views import echoes, part, view_of
from stateful.test_two_way import quiet, walked
from support.two_way_proof import Broken

MOST = 5000
Plant = Callable[[pytest.MonkeyPatch], None]


def values_instead_of_versions(patch: pytest.MonkeyPatch) -> None:
    """Nothing has moved as long as the values are those that were seen: an edit there and back is none."""

    def is_as_decided(self: Task, record: AssetRecord) -> bool:
        view = view_of(self.copy, record)
        return all(
            echoes(part(view, self.carried(it)), self.accords[it].copies[self.copy].shown, self.carried(it))
            for it in self.groups
        )

    patch.setattr(Task, "is_as_decided", is_as_decided)


def ledger_before_write(patch: pytest.MonkeyPatch) -> None:
    """What is about to be written is put on record as written."""
    real = writing.ask

    async def ask(task: Task, journal: Any, step: Any, intent: Any, groups: Any) -> Task:
        asked = await real(task, journal, step, intent, groups)
        done = [
            asked.accords[it].with_copy(
                task.copy,
                replace(asked.accords[it].copies[task.copy], fields=task.wanted(it), shown=task.wanted(it), asked=()),
            )
            for it in task.groups
        ]
        return asked.with_accords(await task.parts.ledger.put_accords(done))

    patch.setattr(writing, "ask", ask)


def no_intent(patch: pytest.MonkeyPatch) -> None:
    """What is written is put on record when the reply is there: where none comes, or the process dies, nothing is."""
    real = StepJournal.close

    async def ask(task: Task, *_: Any) -> Task:
        return task

    async def close(self: StepJournal, step: Step, outcome: Mapping[str, Any]) -> None:
        if self.intent(step) is None:
            await self.rewrite(step, {})
        await real(self, step, outcome)

    patch.setattr(writing, "ask", ask)
    patch.setattr(bringing, "ask", ask)
    patch.setattr(StepJournal, "close", close)


def delete_on_unread(patch: pytest.MonkeyPatch) -> None:
    """Who does not answer is gone."""
    real = reading._read_some

    async def read_some(*given: Any) -> Any:
        seen = await real(*given)
        gone = Missing(Absence.DELETED, "no answer came")
        return {key: gone if isinstance(it, Unread) else it for key, it in seen.items()}

    patch.setattr(reading, "_read_some", read_some)


def echo_by_timer(patch: pytest.MonkeyPatch) -> None:
    """Whatever changes shortly after a write of ours is our own."""
    real = read_copy_of

    def read_copy(*given: Any, now: Any, **named: Any) -> Reading:
        found = real(*given, now=now, **named)
        if found.edited and found.standing is not None and now < found.standing.at + timedelta(minutes=5):
            return replace(found, stance=Stance.ECHO, value=found.standing.fields)
        return found

    patch.setattr(mirroring, "read_copy", read_copy)


def no_recheck(patch: pytest.MonkeyPatch) -> None:
    """What stands there is written over as it was planned."""
    patch.setattr(Task, "is_as_decided", lambda *_: True)


@pytest.mark.timeout(280)
@pytest.mark.parametrize(
    ("plant", "breaks", "part"),
    [
        pytest.param(plant, breaks, part, id=plant.__name__)
        for plant, breaks, part in (
            (values_instead_of_versions, "was to be seen at the recheck and was written over", 3),
            (ledger_before_write, "is on record as standing there, and never did", 0),
            (no_intent, "in the inbox are|is agreed to be|nothing contends", 0),
            (delete_on_unread, "is taken for gone, and everybody is there", 0),
            (echo_by_timer, "in the inbox are|is agreed to be|nothing contends", 0),
            (no_recheck, "was to be seen at the recheck and was written over", 0),
        )
    ],
)
def test_a_planted_fault_is_found(plant: Plant, breaks: str, part: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """By what it breaks in the world, and never by an engine that only stumbles."""
    plant(monkeypatch)
    met: Counter[str] = Counter()
    with pytest.raises(Broken, match=breaks) as found:
        walked(part, steps=MOST, met=met)
    print(f"{plant.__name__}: found after {met['steps']} steps: {found.value}")
    assert met["steps"] <= MOST


__all__ = ["quiet"]
