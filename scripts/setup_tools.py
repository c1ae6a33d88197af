"""Bring the one program that dambridge runs beside itself: ExifTool, into `.tools/` of this checkout.

Order: what is there already at the pinned version; the npm package of `scripts/tools/package.json`, checked against its
lock file; else the system's own `exiftool` if it is new enough. Where none of them works, one sentence says what to
install and the exit status is 1. Needs only the standard library, so it can run before the virtual environment exists.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SPEC = ROOT / "scripts" / "tools"
TOOLS = ROOT / ".tools"
SPEC_FILES = ("package.json", "package-lock.json", ".npmrc")
PACKAGE = "exiftool-vendored.pl"
PROGRAM = TOOLS / "node_modules" / PACKAGE / "bin" / "exiftool"
FLOOR = (13, 40)
LIMIT_SECONDS = 300
REMEDY = (
    "dambridge needs ExifTool 13.40 or newer: install Node.js with npm and Perl and run this again, "
    "or install ExifTool 13.40 or newer yourself and put it on PATH (or name it in DAMBRIDGE_EXIFTOOL)."
)


def version_of(program: str | Path) -> tuple[int, int] | None:
    """The version a program says it is, None where it is no working ExifTool."""
    try:
        said = subprocess.run(
            [str(program), "-config", "", "-ver"], capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.fullmatch(r"(\d+)\.(\d+)\s*", said.stdout)
    return (int(found[1]), int(found[2])) if found else None


def already_there() -> bool:
    """True when the pinned package lies in `.tools/` and was installed from the same lock file."""
    if not PROGRAM.is_file():
        return False
    return all(
        (TOOLS / name).is_file() and (TOOLS / name).read_bytes() == (SPEC / name).read_bytes() for name in SPEC_FILES
    )


def install_from_npm() -> str | None:
    """Install the pinned package; None when it worked, else why not."""
    npm = shutil.which("npm")
    if npm is None:
        return "npm was not found"
    if shutil.which("perl") is None:
        return "perl was not found, and ExifTool is a Perl program"
    TOOLS.mkdir(exist_ok=True)
    for name in SPEC_FILES:
        shutil.copyfile(SPEC / name, TOOLS / name)
    # A cache of our own: HOME may be missing or read-only where this runs.
    environment = {**os.environ, "npm_config_cache": str(ROOT / ".cache" / "npm")}
    try:
        done = subprocess.run(
            [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
            cwd=TOOLS,
            env=environment,
            capture_output=True,
            text=True,
            timeout=LIMIT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        return f"npm did not finish: {problem}"
    if done.returncode != 0:
        (TOOLS / "package-lock.json").unlink(missing_ok=True)
        return f"npm failed: {(done.stderr or done.stdout).strip()[-300:]}"
    return None


def pinned_version() -> str:
    spec = json.loads((SPEC / "package.json").read_text(encoding="utf-8"))
    return str(spec["dependencies"][PACKAGE])


def main() -> int:
    """Install or find ExifTool; the exit status."""
    if already_there() and (version := version_of(PROGRAM)) and version >= FLOOR:
        print(f"ExifTool {version[0]}.{version[1]} is in .tools/ already.")
        return 0
    problem = install_from_npm()
    version = version_of(PROGRAM) if problem is None else None
    if version and version >= FLOOR:
        print(f"ExifTool {version[0]}.{version[1]} installed into .tools/ ({PACKAGE} {pinned_version()}).")
        return 0
    system = shutil.which("exiftool")
    version = version_of(system) if system else None
    if version and version >= FLOOR:
        print(f"Using the system's ExifTool {version[0]}.{version[1]} at {system} (.tools/ was not filled: {problem}).")
        return 0
    print(f"{REMEDY} ({problem or 'the installed program does not start'})", file=sys.stderr)
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
