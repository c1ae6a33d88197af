"""The extension in Firefox as Debian has it, beside PhotoShelter's pages: the same promises as in Chromium, and the browser's own
question for permission, answered with no and with yes. Pictures stand in `.cache/screens` afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.beside import Beside, beside
from support.seat_in_firefox import firefox_needed, in_firefox
from support.working_beside import (
    brings_over_what_is_cleared_and_says_why_not,
    customers,
    follows_the_page_but_not_over_what_was_typed,
    names_the_next_move_when_something_is_wrong,
    orders_what_no_selection_names,
    reads_words_of_a_page_and_no_more,
    says_so_when_it_works_no_more,
    set_up,
    stands_at_the_side,
)

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Beside]:
    firefox_needed()
    with beside(tmp_path_factory.mktemp("beside")) as it:
        yield it


async def test_in_firefox_too_a_cleared_asset_is_brought_over_and_an_embargoed_one_refused(
    world: Beside, tmp_path: Path
) -> None:
    async with in_firefox(tmp_path) as seat:
        await set_up(seat, world)
        await stands_at_the_side(seat, world)
        await brings_over_what_is_cleared_and_says_why_not(seat, world)
        await follows_the_page_but_not_over_what_was_typed(seat, world)
        await orders_what_no_selection_names(seat, world)


async def test_in_firefox_too_what_is_read_of_a_page_is_words_and_no_more(world: Beside, tmp_path: Path) -> None:
    async with customers(world), in_firefox(tmp_path, dark=True) as seat:
        await reads_words_of_a_page_and_no_more(seat, world)


async def test_in_firefox_too_whatever_is_wrong_the_next_move_is_named(world: Beside, tmp_path: Path) -> None:
    async with customers(world), in_firefox(tmp_path, dark=True) as seat:
        await set_up(seat, world)
        await names_the_next_move_when_something_is_wrong(seat, world, world.page.origin)


async def test_in_firefox_too_what_works_no_more_says_so_and_how_it_works_again(world: Beside, tmp_path: Path) -> None:
    async with in_firefox(tmp_path) as seat:
        await set_up(seat, world)
        await says_so_when_it_works_no_more(seat, world)
