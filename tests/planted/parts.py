"""What the parts of the long run share: which hazards each tries, and the runs that go on beside the cases that wait."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from planted.planting import Fault, Report, Workbench, faults, misses

AT_ONCE = 2
"""Runs of pytest side by side: what two cores bear."""

PARTS: Mapping[str, tuple[str, str]] = {
    "one": ("P01", "P09"),
    "two": ("P10", "P20"),
    "three": ("P21", "P31"),
    "four": ("P32", "P50"),
}
"""First and last hazard of each part; a part takes less than ten minutes."""


def faults_of(part: str) -> list[Fault]:
    first, last = PARTS[part]
    return [it for it in faults() if first <= it.hazard <= last]


@dataclass(frozen=True, slots=True)
class Runs:
    """The runs of one part, begun together and waited for one by one: one over sound code, one for each fault."""

    sound: Future[Report]
    planted: Mapping[str, Future[Report]]

    def failings_unplanted(self) -> list[str]:
        """What is wrong with the tests' run over sound code, in sentences."""
        report = self.sound.result()
        found = [f"{case} {end} although nothing is planted" for case, end in report.ends.items() if end != "passed"]
        return [*found, *report.errors, *([] if report.code == 0 else [report.output])]

    def misses_of(self, fault: Fault) -> list[str]:
        """Why the fault is not caught, in sentences; none when it is."""
        report = self.planted[fault.name].result()
        found = misses(fault, report)
        return [*found, report.output] if found else []


@contextmanager
def runs(part: str, items: Sequence[pytest.Item], folder: Path) -> Iterator[Runs]:
    """Begin the runs that the selected `items` of this part ask for."""
    mine = faults_of(part)
    asked = [it.callspec.params.get("fault") for it in items if isinstance(it, pytest.Function) and _has_cases(it)]
    bench = Workbench(folder, copies=AT_ONCE)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        sound = pool.submit(bench.run, None, sorted({test for fault in mine for test in fault.tests}))
        planted = {it.name: pool.submit(bench.run, it, it.tests) for it in mine if it in asked}
        try:
            yield Runs(sound, planted)
        finally:
            pool.shutdown(cancel_futures=True)


def _has_cases(item: pytest.Function) -> bool:
    return hasattr(item, "callspec")
