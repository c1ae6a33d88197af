"""The console as people see it, in headless Chromium: on a desk and on a phone, light and dark, with and without scripts.

Nothing is fetched from elsewhere, nothing is cut off, and axe-core finds nothing serious. Pictures of the screens stand in
`.cache/screens` afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from playwright.async_api import Browser

from dambridge.model.conflicts import ConflictState
from support.browsing import ROOT, SIZES, chromium, listened_to, serious, served, signed_in
from support.console import Stand

SCREENS = ROOT / ".cache" / "screens"
PATHS = {
    "overview": "/",
    "runs": "/runs",
    "run": "/runs/run-000001",
    "find": "/assets",
    "asset": "/assets/agency:I0000boat0001",
    "conflicts": "/conflicts",
    "terms": "/terms",
    "quarantine": "/quarantine?outcome=all",
    "review": "/review",
    "submission": "/review/agency:I0000hand0001",
    "plans": "/plans",
    "pairing": "/pairing",
    "rights": "/rights",
    "outlets": "/rights?report=who",
    "withdrawals": "/withdrawals",
    "withdrawal": "/withdrawals/wdboats0001",
    "capabilities": "/capabilities",
    "map": "/map",
    "settings": "/settings",
    "people": "/people",
    "audit": "/audit",
    "me": "/me",
    "nothing": "/nothing-here",
    "search": "/search",
    "may": "/rights/may",
    "contracts": "/rights?report=contracts",
    "plan": "/plans/{plan}",
    "conflict": "/conflicts/{conflict}",
    "term": "/terms/{term}",
    "narrowed": "/search?whole=1&photographer=Jonas+Blum",
}
ALL_PICTURES = """async () => {
    const all = [...document.images];
    all.forEach((it) => { it.loading = "eager"; });
    await Promise.all(all.map((it) => it.decode().catch(() => null)));
}"""
"""Pictures further down come when somebody looks there; a screenshot looks everywhere."""
FIRST_VIEW = 150_000
"""Bytes of scripts and styles that a first view may cost."""


async def looked_at(
    browser: Browser, stand: Stand, url: str, size: str, theme: str, *, paths: Mapping[str, str] = PATHS
) -> list[str]:
    """Everything wrong with any of these screens of that size in that theme."""
    across, down = SIZES[size]
    viewport = {"width": across, "height": down}
    context = await signed_in(browser, stand, url, viewport=viewport, color_scheme=theme)
    page = await context.new_page()
    wrong = listened_to(page, url)
    named = await names(stand)
    for name, path in paths.items():
        answer = await page.goto(url + path.format(**named))
        if answer is None or answer.status != (404 if name == "nothing" else 200):
            wrong.append(f"{name}: not there")
        await page.evaluate(ALL_PICTURES)
        await page.screenshot(path=SCREENS / f"{name}-{size}-{theme}.png", full_page=True)
        if await page.evaluate("() => document.documentElement.scrollWidth > window.innerWidth"):
            wrong.append(f"{name}: something is cut off")
        wrong += [f"{name}: {it}" for it in await serious(page)]
    await context.close()
    return wrong


async def names(stand: Stand) -> dict[str, str]:
    """Ids that the scene makes anew each time."""
    (conflict, *_), (term, *_) = await stand.ledger.conflicts(limit=1), await stand.ledger.unknown_terms()
    (plan, *_) = await stand.ledger.plans(limit=1)
    return {"conflict": conflict.id, "term": term.key.id, "plan": plan.id}


QUICK = {"desk": dict(list(PATHS.items())[::2]), "phone": dict(list(PATHS.items())[1::2])}


@pytest.mark.parametrize(("size", "theme"), [("desk", "light"), ("phone", "dark")])
async def test_screens_are_sound(tmp_path: Path, size: str, theme: str) -> None:
    """Every screen once: half of them on a desk, the others on a phone."""
    async with served(tmp_path) as (stand, url), chromium() as browser:
        assert await looked_at(browser, stand, url, size, theme, paths=QUICK[size]) == []
    assert all((SCREENS / f"{it}-{size}-{theme}.png").is_file() for it in QUICK[size])


@pytest.mark.long
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", list(SIZES))
async def test_every_screen_is_sound_in_every_size_and_theme(tmp_path: Path, size: str, theme: str) -> None:
    async with served(tmp_path) as (stand, url), chromium() as browser:
        assert await looked_at(browser, stand, url, size, theme) == []


async def test_an_inbox_is_worked_off_by_keys_and_taken_back(tmp_path: Path) -> None:
    async with served(tmp_path) as (stand, url), chromium() as browser:
        context = await signed_in(browser, stand, url)
        page = await context.new_page()
        await page.goto(f"{url}/conflicts")
        assert await page.locator("[data-entry]").count() == 3
        await page.keyboard.press("j")
        await page.keyboard.press("j")
        assert await page.locator("[data-entry].at").count() == 1
        await page.keyboard.press("2")
        await page.get_by_text("Settled 1 conflict; the next run carries it out.").wait_for()
        assert await page.locator("[data-entry]").count() == 2
        (ruled,) = await stand.ledger.conflicts(states=[ConflictState.RULED], limit=5)
        assert ruled.ruling is not None
        assert ruled.ruling.by == "ada"
        await page.goto(f"{url}/conflicts/{ruled.id}")
        await page.keyboard.press("u")
        await page.get_by_text("Taken back.", exact=True).wait_for()
        await page.keyboard.press("e")
        await page.keyboard.type("Words of my own")
        await page.get_by_role("button", name="Let this stand").click()
        await page.get_by_text("Settled 1 conflict").wait_for()
        await page.goto(f"{url}/terms")
        await page.keyboard.press("j")
        await page.keyboard.press("1")
        await page.get_by_text("the next run repairs 3 assets").wait_for()


async def test_it_works_without_scripts(tmp_path: Path) -> None:
    async with served(tmp_path) as (stand, url), chromium() as browser:
        phone = {"width": 390, "height": 844}
        context = await signed_in(browser, stand, url, java_script_enabled=False, viewport=phone)
        page = await context.new_page()
        await page.goto(url)
        await page.get_by_text("Menu").click()
        await page.locator("header").get_by_role("link", name="Conflicts").click()
        await page.get_by_role("button", name="Keep archive's").first.click()
        await page.get_by_text("Settled 1 conflict; the next run carries it out.").wait_for()
        await page.goto(f"{url}/people")
        await page.get_by_label("The name they sign in with").fill("bea")
        await page.get_by_label("viewer").last.check()
        await page.get_by_role("button", name="Add them").click()
        await page.get_by_text("The password of bea, shown this once").wait_for()


async def test_what_is_live_arrives_without_moving_what_the_eye_is_on(tmp_path: Path) -> None:
    async with served(tmp_path) as (stand, url), chromium() as browser:
        context = await signed_in(browser, stand, url)
        page = await context.new_page()
        sizes: list[int] = []
        page.on(
            "response",
            lambda it: sizes.append(int(it.headers.get("content-length", "0"))) if "/static/" in it.url else None,
        )
        await page.goto(url)
        assert 0 < sum(sizes) < FIRST_VIEW, sizes
        button = page.get_by_role("button", name="Hold").first
        await button.focus()
        before = await button.bounding_box()
        await stand.ledger.set_control("paused:publish", "Bea")
        await page.get_by_text("by Bea").wait_for(timeout=15_000)
        assert await button.bounding_box() == before
        assert await page.evaluate("() => document.activeElement.textContent.trim()") == "Hold"
