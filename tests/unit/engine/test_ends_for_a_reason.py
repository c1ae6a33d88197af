"""What ends an action for a reason: an exception like any other, whose fields stay what they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from dambridge.engine.delivery.describing import NotAsWritten, NotSeenYet, NotWritable
from dambridge.engine.delivery.fetching import BrokenOriginal
from dambridge.engine.publishing.showing import Shut
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import Broken

REASON = Reason.of(Code.UNKNOWN_TERM, field="credit")
BROKEN = Broken("It ends in the middle.")
MAKE: list[tuple[str, object, Callable[[], Exception]]] = [
    ("reason", REASON, lambda: NotAsWritten(REASON)),
    ("reason", REASON, lambda: NotSeenYet(REASON)),
    ("reason", REASON, lambda: NotWritable(REASON)),
    ("unknown", (), lambda: NotWritable(REASON)),
    ("broken", BROKEN, lambda: BrokenOriginal(BROKEN)),
]


@contextmanager
def around() -> Iterator[None]:
    yield


@pytest.mark.parametrize(("name", "value", "make"), MAKE)
def test_it_passes_through_a_context_manager_and_cannot_be_changed(
    name: str, value: object, make: Callable[[], Exception]
) -> None:
    raised = make()
    with pytest.raises(type(raised)) as caught, around():
        raise raised
    assert getattr(caught.value, name) == value
    with pytest.raises(AttributeError):
        setattr(caught.value, name, None)


def test_that_something_may_not_be_shown_any_more_passes_through_as_well() -> None:
    raised = Shut(REASON, "date")
    with pytest.raises(Shut) as caught, around():
        raise raised
    assert (caught.value.reason, caught.value.waits_for) == (REASON, "date")
