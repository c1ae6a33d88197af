"""What the layers promise, asked of the machine that checks them, and a planted violation that it must catch."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINT = Path(sys.executable).parent / "lint-imports"


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    command = [str(LINT), "--no-cache", "--config", str(root / "pyproject.toml")]
    environment = {"PYTHONPATH": str(root / "src"), "PATH": "/usr/bin:/bin", "HOME": str(root)}
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("connectors/netx/wire.py", "import dambridge.mapping"),
        ("connectors/photoshelter/wire.py", "import dambridge.planning"),
        ("planning/moved.py", "import asyncio"),
        ("engine/steps.py", "import dambridge.connectors.kit"),
        ("engine/steps.py", "import aiohttp"),
        ("connectors/netx/wire.py", "import dambridge.connectors.photoshelter.wire"),
        ("model/reasons.py", "import dambridge.ports.clock"),
        ("engine/steps.py", "import dambridge_sim.kit.clock"),
    ],
)
def test_a_planted_import_the_wrong_way_is_caught(tmp_path: Path, module: str, line: str) -> None:
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    assert lint(tmp_path).returncode == 0, "the copy keeps every contract before anything is planted"
    planted = tmp_path / "src" / "dambridge" / module
    planted.write_text(f"{planted.read_text(encoding='utf-8')}\n{line}\n", encoding="utf-8")
    done = lint(tmp_path)
    assert done.returncode != 0
    assert "BROKEN" in done.stdout, done.stdout + done.stderr


def test_the_tree_as_it_is_keeps_every_contract() -> None:
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout
