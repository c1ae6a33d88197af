"""A site comes back with what it had still to do, and a seed folder can describe all of a site."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dambridge_sim.kit.seeds import BadSeedError
from dambridge_sim.kit.simulator import Options, Simulator
from dambridge_sim.kit.vendor import BadMetaError
from dambridge_sim.netx import make_vendor

LIBRARY = """
containers: [Released]
attributes:
  - {name: Record, type: text}
autotasks: |
  <autotask><task name="Sort"><matchCriteria type="and"><criteria type="action" value="import"/></matchCriteria>
  <modifications><modify type="category" path="Sorted" mkdir="true"/></modifications></task></autotask>
data_source_sync: |
  <metadatasync version="1.0"><sync type="scalar" name="R"><source type="xml" path="/nowhere.xml"/>
  <link source="k" attribute="Record"/><map source="v" attribute="Title"/></sync></metadatasync>
data_source_every_s: 3600
custom_actions:
  - {name: Send, url: "http://127.0.0.1:9/hook"}
files:
  a.txt: {expiration_date: "2030-01-02", containers: [Released]}
"""


def started(folder: Path, seed: Path | None = None) -> Simulator:
    simulator = Simulator(make_vendor(), Options(data=folder, seed=None if seed is None else str(seed)))
    simulator.start()
    return simulator


def goes_to(simulator: Simulator, instant: str) -> None:
    simulator.world.clock.set(datetime.fromisoformat(instant).replace(tzinfo=UTC))
    simulator.vendor.clock_moved()


def line(simulator: Simulator) -> dict[str, Any]:
    return next(iter(simulator.lines()))


@pytest.fixture
def seed(tmp_path: Path) -> Path:
    folder = tmp_path / "seed"
    folder.mkdir()
    (folder / "library.yaml").write_text(LIBRARY, encoding="utf-8")
    (folder / "a.txt").write_text("text", encoding="utf-8")
    return folder


def test_a_seed_describes_automation_and_what_is_due_outlives_the_process(tmp_path: Path, seed: Path) -> None:
    simulator = started(tmp_path / "data", seed)
    site = simulator.vendor.library.site  # type: ignore[attr-defined]  # the NetX vendor
    assert [one.name for one in site.autotasks] == ["Sort"]
    assert [one.name for one in site.custom_actions] == ["Send"]
    assert (site.data_source_every_s, len(site.syncs)) == (3600, 1)
    assert line(simulator)["containers"] == ["Released"]
    simulator.close()
    simulator = started(tmp_path / "data")
    simulator.vendor.clock_moved()
    assert (line(simulator)["containers"], line(simulator)["status"]) == (["Sorted"], "")
    simulator.close()
    simulator = started(tmp_path / "data")
    goes_to(simulator, "2030-01-01T23:59:59")
    assert line(simulator)["status"] == ""
    goes_to(simulator, "2030-01-02T00:00:00")
    assert line(simulator)["status"] == "expired"
    simulator.close()


def test_a_reset_forgets_what_was_due(tmp_path: Path, seed: Path) -> None:
    simulator = started(tmp_path / "data", seed)
    simulator.reset()
    goes_to(simulator, "2030-01-03T00:00:00")
    assert list(simulator.lines()) == []
    assert simulator.vendor.library.site.autotasks == ()  # type: ignore[attr-defined]  # the NetX vendor
    simulator.close()


def test_a_seed_with_a_task_that_cannot_be_is_refused(tmp_path: Path, seed: Path) -> None:
    (seed / "library.yaml").write_text("autotasks: <autotask><task/></autotask>", encoding="utf-8")
    with pytest.raises((BadMetaError, BadSeedError), match="matchCriteria"):
        started(tmp_path / "data", seed)
