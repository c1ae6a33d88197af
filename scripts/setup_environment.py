"""Make the virtual environment of this checkout: locked packages by hash, dambridge itself, ExifTool.

Runs with any Python 3.11 to 3.13 and nothing installed. Safe to repeat. Says in one sentence what is missing where it
cannot go on. Where it may (root on Debian), it installs missing system packages itself.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    venv = (ROOT / sys.argv[1]).resolve()
    if not (3, 11) <= sys.version_info[:2] < (3, 14):
        print(f"dambridge needs Python 3.11, 3.12 or 3.13; this is {sys.version.split()[0]}.", file=sys.stderr)
        return 2
    make_venv(venv)
    python = venv / "bin" / "python"
    run([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "uv"])
    uv = [str(python), "-m", "uv", "pip"]
    lock = str(ROOT / "requirements.lock")
    run([*uv, "install", "--quiet", "--python", str(python), "--require-hashes", "-r", lock])
    run([*uv, "install", "--quiet", "--python", str(python), "--no-deps", "--no-build-isolation", "-e", str(ROOT)])
    system_packages()
    return subprocess.run([str(python), str(ROOT / "scripts" / "setup_tools.py")], check=False).returncode


def make_venv(venv: Path) -> None:
    """A fresh environment where there is none, or where the one there is of another Python."""
    python = venv / "bin" / "python"
    if python.exists():
        asked = subprocess.run(
            [str(python), "-c", "import sys; print(*sys.version_info[:2])"], capture_output=True, text=True, check=False
        )
        if asked.stdout.split() == [str(it) for it in sys.version_info[:2]]:
            return
    made = subprocess.run(
        [sys.executable, "-m", "venv", "--clear", str(venv)], capture_output=True, text=True, check=False
    )
    if made.returncode != 0 and can_apt():
        apt("python3-venv")
        made = subprocess.run(
            [sys.executable, "-m", "venv", "--clear", str(venv)], capture_output=True, text=True, check=False
        )
    if made.returncode != 0:
        print(
            "A virtual environment cannot be made. Install the venv module (Debian: apt install python3-venv).",
            file=sys.stderr,
        )
        sys.exit(2)


def system_packages() -> None:
    """Perl and npm for ExifTool, Chromium for the browser tests: from Debian where we are root, else left to `setup_tools`."""
    missing = []
    if shutil.which("perl") is None:
        missing.append("perl")
    if shutil.which("npm") is None and shutil.which("exiftool") is None:
        missing.append("npm")
    if shutil.which("chromium") is None and shutil.which("chromium-browser") is None:
        missing.append("chromium")
    if missing and can_apt():
        apt(*missing)


def long_packages() -> None:
    """Firefox, in which the long profile drives the extension too. Only then: nobody waits for it before `make test`."""
    if shutil.which("firefox-esr") is None and shutil.which("firefox") is None and can_apt():
        apt("firefox-esr")


def can_apt() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def apt(*packages: str) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    print(f"Installing {', '.join(packages)} …")
    subprocess.run(["apt-get", "update", "-qq"], check=False, env=environment, stdout=subprocess.DEVNULL)
    subprocess.run(
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages],
        check=False,
        env=environment,
        stdout=subprocess.DEVNULL,
    )


def run(command: list[str]) -> None:
    """Run a set-up step; on failure show what it said and stop."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        print(done.stdout + done.stderr, file=sys.stderr)
        print(
            f"Set-up stopped at: {' '.join(command[:6])} … Check that the package index can be reached, then run it again.",
            file=sys.stderr,
        )
        sys.exit(1)


if __name__ == "__main__":
    sys.exit(main())
