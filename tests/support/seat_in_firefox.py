"""A seat at the extension in Firefox as it is installed, by Marionette."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from build_extension import build, manifest

from support.browser import AXE, RULES, SCREENS
from support.marionette import ELEMENT, Marionette, firefox
from support.seats import FIELD, PATIENCE, PICTURES

FIREFOX = shutil.which("firefox-esr") or shutil.which("firefox")
ACROSS, DOWN = 500, 800
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
