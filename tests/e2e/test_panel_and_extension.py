"""Where PhotoShelter's users work, in headless Chromium: the panel on a page of a customer's own, and the extension beside
PhotoShelter's pages. Pictures of both stand in `.cache/screens` afterwards.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from build_extension import build
from playwright.async_api import BrowserContext, Page, async_playwright, expect

from support.beside import Beside, beside, server_of
from support.browser import CHROMIUM, FLAGS, SCREENS, needed, serious

PATIENCE = 20_000
"""Milliseconds: the machine may have other things to do."""
expect.set_options(timeout=PATIENCE)
EMBARGOED = "Not to be shown before 1 March 2031"
CLEARED = "May be shown in DE through portal."
SAID = """async (words) => {
    for (let n = 0; n < 300; n++) {
        const it = (await chrome.storage.session.get("looking")).looking;
        if (it?.text === words) return it;
        await new Promise((go) => setTimeout(go, 50));
    }
    return null;
}"""
"""What the extension was told that somebody looks for, once it is these words."""
DESK, PHONE, SIDE = ({"width": across, "height": down} for across, down in ((1000, 760), (390, 844), (360, 800)))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Beside]:
    needed()
    with beside(tmp_path_factory.mktemp("beside")) as it:
        yield it


@pytest.fixture
def bringing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Beside]:
    """One of its own: what was brought stays brought."""
    needed()
    with beside(tmp_path_factory.mktemp("bringing")) as it:
        yield it


@asynccontextmanager
async def customers(it: Beside) -> AsyncIterator[Beside]:
    """The customer's server runs."""
    it.page.asked, it.page.answers, it.page.wish = 0, [], {}
    server = server_of(it.page)
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn says it so
        await asyncio.sleep(0.01)
    try:
        yield it
    finally:
        server.should_exit = True
        await task


@asynccontextmanager
async def browser(**more: Any) -> AsyncIterator[BrowserContext]:
    async with async_playwright() as play:
        opened = await play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = await opened.new_context(**more)
        context.set_default_timeout(PATIENCE)
        yield context
        await opened.close()


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


async def test_a_page_of_a_customer_shows_what_may_be_used_and_nothing_else(world: Beside) -> None:
    async with customers(world), browser(viewport=DESK, color_scheme="light") as context:
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


async def test_it_follows_the_reader_and_the_page_in_dark_and_on_a_phone(world: Beside) -> None:
    async with customers(world), browser(viewport=PHONE, color_scheme="dark") as context:
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


async def test_an_ended_token_is_asked_for_again_and_a_wrong_origin_gets_nothing(world: Beside) -> None:
    gone = {"token": "dmp_ended", "expires_at": "2099-01-01T00:00:00Z"}
    async with customers(world), browser(viewport=DESK) as context:
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


@asynccontextmanager
async def extended(folder: Path, **more: Any) -> AsyncIterator[tuple[BrowserContext, Page, str]]:
    """Chromium with the extension, the settings that it opens when it is installed, and its address.

    Its build is one for an organisation that allows this machine."""
    build(folder / "built", allowed=["http://127.0.0.1"])
    unpacked = folder / "built" / "chromium"
    flags = [*FLAGS, f"--disable-extensions-except={unpacked}", f"--load-extension={unpacked}"]
    features = "--disable-features=DisableLoadExtensionCommandLineSwitch"
    async with async_playwright() as play:
        context = await play.chromium.launch_persistent_context(
            folder / "profile",
            executable_path=CHROMIUM,
            headless=False,
            args=[*flags, features, "--headless=new"],
            **more,
        )
        context.set_default_timeout(PATIENCE)
        workers = context.service_workers or [await context.wait_for_event("serviceworker")]
        ours = workers[0].url.rsplit("/", 1)[0]
        while not (  # noqa: ASYNC110 - the browser opens it when it likes
            opened := [it for it in context.pages if it.url == f"{ours}/options.html"]
        ):
            await asyncio.sleep(0.05)
        yield context, opened[0], ours
        await context.close()


async def with_a_box(page: Page, address: str) -> None:
    """A page of theirs that has a search box, which the simulator's has not."""
    text = '<!doctype html><title>Portal</title><form role="search"><label>Find <input type="search"></label></form>'
    text += "<script>document.forms[0].addEventListener('submit', (it) => it.preventDefault())</script>"
    await page.route(address, lambda it: it.fulfill(body=text, content_type="text/html"))
    await page.goto(address)


async def set_up(page: Page, ours: str, it: Beside) -> None:
    await page.goto(f"{ours}/options.html")
    await page.get_by_label("Address of dambridge").fill(it.address)
    await page.get_by_label("Your token").fill("dmb_no")
    await page.get_by_label("PhotoShelter's pages").fill(it.portal.pair.photoshelter.url)
    await page.get_by_role("button", name="Save and try").click()
    await expect(page.get_by_text("this token does not hold")).to_be_visible()
    await page.get_by_label("Your token").fill(it.token)
    await page.get_by_role("button", name="Save and try").click()
    await expect(page.get_by_text("Saved. The panel shows what is in archive, and brings it over.")).to_be_visible()
    assert await serious(page) == []
    await page.screenshot(path=SCREENS / "extension-options.png")


@pytest.mark.timeout(120)
async def test_beside_photoshelter_a_cleared_asset_is_brought_over_and_an_embargoed_one_refused(
    bringing: Beside, tmp_path: Path
) -> None:
    assert bringing.brought() == []
    async with extended(tmp_path, viewport=SIDE, color_scheme="light") as (context, page, ours):
        await page.goto(f"{ours}/panel.html")
        await expect(page.get_by_text("Say where your organisation's dambridge is")).to_be_visible()
        await set_up(page, ours, bringing)

        # somebody looks at a picture in PhotoShelter: the panel knows what for
        theirs = await context.new_page()
        await theirs.goto(f"{bringing.portal.pair.photoshelter.url}/?asset={bringing.looked_at}")
        await page.goto(f"{ours}/panel.html")
        await expect(page.get_by_text("This page shows “Lighthouse”.")).to_be_visible()
        find = page.get_by_role("listitem", name="Lighthouse at dawn")
        await expect(find).to_contain_text(CLEARED)
        await expect(page.get_by_role("listitem")).to_have_count(1)
        await drawn(page)
        assert await serious(page) == []
        await page.screenshot(path=SCREENS / "extension-panel-light.png")

        # brought over, through the gate: by PhotoShelter's own account
        await page.get_by_role("button", name="Bring it here: Lighthouse at dawn").click()
        await expect(find.get_by_text("It is there.")).to_be_visible(timeout=40_000)
        assert bringing.brought() == ["boat1.jpg"]

        # an embargoed one is shown as such, and refused with the reason
        await page.get_by_label("Only what may be used now").uncheck()
        shut = page.get_by_role("listitem", name="Lighthouse by night")
        await expect(shut).to_contain_text(EMBARGOED)
        await expect(find).to_contain_text("It is in press already.")
        await expect(find.get_by_role("button")).to_have_count(0)
        await page.get_by_role("button", name="Bring it here: Lighthouse by night").click()
        await expect(
            shut.get_by_text("Held back from press: Not to be shown before 1 March 2031, 00:00.")
        ).to_be_visible()
        assert await serious(page) == []
        await page.screenshot(path=SCREENS / "extension-refused-light.png", full_page=True)
        assert bringing.brought() == ["boat1.jpg"]

        # one that no selection names is ordered, kept under her name, and goes again when she takes it back
        await looked_for(page, "harbour")
        unnamed = page.get_by_role("listitem", name="Harbour at noon")
        await expect(unnamed).to_contain_text(CLEARED)
        await page.get_by_role("button", name="Bring it here: Harbour at noon").click()
        await expect(unnamed.get_by_text("It is there.")).to_be_visible(timeout=40_000)
        assert bringing.brought() == ["boat1.jpg", "boat4.jpg"]
        (kept,) = [it for it in bringing.ordered() if it["asset"] == f"archive:{bringing.unnamed}"]
        assert (kept["by"], kept["outlet"], kept["until"]) == ("ada", "press", None)
        bringing.take_back(bringing.unnamed)
        assert bringing.brought() == ["boat1.jpg"]

        # somebody searches in PhotoShelter: the panel follows, but not over what was typed into it
        await theirs.goto(f"{bringing.portal.pair.photoshelter.url}/?terms=ferry+fog")
        await expect(page.get_by_role("listitem", name="Ferry in the fog")).to_be_visible()
        await looked_for(page, "dawn")
        await expect(find).to_be_visible()
        await theirs.goto(f"{bringing.portal.pair.photoshelter.url}/?terms=lighthouse")
        await page.get_by_role("button", name="Look for it").click()
        await expect(shut).to_be_visible()


@pytest.mark.long
async def test_what_is_read_of_a_page_is_words_and_no_more(world: Beside, tmp_path: Path) -> None:
    pages = {
        "/?terms=harbour+fog": "harbour fog",
        "/?q=harbour%3A%28fog%29+-%22x%22": "harbour fog x",
        "/?I_DSC=IMG_0042.jpg": "IMG_0042",
        f"/?asset={world.looked_at}": "Lighthouse",
        "/": "",
    }
    async with extended(tmp_path, color_scheme="dark", viewport=SIDE) as (context, page, ours):
        await set_up(page, ours, world)
        theirs = await context.new_page()
        for path, words in pages.items():
            await theirs.goto(world.portal.pair.photoshelter.url + path)
            found = await page.evaluate(SAID, words)
            assert found is not None, path
            assert set(found) == {"text", "from"}
        await with_a_box(theirs, f"{world.portal.pair.photoshelter.url}/with-a-box")
        await theirs.get_by_label("Find").fill("old port")
        await theirs.keyboard.press("Enter")
        assert await page.evaluate(SAID, "old port"), "a box of the page's own"
        await theirs.get_by_label("Find").fill("")
        await theirs.evaluate("() => { document.title = 'Ferry at noon | Riverbend'; }")
        assert await page.evaluate(SAID, "Ferry at noon"), "a page that changes without being loaded"
        await theirs.goto("data:text/html,<title>Bank account of Ada</title>")
        assert await page.evaluate(SAID, "Ferry at noon"), "of another page nothing is read"
        await page.goto(f"{ours}/panel.html")
        await looked_for(page, "lighthouse")
        await drawn(page)
        await page.screenshot(path=SCREENS / "extension-panel-dark.png")
        assert await serious(page) == []
