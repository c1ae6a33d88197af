"""The extension as it is built: what each browser is told, no more permissions than are needed, and the same bytes each time."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path

import pytest
from build_extension import BROWSERS, SEARCH, build, manifest

BOTH = {"storage", "scripting"}
OWN = {"chromium": {"sidePanel"}, "firefox": set[str]()}
KNOWN = {
    "manifest_version",
    "name",
    "short_name",
    "version",
    "description",
    "icons",
    "action",
    "commands",
    "options_ui",
    "permissions",
    "optional_host_permissions",
    "content_security_policy",
    "background",
}
KEYS = {
    "chromium": KNOWN | {"minimum_chrome_version", "side_panel"},
    "firefox": KNOWN | {"browser_specific_settings", "sidebar_action"},
}


@pytest.mark.parametrize("browser", BROWSERS)
def test_each_browser_is_told_what_it_knows_and_asked_for_no_more_than_is_needed(browser: str) -> None:
    made = manifest(browser)
    assert made["manifest_version"] == 3
    assert re.fullmatch(r"\d+(\.\d+){0,3}", made["version"])
    assert set(made) == KEYS[browser]
    assert set(made["permissions"]) == BOTH | OWN[browser]
    assert "host_permissions" not in made, "no page before the person says which"
    assert "content_scripts" not in made
    policy = made["content_security_policy"]["extension_pages"]
    assert "default-src 'none'; script-src 'self'" in policy
    assert "unsafe" not in policy
    allowed = manifest(browser, ["https://dambridge.example/"])
    assert allowed["host_permissions"] == ["https://dambridge.example/*"]


def test_firefox_knows_who_it_is_and_what_leaves_the_browser() -> None:
    gecko = manifest("firefox")["browser_specific_settings"]["gecko"]
    assert re.fullmatch(r"[\w.-]+@[\w.-]+", gecko["id"])
    assert int(gecko["strict_min_version"].split(".")[0]) >= 142, (
        "the first to take data_collection_permissions everywhere"
    )
    assert {"searchTerms", "authenticationInfo"} <= set(gecko["data_collection_permissions"]["required"])
    assert manifest("firefox")["background"] == {"scripts": ["background.js"], "type": "module"}
    common = manifest("chromium")["action"]
    assert manifest("firefox")["action"] == {**common, "default_area": "navbar"}, (
        "its button stands where people see it"
    )
    assert manifest("chromium")["background"] == {"service_worker": "background.js", "type": "module"}


def test_what_is_built_is_whole_and_the_same_each_time(tmp_path: Path) -> None:
    first, again = build(tmp_path / "one"), build(tmp_path / "two")
    assert [it.read_bytes() for it in first] == [it.read_bytes() for it in again]
    for browser, file in zip(BROWSERS, first, strict=True):
        with zipfile.ZipFile(file) as packed:
            names = set(packed.namelist())
            assert json.loads(packed.read("manifest.json")) == manifest(browser)
            assert packed.read("dambridge-panel.js") == SEARCH.read_bytes(), "one search, said once"
            texts = {it: packed.read(it).decode() for it in names if it.endswith((".js", ".html", ".json", ".css"))}
        assert not [it for it in names if "manifest." in it and it != "manifest.json"]
        for name, text in texts.items():
            wanted = re.findall(r'(?:from |import |src=|href=)"(\.?/?[\w./-]+\.(?:js|css|png))"', text)
            wanted += re.findall(r'"((?:icons/)?[\w-]+\.(?:js|html|png))"', text) if name.endswith(".json") else []
            assert {it.removeprefix("./") for it in wanted} <= names, name
            assert "eval(" not in text
            assert "innerHTML" not in text
        assert sum(len(it) for it in texts.values()) < 60_000
