"""Documents, their indexes, and a computed library under them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dambridge_sim.kit.acting import Acting, acting
from dambridge_sim.kit.documents import Documents
from dambridge_sim.kit.lookup import Document, Index, Kind, Lookup
from dambridge_sim.kit.overlay import Overlay

Client = Any  # the fixture's class lives in conftest
Start = Any

_KINDS = (
    Kind("thing", {"size": Index(lambda d: [d["size"]]), "late": Index(lambda d: [d["size"]], lagged=True)}),
    Kind("session", counts=False),
)


class _Numbers:
    """A computed library of even sizes."""

    kind = "thing"

    def __init__(self, count: int) -> None:
        self.count = count

    def id_of(self, number: int) -> str:
        return f"n{number:06d}"

    def number_of(self, identifier: str) -> int | None:
        return int(identifier[1:]) if identifier.startswith("n") else None

    def document(self, number: int) -> Document:
        return {"size": number * 2}

    def value(self, index: str, number: int) -> str | int:
        return self.id_of(number) if index == "id" else number * 2

    def span(self, lookup: Lookup) -> range:
        if lookup.index == "id":
            return range(self.count)
        low, low_open, high, high_open = lookup.bounds()
        numbers = [n for n in range(self.count) if _inside(n * 2, low, low_open, high, high_open)]
        return range(numbers[0], numbers[-1] + 1) if numbers else range(0)


def _inside(value: Any, low: Any, low_open: bool, high: Any, high_open: bool) -> bool:
    above = low is None or value > low or (value == low and not low_open)
    return above and (high is None or value < high or (value == high and not high_open))


@pytest.fixture
def now() -> list[int]:
    return [0]


@pytest.fixture
def documents(tmp_path: Path, now: list[int]) -> Any:
    opened = Documents(tmp_path / "d.db", _KINDS, now_ms=lambda: now[0], lag_ms=lambda: 0)
    yield opened
    opened.close()


def test_a_document_comes_back_and_so_does_the_one_before(documents: Documents) -> None:
    assert documents.before("thing", "a") is None
    assert documents.put("thing", "a", {"size": 1})
    assert documents.before("thing", "a") is None
    assert documents.put("thing", "a", {"size": 2})
    assert (documents.get("thing", "a"), documents.before("thing", "a")) == ({"size": 2}, {"size": 1})
    assert documents.delete("thing", "a")
    assert (documents.get("thing", "a"), documents.before("thing", "a")) == (None, {"size": 2})
    assert list(documents.gone("thing")) == [("a", {"size": 2})]


def test_an_equal_write_changes_nothing_and_is_not_counted(documents: Documents) -> None:
    documents.put("thing", "a", {"size": 1})
    with acting(Acting("x", "y")) as act:
        assert not documents.put("thing", "a", {"size": 1})
        assert not documents.delete("thing", "b")
        documents.put("session", "s", {})
        assert not act.changed
        documents.put("thing", "a", {"size": 2})
        assert act.changed
        assert act.ids == {"a"}


def test_a_transaction_is_all_or_nothing(documents: Documents) -> None:
    def fails() -> None:
        with documents.transaction():
            documents.put("thing", "a", {"size": 1})
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        fails()
    assert documents.get("thing", "a") is None
    assert documents.total("thing", Lookup("size", equal=1)) == 0


def test_a_transaction_taken_back_leaves_the_computed_library_whole(documents: Documents) -> None:
    documents.lay_under(_Numbers(3))

    def fails() -> None:
        with documents.transaction():
            documents.delete("thing", "n000001")
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        fails()
    assert documents.total("thing") == 3
    assert documents.page("thing") == ["n000000", "n000001", "n000002"]


def test_a_lagged_index_sees_writes_when_they_are_due(tmp_path: Path, now: list[int]) -> None:
    documents = Documents(tmp_path / "lag.db", _KINDS, now_ms=lambda: now[0], lag_ms=lambda: 5000)
    documents.put("thing", "a", {"size": 1})
    assert documents.page("thing", Lookup("size", equal=1)) == ["a"]
    assert documents.page("thing", Lookup("late", equal=1)) == []
    now[0] = 5000
    assert documents.page("thing", Lookup("late", equal=1)) == ["a"]
    documents.close()


def test_numbers_are_never_given_twice(documents: Documents) -> None:
    assert [documents.next_number("x") for _ in range(3)] == [1, 2, 3]
    assert documents.next_number("y", first=100) == 100


def test_bounds_are_inclusive_unless_open(documents: Documents) -> None:
    for size in range(5):
        documents.put("thing", f"t{size}", {"size": size})
    assert documents.page("thing", Lookup("size", low=1, high=3)) == ["t1", "t2", "t3"]
    assert documents.page("thing", Lookup("size", low=1, high=3, low_open=True, high_open=True)) == ["t2"]
    assert documents.page("thing", Lookup("size", descending=True), 1, 2) == ["t3", "t2"]


_writes = st.lists(st.tuples(st.integers(0, 25), st.none() | st.integers(-3, 50)), max_size=30)


@settings(max_examples=60, deadline=None)
@given(
    writes=_writes,
    low=st.none() | st.integers(-2, 45),
    high=st.none() | st.integers(-2, 45),
    opens=st.tuples(st.booleans(), st.booleans(), st.booleans(), st.booleans()),
    page=st.tuples(st.integers(0, 30), st.integers(1, 12)),
)
def test_a_computed_library_with_changes_is_like_a_stored_one(
    writes: list[tuple[int, int | None]],
    low: int | None,
    high: int | None,
    opens: tuple[bool, bool, bool, bool],
    page: tuple[int, int],
) -> None:
    documents = Documents(Path(":memory:"), _KINDS, now_ms=lambda: 0)
    documents.lay_under(_Numbers(20))
    model: dict[str, int] = {f"n{number:06d}": number * 2 for number in range(20)}
    for number, size in writes:
        identifier = f"n{number:06d}" if number < 22 else f"x{number}"
        if size is None:
            documents.delete("thing", identifier)
            model.pop(identifier, None)
        else:
            documents.put("thing", identifier, {"size": size})
            model[identifier] = size
    low_open, high_open, descending, by_size = opens
    lookup = (
        Lookup("size", None, low, high, low_open, high_open, descending) if by_size else Lookup(descending=descending)
    )
    rows = [(size, key) for key, size in model.items() if not by_size or _inside(size, low, low_open, high, high_open)]
    expected = [key for _, key in sorted(rows)] if by_size else sorted(model)
    expected = expected[::-1] if descending else expected
    assert documents.total("thing", lookup) == len(expected)
    got = documents.page("thing", lookup, *page)
    if not by_size:
        assert got == expected[page[0] : sum(page)]
    else:
        sizes = [model[key] for key in expected]
        assert [model[key] for key in got] == sizes[page[0] : sum(page)]
        assert sorted(documents.every("thing", lookup, chunk=3)) == sorted(expected)
    documents.close()


def test_an_overlay_ignores_ids_that_are_not_of_the_library() -> None:
    overlay = Overlay(_Numbers(3), ["n000001", "x9", "n000009"])
    assert overlay.page(Lookup(), [], 0, 10) == ["n000000", "n000002"]
    assert overlay.number("n000009") is None


def test_a_million_assets_start_at_once_in_little_memory() -> None:
    program = """
import resource, time
from dambridge_sim.kit.simulator import Options, Simulator
from dambridge_sim.kit.lookup import Lookup
from dambridge_sim.kit.toy import Toy
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
began = time.monotonic()
simulator = Simulator(Toy(), Options(seed="synthetic:1000000"))
simulator.start()
started = time.monotonic() - began
documents = simulator.world.documents
assert documents.total("asset") == 1_000_000
ids = [i for offset in range(0, 1_000_000, 250_000) for i in documents.page("asset", Lookup(), offset, 200)]
assert ids[200] == "S00250000"
for identifier in ids:
    simulator.world.documents.get("asset", identifier)
assert documents.page("asset", Lookup("modified", low=1577836800000 + 60_000 * 999_998)) == ["S00999998", "S00999999"]
simulator.edit("S00500000", None, {"metadata": {"a": 1}})
simulator.delete("S00500001")
assert documents.total("asset") == 999_999
print(started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
simulator.close()
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    started, grown = done.stdout.split()
    assert float(started) < 2.0
    assert int(grown) < 40_000  # kB
