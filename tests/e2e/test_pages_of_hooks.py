"""The pages Webhooks and Sent here as people see them, in headless Chromium: sound at each width, a selection sent by hand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import uvicorn
import yaml

from dambridge.bootstrap import load_settings, open_store
from dambridge.model.commands import CommandKind
from dambridge.model.identity import AccountId
from dambridge.model.webhooks import Delivery, DeliveryState, Endpoint, HookType
from dambridge.ports.hints import Selection
from dambridge.storage import SqlHintMemory, SqlHookStore
from e2e.test_console import looked_at
from support.browser import CHROMIUM
from support.browsing import chromium, signed_in
from support.console import CONFIG, START, Stand, console
from support.search_world import SearchWorld, search_world

SECRET = "whsec_" + "Y2FuYXJ5LWNhbmFyeS1jYW5hcnktY2FuYXJ5"
GERMANY = {"account": "agency", "channel": "web", "audience": "dealers", "gallery": "Markets/DE", "territory": "DE"}
PUBLISH = {"from": "archive", "select": {"folders": ["**"]}, "status": "edit_status", "outlets": {"germany": GERMANY}}


def configuration() -> str:
    given = {
        name: {"url": f"https://{name}.example/hooks", "secrets": [SECRET], "events": ["asset.*", "rights.*"]}
        for name in ("crm", "website")
    }
    return yaml.safe_dump({**yaml.safe_load(CONFIG), "webhooks": {"endpoints": given}})


async def set_out(stand: Stand, known: SearchWorld) -> None:
    """Deliveries of each kind to one endpoint, another one disabled; a selection that was sent."""
    store, at = SqlHookStore(stand.ledger), START
    made = Delivery(
        endpoint="crm",
        id="msg_" + "5e" * 16,
        seq=1,
        type=HookType.ASSET_PUBLISHED,
        body='{"type":"asset.published","timestamp":"2026-11-28T09:00:00+00:00","data":{"says":"archive:4101 is shown."}}',
        made_at=at,
        next_at=at,
        attempts=1,
        state=DeliveryState.DONE,
        status=204,
        last_at=at,
    )
    waiting = replace(made, id="msg_" + "6f" * 16, seq=2, state=DeliveryState.WAITING, status=503, attempts=3)
    failed = replace(
        made, id="msg_" + "70" * 16, seq=3, state=DeliveryState.FAILED, status=None, error="no answer in time"
    )
    await store.put_endpoint(Endpoint(name="crm", cursor=9), [made, waiting, failed])
    why = "Nothing was taken for 3.2 days."
    await store.put_endpoint(Endpoint(name="website", cursor=9, failures=10, failing_since=at, disabled_at=at, why=why))
    masters = tuple(it.id for it in known.truth.copies if it.home == "archive")
    sent = Selection(
        id="sewinter", account=AccountId("archive"), at=at, action="To the dealers", by="mara", assets=masters
    )
    await SqlHintMemory(stand.ledger).keep(sent, before=at - timedelta(days=1))


@asynccontextmanager
async def served(folder: Path, known: SearchWorld) -> AsyncIterator[tuple[Stand, str]]:
    async with (
        known.desk() as desk,
        console(folder, config=configuration(), search=desk, pictures=desk.thumbnails) as it,
    ):
        await it.person("ada", "administrator")
        await set_out(it, known)
        server = uvicorn.Server(uvicorn.Config(it.app, port=0, log_level="error", lifespan="off"))
        task = asyncio.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110 - uvicorn says it so
            await asyncio.sleep(0.01)
        try:
            yield it, f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        finally:
            server.should_exit = True
            with suppress(asyncio.CancelledError):
                await task


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is missing (Debian: apt install chromium)")
@pytest.mark.parametrize(("size", "theme"), [("phone", "dark"), pytest.param("desk", "light", marks=pytest.mark.long)])
async def test_both_pages_are_sound_and_a_selection_is_sent_by_hand(tmp_path: Path, size: str, theme: str) -> None:
    (tmp_path / "world").mkdir()
    with search_world(tmp_path / "world", count=8) as known:
        await known.fill()
        known.pair.overrides = {**known.pair.overrides, "flows": {"publish": PUBLISH}}
        paths = {"webhooks": "/webhooks", "sent": "/send", "sending": "/send/sewinter"}
        async with served(tmp_path / "ours", known) as (stand, url), chromium() as browser:
            assert await looked_at(browser, stand, url, size, theme, paths=paths) == []
            context = await signed_in(browser, stand, url)
            page = await context.new_page()
            await page.goto(f"{url}/send")
            await page.get_by_role("link", name="assets from mara").click()
            await page.get_by_role("button", name="Send them to germany").click()
            await page.wait_for_url("**/send/sewinter?order=*")
            await context.close()
        async with open_store(load_settings(known.pair.config)) as (ledger, clock):
            order = await ledger.claim_command("test", now=await clock.now())
            assert order is not None
            assert (order.kind, order.actor) == (CommandKind.RUN, "ada")
