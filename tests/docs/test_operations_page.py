"""The page of operations: fresh, nothing confirmed missing or untested, no connector off the reference, no route unwalked."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any, Final

import pytest
import yaml
from generate_operations import FINER, INVENTORIES, PAGE, ROOT, SUITES, lines, page, words_of

from dambridge.ports.attachments import Attachments
from dambridge.ports.audience import AudienceKeeper
from dambridge.ports.finding import Finder
from dambridge.ports.hints import HintReader
from dambridge.ports.renditions import Renditions
from dambridge.ports.systems import AssetArchive, AssetReader
from dambridge_sim.netx.methods import TABLE
from dambridge_sim.photoshelter.inventory import NAMES_ONLY
from support.tour import PROBE, Tour
from support.watching import Watch

CONNECTORS: Final = ROOT / "src" / "dambridge" / "connectors"
PROTOCOLS: Final[dict[str, type]] = {
    "reader": AssetReader,
    "archive": AssetArchive,
    "audience": AudienceKeeper,
    "attachments": Attachments,
    "finder": Finder,
    "renditions": Renditions,
    "hints": HintReader,
}
OURS: Final = {
    "photoshelter": ("reader", "archive", "audience", "finder"),
    "netx": tuple(set(PROTOCOLS) - {"audience"}),
}
OPEN_QUESTIONS: Final = {"PATCH /psapi/v4.0/media/X/license"}  # PS 8: whether a licence can be written is not known


def test_the_page_is_fresh(tour: Tour) -> None:
    assert PAGE.read_text(encoding="utf-8") == page(tour), "run python scripts/generate_operations.py"


def test_nothing_confirmed_is_missing_or_untested(tour: Tour) -> None:
    sure = [it for it in lines(tour) if it.row.mark in {"CONFIRMED", "CONFIRMED-2019"}]
    assert len(sure) >= 175
    assert [it.row.what for it in sure if not it.row.served and len(it.row.how) < 15] == []
    assert [it.row.what for it in sure if it.row.served and not it.tests] == []
    assert sum(it.row.served for it in sure) >= len(sure) - 11


def test_all_that_is_simulated_is_tested_and_each_named_test_is_there(tour: Tour) -> None:
    found = lines(tour)
    assert [it.row.what for it in found if it.row.served and not it.tests] == []
    for test in {test for it in found for test in it.tests}:
        assert (ROOT / test.file).is_file()
    for suites in SUITES.values():
        assert [it for it in suites.values() if not (ROOT / "tests" / it).is_file()] == []


def test_each_finer_row_is_one_of_the_inventory() -> None:
    finer = yaml.safe_load(FINER.read_text(encoding="utf-8"))
    for system, rows in INVENTORIES.items():
        assert set(finer[system]) <= {f"{it.section} {it.what}" for it in rows}


def test_every_row_has_a_line_of_its_own(tour: Tour) -> None:
    rows = [it for it in page(tour).splitlines() if re.match(r"\| [A-Z]?\d", it)]
    assert len(rows) == sum(map(len, INVENTORIES.values())) >= 350
    assert {it.count(" | ") for it in rows} == {6}


@pytest.mark.parametrize("system", sorted(INVENTORIES))
def test_no_connector_calls_what_the_reference_does_not_have(tour: Tour, system: str) -> None:
    watch: Watch = getattr(tour, system)
    known = {word for row in INVENTORIES[system] for word in words_of(system, row)}
    kinds = ("GET ", "POST ", "PUT ", "PATCH ", "DELETE ", "rpc ", "x7 ")
    called = {it for words in watch.seen.values() for it in words if it.startswith(kinds) and " with" not in it}
    assert called - known == set()
    assert len(called) >= 30
    undocumented = {re.sub(r"/(I0|G0|C0)\w+", "/X", it.partition(": ")[2]) for it in watch.undocumented}
    assert {it.partition(":")[0] for it in watch.undocumented} <= {PROBE}
    assert undocumented <= OPEN_QUESTIONS | {f"GET /psapi/v4.0/{name}" for name in NAMES_ONLY}


def test_the_tour_calls_every_method_of_every_facet(tour: Tour) -> None:
    for system, facets in OURS.items():
        for facet in facets:
            wanted = {it for it in vars(PROTOCOLS[facet]) if not it.startswith("_")}
            assert wanted
            assert {f"{system} {facet}.{it}" for it in wanted} <= tour.called


def test_the_tour_walks_every_route_of_netx(tour: Tour) -> None:
    """Every method that the connector's source names is called on the tour, by whatever option it needs."""
    named = {it for it in _texts("netx") if it in TABLE.methods}
    assert len(named) >= 14
    called = {it for facet, words in tour.netx.seen.items() if facet != PROBE for it in words}
    assert {f"rpc {it}" for it in named} - called == set()


def test_the_tour_walks_every_route_of_photoshelter(tour: Tour) -> None:
    """Every word of a path in the connector's source is in a path that was called on the tour."""
    paths = [it for it in _texts("photoshelter") if it.startswith("/") and " " not in it]
    words = {word for it in paths for word in re.split(r"[/?]", it) if re.fullmatch(r"[a-z][a-z0-9_.-]*", word)}
    assert len(words) >= 25
    called = {it for facet, seen in tour.photoshelter.seen.items() if facet != PROBE for it in seen}
    walked = {part for it in called for part in it.partition(" ")[2].split("/")}
    assert words - walked == set()


def _texts(system: str) -> Iterator[str]:
    """Every text in the source of a connector, its prober left out."""
    for file in sorted((CONNECTORS / system).glob("*.py")):
        if not file.name.startswith("probing"):
            tree = ast.parse(file.read_text(encoding="utf-8"))
            yield from (it.value for it in ast.walk(tree) if isinstance(it, ast.Constant) and isinstance(it.value, str))


def test_an_operation_that_a_connector_begins_to_use_makes_the_page_stale(tour: Tour, monkeypatch: Any) -> None:
    before = page(tour)
    more = {facet: {*words} for facet, words in tour.netx.seen.items()}
    more["reader"].add("rpc getCollections")
    monkeypatch.setattr(tour.netx, "seen", more)
    changed = [new for old, new in zip(before.splitlines(), page(tour).splitlines(), strict=True) if old != new]
    assert any(it.startswith("| 5.3 | getCollections | SINGLE* | yes | reader |") for it in changed)
