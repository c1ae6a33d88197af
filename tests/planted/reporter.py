"""A pytest plugin for runs over planted code: writes down, as JSON, what was imported, collected and seen to fail.

Used as `-p reporter` with this folder on the path; the file to write is named by `PLANTED_REPORT`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import Phase, settings

import dambridge
import dambridge_sim

NO_FAILURES = (
    *("NameError:", "UnboundLocalError:", "ImportError:", "ModuleNotFoundError:", "SyntaxError:"),
    "Failed: Timeout (",
)
"""What shows that the planted text is no program rather than a wrong one, or that the machine was too busy to tell."""

_marks: dict[str, list[str]] = {}
_ends: dict[str, str] = {}
_errors: list[str] = []


def pytest_sessionstart() -> None:
    """That an example fails is enough here; to make it small takes longer than all the rest."""
    settings.register_profile(
        "planted",
        parent=settings.default,
        phases=(Phase.explicit, Phase.generate),
        database=None,
        derandomize=False,
    )
    settings.load_profile("planted")


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    for item in items:
        _marks[item.nodeid] = sorted({str(mark.args[0]) for mark in item.iter_markers("hazard")})


def pytest_collectreport(report: pytest.CollectReport) -> None:
    if report.failed:
        _errors.append(f"{report.nodeid}: {report.longreprtext[-600:]}")


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    text = report.longreprtext
    last = text[-1500:]
    if report.failed and (report.when != "call" or any(f"E   {it}" in last for it in NO_FAILURES)):
        _errors.append(f"{report.nodeid} ({report.when}): {last[-600:]}")
    elif report.when == "call" or report.outcome == "skipped":
        _ends[report.nodeid] = report.outcome


def pytest_sessionfinish() -> None:
    report = {
        "imported": [str(Path(str(it.__file__)).resolve()) for it in (dambridge, dambridge_sim)],
        "marks": _marks,
        "ends": _ends,
        "errors": _errors,
    }
    Path(os.environ["PLANTED_REPORT"]).write_text(json.dumps(report), encoding="utf-8")
