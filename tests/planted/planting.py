"""Planting faults: one named snippet of a copy of `src` is changed, and the named tests are run over that copy."""

from __future__ import annotations

import itertools
import json
import os
import queue
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SOURCE = ROOT / "src"
LIMIT = 560
"""Seconds that one run over planted code may take."""
REPORT = "report.json"
OPTIONS = (
    *("-p", "reporter", "-p", "no:randomly", "-p", "no:cacheprovider"),
    *("--hypothesis-seed=0", "--timeout=500", "-q", "--tb=short"),
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One planted fault: what is broken, where, and the tests that must fail with it."""

    name: str
    hazard: str
    plants: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """What a run of pytest told: its exit status, the hazards of each case, how each ended, and errors, which count as
    nothing: neither as failures nor as passes."""

    code: int
    marks: Mapping[str, Sequence[str]]
    ends: Mapping[str, str]
    errors: Sequence[str]
    output: str

    def cases(self, test: str) -> list[str]:
        """The collected cases that `test` stands for."""
        return [it for it in self.marks if it == test or it.startswith(f"{test}[")]


@cache
def catalogue() -> Mapping[str, Any]:
    """The file of planted faults as it stands."""
    found: Mapping[str, Any] = yaml.safe_load((HERE / "faults.yaml").read_text(encoding="utf-8"))
    return found


@cache
def faults() -> tuple[Fault, ...]:
    """Every planted fault; its name is the hazard and the number that it has among those of the hazard."""
    met: dict[str, int] = {}
    found: list[Fault] = []
    for it in catalogue()["faults"]:
        met[it["hazard"]] = met.get(it["hazard"], 0) + 1
        name = f"{it['hazard']}.{met[it['hazard']]}"
        found.append(Fault(name=name, **{**it, "tests": tuple(it["tests"])}))
    return tuple(found)


def planted_text(fault: Fault) -> str:
    """The file's text with the fault in it. Raises `ValueError` unless the snippet stands there exactly once."""
    text = (SOURCE / fault.file).read_text(encoding="utf-8")
    if (count := text.count(fault.old)) != 1:
        raise ValueError(
            f"{fault.name}: {fault.old!r} stands {count} times in src/{fault.file}, and must stand there once"
        )
    return text.replace(fault.old, fault.new)


class Workbench:
    """Copies of `src` to plant faults in, as many as may be worked on at once, and the runs of pytest over them.

    Each copy is used again and again, so that only the planted file is compiled anew."""

    def __init__(self, folder: Path, *, copies: int) -> None:
        self._folder = folder
        self._serials = itertools.count(1)
        self._free: queue.SimpleQueue[Path] = queue.SimpleQueue()
        for number in range(copies):
            shutil.copytree(SOURCE, folder / f"copy{number}" / "src", ignore=shutil.ignore_patterns("__pycache__"))
            self._free.put(folder / f"copy{number}" / "src")

    def run(self, fault: Fault | None, tests: Sequence[str], *, collect_only: bool = False) -> Report:
        """These tests over a copy with this fault in it, or over one that is as it should be."""
        source = self._free.get()
        try:
            if fault is None:
                return self._run_over(source, tests, collect_only=collect_only)
            sound = (source / fault.file).read_text(encoding="utf-8")
            self._write(source / fault.file, planted_text(fault))
            try:
                return self._run_over(source, tests, collect_only=collect_only)
            finally:
                self._write(source / fault.file, sound)
        finally:
            self._free.put(source)

    def _write(self, file: Path, text: str) -> None:
        """Write with a time of its own: compiled files are told apart by size and whole seconds alone."""
        file.write_text(text, encoding="utf-8")
        moment = 1_000_000_000 + next(self._serials)
        os.utime(file, (moment, moment))

    def _run_over(self, source: Path, tests: Sequence[str], *, collect_only: bool) -> Report:
        folder = self._folder / f"run{next(self._serials)}"
        folder.mkdir()
        where = ["--collect-only"] if collect_only else [f"--basetemp={folder / 'tests'}"]
        try:
            done = subprocess.run(
                [sys.executable, "-m", "pytest", *OPTIONS, *where, *tests],
                cwd=ROOT,
                env=self._environment(source, folder),
                capture_output=True,
                text=True,
                check=False,
                timeout=LIMIT,
            )
            output = done.stdout[-4000:] + done.stderr[-2000:]
            return _read_report(folder / REPORT, source, done.returncode, output)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _environment(self, source: Path, folder: Path) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "PYTHON"))}
        return {
            **inherited,
            "PYTHONPATH": os.pathsep.join((str(source), str(HERE))),
            "PYTHONPYCACHEPREFIX": str(self._folder / "compiled"),
            "PLANTED_REPORT": str(folder / REPORT),
            "HYPOTHESIS_STORAGE_DIRECTORY": str(self._folder / "hypothesis"),
        }


def _read_report(written: Path, source: Path, code: int, output: str) -> Report:
    if not written.is_file():
        raise AssertionError(f"pytest ended with {code} before it told anything:\n{output}")
    told = json.loads(written.read_text(encoding="utf-8"))
    elsewhere = [it for it in told["imported"] if not Path(it).is_relative_to(source.resolve())]
    errors = [*(f"{it} was imported and not the copy" for it in elsewhere), *told["errors"]]
    return Report(code=code, marks=told["marks"], ends=told["ends"], errors=errors, output=output)


def misses(fault: Fault, report: Report) -> list[str]:
    """Why this run does not show that the fault is caught, in sentences; none when it is."""
    found = [f"an error and no failure: {it}" for it in report.errors]
    if report.code != 1:
        found.append(f"pytest ended with {report.code} and not with 1")
    quiet = [it for it in fault.tests if not any(report.ends.get(case) == "failed" for case in report.cases(it))]
    return [*found, *(f"{it} did not fail" for it in quiet)]
