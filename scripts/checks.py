"""What `make check`, `make test` and `make test-long` run, one step after the other; the first failure ends it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent

STATIC = (
    ("format", [str(BIN / "ruff"), "format", "--check", "--quiet", "."]),
    ("lint", [str(BIN / "ruff"), "check", "--quiet", "."]),
    ("types", [str(BIN / "mypy")]),
    ("layers", [str(BIN / "lint-imports"), "--no-logo"]),
)
WORKERS = os.environ.get("DAMBRIDGE_TEST_WORKERS", "2")


def pytest(*arguments: str) -> list[str]:
    return [str(BIN / "python"), "-m", "pytest", "-q", *arguments]


def steps(what: str) -> list[tuple[str, list[str]]]:
    unit = ("unit tests", pytest("tests/unit", "-m", "not long", "-n", WORKERS))
    match what:
        case "check":
            return [*STATIC, unit]
        case "test":
            library = ("demo library", [str(BIN / "python"), "scripts/build_demo_library.py"])
            return [
                *STATIC,
                library,
                ("tests", pytest("tests", "-m", "not long", "-n", WORKERS, "--dist", "loadgroup")),
            ]
        case "long":
            return [("long tests", pytest("tests", "-m", "long"))]
    sys.exit(f"unknown: {what}")


def main() -> int:
    what, extra = sys.argv[1], sys.argv[2:]
    for name, command in steps(what):
        begun = time.monotonic()
        print(f"── {name}", flush=True)
        last = command + (extra if command[1:3] == ["-m", "pytest"] else [])
        code = subprocess.run(last, cwd=ROOT, check=False).returncode
        print(
            f"── {name}: {'passed' if code == 0 else f'FAILED ({code})'} in {time.monotonic() - begun:.0f} s",
            flush=True,
        )
        if code:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
