"""Build the browser extension: a folder and a zip for Chromium and for Firefox, from one source.

`--allow ORIGIN` grants an address beforehand, for browsers that an organisation manages; else each person is asked at run time.
The same source makes the same bytes.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tomllib
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "extension"
SEARCH = ROOT / "src" / "dambridge" / "console" / "panel" / "dambridge-panel.js"
BROWSERS = ("chromium", "firefox")
EARLIEST = (1980, 1, 1, 0, 0, 0)
LEFT_OUT = {"README.md"}


def manifest(browser: str, allowed: Sequence[str] = ()) -> dict[str, Any]:
    """What both browsers have, what this one has besides, and what is allowed beforehand."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    common = json.loads((SOURCE / "manifest.json").read_text(encoding="utf-8"))
    own = json.loads((SOURCE / f"manifest.{browser}.json").read_text(encoding="utf-8"))
    both = {name: {**common[name], **it} for name, it in own.items() if isinstance(common.get(name), dict)}
    patterns = [f"{it.rstrip('/')}/*" for it in allowed]
    return {**common, **own, **both, "version": version, **({"host_permissions": patterns} if patterns else {})}


def build(out: Path, allowed: Sequence[str] = ()) -> list[Path]:
    """Write both; gives the zips."""
    return [_build(browser, out, allowed) for browser in BROWSERS]


def _build(browser: str, out: Path, allowed: Sequence[str]) -> Path:
    folder = out / browser
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(SOURCE, folder, ignore=lambda _, names: [it for it in names if it in LEFT_OUT or "manifest" in it])
    shutil.copy(SEARCH, folder)
    made = manifest(browser, allowed)
    (folder / "manifest.json").write_text(json.dumps(made, indent=2) + "\n", encoding="utf-8")
    file = out / f"dambridge-{browser}-{made['version']}.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(it for it in folder.rglob("*") if it.is_file()):
            packed.writestr(zipfile.ZipInfo(path.relative_to(folder).as_posix(), EARLIEST), path.read_bytes())
    return file


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--allow", action="append", default=[], metavar="ORIGIN")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "extension")
    given = parser.parse_args()
    for made in build(given.out, given.allow):
        print(made)
