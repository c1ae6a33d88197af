"""Where PhotoShelter's users work, in headless Chromium: the panel on a page of a customer's own, and the extension beside
PhotoShelter's pages. Pictures of both stand in `.cache/screens` afterwards.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from support.beside import Beside, beside
from support.browser import CHROMIUM, FLAGS, SCREENS, needed, serious
from support.seat_in_chromium import in_chromium
from support.seats import PATIENCE
from support.working_beside import (
    CLEARED,
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

pytestmark = pytest.mark.asyncio(loop_scope="module")  # one browser for all
expect.set_options(timeout=PATIENCE * 1000)
DESK, PHONE, SIDE, NARROW = (
    {"width": across, "height": down} for across, down in ((1000, 760), (390, 844), (360, 800), (220, 700))
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Beside]:
    needed()
    with beside(tmp_path_factory.mktemp("beside")) as it:
        yield it


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as play:
        opened = await play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        await opened.close()


@asynccontextmanager
async def reader(browser: Browser, **more: Any) -> AsyncIterator[BrowserContext]:
    """Somebody new at the browser."""
    context = await browser.new_context(**more)
    context.set_default_timeout(PATIENCE * 1000)
    yield context
    await context.close()


async def looked_for(page: Page, text: str) -> None:
    await page.get_by_role("combobox", name="Search the library").fill(text)
    await page.get_by_role("combobox", name="Search the library").press("Enter")


async def drawn(page: Page, count: int = 1) -> None:
    """Pictures are there, and what is drawn is a picture."""
    await page.wait_for_function(
        """(count) => {
            const found = [...document.querySelector("dambridge-panel").shadowRoot.querySelectorAll("canvas")];
            return found.length === count && found.every((it) => it.width > 20);
        }""",
        arg=count,
    )


async def test_a_page_of_a_customer_shows_what_may_be_used_and_nothing_else(world: Beside, browser: Browser) -> None:
    async with customers(world), reader(browser, viewport=DESK, color_scheme="light") as context:
        page, wrong, asked = await context.new_page(), [], []
        page.on("console", lambda it: wrong.append(it.text) if it.type in {"error", "warning"} else None)
        page.on("request", lambda it: asked.append(it.url))
        await page.goto(world.page.origin)
        await looked_for(page, "lighthouse")
        await expect(page.get_by_role("listitem")).to_have_count(1)
        find = page.get_by_role("listitem", name="Lighthouse at dawn")
        await expect(find).to_contain_text(CLEARED)
        await expect(page.get_by_text("1 asset", exact=True)).to_be_visible()
        await drawn(page)
        await page.keyboard.press("ArrowDown")
        await expect(find).to_be_focused()
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("button", name="Publish to press: Lighthouse at dawn")).to_be_focused()
        await looked_for(page, "lighthouse ferry")
        await expect(page.get_by_text("No asset has all of these words.")).to_be_visible()
        await page.get_by_role("button", name="Look for any of these words").click()
        await expect(find).to_be_visible()
        await drawn(page)
        await looked_for(page, "date:never")
        await expect(page.get_by_role("alert")).to_contain_text("At character")
        assert [it for it in wrong if "422" not in it] == [], "the page's own policy is kept"
        assert await serious(page) == []
        await looked_for(page, "lighthouse")
        await expect(page.get_by_role("alert")).to_have_count(0)
        await drawn(page)
        await page.screenshot(path=SCREENS / "panel-desk-light.png")
    assert world.page.asked == 1, "one token did for all of it"
    assert all(it.startswith((world.page.origin, world.address)) for it in asked)
    assert not any("dmp_" in it or world.token in it for it in asked), "no secret in an address"


async def test_it_follows_the_reader_and_the_page_in_dark_and_on_a_phone(world: Beside, browser: Browser) -> None:
    async with customers(world), reader(browser, viewport=PHONE, color_scheme="dark") as context:
        page = await context.new_page()
        await page.goto(world.page.origin)
        await looked_for(page, "lighthouse")
        await drawn(page)
        ground = "() => getComputedStyle(document.querySelector('dambridge-panel')).backgroundColor"
        assert await page.evaluate(ground) == "rgb(28, 31, 33)"
        assert await page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth")
        assert await serious(page) == []
        await page.screenshot(path=SCREENS / "panel-phone-dark.png")
        await page.evaluate(
            "() => document.querySelector('dambridge-panel').style.setProperty('--dambridge-page', 'rgb(250, 240, 230)')"
        )
        assert await page.evaluate(ground) == "rgb(250, 240, 230)", "a property of the page's own has its way"
        await page.goto(f"{world.page.origin}/?scheme=light")
        assert await page.evaluate(ground) == "rgb(255, 255, 255)", "the page says which"


async def test_an_ended_token_is_asked_for_again_and_a_wrong_origin_gets_nothing(
    world: Beside, browser: Browser
) -> None:
    gone = {"token": "dmp_ended", "expires_at": "2099-01-01T00:00:00Z"}
    async with customers(world), reader(browser, viewport=DESK) as context:
        page = await context.new_page()
        await page.goto(world.page.origin)
        world.page.answers = [gone]
        await looked_for(page, "lighthouse")
        await expect(page.get_by_role("listitem")).to_have_count(1)
        assert world.page.asked == 2, "once more, and all is well"
        await page.goto(world.page.origin)
        world.page.answers = [gone, gone]
        await looked_for(page, "lighthouse")
        await expect(page.get_by_role("alert")).to_contain_text("has ended")
        await expect(page.get_by_role("listitem")).to_have_count(0)
        world.page.answers = [403]
        await page.goto(world.page.origin)
        await looked_for(page, "lighthouse")
        await expect(page.get_by_role("alert")).to_contain_text("its server answered with 403")
        world.page.wish = {"origins": ["https://intranet.example"]}
        await page.goto(world.page.origin)
        await looked_for(page, "lighthouse")
        await expect(page.get_by_role("alert")).to_contain_text("for pages of https://intranet.example")
        world.page.wish = {}
        await page.goto(f"http://127.0.0.1:{world.page.port}")  # the same page under a name that nobody configured
        await looked_for(page, "lighthouse")
        await expect(page.get_by_role("alert")).to_contain_text("not let pages of http://127.0.0.1")
        await expect(page.get_by_role("listitem")).to_have_count(0)


# the extension --------------------------------------------------------------------------------------------------------


@pytest.mark.timeout(120)
async def test_beside_photoshelter_a_cleared_asset_is_brought_over_and_an_embargoed_one_refused(
    world: Beside, tmp_path: Path
) -> None:
    async with in_chromium(tmp_path, viewport=SIDE, color_scheme="light") as seat:
        await set_up(seat, world)
        await stands_at_the_side(seat, world)
        await brings_over_what_is_cleared_and_says_why_not(seat, world)
        await follows_the_page_but_not_over_what_was_typed(seat, world)
        await orders_what_no_selection_names(seat, world)


@pytest.mark.long
async def test_what_is_read_of_a_page_is_words_and_no_more(world: Beside, tmp_path: Path) -> None:
    async with customers(world), in_chromium(tmp_path, color_scheme="dark", viewport=SIDE) as seat:
        await reads_words_of_a_page_and_no_more(seat, world)


@pytest.mark.long
async def test_whatever_is_wrong_the_next_move_is_named(world: Beside, tmp_path: Path) -> None:
    async with customers(world), in_chromium(tmp_path, color_scheme="dark", viewport=NARROW) as seat:
        await set_up(seat, world)
        await names_the_next_move_when_something_is_wrong(seat, world, f"http://127.0.0.1:{world.page.port}")


@pytest.mark.long
async def test_what_works_no_more_says_so_and_how_it_works_again(world: Beside, tmp_path: Path) -> None:
    async with in_chromium(tmp_path, allowed_once=True, viewport=SIDE) as seat:
        await set_up(seat, world)
        await says_so_when_it_works_no_more(seat, world)
