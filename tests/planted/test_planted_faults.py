"""The planted faults are in order: each snippet is there once, each named test is there and marked, no hazard is left out.

Whether the faults are caught is tried by the long parts beside this file."""

from __future__ import annotations

import ast

import pytest
from generate_hazards import MarkedTest, hazards, marked_tests

from planted.parts import PARTS, faults_of
from planted.planting import SOURCE, Fault, Report, Workbench, catalogue, faults, planted_text
from support.collected import HAZARDS


@pytest.fixture(scope="module")
def tested() -> dict[str, list[MarkedTest]]:
    return marked_tests()


@pytest.fixture(scope="module")
def collected(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Report:
    """What stands in the files that the faults name: as this very session collected them, or else another one."""
    files = sorted({test.partition("::")[0] for fault in faults() for test in fault.tests})
    marks = request.config.stash[HAZARDS]
    if set(files) <= {it.partition("::")[0] for it in marks}:
        return Report(code=0, marks=marks, ends={}, errors=[], output="")
    return Workbench(tmp_path_factory.mktemp("planted"), copies=1).run(None, files, collect_only=True)


@pytest.mark.parametrize("fault", faults(), ids=lambda it: it.name)
def test_a_fault_changes_what_the_code_does(fault: Fault) -> None:
    planted = ast.parse(planted_text(fault))
    assert ast.dump(planted) != ast.dump(ast.parse((SOURCE / fault.file).read_text(encoding="utf-8")))
    compile(planted, fault.file, "exec")
    assert fault.plants.endswith(".")


@pytest.mark.timeout(420)
def test_the_named_tests_are_there_and_marked(collected: Report) -> None:
    assert collected.errors == []
    wrong: list[str] = []
    for fault in faults():
        cases = {test: collected.cases(test) for test in fault.tests}
        wrong += [f"{fault.name}: there is no {test}" for test in cases if not cases[test]]
        unmarked = [case for found in cases.values() for case in found if fault.hazard not in collected.marks[case]]
        wrong += [f"{fault.name}: {case} does not answer for it" for case in unmarked]
    assert wrong == []


def test_every_hazard_with_tests_has_a_planted_fault(tested: dict[str, list[MarkedTest]]) -> None:
    assert len(tested) >= 40
    assert {it.hazard for it in faults()} == set(tested)


def test_every_hazard_is_tested_or_says_what_it_waits_for(tested: dict[str, list[MarkedTest]]) -> None:
    not_yet = catalogue()["not_yet"]
    assert sorted([*tested, *not_yet]) == hazards()
    assert all(len(reason.split()) >= 5 for reason in not_yet.values())


def test_every_fault_belongs_to_one_part_of_the_long_run() -> None:
    assert sorted(it.name for part in PARTS for it in faults_of(part)) == sorted(it.name for it in faults())


def test_a_fault_is_told_by_its_words() -> None:
    assert len({it.plants for it in faults()}) == len(faults()) >= 100
