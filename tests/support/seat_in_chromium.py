"""A seat at the extension in headless Chromium, by Playwright."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from build_extension import build
from playwright.async_api import BrowserContext, Page, async_playwright, expect

from support.browser import AXE, CHROMIUM, FLAGS, RULES, SCREENS
from support.seats import FIELD, PATIENCE, PICTURES

ALLOWED = "http://127.0.0.1"


class InChromium:
    name, asks = "chromium", False

    def __init__(self, context: BrowserContext, page: Page, ours: str) -> None:
        self._context, self._ours = context, ours
        self._mine = self._at = page
        self._other: Page | None = None

    async def here(self, path: str = "") -> None:
        await self._to(self._mine, f"{self._ours}/{path}" if path else "")

    async def theirs(self, address: str = "") -> None:
        self._other = self._other or await self._context.new_page()
        await self._to(self._other, address)

    async def _to(self, page: Page, address: str) -> None:
        """In front, as for a person: a tab behind another one draws once a second."""
        self._at = page
        await page.bring_to_front()
        if address:
            await page.goto(address)

    async def typed(self, label: str, text: str) -> None:
        await self._at.get_by_label(label).and_(self._at.locator(FIELD)).fill(text)

    async def keys(self, *names: str) -> None:
        for name in names:
            await self._at.keyboard.press(name)

    async def pressed(self, name: str) -> None:
        await self._at.get_by_role("button", name=name).click()

    async def ticked(self, label: str) -> None:
        await self._at.get_by_label(label).click()

    async def said(self, text: str, *, find: str = "") -> None:
        if find:
            await expect(self._at.get_by_role("listitem", name=find)).to_contain_text(text)
        else:
            await expect(self._at.get_by_text(text).filter(visible=True).first).to_be_visible()

    async def found(self, *names: str) -> None:
        for name in names:
            await expect(self._at.get_by_role("listitem", name=name)).to_be_visible()
        await expect(self._at.get_by_role("listitem")).to_have_count(len(names))

    async def no_button(self, find: str) -> None:
        await expect(self._at.get_by_role("listitem", name=find).get_by_role("button")).to_have_count(0)

    async def drawn(self, count: int) -> None:
        await self._at.wait_for_function(f"(...args) => {{ {PICTURES} }}", arg=count)

    async def script(self, body: str, *args: Any) -> Any:
        return await self._at.evaluate(f"async (args) => {{ {body} }}", list(args))

    async def answered(self, *, allow: bool) -> str:
        raise NotImplementedError("Chromium draws this question outside of what its protocol reaches")

    async def beside(self, *, by_key: bool = False) -> None:
        browser = self._context.browser
        assert browser is not None
        session = await browser.new_browser_cdp_session()
        tabs = (await session.send("Target.getTargets", {"filter": [{"type": "tab"}]}))["targetInfos"]
        tab = next(it["targetId"] for it in tabs if it["url"] == self._at.url)
        await session.send("Extensions.triggerAction", {"id": self._ours.split("/")[-1], "targetId": tab})
        await session.detach()

    async def serious(self) -> list[str]:
        await self._at.evaluate(AXE.read_text(encoding="utf-8"))
        found: list[str] = await self._at.evaluate(RULES)
        return found

    async def picture(self, name: str) -> None:
        await self._at.screenshot(path=SCREENS / f"extension-{name}.png", full_page=True)

    async def window(self, name: str) -> None:
        """Chromium gives pictures of pages alone."""


@asynccontextmanager
async def in_chromium(folder: Path, *, allowed_once: bool = False, **more: Any) -> AsyncIterator[InChromium]:
    """At the settings, which the extension opened as it was installed. Its build is one for an organisation that allows this
    machine, for nobody can answer Chromium's question here; or with `allowed_once`, the build for everybody, for a person
    whose browser remembers that they allowed it."""
    build(folder / "built", allowed=[ALLOWED])
    if allowed_once:
        async with _chromium(folder, **more):
            build(folder / "built")
    async with _chromium(folder, **more) as seat:
        yield seat


@asynccontextmanager
async def _chromium(folder: Path, **more: Any) -> AsyncIterator[InChromium]:
    unpacked = folder / "built" / "chromium"
    flags = [*FLAGS, "--headless=new", f"--disable-extensions-except={unpacked}", f"--load-extension={unpacked}"]
    flags += ["--disable-features=DisableLoadExtensionCommandLineSwitch", "--enable-unsafe-extension-debugging"]
    async with async_playwright() as play:
        context = await play.chromium.launch_persistent_context(
            folder / "profile", executable_path=CHROMIUM, headless=False, args=flags, **more
        )
        context.set_default_timeout(PATIENCE * 1000)
        workers = context.service_workers or [await context.wait_for_event("serviceworker")]
        ours = workers[0].url.rsplit("/", 1)[0]
        installed = not (folder / "installed").exists()
        (folder / "installed").touch()
        while not (  # noqa: ASYNC110 - the browser opens it when it likes
            opened := [it for it in context.pages if it.url == f"{ours}/options.html" or not installed]
        ):
            await asyncio.sleep(0.02)
        yield InChromium(context, opened[0], ours)
        await context.close()
