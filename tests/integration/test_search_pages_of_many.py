"""The page of search and its API are quick over a small index and over a very large one; what is measured, and how, is what
`test_pages_of_many` says of the other pages."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest

from dambridge.bootstrap import load_settings, open_search
from dambridge.bootstrap.wiring import store_of
from dambridge.engine import people
from dambridge.model.access import Role, Scope
from integration.test_pages_of_many import LARGE, MANY, SMALL, seconds
from support.console import Browser, Stand, configured, console
from support.large_index import COMMON, RARE, USUAL, fill

QUESTIONS = (
    "",
    "?whole=1",
    f"?q={COMMON}",
    f"?q={COMMON}&whole=1",
    f"?q={USUAL}",
    f"?q={RARE}&whole=1",
    f"?q={RARE}+{COMMON}&whole=1",
    f"?q={COMMON}+{USUAL}",
    f"?q=%22{COMMON}+{USUAL}%22&whole=1",
    "?q=har*&whole=1",
    f"?q={COMMON}+-{USUAL}",
    f"?q=title%3A{USUAL}",
    "?q=nowhereatall",
    f"?q={USUAL}&campaign=Campaign+3&status=approved",
    f"?q={COMMON}&region=FR&type=image&home=archive",
    "?photographer=Photographer+7&whole=1",
    "?rights=ended&whole=1",
    "?date=2024-05&whole=1",
    "?q=date%3A2020..2026&whole=1",
    "?q=date%3A2010+-date%3A2010-05&whole=1",
    f"?q={COMMON}+OR+date%3A2024-05&whole=1",
    f"?q=-{COMMON}&whole=1",
    f"?q=-{COMMON}+date%3A2024-05",
    f"?q={RARE}+OR+date%3A2024-05-07&whole=1",
    f"?q={USUAL}+%28{COMMON}+OR+date%3A2024%29",
)
API = (
    f"?q={COMMON}&facets=true",
    f"?q={USUAL}&facets=true&limit=200&filter=campaign=Campaign%203",
    f"?q={RARE}",
    "/suggestions?q=har",
)


@asynccontextmanager
async def library(folder: Path, assets: int) -> AsyncIterator[Stand]:
    settings = load_settings(configured(folder))
    await fill(store_of(settings), assets)
    async with open_search(settings) as desk, console(folder, search=desk) as stand:
        assert await desk.index.index.count() >= assets
        await stand.person("ada", "administrator", "librarian")
        await stand.person("vic", "viewer")
        yield stand


async def slow(
    folder: Path, assets: int, most: float, *, names: Sequence[str], asked: Sequence[str] = QUESTIONS
) -> dict[str, float]:
    """The answers that take longer, with their seconds."""
    found: dict[str, float] = {}
    async with library(folder, assets) as stand:
        for name in names:
            browser = await stand.signed_in(name)
            text = (await browser.get(f"/search?q={COMMON}")).text
            assert text.count('<article class="tile"') == 48, "the pages are full"
            assert "Narrow it down" in text
            assert "Nothing was found" in (await browser.get("/search?q=nowhereatall")).text
            pages = [f"/search{it}" for it in asked]
            pages += [*await following(browser, f"/search?q={COMMON}", 1), *await following(browser, "/search", 1)]
            found |= {f"{name} {it}": await seconds(browser, it) for it in pages}
        client = await asking(stand)
        first = (await client.get(f"/api/v1/search{API[0]}")).json()
        assert (len(first["hits"]), len(first["facets"])) == (50, 8)
        calls = [*API, f"{API[0]}&cursor={first['cursor']}"]
        found |= {f"api {it}": await seconds(client, f"/api/v1/search{it}") for it in calls}
        await client.client.aclose()
    print({it: round(taken, 3) for it, taken in sorted(found.items(), key=lambda it: -it[1])})
    return {it: taken for it, taken in found.items() if taken > most}


async def following(browser: Browser, address: str, count: int) -> list[str]:
    """The pages that come next, one after the other."""
    found: list[str] = []
    while len(found) < count:
        text = (await browser.get(found[-1] if found else address)).text
        link = re.search(r'href="(/search\?[^"]*cursor=[^"]+)"', text)
        assert link is not None, "there is more"
        found.append(unescape(link[1]))
    return found


async def asking(stand: Stand) -> Browser:
    """A program with a token of Ada's."""
    ada = await stand.desk.people.store.person("ada")
    assert ada is not None
    roles, lasts = frozenset({Role.LIBRARIAN}), timedelta(days=1)
    secret = await people.make_token(stand.desk.people, ada, name="t", roles=roles, scope=Scope(), lasts=lasts)
    return Browser(stand.browser(headers={"authorization": f"Bearer {secret}"}))


async def test_search_in_a_small_library_is_quick(tmp_path: Path) -> None:
    assert await slow(tmp_path, 300, SMALL, names=("ada",), asked=QUESTIONS[::3]) == {}


@pytest.mark.long
@pytest.mark.timeout(590)
def test_search_in_a_million_assets_is_quick(spacious: Path) -> None:
    assert asyncio.run(slow(spacious, MANY, LARGE, names=("ada", "vic"))) == {}
