"""What a person sees in headless Chromium after a run: the pictures have arrived, on a desk and on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright

from support.browser import CHROMIUM, FLAGS, needed
from support.pictures import approved, picture
from support.world import World, world

WIDTHS = {"desk": (1280, 900), "phone": (390, 844)}


@pytest.fixture
def arrived(tmp_path: Path) -> Iterator[World]:
    needed()
    with world(tmp_path) as it:
        for number in range(4):
            iptc = approved(title=f"Boat {number}", caption="Ein schönes Boot 🚢")
            it.submit(picture(number, side=200), file_name=f"boot-{number}.jpg", containers=["Intake/Häfen"], iptc=iptc)
        yield it


async def pictures_shown(page: Page) -> int:
    await page.evaluate("() => document.querySelectorAll('img').forEach(it => { it.loading = 'eager' })")
    await page.wait_for_load_state("networkidle")
    await page.wait_for_function("() => [...document.images].every(it => it.complete)")
    shown: int = await page.evaluate("() => [...document.images].filter(it => it.naturalWidth > 0).length")
    return shown


@pytest.mark.parametrize("width", WIDTHS)
async def test_the_pictures_can_be_seen_where_they_arrived(arrived: World, width: str, tmp_path: Path) -> None:
    await arrived.run()
    across, down = WIDTHS[width]
    async with async_playwright() as play:
        browser = await play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = await browser.new_page(viewport={"width": across, "height": down})
        wrong: list[str] = []
        page.on("console", lambda it: wrong.append(it.text) if it.type == "error" else None)
        await page.goto(arrived.netx.url)
        assert await pictures_shown(page) >= 4
        assert await page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth"), (
            "nothing is cut off"
        )
        await page.get_by_text("Boat 2").first.click()
        await page.wait_for_load_state("networkidle")
        text = await page.inner_text("body")
        await page.screenshot(path=tmp_path / f"asset-{width}.png", full_page=True)
        await browser.close()
    assert "Ein schönes Boot 🚢" in text
    assert "boot-2.jpg" in text
    assert "PhotoShelter/" in text
    assert wrong == []
