"""What a person does at the extension, whichever the browser: in Chromium by Playwright, in Firefox by Marionette.

Two tabs stand open: one with the extension's own pages, one with PhotoShelter's. What is looked for is named as people know it:
fields by their labels, buttons and finds by their names, the rest by its words. Everything waits for what it asks.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

import pytest
from build_extension import build, manifest
from playwright.async_api import BrowserContext, Page, async_playwright, expect

from support.browser import AXE, CHROMIUM, FLAGS, RULES, SCREENS
from support.marionette import ELEMENT, Marionette, firefox

PATIENCE = 20.0
"""Seconds: the machine may have other things to do."""
FIREFOX = shutil.which("firefox-esr") or shutil.which("firefox")
ALLOWED = "http://127.0.0.1"
ACROSS, DOWN = 500, 800
OUR_VIEWS = "return chrome.extension.getViews().map((it) => it.location.pathname).sort()"
FIELD = "input, textarea"
STRIP = (
    "const strip = chrome.extension.getViews().find((it) => it !== window && it.location.pathname === '/panel.html');"
)
"""The panel at the side, as the extension's page in a tab sees it."""


class Seat(Protocol):
    """`asks`: the browser's own question for permission is put, and can be answered here."""

    name: str
    asks: bool

    async def here(self, path: str = "") -> None:
        """To the extension's tab, and to this page of it where one is named."""

    async def theirs(self, address: str = "") -> None:
        """To PhotoShelter's tab, and to this page where one is named."""

    async def typed(self, label: str, text: str) -> None:
        """`text` stands in the field of this label instead of what stood there."""

    async def keys(self, *names: str) -> None:
        """Enter, Tab, ArrowDown: pressed one after another."""

    async def pressed(self, name: str) -> None: ...

    async def ticked(self, label: str) -> None: ...

    async def said(self, text: str, *, find: str = "") -> None:
        """The words stand there for the eye, within the find of this name where one is named."""

    async def found(self, *names: str) -> None:
        """The finds are these, and no others."""

    async def no_button(self, find: str) -> None: ...

    async def drawn(self, count: int) -> None:
        """So many pictures are there, and each is a picture."""

    async def script(self, body: str, *args: Any) -> Any:
        """What the body of an async function returns in the present page."""

    async def answered(self, *, allow: bool) -> str:
        """Answer the browser's question for permission; gives what it asked."""

    async def beside(self, *, by_key: bool = False) -> None:
        """Open or shut the strip at the side by the extension's own button; or by Alt+Shift+D, where keys reach the browser."""

    async def serious(self) -> list[str]: ...

    async def picture(self, name: str) -> None: ...

    async def window(self, name: str) -> None:
        """A picture of the whole window, with what stands around the page, where the browser can take one."""


PICTURES = """
const drawn = [...document.querySelector("dambridge-panel").shadowRoot.querySelectorAll("canvas")];
return drawn.length === args[0] && drawn.every((it) => it.width > 20);
"""


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


# Firefox --------------------------------------------------------------------------------------------------------------

LOOK = r"""
const tidy = (text) => text.replace(/\s+/g, " ").trim();
const seen = (it) => it.checkVisibility({ visibilityProperty: true });
function* within(root) {
    for (const it of root.querySelectorAll("*")) {
        if (seen(it)) yield it;
        if (it.shadowRoot) yield* within(it.shadowRoot);
    }
}
const called = (it) => tidy(it.ariaLabel || [...(it.labels ?? [])].map((one) => one.textContent).join(" ") || it.textContent);
const named = (kind, name) => [...within(document)].filter((it) => it.matches(kind) && called(it).includes(name));
const [first, second] = args;
"""
"""Names as the accessible tree has them, for what the extension's pages are made of; into components too."""
BUTTON, FIND = "button", "li"
KEYS = {
    "Enter": "\ue007",
    "Tab": "\ue004",
    "ArrowDown": "\ue015",
    "Alt": "\ue00a",
    "Shift": "\ue008",
}
QUESTION = """
const it = window.PopupNotifications.panel;
return it.state === "open" && it.firstElementChild?.id === "addon-webext-permissions-notification" ? it.textContent : null;
"""
ANSWER = (
    "const it = window.PopupNotifications.panel.firstElementChild; (args[0] ? it.button : it.secondaryButton).click();"
)
TOOLBAR = "return document.querySelector(`[data-extensionid='${args[0]}'] .unified-extensions-item-action-button`)"
UUID = "5f3c1d0a-8a55-4a6b-9d4e-0d0bdab5a001"
"""By which Firefox names the extension's pages; else it draws one by chance."""


class InFirefox:
    name, asks = "firefox", True

    def __init__(self, speak: Marionette, known: str, mine: str) -> None:
        self._speak, self._known, self._mine = speak, known, mine
        self._other = ""

    async def here(self, path: str = "") -> None:
        await self._speak.do("WebDriver:SwitchToWindow", handle=self._mine, focus=True)
        if path:
            await self._speak.do("WebDriver:Navigate", url=f"moz-extension://{UUID}/{path}")

    async def theirs(self, address: str = "") -> None:
        if not self._other:
            self._other = (await self._speak.do("WebDriver:NewWindow", type="tab", focus=True))["handle"]
        await self._speak.do("WebDriver:SwitchToWindow", handle=self._other, focus=True)
        if address:
            await self._speak.do("WebDriver:Navigate", url=address)

    async def _until(self, body: str, *args: Any) -> Any:
        """What the body returns, once that is something."""
        until = time.monotonic() + PATIENCE
        while not (given := await self._speak.script(LOOK + body, *args)):
            if time.monotonic() > until:
                text = await self._speak.script(
                    LOOK + "return tidy([...within(document)].map((it) => it.innerText).join(' '))"
                )
                pytest.fail(f"{args} did not come about; there stands: {text[:2000]}")
            await asyncio.sleep(0.05)
        return given

    async def _one(self, kind: str, name: str) -> str:
        found = await self._until("return named(first, second)", kind, name)
        assert len(found) == 1, f"{len(found)} are called {name}"
        return str(found[0][ELEMENT])

    async def typed(self, label: str, text: str) -> None:
        it = await self._one(FIELD, label)
        await self._speak.do("WebDriver:ElementClear", id=it)
        await self._speak.do("WebDriver:ElementSendKeys", id=it, text=text)

    async def keys(self, *names: str, at_once: bool = False) -> None:
        down, up = ([{"type": kind, "value": KEYS.get(it, it)} for it in names] for kind in ("keyDown", "keyUp"))
        steps = down + up[::-1] if at_once else [it for both in zip(down, up, strict=True) for it in both]
        await self._speak.do("WebDriver:PerformActions", actions=[{"type": "key", "id": "keys", "actions": steps}])

    async def pressed(self, name: str) -> None:
        await self._speak.do("WebDriver:ElementClick", id=await self._one(BUTTON, name))

    async def ticked(self, label: str) -> None:
        await self._speak.do("WebDriver:ElementClick", id=await self._one(FIELD, label))

    async def said(self, text: str, *, find: str = "") -> None:
        there = f"named('{FIND}', second)" if find else "[...within(document)]"
        await self._until(f"return {there}.some((it) => tidy(it.innerText ?? '').includes(first))", text, find)

    async def found(self, *names: str) -> None:
        body = f"const all = [...within(document)].filter((it) => it.matches('{FIND}')).map(called).sort();"
        await self._until(body + "return JSON.stringify(all) === JSON.stringify(first)", sorted(names))

    async def no_button(self, find: str) -> None:
        await self._until(
            f"return named('{FIND}', first).length && !named('{FIND}', first)[0].querySelector('button')", find
        )

    async def drawn(self, count: int) -> None:
        await self._until(f"return (() => {{ {PICTURES} }})()", count)

    async def script(self, body: str, *args: Any) -> Any:
        return await self._speak.script(body, *args)

    async def answered(self, *, allow: bool) -> str:
        async with self._speak.around():
            asked: str = await self._until(QUESTION)
            await self._speak.script(ANSWER, allow)
        return asked

    async def beside(self, *, by_key: bool = False) -> None:
        async with self._speak.around():
            if by_key:
                await self.keys("Alt", "Shift", "d", at_once=True)
            else:
                await self._speak.script(f"{TOOLBAR}.click()", self._known)

    async def serious(self) -> list[str]:
        await self._speak.script(AXE.read_text(encoding="utf-8") + "; window.axe ??= axe;")
        found: list[str] = await self._speak.script(f"return ({RULES})()")
        return found

    async def picture(self, name: str) -> None:
        (SCREENS / f"extension-firefox-{name}.png").write_bytes(await self._speak.picture())

    async def window(self, name: str) -> None:
        async with self._speak.around():
            await self.picture(name)


def firefox_needed() -> None:
    """Skips where there is no Firefox; in CI that is a failure."""
    if FIREFOX is None:
        if os.environ.get("CI"):
            pytest.fail(
                "Firefox is missing; `make test-long` installs it where it may (Debian: apt install firefox-esr)"
            )
        pytest.skip("Firefox is missing. Install it (Debian: apt install firefox-esr), then run this again")


@asynccontextmanager
async def in_firefox(folder: Path, *, dark: bool = False) -> AsyncIterator[InFirefox]:
    """At the settings, which the extension opened as it was installed. Its build is the one for everybody: it asks for each
    permission."""
    assert FIREFOX is not None
    build(folder / "built")
    known = manifest("firefox")["browser_specific_settings"]["gecko"]["id"]
    prefs = {
        "extensions.webextensions.uuids": json.dumps({known: UUID}),
        "security.notification_enable_delay": 0,
        "layout.css.prefers-color-scheme.content-override": 0 if dark else 1,
        "browser.theme.toolbar-theme": 0 if dark else 1,
    }
    SCREENS.mkdir(parents=True, exist_ok=True)
    async with firefox(FIREFOX, folder / "profile", prefs, across=ACROSS, down=DOWN) as speak:
        await speak.do("Addon:Install", path=str(folder / "built" / "firefox"), temporary=True)
        settings = f"moz-extension://{UUID}/options.html"
        async with asyncio.timeout(PATIENCE):
            while await speak.do("WebDriver:GetCurrentURL") != settings:  # noqa: ASYNC110 - the browser opens it when it likes
                await asyncio.sleep(0.05)
        yield InFirefox(speak, known, await speak.do("WebDriver:GetWindowHandle"))
