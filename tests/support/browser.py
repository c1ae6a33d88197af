"""Chromium without a window, and what axe-core says of a page."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from playwright.async_api import Page

ROOT = Path(__file__).parents[2]
SCREENS = ROOT / ".cache" / "screens"
AXE = ROOT / "tests" / "vendor" / "axe.min.js"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def needed() -> None:
    """Skips where there is no Chromium; in CI that is a failure."""
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail("Chromium is missing; `make test` installs it where it may (Debian: apt install chromium)")
        pytest.skip("Chromium is missing (Debian: apt install chromium)")


RULES = """async () => (await axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]})).violations
    .filter((it) => ["serious", "critical"].includes(it.impact))
    .map((it) => `${it.id}: ${it.nodes.map((one) => one.target.join(" ")).slice(0, 3).join("; ")}`)"""
"""What axe-core, once it is there, finds that keeps somebody out."""


async def serious(page: Page) -> list[str]:
    """What axe-core finds that keeps somebody out, within components too."""
    await page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[str] = await page.evaluate(RULES)
    return found
