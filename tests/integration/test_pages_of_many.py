"""Every page is quick, over a small library and over a very large one. What is measured is our own time on the processor, of
three askings the quickest: how long others keep the machine busy is not the page's doing."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from support.console import Browser, console
from support.console_scene import set_scene
from support.large_scene import multiply

SMALL, LARGE = 0.2, 0.5
"""Seconds for a page."""
MANY = 1_000_000
PATHS = (
    "/",
    "/runs",
    "/runs/run-000001",
    "/assets",
    "/assets/agency:I000000000777",
    "/conflicts",
    "/terms",
    "/quarantine",
    "/quarantine?outcome=waiting",
    "/quarantine?outcome=all",
    "/review",
    "/plans",
    "/pairing",
    "/rights",
    *(f"/rights?report={it}" for it in ("opens", "unclear", "people", "contracts", "who", "ordered")),
    "/rights/may",
    "/withdrawals",
    "/withdrawals?unproven=1",
    "/withdrawals/wdmany00000077",
    "/capabilities",
    "/maps",
    "/settings",
    "/people",
    "/audit",
    "/audit?subject=lnmany0000000000000777",
    "/audit?after=500000",
    "/me",
)
ROLES = ("administrator", "reviewer", "librarian", "operator", "rights_manager")


async def seconds(browser: Browser, path: str) -> float:
    taken = []
    for _ in range(3):
        begun = time.process_time()
        answer = await browser.get(path)
        taken.append(time.process_time() - begun)
        assert answer.status_code == 200, path
    return min(taken)


async def slow(folder: Path, assets: int, most: float) -> dict[str, float]:
    """The pages that take longer, with their seconds."""
    async with console(folder) as stand:
        await set_scene(stand.ledger)
    multiply(next(folder.rglob("ledger.db")), assets)
    async with console(folder) as stand:
        await stand.person("ada", *ROLES)
        browser = await stand.signed_in("ada")
        await browser.get("/me")
        found = {path: await seconds(browser, path) for path in PATHS}
        assert (await browser.get("/quarantine?outcome=waiting")).text.count("<tr>") >= 20, "the pages are full"
    print({path: round(it, 3) for path, it in found.items()})
    return {path: it for path, it in found.items() if it > most}


async def test_pages_of_a_small_library_are_quick(tmp_path: Path) -> None:
    assert await slow(tmp_path, 1000, SMALL) == {}


@pytest.mark.long
@pytest.mark.timeout(590)
def test_pages_of_a_million_assets_are_quick(spacious: Path) -> None:
    assert asyncio.run(slow(spacious, MANY, LARGE)) == {}
