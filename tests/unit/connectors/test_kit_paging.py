"""Listings that stay whole while people work in the library (hazards P08, P11)."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dambridge.connectors.kit.paging import Page, PageScan, whole_listing
from dambridge.ports.errors import TryLater


@dataclass
class Library:
    """Numbered items in a stable order; `script` says how many are deleted and added before each page but the first."""

    items: list[int]
    script: list[tuple[int, int]]
    seed: int
    named: bool = True
    largest: int = 1000
    gone: set[int] = field(default_factory=set)
    came: set[int] = field(default_factory=set)
    pages: int = 0

    async def fetch(self, page: int, size: int) -> Page[int]:
        if self.pages and self.pages <= len(self.script):
            self._people(*self.script[self.pages - 1])
        self.pages += 1
        size = min(size, self.largest)
        start = (page - 1) * size
        return Page(self.items[start : start + size], len(self.items) if self.named else None)

    def _people(self, deleted: int, added: int) -> None:
        chance = random.Random(f"{self.seed}:{self.pages}")
        for _ in range(min(deleted, len(self.items))):
            self.gone.add(self.items.pop(chance.randrange(len(self.items))))
        for _ in range(added):
            new = 1_000_000 + len(self.came)
            self.came.add(new)
            self.items.append(new)

    async def listed(self, size: int) -> set[int]:
        pages = whole_listing(self.fetch, key=str, size=size, about="list the library")
        return {it async for page in pages for it in page.items}


SCRIPTS = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=25)


@pytest.mark.hazard("P08")
@example(count=21, script=[(2, 0)], seed=0, size=20)
@given(count=st.integers(0, 400), script=SCRIPTS, seed=st.integers(), size=st.integers(20, 60))
@settings(deadline=None)
async def test_what_stands_there_all_the_while_is_listed(
    count: int, script: list[tuple[int, int]], seed: int, size: int
) -> None:
    library = Library(list(range(count)), script, seed)
    before = set(library.items)
    try:
        found = await library.listed(size)
    except TryLater:
        return  # five passes and each was torn: nothing rests on it
    assert found >= before - library.gone


@pytest.mark.hazard("P11")
@given(
    count=st.integers(0, 3000), size=st.integers(20, 500), named=st.booleans(), largest=st.sampled_from([10, 50, 1000])
)
@settings(deadline=None)
async def test_a_quiet_library_is_listed_in_one_pass(count: int, size: int, named: bool, largest: int) -> None:
    library = Library(list(range(count)), [], 0, named=named, largest=largest)
    assert await library.listed(size) == set(range(count))
    # Pages overlap. That costs a fifth more calls than pages side by side would, more where pages are tiny.
    dearer = 1.25 if min(size, largest) >= 50 else 2
    assert library.pages <= dearer * count / min(size, largest) + 3


async def test_a_few_deletions_need_no_second_pass() -> None:
    library = Library(list(range(2000)), [(1, 0)] * 15, 7)
    found = await library.listed(100)
    assert found >= set(range(2000)) - library.gone
    assert library.pages <= 25


@pytest.mark.hazard("P01")
async def test_a_listing_that_ends_before_its_own_count_is_none() -> None:
    async def half(page: int, size: int) -> Page[int]:
        return Page(list(range(100))[(page - 1) * size : page * size], 200)

    with pytest.raises(TryLater, match="7 times over"):
        async for _ in whole_listing(half, key=str, size=50, about="list the library"):
            pass


async def test_a_service_that_names_no_count_is_asked_for_it_apart() -> None:
    library = Library(list(range(45)), [], 0, named=False)
    asked: list[int] = []

    async def count() -> int | None:
        asked.append(1)
        return 46 if len(asked) == 1 else 45

    pages = whole_listing(library.fetch, key=str, size=20, about="list", count=count)
    assert {it async for page in pages for it in page.items} == set(range(45))
    assert len(asked) == 2


def test_each_page_begins_with_something_already_met() -> None:
    scan = PageScan(100)
    reached = 0
    while not scan.ended:
        page, size = scan.ask()
        start = (page - 1) * size
        assert size <= 100
        assert start < reached or reached == 0
        scan.take([str(it) for it in range(start, min(start + size, 100_000))], 100_000)
        reached = min(start + size, 100_000)
    assert scan.proven


def test_a_page_that_begins_with_a_stranger_tears_the_pass() -> None:
    scan = PageScan(20)
    scan.ask()
    scan.take([str(it) for it in range(20)], 40)
    scan.ask()
    scan.take([str(it) for it in range(25, 40)], 40)
    assert scan.torn
    assert not scan.proven


@pytest.mark.hazard("P08")
@given(count=st.integers(0, 60), script=SCRIPTS, seed=st.integers(), largest=st.integers(1, 6))
@settings(deadline=None)
async def test_pages_too_small_to_overlap_lose_nothing_either(
    count: int, script: list[tuple[int, int]], seed: int, largest: int
) -> None:
    library = Library(list(range(count)), script, seed, largest=largest)
    before = set(library.items)
    try:
        found = await library.listed(20)
    except TryLater:
        return
    assert found >= before - library.gone


@pytest.mark.hazard("P08")
@pytest.mark.parametrize("largest", [1, 2, 3])
async def test_pages_too_small_to_overlap_still_come_to_an_end(largest: int) -> None:
    library = Library(list(range(30)), [], 0, largest=largest)
    assert await library.listed(20) == set(range(30))
    assert library.pages <= 3 * 30


@pytest.mark.parametrize("shown", [["a"], ["a", "b"], [str(it) for it in range(20)]])
@pytest.mark.parametrize("counted", [None, 2])
async def test_a_service_that_shows_the_same_page_for_ever_ends_in_an_error(
    shown: list[str], counted: int | None
) -> None:
    asked = 0

    async def fetch(_number: int, _size: int) -> Page[str]:
        nonlocal asked
        asked += 1
        assert asked < 1000, "it would never end"
        return Page(shown, None)

    async def count() -> int | None:
        return counted

    with pytest.raises(TryLater, match="nothing may rest on it"):
        async for _ in whole_listing(fetch, key=str, size=20, about="list it", count=count):
            pass
    assert asked > 20
