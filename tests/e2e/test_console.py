"""The console as people see it, in headless Chromium: on a desk and on a phone, light and dark, with and without scripts.

Nothing is fetched from elsewhere, nothing is cut off, and axe-core finds nothing serious. Pictures of the screens stand in
`.cache/screens` afterwards.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from dambridge.bootstrap import load_settings, open_store
from dambridge.model.conflicts import ConflictState
from support.browser import SCREENS, needed, serious
from support.browsing import SIZES, at_an_address, chromium, listened_to, served, signed_in, to_ourselves
from support.console import Stand, console
from support.console_part import PART, parted
from support.pictures import picture
from support.search_world import search_world

pytestmark = pytest.mark.asyncio(loop_scope="module")  # one browser for all
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
    "map": "/maps",
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
COVERED = """() => [...document.querySelectorAll(".tabs a")].filter((it) => {
    const box = it.getBoundingClientRect(), [x, y] = [box.left + box.width / 2, box.bottom - 3];
    const above = box.width && y > 0 && y < innerHeight ? document.elementFromPoint(x, y) : null;
    return above && above.matches(".tabs a") && above !== it && !it.contains(above);
}).map((it) => it.textContent.trim())"""
"""Chips that lie under others, as far as they are in view."""
FIRST_VIEW = 150_000
"""Bytes of scripts and styles that a first view may cost."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def one() -> AsyncIterator[Browser]:
    needed()
    async with chromium() as browser:
        yield browser


async def looked_at(
    browser: Browser, stand: Stand, url: str, size: str, theme: str, *, paths: Mapping[str, str] = PATHS
) -> list[str]:
    """Everything wrong with any of these screens of that size in that theme."""
    across, down = SIZES[size]
    viewport = {"width": across, "height": down}
    context = await signed_in(browser, stand, url, viewport=viewport, color_scheme=theme)
    page = await context.new_page()
    wrong = listened_to(page, url)
    named = await names(stand) if any("{" in it for it in paths.values()) else {}
    for name, path in paths.items():
        answer = await page.goto(url + path.format(**named))
        if answer is None or answer.status != (404 if name == "nothing" else 200):
            wrong.append(f"{name}: not there")
        await page.evaluate(ALL_PICTURES)
        await page.screenshot(path=SCREENS / f"{name}-{size}-{theme}.png", full_page=True)
        if await page.evaluate("() => document.documentElement.scrollWidth > window.innerWidth"):
            wrong.append(f"{name}: something is cut off")
        wrong += [f"{name}: {it} lies under another" for it in await page.evaluate(COVERED)]
        wrong += [f"{name}: {it}" for it in await serious(page)]
    await context.close()
    return wrong


MORE = {
    "ordered": "/rights?report=ordered",
    "maptext": "/maps?view=text",
    "rules": "/maps?part=publish",
    "store": "/store",
    "vocabularies": "/vocabularies",
    "probe": "/capabilities/archive/write",
    "charts": "/charts",
}
"""Drawn by the long profile alone."""


async def names(stand: Stand) -> dict[str, str]:
    """Ids that the scene makes anew each time."""
    (conflict, *_), (term, *_) = await stand.ledger.conflicts(limit=1), await stand.ledger.unknown_terms()
    (plan, *_) = await stand.ledger.plans(limit=1)
    return {"conflict": conflict.id, "term": term.key.id, "plan": plan.id}


QUICK = {"desk": dict(list(PATHS.items())[::2]), "phone": dict(list(PATHS.items())[1::2])}


@pytest.mark.parametrize(("size", "theme"), [("desk", "light"), ("phone", "dark")])
async def test_screens_are_sound(one: Browser, tmp_path: Path, size: str, theme: str) -> None:
    """Every screen once: half of them on a desk, the others on a phone."""
    async with served(tmp_path) as (stand, url), to_ourselves(one) as browser:
        assert await looked_at(browser, stand, url, size, theme, paths=QUICK[size]) == []
    assert all((SCREENS / f"{it}-{size}-{theme}.png").is_file() for it in QUICK[size])


@pytest.mark.long
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", list(SIZES))
async def test_every_screen_is_sound_in_every_size_and_theme(
    one: Browser, tmp_path: Path, size: str, theme: str
) -> None:
    async with served(tmp_path) as (stand, url), to_ourselves(one) as browser:
        assert await looked_at(browser, stand, url, size, theme, paths={**PATHS, **MORE}) == []


OF_A_PART = {
    f"part-{name}": path
    for name, path in PATHS.items()
    if name
    in {"overview", "runs", "run", "conflicts", "quarantine", "review", "plans", "plan", "rights", "withdrawals", "map"}
} | {"part-asset": "/assets/agency:I0000boat0000"}


@pytest.mark.long
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", list(SIZES))
async def test_screens_of_somebody_of_a_part_are_sound(one: Browser, tmp_path: Path, size: str, theme: str) -> None:
    async with parted(tmp_path) as stand, at_an_address(stand) as url, to_ourselves(one) as browser:
        await stand.person("ada", "librarian", "reviewer", "rights_manager", "operator", scope=PART)
        assert await looked_at(browser, stand, url, size, theme, paths=OF_A_PART) == []


async def test_an_inbox_is_worked_off_by_keys_and_taken_back(one: Browser, tmp_path: Path) -> None:
    async with served(tmp_path) as (stand, url), to_ourselves(one) as browser:
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


async def test_it_works_without_scripts(one: Browser, tmp_path: Path) -> None:
    async with served(tmp_path) as (stand, url), to_ourselves(one) as browser:
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


async def test_what_is_live_arrives_without_moving_what_the_eye_is_on(one: Browser, tmp_path: Path) -> None:
    async with served(tmp_path) as (stand, url), to_ourselves(one) as browser:
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
        pulse = stand.app.state.pulse
        assert len(pulse) == 1, "it hears, and does not ask every few seconds"
        other = await context.new_page()
        await other.goto(f"{url}/me")
        await other.get_by_role("button", name="Sign out").first.click()
        await page.wait_for_url(f"{url}/sign-in*", timeout=15_000)
        assert len(pulse) == 0


@pytest.mark.long
async def test_a_map_is_changed_beside_a_real_asset_that_changes_with_it(one: Browser, tmp_path: Path) -> None:
    async with served(tmp_path) as (stand, url), to_ourselves(one) as browser:
        context = await signed_in(browser, stand, url, viewport={"width": 1280, "height": 860})
        page = await context.new_page()
        refused: list[str] = []
        page.on("console", lambda it: refused.append(it.text) if it.type == "error" and "409" not in it.text else None)
        await page.goto(f"{url}/maps?asset=agency:I0000boat0001")
        place = page.get_by_label("Place of credit", exact=True)
        await place.press("End")
        await place.press_sequentially(" B")
        await page.get_by_text("now: Riverbend Picture Desk in Credit Line").wait_for()
        assert await place.input_value() == "Credit Line B"
        assert await page.evaluate("() => document.activeElement.name") == "to~credit", "nothing jumps"
        await place.fill("Keywords")
        await page.locator("tr", has=place).get_by_text("written by 'keywords' already").wait_for()
        await page.screenshot(path=SCREENS / "map-words.png")
        assert await serious(page) == []
        await page.get_by_role("button", name="The whole file as text").click()
        await page.get_by_text("1 thing to mend").first.wait_for()
        text = page.get_by_label("The map as text")
        assert "to: Keywords, type: text" in await text.input_value(), "what was typed went along"
        await page.screenshot(path=SCREENS / "map-words-text.png")
        assert await serious(page) == []
        await text.fill((await text.input_value()).replace("to: Keywords, type: text", "to: Byline, type: text"))
        await page.get_by_text("can be saved").wait_for()
        await page.get_by_label("Try it on").fill("nagasaki")
        await page.get_by_role("button", name="Boats at rest", exact=True).click()
        await page.get_by_text("nagasaki-boats.jpg · archive").wait_for()
        await page.get_by_text("can be saved").wait_for()
        await page.get_by_role("button", name="Save").click()
        await page.get_by_text("Saved. No server works now.").wait_for()
        file = tmp_path / "map.yaml"
        assert "to: Byline" in file.read_text(encoding="utf-8")
        plain = await signed_in(browser, stand, url, java_script_enabled=False)
        page = await plain.new_page()
        await page.goto(f"{url}/maps")
        await page.get_by_label("Place of headline").fill("Line")
        await page.get_by_role("button", name="Check").click()
        await page.get_by_text("can be saved").wait_for()
        await page.get_by_role("button", name="Save").click()
        await page.get_by_text("Saved. No server works now.").wait_for()
        assert re.search("headline: Line +# as on the page", file.read_text(encoding="utf-8"))
        await page.get_by_role("button", name="Put it back").click()
        await page.get_by_text("Saved. No server works now.").wait_for()
        assert "headline: Headline # as on the page" in file.read_text(encoding="utf-8")
        assert refused == []


async def chosen_and_sent(page: Page, url: str, asset: str) -> None:
    """Ticked in search, and sent for a time."""
    await page.goto(f"{url}/search?whole=1")
    await page.locator(f'input[name="assets"][value="archive:{asset}"]').check()
    assert await serious(page) == []
    await page.screenshot(path=SCREENS / "search-chosen.png", full_page=True)
    await page.get_by_role("button", name="Send what is chosen").click()
    await page.get_by_text("1 of 1 may go").wait_for()
    await page.get_by_label("Last day there").fill("2099-03-31")
    assert await serious(page) == []
    await page.screenshot(path=SCREENS / "send-for-a-time.png", full_page=True)
    await page.get_by_role("button", name="Send them to germany").click()
    await page.wait_for_url(f"{url}/send?*order=*")


@pytest.mark.long
async def test_a_find_is_brought_and_published_through_the_gate_and_a_question_kept_tells_of_news(
    one: Browser,
    tmp_path: Path,
) -> None:
    outlet: dict[str, Any] = {
        "account": "agency",
        "channel": "web",
        "audience": "dealers",
        "gallery": "Markets/DE",
        "territory": "DE",
    }
    outlet["orders"] = True
    publish = {
        "from": "archive",
        "select": {"folders": ["**"]},
        "status": "edit_status",
        "outlets": {"germany": {**outlet, "orders": True}},
    }
    (tmp_path / "found").mkdir()
    with search_world(tmp_path / "found", count=12) as known:
        await known.fill()
        known.pair.overrides = {**known.pair.overrides, "flows": {"publish": publish}}
        masters = {it.id: known.truth.standing(it, "web", "DE") for it in known.truth.copies if it.home == "archive"}
        usable = next(it for it, standing in masters.items() if standing == "usable")
        shut = next(it for it, standing in masters.items() if standing != "usable")
        homes = Counter(it.asset for it in known.truth.copies)
        alone = next(it.id for it in known.truth.copies if it.home == "agency" and homes[it.asset] == 1)
        async with known.desk() as desk, console(tmp_path, search=desk, pictures=desk.thumbnails) as stand:
            await stand.person("ada", "administrator", "searcher")
            async with at_an_address(stand) as url, to_ourselves(one) as browser:
                page = await (await signed_in(browser, stand, url)).new_page()

                async def wish(asset: str, called: str) -> None:
                    await page.goto(f"{url}/search?whole=1")
                    form = page.locator(f'form:has(input[value="{asset}"])', has_text=called)
                    await form.get_by_role("button", name=called).click()

                await wish(f"archive:{shut}", "Publish to germany")
                await page.get_by_text("Held back from germany").wait_for()
                await wish(f"archive:{usable}", "Publish to germany")
                await page.wait_for_url(f"{url}/search?*order=*")
                await wish(f"agency:{alone}", "Bring it here")
                await page.wait_for_url(f"{url}/search?*order=*")
                await chosen_and_sent(page, url, usable)
                await page.goto(f"{url}/search?whole=1&q=type%3Aimage")
                await page.get_by_label("Keep this question as").fill("Pictures")
                await page.get_by_label("tell me of what is new").check()
                await page.get_by_role("button", name="Keep", exact=True).click()
                await page.get_by_role("link", name="Pictures").wait_for()
                more = {"file_name": "new.jpg", "containers": ["Vault"], "attributes": {"Title": "lantern"}}
                await asyncio.to_thread(known.pair.keep_in_netx, picture(900), **more)
                await desk.refill(lambda account, count: None)
                assert len(await desk.saved.check(await stand.clock.now())) == 1
                await page.reload()
                await page.get_by_text("1 new").wait_for()
                assert await serious(page) == []
                await page.get_by_role("link", name="Pictures").click()
                await page.get_by_role("button", name="Forget Pictures").wait_for()
                assert await page.get_by_text("1 new").count() == 0
                await page.get_by_role("button", name="Forget Pictures").click()
                await page.get_by_text("You keep none.").wait_for()
            async with open_store(load_settings(known.pair.config)) as (ledger, _):
                trail = [it.entry for it in await ledger.audit_trail(subject=None, after=0, limit=50)]
        asked = [(it.subject, it.actor, it.detail["to"]) for it in trail if it.event == "asset.asked_for"]
        assert (f"archive:{usable}", "ada", "germany") in asked
        assert (f"agency:{alone}", "ada", "archive") in asked
        assert f"archive:{shut}" not in {it[0] for it in asked}, "what the gate holds back is never ordered"
