"""What `make check`, `make test` and `make test-long` run: what needs no test first and at once, then the tests.

The long profile runs file by file, each under ten minutes, and writes `docs/evidence/<suite>.json` for each that passes; a part
whose evidence is of the present code is not run again, so an interrupted `make test-long` goes on where it stopped, and
`make test-long ARGS="planted drift"` runs some parts alone.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from xml.etree import ElementTree as ET

from setup_environment import long_packages

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent

Step = tuple[str, list[str]]
STATIC: tuple[Step, ...] = (
    ("format", [str(BIN / "ruff"), "format", "--check", "--quiet", "."]),
    ("lint", [str(BIN / "ruff"), "check", "--quiet", "."]),
    ("types", [str(BIN / "mypy")]),
    ("layers", [str(BIN / "lint-imports"), "--no-logo"]),
)
WORKERS = os.environ.get("DAMBRIDGE_TEST_WORKERS", str(min((os.cpu_count() or 2) + 1, 8)))
"""One more than there are cores: many tests wait for a process, a page or a disk."""
BYTECODE = ROOT / ".cache" / "bytecode"
"""Where what Python compiles is kept, whatever the shell says: tests start many processes, and each would compile all anew."""


MEMORY = Path("/dev/shm")  # noqa: S108 - names below it are made by tempfile
ROOM = 6 << 30
"""Bytes that must be free in memory before tests may write there."""


def environment() -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {"PYTHONPYCACHEPREFIX": str(BYTECODE), **in_memory(), **inherited}


def in_memory() -> dict[str, str]:
    """Where the machine has much of it, tests write into memory: their thousands of commits each wait for a disk."""
    if not MEMORY.is_dir() or not os.access(MEMORY, os.W_OK) or os.statvfs(MEMORY).f_flag & os.ST_NOEXEC:
        return {}
    return {"TMPDIR": str(MEMORY)} if shutil.disk_usage(MEMORY).free >= ROOM else {}


SEED = os.environ.get("DAMBRIDGE_TEST_SEED", "20261128")
SHARED_OUT = ("-n", WORKERS, "--dist", "loadfile", "--no-loadscope-reorder", f"--randomly-seed={SEED}")
"""File by file, so that what is made once for a file is made once, in the order of tests/conftest.py: the longest first. Else in
an order by chance that is the same each time, so that one commit has one verdict; `DAMBRIDGE_TEST_SEED` draws another."""


def pytest(*arguments: str) -> list[str]:
    """Only what a failed test wrote is kept."""
    return [str(BIN / "python"), "-m", "pytest", "-q", "-o", "tmp_path_retention_policy=failed", *arguments]


def steps(what: str) -> tuple[list[Step], Step]:
    """What can be done at once, and the tests after it."""
    match what:
        case "check":
            return [*STATIC], ("unit tests", pytest("tests/unit", "-m", "not long", *SHARED_OUT))
        case "test":
            library = ("demo library", [str(BIN / "python"), "scripts/build_demo_library.py"])
            return [*STATIC, library], ("tests", pytest("tests", "-m", "not long", *SHARED_OUT))
    sys.exit(f"unknown: {what}")


def at_once(some: Sequence[Step]) -> int:
    """Run all beside each other and show what each said; returns the code of the first that failed."""
    begun = time.monotonic()
    under_way = []
    for name, command in some:
        said = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - closed when it was shown
        process = subprocess.Popen(command, cwd=ROOT, env=environment(), stdout=said, stderr=subprocess.STDOUT)
        under_way.append((name, process, said))
    codes = []
    for name, process, said in under_way:
        codes.append(process.wait())
        with said:
            said.seek(0)
            print(said.read(), end="")
        report(name, codes[-1], begun)
    return next((it for it in codes if it), 0)


def report(name: str, code: int, begun: float) -> None:
    outcome = "passed" if code == 0 else f"FAILED ({code})"
    print(f"── {name}: {outcome} in {time.monotonic() - begun:.0f} s", flush=True)


def has_long_tests(text: str) -> bool:
    """Marked ones, or a grid of which the quick profile takes a sample alone (tests/contract/connectors/conftest.py)."""
    return "mark.long" in text or "InEveryPosition" in text


def git(*arguments: str) -> list[str]:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.split()


def met_in(told: ET.Element) -> dict[str, int]:
    """What the tests of a suite said, in lines of JSON, that they met: together."""
    met: Counter[str] = Counter()
    for said in told.iter("system-out"):
        for line in (said.text or "").splitlines():
            with suppress(ValueError):
                it = json.loads(line if line.startswith("{") else "")
                met.update({name: n for name, n in it.get("met", it).items() if isinstance(n, int) and name != "part"})
    return dict(sorted(met.items()))


def long_profile(chosen: Sequence[str]) -> int:
    """The long tests in resumable parts, with their evidence: all, or those whose names contain one of `chosen`.

    Evidence holds for the code that it was made with, however many commits of documents come after it."""
    commit = "".join(git("rev-parse", "HEAD"))
    code = git("rev-parse", *(f"HEAD:{it}" for it in ("src", "tests", "pyproject.toml", "requirements.lock")))
    suites = sorted(it for it in (ROOT / "tests").rglob("test_*.py") if has_long_tests(it.read_text(encoding="utf-8")))
    for suite in suites:
        if chosen and not any(it in suite.stem for it in chosen):
            continue
        evidence = ROOT / "docs" / "evidence" / f"{suite.stem.removeprefix('test_')}.json"
        if evidence.is_file() and json.loads(evidence.read_text(encoding="utf-8")).get("code") == code:
            print(f"── {suite.stem}: evidence of this code is there", flush=True)
            continue
        if "firefox_needed" in suite.read_text(encoding="utf-8"):
            long_packages()
        report = ROOT / ".cache" / f"{suite.stem}.xml"
        report.parent.mkdir(exist_ok=True)
        begun = time.monotonic()
        command = pytest(
            *(str(suite), "-m", "long", "-n", WORKERS, "--timeout", "590", "-p", "no:randomly"),
            *(f"--junitxml={report}", "-o", "junit_logging=system-out", "-o", "junit_log_passing_tests=true"),
        )
        failed = subprocess.run(command, cwd=ROOT, check=False, env=environment()).returncode
        told = ET.parse(report).getroot()  # noqa: S314 - written by our own test run
        counted = told[0].attrib
        document = {
            "suite": suite.relative_to(ROOT).as_posix(),
            "commit": commit,
            "code": code,
            "seed": "fixed in the tests",
            "seconds": round(time.monotonic() - begun, 1),
            "counts": {name: int(counted[name]) for name in ("tests", "failures", "errors", "skipped")},
            "met": met_in(told),
        }
        print(f"── {suite.stem}: {document['counts']} in {document['seconds']} s", flush=True)
        if failed:
            return failed
        evidence.parent.mkdir(parents=True, exist_ok=True)
        evidence.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    return 0


def main() -> int:
    what, extra = sys.argv[1], sys.argv[2:]
    if what == "long":
        return long_profile(extra)
    before, (name, command) = steps(what)
    if code := at_once(before):
        return code
    begun = time.monotonic()
    print(f"── {name}", flush=True)
    code = subprocess.run([*command, *extra], cwd=ROOT, check=False, env=environment()).returncode
    report(name, code, begun)
    return code


if __name__ == "__main__":
    sys.exit(main())
