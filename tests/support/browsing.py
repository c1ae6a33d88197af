"""The console in headless Chromium: served over a library in the middle of a week, with somebody who carries orders out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import uvicorn
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, Request, async_playwright

from dambridge.bootstrap import open_search
from dambridge.engine.worker import Worker
from support.browser import CHROMIUM, FLAGS, needed
from support.console import Stand, console
from support.console_pictures import Drawn, put_finds
from support.console_scene import set_history, set_index, set_scene

SIZES = {"desk": (1280, 860), "phone": (390, 844), "wide": (1920, 1080)}


@asynccontextmanager
async def served(folder: Path) -> AsyncIterator[tuple[Stand, str]]:
    """The console over a library in the middle of a week, on a port of its own, with somebody who carries orders out."""
    async with console(folder) as stand, open_search(stand.desk.settings) as search:
        stand.app.state.desk = replace(stand.desk, search=search, pictures=Drawn())
        await set_scene(stand.ledger)
        await set_history(stand.ledger)
        await set_index(search.index.index, stand.desk.settings)
        await put_finds(search.index.index)
        await stand.person("ada", "administrator", "reviewer", "librarian", "operator", "rights_manager")
        async with at_an_address(stand) as url:
            yield stand, url


@asynccontextmanager
async def at_an_address(stand: Stand) -> AsyncIterator[str]:
    """This console behind a server, with a worker that has no flows."""
    needed()
    server = uvicorn.Server(uvicorn.Config(stand.app, port=0, log_level="error", lifespan="off"))
    worker = Worker({}, ledger=stand.ledger, clock=stand.clock, poll_every=timedelta(hours=1), name="t:1", serving=True)
    tasks = [asyncio.create_task(server.serve()), asyncio.create_task(worker.serve())]
    while not server.started:  # noqa: ASYNC110 - uvicorn says it so
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        worker.stop()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*tasks)


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as play:
        browser = await play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        await browser.close()


@asynccontextmanager
async def to_ourselves(browser: Browser) -> AsyncIterator[Browser]:
    """A browser that others use after us: whatever was open in it is closed."""
    try:
        yield browser
    finally:
        for it in browser.contexts:
            await it.close()


async def signed_in(browser: Browser, stand: Stand, url: str, **more: Any) -> BrowserContext:
    context = await browser.new_context(**more)
    page = await context.new_page()
    await page.goto(f"{url}/sign-in")
    await page.get_by_label("Name").fill("ada")
    await page.get_by_label("Password").fill(stand.passwords["ada"])
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url(f"{url}/")
    await page.close()
    return context


def listened_to(page: Page, url: str) -> list[str]:
    """What scripts complain of from now on, and what is fetched from elsewhere; the list grows while the page lives."""
    heard: list[str] = []

    def said(message: ConsoleMessage) -> None:
        if message.type == "error" and "404" not in message.text:
            heard.append(message.text)

    def fetched(request: Request) -> None:
        if not request.url.startswith((url, "data:")):
            heard.append(f"fetched {request.url}")

    page.on("console", said)
    page.on("request", fetched)
    return heard
